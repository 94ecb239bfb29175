/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disasm - machine code as text, by capstone: AT&T's syntax for x86, as the kernel's own tools
 * have it.
 *
 * Bytes that are no instruction come as one of as many bytes as instructions are aligned by, called
 * ".byte" or ".word", and the next attempt is behind them.
 */
#ifndef CAIRN_DEBUG_DISASM_H
#define CAIRN_DEBUG_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/arch.h"

/** No instruction has more bytes. */
#define DISASM_BYTES 16

struct disasm {
	enum arch_id id;
	size_t handle;      /* private */
	unsigned align;     /* bytes */
};

struct instruction {
	uint64_t addr;
	unsigned size;      /* bytes */
	unsigned char bytes[DISASM_BYTES];
	char mnemonic[32], operands[160];
	bool valid;         /* it is one */
	uint64_t target;    /* of a jump or a call to a fixed address, or what x86_64 addresses
			       relative to rip, or an address that arm64 makes; 0: none */
	bool branches;      /* it is that of a jump or a call */
};

/** CAIRN_MISSING: capstone does not know the machine. Free with disasm_deinit(). */
enum cairn_code disasm_init(struct disasm *d, const struct arch *arch, struct cairn_err *err);
void disasm_deinit(struct disasm *d);

/** The instruction in the first of `len` bytes that lie at `addr`. False if there are none. An
 *  instruction that is cut off by their end is no instruction. */
bool disasm_one(struct disasm *d, const unsigned char *bytes, size_t len, uint64_t addr,
		struct instruction *ret);

/** No instruction reads more registers. */
#define DISASM_READS 24

/** The general registers that an instruction reads, said or not, whole where it reads a part:
 *  indexes of arch->reg_names, each once; the program counter and flags are left out. How many. */
size_t disasm_reads(const struct disasm *d, const struct instruction *i, const struct arch *arch,
		    unsigned ret[DISASM_READS]);

/** No instruction names more places in memory. */
#define DISASM_ACCESSES 2

/** The addresses that an instruction's operands name, when registers had these values (in the order
 *  of arch->reg_names). What a segment register, or a register that is no general one, adds is not
 *  known: then there is none. How many. */
size_t disasm_accesses(const struct disasm *d, const struct instruction *i, const struct arch *arch,
		       const uint64_t *regs, uint64_t ret[DISASM_ACCESSES]);

#endif
