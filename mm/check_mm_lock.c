/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

#include <inttypes.h>

/* A CPU executes it, in this address space: it may be between any two instructions. */
static bool is_running(const struct mm_look *l)
{
	for (size_t i = 0; i < l->tasks->n; i++) {
		const struct task *t = &l->tasks->task[i];

		if (!t->fault && t->on_cpu && (t->mm == l->mm.addr || t->active_mm == l->mm.addr))
			return true;
	}
	return false;
}

static void report(struct mm_look *l, uint64_t lock, const char *because, enum cairn_grade grade)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.lock.leaked", .severity = CAIRN_ERROR, .grade = grade, .object = lock,
		.field = arena_printf(&l->arena, "mm_struct.mmap_lock.%s", l->lock.count_name),
		.addr = l->lock.count_at, .found = l->lock.count, .expected = l->lock.unwritten,
		.because = because,
	});
}

/* Who changes an address space sleeps, if at all, where signals do not reach. */
static bool is_elsewhere(const struct task *t)
{
	return !t->fault && !t->on_cpu && t->state != 'D' && t->state != 'R';
}

/* Held for writing by nobody who could be at work. */
static void look_at_writer(struct mm_look *l, uint64_t lock)
{
	const struct task *owner = task_by_addr(l->tasks, l->lock.owner);
	bool even = mm_has(&l->vs.mm, MM_LOCK_SEQ) && !(l->mm.v[MM_LOCK_SEQ] & 1);
	enum cairn_grade grade = even ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS;
	const char *because;

	if (is_running(l))
		return;
	if (!l->lock.is_signed)
		report(l, lock, even ? "a writer holds it, no task says that it is the one, and "
				       "mm_lock_seq is even" :
				       "a writer holds it, and no task says that it is the one", grade);
	else if (!owner && !l->tasks->partial)
		report(l, lock, "the writer that it names is no task", grade);
	else if (owner && is_elsewhere(owner)) {
		because = arena_printf(&l->arena, "the writer, PID %" PRId32 " (%s), sleeps elsewhere "
				       "(state %c)", owner->pid, owner->comm, owner->state);
		report(l, lock, because, grade);
	}
}

void mm_check_lock(struct mm_look *l)
{
	uint64_t lock = mm_at(&l->vs.mm, &l->mm, MM_LOCK);

	l->free = l->written = false;
	if (!lock || rwsem_read(&l->rwsem, &l->c->kernel, lock, &l->lock, NULL)) {
		l->written = true;
		return;
	}
	l->free = l->lock.hold == RWSEM_FREE;
	l->written = l->lock.hold == RWSEM_WRITER || l->lock.hold == RWSEM_UNTOLD;
	if (l->lock.hold == RWSEM_WRITER)
		look_at_writer(l, lock);
	/* it is odd from behind the lock's taking to before its giving back (mm_lock_seqcount_*) */
	if (l->free && (l->mm.v[MM_LOCK_SEQ] & 1) && !is_running(l))
		mm_bad(l, &(struct mm_bad){
			.id = "mm.lock.seq", .severity = CAIRN_ERROR, .object = l->mm.addr, .len = 4,
			.field = "mm_struct.mm_lock_seq", .found = l->mm.v[MM_LOCK_SEQ],
			.addr = mm_at(&l->vs.mm, &l->mm, MM_LOCK_SEQ),
			.expected = l->mm.v[MM_LOCK_SEQ] + 1,
			.because = "nobody holds mmap_lock",
		});
}
