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
