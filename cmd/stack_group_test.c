/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cmd/stack_group.h"
#include "cmd/trace_filter.h"

static struct arena arena;
static struct frame frames[3];
static char note[] = "odd";

/* innermost first; 0 ends */
static struct trace trace(uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t pc[3] = { a, b, c };
	struct trace tr = { .frame = frames, .end = TRACE_END_OF_STACK, .complete = true,
			    .reason = note };

	for (; tr.n < 3 && pc[tr.n]; tr.n++)
		frames[tr.n] = (struct frame){ .pc = pc[tr.n], .sp = 0x1000 + tr.n, .grade = 'A',
					       .stack.type = STACK_TASK, .note = note };
	return tr;
}

static struct stack_groups fresh(void)
{
	arena_reset(&arena);
	return (struct stack_groups){ .arena = &arena };
}

static void test_merge(void **state)
{
	struct stack_groups g = fresh();
	struct task task[40];
	struct trace tr;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		task[i] = (struct task){ .pid = (int)i };
		tr = i % 4 == 0 ? trace(1, 2, 0) : trace(1, 2, 3);
		assert_true(stack_groups_add(&g, &task[i], 1, &tr));
	}
	tr = trace(0, 0, 0);
	assert_true(stack_groups_add(&g, NULL, 0, &tr));
	memset(note, 'x', 3); /* the copies are whole */
	memset(frames, 0, sizeof(frames));
	stack_groups_sort(&g);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.group[0].n, 30);
	assert_int_equal(g.group[0].owner[29].task->pid, 39);
	assert_int_equal(g.group[0].trace.n, 3);
	assert_int_equal(g.group[0].trace.frame[2].pc, 3);
	assert_int_equal(g.group[0].trace.frame[2].sp, 0);
	assert_string_equal(g.group[0].trace.frame[2].note, "odd");
	assert_int_equal(g.group[1].n, 10);
	assert_int_equal(g.group[2].n, 1);
	assert_null(g.group[2].owner[0].task);
	memcpy(note, "odd", 3);
	stack_groups_deinit(&g);
}

/* What differs in anything that is told is not equal. */
static void test_differences(void **state)
{
	struct stack_groups g = fresh();
	struct trace tr = trace(1, 2, 3);

	(void)state;
	stack_groups_add(&g, NULL, 0, &tr);
	tr.end = TRACE_NOT_TEXT;
	stack_groups_add(&g, NULL, 0, &tr);
	tr = trace(1, 2, 3);
	frames[1].grade = 'B';
	stack_groups_add(&g, NULL, 0, &tr);
	tr = trace(1, 2, 3);
	frames[1].stack.type = STACK_IRQ;
	stack_groups_add(&g, NULL, 0, &tr);
	tr = trace(1, 3, 2);
	stack_groups_add(&g, NULL, 0, &tr);
	tr = trace(1, 2, 3);
	frames[0].sp = 77;
	stack_groups_add(&g, NULL, 0, &tr);
	stack_groups_sort(&g);
	assert_int_equal(g.n, 5);
	assert_int_equal(g.group[0].n, 2);
	stack_groups_deinit(&g);
}

static void test_show(void **state)
{
	struct stack_groups g = fresh();
	struct cairn c = { .arch = arch_by_id(ARCH_X86_64) };
	struct task a = { .pid = 7, .comm = "seven", .state = 'D' }, b = { .pid = 8, .comm = "\033x" };
	struct trace tr = trace(0x10, 0x20, 0);
	struct stack_detail detail = { .lines = false };
	struct out o;

	(void)state;
	stack_groups_add(&g, &a, 0, &tr);
	stack_groups_add(&g, &b, 1, &tr);
	out_init(&o, OUT_TEXT, -1);
	stack_groups_show(&g, &o, &c, &detail);
	assert_non_null(strstr(o.buf.buf, "2 tasks: 7 seven (D), 8 \\x1bx\n  #0   0x10"));
	out_deinit(&o);
	out_init(&o, OUT_JSON, -1);
	stack_groups_show(&g, &o, &c, &detail);
	assert_non_null(strstr(o.buf.buf, "{\"schema\":\"cairn.stackgroup/1\",\"count\":2,"
					  "\"tasks\":[{\"pid\":7,\"comm\":\"seven\","));
	assert_non_null(strstr(o.buf.buf, "\"frames\":[{"));
	out_deinit(&o);
	stack_groups_deinit(&g);
}

static void test_filter(void **state)
{
	struct trace tr = trace(1, 2, 3);

	(void)state;
	frames[0].named = frames[2].named = true;
	frames[0].sym.name = "schedule";
	frames[2].sym.name = "scen_write";
	frames[2].sym.module = "scen";
	frames[1].via = "mutex_lock";
	assert_true(trace_filter(&(struct trace_filter){ NULL, NULL }, &tr));
	assert_true(trace_filter(&(struct trace_filter){ "sched*", NULL }, &tr));
	assert_true(trace_filter(&(struct trace_filter){ "mutex_*", "sc?n" }, &tr));
	assert_false(trace_filter(&(struct trace_filter){ "sched", NULL }, &tr));
	assert_false(trace_filter(&(struct trace_filter){ "sched*", "kvm" }, &tr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_filter),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
