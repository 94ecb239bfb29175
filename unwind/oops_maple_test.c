/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/arena.h"
#include "unwind/oops.h"

static struct arena arena;
static struct oopses all;

static const struct oops *parse(const char *text)
{
	assert_int_equal(oops_parse(&all, text, strlen(text), &arena, NULL), CAIRN_OK);
	return all.n ? &all.oops[0] : NULL;
}

/* A report of 6.1 on ARM32, without what matters to nobody here. Arguments: the values of r7, r5, r2, lr;
   what r2 and r7 lead to; words of the stack. */
static const char form[] =
	"kernel BUG at lib/maple_tree.c:966!\n"
	"Internal error: Oops - BUG: 0 [#1] SMP ARM\n"
	"CPU: 0 PID: 104 Comm: zoo-victim Tainted: G           OE      6.1.0-50-armmp #1  Debian 6.1.176-1\n"
	"PC is at mas_update_gap+0x98/0x1a4\n"
	"LR is at 0x0\n"
	"pc : [<c0d05bf4>]    lr : [<%s>]    psr: 600c0013\n"
	"r7 : %s  r6 : %s  r5 : c1f70c00  r2 : %s  r1 : c1eb4200\n"
	"Register r1 information: slab mm_struct start c1eb4200 pointer offset 0 size 168\n"
	"Register r2 information: %s\n"
	"Register r5 information: slab maple_node start c1f70c00 pointer offset 0\n"
	"Register r6 information: slab maple_node start c1f70c00 pointer offset %s\n"
	"Register r7 information: %s\n"
	"Process zoo-victim (pid: 104, stack limit = 0xaccdd46b)\n"
	"Stack: (0xc8b71e88 to 0xc8b72000)\n"
	"1e80:                   c8b71f58 %s c8b71f58 c0d0ce10 c8b71f58 c1d3a040\n"
	" mas_update_gap from mas_wr_store_entry+0x11c/0x448\n"
	" mas_wr_store_entry from mas_store_prealloc+0x48/0x114\n"
	" sys_brk from ret_fast_syscall+0x0/0x1c\n";

#define NODE(start, offset) "slab maple_node start " start " pointer offset " offset
#define LEAF "c1f6cf04", NODE("c1f6cf00", "4")

struct given {
	const char *lr, *r7, *r7_is, *r2, *r2_is, *gap, *stack;
};

static const struct oops *parse_given(const struct given *g)
{
	const char *r6 = strcmp(g->gap, "168") ? "c1f70ca0" : "c1f70ca8";

	return parse(arena_printf(&arena, form, g->lr, g->r7, r6, g->r2, g->r2_is, g->gap, g->r7_is,
				  g->stack));
}

static bool has_command(const struct oops *o, const char *command)
{
	for (size_t i = 0; i < o->ncommands; i++)
		if (!strcmp(o->command[i], command))
			return true;
	return false;
}

static void by_neighbour(void **state)
{
	static const struct given g = { "00000000", LEAF, "c1f71500", NODE("c1f71500", "0"), "168", "c1f6cf0c" };
	const struct oops *o = parse_given(&g);
	const struct oops_maple *m = o->maple;

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->node, 0xc1f70c00);
	assert_int_equal(m->neighbour, 0xc1f70b00);
	assert_int_equal(m->mm, 0xc1eb4200);
	assert_int_equal(m->word, 0xc1f71500);
	assert_string_equal(m->word_reg, "r2");
	assert_string_equal(m->cause, "neighbour");
	assert_true(m->sure && m->has_word && !m->has_expected);
	assert_non_null(strstr(m->told, "0xc1f70b00"));
	assert_non_null(strstr(m->told, "victim"));
	assert_true(has_command(o, "check --only 'maple.*'"));
	assert_true(has_command(o, "maple -t 104"));
	assert_true(has_command(o, "whatis 0xc1f70c00"));
	assert_true(has_command(o, "whatis 0xc1f70b00"));
	assert_int_equal(o->npoints, 5);
	assert_int_equal(o->points[1].value, 0xc1f71500);
	assert_string_equal(o->points[1].cache, "maple_node");
	assert_int_equal(o->n, 5);
}

static void by_bit_flip(void **state)
{
	static const struct {
		const char *word, *offset;
		uint64_t expected; /* 0: more bits than one */
	} rows[] = {
		{ "c1f71402", "2", 0xc1f71406 },
		{ "c1f7149a", "154", 0xc1f7149e },
		{ "c1f71484", "132", 0xc1f71486 },
		{ "c1f71408", "8", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct given g = { "00000000", LEAF, rows[i].word, NULL, "168", "c1f6cf0c" };
		const struct oops *o;

		g.r2_is = arena_printf(&arena, NODE("c1f71400", "%s"), rows[i].offset);
		o = parse_given(&g);
		assert_true(o->maple->has_word && o->maple->sure);
		if (rows[i].expected)
			assert_string_equal(o->maple->cause, "bit-flip");
		else
			assert_null(o->maple->cause);
		assert_int_equal(o->maple->has_expected, rows[i].expected != 0);
		assert_int_equal(o->maple->expected, rows[i].expected);
		assert_int_equal(has_command(o, "whatis 0xc1f70b00"), !rows[i].expected);
	}
}

/* Registers that lead to nodes, and are no parent's word. */
static void no_word(void **state)
{
	static const struct given rows[] = {
		/* a leaf at work on: its bare address is in a register, its typed one on the stack */
		{ "00000000", LEAF, "c1f6cf00", NODE("c1f6cf00", "0"), "168", "c1f6cf0c" },
		/* a parent word that is in order; a root's; a typed address; an array */
		{ "00000000", LEAF, "c1f7140e", NODE("c1f71400", "14"), "168", "c1f6cf0c" },
		{ "00000000", LEAF, "c1f71401", NODE("c1f71400", "1"), "168", "c1f6cf0c" },
		{ "00000000", LEAF, "c1f7141c", NODE("c1f71400", "28"), "168", "c1f6cf0c" },
		{ "00000000", LEAF, "c1f71454", NODE("c1f71400", "84"), "168", "c1f6cf0c" },
		/* two that may be it */
		{ "00000000", "c1f71600", NODE("c1f71600", "0"), "c1f71500", NODE("c1f71500", "0"), "168",
		  "c1f6cf0c" },
		/* lr leads elsewhere, or into the node */
		{ "b1f71500", LEAF, "00000001", "non-paged memory", "168", "c1f6cf0c" },
		{ "c1f71504", LEAF, "00000001", "non-paged memory", "168", "c1f6cf0c" },
		{ "c1f70c00", LEAF, "00000001", "non-paged memory", "168", "c1f6cf0c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct oops *o = parse_given(&rows[i]);

		assert_non_null(o->maple);
		if (o->maple->has_word)
			fail_msg("row %zu: %llx", i, (unsigned long long)o->maple->word);
		assert_null(o->maple->cause);
		assert_non_null(strstr(o->maple->told, "0xc1f70c00"));
	}
}

/* As in the report of 2022: the kernel does not tell what lr leads to. */
static void in_lr(void **state)
{
	static const struct given g = { "c1343e00", "0000001f", "non-paged memory", "c25a2000",
					"slab mm_struct start c25a2000 pointer offset 0 size 168", "168", "00000000" };
	const struct oops *o = parse_given(&g);

	(void)state;
	assert_int_equal(o->maple->word, 0xc1343e00);
	assert_string_equal(o->maple->word_reg, "lr");
	assert_string_equal(o->maple->cause, "neighbour");
	assert_false(o->maple->sure);
	assert_non_null(strstr(o->maple->told, "seems to be"));
}

static void no_node(void **state)
{
	static const struct given g = { "c1343e00", LEAF, "c1f71500", NODE("c1f71500", "0"), "160", "c1f6cf0c" };
	static const struct given two = { "00000000", LEAF, "c1f715a8", NODE("c1f71500", "168"), "168", "0" };

	(void)state;
	assert_null(parse_given(&g)->maple);
	assert_null(parse_given(&two)->maple);
	assert_null(parse("kernel BUG at lib/maple_tree.c:966!\nRIP: 0010:mas_update_gap+0x1/0x2\n")->maple);
	assert_null(parse("kernel BUG at mm/mmap.c:1!\nPC is at exit_mmap+0x1/0x2\n"
			  "Register r6 information: " NODE("c1f70c00", "168") "\n")->maple);
}

static int tear_down(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_neighbour), cmocka_unit_test(by_bit_flip), cmocka_unit_test(no_word),
		cmocka_unit_test(in_lr),        cmocka_unit_test(no_node),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
