/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "lib/kern/testmachine.h"

static const struct tasks *get(struct cairn *c)
{
	const struct tasks *ts = NULL;
	struct cairn_err err;

	if (tasks_get(c, &ts, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	return ts;
}

static void done(struct testmachine *m)
{
	tasks_free(&m->k->c);
	tk_free(m->k);
}

/* The names of all tasks in their order. */
static const char *names(const struct tasks *ts)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < ts->n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, ts->task[i].fault ? "!" : ts->task[i].comm);
	}
	return text;
}

/* ---- the good case ---- */

static void test_order(void **state)
{
	struct testmachine m = tm_new(2);
	const struct tasks *ts;
	uint64_t init, shell;
	struct cairn *c;

	(void)state;
	init = tm_task(&m, 1, "init");
	shell = tm_task(&m, 30, "shell");
	tm_thread(&m, init, 31, "helper");
	tm_task(&m, 40, "last");
	tm_thread(&m, shell, 32, "worker");
	tm_thread(&m, shell, 33, "worker2");
	c = tm_open(&m);
	ts = get(c);
	assert_string_equal(names(ts), "swapper/0 swapper/1 init helper shell worker worker2 last");
	assert_false(ts->partial);
	assert_null(cairn_degraded(c, 0));
	assert_ptr_equal(get(c), ts); /* once */
	done(&m);
}

static void test_fields(void **state)
{
	struct testmachine m = tm_new(2);
	const struct task *t;
	uint64_t init, worker;

	(void)state;
	init = tm_task(&m, 1, "init");
	worker = tm_thread(&m, init, 7, "sixteen_bytes_16");
	tm_set(&m, worker, TM_PARENT, init, 8);
	tm_set(&m, worker, TM_FLAGS, 0x00200040, 4);
	tm_set(&m, worker, TM_MM, 0x1111, 8);
	tm_set(&m, worker, TM_ACTIVE_MM, 0x2222, 8);
	tm_set(&m, worker, TM_SP, 0x3333, 8);
	tm_set(&m, worker, TM_UTIME, 4444, 8);
	tm_set(&m, worker, TM_STIME, 5555, 8);
	tm_set(&m, worker, TM_START, 6666, 8);
	tm_set(&m, worker, TM_CPU, 1, 4);
	t = task_by_pid(get(tm_open(&m)), 7);
	assert_non_null(t);
	assert_int_equal(t->addr, worker);
	assert_int_equal(t->tgid, 1);
	assert_int_equal(t->ppid, 1);
	assert_string_equal(t->comm, "sixteen_bytes_16");
	assert_true(t->kernel_thread);
	assert_false(t->idle);
	assert_int_equal(t->mm, 0x1111);
	assert_int_equal(t->active_mm, 0x2222);
	assert_int_equal(t->sp, 0x3333);
	assert_int_equal(t->utime, 4444);
	assert_int_equal(t->stime, 5555);
	assert_int_equal(t->start_time, 6666);
	assert_int_equal(t->cpu, 1);
	assert_int_equal(t->stack, tm_stack(3));
	assert_false(t->on_cpu);
	done(&m);
}

static void test_states(void **state)
{
	static const struct {
		uint32_t state, exit_state;
		char letter;
	} cases[] = {
		{ 0, 0, 'R' }, { 1, 0, 'S' }, { 2, 0, 'D' }, { 4, 0, 'T' }, { 8, 0, 't' },
		{ 0x80, 0x10, 'X' }, { 0x80, 0x20, 'Z' }, { 0x40, 0, 'P' }, { 0x402, 0, 'I' },
		{ 0x1000, 0, 'D' }, { 0x8000, 0, 'D' }, { 0x102, 0, 'D' }, { 0x2001, 0, 'S' },
		{ 0x800, 0, 'R' },
	};
	struct testmachine m = tm_new(1);
	const struct tasks *ts;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t t = tm_task(&m, 100 + (int)i, "t");

		tm_set(&m, t, TM_STATE, cases[i].state, 4);
		tm_set(&m, t, TM_EXIT_STATE, cases[i].exit_state, 4);
	}
	ts = get(tm_open(&m));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (task_by_pid(ts, 100 + (int)i)->state != cases[i].letter)
			fail_msg("state %#x, exit %#x: %c", cases[i].state, cases[i].exit_state,
				 task_by_pid(ts, 100 + (int)i)->state);
	done(&m);
}

static void test_lookup(void **state)
{
	struct testmachine m = tm_new(2);
	const struct tasks *ts;
	uint64_t init;

	(void)state;
	init = tm_task(&m, 1, "init");
	tm_set(&m, tm_task(&m, 2, "dead"), TM_STACK_PTR, 0, 8);
	ts = get(tm_open(&m));
	assert_int_equal(ts->stack_size, TM_STACK);
	assert_int_equal(task_by_addr(ts, init)->pid, 1);
	assert_null(task_by_addr(ts, init + 8));
	assert_null(task_by_addr(ts, 0));
	assert_int_equal(task_by_pid(ts, 0)->addr, m.idle[0]);
	assert_null(task_by_pid(ts, 99));
	assert_int_equal(task_by_stack(ts, tm_stack(2))->pid, 1);
	assert_int_equal(task_by_stack(ts, tm_stack(2) + TM_STACK - 1)->pid, 1);
	assert_null(task_by_stack(ts, tm_stack(3)));
	assert_null(task_by_stack(ts, tm_stack(0) - 1));
	assert_null(task_by_stack(ts, 8));
	assert_null(task_by_stack(ts, UINT64_MAX));
	done(&m);
}

static void test_many(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;

	(void)state;
	for (int i = 1; i <= 3000; i++)
		tm_task(&m, i, "many");
	ts = get(tm_open(&m));
	assert_int_equal(ts->n, 3001);
	assert_int_equal(task_by_stack(ts, tm_stack(2777) + 8)->pid, 2777);
	done(&m);
}

/* ---- the size of a stack ---- */

static void forget(struct cairn *c, const char *name)
{
	for (size_t i = 0; i < c->known.n; i++)
		if (!strcmp(c->known.entry[i].name, name))
			c->known.entry[i].name = "forgotten";
}

/* Where no symbol tells, the least alignment of many stacks does. */
static void test_stack_size_by_alignment(void **state)
{
	struct testmachine m = tm_new(1);
	struct cairn *c;

	(void)state;
	for (int i = 1; i < 30; i++)
		tm_task(&m, i, "task");
	c = tm_open(&m);
	forget(c, "__end_init_stack");
	assert_int_equal(get(c)->stack_size, TM_STACK);
	done(&m);
	m = tm_new(1); /* too few to tell */
	tm_task(&m, 1, "task");
	c = tm_open(&m);
	forget(c, "__end_init_stack");
	assert_int_equal(get(c)->stack_size, 0);
	done(&m);
	m = tm_new(1); /* a type that no stack is as large as */
	tk_struct(m.k, "irq_stack", 0x5000, (const struct tk_member[]){ { 0 } });
	c = tm_open(&m);
	forget(c, "__end_init_stack");
	assert_int_equal(get(c)->stack_size, 0);
	done(&m);
}

/* Or the vmalloc area that a stack lies in, which has a guard page. */
static void test_stack_size_by_area(void **state)
{
	struct testkern *k = tk_new();
	const struct tasks *ts;

	(void)state;
	tk_symbol(k, "init_task", TK_BASE);
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "vm_struct", 64, (const struct tk_member[]){
		{ "size", 16, 8, 0, NULL }, { 0 } });
	tk_struct(k, "task_struct", 0x1000, (const struct tk_member[]){
		{ "tasks", 0, 0, 0, "list_head" }, { "pid", 16, 4, 0, NULL },
		{ "stack", 24, 8, 0, NULL }, { "stack_vm_area", 32, 8, 0, NULL },
		{ "comm", 40, 1, 16, NULL }, { 0 } });
	tk_put(k, TK_BASE, TK_BASE, 8);
	tk_put(k, TK_BASE + 8, TK_BASE, 8);
	tk_put(k, TK_BASE + 32, TK_BASE + 0x800, 8);
	tk_put(k, TK_BASE + 0x810, 0x8000 + 0x1000, 8);
	ts = get(tk_open(k, 8));
	assert_int_equal(ts->stack_size, 0x8000);
	tasks_free(&k->c);
	tk_free(k);
}

/* ---- who runs ---- */

/* Amid a context switch the kernel says that two run; the stack pointer says which does. */
static void test_running(void **state)
{
	struct testmachine m = tm_new(2);
	const struct tasks *ts;
	uint64_t from, to;
	struct cairn *c;

	(void)state;
	from = tm_task(&m, 1, "from");
	to = tm_task(&m, 2, "to");
	tm_run(&m, 0, from);
	tm_run(&m, 0, to);
	tm_note(&m, tm_stack(2) + 0x2000, TM_AREA(0)); /* still on the old stack */
	tm_note(&m, 0xdead0000, TM_AREA(1));           /* on no stack: current it is */
	c = tm_open(&m);
	ts = get(c);
	assert_true(task_by_addr(ts, from)->on_cpu);
	assert_int_equal(task_by_addr(ts, from)->cpu, 0);
	assert_false(task_by_addr(ts, to)->on_cpu);
	assert_true(task_by_addr(ts, m.idle[1])->on_cpu);
	assert_false(task_by_addr(ts, m.idle[0])->on_cpu);
	assert_int_equal(task_on_cpu(c, ts, 0)->addr, from);
	assert_int_equal(task_on_cpu(c, ts, 1)->addr, m.idle[1]);
	assert_null(task_on_cpu(c, ts, 2));
	done(&m);
}

/* ---- damage ---- */

static void test_broken_link(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;
	uint64_t b;
	struct cairn *c;

	(void)state;
	tm_task(&m, 1, "a");
	b = tm_task(&m, 2, "b");
	tm_task(&m, 3, "lost");
	tm_task(&m, 4, "d");
	tm_task(&m, 5, "e");
	tm_set(&m, b, TM_TASKS, 0xbad000000, 8); /* unmapped */
	c = tm_open(&m);
	ts = get(c);
	assert_true(ts->partial);
	assert_string_equal(names(ts), "swapper/0 a b e d lost"); /* from the other end */
	assert_int_equal(ts->err.code, CAIRN_FAULT);
	assert_string_equal(cairn_degraded(c, 0)->what, "task list");
	done(&m);
}

/* A task_struct whose link this dump lacks keeps its place among the others. */
static void test_lost_task(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;
	uint64_t a;

	(void)state;
	a = tm_task(&m, 1, "a");
	tm_task(&m, 2, "b");
	tm_task(&m, 3, "c");
	tm_set(&m, a, TM_TASKS, TK_HOLE + TM_TASKS, 8);
	ts = get(tm_open(&m));
	assert_true(ts->partial);
	assert_string_equal(names(ts), "swapper/0 a ! c b");
	assert_int_equal(ts->task[2].addr, TK_HOLE);
	assert_int_equal(ts->task[2].fault->fault, CAIRN_FAULT_ABSENT);
	done(&m);
}

static bool third_time(void)
{
	static int calls;

	return ++calls >= 3;
}

/* A walk that the user ended leaves nothing behind that would pass for the list. */
static void test_interrupted(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;
	struct cairn_err err;
	struct cairn *c;

	(void)state;
	tm_task(&m, 1, "a");
	tm_task(&m, 2, "b");
	tm_task(&m, 3, "c");
	c = tm_open(&m);
	c->stop = third_time;
	assert_int_equal(tasks_get(c, &ts, &err), CAIRN_INTERRUPTED);
	c->stop = NULL;
	assert_string_equal(names(get(c)), "swapper/0 a b c");
	assert_false(get(c)->partial);
	assert_null(cairn_degraded(c, 0));
	done(&m);
}

static void test_cycle(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;
	uint64_t a, b;

	(void)state;
	a = tm_task(&m, 1, "a");
	b = tm_task(&m, 2, "b");
	tm_task(&m, 3, "c");
	tm_set(&m, b, TM_TASKS, a + TM_TASKS, 8);
	ts = get(tm_open(&m));
	assert_true(ts->partial);
	assert_string_equal(names(ts), "swapper/0 a b c");
	done(&m);
}

/* The list is in order, but a task_struct reaches into a page that the dump lacks. */
static void test_unreadable_task(void **state)
{
	struct testmachine m = tm_new(1);
	const uint64_t torn = TK_HOLE - TM_TASKS - 16;
	const struct tasks *ts;

	(void)state;
	tm_task(&m, 1, "a");
	tm_link(&m, m.idle[0] + TM_TASKS, torn + TM_TASKS);
	tm_task(&m, 2, "b");
	ts = get(tm_open(&m));
	assert_string_equal(names(ts), "swapper/0 a ! b");
	assert_int_equal(ts->task[2].addr, torn);
	assert_int_equal(ts->task[2].fault->fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(ts->task[2].cpu, -1);
	assert_int_equal(ts->task[2].state, '?');
	assert_null(task_by_pid(ts, ts->task[2].pid + 100));
	assert_false(ts->partial);
	done(&m);
}

/* The threads of one process run into those of another: nothing is listed twice, nobody is
 * lost. */
static void test_threads_that_run_astray(void **state)
{
	struct testmachine m = tm_new(1);
	uint64_t a, stray, b;
	const struct tasks *ts;

	(void)state;
	a = tm_task(&m, 1, "a");
	stray = tm_thread(&m, a, 11, "a1");
	b = tm_task(&m, 2, "b");
	tm_thread(&m, b, 21, "b1");
	tm_task(&m, 3, "c");
	tm_set(&m, stray, TM_THREAD_NODE, b + TM_THREAD_NODE, 8);
	tm_set(&m, b, TM_THREAD_NODE + 8, stray + TM_THREAD_NODE, 8);
	ts = get(tm_open(&m));
	assert_true(ts->partial);
	assert_string_equal(names(ts), "swapper/0 a a1 b b1 c");
	assert_non_null(strstr(ts->err.text, "is none"));
	done(&m);
}

/* A process that is its own neighbour's thread, and a signal pointer to nowhere. */
static void test_bad_signal(void **state)
{
	struct testmachine m = tm_new(1);
	const struct tasks *ts;

	(void)state;
	tm_set(&m, tm_task(&m, 1, "a"), TM_SIGNAL, 0xbad000000, 8);
	tm_set(&m, tm_task(&m, 2, "b"), TM_SIGNAL, 0, 8);
	tm_task(&m, 3, "c");
	ts = get(tm_open(&m));
	assert_string_equal(names(ts), "swapper/0 a b c");
	assert_true(ts->partial);
	done(&m);
}

static void test_idle_tasks_by_runqueue(void **state)
{
	struct testmachine m = tm_new(3);
	const struct tasks *ts;

	(void)state;
	tk_put(m.k, TM_AREA(1) + TM_RQ + 8, m.idle[0], 8); /* another's */
	tk_put(m.k, TM_AREA(2) + TM_RQ + 8, 0xbad000000, 8);
	ts = get(tm_open(&m));
	assert_string_equal(names(ts), "swapper/0 !");
	assert_true(ts->task[0].idle);
	assert_true(ts->task[1].idle);
	done(&m);
}

/* ---- what a kernel may lack ---- */

/* ARM, up to 5.15: no thread_info and no stack pointer in task_struct. */
static void test_thread_info_on_stack(void **state)
{
	struct testmachine m = tm_new(1);
	uint64_t waits = tm_task(&m, 1, "waits"), stack = tm_alloc(&m, 0x40);
	struct tk_type *task = &m.k->type[m.k->ntypes - 1];
	const struct tasks *ts;

	(void)state;
	for (uint32_t i = 0; i < task->type.nmembers; i++)
		if (!strcmp(task->member[i].name, "thread"))
			task->member[i].name = "other";
	tk_struct(m.k, "cpu_context_save", 0x10, (const struct tk_member[]){
		{ "sp", 8, 8, 0, NULL }, { 0 } });
	tk_struct(m.k, "thread_info", 0x40, (const struct tk_member[]){
		{ "cpu", 4, 4, 0, NULL }, { "cpu_context", 0x10, 0, 0, "cpu_context_save" }, { 0 } });
	tm_set(&m, waits, TM_STACK_PTR, stack, 8);
	tk_put(m.k, stack + 4, 7, 4);
	tk_put(m.k, stack + 0x18, 0x1234, 8);
	ts = get(tm_open(&m));
	assert_int_equal(task_by_pid(ts, 1)->sp, 0x1234);
	assert_int_equal(task_by_pid(ts, 1)->cpu, 7);
	assert_int_equal(task_by_pid(ts, 0)->sp, 0); /* its stack cannot be read */
	done(&m);
}

static void test_missing(void **state)
{
	struct testkern *k = tk_new();
	const struct tasks *ts;
	struct cairn_err err;

	(void)state;
	assert_int_equal(tasks_get(tk_open(k, 8), &ts, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "task_struct"));
	tk_free(k);
	k = tk_new();
	tk_struct(k, "task_struct", 0x100, (const struct tk_member[]){
		{ "pid", 0, 4, 0, NULL }, { "comm", 8, 1, 16, NULL }, { "stack", 24, 8, 0, NULL },
		{ "tasks", 32, 0, 0, "list_head" }, { 0 } });
	assert_int_equal(tasks_get(tk_open(k, 8), &ts, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "init_task"));
	tk_free(k);
	k = tk_new();
	tk_symbol(k, "init_task", TK_BASE);
	assert_int_equal(tasks_get(tk_open(k, 8), &ts, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "task_struct"));
	tk_free(k);
	k = tk_new();
	tk_symbol(k, "init_task", TK_BASE);
	tk_struct(k, "task_struct", 0x100, (const struct tk_member[]){
		{ "pid", 0, 4, 0, NULL }, { "comm", 8, 1, 16, NULL }, { 0 } });
	assert_int_equal(tasks_get(tk_open(k, 8), &ts, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "tasks"));
	tk_free(k);
}

/* Types that say comm has four bytes, at the end of all that is read. */
static void test_short_comm(void **state)
{
	struct testkern *k = tk_new();
	const struct tasks *ts;

	(void)state;
	tk_symbol(k, "init_task", TK_BASE);
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "task_struct", 0x1000, (const struct tk_member[]){
		{ "tasks", 0, 0, 0, "list_head" }, { "pid", 16, 4, 0, NULL },
		{ "stack", 24, 8, 0, NULL }, { "comm", 2000, 1, 4, NULL }, { 0 } });
	tk_put(k, TK_BASE, TK_BASE, 8);
	tk_put(k, TK_BASE + 8, TK_BASE, 8);
	tk_write(k, TK_BASE + 2000, "initmore", 8);
	ts = get(tk_open(k, 8));
	assert_string_equal(names(ts), "init");
	assert_int_equal(ts->task[0].cpu, -1);
	assert_int_equal(ts->stack_size, 0);
	assert_null(task_by_stack(ts, 0));
	tasks_free(&k->c);
	tk_free(k);
}

static void test_out_of_memory(void **state)
{
	bool whole = false;

	(void)state;
	for (long n = 0; !whole; n++) {
		struct testmachine m = tm_new(2);
		const struct tasks *ts;
		struct cairn *c;

		assert_true(n < 400);
		for (int i = 1; i < 300; i++)
			tm_task(&m, i, "task");
		c = tm_open(&m);
		mem_fail_after(n);
		whole = tasks_get(c, &ts, NULL) == CAIRN_OK && !ts->partial;
		mem_fail_after(-1);
		assert_true(!whole || ts->n >= 300);
		done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_stack_size_by_alignment),
		cmocka_unit_test(test_stack_size_by_area),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_broken_link),
		cmocka_unit_test(test_lost_task),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_unreadable_task),
		cmocka_unit_test(test_threads_that_run_astray),
		cmocka_unit_test(test_bad_signal),
		cmocka_unit_test(test_idle_tasks_by_runqueue),
		cmocka_unit_test(test_thread_info_on_stack), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_short_comm),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
