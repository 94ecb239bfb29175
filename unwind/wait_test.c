/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/testwait.h"
#include "unwind/wait_graph.h"
#include "unwind/wait_text.h"

#define SLOWPATH "__mutex_lock.constprop.0"

static struct testwait w;
static struct arena arena;
static struct waits waits;
static struct unwinder unwinder;
static struct wait_graph graph;

/* What was built so far is the dump; find every task's wait. */
static void look(void)
{
	const struct tasks *ts;

	tw_open(&w);
	assert_int_equal(tasks_get(w.c, &ts, NULL), CAIRN_OK);
	assert_int_equal(unwinder_init(&unwinder, w.c, &arena, NULL), CAIRN_OK);
	assert_int_equal(waits_init(&waits, w.c, &unwinder, ts, NULL), CAIRN_OK);
	assert_int_equal(wait_graph_make(&graph, &waits, &arena, NULL, NULL, NULL), CAIRN_OK);
}

static const struct wait *of(uint64_t task)
{
	const struct wait *p = wait_graph_of(&graph, task);

	assert_non_null(p);
	return p;
}

static void end(void)
{
	wait_graph_deinit(&graph);
	waits_deinit(&waits);
	unwinder_deinit(&unwinder);
	tw_done(&w, &arena);
}

static void expect_found(uint64_t task, enum wait_kind kind, uint64_t object)
{
	const struct wait *p = of(task);

	assert_int_equal(p->kind, kind);
	assert_int_equal(p->grade, CAIRN_CERTAIN);
	assert_int_equal(p->object, object);
}

static void expect_unproved(uint64_t task, enum wait_kind kind)
{
	const struct wait *p = of(task);

	assert_int_equal(p->kind, kind);
	assert_int_equal(p->grade, CAIRN_SUSPICIOUS);
	assert_int_equal(p->object, 0);
	assert_int_equal(p->owner, 0);
	assert_int_equal(p->hold, LOCK_UNTOLD);
}

/* ---- mutexes ---- */

static void mutexes(enum tw_locks locks)
{
	uint64_t owner, a, b, lock;

	w = tw_new(locks);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", SLOWPATH);
	b = tw_task(&w, 7, "b", SLOWPATH);
	lock = tw_mutex(&w, owner | 1);
	tw_wait_mutex(&w, a, lock);
	tw_wait_mutex(&w, b, lock);
	look();
	expect_found(a, WAIT_MUTEX, lock);
	expect_found(b, WAIT_MUTEX, lock);
	assert_int_equal(of(a)->owner, owner);
	assert_int_equal(of(a)->owner_task->pid, 5);
	assert_int_equal(of(a)->hold, LOCK_HELD);
	assert_int_equal(of(b)->nwaiters, 2);
	assert_int_equal(of(b)->waiter, tw_waiter(&w, b));
	assert_int_equal(of(b)->owner_at, lock + TW_MUTEX_OWNER);
	assert_string_equal(of(b)->function, SLOWPATH);
	assert_int_equal(of(owner)->kind, WAIT_IDLE);
	end();
}

static void test_mutex(void **state)
{
	(void)state;
	mutexes(TW_HEADS);
	mutexes(TW_FIRST_WAITER);
}

/* The lock's address lies on the stack only. */
static void test_mutex_by_stack(void **state)
{
	uint64_t owner, a, lock, other;

	(void)state;
	w = tw_new(TW_FIRST_WAITER);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, owner);
	other = tw_mutex(&w, owner);
	tw_wait_mutex(&w, a, lock);
	tm_set(&w.m, a, TW_BLOCKED_ON, other, 8);
	tw_word(&w, tw_waiter(&w, a) + 0x40, other);
	tw_word(&w, tw_waiter(&w, a) + 0x48, lock);
	look();
	expect_found(a, WAIT_MUTEX, lock);
	end();
}

/* Nothing points to the waiter: it may be left from an earlier wait. */
static void test_mutex_stale_alone(void **state)
{
	uint64_t a, lock;

	(void)state;
	w = tw_new(TW_FIRST_WAITER);
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, a);
	tw_wait_mutex(&w, a, lock);
	tw_word(&w, lock + TW_MUTEX_LIST, 0);
	look();
	expect_unproved(a, WAIT_MUTEX);
	end();
}

static void stale(unsigned offset, uint64_t value)
{
	uint64_t owner, a, lock;

	w = tw_new(TW_HEADS);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, owner);
	tw_wait_mutex(&w, a, lock);
	tw_word(&w, lock + TW_MUTEX_LIST + offset, value ? value : lock + TW_MUTEX_LIST);
	look();
	expect_unproved(a, WAIT_MUTEX);
	end();
}

/* The list does not lead back, this way or that, or to what is not in the dump. */
static void test_mutex_unlinked(void **state)
{
	(void)state;
	stale(0, 0);
	stale(8, 0);
	stale(0, TK_HOLE);
	stale(8, 1);
}

/* A stale waiter lies nearer than the one that is linked. */
static void second(enum tw_locks locks)
{
	uint64_t owner, a, lock, at;

	w = tw_new(locks);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, owner);
	tw_wait_mutex(&w, a, lock);
	at = tw_waiter(&w, a) - TW_MW_SIZE;
	tw_word(&w, at + TW_MW_TASK, a);
	if (locks == TW_HEADS) {
		tw_word(&w, at + TW_MW_LIST, lock + TW_MUTEX_LIST);
		tw_word(&w, at + TW_MW_LIST + 8, lock + TW_MUTEX_LIST);
	} else {
		tw_list(&w, at + TW_MW_LIST);
	}
	look();
	expect_found(a, WAIT_MUTEX, lock);
	assert_int_equal(of(a)->waiter, tw_waiter(&w, a));
	end();
}

static void test_mutex_second(void **state)
{
	(void)state;
	second(TW_HEADS);
	second(TW_FIRST_WAITER);
}

/* Behind the list's head lies what a waiter would have there: struct { lock; task; } */
static void test_head_like_waiter(void **state)
{
	uint64_t owner, a, lock;

	(void)state;
	w = tw_new(TW_HEADS);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, owner);
	tw_word(&w, lock + TW_MUTEX_LIST - TW_MW_LIST + TW_MW_TASK, owner);
	tw_wait_mutex(&w, a, lock);
	look();
	expect_found(a, WAIT_MUTEX, lock);
	end();
}

/* MUTEX_FLAG_PICKUP: the waiter itself is the owner to be. */
static void test_mutex_passed(void **state)
{
	uint64_t a, lock;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, 0);
	tw_word(&w, lock + TW_MUTEX_OWNER, a | 5);
	tw_wait_mutex(&w, a, lock);
	look();
	expect_found(a, WAIT_MUTEX, lock);
	assert_int_equal(of(a)->hold, LOCK_PASSED);
	assert_int_equal(of(a)->owner, a);
	assert_null(wait_graph_next(&graph, of(a)));
	end();
}

/* Two nodes that are no waiters: which is the head? */
static void test_two_heads(void **state)
{
	uint64_t a, lock, node;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", SLOWPATH);
	lock = tw_mutex(&w, 0);
	tw_wait_mutex(&w, a, lock);
	node = tm_alloc(&w.m, 64) + 32;
	tm_link(&w.m, lock + TW_MUTEX_LIST, node);
	look();
	expect_unproved(a, WAIT_MUTEX);
	end();
}

/* ---- the others ---- */

static void rwsem(uint64_t count, uint64_t flags, enum lock_hold hold, uint64_t readers)
{
	uint64_t owner, a, lock;

	w = tw_new(TW_HEADS);
	owner = tw_task(&w, 5, "owner", "worker_thread");
	a = tw_task(&w, 6, "a", "rwsem_down_write_slowpath");
	lock = tw_rwsem(&w, count, owner | flags);
	tw_wait_lock(&w, a, lock + TW_RWSEM_LIST);
	look();
	expect_found(a, WAIT_RWSEM, lock);
	assert_int_equal(of(a)->hold, hold);
	assert_int_equal(of(a)->readers, readers);
	assert_int_equal(of(a)->owner, owner);
	assert_int_equal(of(a)->access, WAIT_ACCESS_WRITE);
	end();
}

static void test_rwsem(void **state)
{
	(void)state;
	rwsem(0x3, 0, LOCK_HELD, 0);         /* a writer, and waiters */
	rwsem(0x302, 1, LOCK_READERS, 3);
	rwsem(0x2, 1, LOCK_FREE, 0);
	rwsem(UINT64_C(1) << 63 | 0x102, 1, LOCK_READERS, 1);
	rwsem(0x3, 1, LOCK_UNTOLD, 0);       /* the writer has not signed yet */
}

static void test_completion(void **state)
{
	uint64_t a, done;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "__wait_for_common");
	done = tm_alloc(&w.m, 32);
	tw_list(&w, done + TW_DONE_LIST);
	tw_word(&w, tw_waiter(&w, a) + TW_SWAIT_TASK, a);
	tm_link(&w.m, done + TW_DONE_LIST, tw_waiter(&w, a) + TW_SWAIT_LIST);
	look();
	expect_found(a, WAIT_COMPLETION, done);
	end();
}

/* It would reach over the end of the stack. */
static void test_straddling(void **state)
{
	uint64_t a, head;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "driver_read");
	head = tm_alloc(&w.m, 24);
	tw_list(&w, head + TW_HEAD_LIST);
	tw_wait_queue(&w, a, tw_stack(&w, a) + TM_STACK - 8 - TW_WQ_PRIVATE, head + TW_HEAD_LIST);
	look();
	expect_unproved(a, WAIT_UNKNOWN);
	end();
}

/* No name tells it, and entries of other kinds are on the same queue. */
static void test_queue(void **state)
{
	uint64_t a, b, head, elsewhere;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "driver_read");
	b = tw_task(&w, 7, "b", "driver_ioctl");
	head = tm_alloc(&w.m, 24);
	elsewhere = tm_alloc(&w.m, 40);
	tw_list(&w, head + TW_HEAD_LIST);
	tw_wait_queue(&w, 0x1234, elsewhere, head + TW_HEAD_LIST);
	tw_wait_queue(&w, a, tw_waiter(&w, a), head + TW_HEAD_LIST);
	look();
	expect_found(a, WAIT_QUEUE, head);
	assert_int_equal(of(a)->nwaiters, 2);
	expect_unproved(b, WAIT_UNKNOWN);
	end();
}

static void test_page(void **state)
{
	uint64_t a, head, at;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "folio_wait_bit_common");
	head = tm_alloc(&w.m, 24);
	tw_list(&w, head + TW_HEAD_LIST);
	at = tw_waiter(&w, a);
	tw_word(&w, at + TW_PAGE_PAGE, 0xffffea0000001000);
	tw_word(&w, at + TW_PAGE_BIT, 15);
	tw_wait_queue(&w, a, at + TW_PAGE_WAIT, head + TW_HEAD_LIST);
	look();
	expect_found(a, WAIT_PAGE, 0xffffea0000001000);
	assert_int_equal(of(a)->bit, 15);
	assert_int_equal(of(a)->waiter, at);
	end();
}

static void test_futex(void **state)
{
	uint64_t a, b, chain;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "futex_wait_queue");
	b = tw_task(&w, 7, "b", "futex_wait_queue");
	chain = tm_alloc(&w.m, 16);
	tw_list(&w, chain);
	for (int i = 0; i < 2; i++) {
		uint64_t at = tw_waiter(&w, i ? b : a);

		tw_word(&w, at + TW_Q_TASK, i ? b : a);
		tw_word(&w, at + TW_Q_KEY, 0xabc000);
		tw_word(&w, at + TW_Q_KEY + 8, 0x7f0000001000);
		tk_put(w.m.k, at + TW_Q_KEY + 16, i ? 0x125 : 0x126, 4);
		tm_link(&w.m, chain, at + TW_Q_NODE);
	}
	look();
	expect_found(a, WAIT_FUTEX, 0x7f0000001124);
	assert_int_equal(of(a)->mm, 0xabc000);
	expect_found(b, WAIT_FUTEX, 0); /* FUT_OFF_INODE: its key is a place in a file */
	assert_string_equal(of(b)->type, "a file's memory");
	end();
}

/* A mutex's waiter with the task's address before it looks like a swait_queue, too: where no
 * function tells which it is, neither is claimed. */
static void test_ambiguous(void **state)
{
	uint64_t a, lock, s, done;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", SLOWPATH);
	s = tw_task(&w, 7, "s", "rcu_gp_fqs_loop");
	lock = tw_mutex(&w, 0);
	tw_wait_mutex(&w, a, lock);
	tw_word(&w, tw_waiter(&w, a) + TW_MW_LIST - 8, a);
	tw_word(&w, tw_stack(&w, a) + TW_SP + 48, 0);
	done = tm_alloc(&w.m, 24);
	tw_list(&w, done + 8);
	tw_word(&w, tw_waiter(&w, s) + TW_SWAIT_TASK, s);
	tm_link(&w.m, done + 8, tw_waiter(&w, s) + TW_SWAIT_LIST);
	look();
	expect_unproved(a, WAIT_UNKNOWN);
	expect_found(s, WAIT_QUEUE, done);
	end();
}

/* plist_del() leaves a node that points to itself. */
static void test_futex_woken(void **state)
{
	uint64_t a;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", "futex_wait_queue");
	tw_word(&w, tw_waiter(&w, a) + TW_Q_TASK, a);
	tw_list(&w, tw_waiter(&w, a) + TW_Q_NODE);
	look();
	expect_unproved(a, WAIT_FUTEX);
	end();
}

/* Who runs, is about to, or is dead does not wait. */
static void test_not_waiting(void **state)
{
	uint64_t a, b, c;

	(void)state;
	w = tw_new(TW_HEADS);
	a = tw_task(&w, 6, "a", SLOWPATH);
	b = tw_task(&w, 7, "b", SLOWPATH);
	c = tw_task(&w, 8, "c", SLOWPATH);
	tm_set(&w.m, a, TM_STATE, 0, 4);
	tm_set(&w.m, b, TM_STATE, 0x80, 4);
	tm_set(&w.m, b, TM_EXIT_STATE, 0x20, 4);
	tm_run(&w.m, 0, c);
	look();
	assert_null(wait_graph_of(&graph, a));
	assert_null(wait_graph_of(&graph, b));
	assert_null(wait_graph_of(&graph, c));
	assert_int_equal(graph.n, 0);
	end();
}

static void test_text(void **state)
{
	struct wait p = { .kind = WAIT_RWSEM, .access = WAIT_ACCESS_READ, .object = 0x40, .bit = -1 };
	struct cairn c = { .stop = NULL };
	struct str s;

	(void)state;
	str_init(&s);
	wait_text(&s, &c, &p);
	assert_string_equal(s.buf, "rwsem 0x40 to read");
	str_clear(&s);
	p = (struct wait){ .kind = WAIT_PAGE, .object = 0x80, .bit = 3 };
	wait_text(&s, &c, &p);
	assert_string_equal(s.buf, "page 0x80 bit 3");
	str_deinit(&s);
}

/* ---- the checker ---- */

/* n tasks in a circle, each with a lock that the one before wants; and one that hangs on it. */
static struct findings circle(unsigned n, const char *function, enum tw_locks locks)
{
	uint64_t task[8], lock[8], last;

	w = tw_new(locks);
	last = tw_task(&w, 3, "hangs", SLOWPATH);
	for (unsigned i = 0; i < n; i++) {
		task[i] = tw_task(&w, 20 - (int)i, "round", function);
		lock[i] = tw_mutex(&w, task[i]);
	}
	for (unsigned i = 0; i < n; i++)
		tw_wait_mutex(&w, task[i], lock[(i + 1) % n]);
	tw_wait_mutex(&w, last, lock[0]);
	return tw_findings(&w, "lock", &arena);
}

static void test_cycle(void **state)
{
	struct findings f;

	(void)state;
	for (unsigned n = 1; n <= 8; n++) {
		f = circle(n, SLOWPATH, n % 2 ? TW_HEADS : TW_FIRST_WAITER);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.said[0].f.id, "lock.cycle");
		assert_int_equal(f.said[0].f.grade, CAIRN_CERTAIN);
		assert_int_equal(f.said[0].f.severity, CAIRN_ERROR);
		assert_int_equal(f.said[0].f.nevidence, 2 * n);
		/* a frame that is guessed names no bug */
		assert_null(f.said[0].f.mark);
		tw_done(&w, &arena);
	}
	f = circle(2, SLOWPATH, TW_HEADS);
	assert_int_equal(strncmp(f.said[0].f.message, "2 tasks wait for each other: round (19) "
						      "waits for mutex 0x", 58), 0);
	assert_string_equal(f.said[0].f.found, "round (20)");
	tw_done(&w, &arena);
}

static void test_cycle_backs_off(void **state)
{
	struct findings f;

	(void)state;
	f = circle(3, "__ww_mutex_lock.constprop.0", TW_HEADS);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.said[0].f.grade, CAIRN_IN_FLIGHT);
	tw_done(&w, &arena);
}

/* A long queue at a lock that is in use, and a chain that ends: nothing is wrong. */
static void test_healthy(void **state)
{
	uint64_t lock, lock2, owner, p;
	struct findings f;

	(void)state;
	w = tw_new(TW_HEADS);
	owner = tw_task(&w, 4, "owner", "worker_thread");
	lock = tw_mutex(&w, owner | 1);
	p = tw_task(&w, 5, "first", SLOWPATH);
	lock2 = tw_mutex(&w, p | 3);
	tw_wait_mutex(&w, p, lock);
	for (int i = 0; i < 10; i++)
		tw_wait_mutex(&w, tw_task(&w, 30 + i, "next", SLOWPATH), i % 2 ? lock : lock2);
	p = tw_task(&w, 6, "passed", SLOWPATH);
	tw_wait_mutex(&w, p, tw_mutex(&w, p | 4));
	tw_wait_mutex(&w, tw_task(&w, 7, "free", SLOWPATH), tw_mutex(&w, 1));
	f = tw_findings(&w, "lock", &arena);
	assert_int_equal(f.n, 0);
	tw_done(&w, &arena);
}

static void test_owner_gone(void **state)
{
	uint64_t lock, dead;
	struct findings f;

	(void)state;
	w = tw_new(TW_HEADS);
	lock = tw_mutex(&w, 0x12340);
	tw_wait_mutex(&w, tw_task(&w, 5, "a", SLOWPATH), lock);
	tw_wait_mutex(&w, tw_task(&w, 6, "b", SLOWPATH), lock);
	dead = tw_task(&w, 7, "dead", "do_exit");
	tm_set(&w.m, dead, TM_STATE, 0x80, 4);
	tm_set(&w.m, dead, TM_EXIT_STATE, 0x20, 4);
	tw_wait_mutex(&w, tw_task(&w, 8, "c", SLOWPATH), tw_mutex(&w, dead));
	f = tw_findings(&w, "lock", &arena);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.said[0].f.id, "lock.owner.dead");
	assert_int_equal(f.said[0].f.object, lock);
	assert_string_equal(f.said[0].f.found, "0x12340, which is no task");
	assert_string_equal(f.said[1].f.found, "dead (7), which is dead");
	tw_done(&w, &arena);
}

/* The owner may be among the tasks that the broken list hides. */
static void test_owner_not_listed(void **state)
{
	struct findings f;

	(void)state;
	w = tw_new(TW_HEADS);
	tw_wait_mutex(&w, tw_task(&w, 5, "a", SLOWPATH), tw_mutex(&w, 0x12340));
	tw_word(&w, tw_task(&w, 6, "b", SLOWPATH) + TM_TASKS, TK_HOLE);
	f = tw_findings(&w, "lock", &arena);
	assert_int_equal(f.n, 0);
	assert_true(f.nunseen > 0);
	tw_done(&w, &arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutex),
		cmocka_unit_test(test_mutex_by_stack),
		cmocka_unit_test(test_mutex_stale_alone),
		cmocka_unit_test(test_mutex_unlinked),
		cmocka_unit_test(test_mutex_second),
		cmocka_unit_test(test_mutex_passed),
		cmocka_unit_test(test_two_heads),
		cmocka_unit_test(test_rwsem),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_futex),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_futex_woken),
		cmocka_unit_test(test_head_like_waiter),
		cmocka_unit_test(test_straddling),
		cmocka_unit_test(test_not_waiting),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_cycle_backs_off),
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_owner_gone),
		cmocka_unit_test(test_owner_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
