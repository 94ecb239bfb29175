/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/task_filter.h"

static const struct task tasks[] = {
	{ .comm = "init", .state = 'S' },
	{ .comm = "sh", .state = 'R', .on_cpu = true },
	{ .comm = "kthreadd", .state = 'S', .kernel_thread = true },
	{ .comm = "swapper", .state = 'R', .kernel_thread = true, .idle = true },
	{ .comm = "stuck", .state = 'D' },
	{ .comm = "lost", .state = '\0' },
};

/* The names of the tasks that pass, each followed by a blank. */
static void expect(const struct call *call, const char *names)
{
	char text[100] = "";

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (task_filter(call, &tasks[i]))
			strcat(strcat(text, tasks[i].comm), " ");
	assert_string_equal(text, names);
}

static void one_by_one(void **state)
{
	(void)state;
	expect(&(struct call){ .argc = 0 }, "init sh kthreadd swapper stuck lost ");
	expect(&(struct call){ .opt[TASK_FILTER_ACTIVE] = { .set = true } }, "sh ");
	expect(&(struct call){ .opt[TASK_FILTER_KERNEL] = { .set = true } }, "kthreadd swapper ");
	expect(&(struct call){ .opt[TASK_FILTER_USER] = { .set = true } },
	       "init sh stuck lost ");
	expect(&(struct call){ .opt[TASK_FILTER_STATE] = { true, "DR" } },
	       "sh swapper stuck lost ");
}

static void together(void **state)
{
	struct call call = { .opt[TASK_FILTER_KERNEL] = { .set = true },
			     .opt[TASK_FILTER_STATE] = { true, "S" } };

	(void)state;
	expect(&call, "kthreadd ");
	call.opt[TASK_FILTER_ACTIVE].set = true;
	expect(&call, "");
}

static void states(void **state)
{
	struct call call = { .opt[TASK_FILTER_STATE] = { true, "UN" } };
	struct cairn_err err;

	(void)state;
	assert_int_equal(task_filter_check(&call, &err), CAIRN_OK);
	expect(&call, "stuck lost ");
	call.opt[TASK_FILTER_STATE].value = "Q";
	assert_int_equal(task_filter_check(&call, &err), CAIRN_USAGE);
	call.opt[TASK_FILTER_STATE].value = "";
	assert_int_equal(task_filter_check(&call, &err), CAIRN_USAGE);
	call.opt[TASK_FILTER_STATE].value = "RSDTtXZPI";
	assert_int_equal(task_filter_check(&call, &err), CAIRN_OK);
	call.opt[TASK_FILTER_STATE].set = false;
	assert_int_equal(task_filter_check(&call, &err), CAIRN_OK);
}

/* The macro and the indexes say the same. */
static void table(void **state)
{
	static const struct opt opts[] = { TASK_FILTER_OPTS, { 0, NULL, NULL, NULL } };

	(void)state;
	assert_int_equal(opts[TASK_FILTER_ACTIVE].letter, 'A');
	assert_int_equal(opts[TASK_FILTER_KERNEL].letter, 'k');
	assert_int_equal(opts[TASK_FILTER_USER].letter, 'u');
	assert_int_equal(opts[TASK_FILTER_STATE].letter, 's');
	assert_int_equal(opts[TASK_FILTER_OPTS_N].letter, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one), cmocka_unit_test(together),
		cmocka_unit_test(states), cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
