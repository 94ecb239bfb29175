// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process's mm_struct and its areas say of themselves is wrong; its trees are sound. */
#include <linux/kernel.h>
#include <linux/sched/mm.h>
#include <linux/stringify.h>

#include "victim.h"

#define NTH 100		/* an area among those with holes between them */

/* An area of a process whose mmap_lock is held for writing. */
struct area {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
};

static void release(struct area *area)
{
	mmap_write_unlock(area->mm);
	mmput(area->mm);
}

/* False, and says so: there is none. */
static bool hold(struct area *area, int pid)
{
	int i;

	area->mm = scen_mm_of(pid);
	if (!area->mm)
		return false;
	mmap_write_lock(area->mm);
	area->vma = find_vma(area->mm, 0);
	for (i = 0; area->vma && i < NTH; i++)
		area->vma = find_vma(area->mm, area->vma->vm_end);
	if (area->vma)
		return true;
	pr_emerg(ORACLE "failed: too few areas\n");
	release(area);
	return false;
}

/* as do_brk_flags() in v12 of the maple tree patches, which counted a new area twice */
void scen_mm_mapcount(int pid)
{
	struct mm_struct *mm = scen_mm_of(pid);

	if (!mm)
		return;
	scen_set_member("mm-mapcount", mm, "mm", mm, map_count, mm->map_count + 1);
	mmput(mm);
}

/* more pages than all areas have */
void scen_mm_totalvm(int pid)
{
	struct mm_struct *mm = scen_mm_of(pid);

	if (!mm)
		return;
	scen_set_member("mm-totalvm", mm, "mm", mm, total_vm, mm->total_vm + 7);
	mmput(mm);
}

/* an area ends a page behind the range that the tree has for it, as mas_expand_failed left it */
void scen_mm_vmaend(int pid)
{
	struct area area;

	if (!hold(&area, pid))
		return;
	scen_set_member("mm-vmaend", area.mm, "vma", area.vma, vm_end,
			area.vma->vm_end + PAGE_SIZE);
	release(&area);
}

/* an area says that it is another process's */
void scen_mm_vmamm(int pid)
{
	struct mm_struct *other = scen_mm_of(1);
	struct area area;

	if (!other)
		return;
	if (hold(&area, pid)) {
		scen_set_member("mm-vmamm", area.mm, "vma", area.vma, vm_mm, other);
		release(&area);
	}
	mmput(other);
}

#ifdef CONFIG_PREEMPT_RT
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
#define COUNT readers
#else
#define COUNT rwbase.readers
#endif
#define COUNT_OF(lock) ((long)atomic_read(&(lock)->COUNT))
#else
#define COUNT count
#define COUNT_OF(lock) atomic_long_read(&(lock)->COUNT)
#endif

/* the process that runs this goes on with its own mmap_lock held for writing, as vm_brk_flags() in
   v12 of the maple tree patches returned */
void scen_mm_lock(int pid)
{
	struct rw_semaphore *lock = &current->mm->mmap_lock;
	long old = COUNT_OF(lock);

	mmap_write_lock(current->mm);
	pr_emerg(ORACLE "corruption mm-lock pid %d mm %px lock %px field mmap_lock.%s addr %px size %zu old 0x%lx new 0x%lx\n",
		 current->pid, current->mm, lock, __stringify(COUNT), &lock->COUNT,
		 sizeof(lock->COUNT), old, COUNT_OF(lock));
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)

/* an area's tree node says that there is a bigger gap below it than there is */
void scen_rb_gap(int pid)
{
	struct area area;

	if (!hold(&area, pid))
		return;
	scen_set_member("rb-gap", area.mm, "vma", area.vma, rb_subtree_gap,
			area.vma->rb_subtree_gap + 5 * PAGE_SIZE);
	release(&area);
}

/* the list of areas skips one that the tree has */
void scen_rb_list(int pid)
{
	struct area area;

	if (!hold(&area, pid))
		return;
	scen_set_member("rb-list", area.mm, "vma", area.vma, vm_next,
			area.vma->vm_next->vm_next);
	release(&area);
}
#endif
