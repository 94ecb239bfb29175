/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/nameindex.h"

#include "lib/base/map.h"

#define HEAD 2u    /* words before start[] */
#define PER_BUCKET 4u

uint32_t nameindex_hash(const char *name, size_t len, unsigned space)
{
	uint32_t h = (uint32_t)(hash_text(name, len) + space * 0x9e3779b9u);

	return h ? h : 1;
}

static uint32_t bucket_of(uint32_t hash, uint32_t nbuckets)
{
	return (uint32_t)((uint64_t)hash * nbuckets >> 32);
}

enum cairn_code nameindex_build(struct nameindex *ret, const uint32_t *hash, uint32_t n,
				struct arena *arena, struct cairn_err *err)
{
	uint32_t nbuckets = 1, kept = 0, i, *block, *start, *number;
	size_t words;

	for (i = 0; i < n; i++)
		kept += hash[i] != 0;
	while (nbuckets < kept / PER_BUCKET)
		nbuckets *= 2;
	words = HEAD + (size_t)nbuckets + 1 + kept;
	block = arena_array(arena, words, sizeof(*block));
	if (!block)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for an index of %u names", n);
	block[0] = nbuckets;
	block[1] = kept;
	start = block + HEAD;
	number = start + nbuckets + 1;
	for (i = 0; i < n; i++)
		if (hash[i])
			start[bucket_of(hash[i], nbuckets)]++;
	for (i = 1; i <= nbuckets; i++)
		start[i] += start[i - 1];
	/* from the last to the first: each bucket fills downwards, and its end becomes its start */
	for (i = n; i-- > 0;)
		if (hash[i])
			number[--start[bucket_of(hash[i], nbuckets)]] = i;
	*ret = (struct nameindex){ .block = block, .size = words * sizeof(*block) };
	return CAIRN_OK;
}

bool nameindex_take(struct nameindex *ret, const void *block, size_t size)
{
	const uint32_t *w = block;

	if (!w || size < (HEAD + 2) * sizeof(*w) || !w[0] || (w[0] & (w[0] - 1)) ||
	    size / sizeof(*w) != HEAD + 1 + (size_t)w[0] + w[1])
		return false;
	*ret = (struct nameindex){ .block = w, .size = size };
	return true;
}

const uint32_t *nameindex_bucket(const struct nameindex *x, uint32_t hash, uint32_t *n)
{
	uint32_t nbuckets = x->block[0], total = x->block[1];
	const uint32_t *start = x->block + HEAD, *number = start + nbuckets + 1;
	uint32_t b = bucket_of(hash, nbuckets), from = start[b], to = start[b + 1];

	if (to > total)
		to = total;
	*n = from < to ? to - from : 0;
	return *n ? number + from : number;
}
