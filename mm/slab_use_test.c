/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two slabs of one cache and one of another, of a machine whose symbols name none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/cpu.h"
#include "mm/slab_use.h"
#include "mm/testpages.h"

#define SLAB   (TP_FREE >> 12) /* frames */
#define SECOND (SLAB + 1)
#define ALIEN  (SLAB + 2)
#define CLONE  (SLAB + 5)
#define GUARDED (SLAB + 3)
#define PLAIN  (SLAB + 4)
#define CACHE  (TP_FREE + 0x20000)
#define OTHER  (CACHE + 0x100)
#define CLONED (CACHE + 0x200)
#define CPU    (CACHE + 0x1000)
#define NAME   (CACHE + 0x2000)

#define STRIDE 96
#define PAD    32
#define AT(frame, n) (((uint64_t)(frame) << 12) + PAD + STRIDE * (uint64_t)(n))

enum { FREE_HEAD = 48, OBJECTS = 40, FREE_AT = 16, ROOT = 56 };

/* How memory cgroups' clones of a cache lead to it: there are none, by a member, by a pointer to
 * what has it. */
enum clones { NO_CLONES, BY_MEMBER, BY_POINTER };

struct world {
	struct testpages *t;
	struct cpu cpu;
	struct cpus cpus;
	struct slab_use use;
};

static void put_slab(struct world *w, uint64_t frame, uint64_t cache, unsigned objects)
{
	tp_slab(w->t, frame, cache);
	tp_page(w->t, frame, 64, OBJECTS, objects, 2);
}

static void types(struct world *w, enum clones clones)
{
	struct btf *b = tt_new();
	int params = tt(btf__add_struct(b, "memcg_cache_params", 8)), pointer;

	tt(btf__add_field(b, "root_cache", TT_ULONG, 0, 0));
	pointer = tt(btf__add_ptr(b, params));
	tt(btf__add_struct(b, "slab", 64));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, 16 * 8, 0));
	tt(btf__add_field(b, "freelist", TT_ULONG, FREE_HEAD * 8, 0));
	tt(btf__add_field(b, "objects", TT_SHORT, OBJECTS * 8, 0));
	tt(btf__add_struct(b, "kmem_cache_cpu", 24));
	tt(btf__add_field(b, "freelist", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "slab", TT_ULONG, 16 * 8, 0));
	tt(btf__add_struct(b, "kmem_cache", 64));
	tt(btf__add_field(b, "offset", TT_UINT, 0, 0));
	tt(btf__add_field(b, "size", TT_UINT, 4 * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, 8 * 8, 0));
	tt(btf__add_field(b, "red_left_pad", TT_UINT, 12 * 8, 0));
	tt(btf__add_field(b, "cpu_slab", TT_ULONG, 16 * 8, 0));
	tt(btf__add_field(b, "name", TT_ULONG, 24 * 8, 0));
	if (clones)
		tt(btf__add_field(b, "memcg_params", clones == BY_MEMBER ? params : pointer, ROOT * 8, 0));
	tp_types(w->t, b);
}

/* The first slab's third object is free, and the CPU keeps the fifth; from both a link leads on. */
static void begin_as(struct world *w, enum clones clones, uint64_t next_free, uint64_t next_kept)
{
	*w = (struct world){ .t = tp_new(0), .cpu = { .offset = CPU },
			     .cpus = { .cpu = &w->cpu, .n = 1 } };
	tp_sparse(w->t, 0);
	put_slab(w, SLAB, CACHE, 42);
	put_slab(w, SECOND, CACHE, 42);
	put_slab(w, ALIEN, OTHER, 42);
	put_slab(w, GUARDED, CACHE, 1);
	put_slab(w, CLONE, CLONED, 42);
	tp_page(w->t, CLONE, 64, FREE_HEAD, AT(CLONE, 2), 8);
	tp_put(w->t, CLONED + ROOT, CACHE, 8);
	for (unsigned i = 0; i < 3; i++) {
		tp_put(w->t, CACHE + 0x100 * i, FREE_AT, 4);
		tp_put(w->t, CACHE + 0x100 * i + 4, STRIDE, 4);
		tp_put(w->t, CACHE + 0x100 * i + 8, STRIDE - PAD, 4);
		tp_put(w->t, CACHE + 0x100 * i + 12, PAD, 4);
		tp_put(w->t, CACHE + 0x100 * i + 24, NAME, 8);
	}
	tp_put(w->t, CACHE + 0x300, CACHE, 8); /* the variable */
	testmem_write(&w->t->mem, NAME, "alien", 6);
	tp_page(w->t, SLAB, 64, FREE_HEAD, AT(SLAB, 2), 8);
	tp_put(w->t, CACHE + 16, 0x40, 8);
	tp_put(w->t, CPU + 0x40, AT(SLAB, 4), 8);
	tp_put(w->t, AT(SLAB, 2) + FREE_AT, next_free, 8);
	tp_put(w->t, AT(SLAB, 4) + FREE_AT, next_kept, 8);
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	types(w, clones);
	w->t->c.cpus = &w->cpus;
	syms_init(&w->t->c.syms, &w->t->c.arena);
	slab_use_init(&w->use, &w->t->c, "the_cache");
}

static void begin(struct world *w)
{
	begin_as(w, NO_CLONES, 0, 0);
}

static void end(struct world *w)
{
	slab_use_deinit(&w->use);
	w->t->c.cpus = NULL;
	tp_free(w->t);
}

/* Most lie in it. */
static void learn(struct world *w, unsigned n, unsigned others)
{
	uint64_t some[32];

	for (unsigned i = 0; i < n; i++)
		some[i] = AT(i < others ? ALIEN : i % 2 ? SLAB : SECOND, i);
	slab_use_learn(&w->use, some, n);
}

static void kinds(void **state)
{
	char other[64] = "";
	struct world w;

	(void)state;
	begin(&w);
	learn(&w, 20, 5);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 3), other), SLAB_IN_USE);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_FREE);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 4), other), SLAB_KEPT);
	assert_int_equal(slab_use_of(&w.use, AT(SECOND, 2), other), SLAB_IN_USE);
	assert_int_equal(slab_use_of(&w.use, AT(SECOND, 2) + 8, other), SLAB_BETWEEN);
	assert_int_equal(slab_use_of(&w.use, AT(SECOND, 0) - PAD, other), SLAB_BETWEEN);
	assert_string_equal(other, "");
	assert_int_equal(slab_use_of(&w.use, AT(ALIEN, 2), other), SLAB_OTHER);
	assert_string_equal(other, "alien");
	assert_int_equal(w.use.lack.code, CAIRN_OK);
	/* KFENCE puts it anywhere */
	assert_int_equal(slab_use_of(&w.use, AT(GUARDED, 0) + 8, other), SLAB_UNTOLD);
	assert_int_equal(slab_use_of(&w.use, AT(PLAIN, 0), other), SLAB_UNTOLD);
	assert_int_equal(slab_use_of(&w.use, TP_SIZE + 0x1000, other), SLAB_UNTOLD);
	end(&w);
}

/* Links that lead astray: who is on them may have come there by the bad one. */
static void broken(void **state)
{
	char other[64] = "";
	struct world w;

	(void)state;
	begin_as(&w, NO_CLONES, AT(SECOND, 3), AT(SECOND, 5));
	learn(&w, 20, 5);
	assert_int_equal(slab_use_of(&w.use, AT(SECOND, 3), other), SLAB_IN_USE);
	assert_int_equal(slab_use_of(&w.use, AT(SECOND, 5), other), SLAB_IN_USE);
	assert_int_equal(w.use.lack.code, CAIRN_CORRUPT);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_DOUBTFUL);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 4), other), SLAB_DOUBTFUL);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 3), other), SLAB_IN_USE);
	end(&w);
}

static void clones(void **state)
{
	char other[64];
	struct world w;

	(void)state;
	begin_as(&w, BY_MEMBER, 0, 0);
	learn(&w, 20, 5);
	assert_int_equal(slab_use_of(&w.use, AT(CLONE, 3), other), SLAB_IN_USE);
	assert_int_equal(slab_use_of(&w.use, AT(CLONE, 2), other), SLAB_FREE);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_FREE);
	assert_int_equal(slab_use_of(&w.use, AT(ALIEN, 2), other), SLAB_OTHER);
	end(&w);
	begin_as(&w, BY_POINTER, 0, 0);
	symlist_add(&w.t->c.known, "the_cache", CACHE + 0x300);
	assert_int_equal(symlist_register(&w.t->c.known, "test", &w.t->c.syms, NULL), CAIRN_OK);
	slab_use_deinit(&w.use);
	slab_use_init(&w.use, &w.t->c, "the_cache");
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_FREE);
	assert_int_equal(slab_use_of(&w.use, AT(CLONE, 2), other), SLAB_UNTOLD);
	assert_int_equal(slab_use_of(&w.use, AT(ALIEN, 2), other), SLAB_UNTOLD);
	end(&w);
}

/* Too few, or of no one mind. */
static void not_learnt(void **state)
{
	char other[64];
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_UNTOLD);
	learn(&w, 7, 0);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_UNTOLD);
	learn(&w, 20, 9);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_UNTOLD);
	learn(&w, 20, 0);
	assert_int_equal(slab_use_of(&w.use, AT(SLAB, 2), other), SLAB_FREE);
	end(&w);
}

static void texts(void **state)
{
	(void)state;
	assert_null(slab_use_text(SLAB_UNTOLD));
	assert_null(slab_use_text(SLAB_IN_USE));
	assert_non_null(slab_use_text(SLAB_FREE));
	assert_non_null(slab_use_text(SLAB_KEPT));
	assert_non_null(slab_use_text(SLAB_DOUBTFUL));
	assert_non_null(slab_use_text(SLAB_BETWEEN));
	assert_non_null(slab_use_text(SLAB_OTHER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds), cmocka_unit_test(broken), cmocka_unit_test(clones),
		cmocka_unit_test(not_learnt),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
