/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task in memory of arbitrary words, of which each may be a link: the input is patches of four
 * bytes, as in rbtree_fuzz.c. Descriptors come in order, each with a path or a reason.
 */
#include <stdlib.h>

#include "lib/kern/testfiles.h"

#define WORDS 0x400u

static void check(const struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct open_file *one = &f->file[i];

		if (!one->file || !one->path || (!one->path->name && !one->path->fault.code) ||
		    (i && one->fd <= f->file[i - 1].fd))
			abort();
	}
	if (f->partial != (f->err.code != CAIRN_OK))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct task t = { .addr = TK_BASE };
	struct testkern *k = tk_small();
	struct arena a = { 0 };
	struct paths paths;
	struct files f;

	tf_types(k);
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + 8 * ((data[0] | data[1] << 8) % WORDS);
		uint64_t to = at + 8 * (int64_t)(int8_t)data[2];

		tk_put(k, at, data[3] & 0x80 ? to + TK_SMALL_END : data[3] & 0x40 ? data[2] : to, 8);
	}
	tk_open(k, 8);
	if (paths_init(&paths, &k->c, &a, NULL) == CAIRN_OK) {
		if (files_get(&f, &paths, &t, &a, NULL) == CAIRN_OK)
			check(&f);
		paths_deinit(&paths);
	}
	arena_deinit(&a);
	tk_free(k);
	return 0;
}
