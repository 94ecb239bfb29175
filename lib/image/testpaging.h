/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testpaging - for tests: ways through page tables as rows, laid into memory and walked.
 */
#ifndef CAIRN_IMAGE_TESTPAGING_H
#define CAIRN_IMAGE_TESTPAGING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/paging.h"
#include "lib/image/testmem.h"

#define MIB ((uint64_t)1 << 20)
#define BASE UINT64_C(0x100000) /* of test memory: 1 MiB at 1 MiB */

/* One mapping: the entries on the way from the root at BASE. */
struct way {
	const char *what;
	uint64_t va;
	uint64_t entry[PAGING_LEVELS]; /* as they lie in memory, root first; of ARM's short
					  descriptors the third is the kernel's own */
	enum cairn_fault fault;
	uint64_t paddr, size;
	const char *flags; /* of the last entry */
};

/* Write the entries. Each but the last says where the next lies, as a number: below bit 10
 * are flags, above bit 39 too. */
static inline void lay(struct testmem *mem, const struct paging_form *form, const struct way *w)
{
	uint64_t table = BASE, at;

	for (unsigned i = 0; i < form->nlevels && table - BASE < MIB; i++) {
		const struct paging_level *l = &form->level[i];

		at = w->va >> l->shift & ((UINT64_C(1) << l->bits) - 1);
		at = table + at * form->entry_size;
		testmem_put(mem, at, w->entry[i], form->entry_size);
		if (i == 1 && form == &paging_arm_short)
			testmem_put(mem, at - 2048, w->entry[2], 4);
		table = w->entry[i] & 0xfffffffc00;
	}
}

static inline void check(const struct paging_form *form, const struct way *w)
{
	struct testmem mem = { 0 };
	struct paging_result r;
	struct image *img;

	testmem_add(&mem, BASE, MIB);
	lay(&mem, form, w);
	img = testmem_open(&mem);
	assert_non_null(img);
	r = paging_lookup(form, img, BASE, w->va);
	if (r.fault != w->fault || (!r.fault && (r.paddr != w->paddr || r.size != w->size)))
		fail_msg("%s, %s: fault %s paddr %#llx size %#llx", form->name, w->what,
			 cairn_fault_name(r.fault), (unsigned long long)r.paddr,
			 (unsigned long long)r.size);
	if (w->flags) {
		struct paging_walk walk = paging_begin(form, img, BASE, w->va);
		char text[256];

		while (walk.kind == PAGING_TABLE)
			assert_int_equal(paging_step(&walk, NULL), CAIRN_OK);
		assert_string_equal(paging_describe(&walk, text, sizeof(text)), w->flags);
	}
	image_close(img);
	testmem_free(&mem);
}

static inline void check_all(const struct paging_form *f, const struct way *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(f, &w[i]);
}
#define CHECK(f, ways) check_all(f, ways, sizeof(ways) / sizeof(ways[0]))

/* Places for tables. */
#define T(n) (BASE + (n) * 0x10000u)

#endif
