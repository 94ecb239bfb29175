/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a task in memory of arbitrary links (fuzzlinks.h): descriptors come in order, each
 * with a path or a reason.
 */
#include <stdlib.h>

#include "lib/kern/fuzzlinks.h"
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
	fuzz_links(k, data, size, WORDS);
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
