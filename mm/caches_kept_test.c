/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two CPUs have of a cache: a slab with its list, and slabs that are set aside. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/cpu.h"
#include "mm/caches.h"
#include "mm/testpages.h"

#define SLAB(n) ((TP_FREE >> 12) + (n)) /* frames */
#define PAGE(n) (TP_MAP + SLAB(n) * 64) /* their struct slab */
#define CACHE (TP_FREE + 0x20000)
#define HEAD  (CACHE + 0x100)
#define CPUS  (CACHE + 0x1000)
#define AREA  0x100
#define PER_CPU 0x10 /* what the cache says of these: an offset */

/* in struct slab, struct kmem_cache, struct kmem_cache_cpu */
enum { NEXT = 8, OWNER = 16, INUSE = 40, OBJECTS = 42, LIST_OF_FREE = 48 };
enum { LISTS = 8, LINK = 16, SIZE = 32, OBJECT_SIZE = 36, FREE_AT = 40, NODE = 48 };
enum { CPU_LIST = 0, CPU_SLAB = 8, CPU_PARTIAL = 16 };

struct world {
	struct testpages *t;
	struct cpu cpu[2];
	struct cpus cpus;
};

static void slab(struct world *w, unsigned n, unsigned inuse, unsigned next)
{
	tp_slab(w->t, SLAB(n), CACHE);
	tp_page(w->t, SLAB(n), 64, INUSE, inuse, 2);
	tp_page(w->t, SLAB(n), 64, OBJECTS, 10, 2);
	tp_page(w->t, SLAB(n), 64, NEXT, next ? PAGE(next) : 0, 8);
}

static void types(struct world *w)
{
	struct btf *b = tt_new();
	int nodes = tt_array(b, TT_ULONG, 1), counter;

	counter = tt(btf__add_struct(b, "counter", 8));
	tt(btf__add_field(b, "counter", TT_ULONG, 0, 0));
	tt(btf__add_struct(b, "kmem_cache_node", 32));
	tt(btf__add_field(b, "nr_slabs", counter, 0, 0));
	tt(btf__add_field(b, "total_objects", counter, 8 * 8, 0));
	tt(btf__add_field(b, "partial", TT_LIST_HEAD, 16 * 8, 0));
	tt(btf__add_struct(b, "slab", 64));
	tt(btf__add_field(b, "next", TT_ULONG, NEXT * 8, 0));
	tt(btf__add_field(b, "slab_list", TT_LIST_HEAD, NEXT * 8, 0));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, OWNER * 8, 0));
	tt(btf__add_field(b, "inuse", TT_UINT, INUSE * 8, 16));
	tt(btf__add_field(b, "objects", TT_UINT, OBJECTS * 8, 15));
	tt(btf__add_field(b, "freelist", TT_ULONG, LIST_OF_FREE * 8, 0));
	tt(btf__add_struct(b, "kmem_cache_cpu", 24));
	tt(btf__add_field(b, "freelist", TT_ULONG, CPU_LIST * 8, 0));
	tt(btf__add_field(b, "slab", TT_ULONG, CPU_SLAB * 8, 0));
	tt(btf__add_field(b, "partial", TT_ULONG, CPU_PARTIAL * 8, 0));
	tt(btf__add_struct(b, "kmem_cache", 64));
	tt(btf__add_field(b, "name", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "cpu_slab", TT_ULONG, LISTS * 8, 0));
	tt(btf__add_field(b, "list", TT_LIST_HEAD, LINK * 8, 0));
	tt(btf__add_field(b, "size", TT_UINT, SIZE * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, OBJECT_SIZE * 8, 0));
	tt(btf__add_field(b, "offset", TT_UINT, FREE_AT * 8, 0));
	tt(btf__add_field(b, "node", nodes, NODE * 8, 0));
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_types(w->t, b);
	syms_init(&w->t->c.syms, &w->t->c.arena);
	symlist_add(&w->t->c.known, "slab_caches", HEAD);
	assert_int_equal(symlist_register(&w->t->c.known, "test", &w->t->c.syms, NULL), CAIRN_OK);
}

/* CPU 0 allocates from slab 0, whose list it has (two objects) and where one was given back since;
 * slabs 1 and 2 are set aside. CPU 1 has nothing. */
static void begin(struct world *w)
{
	uint64_t first = SLAB(0) << 12;

	*w = (struct world){ .t = tp_new(0), .cpus = { .cpu = w->cpu, .n = 2 } };
	for (unsigned i = 0; i < 2; i++)
		w->cpu[i] = (struct cpu){ .id = i, .offset = CPUS + i * AREA - PER_CPU };
	tp_sparse(w->t, 0);
	slab(w, 0, 9, 0);
	slab(w, 1, 7, 2);
	slab(w, 2, 10, 0);
	tp_put(w->t, CACHE + LISTS, PER_CPU, 8);
	tp_put(w->t, CACHE + SIZE, 96, 4);
	tp_put(w->t, CACHE + OBJECT_SIZE, 96, 4);
	tp_put(w->t, CPUS + CPU_LIST, first + 96, 8);
	tp_put(w->t, first + 96, first + 192, 8);
	tp_put(w->t, CPUS + CPU_SLAB, PAGE(0), 8);
	tp_put(w->t, CPUS + CPU_PARTIAL, PAGE(1), 8);
	w->t->c.cpus = &w->cpus;
}

static void end(struct world *w)
{
	w->t->c.cpus = NULL;
	tp_free(w->t);
}

static enum cairn_code kept(struct world *w, uint64_t *ret)
{
	struct caches s;

	types(w);
	assert_int_equal(caches_init(&s, &w->t->c, NULL), CAIRN_OK);
	return cache_kept(&s, CACHE, ret, NULL);
}

static void of_cpus(void **state)
{
	struct world w;
	uint64_t n;

	(void)state;
	begin(&w);
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 2 + 1 + 3 + 0);
	end(&w);
}

static void damage(void **state)
{
	struct world w;
	uint64_t n;

	(void)state;
	begin(&w);
	tp_page(w.t, SLAB(2), 64, NEXT, PAGE(1), 8); /* back to the first: the proper end of a chain */
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 6);
	end(&w);
	begin(&w);
	tp_page(w.t, SLAB(2), 64, NEXT, PAGE(2), 8); /* around in a circle */
	assert_int_equal(kept(&w, &n), CAIRN_CORRUPT);
	end(&w);
	begin(&w);
	tp_page(w.t, SLAB(1), 64, INUSE, 11, 2); /* of 10 */
	assert_int_equal(kept(&w, &n), CAIRN_CORRUPT);
	end(&w);
	begin(&w);
	tp_put(w.t, CPUS + CPU_PARTIAL, TP_SIZE + 0x1000, 8);
	assert_int_equal(kept(&w, &n), CAIRN_FAULT);
	end(&w);
}

/* A kernel that names no data: what a CPU keeps is found by what is in its area, if anything is. */
static void of_areas(void **state)
{
	struct world w;
	uint64_t n;

	(void)state;
	begin(&w);
	w.cpus.n = 1;
	w.cpu[0] = (struct cpu){ .area = CPUS };
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 6);
	end(&w);
	begin(&w);
	w.cpu[1] = (struct cpu){ .id = 1, .area = CPUS + AREA };
	assert_int_equal(kept(&w, &n), CAIRN_MISSING);
	end(&w);
}

static bool enough(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct world w;
	uint64_t n;

	(void)state;
	begin(&w);
	w.t->c.stop = enough;
	assert_int_equal(kept(&w, &n), CAIRN_INTERRUPTED);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_cpus), cmocka_unit_test(damage), cmocka_unit_test(of_areas),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
