/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a tree in memory of arbitrary links (fuzzlinks.h): no node may come twice, and each that
 * comes must be one that is named.
 */
#include <stdlib.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/kern/fuzzlinks.h"
#include "lib/kern/rbtree.h"

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

	fuzz_links(k, data, size, WORDS);
	tk_open(k, 8);
	walk(k);
	tk_free(k);
	return 0;
}
