/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes on a slab whose second and third object are free, told by a checker of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/finding.h"
#include "mm/check_maple_slab.h"
#include "mm/testslab.h"

#define VARIABLE (OTHER + 0x100) /* maple_node_cache */
#define MANY 1024u               /* nodes, for which there is room at once */

static struct {
	uint64_t node;
	bool quiet, of_task;
	unsigned more;  /* nodes that are told of besides */
} asked;

static enum cairn_code run(struct cairn *c, struct cairn_run *to, struct cairn_err *err)
{
	struct shelf none = { 0 };
	struct maple_slabs s;

	(void)err;
	maple_slabs_init(&s, c, &none);
	maple_slabs_node(&s, asked.node, asked.quiet);
	for (unsigned i = 0; i < asked.more; i++) {
		if (i == MANY - 1)
			mem_fail_after(0);
		maple_slabs_node(&s, OBJECT(3), asked.quiet);
	}
	mem_fail_after(-1);
	maple_slabs_check(&s, to, "a tree", asked.of_task);
	maple_slabs_deinit(&s);
	return CAIRN_OK;
}

static const struct cairn_explanation ids[] = {
	{ .id = "zoo.node", .title = "a node", .meaning = "", .causes = "", .next = "" },
	{ .id = NULL },
};
static const struct cairn_check zoo = {
	.name = "zoo", .summary = "nodes of the test", .ids = ids, .run = run,
};
CAIRN_CHECK(&zoo);

static struct findings check(struct testslab *w, struct arena *arena)
{
	const struct check_limits limits = { .only = "zoo" };
	struct findings ret;

	ts_begin(w, false, 0);
	tp_put(w->t, VARIABLE, CACHE, 8);
	ts_open(w, false, true, false);
	syms_init(&w->t->c.syms, &w->t->c.arena);
	symlist_add(&w->t->c.known, "maple_node_cache", VARIABLE);
	assert_int_equal(symlist_register(&w->t->c.known, "test", &w->t->c.syms, NULL), CAIRN_OK);
	assert_int_equal(findings_get(&ret, &w->t->c, &limits, arena, NULL), CAIRN_OK);
	return ret;
}

static void grades(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct arena arena = { 0 };
		struct findings f;
		struct testslab w;

		memset(&asked, 0, sizeof(asked));
		asked.node = OBJECT(2);
		asked.quiet = i & 1;
		asked.of_task = i & 2;
		f = check(&w, &arena);
		assert_int_equal(f.n, 1);
		assert_int_equal(f.said[0].f.object, OBJECT(2));
		assert_int_equal(f.said[0].f.grade, i == 3 ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS);
		assert_int_equal(f.nunseen, 0);
		arena_deinit(&arena);
		ts_end(&w);
	}
}

static void no_memory(void **state)
{
	struct arena arena = { 0 };
	struct findings f;
	struct testslab w;

	(void)state;
	memset(&asked, 0, sizeof(asked));
	asked.node = OBJECT(3);
	asked.more = MANY + 1;
	f = check(&w, &arena);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.nunseen, 1);
	assert_int_equal(f.unseen[0].why.code, CAIRN_NOMEM);
	arena_deinit(&arena);
	ts_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(grades), cmocka_unit_test(no_memory) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
