/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_ring - records out of the bytes of a printk ring buffer.
 *
 * The ring (kernel/printk/printk_ringbuffer.[ch]) is three arrays: descriptors and infos,
 * indexed by record id, and text blocks, addressed by logical positions that only grow. A
 * descriptor's state word holds its id and, in the top two bits, its state; a text block
 * begins with the id of its owner. A record whose parts do not agree on the id is damaged.
 */
#ifndef CAIRN_KERN_LOG_RING_H
#define CAIRN_KERN_LOG_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/debug/sym.h"
#include "lib/debug/type.h"
#include "lib/image/vmcoreinfo.h"
#include "lib/kern/extent.h"
#include "lib/kern/log.h"

/** Offsets and sizes in bytes. Those of printk_ringbuffer are of its nested members. */
struct log_layout {
	uint8_t word;
	uint32_t ring_size;
	uint32_t count_bits, descs, infos, head_id, tail_id;
	uint32_t size_bits, data, head_lpos, tail_lpos;
	uint32_t desc_size, state_var, begin, next;
	uint32_t info_size, seq, ts_nsec, text_len, caller_id;
	uint32_t facility;         /* u8; the byte after it: 5 flags, 3 level */
	bool has_level;            /* facility, flags and level are where `facility` says */
	uint32_t subsystem, subsystem_len, device, device_len; /* lengths 0: there are none */
};

/** From VMCOREINFO (log_buf_vmcoreinfo_setup() in kernel/printk/printk.c), or from types.
 *  CAIRN_MISSING names what is not there. */
enum cairn_code log_layout_vmcoreinfo(struct log_layout *ret, const struct vmcoreinfo *v,
				      uint8_t word, struct cairn_err *err);
enum cairn_code log_layout_types(struct log_layout *ret, struct types *ts, uint8_t word,
				 struct cairn_err *err);

enum log_array { LOG_DESC, LOG_INFO, LOG_TEXT, LOG_ARRAYS };

/** What struct printk_ringbuffer says. */
struct log_ring {
	struct log_layout l;
	uint8_t count_bits, size_bits;
	uint64_t addr[LOG_ARRAYS];
	uint64_t head_id, tail_id, head_lpos, tail_lpos;
	uint64_t first_id;                     /* of sequence number 0; found with the records */
	struct extent piece[LOG_ARRAYS][2];    /* what tail..head covers, in two where it wraps */
};

/** Parse l->ring_size bytes of a struct printk_ringbuffer. CAIRN_CORRUPT if the sizes are
 *  impossible. */
enum cairn_code log_ring_parse(struct log_ring *r, const struct log_layout *l, const void *raw,
			       struct cairn_err *err);

/** Which bytes of an array hold records; the second range is empty where tail..head does not
 *  wrap. All of it where the bounds make no sense. */
void log_ring_ranges(const struct log_ring *r, enum log_array array, struct range ret[2]);

/** All records, from the pieces. Texts point into the pieces' memory, the rest comes from
 *  the arena. Damaged records stay; CAIRN_NOMEM is the only failure. */
enum cairn_code log_ring_records(struct log *log, struct log_ring *r, struct arena *a,
				 struct cairn_err *err);

#endif
