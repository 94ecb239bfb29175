/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mce - what an x86 processor says of a hardware error: the status word of a machine-check bank.
 *
 * Intel's SDM volume 3, chapter "Machine-Check Architecture"; AMD's banks have the same bits and the
 * same codes of what failed in the low 16 of them (arch/x86/include/asm/mce.h).
 */
#ifndef CAIRN_KERN_MCE_H
#define CAIRN_KERN_MCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Enough for mce_error(). */
#define MCE_TEXT 96

struct mce {
	unsigned cpu, bank;
	uint64_t status;
	bool has_addr;       /* told, and the status says that it is an address */
	uint64_t addr;
};

bool mce_is_uncorrected(uint64_t status);

/** The processor's state is lost: nothing that ran there could go on. */
bool mce_is_context_corrupt(uint64_t status);

/** An earlier error in the bank was overwritten, so this is not all. */
bool mce_is_overflow(uint64_t status);

/** The bank's address is the error's. */
bool mce_has_address(uint64_t status);

/** What failed: "data cache, level 1: data read", "memory controller: read, channel 2". */
const char *mce_error(uint64_t status, char buf[MCE_TEXT]);

/** "CPU 0: Machine Check Exception: 4 Bank 1: b200000000000134", with or without words before it;
 *  false: it is another line. */
bool mce_read(struct mce *ret, const char *line, size_t len);

/** "TSC 915b65e0e ADDR 12345678 MISC 86", the line behind that: false if it tells no address. */
bool mce_read_address(struct mce *m, const char *line, size_t len);

#endif
