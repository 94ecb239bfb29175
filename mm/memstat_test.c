/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

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
		{ "node_zones", 0, 0, 2, "zone" }, { "vm_stat", 128, 8, 4, NULL }, { 0 } });
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sums), cmocka_unit_test(nodes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
