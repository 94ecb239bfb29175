/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/record.h"

#include <string.h>

#include "lib/base/mem.h"

#define WORDS (RECORD_CHUNK_BITS / 64)

void record_deinit(struct record *r)
{
	for (size_t i = 0; i < r->n; i++)
		mem_free(r->chunks[i].bits);
	mem_free(r->chunks);
	*r = (struct record){ 0 };
}

/* The first chunk whose index is not below. */
static size_t find(const struct record *r, uint64_t index)
{
	size_t lo = 0, hi = r->n;

	if (r->last < r->n && r->chunks[r->last].index == index)
		return r->last;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->chunks[mid].index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct record_chunk *chunk_of(const struct record *r, uint64_t pfn)
{
	size_t i = find(r, pfn / RECORD_CHUNK_BITS);

	return i < r->n && r->chunks[i].index == pfn / RECORD_CHUNK_BITS ? &r->chunks[i] : NULL;
}

static bool grow(struct record *r)
{
	size_t cap = r->cap ? 2 * r->cap : 16;
	struct record_chunk *more = mem_resize(r->chunks, cap, sizeof(*more));

	if (!more)
		return false;
	r->chunks = more;
	r->cap = cap;
	return true;
}

static bool insert(struct record *r, size_t at, uint64_t index)
{
	uint64_t *bits = mem_zalloc(WORDS, sizeof(*bits));

	if (!bits || (r->n == r->cap && !grow(r))) {
		mem_free(bits);
		return false;
	}
	memmove(r->chunks + at + 1, r->chunks + at, (r->n - at) * sizeof(*r->chunks));
	r->chunks[at] = (struct record_chunk){ index, bits };
	r->n++;
	return true;
}

void record_add(struct record *r, uint64_t pfn)
{
	uint64_t index = pfn / RECORD_CHUNK_BITS, bit = (uint64_t)1 << pfn % 64, *word;
	size_t i = find(r, index);

	if ((i == r->n || r->chunks[i].index != index) && !insert(r, i, index)) {
		r->lost = true;
		return;
	}
	r->last = i;
	word = &r->chunks[i].bits[pfn % RECORD_CHUNK_BITS / 64];
	r->count += !(*word & bit);
	*word |= bit;
}

void record_remove(struct record *r, uint64_t pfn)
{
	const struct record_chunk *c = chunk_of(r, pfn);
	uint64_t bit = (uint64_t)1 << pfn % 64;

	if (!c || !record_has(r, pfn))
		return;
	c->bits[pfn % RECORD_CHUNK_BITS / 64] &= ~bit;
	r->count--;
}

bool record_has(const struct record *r, uint64_t pfn)
{
	const struct record_chunk *c = chunk_of(r, pfn);

	return c && c->bits[pfn % RECORD_CHUNK_BITS / 64] >> pfn % 64 & 1;
}

/* The first bit >= `bit` that is set in a chunk; RECORD_CHUNK_BITS: none. */
static unsigned next_bit(const struct record_chunk *c, unsigned bit)
{
	uint64_t word = c->bits[bit / 64] >> bit % 64 << bit % 64;
	unsigned i = bit / 64;

	while (!word && ++i < WORDS)
		word = c->bits[i];
	return word ? i * 64 + (unsigned)__builtin_ctzll(word) : RECORD_CHUNK_BITS;
}

bool record_next(const struct record *r, uint64_t *pfn)
{
	uint64_t index = *pfn / RECORD_CHUNK_BITS;

	for (size_t i = find(r, index); i < r->n; i++) {
		const struct record_chunk *c = &r->chunks[i];
		unsigned from = c->index == index ? *pfn % RECORD_CHUNK_BITS : 0;
		unsigned bit = next_bit(c, from);

		if (bit < RECORD_CHUNK_BITS) {
			*pfn = c->index * RECORD_CHUNK_BITS + bit;
			return true;
		}
	}
	return false;
}
