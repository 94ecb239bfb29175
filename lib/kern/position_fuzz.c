/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Climbs from nodes in memory of arbitrary links (fuzzlinks.h): the text must be one that a climb
 * can have.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/kern/fuzzlinks.h"
#include "lib/kern/position.h"
#include "lib/kern/rbtree.h"

#define WORDS 0x400u

static void climb(struct testkern *k, uint64_t node, uint64_t index)
{
	struct arena a = { 0 };
	const char *rb = position_rbtree(&k->c.kernel, node, 0, &a);
	const char *xa = position_xarray(&k->c, node, index, 0, &a);

	if (!rb || (*rb != '?' && *rb != 'r') || strlen(rb) > 4 + 2 * RBTREE_DEPTH)
		abort();
	if (!xa || (*xa != '?' && *xa != 'r'))
		abort();
	arena_deinit(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tk_member node[] = {
		{ .name = "shift", .offset = 0, .size = 1 }, { .name = "offset", .offset = 1, .size = 1 },
		{ .name = "parent", .offset = 8, .size = 8 },
		{ .name = "slots", .offset = 16, .size = 8, .count = 16 }, { .name = NULL },
	};
	struct testkern *k = tk_small();

	tk_struct(k, "xa_node", 16 + 16 * 8, node);
	fuzz_links(k, data, size, WORDS);
	tk_open(k, 8);
	for (unsigned i = 0; i < WORDS; i += 7)
		climb(k, TK_BASE + 8 * i, i);
	tk_free(k);
	return 0;
}
