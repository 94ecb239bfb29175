/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map - 64-bit key to 64-bit value, open addressing.
 *
 * For visited sets, address indexes and caches. Keys are any value; there is no removal:
 * what uses a map is built, asked and dropped.
 */
#ifndef CAIRN_BASE_MAP_H
#define CAIRN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key, value;
	bool used;
};

/** Zero-initialised is a valid, empty map. */
struct map {
	struct map_slot *slots;
	size_t cap, count; /* cap: a power of two */
};

void map_deinit(struct map *m);

/** Set key's value. False when out of memory, which cannot happen to a key that is there. */
bool map_put(struct map *m, uint64_t key, uint64_t value);

/** The value of key in *ret (if not NULL); false if the key is not there. */
bool map_get(const struct map *m, uint64_t key, uint64_t *ret);

/** Add a key to a visited set: false if it is there already. Out of memory also
 *  yields false, so that a walk ends rather than cycles. */
bool map_visit(struct map *m, uint64_t key);

/** A well-mixed 64-bit hash of an integer, and of bytes. */
uint64_t hash_u64(uint64_t x);
uint64_t hash_bytes(const void *p, size_t n);

/** A fast hash of short texts, eight bytes at a time. Kept in the index cache: what it
 *  yields is part of that format. */
uint64_t hash_text(const void *p, size_t n);

/** A checksum for megabytes: several bytes a cycle; no defence against intent. */
uint64_t hash_bulk(const void *p, size_t n);

#endif
