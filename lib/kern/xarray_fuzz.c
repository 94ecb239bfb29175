/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of arbitrary words, each a slot or a head: the input is patches of four bytes, which
 * word (of 8 bytes) and what it holds, an entry or a link to one of its neighbours. Nodes
 * overlap, and their shifts are bytes of slots; so there are patches that place one.
 * Walks an XArray in it; indices must rise, entries must be ones that can be.
 */
#include <stdlib.h>

#include "lib/kern/testxarray.h"

#define WORDS 0x1f00u
#define LIMIT 600

static void patch(struct testkern *k, const uint8_t *data)
{
	uint64_t at = TK_BASE + 8 * ((data[0] | data[1] << 8) % WORDS);
	uint64_t near = at + 8 * (int64_t)(int8_t)data[2];

	switch (data[3] & 7) {
	case 0:
		tk_put(k, at, data[2] % 64, 1); /* a shift */
		break;
	case 1:
		tk_put(k, at, (uint64_t)data[2] << 3 | data[3] >> 3, 8); /* internal ones, small */
		break;
	case 2:
		tk_put(k, at, tx_link(near + TK_SMALL_END), 8); /* behind all memory */
		break;
	case 3:
		tk_put(k, at, near | data[3] >> 3, 8);
		break;
	default: /* a node that is one: its shift fits the level that its link is on */
		tk_put(k, at, tx_link(near), 8);
		tk_put(k, near, 6 * (data[3] >> 3 & 15), 1);
	}
}

static void walk(struct testkern *k)
{
	struct xarray_walk w;
	struct cairn_err err = { 0 };
	uint64_t last = 0;
	enum cairn_code code;

	if (xarray_begin(&w, &k->c, TK_BASE, LIMIT, &err) == CAIRN_OK)
		while (xarray_next(&w)) {
			if (!w.entry || (w.entry & 3) == 2 || w.n > LIMIT || w.node % 8 ||
			    (w.n > 1 && w.index <= last))
				abort();
			last = w.index;
		}
	code = xarray_end(&w, &err);
	if (code != err.code || (code && !err.text[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();

	for (; size >= 4; data += 4, size -= 4)
		patch(k, data);
	tx_types(k, 8, 64);
	tk_open(k, 8);
	walk(k);
	tk_free(k);
	return 0;
}
