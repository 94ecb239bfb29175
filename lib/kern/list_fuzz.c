/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a list, of the kind that the first byte says, in memory of arbitrary links (fuzzlinks.h):
 * no element may come twice, nor more of them than the limit, and an end that is not the proper one
 * has a reason.
 */
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/kern/fuzzlinks.h"
#include "lib/kern/list.h"

#define WORDS 0x800u
#define LIMIT 300

static void walk(struct testkern *k, enum list_kind kind, uint64_t offset)
{
	struct map seen = { 0 };
	struct list_walk w;
	struct cairn_err err = { 0 };
	enum cairn_code code;

	if (kind == LIST_CHAIN)
		list_begin_chain(&w, &k->c.kernel, TK_BASE, offset, LIMIT);
	else
		list_begin(&w, &k->c.kernel, kind, TK_BASE, LIMIT);
	while (list_next(&w))
		if (!w.node || w.node % 8 || w.n > LIMIT || !map_visit(&seen, w.node))
			abort();
	if (w.lost && !w.err.code)
		abort();
	code = list_end(&w, &err);
	if (code != err.code || (code && !err.text[0]))
		abort();
	map_deinit(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();
	enum list_kind kind = size ? data[0] % (LIST_CHAIN + 1) : LIST_DOUBLE;
	uint64_t offset = size ? data[0] / (LIST_CHAIN + 1) : 0;

	if (size)
		fuzz_links(k, data + 1, size - 1, WORDS);
	tk_open(k, 8);
	walk(k, kind, offset * 8);
	tk_free(k);
	return 0;
}
