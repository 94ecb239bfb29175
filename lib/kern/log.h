/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log - the kernel's printk ring buffer (5.10 and later).
 *
 * Found and laid out by VMCOREINFO alone, or by symbols and types where that has no word on
 * it: the log is there even if nothing else of the dump is understood. Records come in
 * sequence order; one that is damaged or was being written keeps its place with what is
 * known of it. Sources: kernel/printk/printk_ringbuffer.[ch], internal.h.
 */
#ifndef CAIRN_KERN_LOG_H
#define CAIRN_KERN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kern/session.h"

struct log_record {
	uint64_t seq;
	bool has_info;         /* time and caller are known */
	uint64_t ts_nsec;      /* since boot */
	uint32_t caller;       /* bit 31: a CPU number, else a thread id */
	bool has_level;        /* level, facility and continued are known */
	uint8_t level;         /* 0 emerg ... 7 debug */
	uint16_t facility;     /* 0 kernel, 1 user, ... as in syslog(3), shifted right by 3 */
	bool continued;        /* LOG_CONT: a piece of the record before it */
	const char *text;      /* raw bytes of the dump, may hold newlines; never NULL */
	size_t len;
	const char *subsystem, *device; /* dev_printk's, NULL if none */
	bool damaged;
	const char *reason;    /* of damage: "excluded", "was being written", ...; else NULL */
	enum cairn_fault fault; /* of damage: the fault, if a part could not be read */
};

struct log {
	struct log_record *record;
	size_t n;
	bool partial;          /* the ring's own bounds were damaged: records may be missing */
	struct cairn_err err;  /* partial: the reason */
};

/** Read on the first call; kept in the session. CAIRN_MISSING where the kernel has no such
 *  ring buffer (no printk, or before 5.10). */
enum cairn_code log_get(struct cairn *c, const struct log **ret, struct cairn_err *err);

/** "emerg" "alert" "crit" "err" "warn" "notice" "info" "debug", as dmesg names them. NULL
 *  for numbers beyond them. */
const char *log_level_name(unsigned level);

#endif
