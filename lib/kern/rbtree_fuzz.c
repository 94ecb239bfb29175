/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of arbitrary words, of which each may be a link: the input is patches of four bytes,
 * which word (of 8 bytes) and which of its neighbours it points to, and by how much it misses.
 * Walks a tree in it; no node may come twice, and each that comes must be one that is named.
 */
#include <stdlib.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/testkern.h"

#define WORDS 0x800u
#define LIMIT 600

static bool is_named(const struct testkern *k, uint64_t node)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (le64(k->mem.range[0].data + TK_BASE + 8 * i) == node)
			return true;
	return false;
}

static void walk(struct testkern *k)
{
	struct map seen = { 0 };
	struct rbtree_walk w;
	struct cairn_err err = { 0 };
	enum cairn_code code;

	rbtree_begin(&w, &k->c.kernel, TK_BASE, LIMIT);
	while (rbtree_next(&w))
		if (!w.node || w.node % 8 || w.n > LIMIT || !map_visit(&seen, w.node) ||
		    !is_named(k, w.node))
			abort();
	code = rbtree_end(&w, &err);
	if (code != err.code || (code && !err.text[0]))
		abort();
	map_deinit(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();

	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + 8 * ((data[0] | data[1] << 8) % WORDS);
		uint64_t to = at + 8 * (int64_t)(int8_t)data[2];

		/* mostly aligned; with the top bit set, in the hole behind all memory */
		if (data[3] & 0x80)
			to += TK_SMALL_END;
		tk_put(k, at, data[3] & 0x40 ? to + data[3] % 8 : to, 8);
	}
	tk_open(k, 8);
	walk(k);
	tk_free(k);
	return 0;
}
