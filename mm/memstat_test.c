/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/task.h"
#include "lib/kern/testkern.h"
#include "mm/memstat.h"

#define ZONE_STAT TK_BASE
#define NODE_STAT (TK_BASE + 0x100)
#define SWAP (TK_BASE + 0x200)
#define NODE (TK_BASE + 0x1000)

/* Two zones of 64 bytes: managed_pages, vm_stat[2]. */
static struct testkern *kernel(void)
{
	static const struct type_enumerator zone[] = { { "NR_OTHER", 0 }, { "NR_FREE_PAGES", 1 } };
	static const struct type_enumerator node[] = { { "NR_FILE_PAGES", 2 },
						       { "NR_KERNEL_STACK_KB", 3 } };
	struct testkern *k = tk_new();

	tk_enum(k, "zone_stat_item", zone, 2);
	tk_enum(k, "node_stat_item", node, 2);
	tk_struct(k, "zone", 64, (const struct tk_member[]){
		{ "managed_pages", 8, 8, 0, NULL }, { "vm_stat", 16, 8, 2, NULL }, { 0 } });
	tk_struct(k, "pglist_data", 256, (const struct tk_member[]){
		{ "node_zones", 0, 0, 2, "zone" }, { "vm_stat", 128, 8, 4, NULL },
		{ "kswapd", 192, 8, 0, NULL }, { 0 } });
	return k;
}

static void sums(void **state)
{
	struct testkern *k = kernel();
	struct memstat m;

	(void)state;
	tk_symbol(k, "vm_zone_stat", ZONE_STAT);
	tk_symbol(k, "vm_node_stat", NODE_STAT);
	tk_symbol(k, "total_swap_pages", SWAP);
	tk_symbol(k, "nr_swap_pages", SWAP + 8);
	tk_put(k, ZONE_STAT + 8, 5, 8);
	tk_put(k, NODE_STAT + 16, (uint64_t)-3, 8); /* not folded in yet */
	tk_put(k, NODE_STAT + 24, 7, 8);
	tk_put(k, SWAP, UINT64_MAX / 4, 8); /* no machine has as much */
	tk_put(k, SWAP + 8, 2, 8);
	memstat_get(tk_open(k, 8), &m);
	assert_true(m.has[MEMSTAT_FREE]);
	assert_int_equal(m.bytes[MEMSTAT_FREE], 5 << 12);
	assert_true(m.has[MEMSTAT_FILE]);
	assert_int_equal(m.bytes[MEMSTAT_FILE], 0);
	assert_int_equal(m.bytes[MEMSTAT_STACK], 7 << 10);
	assert_int_equal(m.bytes[MEMSTAT_SWAP_FREE], 2 << 12);
	assert_false(m.has[MEMSTAT_SWAP]);
	assert_false(m.has[MEMSTAT_SHMEM]); /* its name is not known */
	assert_false(m.has[MEMSTAT_TOTAL]);
	assert_int_not_equal(m.lack.code, CAIRN_OK);
	tk_free(k);
}

static void nodes(void **state)
{
	struct testkern *k = kernel();
	struct memstat m;

	(void)state;
	tk_symbol(k, "contig_page_data", NODE);
	tk_put(k, NODE + 8, 100, 8);      /* zone 0: managed, */
	tk_put(k, NODE + 24, 10, 8);      /* free */
	tk_put(k, NODE + 64 + 8, 50, 8);  /* zone 1 */
	tk_put(k, NODE + 64 + 24, 3, 8);
	tk_put(k, NODE + 128 + 16, 9, 8); /* of the node */
	memstat_get(tk_open(k, 8), &m);
	assert_int_equal(m.bytes[MEMSTAT_TOTAL], 150 << 12);
	assert_int_equal(m.bytes[MEMSTAT_FREE], 13 << 12);
	assert_int_equal(m.bytes[MEMSTAT_FILE], 9 << 12);
	assert_false(m.has[MEMSTAT_SWAP]);
	tk_free(k);
}

#define TASK (TK_BASE + 0x2800)
#define KTHREAD (TK_BASE + 0x2900)

/* No symbol names the nodes: their kswapd has them, if they have it. */
static void nodes_by_kswapd(void **state)
{
	struct task one = { .addr = TASK, .comm = "kswapd0", .kernel_thread = true };
	struct tasks ts = { .task = &one, .n = 1 };
	struct testkern *k = kernel();
	struct cairn *c;
	struct memstat m;

	(void)state;
	tk_struct(k, "task_struct", 64, (const struct tk_member[]){
		{ "set_child_tid", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "kthread", 64, (const struct tk_member[]){ { "data", 16, 8, 0, NULL }, { 0 } });
	tk_put(k, TASK + 8, KTHREAD, 8);
	tk_put(k, KTHREAD + 16, NODE, 8);
	tk_put(k, NODE + 192, TASK, 8);
	tk_put(k, NODE + 8, 100, 8);
	c = tk_open(k, 8);
	c->tasks = &ts;
	memstat_get(c, &m);
	assert_int_equal(m.bytes[MEMSTAT_TOTAL], 100 << 12);
	one.addr = TASK + 64; /* another's name is easily had */
	memstat_get(c, &m);
	assert_false(m.has[MEMSTAT_TOTAL]);
	c->tasks = NULL;
	tk_free(k);
}

#define HUGE (TK_BASE + 0x2000)
#define HUGE_SIZE 0x80
enum { ORDER = 4, PAGES = 8, FREE = 16, NAME = 64 }; /* in struct hstate */

static struct testkern *kernel_of_huge(bool has_them)
{
	static const struct tk_member members[] = {
		{ "order", ORDER, 4, 0, NULL }, { "nr_huge_pages", PAGES, 8, 0, NULL },
		{ "free_huge_pages", FREE, 8, 0, NULL }, { "name", NAME, 1, 32, NULL }, { 0 },
	};
	struct testkern *k = kernel();

	tk_struct(k, "hstate", has_them ? HUGE_SIZE : 0, has_them ? members : members + 4);
	return k;
}

static void huge_one(struct testkern *k, unsigned i, unsigned order, const char *name,
		     uint64_t pages, uint64_t free)
{
	uint64_t at = HUGE + HUGE_SIZE * i;

	tk_put(k, at + ORDER, order, 4);
	tk_put(k, at + PAGES, pages, 8);
	tk_put(k, at + FREE, free, 8);
	tk_text(k, at + NAME, name);
}

static void huge(void **state)
{
	struct testkern *k = kernel_of_huge(true);
	struct memstat m;

	(void)state;
	tk_symbol(k, "hstates", HUGE);
	huge_one(k, 0, 9, "hugepages-2048kB", 16, 6);
	huge_one(k, 1, 18, "hugepages-1048576kB", 1, 1);
	huge_one(k, 2, 7, "whatever is behind", 77, 7);
	huge_one(k, 3, 9, "hugepages-2048kB", 1, 1);
	memstat_get(tk_open(k, 8), &m);
	assert_true(m.has[MEMSTAT_HUGE]);
	assert_int_equal(m.bytes[MEMSTAT_HUGE], (16 << 21) + (1 << 30));
	assert_int_equal(m.bytes[MEMSTAT_HUGE_FREE], (6 << 21) + (1 << 30));
	assert_int_equal(m.huge_lack.code, CAIRN_OK);
	tk_free(k);
}

/* A kernel without them has none; where they are not known, that is no answer. */
static void no_huge(void **state)
{
	struct testkern *k = kernel_of_huge(false);
	struct memstat m;

	(void)state;
	memstat_get(tk_open(k, 8), &m);
	assert_true(m.has[MEMSTAT_HUGE]);
	assert_int_equal(m.bytes[MEMSTAT_HUGE], 0);
	tk_free(k);
	k = kernel_of_huge(true);
	memstat_get(tk_open(k, 8), &m);
	assert_false(m.has[MEMSTAT_HUGE]);
	assert_int_not_equal(m.huge_lack.code, CAIRN_OK);
	tk_free(k);
}

static void bad_huge(void **state)
{
	struct testkern *k = kernel_of_huge(true);
	struct memstat m;

	(void)state;
	tk_symbol(k, "hstates", HUGE);
	huge_one(k, 0, 9, "hugepages-2048kB", UINT64_C(1) << 40, 0);
	memstat_get(tk_open(k, 8), &m);
	assert_false(m.has[MEMSTAT_HUGE]);
	assert_int_equal(m.huge_lack.code, CAIRN_CORRUPT);
	tk_free(k);
	k = kernel_of_huge(true);
	tk_symbol(k, "hstates", TK_HOLE);
	memstat_get(tk_open(k, 8), &m);
	assert_false(m.has[MEMSTAT_HUGE_FREE]);
	assert_int_equal(m.huge_lack.code, CAIRN_FAULT);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums), cmocka_unit_test(nodes), cmocka_unit_test(nodes_by_kswapd), cmocka_unit_test(huge),
		cmocka_unit_test(no_huge), cmocka_unit_test(bad_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
