/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in directories and mounts, with patches: the input is four bytes each, which word and
 * what becomes of it. The path of the file ends, with a name or a reason.
 */
#include <stdlib.h>

#include "lib/kern/testpath.h"

#define WORDS 0x250u /* up to the names */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();
	struct arena a = { 0 };
	const struct path *path;
	struct paths p;

	tpath_types(k);
	tpath_tree(k);
	tpath_file(k, 1, 4);
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t at = TK_BASE + 8 * ((data[0] | data[1] << 8) % WORDS);
		uint64_t to = data[3] & 0x80 ? TPATH_DENTRY(data[2] % TPATH_DENTRIES) :
			      data[3] & 0x40 ? TPATH_MOUNT(data[2] % 2) + (data[3] & 0x20) :
					       (uint64_t)data[2] << (data[3] & 31);

		tk_put(k, at, to, 8);
	}
	tk_open(k, 8);
	if (paths_init(&p, &k->c, &a, NULL))
		abort();
	path = path_of_file(&p, TPATH_FILE);
	if (!path->name && !path->fault.text[0])
		abort();
	paths_deinit(&p);
	arena_deinit(&a);
	tk_free(k);
	return 0;
}
