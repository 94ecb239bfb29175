/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/wait_out.h"

static struct cairn c;
static struct task a, b;
static struct wait wait[2];
static struct waits waits;
static struct wait_graph graph;
static struct out o;

/* Two tasks; what they wait for is up to the test. */
static int setup(void **state)
{
	(void)state;
	c = (struct cairn){ .arch = arch_by_id(ARCH_X86_64) };
	syms_init(&c.syms, &c.arena);
	a = (struct task){ .addr = 0xa00, .pid = 1, .comm = "a\033", .state = 'D', .raw_state = 2,
			   .stack = 0x10000 };
	b = (struct task){ .addr = 0xb00, .pid = 2, .comm = "b", .state = 'S', .raw_state = 1,
			   .stack = 0x20000 };
	wait[0] = (struct wait){
		.task = &a, .kind = WAIT_MUTEX, .grade = CAIRN_CERTAIN, .function = "__mutex_lock",
		.caller = "f", .type = "struct mutex", .object = 0x100, .size = 32, .waiter = 0x10100,
		.nwaiters = 1, .bit = -1, .hold = LOCK_HELD, .owner = 0xb00, .owner_task = &b,
		.has_since = true, .since_ns = 1500000000,
	};
	wait[1] = wait[0];
	wait[1].task = &b;
	wait[1].object = 0x200;
	wait[1].owner = 0xa00;
	wait[1].owner_task = &a;
	waits = (struct waits){ .c = &c, .has_now = true, .now_ns = 4000000000 };
	graph = (struct wait_graph){ .wait = wait, .n = 2 };
	map_put(&graph.by_task, a.addr, 0);
	map_put(&graph.by_task, b.addr, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	out_deinit(&o);
	map_deinit(&graph.by_task);
	arena_deinit(&c.arena);
	return 0;
}

static const char *show(enum out_mode mode, const struct wait *w)
{
	const struct wait_out to = { &o, &waits, &graph };

	out_init(&o, mode, -1);
	wait_record(&to, w);
	return o.buf.buf;
}

static void test_cycle_text(void **state)
{
	(void)state;
	assert_string_equal(show(OUT_TEXT, &wait[0]),
		"      1 a\\x1b              D     2.500  mutex 0x100  in __mutex_lock < f\n"
		"                                      held by b (2), which waits for mutex 0x200\n"
		"                                      held by a\\x1b (1), which waits for mutex 0x100\n"
		"                                      a deadlock: nobody of them can go on\n");
}

static void test_json(void **state)
{
	const char *s = show(OUT_JSON, &wait[0]);

	(void)state;
	assert_ptr_equal(strstr(s, "{\"schema\":\"cairn.wait/1\",\"pid\":1,\"comm\":\"a\\u001b\","), s);
	assert_non_null(strstr(s, "\"kind\":\"mutex\",\"grade\":\"certain\","));
	assert_non_null(strstr(s, "\"object\":\"0x100\",\"symbol\":null,"));
	assert_non_null(strstr(s, "\"hold\":\"held\",\"readers\":0,\"owner\":{\"pid\":2,\"comm\":\"b\","));
	assert_non_null(strstr(s, "\"since\":1.500000,\"waited\":2.500000,\"until\":null"));
	assert_non_null(strstr(s, "\"chain\":[{\"pid\":2,"));
	assert_non_null(strstr(s, "\"cycle\":true"));
}

static void test_no_owner(void **state)
{
	(void)state;
	wait[0].owner_task = NULL;
	wait[0].owner = 0xd00;
	assert_non_null(strstr(show(OUT_TEXT, &wait[0]), "held by 0xd00, which is no task\n"));
}

static void test_readers(void **state)
{
	(void)state;
	wait[0].hold = LOCK_READERS;
	wait[0].readers = 3;
	assert_non_null(strstr(show(OUT_TEXT, &wait[0]), "held by 3 readers\n"));
	assert_null(strstr(o.buf.buf, "deadlock"));
}

static void test_running_owner(void **state)
{
	(void)state;
	graph.n = 1;
	map_deinit(&graph.by_task);
	map_put(&graph.by_task, a.addr, 0);
	b.on_cpu = true;
	b.cpu = 3;
	assert_non_null(strstr(show(OUT_TEXT, &wait[0]), "held by b (2), which runs on CPU 3\n"));
}

static void test_not_found(void **state)
{
	struct wait w = { .task = &a, .kind = WAIT_MUTEX, .grade = CAIRN_SUSPICIOUS, .bit = -1 };

	(void)state;
	assert_non_null(strstr(show(OUT_TEXT, &w), "        -  mutex (not found which)\n"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_cycle_text), T(test_json), T(test_no_owner), T(test_readers),
		T(test_running_owner), T(test_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
