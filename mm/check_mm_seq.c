/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

/*
 * A writer, who holds mmap_lock, locks an area by writing mm_lock_seq into its vm_lock_seq, and all
 * areas are free again when mm_lock_seq is counted up before mmap_lock is given back or read-held
 * (vma_start_write(), vma_end_write_all(); include/linux/mmap_lock.h, up to 6.14 include/linux/mm.h).
 * A new area has -1. Since mm_lock_seq is a seqcount (6.13, and in stable kernels) it is odd while a
 * writer is there, so what areas get from it is odd, as -1 is, for ever. Before, it is a number of
 * its own that only says something while it is equal, and may come round.
 */

static void report(struct mm_look *l, const struct vma *v, uint64_t seq, const char *because,
		   enum cairn_grade grade)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.vma.seq", .severity = CAIRN_ERROR, .grade = grade, .object = v->addr,
		.field = "vm_area_struct.vm_lock_seq", .addr = v->addr + l->area.m[CK_SEQ].offset,
		.len = 4, .found = seq, .untold = true, .because = because,
	});
}

void mm_check_seq(struct mm_look *l, const struct vma *v)
{
	const struct mm_shape *ms = &l->vs.mm;
	uint64_t seq;

	if (l->written || !shape_has(&l->area, CK_SEQ) ||
	    shape_get(&l->area, &l->c->kernel, v->addr, CK_SEQ, &seq, NULL))
		return;
	seq &= UINT32_MAX;
	if (mm_has(ms, MM_LOCK_SEQ)) {
		if (!(seq & 1))
			report(l, v, seq, "only writers write it, to whom mm_lock_seq is odd",
			       CAIRN_CERTAIN);
	} else if (mm_has(ms, MM_LOCK_TIMES) && seq == (l->mm.v[MM_LOCK_TIMES] & UINT32_MAX)) {
		report(l, v, seq, "it is that of mm_lock_seq, as if a writer had locked the area, and none "
		       "holds mmap_lock", CAIRN_SUSPICIOUS);
	}
}
