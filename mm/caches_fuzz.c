/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three caches with patches: the input is four bytes each, which word and what becomes of it; the
 * first byte is also what their type has of a node. All are read; it ends, twice with the same, and
 * no count is told that contradicts another.
 */
#include <stdlib.h>

#include "mm/caches.h"
#include "mm/testcaches.h"

struct sum {
	const struct caches *s;
	uint64_t value;
};

static void add(void *arg, uint64_t cache)
{
	struct sum *sum = arg;
	struct slab_cache c;
	struct cairn_err err = { 0 };

	if (cache_read(sum->s, cache, &c, &err)) {
		if (!err.text[0])
			abort();
		return;
	}
	if (!c.err.code && !c.free_err.code && c.free > c.objects)
		abort();
	sum->value = sum->value * 31 + c.objects + c.free + c.slabs + (unsigned)c.err.code;
}

static uint64_t look(struct cairn *c)
{
	struct caches s;
	struct sum sum = { &s, 0 };

	if (!caches_init(&s, c, NULL))
		caches_each(&s, add, &sum, NULL);
	return sum.value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();

	tc_make_of(k, size && data[0] & 1, true, size ? data[0] >> 1 & 31 : 8);
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + (data[0] | (data[1] & 0x1fu) << 8) / 8 * 8;

		tk_put(k, at, data[3] & 0x80 ? TK_BASE + data[2] * UINT64_C(16) + (data[3] & 0x70) :
						(uint64_t)data[2] << (data[3] & 63), 8);
	}
	tk_open(k, 8);
	if (look(&k->c) != look(&k->c))
		abort();
	tk_free(k);
	return 0;
}
