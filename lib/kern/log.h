/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log - the kernel's printk ring buffer, and before 5.10 its records.
 *
 * Sources: kernel/printk/printk_ringbuffer.[ch] (5.10+: struct prb_desc_ring,
 * prb_data_ring, printk_info). Records come in sequence order; one that is damaged or was
 * being written keeps its place with what is known of it.
 */
#ifndef CAIRN_KERN_LOG_H
#define CAIRN_KERN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kern/session.h"

struct log_record {
	uint64_t seq;
	uint64_t ts_nsec;      /* since boot */
	uint32_t caller;       /* bit 31: a CPU number, else a thread id; 0 with has_caller
				  false: not recorded */
	bool has_caller;
	uint8_t level;         /* 0 emerg ... 7 debug */
	uint8_t facility;
	bool continued;        /* LOG_CONT */
	const char *text;      /* raw bytes of the dump, may hold newlines; never NULL */
	size_t len;
	const char *subsystem, *device; /* dev_printk's, NULL if none */
	bool damaged;          /* text could not be read */
};

struct log {
	struct log_record *record;
	size_t n;
	bool partial;
	struct cairn_err err;  /* partial: the first reason */
};

/** Read on the first call; kept in the session. */
enum cairn_code log_get(struct cairn *c, const struct log **ret, struct cairn_err *err);

#endif
