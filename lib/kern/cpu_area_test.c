/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/cpu_area.h"
#include "lib/kern/testkern.h"

/* struct task_struct */
enum { CPU = 0x00, PID = 0x04, TASKS = 0x08, CFS_RQ = 0x20, TASK_SIZE = 0x40 };
/* struct rq, 0x40 bytes into the area */
enum { RQ = 0x40, RQ_CPU = 0x00, RQ_ONLINE = 0x04, RQ_IDLE = 0x08, RQ_SIZE = 0x10 };

#define AREA(cpu) (TK_BASE + 0x1000 * (1 + (uint64_t)(cpu)))
#define TASK(n)   (TK_BASE + 0x8000 + 0x100 * (uint64_t)(n))
#define CFS(n)    (TK_BASE + 0xc000 + 0x10 * (uint64_t)(n))
#define IDLE(cpu) TASK(0x20 + (cpu))

static void put_task(struct testkern *k, uint64_t task, unsigned cpu, unsigned pid)
{
	tk_put(k, task + CPU, cpu, 4);
	tk_put(k, task + PID, pid, 4);
}

static void put_runqueue(struct testkern *k, unsigned cpu)
{
	uint64_t rq = AREA(cpu) + RQ;

	put_task(k, IDLE(cpu), cpu, 0);
	tk_put(k, rq + RQ_CPU, cpu, 4);
	tk_put(k, rq + RQ_ONLINE, 1, 4);
	tk_put(k, rq + RQ_IDLE, IDLE(cpu), 8);
	tk_put(k, CFS(cpu), rq, 8);
}

/* Three CPUs; init_task on CPU 0 is TASK(0), and the n-th task on its list is TASK(n). CPU 2
 * comes first on the list. */
static struct testkern *make(void)
{
	static const unsigned cpus[] = { 2, 0, 0, 1, 1 };
	struct testkern *k = tk_new();
	unsigned n = sizeof(cpus) / sizeof(cpus[0]);

	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "sched_entity", 8, (const struct tk_member[]){
		{ "cfs_rq", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "task_struct", TASK_SIZE, (const struct tk_member[]){
		{ "cpu", CPU, 4, 0, NULL }, { "pid", PID, 4, 0, NULL },
		{ "tasks", TASKS, 0, 0, "list_head" }, { "se", CFS_RQ, 0, 0, "sched_entity" },
		{ 0 } });
	tk_struct(k, "cfs_rq", 8, (const struct tk_member[]){ { "rq", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "rq", RQ_SIZE, (const struct tk_member[]){
		{ "cpu", RQ_CPU, 4, 0, NULL }, { "online", RQ_ONLINE, 4, 0, NULL },
		{ "idle", RQ_IDLE, 8, 0, NULL }, { 0 } });
	tk_symbol(k, "init_task", TASK(0));
	tk_percpu(k, "runqueues", RQ);
	tk_percpu(k, "a_variable", 0x88);
	for (unsigned i = 0; i < 3; i++)
		put_runqueue(k, i);
	for (unsigned i = 0; i <= n; i++) {
		if (i)
			put_task(k, TASK(i), cpus[i - 1], i);
		tk_put(k, TASK(i) + CFS_RQ, CFS(i ? cpus[i - 1] : 0), 8);
		tk_put(k, TASK(i) + TASKS, TASK(i == n ? 0 : i + 1) + TASKS, 8);
		tk_put(k, TASK(i) + TASKS + 8, TASK(i ? i - 1 : n) + TASKS, 8);
	}
	return k;
}

static void check(struct testkern *k, unsigned ids, size_t n)
{
	struct cpus cpus = { 0 };
	struct cairn *c = tk_open(k, 8);

	assert_int_equal(cpu_areas_find(c, &cpus, NULL), n ? CAIRN_OK : CAIRN_MISSING);
	assert_int_equal(cpus.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(ids & 1u << cpus.cpu[i].id);
		assert_int_equal(cpus.cpu[i].area, AREA(cpus.cpu[i].id));
		assert_true(!i || cpus.cpu[i].id > cpus.cpu[i - 1].id);
	}
	tk_free(k);
}

static void test_found(void **state)
{
	(void)state;
	check(make(), 7, 3);
}

static void test_offline(void **state)
{
	struct testkern *k = make();
	struct cpus cpus = { 0 };

	(void)state;
	tk_put(k, AREA(1) + RQ + RQ_ONLINE, 0, 4);
	assert_int_equal(cpu_areas_find(tk_open(k, 8), &cpus, NULL), CAIRN_OK);
	assert_true(cpus.cpu[0].online && !cpus.cpu[1].online && cpus.cpu[2].online);
	tk_free(k);
}

/* What does not prove itself is not taken. */
static void test_doubtful(void **state)
{
	struct testkern *k = make();

	(void)state;
	tk_put(k, AREA(0) + RQ + RQ_CPU, 1, 4); /* another CPU's */
	check(k, 6, 2);
	k = make();
	tk_put(k, AREA(1) + RQ + RQ_IDLE, IDLE(2), 8); /* whose idle task is elsewhere */
	check(k, 5, 2);
	k = make();
	tk_put(k, IDLE(2) + PID, 4, 4); /* is none */
	check(k, 3, 2);
	k = make();
	tk_put(k, AREA(2) + RQ + RQ_IDLE, TK_HOLE, 8); /* cannot be read */
	check(k, 3, 2);
	k = make();
	tk_put(k, CFS(2), 0x10, 8); /* below any area */
	check(k, 3, 2);
}

/* One task cannot tell; another of the same CPU can. */
static void test_second_task(void **state)
{
	struct testkern *k = make();

	(void)state;
	tk_put(k, TASK(4) + CFS_RQ, TK_HOLE, 8);
	tk_put(k, TASK(2) + CFS_RQ, 0, 8);
	check(k, 7, 3);
}

static void test_nothing(void **state)
{
	struct testkern *k = make();

	(void)state;
	k->percpu[0] = "other";
	check(k, 0, 0);
	k = make();
	for (unsigned i = 0; i < 3; i++)
		tk_put(k, CFS(i), 0, 8);
	check(k, 0, 0);
}

/* A list that never comes back ends all the same. */
static void test_cycle(void **state)
{
	struct testkern *k = make();

	(void)state;
	tk_put(k, TASK(3) + TASKS, TASK(2) + TASKS, 8);
	check(k, 7, 3); /* from the other end */
}

static void test_variable(void **state)
{
	struct testkern *k = make();
	struct cairn *c = tk_open(k, 8);
	struct cpus cpus = { 0 };
	struct cairn_err err = { .code = CAIRN_OK };
	uint64_t addr;

	(void)state;
	assert_int_equal(cpu_areas_find(c, &cpus, NULL), CAIRN_OK);
	assert_int_equal(percpu_symbol(c, &cpus.cpu[1], "a_variable", &addr, &err), CAIRN_OK);
	assert_int_equal(err.code, CAIRN_OK); /* nothing of the symbol that there is not */
	assert_int_equal(addr, AREA(1) + 0x88);
	assert_int_equal(percpu_symbol(c, &cpus.cpu[1], "nothing", &addr, &err), CAIRN_MISSING);
	assert_int_equal(err.code, CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),	    cmocka_unit_test(test_offline),
		cmocka_unit_test(test_doubtful),    cmocka_unit_test(test_second_task),
		cmocka_unit_test(test_nothing),	    cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
