/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cache that lies in a slab of its own objects, of a kernel that does not name how many nodes
 * there are: the size of its objects tells. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/task.h"
#include "mm/caches.h"
#include "mm/testpages.h"

#define SLAB  (TP_FREE >> 12) /* a frame */
#define CACHE (TP_FREE + 0x80)
#define HEAD  (TP_FREE + 0x2000)
#define NODE(n) (HEAD + 0x100 + 0x40 * (n))

/* in struct slab or struct page, struct kmem_cache, struct kmem_cache_node */
enum { LINK = 8, OWNER = 16, INUSE = 40, OBJECTS = 42 };
enum { LIST = 16, SIZE = 32, OBJECT_SIZE = 36, NODES = 48 };
enum { SLABS = 0, TOTAL = 8, PARTIAL = 16 };

#define ROOM 4 /* nodes, in the type */

enum elements { POINTERS, NOTHING };

static void types(struct testpages *t, const char *holder, enum elements of)
{
	struct btf *b = tt_new();
	int counter, nodes;

	nodes = tt_array(b, of == POINTERS ? TT_ULONG : tt(btf__add_struct(b, "nothing", 0)), ROOM);
	counter = tt(btf__add_struct(b, "counter", 8));
	tt(btf__add_field(b, "counter", TT_ULONG, 0, 0));
	tt(btf__add_struct(b, "kmem_cache_node", 32));
	tt(btf__add_field(b, "nr_slabs", counter, SLABS * 8, 0));
	tt(btf__add_field(b, "total_objects", counter, TOTAL * 8, 0));
	tt(btf__add_field(b, "partial", TT_LIST_HEAD, PARTIAL * 8, 0));
	tt(btf__add_struct(b, holder, 64));
	tt(btf__add_field(b, "slab_list", TT_LIST_HEAD, LINK * 8, 0));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, OWNER * 8, 0));
	tt(btf__add_field(b, "inuse", TT_UINT, INUSE * 8, 16));
	tt(btf__add_field(b, "objects", TT_UINT, OBJECTS * 8, 15));
	tt(btf__add_struct(b, "kmem_cache", 128));
	tt(btf__add_field(b, "name", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "list", TT_LIST_HEAD, LIST * 8, 0));
	tt(btf__add_field(b, "size", TT_UINT, SIZE * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, OBJECT_SIZE * 8, 0));
	tt(btf__add_field(b, "node", nodes, NODES * 8, 0));
	tp_types(t, b);
}

/* Two nodes, with 3 slabs and 30 objects each; behind them is what would be no node. */
static struct testpages *memory(void)
{
	struct testpages *t = tp_new(0);

	tp_sparse(t, 0);
	tp_slab(t, SLAB, CACHE);
	tp_page(t, SLAB, 64, OBJECTS, 32, 2);
	tp_put(t, CACHE + SIZE, 128, 4);
	tp_put(t, CACHE + OBJECT_SIZE, NODES + 2 * 8, 4);
	for (unsigned i = 0; i < 2; i++) {
		tp_put(t, CACHE + NODES + i * 8, NODE(i), 8);
		tp_put(t, NODE(i) + SLABS, 3, 8);
		tp_put(t, NODE(i) + TOTAL, 30, 8);
		tp_put(t, NODE(i) + PARTIAL, NODE(i) + PARTIAL, 8);
		tp_put(t, NODE(i) + PARTIAL + 8, NODE(i) + PARTIAL, 8);
	}
	tp_put(t, CACHE + NODES + 16, TP_SIZE + 0x1000, 8);
	return t;
}

static struct slab_cache look(const char *holder, enum elements of)
{
	struct testpages *t = memory();
	struct slab_cache ret;
	struct caches s;

	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	types(t, holder, of);
	syms_init(&t->c.syms, &t->c.arena);
	symlist_add(&t->c.known, "slab_caches", HEAD);
	assert_int_equal(symlist_register(&t->c.known, "test", &t->c.syms, NULL), CAIRN_OK);
	assert_int_equal(caches_init(&s, &t->c, NULL), CAIRN_OK);
	assert_int_equal(cache_read(&s, CACHE, &ret, NULL), CAIRN_OK);
	tp_free(t);
	return ret;
}

/* Also before 5.17, where a slab is no type of its own. */
static void counts(void **state)
{
	static const char *const holders[] = { "slab", "page" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct slab_cache c = look(holders[i], POINTERS);

		assert_int_equal(c.err.code, CAIRN_OK);
		assert_int_equal(c.slabs, 6);
		assert_int_equal(c.objects, 60);
		assert_int_equal(c.free_err.code, CAIRN_OK);
	}
}

static void no_size(void **state)
{
	struct slab_cache c = look("slab", NOTHING);

	(void)state;
	assert_int_equal(c.err.code, CAIRN_MISSING);
	assert_int_equal(c.size, NODES + 16);
}

static bool enough(void)
{
	return true;
}

/* While the head of the list is looked for, which begins at the cache of a task. */
static void interrupted(void **state)
{
	struct task task = { .addr = CACHE };
	struct tasks tasks = { .task = &task, .n = 1 };
	struct testpages *t = memory();
	struct caches s;

	(void)state;
	tp_put(t, CACHE + LIST, HEAD, 8);
	tp_put(t, CACHE + LIST + 8, HEAD, 8);
	tp_put(t, HEAD, CACHE + LIST, 8);
	tp_put(t, HEAD + 8, CACHE + LIST, 8);
	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	types(t, "slab", POINTERS);
	syms_init(&t->c.syms, &t->c.arena);
	t->c.tasks = &tasks;
	assert_int_equal(caches_init(&s, &t->c, NULL), CAIRN_OK);
	assert_int_equal(s.head, HEAD);
	t->c.stop = enough;
	assert_int_equal(caches_init(&s, &t->c, NULL), CAIRN_INTERRUPTED);
	t->c.tasks = NULL;
	tp_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts), cmocka_unit_test(no_size), cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
