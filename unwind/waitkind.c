/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/waitkind.h"

#include <fnmatch.h>
#include <string.h>

/* Sleeping as such: what for is further out. */
static const char *const sleepers[] = {
	"__schedule", "schedule", "schedule_*", "__switch_to*", "io_schedule*", "wait_woken",
	"do_wait_intr*", "preempt_schedule*", "bit_wait*", "poll_schedule_timeout*",
	"__schedule_*", "freezable_schedule*", "prepare_to_wait*", "sk_wait_event*", NULL,
};

struct rule {
	const char *function; /* fnmatch() pattern */
	enum wait_kind kind;
};

/* The first that matches is it: the more particular name stands first. kernel/locking/,
 * kernel/sched/, kernel/futex/, mm/filemap.c, fs/ as the names say. */
static const struct rule rules[] = {
	{ "__mutex_lock*", WAIT_MUTEX },
	{ "mutex_lock*", WAIT_MUTEX },
	{ "__ww_mutex_lock*", WAIT_MUTEX },
	{ "ww_mutex_lock*", WAIT_MUTEX },
	{ "percpu_rwsem_wait*", WAIT_PERCPU_RWSEM },
	{ "percpu_down_write*", WAIT_PERCPU_RWSEM },
	{ "__percpu_down_read*", WAIT_PERCPU_RWSEM },
	{ "rwsem_down_*", WAIT_RWSEM },
	{ "down_read*", WAIT_RWSEM },
	{ "down_write*", WAIT_RWSEM },
	{ "__down_read*", WAIT_RWSEM },
	{ "__down_write*", WAIT_RWSEM },
	{ "rt_mutex_*", WAIT_RT_MUTEX },
	{ "__rt_mutex_*", WAIT_RT_MUTEX },
	{ "rt_spin_lock*", WAIT_RT_MUTEX },
	{ "rtlock_*", WAIT_RT_MUTEX },
	{ "___down_common*", WAIT_SEMAPHORE },
	{ "__down_common*", WAIT_SEMAPHORE },
	{ "__down", WAIT_SEMAPHORE },
	{ "__down_interruptible*", WAIT_SEMAPHORE },
	{ "__down_killable*", WAIT_SEMAPHORE },
	{ "__down_timeout*", WAIT_SEMAPHORE },
	{ "down", WAIT_SEMAPHORE },
	{ "down_interruptible", WAIT_SEMAPHORE },
	{ "down_killable", WAIT_SEMAPHORE },
	{ "down_timeout", WAIT_SEMAPHORE },
	{ "locks_lock_inode_wait", WAIT_FILE_LOCK },
	{ "flock_lock_inode_wait", WAIT_FILE_LOCK },
	{ "posix_lock_inode_wait", WAIT_FILE_LOCK },
	{ "do_lock_file_wait*", WAIT_FILE_LOCK },
	{ "fcntl_setlk*", WAIT_FILE_LOCK },
	{ "__break_lease", WAIT_FILE_LOCK },
	{ "wait_for_completion*", WAIT_COMPLETION },
	{ "__wait_for_common*", WAIT_COMPLETION },
	{ "wait_for_common*", WAIT_COMPLETION },
	{ "do_wait_for_common*", WAIT_COMPLETION },
	{ "futex_wait*", WAIT_FUTEX },
	{ "__futex_wait*", WAIT_FUTEX },
	{ "futex_do_wait*", WAIT_FUTEX },
	{ "folio_wait_bit*", WAIT_PAGE },
	{ "folio_put_wait_locked*", WAIT_PAGE },
	{ "__folio_lock*", WAIT_PAGE },
	{ "wait_on_page_bit*", WAIT_PAGE },
	{ "__lock_page*", WAIT_PAGE },
	{ "put_and_wait_on_page_locked*", WAIT_PAGE },
	{ "migration_entry_wait_on_locked*", WAIT_PAGE },
	{ "softleaf_entry_wait_on_locked*", WAIT_PAGE },
	{ "__wait_on_bit*", WAIT_BIT },
	{ "out_of_line_wait_on_bit*", WAIT_BIT },
	{ "pipe_read", WAIT_PIPE },
	{ "pipe_write", WAIT_PIPE },
	{ "anon_pipe_read", WAIT_PIPE },
	{ "anon_pipe_write", WAIT_PIPE },
	{ "sk_wait_data", WAIT_SOCKET },
	{ "sk_stream_wait_*", WAIT_SOCKET },
	{ "sock_alloc_send_pskb", WAIT_SOCKET },
	{ "unix_stream_read_generic", WAIT_SOCKET },
	{ "unix_stream_data_wait", WAIT_SOCKET },
	{ "unix_wait_for_peer", WAIT_SOCKET },
	{ "__skb_wait_for_more_packets", WAIT_SOCKET },
	{ "inet_csk_accept", WAIT_SOCKET },
	{ "inet_csk_wait_for_connect*", WAIT_SOCKET },
	{ "inet_wait_for_connect*", WAIT_SOCKET },
	{ "ep_poll", WAIT_EPOLL },
	{ "do_epoll_wait", WAIT_EPOLL },
	{ "do_sys_poll", WAIT_POLL },
	{ "do_poll*", WAIT_POLL },
	{ "do_select", WAIT_POLL },
	{ "do_wait", WAIT_CHILD },
	{ "kernel_wait4", WAIT_CHILD },
	{ "kernel_waitid*", WAIT_CHILD },
	{ "do_sigtimedwait*", WAIT_SIGNAL },
	{ "sigsuspend*", WAIT_SIGNAL },
	{ "*sys_pause", WAIT_SIGNAL },
	{ "do_nanosleep", WAIT_SLEEP },
	{ "hrtimer_nanosleep", WAIT_SLEEP },
	{ "msleep*", WAIT_SLEEP },
	{ "usleep_range*", WAIT_SLEEP },
	{ "do_signal_stop", WAIT_STOPPED },
	{ "ptrace_stop*", WAIT_STOPPED },
	{ "do_jobctl_trap", WAIT_STOPPED },
	{ "do_freezer_trap", WAIT_FROZEN },
	{ "__refrigerator", WAIT_FROZEN },
	{ "worker_thread", WAIT_IDLE },
	{ "rescuer_thread", WAIT_IDLE },
	{ "kthreadd", WAIT_IDLE },
	{ "kthread_worker_fn", WAIT_IDLE },
	{ "smpboot_thread_fn", WAIT_IDLE },
	{ "irq_thread", WAIT_IDLE },
	{ NULL, WAIT_UNKNOWN },
};

const char *wait_kind_name(enum wait_kind kind)
{
	static const char *const names[WAIT_KINDS] = {
		[WAIT_MUTEX] = "mutex", [WAIT_RWSEM] = "rwsem", [WAIT_SEMAPHORE] = "semaphore",
		[WAIT_RT_MUTEX] = "rt_mutex", [WAIT_PERCPU_RWSEM] = "percpu_rwsem",
		[WAIT_FILE_LOCK] = "file lock", [WAIT_COMPLETION] = "completion",
		[WAIT_FUTEX] = "futex", [WAIT_PAGE] = "page", [WAIT_BIT] = "bit",
		[WAIT_PIPE] = "pipe", [WAIT_SOCKET] = "socket", [WAIT_EPOLL] = "epoll",
		[WAIT_POLL] = "poll", [WAIT_CHILD] = "child", [WAIT_QUEUE] = "wait queue",
		[WAIT_SIGNAL] = "signal", [WAIT_SLEEP] = "sleep", [WAIT_STOPPED] = "stopped",
		[WAIT_FROZEN] = "frozen", [WAIT_IDLE] = "idle",
	};

	return (unsigned)kind < WAIT_KINDS ? names[kind] : NULL;
}

bool wait_kind_is_lock(enum wait_kind kind)
{
	return kind >= WAIT_MUTEX && kind <= WAIT_FILE_LOCK;
}

bool wait_kind_is_event(enum wait_kind kind)
{
	return kind == WAIT_FUTEX || kind == WAIT_PIPE || kind == WAIT_EPOLL || kind == WAIT_POLL ||
	       kind == WAIT_CHILD || kind == WAIT_SIGNAL || kind == WAIT_STOPPED;
}

static bool is_sleeper(const char *name)
{
	for (const char *const *p = sleepers; *p; p++)
		if (!fnmatch(*p, name, 0))
			return true;
	return false;
}

static enum wait_kind kind_of_name(const char *name)
{
	const struct rule *r = rules;

	while (r->function && fnmatch(r->function, name, 0))
		r++;
	return r->kind;
}

/* The call site may name a function that jumped on: mutex_lock() does. */
static enum wait_kind kind_of_frame(const struct frame *f)
{
	enum wait_kind kind = f->named ? kind_of_name(f->sym.name) : WAIT_UNKNOWN;

	return kind == WAIT_UNKNOWN && f->via ? kind_of_name(f->via) : kind;
}

/* The slow path of real-time locks is several functions deep. */
static size_t outermost_rt_mutex(const struct trace *tr, size_t i)
{
	while (i + 1 < tr->n && tr->frame[i + 1].named &&
	       kind_of_name(tr->frame[i + 1].sym.name) == WAIT_RT_MUTEX)
		i++;
	return i;
}

/* Only the first frame that is not the scheduler's: what sleeps below worker_thread() in a
 * work's own function is not idle. */
enum wait_kind wait_kind_of(const struct trace *tr, size_t *frame)
{
	enum wait_kind kind;
	size_t i = 0;

	while (i < tr->n && tr->frame[i].named && is_sleeper(tr->frame[i].sym.name))
		i++;
	kind = i < tr->n ? kind_of_frame(&tr->frame[i]) : WAIT_UNKNOWN;
	*frame = kind == WAIT_RT_MUTEX ? outermost_rt_mutex(tr, i) : i;
	return kind;
}

enum wait_access wait_access_of(const char *function)
{
	if (strstr(function, "write"))
		return WAIT_ACCESS_WRITE;
	return strstr(function, "read") ? WAIT_ACCESS_READ : WAIT_ACCESS_NONE;
}
