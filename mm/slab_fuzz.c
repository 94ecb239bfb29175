/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slab, its cache, and what CPUs and a node keep of it, with patches: the input is four bytes each,
 * which word and what becomes of it. Every list and sheaf ends, and says the same twice.
 */
#include <stdlib.h>

#include "mm/slab_list.h"
#include "mm/slab_use.h"
#include "mm/testslab.h"

static void add(void *arg, uint64_t object)
{
	uint64_t *sum = arg;

	*sum = *sum * 31 + object;
}

static uint64_t follow(struct testslab *w)
{
	struct slab_list list = { .at = FREE_HEAD, .first = OBJECT(2), .head = TP_MAP + SLAB * 64 };
	struct slab_list_end end = { .n = 0 };
	struct slab_links l;
	uint64_t sum;

	if (slab_links_open(&l, &w->t->c, CACHE, NULL))
		return 0;
	sum = slab_list_walk(&l, &w->m, &list, &end, NULL);
	slab_links_close(&l);
	return sum * 31 + end.n + end.found;
}

static uint64_t look(struct testslab *w)
{
	struct cairn *c = &w->t->c;
	struct slab_use u;
	char other[64];
	uint64_t some[16], sum = follow(w);

	slab_each_free(c, &w->m, OBJECT(0), add, &sum, NULL);
	slab_each_kept(c, &w->m, CACHE, add, &sum, NULL);
	for (unsigned i = 0; i < 16; i++)
		some[i] = OBJECT(i);
	syms_init(&c->syms, &c->arena);
	slab_use_init(&u, c, "none");
	slab_use_learn(&u, some, 16);
	for (unsigned i = 0; i < 16; i++)
		sum = sum * 31 + slab_use_of(&u, OBJECT(i), other);
	slab_use_deinit(&u);
	return sum;
}

static uint64_t place(unsigned what, unsigned word)
{
	switch (what % 8) {
	case 0: return CACHE + word % 16 * 8;
	case 1: return CPUS + word % 64 * 8;
	case 2: return SHEAF(word / 32) + word % 32 * 8;
	case 3: return BARN + word % 8 * 8;
	case 4: return TP_MAP + SLAB * 64 + word % 8 * 8;
	default: return OBJECT(word % 16) + word / 16 % 12 * 8;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool lists = size && *data & 1, sheaves = size && *data & 2, areas = size && *data & 4;
	struct testslab w;

	ts_begin_sheaves(&w);
	tp_put(w.t, CACHE + OF_LISTS, 0x20, 8);
	for (; size >= 4; data += 4, size -= 4) {
		uint64_t to = data[3] & 0x80 ? place(data[3], data[2]) :
					       (uint64_t)data[2] << (data[3] & 63);

		tp_put(w.t, place(data[0] >> 3, data[1]), to, 8);
	}
	for (unsigned i = 0; areas && i < 2; i++)
		w.cpu[i] = (struct cpu){ .id = i, .area = CPUS + CPU_AREA * i };
	ts_open(&w, false, lists, sheaves);
	if (look(&w) != look(&w))
		abort();
	ts_end(&w);
	return 0;
}
