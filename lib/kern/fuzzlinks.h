/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzzlinks - for fuzz targets: memory of arbitrary words, of which each may be a link.
 *
 * The input is patches of four bytes: which word (of 8 bytes), and what it becomes: for
 * fuzz_links(), which of its neighbours it points to, and how it misses; for fuzz_words(), an
 * address anywhere in the memory, or a number.
 */
#ifndef CAIRN_KERN_FUZZLINKS_H
#define CAIRN_KERN_FUZZLINKS_H

#include "lib/kern/testkern.h"

/** Patch words from TK_BASE on. Before tk_open(). */
static inline void fuzz_links(struct testkern *k, const uint8_t *data, size_t size, unsigned words)
{
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + 8 * ((unsigned)(data[0] | data[1] << 8) % words);
		uint64_t to = at + 8 * (uint64_t)(int64_t)(int8_t)data[2];

		if (data[3] & 0x80) /* in the hole behind all memory */
			to += TK_SMALL_END;
		if (data[3] & 0x40) /* not aligned, or with flags in the low bits */
			to += data[3] % 8;
		if (data[3] & 0x20) /* no link but a number */
			to = data[2];
		tk_put(k, at, to, 8);
	}
}

/** Patch words of the `bytes` from TK_BASE on. Before tk_open(). */
static inline void fuzz_words(struct testkern *k, const uint8_t *data, size_t size, uint64_t bytes)
{
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + (data[0] | (uint64_t)data[1] << 8) * 8 % bytes;
		uint64_t to = TK_BASE + data[2] * UINT64_C(64) % bytes + (data[3] & 0x38);

		tk_put(k, at, data[3] & 0x80 ? to : (uint64_t)data[2] << (data[3] & 63), 8);
	}
}

#endif
