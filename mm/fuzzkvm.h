/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzzkvm - for fuzz targets: a virtual machine of which some words are others.
 *
 * The input is patches of 12 bytes, of which `patch` makes one word each; then it is used, and looked
 * at by the checkers that match `only`.
 */
#ifndef CAIRN_MM_FUZZKVM_H
#define CAIRN_MM_FUZZKVM_H

#include <stdlib.h>

#include "lib/kern/finding.h"
#include "mm/testkvm.h"

#define FUZZ_PATCH 12u
#define FUZZ_PATCHES 16

static inline void fuzz_kvm(struct testkvm *k, const uint8_t *data, size_t size, const char *only,
			    void (*patch)(struct testkvm *k, const uint8_t *p),
			    void (*use)(struct testkvm *k))
{
	const struct check_limits limits = { .only = only };
	struct findings f;

	for (unsigned n = 0; size >= FUZZ_PATCH && n < FUZZ_PATCHES; n++) {
		patch(k, data);
		data += FUZZ_PATCH;
		size -= FUZZ_PATCH;
	}
	use(k);
	if (!findings_get(&f, k->c, &limits, &k->arena, NULL) && f.n > FINDINGS_LIMIT)
		abort();
	tkv_undo(k);
	arena_reset(&k->arena);
}

#endif
