/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_mmap_lock - address spaces that are held by nobody who is at work.
 *
 * It is here and not beside the other checkers of address spaces because it rests on stacks.
 */
#include <inttypes.h>

#include "lib/kern/finding.h"
#include "lib/kern/rwsem.h"
#include "lib/kern/task.h"
#include "unwind/met_user.h"
#include "unwind/start.h"
#include "unwind/unwinder.h"
#include "unwind/waitkind.h"
#include "unwind/write_taker.h"

enum { MM_LOCK, MM_SEQ, MM_N };
static const struct shape_want mm_want = {
	"struct mm_struct", MM_N,
	{ [MM_LOCK] = "mmap_lock|mmap_sem", [MM_SEQ] = "mm_lock_seq.sequence" },
};

struct look {
	struct cairn *c;
	struct cairn_run *run;
	const struct tasks *tasks;
	struct unwinder u;
	struct write_takers takers, readers;
	enum { UNASKED, HOLDS_NOTHING, MAY_HOLD } *reader; /* of each task; NULL: none was asked */
	bool opened, has_stacks;
	struct shape mm;
	struct rwsem_layout rwsem;
	struct arena arena, one;
	/* the lock at hand */
	const struct task *task;  /* one whose address space it is */
	uint64_t lock;
	struct rwsem sem;
	bool even;                /* mm_lock_seq, which a writer makes odd */
};

static void report(struct look *l, enum cairn_grade grade, const char *because)
{
	struct cairn_evidence e[3] = {
		{ l->sem.count_at, l->c->arch->word, "the bad word" },
		{ l->task->mm, l->mm.size, "the address space" },
		{ l->sem.owner_at, l->c->arch->word,
		  l->sem.hold == RWSEM_WRITER ? "the writer that it names" :
						"the last reader that it names" },
	};
	struct cairn_finding f = {
		.id = "mm.lock.leaked", .severity = CAIRN_ERROR, .grade = grade, .object = l->lock,
		.addr = l->sem.count_at, .evidence = e, .nevidence = l->sem.is_signed || l->sem.hold == RWSEM_READERS ? 3 : 2,
	};

	f.mark = "mm_struct.mmap_lock";
	f.field = arena_printf(&l->arena, "mm_struct.mmap_lock.%s", l->sem.count_name);
	f.found = arena_printf(&l->arena, "0x%" PRIx64, l->sem.count);
	if (l->sem.hold == RWSEM_WRITER)
		f.expected = arena_printf(&l->arena, "0x%" PRIx64, l->sem.unwritten);
	f.message = arena_printf(&l->arena, "address space 0x%" PRIx64 " of PID %" PRId32 " (%s) is "
				 "held for %s: %s", l->task->mm, l->task->pid, l->task->comm,
				 l->sem.hold == RWSEM_WRITER ? "writing" : "reading", because);
	cairn_report(l->run, &f);
}

/* A CPU executes it, in this address space: it may be between any two instructions. */
static bool is_running(const struct look *l)
{
	for (size_t i = 0; i < l->tasks->n; i++) {
		const struct task *t = &l->tasks->task[i];

		if (!t->fault && t->on_cpu && (t->mm == l->task->mm || t->active_mm == l->task->mm))
			return true;
	}
	return false;
}

/* Most dumps have no lock that is held: nothing is opened for them. */
static bool open_stacks(struct look *l)
{
	if (!l->opened) {
		l->opened = true;
		l->has_stacks = !unwinder_init(&l->u, l->c, &l->arena, NULL) && l->u.calls &&
				!write_takers_init(&l->takers, l->c, l->u.calls, NULL);
		if (l->has_stacks && write_takers_init(&l->readers, l->c, l->u.calls, NULL)) {
			write_takers_deinit(&l->takers);
			l->has_stacks = false;
		}
		l->readers.reading = true;
	}
	return l->has_stacks;
}

/* What a task's stack says. */
struct answer {
	enum write_taker taker;
	bool in_user_mode;
	enum wait_kind wait;
};

/* By frames that are no guess. */
static enum wait_kind wait_of(const struct trace *tr)
{
	size_t at;
	enum wait_kind kind = wait_kind_of(tr, &at);

	for (size_t i = 0; i <= at && i < tr->n; i++)
		if (tr->frame[i].grade > 'B')
			return WAIT_UNKNOWN;
	return kind;
}

static struct answer ask_stack(struct look *l, struct write_takers *takers, const struct task *owner)
{
	struct answer ret = { .taker = TAKES_UNTOLD };
	struct trace tr;

	if (!open_stacks(l))
		return ret;
	trace_task(&tr, &l->u, owner, &l->one);
	ret.in_user_mode = trace_met_user_mode(&tr, owner->on_cpu);
	ret.taker = ret.in_user_mode ? TAKES_NOTHING : write_taker_of(takers, &tr);
	ret.wait = owner->on_cpu ? WAIT_UNKNOWN : wait_of(&tr);
	arena_reset(&l->one);
	return ret;
}

/* Signals and tracers stop a task between system calls, or at points of its own where it holds
 * nothing (kernel/signal.c, get_signal(); ptrace_notify()). */
static bool is_stopped(const struct task *t)
{
	return !t->on_cpu && (t->state == 'T' || t->state == 't');
}

/* NULL: it may be at work on the address space. A driver's mmap() may sleep as well, where signals
 * reach: a state tells nothing. */
static const char *where_is(struct look *l, const struct task *owner, const struct answer *a)
{
	if (owner->idle)
		return "is an idle task, which takes none";
	if (is_stopped(owner))
		return "is stopped, where none holds a lock";
	if (a->in_user_mode)
		return "is in user mode";
	if (a->wait == WAIT_IDLE)
		return "has no work, where none holds a lock";
	if (a->taker == TAKES)
		return NULL;
	if (a->taker == TAKES_UNTOLD)
		return wait_kind_is_event(a->wait) ?
			       arena_printf(&l->arena, "waits for events (%s), where none holds a lock",
					    wait_kind_name(a->wait)) :
			       NULL;
	return "has no function on its stack that takes a lock for writing, itself or by a helper";
}

static void look_at_owner(struct look *l, const struct task *owner, enum cairn_grade grade)
{
	struct answer a = { .taker = TAKES_NOTHING };
	const char *where;

	if (!owner->idle && !is_stopped(owner))
		a = ask_stack(l, &l->takers, owner);
	where = where_is(l, owner, &a);
	if (!where)
		return;
	report(l, a.in_user_mode ? CAIRN_CERTAIN : grade,
	       arena_printf(&l->arena, "the writer, PID %" PRId32 " (%s), %s", owner->pid, owner->comm,
			    where));
}

static void look_at_writer(struct look *l)
{
	const struct task *owner = task_by_addr(l->tasks, l->sem.owner);
	enum cairn_grade grade = l->even ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS;

	if (owner && l->sem.is_signed)
		look_at_owner(l, owner, grade);
	else if (is_running(l) || (l->sem.is_signed && l->tasks->partial))
		return;
	else
		report(l, grade, l->sem.is_signed ? "the writer that it names is no task" :
				 l->even	  ? "no task says that it is the writer, and "
						    "mm_lock_seq is even"
						  : "no task says that it is the writer");
}

/* ---- readers ---- */

/* What a kernel thread does in another's address space, no signal interrupts: it waits for something to
 * do. */
static bool is_without_work(const struct task *t)
{
	return t->kernel_thread && !t->mm && !t->on_cpu && (t->state == 'S' || t->state == 'I');
}

/* The lock names the last that came, who may have gone: each task there is may be one. */
static bool may_read(struct look *l, const struct task *t)
{
	struct answer a;

	if (t->fault)
		return true;
	if (t->idle || is_stopped(t) || is_without_work(t))
		return false;
	a = ask_stack(l, &l->readers, t);
	return !a.in_user_mode && a.wait != WAIT_IDLE && !wait_kind_is_event(a.wait) &&
	       a.taker != TAKES_NOTHING;
}

static bool may_read_again(struct look *l, size_t i)
{
	if (l->reader[i] == UNASKED)
		l->reader[i] = may_read(l, &l->tasks->task[i]) ? MAY_HOLD : HOLDS_NOTHING;
	return l->reader[i] == MAY_HOLD;
}

/* Those whose address space it is come first: one of them it is as a rule. Stops at `enough`. */
static uint64_t count_readers(struct look *l, uint64_t enough)
{
	uint64_t n = 0;

	for (unsigned others = 0; others < 2; others++)
		for (size_t i = 0; i < l->tasks->n && n < enough; i++) {
			if (!cairn_go_on(l->run))
				return enough;
			if ((l->tasks->task[i].mm != l->task->mm) == others)
				n += may_read_again(l, i);
		}
	return n;
}

static void look_at_readers(struct look *l)
{
	const struct task *last;
	uint64_t n;

	if (l->tasks->partial || !open_stacks(l))
		return;
	if (!l->reader)
		l->reader = arena_array(&l->arena, l->tasks->n, sizeof(*l->reader));
	n = l->reader ? count_readers(l, l->sem.readers) : l->sem.readers;
	if (n >= l->sem.readers)
		return;
	last = task_by_addr(l->tasks, l->sem.owner);
	report(l, CAIRN_SUSPICIOUS,
	       arena_printf(&l->arena, "%" PRIu64 " readers, and of all tasks %" PRIu64 " have a function "
			    "on their stack that takes a lock for reading, itself or by a helper%s%s",
			    l->sem.readers, n, last ? "; the last that came was " : "",
			    last ? arena_printf(&l->arena, "PID %" PRId32 " (%s)", last->pid, last->comm) : ""));
}

static void look_at(struct look *l, const struct task *t)
{
	uint64_t seq = 1;

	l->task = t;
	l->lock = t->mm + l->mm.m[MM_LOCK].offset;
	if (rwsem_read(&l->rwsem, &l->c->kernel, l->lock, &l->sem, NULL))
		return;
	/* what no lock counts is told by the checker mm */
	if (rwsem_contradiction(&l->sem, l->tasks->partial ? SIZE_MAX : l->tasks->n))
		return;
	if (l->sem.hold == RWSEM_READERS)
		look_at_readers(l);
	if (l->sem.hold != RWSEM_WRITER)
		return;
	if (shape_has(&l->mm, MM_SEQ))
		shape_get(&l->mm, &l->c->kernel, t->mm, MM_SEQ, &seq, NULL);
	l->even = !(seq & 1);
	look_at_writer(l);
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct look l = { .c = c, .run = run_ };
	struct map seen = { 0 };
	enum cairn_code code = tasks_get(c, &l.tasks, err);

	if (code || shape_resolve(&l.mm, &mm_want, &c->types, NULL) || !shape_has(&l.mm, MM_LOCK))
		return code;
	rwsem_layout_init(&l.rwsem, &c->types);
	for (size_t i = 0; i < l.tasks->n && cairn_go_on(run_); i++) {
		const struct task *t = &l.tasks->task[i];

		if (!t->fault && t->mm && map_visit(&seen, t->mm))
			look_at(&l, t);
	}
	map_deinit(&seen);
	if (l.has_stacks) {
		write_takers_deinit(&l.takers);
		write_takers_deinit(&l.readers);
	}
	unwinder_deinit(&l.u);
	arena_deinit(&l.one);
	arena_deinit(&l.arena);
	return CAIRN_OK;
}

static const struct cairn_explanation ids[] = {
	{
		.id = "mm.lock.leaked",
		.title = "mmap_lock is held by nobody who is at work on it",
		.meaning =
			"The lock's count has a writer. Who holds a lock for writing has taken it in a\n"
			"function that is still on its stack. The task that the lock names as its owner has\n"
			"none that calls down_write() or one of its kind, be it through a helper; or it is\n"
			"stopped, in user mode (certain), idle, or no task at all. Where its stack or the code of\n"
			"the functions on it is not in the dump, it waits for events in a system call of its\n"
			"own: a pipe, poll(), a futex, a child, a signal. Or the lock names nobody, and no\n"
			"CPU is at work in this address space. Whoever wants it next waits for ever: page\n"
			"faults of its threads, /proc/PID/maps, ps. Certain, too, if mm_lock_seq, which a\n"
			"writer makes odd, is even. A helper that calls a helper that takes the lock is not\n"
			"seen, nor one that is called through a pointer. Or the lock has readers, more than there are\n"
			"tasks on this machine with a function on their stack that takes one for reading: the lock\n"
			"names but the last of them (suspicious).",
		.causes =
			"An error path that returns without mmap_write_unlock() or mmap_read_unlock()\n"
			"(vm_brk_flags() of an early maple tree series returned -EINVAL so). A task that died by\n"
			"an oops with the lock held.",
		.next =
			"`bt` of the owner: what it did since. `wait`: who waits for the lock. `log` for an oops of it.",
	},
	{ .id = NULL },
};

static const struct cairn_check check = {
	.name = "mmap-lock",
	.summary = "address spaces that are held by nobody who is at work",
	.ids = ids,
	.run = run,
};
CAIRN_CHECK(&check);
