/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

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

static void report_count(struct mm_look *l, const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.lock.count", .severity = CAIRN_ERROR,
		.object = mm_at(&l->vs.mm, &l->mm, MM_LOCK), .addr = l->lock.count_at,
		.field = arena_printf(&l->arena, "mm_struct.mmap_lock.%s", l->lock.count_name),
		.found = l->lock.count, .untold = true, .because = because,
	});
}

/* An untold hold is as good as a writer's; what no lock can be tells nothing. */
static const char *how_held(const struct mm_look *l, bool odd)
{
	if (odd)
		return "who holds mmap_lock cannot be told";
	return l->lock.hold == RWSEM_READERS ? "mmap_lock is held for reading" :
	       l->lock.hold == RWSEM_WRITER  ? "mmap_lock is held for writing" :
					       "who holds mmap_lock is not known";
}

/* What was not held against the areas: one who holds the lock may be about to put it right. */
static void note_held(struct mm_look *l, bool odd)
{
	enum cairn_code code = odd ? CAIRN_CORRUPT :
			       l->lock.hold == RWSEM_UNTOLD ? CAIRN_MISSING : CAIRN_BUSY;

	/* of many, it is not that all are just held */
	if (!l->n_held++ || code != CAIRN_BUSY)
		cairn_fail(&l->held, code, "%s", how_held(l, odd));
	l->held_mm = l->mm.addr;
	l->held_task = l->task;
}

void mm_report_held(struct mm_look *l)
{
	const char *what;

	if (!l->n_held)
		return;
	l->mm = (struct mm){ .addr = l->held_mm };
	l->task = l->held_task;
	what = l->n_held == 1 ? arena_printf(&l->arena, "the totals of %s", mm_whose(l)) :
				arena_printf(&l->arena, "the totals of %zu address spaces", l->n_held);
	if (l->n_held > 1)
		cairn_fail(&l->held, l->held.code, l->held.code == CAIRN_BUSY ?
			   "somebody holds their mmap_lock" :
			   "somebody holds their mmap_lock, or who does cannot be told");
	cairn_unseen(l->run, what ? what : "totals", &l->held);
}

void mm_check_lock(struct mm_look *l)
{
	const char *odd;
	uint64_t lock = mm_at(&l->vs.mm, &l->mm, MM_LOCK);

	l->free = l->written = false;
	if (!lock || rwsem_read(&l->rwsem, &l->c->kernel, lock, &l->lock, NULL)) {
		l->written = true;
		l->lock.hold = RWSEM_UNTOLD;
		note_held(l, false);
		return;
	}
	/* readers are more than tasks only where all tasks are known */
	odd = rwsem_contradiction(&l->lock, l->tasks->partial ? SIZE_MAX : l->tasks->n);
	if (odd)
		report_count(l, odd);
	l->free = !odd && l->lock.hold == RWSEM_FREE;
	l->written = l->lock.hold == RWSEM_WRITER || l->lock.hold == RWSEM_UNTOLD;
	if (!l->free)
		note_held(l, odd);
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
