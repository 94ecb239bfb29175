/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space of 20 areas, tree and list, with patches: the input is four bytes each, which
 * word and what becomes of it. Everything that looks at areas looks; it ends, and says the same
 * twice.
 */
#include <stdlib.h>

#include "lib/kern/finding.h"
#include "mm/testareas.h"

#define AREAS 20

static size_t look(struct cairn *c)
{
	struct check_limits limits = { .only = "mm" };
	struct arena a = { 0 };
	struct findings f;
	size_t n;

	if (findings_get(&f, c, &limits, &a, NULL))
		abort();
	n = f.n;
	for (size_t i = 0; i < f.n; i++)
		if (!f.said[i].f.id || !f.said[i].f.message)
			abort();
	arena_deinit(&a);
	return n;
}

static void areas(struct cairn *c)
{
	struct vma_shape vs;
	struct vmas v;
	struct mm mm;

	if (vma_shape_init(&vs, c, NULL) || mm_read(&vs.mm, TA_MMS, &mm, NULL))
		abort();
	if (vmas_get(&vs, &mm, &v, NULL) == CAIRN_OK)
		for (size_t i = 0; i < v.n; i++)
			vma_of(&v, v.vma[i].start);
	vmas_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testareas t;
	struct cairn *c;

	ta_begin_on(&t, tk_small(), AREAS);
	for (; size >= 4; data += 4, size -= 4) {
		unsigned area = data[0] % (AREAS + 1), word = data[1] % (TA_SIZE / 8) * 8;
		uint64_t at = area < AREAS ? ta_at(area, word) : TA_MMS + word % TAM_SIZE;
		uint64_t to = data[3] & 0x80 ? ta_at(data[2] % AREAS, data[3] & 0x40 ? TA_RB : 0) :
			      data[3] & 0x20 ? UINT64_MAX - data[2] : (uint64_t)data[2] << (data[3] & 31);

		tk_put(t.k, at, to, 8);
	}
	c = ta_open(&t);
	areas(c);
	if (look(c) != look(c))
		abort();
	ta_free(&t);
	return 0;
}
