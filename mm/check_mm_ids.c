/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

const struct cairn_explanation mm_check_ids[] = {
	{
		.id = "mm.vma.start-mismatch",
		.title = "an area begins elsewhere than its range in the tree",
		.meaning =
			"vm_start is not where the maple tree has the area. The tree's ranges, the neighbours and total_vm\n"
			"agree with each other and not with this word; where they agree with it, the tree's pivot is bad, and\n"
			"the checker maple tells so. In flight, a writer may be between the two: areas are changed before\n"
			"the tree.",
		.causes =
			"A write through a wild pointer, a bit that flipped. vm_area_structs of processes lie beside each\n"
			"other in their slab: a neighbour's overrun, or a use after free, hits them.",
		.next =
			"`vm -v` shows the area, `maple PID` the tree's ranges, `rd` around the word what lies beside it.",
	},
	{
		.id = "mm.vma.end-mismatch",
		.title = "an area ends elsewhere than its range in the tree",
		.meaning =
			"vm_end is not behind the last address that the maple tree has for the area. The tree's ranges, the\n"
			"neighbours and total_vm agree with each other and not with this word. In flight, a writer may be\n"
			"between the two: areas are changed before the tree.",
		.causes =
			"A store into the tree that failed after the area was changed (mas_expand_failed in brk, out of\n"
			"memory) leaves vm_end too large with the lock given back. Else a write through a wild pointer, or\n"
			"a bit that flipped.",
		.next =
			"`log` for failed allocations; `vm -v` shows the area, `maple PID` the tree's ranges.",
	},
	{
		.id = "mm.vma.align",
		.title = "a bound of an area is not at a page",
		.meaning =
			"All bounds are multiples of the page size. Neighbours, offsets or total_vm tell what it should be.",
		.causes =
			"A write through a wild pointer, or a bit that flipped.",
		.next =
			"`vm -v` shows the area, `rd` around the word what lies beside it.",
	},
	{
		.id = "mm.vma.overlap",
		.title = "a bound of an area contradicts what else is known of it",
		.meaning =
			"Before 6.1 the bounds are in the area alone. This one contradicts a neighbour, the offset of\n"
			"private memory (which is its address) or total_vm, and with the value that is expected all of\n"
			"them agree.",
		.causes =
			"A write through a wild pointer, a bit that flipped; a race in code that moves bounds.",
		.next =
			"`vm PID` for the neighbours, `vm -v` for the area.",
	},
	{
		.id = "mm.vma.pgoff",
		.title = "private memory has another offset than its address",
		.meaning =
			"vm_pgoff of private memory that no page was faulted into is its address in pages:\n"
			"areas are merged by it. Bounds, tree and total agree with each other and not with it.",
		.causes =
			"A write through a wild pointer, or a bit that flipped.",
		.next =
			"`vm -v` shows the area, `rd` around the word what lies beside it.",
	},
	{
		.id = "mm.vma.mm",
		.title = "an area says that it is another address space's",
		.meaning =
			"vm_mm is not the mm_struct whose tree the area was found in. Faults in this area would be done in\n"
			"the other address space.",
		.causes =
			"A write through a wild pointer; a vm_area_struct that was freed and is in use again, while a tree\n"
			"still names it.",
		.next =
			"`whatis` of the area: is it in use? `vm -R` of the area in the other process.",
	},
	{
		.id = "mm.vma.flags",
		.title = "an area's flags contradict themselves",
		.meaning =
			"VM_READ, VM_WRITE and VM_EXEC are only ever set where VM_MAYREAD, VM_MAYWRITE and VM_MAYEXEC are,\n"
			"VM_SHARED only with VM_MAYSHARE.",
		.causes =
			"A write through a wild pointer, a bit that flipped; a driver that changes flags in its mmap().",
		.next =
			"`vm -f FLAGS` names the bits; `vm -v` shows the area, vm_page_prot what the access once was.",
	},
	{
		.id = "mm.vma.twice",
		.title = "one area is in the tree twice",
		.meaning =
			"Two ranges of the tree lead to the same vm_area_struct.",
		.causes =
			"The spanning store that wrote its last entry twice (CVE-2024-50200, since 6.1, fixed in 6.6.57 and\n"
			"6.12): then two pivots at the end of a leaf are equal. Else a slot was overwritten.",
		.next =
			"`maple PID`; `check -o maple` for the node; `log` for what the process did last.",
	},
	{
		.id = "mm.vma.lost",
		.title = "an area is counted, and the tree has none of it",
		.meaning =
			"map_count and total_vm count more areas and more pages than the tree leads to, and no word of the\n"
			"tree contradicts another. Certain where the area is found: an object in use, of the slab that areas\n"
			"lie in, that says it is this address space's, is where the tree has nothing, and has the pages that\n"
			"are missing. Suspicious where none is found: it is also how two bad counts would look.",
		.causes =
			"A store into the tree that was lost: an allocation that failed in its midst (MA_STATE_PREALLOC lost\n"
			"in mas_preallocate(), before the stable fixes of July 2025), an error path of mmap() or brk().",
		.next =
			"`vm -v` of the process, and `struct vm_area_struct` of the area that is named; `log` for failed\n"
			"allocations and faults of the process: what it touches there kills it.",
	},
	{
		.id = "mm.vma.overwritten",
		.title = "an area was overwritten as a whole",
		.meaning =
			"The tree or the list leads to an area that says it is of no such address space, has bounds that none\n"
			"has and flags that contradict themselves: not a word of it is bad but the object. Where each area\n"
			"leads to the next (before 6.1), those behind it are out of reach, and are not checked.",
		.causes =
			"A use after free of this area or of what lay there before, an overrun of the object in front of it, a\n"
			"write through a wild pointer. Bytes of 0x6b are what the slab allocator fills freed objects with\n"
			"(slub_debug=P), or a test.",
		.next =
			"`whatis` of the area: is it in use? `rd` of the objects at both sides; what of it is text or addresses\n"
			"tells whose it was.",
	},
	{
		.id = "mm.vma.detached",
		.title = "an area in the tree is marked as taken out",
		.meaning =
			"An area that was taken out of its tree is marked (detached, or a vm_refcnt of 0), so that page\n"
			"faults that hold no lock leave it alone. It is still in the tree, and nobody is at work.",
		.causes =
			"An munmap() that failed half way and did not put the mark back; a write through a wild pointer.",
		.next =
			"`log`: faults of this process, failed allocations.",
	},
	{
		.id = "mm.vma.refcnt",
		.title = "an area's count of readers cannot be",
		.meaning =
			"vm_refcnt is 1 for an area in the tree, and one more for each reader; its upper bit is set only while\n"
			"a writer waits. Nobody holds mmap_lock, and there are not as many tasks as readers.",
		.causes =
			"A reader that did not give back, more likely a write through a wild pointer.",
		.next =
			"`vm -v` shows the area, `rd` around the word what lies beside it.",
	},
	{
		.id = "mm.vma.seq",
		.title = "an area says that a writer has locked it, and there is none",
		.meaning =
			"Who changes an area writes mm_lock_seq into its vm_lock_seq, with mmap_lock held for writing: page\n"
			"faults without that lock then leave it alone, until mm_lock_seq is counted up. Where that is a\n"
			"seqcount, only odd numbers come there (certain). Before 6.13 it must not be equal to mm_lock_seq;\n"
			"after 2^32 changes of one address space it may be by chance (suspicious).",
		.causes =
			"A write through a wild pointer, a bit that flipped.",
		.next =
			"`vm -v` shows the area, `vm -m PID` the lock.",
	},
	{
		.id = "mm.vma.slab",
		.title = "an area in the tree is no vm_area_struct in use",
		.meaning =
			"The tree leads to an address that looks like an area of this address space, but the slab allocator\n"
			"has no object in use there: it is on a list of free ones (its slab's, or one that a CPU keeps for\n"
			"itself, sheaves included), lies in another cache, or between objects. Suspicious only where somebody\n"
			"holds mmap_lock, or if the list of free objects is broken further on.",
		.causes =
			"An area that was freed while the tree still had it (use after free: whoever gets that memory next\n"
			"changes the area), freed twice, or a pointer that was overwritten.",
		.next =
			"`whatis` and `rd` at the address; `maple PID` for the tree; `log` for munmap() or fork() that failed.",
	},
	{
		.id = "mm.anon_vma",
		.title = "an area and its chain of anon_vmas contradict each other",
		.meaning =
			"An area with anonymous pages names its anon_vma, and that one is among those of its chain; an area\n"
			"without has an empty chain. Each link of the chain names the area. Through these the kernel finds\n"
			"who maps a page: reclaim, migration and exit use them.",
		.causes =
			"A write through a wild pointer; an anon_vma_chain that was freed too early.",
		.next =
			"`vm -v` shows the area; `list` over anon_vma_chain.same_vma the chain.",
	},
	{
		.id = "mm.anon_vma.count",
		.title = "more areas name an anon_vma than it counts",
		.meaning =
			"num_active_vmas is how many areas have this anon_vma as their own, in all address\n"
			"spaces. It decides whether fork gives a child an anon_vma that is in use already; at 0\n"
			"the anon_vma is freed while pages still point to it.",
		.causes =
			"Error paths of fork and mremap that count back what was never counted; a write through\n"
			"a wild pointer.",
		.next =
			"`vm -v`: which areas have it; `log` for failed forks.",
	},
	{
		.id = "mm.map_count",
		.title = "an address space counts another number of areas than it has",
		.meaning =
			"map_count is not the number of areas in the tree, though total_vm is the sum of those: it is the\n"
			"count that is bad. A limit (vm.max_map_count) is held against it, and exit_mmap() of 6.1 dies of\n"
			"it (BUG_ON).",
		.causes =
			"Too many by as many areas as the heap has: do_brk_flags() of an early maple tree series (linux-next\n"
			"of July 2022, no release) counted each area that it made twice; a child of fork is right again,\n"
			"since fork counts anew. Otherwise an error path that forgot to count back, a bit that flipped.",
		.next =
			"`vm PID` and its [heap] areas; does the difference match what brk() has made?",
	},
	{
		.id = "mm.total_vm",
		.title = "an address space counts another number of pages than its areas have",
		.meaning =
			"total_vm is not the sum of the areas' pages, though these agree with the tree and with map_count.\n"
			"Nobody holds mmap_lock.",
		.causes =
			"An error path that did not account back (mas_expand_failed in brk), a bit that flipped.",
		.next =
			"`vm PID`; RLIMIT_AS is held against this number.",
	},
	{
		.id = "mm.exec_vm",
		.title = "executable pages are counted wrong",
		.meaning =
			"exec_vm is not the sum of the areas that are executable and neither writable nor a stack.",
		.causes =
			"A driver that changes vm_flags in its mmap(), after the pages were counted. Else a bit that flipped,\n"
			"in this word or in an area's flags.",
		.next =
			"`vm PID`: which area has as many pages as the difference?",
	},
	{
		.id = "mm.stack_vm",
		.title = "stack pages are counted wrong",
		.meaning =
			"stack_vm is not the sum of the areas that grow down, or are shadow stacks.",
		.causes =
			"A driver that changes vm_flags in its mmap(), after the pages were counted. Else a bit that flipped,\n"
			"in this word or in an area's flags.",
		.next =
			"`vm PID`: which area has as many pages as the difference?",
	},
	{
		.id = "mm.data_vm",
		.title = "data pages are counted wrong",
		.meaning =
			"data_vm is not the sum of the areas that are private and writable and no stack.",
		.causes =
			"A driver that changes vm_flags in its mmap(), after the pages were counted. Else a bit that flipped,\n"
			"in this word or in an area's flags.",
		.next =
			"`vm PID`: which area has as many pages as the difference?",
	},
	{
		.id = "mm.locked_vm",
		.title = "fewer pages are counted as locked than are",
		.meaning =
			"locked_vm is at least the sum of the areas with VM_LOCKED; drivers add to it.",
		.causes =
			"An error path of mlock() or of a driver that counted back too much.",
		.next =
			"`vm PID`: areas with flag 2000.",
	},
	{
		.id = "mm.brk",
		.title = "the heap's bounds contradict each other",
		.meaning =
			"start_brk is at most brk.",
		.causes =
			"A write through a wild pointer; prctl(PR_SET_MM) does not allow it.",
		.next =
			"`vm -m PID` shows the neighbours of these words in mm_struct.",
	},
	{
		.id = "mm.heap",
		.title = "no area is where brk() has made the heap",
		.meaning =
			"brk is pages above start_brk, and no area holds the first of them. A process may take its heap\n"
			"away with munmap(), or have moved the bounds (prctl(PR_SET_MM), checkpoint and restore): it is of\n"
			"no harm then.",
		.causes =
			"The process itself. Else start_brk was overwritten, or the area is gone from the tree.",
		.next =
			"`vm PID`: is there a [heap]? `check -o maple` whether the tree is whole.",
	},
	{
		.id = "mm.stack",
		.title = "no stack is where the process's stack began",
		.meaning =
			"start_stack, which exec() set, is in no area, or in one that does not grow down. A process may\n"
			"take its first stack away once it runs on another, or have moved start_stack (prctl(PR_SET_MM)):\n"
			"it is of no harm then.",
		.causes =
			"The process itself. Else start_stack or the area's flags were overwritten.",
		.next =
			"`vm PID`: is there a [stack]? `bt` for the stack pointer of user mode.",
	},
	{
		.id = "mm.users",
		.title = "an address space has fewer users than tasks that have it",
		.meaning =
			"Each task that has an address space counts in mm_users, and lets go of it before it counts back; at\n"
			"0 the areas and the tables are freed. All of them together count once in mm_count, at 0 of which the\n"
			"mm_struct itself is freed. A task that still has it uses memory that others may have by now.",
		.causes =
			"An mmput() or mmdrop() too many: a driver, a get_task_mm() whose failure path gives back what it\n"
			"did not get. A write through a wild pointer; or the task's ->mm is the bad word.",
		.next =
			"`foreach -u vm -m`: whose address space is it? `whatis` of the mm_struct: is it in use? `log`.",
	},
	{
		.id = "mm.lock.count",
		.title = "mmap_lock counts what no lock counts",
		.meaning =
			"The count has bit 0 for a writer, bit 1 if tasks wait, bit 2 if the first of these is to have it\n"
			"next, and the readers above bit 8; the rest is never set. Here it has other bits, more readers than\n"
			"there are tasks, or says that somebody waits while the lock's list is empty: who wants it next waits\n"
			"for ever, or does not wait. Who holds the lock cannot be told, so totals are not checked.",
		.causes =
			"A write through a wild pointer, a bit that flipped; a semaphore that was given back twice.",
		.next =
			"`vm -m PID` shows the lock and its neighbours, `wait` who waits for it.",
	},
	{
		.id = "mm.lock.seq",
		.title = "mm_lock_seq is odd with mmap_lock free",
		.meaning =
			"A writer makes it odd after it got mmap_lock and even before it gives it back. Nobody holds it.",
		.causes =
			"A write through a wild pointer, a bit that flipped.",
		.next =
			"`vm -m PID` shows the lock and its neighbours.",
	},
	{
		.id = "mm.rcu",
		.title = "a tree is read under RCU and not changed for it",
		.meaning =
			"Page faults walk the tree of a live address space without a lock; so changes must not reuse its nodes.\n"
			"The flag that says so (MT_FLAGS_USE_RCU) is set in the other address spaces and not in this one.",
		.causes =
			"Before 6.1.23 and 6.2.10 fork and stack growth left it so (3dd443254941). A bit that flipped in\n"
			"ma_flags.",
		.next =
			"`maple PID`: whether the tree is whole; BUGs in mm/mmap.c and lib/maple_tree.c in `log`.",
	},
	{
		.id = "mm.xa_zero",
		.title = "the tree of a live process has the mark of a fork that failed",
		.meaning =
			"When fork runs out of memory while it copies the areas, it marks the place (XA_ZERO_ENTRY, 0x406);\n"
			"what stands behind it is the parent's. exit_mmap() knows it. Others who walk the tree of this\n"
			"process take it for an area: they fault at 0x406 and the offset of a member (0x40e vm_end, 0x416\n"
			"vm_mm on x86_64). Where the areas behind it are the process's own, no fork left it: the slot was\n"
			"overwritten, and what should be there is told if the object is found.",
		.causes =
			"Kernels from 6.8 up to the fixes of late 2024 (64c37e134b12 and others): uprobes, the OOM killer,\n"
			"swapoff and /proc reach such a process before it is gone. Else a write through a wild pointer.",
		.next =
			"`log`: fork or allocation failures before; the fault's address.",
	},
	{
		.id = "mm.spanning-store",
		.title = "the last entry of a leaf is there twice, the second time for no address",
		.meaning =
			"Two pivots at the end of a leaf are equal, and their slots have the same area. The\n"
			"kernel's own check of the order of pivots lets that pass. The area counts twice for who\n"
			"walks the tree: map_count is off, exit frees it twice.",
		.causes =
			"CVE-2024-50200: mas_wr_spanning_store() of kernels from 6.1 on that lack bea07fd63192\n"
			"(6.12 and the stable kernels of late 2024 have it), when a store ended where two leaves\n"
			"meet.",
		.next =
			"`maple -t PID` shows the leaf. The kernel's release: has it the fix?",
	},
	{
		.id = "mm.rb.list",
		.title = "the list of areas and their tree differ",
		.meaning =
			"Before 6.1 each area is in a red-black tree and in a list, both in the order of addresses. This word\n"
			"of the list names another area than the tree has next.",
		.causes =
			"A write through a wild pointer, a bit that flipped; a race of two who change the address space.",
		.next =
			"`vm PID`, `vm -v` of the areas at both sides.",
	},
	{
		.id = "mm.rb.link",
		.title = "a link of the tree of areas is bad",
		.meaning =
			"A child's parent and its parent's child do not name each other; the list and the other links tell\n"
			"which of the two words is the bad one.",
		.causes =
			"A write through a wild pointer, a bit that flipped.",
		.next =
			"`tree -t rbtree` from mm_rb; `vm -v` of the areas at both sides.",
	},
	{
		.id = "mm.rb.gap",
		.title = "an area's biggest gap is wrong",
		.meaning =
			"rb_subtree_gap is the biggest free range before this area and those below it in the tree. mmap()\n"
			"finds free ranges by it: too small, and memory is not found; too big, and it looks in vain.",
		.causes =
			"A write through a wild pointer, a bit that flipped.",
		.next =
			"`vm PID` for the gaps between areas.",
	},
	{
		.id = "mm.rb.highest",
		.title = "the end of the last area is wrong",
		.meaning =
			"highest_vm_end is the end of the area with the highest address; mmap() looks for free memory up to\n"
			"there.",
		.causes =
			"A write through a wild pointer, a bit that flipped.",
		.next =
			"`vm PID`: the last area.",
	},
	{ .id = NULL },
};
