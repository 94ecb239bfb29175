/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/damage.h"
#include "unwind/testwait.h"

static struct testwait w;
static struct arena arena;

/* Where this kernel keeps struct thread_info says where the magic is. */
static void info_in_task(struct testkern *k)
{
	for (unsigned i = 0; i < k->ntypes; i++)
		if (!strcmp(k->type[i].type.name, "task_struct"))
			k->type[i].member[k->type[i].type.nmembers++] =
				(struct type_member){ "thread_info", tk_integer(8), 0, 0 };
}

/* Two tasks, the end of the second one's stack is this. */
static uint64_t two(uint64_t end, bool in_task)
{
	uint64_t first, second;

	w = tw_new(TW_HEADS);
	if (in_task)
		info_in_task(w.m.k);
	first = tw_task(&w, 3, "whole", "sleeps");
	second = tw_task(&w, 4, "broken", "sleeps");
	tw_word(&w, tw_stack(&w, first), STACK_END_MAGIC);
	tw_word(&w, tw_stack(&w, second), end);
	return tw_stack(&w, second);
}

static void test_whole(void **state)
{
	(void)state;
	two(STACK_END_MAGIC, true);
	assert_int_equal(tw_findings(&w, "stack.*", &arena).n, 0);
	tw_done(&w, &arena);
}

static void test_overwritten(void **state)
{
	uint64_t stack = two(0x41414141, true);
	struct findings f = tw_findings(&w, "stack.*", &arena);

	(void)state;
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "stack.magic");
	assert_int_equal(f.said[0].f.addr, stack);
	assert_string_equal(f.said[0].f.found, "0x41414141");
	assert_non_null(strstr(f.said[0].f.message, "4 (broken)"));
	tw_done(&w, &arena);
}

/* Nothing says where the magic is. */
static void test_place_not_known(void **state)
{
	(void)state;
	two(0x41414141, false);
	assert_int_equal(tw_findings(&w, "stack.*", &arena).n, 0);
	tw_done(&w, &arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_place_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
