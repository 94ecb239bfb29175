/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unwind/waitkind.h"

/* Functions from the innermost on, as the kernels named had them; NULL ends. */
static enum wait_kind kind(size_t *at, const char *const *names)
{
	struct frame frame[16] = { 0 };
	struct trace tr = { .frame = frame };

	for (; names[tr.n]; tr.n++) {
		frame[tr.n].named = *names[tr.n];
		frame[tr.n].sym.name = names[tr.n];
	}
	return wait_kind_of(&tr, at);
}

static void expect(enum wait_kind want, size_t at, const char *const *names)
{
	size_t found;

	assert_int_equal(kind(&found, names), want);
	assert_int_equal(found, at);
}

#define STACK(...) (const char *const[]){ "__schedule", "schedule", __VA_ARGS__, NULL }

static void test_kernels(void **state)
{
	(void)state;
	expect(WAIT_MUTEX, 3, STACK("schedule_preempt_disabled", "__mutex_lock.constprop.0", "f"));
	expect(WAIT_RWSEM, 3, STACK("schedule_preempt_disabled", "rwsem_down_write_slowpath"));
	expect(WAIT_RT_MUTEX, 5, STACK("rt_mutex_schedule", "rt_mutex_slowlock_block.constprop.0",
				       "__rt_mutex_slowlock_locked.constprop.0",
				       "rt_mutex_slowlock.constprop.0", "f"));
	expect(WAIT_RT_MUTEX, 2, STACK("rt_mutex_slowlock", "", "rt_mutex_lock"));
	expect(WAIT_COMPLETION, 3, STACK("schedule_timeout", "__wait_for_common", "f"));
	expect(WAIT_COMPLETION, 3, STACK("schedule_timeout", "wait_for_completion", "f"));
	expect(WAIT_FUTEX, 2, STACK("futex_wait_queue_me", "futex_wait"));
	expect(WAIT_FUTEX, 2, STACK("futex_do_wait", "__futex_wait"));
	expect(WAIT_PIPE, 2, STACK("pipe_read", "new_sync_read"));
	expect(WAIT_PIPE, 2, STACK("anon_pipe_write", "vfs_write"));
	expect(WAIT_PAGE, 3, STACK("io_schedule", "folio_wait_bit_common"));
	expect(WAIT_BIT, 3, STACK("bit_wait_io", "__wait_on_bit"));
	expect(WAIT_SEMAPHORE, 3, STACK("schedule_timeout", "__down_common"));
	expect(WAIT_SEMAPHORE, 3, STACK("schedule_timeout", "___down_common"));
	expect(WAIT_POLL, 4, STACK("schedule_hrtimeout_range_clock", "poll_schedule_timeout.constprop.0",
				   "do_sys_poll"));
	expect(WAIT_EPOLL, 3, STACK("schedule_hrtimeout_range_clock", "do_epoll_wait"));
	expect(WAIT_FILE_LOCK, 2, STACK("locks_lock_inode_wait", "__do_sys_flock"));
	expect(WAIT_SIGNAL, 2, STACK("__do_sys_pause", "do_syscall_64"));
	expect(WAIT_CHILD, 2, STACK("do_wait", "kernel_wait4"));
	expect(WAIT_SLEEP, 2, STACK("do_nanosleep", "hrtimer_nanosleep"));
	expect(WAIT_IDLE, 2, STACK("worker_thread", "kthread"));
}

/* down_read() is no semaphore; a work that sleeps is not idle; no frame, no kind. */
static void test_look_alikes(void **state)
{
	(void)state;
	expect(WAIT_RWSEM, 2, STACK("down_read", "f"));
	expect(WAIT_SEMAPHORE, 2, STACK("down", "f"));
	expect(WAIT_UNKNOWN, 2, STACK("downstream", "f"));
	expect(WAIT_UNKNOWN, 2, STACK("my_work", "process_one_work", "worker_thread"));
	expect(WAIT_UNKNOWN, 2, STACK("", "worker_thread"));
	expect(WAIT_UNKNOWN, 0, (const char *const[]){ NULL });
	expect(WAIT_UNKNOWN, 1, (const char *const[]){ "schedule", NULL });
}

static void test_via(void **state)
{
	struct frame frame = { .named = true, .sym.name = "driver_open", .via = "mutex_lock" };
	struct trace tr = { .frame = &frame, .n = 1 };
	size_t at;

	(void)state;
	assert_int_equal(wait_kind_of(&tr, &at), WAIT_MUTEX);
}

static void test_names(void **state)
{
	(void)state;
	for (int k = WAIT_UNKNOWN + 1; k < WAIT_KINDS; k++)
		assert_non_null(wait_kind_name((enum wait_kind)k));
	assert_null(wait_kind_name(WAIT_UNKNOWN));
	assert_null(wait_kind_name(WAIT_KINDS));
	assert_true(wait_kind_is_lock(WAIT_MUTEX));
	assert_true(wait_kind_is_lock(WAIT_FILE_LOCK));
	assert_false(wait_kind_is_lock(WAIT_COMPLETION));
	assert_false(wait_kind_is_event(WAIT_MUTEX));
	assert_false(wait_kind_is_event(WAIT_QUEUE));
	assert_true(wait_kind_is_event(WAIT_PIPE));
	assert_int_equal(wait_access_of("rwsem_down_read_slowpath"), WAIT_ACCESS_READ);
	assert_int_equal(wait_access_of("anon_pipe_write"), WAIT_ACCESS_WRITE);
	assert_int_equal(wait_access_of("do_wait"), WAIT_ACCESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_look_alikes),
		cmocka_unit_test(test_via),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
