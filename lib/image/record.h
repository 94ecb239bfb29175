/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - which pages of physical memory were read.
 *
 * A set of page frame numbers: one bit each, in chunks that cover 32,768 pages (128 MiB of
 * 4 KiB pages) in 4 KiB. It grows with what is in it, not with the machine.
 */
#ifndef CAIRN_IMAGE_RECORD_H
#define CAIRN_IMAGE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_CHUNK_BITS 32768u

struct record_chunk {
	uint64_t index; /* pfn / RECORD_CHUNK_BITS */
	uint64_t *bits;
};

/** Zero-initialised is a valid, empty record. */
struct record {
	struct record_chunk *chunks; /* by index */
	size_t n, cap;
	size_t last;    /* chunk of the last pfn: most are near it */
	uint64_t count; /* of pages */
	bool lost;      /* memory ran out once: pages are missing */
};

void record_deinit(struct record *r);

/** Out of memory: the page is not there and `lost` is set. */
void record_add(struct record *r, uint64_t pfn);
void record_remove(struct record *r, uint64_t pfn);
bool record_has(const struct record *r, uint64_t pfn);

/** The first page >= *pfn; false past the last. */
bool record_next(const struct record *r, uint64_t *pfn);

#endif
