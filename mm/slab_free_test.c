/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slab with free objects: on its own list, on a CPU's, in sheaves of a CPU and of a node. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/cpu.h"
#include "mm/slab_free.h"
#include "mm/testpages.h"

#define SLAB  (TP_FREE >> 12) /* a frame */
#define CACHE (TP_FREE + 0x20000)
#define OTHER (CACHE + 0x100) /* another cache */
#define CPUS  (CACHE + 0x1000)
#define SHEAF(n) (CPUS + 0x1000 + 0x100 * (n))
#define BARN  (CPUS + 0x2000)
#define OBJECT(n) ((SLAB << 12) + 96 * (uint64_t)(n))

#define FREE_HEAD 48 /* in struct slab */
#define FREE_AT   16 /* in each free object */
#define RANDOM    UINT64_C(0x1122334455667788)

/* in struct kmem_cache, and what a CPU has of it */
enum { OF_OFFSET = 48, OF_RANDOM = 56, OF_LISTS = 64, OF_SHEAVES = 72, OF_NODES = 80 };
enum { CPU_LIST = 8, CPU_SLAB = 24, CPU_MAIN = 8, CPU_SPARE = 16, CPU_RCU = 24, CPU_AREA = 0x100 };
/* in struct slab_sheaf */
enum { SHEAF_LIST = 0, SHEAF_CACHE = 16, SHEAF_SIZE = 24, SHEAF_OBJECTS = 32 };

struct world {
	struct testpages *t;
	struct page_map m;
	struct cpu cpu[2];
	struct cpus cpus;
};

static void link_free(struct world *w, bool hard, uint64_t object, uint64_t next)
{
	uint64_t place = object + FREE_AT;

	tp_put(w->t, place, hard ? next ^ RANDOM ^ __builtin_bswap64(place) : next, 8);
}

/* The third object is free, then the second, then `last`. */
static void begin(struct world *w, bool hard, uint64_t last)
{
	*w = (struct world){ .t = tp_new(0), .cpus = { .cpu = w->cpu, .n = 2 } };
	for (unsigned i = 0; i < 2; i++)
		w->cpu[i] = (struct cpu){ .id = i, .offset = CPUS + i * CPU_AREA };
	tp_sparse(w->t, 0);
	tp_slab(w->t, SLAB, CACHE);
	tp_put(w->t, CACHE + OF_OFFSET, FREE_AT, 4);
	tp_put(w->t, CACHE + OF_RANDOM, RANDOM, 8);
	tp_page(w->t, SLAB, 64, FREE_HEAD, OBJECT(2), 8);
	link_free(w, hard, OBJECT(2), OBJECT(1));
	link_free(w, hard, OBJECT(1), last);
	w->t->c.cpus = &w->cpus;
}

static struct btf *common_types(void)
{
	struct btf *b = tt_new();

	tt(btf__add_struct(b, "slab", 64));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, 16 * 8, 0));
	tt(btf__add_field(b, "freelist", TT_ULONG, FREE_HEAD * 8, 0));
	tt(btf__add_struct(b, "kmem_cache_cpu", 32));
	tt(btf__add_field(b, "freelist", TT_ULONG, CPU_LIST * 8, 0));
	tt(btf__add_field(b, "slab", TT_ULONG, CPU_SLAB * 8, 0));
	tt(btf__add_struct(b, "slub_percpu_sheaves", 32));
	tt(btf__add_field(b, "main", TT_ULONG, CPU_MAIN * 8, 0));
	tt(btf__add_field(b, "spare", TT_ULONG, CPU_SPARE * 8, 0));
	tt(btf__add_field(b, "rcu_free", TT_ULONG, CPU_RCU * 8, 0));
	tt(btf__add_struct(b, "node_barn", 32));
	tt(btf__add_field(b, "sheaves_full", TT_LIST_HEAD, 8 * 8, 0));
	return b;
}

static void open_types(struct world *w, bool hard, bool lists, bool sheaves)
{
	struct btf *b = common_types();
	int objects = tt_array(b, TT_ULONG, 0), per_node, nodes;

	tt(btf__add_struct(b, "slab_sheaf", 32));
	tt(btf__add_field(b, "barn_list", TT_LIST_HEAD, SHEAF_LIST * 8, 0));
	tt(btf__add_field(b, "cache", TT_ULONG, SHEAF_CACHE * 8, 0));
	tt(btf__add_field(b, "size", TT_UINT, SHEAF_SIZE * 8, 0));
	tt(btf__add_field(b, "objects", objects, SHEAF_OBJECTS * 8, 0));
	per_node = tt(btf__add_struct(b, "kmem_cache_per_node_ptrs", 16));
	tt(btf__add_field(b, "barn", TT_ULONG, 0, 0));
	nodes = tt_array(b, per_node, 4);
	tt(btf__add_struct(b, "kmem_cache", 256));
	tt(btf__add_field(b, "offset", TT_UINT, OF_OFFSET * 8, 0));
	if (hard)
		tt(btf__add_field(b, "random", TT_ULONG, OF_RANDOM * 8, 0));
	if (lists)
		tt(btf__add_field(b, "cpu_slab", TT_ULONG, OF_LISTS * 8, 0));
	if (sheaves) {
		tt(btf__add_field(b, "cpu_sheaves", TT_ULONG, OF_SHEAVES * 8, 0));
		tt(btf__add_field(b, "per_node", nodes, OF_NODES * 8, 0));
	}
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_types(w->t, b);
	assert_int_equal(page_map_init(&w->m, &w->t->c, NULL), CAIRN_OK);
}

static void end(struct world *w)
{
	w->t->c.cpus = NULL;
	tp_free(w->t);
}

struct told {
	uint64_t object[16];
	unsigned n;
};

static void keep(void *arg, uint64_t object)
{
	struct told *k = arg;

	if (k->n < 16)
		k->object[k->n] = object;
	k->n++;
}

static void expect(const struct told *k, unsigned n, const uint64_t *objects)
{
	assert_int_equal(k->n, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(k->object[i], objects[i]);
}

#define EXPECT(k, ...) \
	expect(k, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8, (const uint64_t[]){ __VA_ARGS__ })

static void of_a_slab(void **state)
{
	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		struct told k = { .n = 0 };
		struct world w;

		begin(&w, hard, 0);
		open_types(&w, hard, false, false);
		assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0) + 5, keep, &k, NULL), CAIRN_OK);
		EXPECT(&k, OBJECT(2), OBJECT(1));
		end(&w);
	}
}

/* A list that leads to itself ends. */
static void for_ever(void **state)
{
	struct told k = { .n = 0 };
	struct world w;

	(void)state;
	begin(&w, false, OBJECT(2));
	open_types(&w, false, false, false);
	assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0), keep, &k, NULL), CAIRN_OK);
	assert_int_equal(k.n, 32768);
	end(&w);
}

/* The second CPU allocates from the slab, and has taken its fifth and sixth object. */
static void of_cpus(void **state)
{
	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		struct told k = { .n = 0 };
		struct world w;

		begin(&w, hard, 0);
		tp_put(w.t, CACHE + OF_LISTS, 0x20, 8);
		tp_put(w.t, CPUS + CPU_AREA + 0x20 + CPU_LIST, OBJECT(4), 8);
		link_free(&w, hard, OBJECT(4), OBJECT(5));
		link_free(&w, hard, OBJECT(5), 0);
		open_types(&w, hard, true, false);
		assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
		EXPECT(&k, OBJECT(4), OBJECT(5));
		end(&w);
	}
}

/* Where a CPU's memory is not known, that of the others is looked at. */
static void of_unknown_cpu(void **state)
{
	struct told k = { .n = 0 };
	struct cairn_err err;
	struct world w;

	(void)state;
	begin(&w, false, 0);
	w.cpu[0] = (struct cpu){ .area = TP_SIZE + 0x1000 };
	tp_put(w.t, CPUS + CPU_AREA + CPU_LIST, OBJECT(4), 8);
	open_types(&w, false, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, &err), CAIRN_MISSING);
	EXPECT(&k, OBJECT(4));
	end(&w);
}

/* Where only the CPUs' areas are known, what they keep is found by what it says. */
static void of_areas(void **state)
{
	struct told k = { .n = 0 };
	struct world w;

	(void)state;
	begin(&w, true, 0);
	for (unsigned i = 0; i < 2; i++)
		w.cpu[i] = (struct cpu){ .id = i, .area = CPUS + CPU_AREA * i };
	for (unsigned i = 0; i < 2; i++) {
		tp_put(w.t, w.cpu[i].area + 0x40 + CPU_LIST, OBJECT(4 + i), 8);
		tp_put(w.t, w.cpu[i].area + 0x40 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
		link_free(&w, true, OBJECT(4 + i), 0);
		/* one whose objects are elsewhere, and one without any */
		tp_put(w.t, w.cpu[i].area + 0x80 + CPU_LIST, OBJECT(4) + 0x100000, 8);
		tp_put(w.t, w.cpu[i].area + 0x80 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
		tp_put(w.t, w.cpu[i].area + 0xc0 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
	}
	open_types(&w, true, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
	EXPECT(&k, OBJECT(4), OBJECT(5));
	end(&w);
}

/* Two that could be it: neither is believed. */
static void of_doubtful_area(void **state)
{
	struct told k = { .n = 0 };
	struct cairn_err err;
	struct world w;

	(void)state;
	begin(&w, false, 0);
	w.cpus.n = 1;
	w.cpu[0] = (struct cpu){ .area = CPUS };
	for (unsigned i = 0; i < 2; i++) {
		tp_put(w.t, CPUS + 0x40 * (i + 1) + CPU_LIST, OBJECT(4 + i), 8);
		tp_put(w.t, CPUS + 0x40 * (i + 1) + CPU_SLAB, TP_MAP + SLAB * 64, 8);
	}
	open_types(&w, false, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, &err), CAIRN_MISSING);
	assert_int_equal(k.n, 0);
	end(&w);
}

static void put_sheaf(struct world *w, unsigned n, uint64_t cache, unsigned size, unsigned first)
{
	tp_put(w->t, SHEAF(n) + SHEAF_CACHE, cache, 8);
	tp_put(w->t, SHEAF(n) + SHEAF_SIZE, size, 4);
	for (unsigned i = 0; i < size; i++)
		tp_put(w->t, SHEAF(n) + SHEAF_OBJECTS + 8 * i, OBJECT(first + i), 8);
}

static void put_list(struct world *w, uint64_t from, uint64_t to)
{
	tp_put(w->t, from, to, 8);
	tp_put(w->t, to + 8, from, 8);
}

static void begin_sheaves(struct world *w)
{
	begin(w, false, 0);
	tp_put(w->t, CACHE + OF_SHEAVES, 0x40, 8);
	put_sheaf(w, 0, CACHE, 2, 10);
	put_sheaf(w, 1, CACHE, 0, 0);
	put_sheaf(w, 2, CACHE, 1, 12);
	put_sheaf(w, 3, CACHE, 1, 13);
	tp_put(w->t, CPUS + 0x40 + CPU_MAIN, SHEAF(0), 8);
	tp_put(w->t, CPUS + CPU_AREA + 0x40 + CPU_MAIN, SHEAF(1), 8);
	tp_put(w->t, CPUS + CPU_AREA + 0x40 + CPU_RCU, SHEAF(2), 8);
	tp_put(w->t, CACHE + OF_NODES, BARN, 8);
	put_list(w, BARN + 8, SHEAF(3) + SHEAF_LIST);
	put_list(w, SHEAF(3) + SHEAF_LIST, BARN + 8);
	/* behind the nodes that there are: what is there is none */
	tp_put(w->t, CACHE + OF_NODES + 16, TP_SIZE + 0x1000, 8);
}

static void of_sheaves(void **state)
{
	struct told k = { .n = 0 };
	struct world w;

	(void)state;
	begin_sheaves(&w);
	open_types(&w, false, false, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
	EXPECT(&k, OBJECT(10), OBJECT(11), OBJECT(12), OBJECT(13));
	end(&w);
}

/* A sheaf of another cache; one that is not in the dump. */
static void of_bad_sheaves(void **state)
{
	struct told k = { .n = 0 };
	struct world w;

	(void)state;
	begin_sheaves(&w);
	tp_put(w.t, SHEAF(0) + SHEAF_CACHE, OTHER, 8);
	tp_put(w.t, CPUS + CPU_AREA + 0x40 + CPU_MAIN, TP_SIZE + 0x1000, 8);
	open_types(&w, false, false, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_FAULT);
	EXPECT(&k, OBJECT(12), OBJECT(13));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_slab), cmocka_unit_test(for_ever), cmocka_unit_test(of_cpus),
		cmocka_unit_test(of_unknown_cpu), cmocka_unit_test(of_sheaves),
		cmocka_unit_test(of_bad_sheaves), cmocka_unit_test(of_areas),
		cmocka_unit_test(of_doubtful_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
