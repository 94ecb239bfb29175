/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/testwait.h"

#define STATE_S 1
#define STATE_D 2
#define STATE_T 4

static struct testwait w;
static struct arena arena;

enum owner { NOBODY, A_TASK, NO_TASK };

/* An address space held so, by a task that sleeps in `function`; its stack is made up, and what its
 * functions call is not told. */
static uint64_t build(const char *function, uint64_t count, enum owner owner, unsigned state,
		      unsigned seq)
{
	uint64_t task, mm;

	w = tw_new(TW_HEADS);
	TW_STRUCT(w.m.k, "seqcount", 4, TW_INT("sequence", 0));
	TW_STRUCT(w.m.k, "mm_struct", 128, TW_IN("mmap_lock", 8, "rw_semaphore"),
		  TW_IN("mm_lock_seq", 72, "seqcount"));
	task = tw_task(&w, 3, "holds", function);
	mm = tm_alloc(&w.m, 128);
	tm_set(&w.m, task, TM_STATE, state, 4);
	tm_set(&w.m, task, TM_MM, mm, 8);
	tw_word(&w, mm + 8 + TW_RWSEM_COUNT, count);
	tw_word(&w, mm + 8 + TW_RWSEM_OWNER,
		owner == A_TASK ? task : owner == NO_TASK ? mm : 0);
	tw_word(&w, mm + 72, seq);
	return task;
}

static struct findings look(void)
{
	return tw_findings(&w, "mm.lock.leaked", &arena);
}

static struct findings check_in(const char *function, uint64_t count, enum owner owner,
				unsigned state, unsigned seq)
{
	build(function, count, owner, state, seq);
	return look();
}

static struct findings check(uint64_t count, enum owner owner, unsigned state, unsigned seq)
{
	return check_in("sleeps", count, owner, state, seq);
}

static void expect(struct findings f, enum cairn_grade grade, const char *words)
{
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "mm.lock.leaked");
	assert_int_equal(f.said[0].f.grade, grade);
	if (strstr(f.said[0].f.message, "for reading"))
		assert_null(f.said[0].f.expected);
	else
		assert_string_equal(f.said[0].f.expected, "0x0");
	assert_non_null(strstr(f.said[0].f.message, words));
	tw_done(&w, &arena);
}

static void expect_none(struct findings f)
{
	assert_int_equal(f.n, 0);
	tw_done(&w, &arena);
}

static void test_nobody(void **state)
{
	(void)state;
	expect(check(1, NOBODY, STATE_S, 1), CAIRN_SUSPICIOUS, "no task says");
	expect(check(1, NOBODY, STATE_S, 2), CAIRN_CERTAIN, "is even");
	expect(check(1, NO_TASK, STATE_S, 1), CAIRN_SUSPICIOUS, "names is no task");
}

static void test_owner(void **state)
{
	(void)state;
	expect(check_in("pipe_read", 1, A_TASK, STATE_S, 1), CAIRN_SUSPICIOUS,
	       "PID 3 (holds), waits for events (pipe)");
	/* as a driver's mmap() may */
	expect_none(check(1, A_TASK, STATE_S, 1));
	expect_none(check_in("__mutex_lock", 1, A_TASK, STATE_S, 1));
	expect_none(check_in("msleep", 1, A_TASK, STATE_S, 1));
	expect(check(1, A_TASK, STATE_T, 1), CAIRN_SUSPICIOUS, "PID 3 (holds), is stopped");
	expect_none(check(1, A_TASK, STATE_D, 1));
	expect_none(check(0, A_TASK, STATE_S, 0));
}

/* The owner is on the CPU, whose registers have nothing but that code segment. */
static void run_in(const char *function, unsigned cs)
{
	const struct arch *a = arch_by_id(ARCH_X86_64);
	unsigned char prstatus[336] = { 0 };
	uint64_t owner = build(function, 1, A_TASK, 0, 1);

	tm_run(&w.m, 0, owner);
	prstatus[a->prstatus_regs + 8 * a->cs] = (unsigned char)cs;
	testmem_note(&w.m.k->mem, "CORE", 1, prstatus, sizeof(prstatus));
}

/* On a CPU, where a function of the kernel may be at work on it, or in user mode, where none is. */
static void test_running(void **state)
{
	(void)state;
	run_in("sleeps", 0x10);
	expect_none(look());
	run_in("pipe_read", 0x10);
	expect_none(look());
	run_in("sleeps", 0x33);
	expect(look(), CAIRN_CERTAIN, "PID 3 (holds), is in user mode");
}

/* Readers: of all tasks none may be one, one may, and there are two. */
static void test_readers(void **state)
{
	(void)state;
	expect(check_in("pipe_read", 0x100, A_TASK, STATE_S, 1), CAIRN_SUSPICIOUS,
	       "1 readers, and of all tasks 0 have");
	expect(check_in("pipe_read", 0x100, NOBODY, STATE_S, 1), CAIRN_SUSPICIOUS, "held for reading");
	expect(check(0x100, A_TASK, STATE_T, 1), CAIRN_SUSPICIOUS, "PID 3 (holds)");
	/* as a page fault may */
	expect_none(check(0x100, A_TASK, STATE_S, 1));
	expect_none(check(0x100, A_TASK, STATE_D, 1));
	expect_none(check_in("down_read", 0x100, A_TASK, STATE_D, 1));
	/* there are not as many tasks: another checker's */
	expect_none(check_in("pipe_read", 0x4000, A_TASK, STATE_S, 1));
}

/* All of its stack is known: there is none any more, the task is dead. */
static void test_whole(void **state)
{
	(void)state;
	for (unsigned seq = 1; seq < 3; seq++) {
		uint64_t owner = build("sleeps", 1, A_TASK, STATE_D, seq);

		tm_set(&w.m, owner, TM_STACK_PTR, 0, 8);
		expect(look(), seq & 1 ? CAIRN_SUSPICIOUS : CAIRN_CERTAIN,
		       "PID 3 (holds), has no function on its stack");
	}
}

/* It is taking it, or giving it back. */
static void test_taker(void **state)
{
	(void)state;
	expect_none(check_in("rwsem_down_write_slowpath", 1, A_TASK, STATE_S, 1));
	expect_none(check_in("up_write", 1, A_TASK, STATE_S, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody), cmocka_unit_test(test_owner),
		cmocka_unit_test(test_running), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_taker), cmocka_unit_test(test_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
