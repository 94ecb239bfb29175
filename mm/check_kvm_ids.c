/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the findings of the checker "kvm" mean. */
#include "mm/check_kvm.h"

const struct cairn_explanation check_kvm_ids[] = {
	{
		.id = "kvm.list",
		.title = "the list of virtual machines is damaged",
		.meaning =
			"vm_list links all virtual machines of this host. A link leads nowhere, or not back: some\n"
			"machines may not have been looked at.",
		.causes =
			"A struct kvm that was freed while on the list, or a stray write into one.",
		.next =
			"`kvm` shows what could be found from either end. `whatis` of the address that is named.",
	},
	{
		.id = "kvm.slot.range",
		.title = "a memory slot has an impossible size",
		.meaning =
			"A slot has between 1 and 2^31 pages within the guest's address space. This one has not, so\n"
			"either its size or its first frame was overwritten.",
		.causes =
			"A stray write into struct kvm_memory_slot.",
		.next =
			"`kvm PID` lists the slots; `struct kvm_memory_slot ADDRESS`: do the copies in hva_node agree?",
	},
	{
		.id = "kvm.slot.hva",
		.title = "a memory slot and its node in hva_tree differ",
		.meaning =
			"A slot's user address and size are kept twice: in userspace_addr and npages, and in its node\n"
			"of the interval tree by which MMU notifiers find slots. The two differ, so that guest\n"
			"memory is looked up in one place and invalidated in another.",
		.causes =
			"A stray write into the slot. One of the values is still right: expected has those of the tree.",
		.next =
			"Page tables of the guest that were filled before show which is right (`tdp -l`, with\n"
			"`vtop` of the process's address).",
	},
	{
		.id = "kvm.slot.base",
		.title = "a memory slot begins elsewhere than its mappings say",
		.meaning =
			"Pages are mapped at guest frames where no slot has them, and all would be right if this slot\n"
			"began at another frame: base_gfn is the one word that explains them.",
		.causes =
			"base_gfn was overwritten, or the slot was moved without zapping what was mapped.",
		.next =
			"`kvm PID`; `tdp -l PID` lists what is mapped.",
	},
	{
		.id = "kvm.slot.flags",
		.title = "a memory slot's flags contradict what it has",
		.meaning =
			"A slot that logs writes has a bitmap, one with a guest_memfd says so, and there are only a\n"
			"few flags at all.",
		.causes =
			"A stray write into the slot's flags, or a bitmap that was freed.",
		.next =
			"`kvm PID` shows the flags, `struct kvm_memory_slot ADDRESS` the rest.",
	},
	{
		.id = "kvm.slot.as-id",
		.title = "a memory slot is in the wrong address space",
		.meaning =
			"Slots of system management mode are kept apart from the others. This one says that it\n"
			"belongs to the other kind.",
		.causes =
			"A stray write into KVM's memory.",
		.next =
			"`struct kvm_memory_slot ADDRESS`.",
	},
	{
		.id = "kvm.slot.overlap",
		.title = "two memory slots overlap",
		.meaning =
			"A guest frame belongs to one slot. Two valid slots of one address space have frames in\n"
			"common: which memory the guest gets depends on which is found first.",
		.causes =
			"base_gfn or npages of one of the two was overwritten: KVM refuses such a slot.",
		.next =
			"`kvm PID`: which of the two has an odd size? hva_node of a slot has its size once more.",
	},
	{
		.id = "kvm.slot.order",
		.title = "memory slots are out of order",
		.meaning =
			"The tree of slots is searched by guest frame. It is not in this order, so slots are not\n"
			"found, and the guest's accesses to them become MMIO.",
		.causes =
			"base_gfn was overwritten, or a node of the tree.",
		.next =
			"`kvm PID`, `struct kvm_memory_slot ADDRESS`.",
	},
	{
		.id = "kvm.slot.tree",
		.title = "the tree of memory slots is damaged",
		.meaning =
			"A node of gfn_tree leads to where no slot is, or names a parent that does not lead to it.",
		.causes =
			"A stray write into a slot, or one that was freed while in the tree.",
		.next =
			"`kvm PID` lists the slots that can still be reached.",
	},
	{
		.id = "kvm.slot.hash",
		.title = "a memory slot is not where its id is looked for",
		.meaning =
			"User space names slots by id, and KVM finds them in a hash. This slot is not in the bucket\n"
			"of its id, or another one has the same id.",
		.causes =
			"The id was overwritten, or a link of the hash.",
		.next =
			"`kvm PID` shows the ids.",
	},
	{
		.id = "kvm.slot.set",
		.title = "a set of memory slots contradicts itself or the other set",
		.meaning =
			"Each address space has two sets of slots, of which one is active; outside of a change both\n"
			"have the same slots, each with its own links, and the generation of address space 0 is\n"
			"even, that of space 1 odd.",
		.causes =
			"A stray write into struct kvm, or a change of slots that was broken off.",
		.next =
			"`kvm PID`; a task in kvm_set_memslot (`foreach bt -f 'kvm_set_mem*'`) is changing them.",
	},
	{
		.id = "kvm.slot.sum",
		.title = "what is counted of memory slots is not what they are",
		.meaning =
			"KVM counts the pages of all slots (nr_memslot_pages) and the slots that log writes\n"
			"(nr_memslots_dirty_logging). The slots themselves add up to something else.",
		.causes =
			"The counter was overwritten, or npages or flags of a slot.",
		.next =
			"`kvm PID` lists the slots.",
	},
	{
		.id = "tdp.page-private",
		.title = "a page-table page and its struct kvm_mmu_page do not name each other",
		.meaning =
			"KVM finds the struct kvm_mmu_page of a table by the private word of the table's page, and\n"
			"the table by its spt. One of the two leads elsewhere: where an entry of the table above\n"
			"was overwritten, or the table was freed and its page is used for something else. What lies\n"
			"below was not looked at.",
		.causes =
			"A stray write to an entry of a page table, to struct page or struct kvm_mmu_page. A table\n"
			"freed while still linked (use after free).",
		.next =
			"`whatis` of the page; `tdp -t -g GFN` shows the entries above it.",
	},
	{
		.id = "tdp.root.list",
		.title = "the list of TDP roots is damaged, or has what is no root",
		.meaning =
			"tdp_mmu_roots has every root of the VM. Each begins at frame 0, has 4 or 5 levels, is\n"
			"direct, is led to by no entry, and is held by somebody.",
		.causes =
			"A root freed while on the list, a table put there by mistake, or a stray write.",
		.next =
			"`kvm PID` lists roots; `struct kvm_mmu_page ADDRESS`.",
	},
	{
		.id = "tdp.root.duplicate",
		.title = "two valid roots have the same role",
		.meaning =
			"KVM looks for a root of the role that it needs before it makes one. Two with the same role\n"
			"mean that vCPUs run on different page tables.",
		.causes =
			"A race in kvm_tdp_mmu_alloc_root, or a role that was overwritten.",
		.next =
			"`kvm PID`: which vCPU uses which?",
	},
	{
		.id = "tdp.vcpu.root",
		.title = "a vCPU's root is not on the list of roots, or of another role",
		.meaning =
			"root.hpa of a vCPU is loaded into the processor for the guest. It is not the table of a root\n"
			"that the VM has, or that root's role is not the vCPU's: the guest runs on page tables that\n"
			"nobody keeps up to date.",
		.causes =
			"A root freed while in use (see tdp.refcount), or a stray write into struct kvm_mmu.",
		.next =
			"`kvm PID`; `whatis` of the page that root.hpa names.",
	},
	{
		.id = "tdp.vcpu.mirror",
		.title = "a vCPU's mirror root is missing, needless, or no mirror",
		.meaning =
			"A vCPU of a TDX guest has two roots: the mirror of what the TDX module maps of private\n"
			"memory, and the direct one for shared memory. Never the direct one alone, never a mirror\n"
			"in another guest, and neither in the place of the other.",
		.causes =
			"mirror_root_hpa or root.hpa overwritten, or is_mirror of the root's role; a mirror root\n"
			"that was let go with the direct one (it is kept until the vCPU is destroyed).",
		.next =
			"`kvm PID` shows both roots of each vCPU, `tdp PID` what each maps.",
	},
	{
		.id = "tdp.refcount",
		.title = "a root's reference count is not the number of its users",
		.meaning =
			"A valid root is held once by the TDP MMU and once by each vCPU that uses or keeps it. Fewer\n"
			"references than users: the root will be freed while in use. More (grade suspicious): a\n"
			"leak, or a walker that gave mmu_lock back for a moment. Tables below a root have none.",
		.causes =
			"A missing or doubled kvm_tdp_mmu_put_root, or a stray write.",
		.next =
			"`kvm PID`; `foreach bt -f '*tdp_mmu*'` for tasks that hold a reference.",
	},
	{
		.id = "tdp.root.invalid-in-use",
		.title = "an invalid root is still used and nobody will zap it",
		.meaning =
			"A root that is invalidated is scheduled to be zapped, or has been. This one is neither, it\n"
			"still maps memory, and a vCPU may run on it: the guest can reach memory that was taken away.",
		.causes =
			"A path that invalidates roots and does not schedule them.",
		.next =
			"`tdp -r ROOT -l` lists what is still mapped.",
	},
	{
		.id = "tdp.child.role",
		.title = "a table's role is not its root's",
		.meaning =
			"All tables below a root have its role but for the level: access tracking, address space and\n"
			"guest mode are decided by it.",
		.causes =
			"A stray write into struct kvm_mmu_page, or a table that was linked into the wrong tree.",
		.next =
			"`struct kvm_mmu_page ADDRESS`; `tdp -t -g GFN`.",
	},
	{
		.id = "tdp.child.level",
		.title = "a table's level is not the one below its parent's",
		.meaning =
			"The level tells KVM how much an entry maps. With a wrong one it zaps and ages other guest\n"
			"frames than those that are mapped.",
		.causes =
			"A stray write into struct kvm_mmu_page, or a table linked into the wrong level.",
		.next =
			"`struct kvm_mmu_page ADDRESS`; `tdp -t -g GFN`.",
	},
	{
		.id = "tdp.mirror.child-role",
		.title = "tables of one tree disagree whether it is a mirror",
		.meaning =
			"Below a mirror root every table is a mirror's, below a direct root none. Removing this table\n"
			"would raise KVM's own KVM_BUG_ON in handle_changed_spte: is_mirror of the role against\n"
			"that of the child.",
		.causes =
			"A stray write into the role, or a table that was taken from the other half.",
		.next =
			"`tdp -m -t -g GFN` and `tdp -d -t -g GFN`; `struct kvm_mmu_page ADDRESS`.",
	},
	{
		.id = "tdp.child.gfn",
		.title = "a table says that it maps other guest frames than it does",
		.meaning =
			"The frames that a table maps follow from the entries that lead to it. KVM uses what the\n"
			"table says when it zaps or recovers huge pages: it would flush other frames.",
		.causes =
			"A stray write into struct kvm_mmu_page.gfn, or a table linked in the wrong place.",
		.next =
			"`tdp -t -g GFN` for both frames.",
	},
	{
		.id = "tdp.child.ptep",
		.title = "a table names another entry than the one that leads to it",
		.meaning =
			"When KVM recovers a huge page it zaps the entry that the table names: here another one.",
		.causes =
			"A stray write into struct kvm_mmu_page.ptep, or a table linked twice.",
		.next =
			"`struct kvm_mmu_page ADDRESS`; `rd` of both entries.",
	},
	{
		.id = "tdp.child.shared",
		.title = "two entries lead to one table",
		.meaning =
			"A table of the TDP MMU has one parent. What one path maps, ages or zaps is also reached by the\n"
			"other, and freeing one leaves the other with freed memory.",
		.causes =
			"An entry that was overwritten with another's value.",
		.next =
			"`rd` of the entry; `tdp -t -g GFN` for the frames of both.",
	},
	{
		.id = "tdp.cycle",
		.title = "an entry leads to a table above itself",
		.meaning =
			"The processor would read entries of one level as those of another: the guest can reach any\n"
			"memory that happens to be named there, page tables included.",
		.causes =
			"An entry that was overwritten.",
		.next =
			"`rd` of the entry; `tdp -t -g GFN`.",
	},
	{
		.id = "tdp.orphan",
		.title = "the list of tables and the tables that roots lead to differ",
		.meaning =
			"Up to 6.1 each table is on kvm->arch.tdp_mmu_pages. One that is there and that no root leads to\n"
			"is lost: its memory leaks, and the VM cannot be destroyed without a warning.",
		.causes =
			"An entry that led to it was cleared without the table being freed.",
		.next =
			"`struct kvm_mmu_page ADDRESS`: its gfn and level tell which entry led there.",
	},
	{
		.id = "tdp.mirror.huge-page",
		.title = "a mirror root maps a huge page",
		.meaning =
			"KVM maps private memory of TDX guests by 4K pages only and checks that with KVM_BUG_ON. A huge\n"
			"leaf in a mirror does not correspond to anything that the TDX module has.",
		.causes =
			"An entry that was overwritten, or a path that does not keep max_level for private faults.",
		.next =
			"`tdp -m -g GFN`; `rd` of the entry.",
	},
	{
		.id = "tdp.mirror.external-spt",
		.title = "a mirror's table without external table, or one where none belongs",
		.meaning =
			"Each table below a mirror root has a page that was given to the TDX module for its own table\n"
			"(external_spt); the root and direct tables have none.",
		.causes =
			"A stray write into struct kvm_mmu_page, or an allocation that was skipped.",
		.next =
			"`struct kvm_mmu_page ADDRESS`.",
	},
	{
		.id = "tdp.mirror.vm-type",
		.title = "mirror roots, direct bit and vm_type do not go together",
		.meaning =
			"Mirror roots and a direct bit are what TDX guests have, and no others. Of the three two agree;\n"
			"the third is said to be wrong.",
		.causes =
			"vm_type was overwritten, or a mirror root was made for a VM that is none.",
		.next =
			"`kvm PID`.",
	},
	{
		.id = "tdp.mirror.gmem-pfn",
		.title = "private memory is mapped that is not guest_memfd's",
		.meaning =
			"The private memory of a guest is in a file of guest_memfd. The page that is mapped is not\n"
			"the one that this file has at that place, or it has none there.",
		.causes =
			"An entry that was overwritten, or a page that was truncated from guest_memfd without being\n"
			"zapped.",
		.next =
			"`tdp -p PFN` shows who else maps the page; `whatis` of it.",
	},
	{
		.id = "tdp.mirror.attribute",
		.title = "a guest frame is mapped in the half where it does not belong",
		.meaning =
			"The attribute private of a guest frame decides which half of the page tables maps it. A frame\n"
			"is mapped by the other: private data could be shared, or the reverse.",
		.causes =
			"A conversion (KVM_SET_MEMORY_ATTRIBUTES) that did not zap, or an entry that was overwritten.",
		.next =
			"`tdp -c` shows frames in both halves.",
	},
	{
		.id = "tdp.direct-bit.wrong-half",
		.title = "the direct bit is not right, or entries are in the wrong half",
		.meaning =
			"One bit of a TDX guest's addresses tells shared from private memory. A mirror root maps only\n"
			"where it is 0, a direct root only where it is 1.",
		.causes =
			"gfn_direct_bits was overwritten, or an entry was written at the wrong index.",
		.next =
			"`kvm PID` shows the bit; `tdp -t -g GFN`.",
	},
	{
		.id = "tdp.frozen-spte",
		.title = "an entry is frozen",
		.meaning =
			"KVM freezes an entry (FROZEN_SPTE, REMOVED_SPTE) while it changes what lies behind it, in a\n"
			"mirror while the TDX module does. Others who meet it try again. With mmu_lock held this is\n"
			"legal (grade in-flight); with the lock free nobody will ever put it right: the guest faults\n"
			"on that memory for ever.",
		.causes =
			"A change that failed half way and did not restore the old value (external page table\n"
			"operations that return an error), or a stray write.",
		.next =
			"`foreach bt -f '*tdp_mmu*'`: who is at it? `tdp -g GFN`; `kvm PID` shows mmu_lock.",
	},
	{
		.id = "tdp.nonpresent-value",
		.title = "an entry that maps nothing has no value that such an entry may have",
		.meaning =
			"An entry that is not present is empty (since 6.10 bit 63 alone, so that no #VE is raised),\n"
			"frozen, or MMIO of that guest frame.",
		.causes =
			"A stray write, often zeroes over a page table: an entry of 0 raises #VE in a TDX guest.",
		.next =
			"`rd` of the entry and what is around it.",
	},
	{
		.id = "tdp.rsvd",
		.title = "an entry has bits that none has, or lacks bits that all have",
		.meaning =
			"Entries that lead to tables are all equal but for the address; leaves have only permissions,\n"
			"accessed and dirty, memory type, and KVM's marks. Address bits above what the processor\n"
			"has make it stop with an EPT misconfiguration or a reserved-bit fault.",
		.causes =
			"A stray write or a flipped bit.",
		.next =
			"`tdp -g GFN`: the entries beside it show what is usual.",
	},
	{
		.id = "tdp.ad-type",
		.title = "an entry tracks accesses in another way than its root",
		.meaning =
			"The role of a root says whether the processor sets accessed and dirty bits; each entry has the\n"
			"same in a field of its own.",
		.causes =
			"A flipped bit in the entry.",
		.next =
			"`tdp -g GFN`.",
	},
	{
		.id = "tdp.leaf.huge-align",
		.title = "a huge page is not aligned",
		.meaning =
			"A 2M or 1G entry maps a page frame that is no multiple of its size: the processor takes low\n"
			"address bits as reserved or ignores them, and the guest sees other memory.",
		.causes =
			"An entry that was overwritten, or a wrong level when it was made.",
		.next =
			"`tdp -g GFN`.",
	},
	{
		.id = "tdp.leaf.no-memslot",
		.title = "a page is mapped outside all memory slots",
		.meaning =
			"Memory that no slot has was never given to the guest, or was taken away: the mapping should\n"
			"have been zapped with the slot.",
		.causes =
			"A slot that was deleted or moved without zapping its mappings, or a stray entry.",
		.next =
			"`kvm PID` lists the slots; `tdp -g GFN`, `whatis` of the page.",
	},
	{
		.id = "tdp.leaf.pfn",
		.title = "a page is mapped that the process does not have there",
		.meaning =
			"A guest's memory is that of its process. At this address the process has another page, or none:\n"
			"an MMU notifier did not reach KVM. The guest reads and writes memory that may be someone\n"
			"else's.",
		.causes =
			"A missing or misplaced MMU notifier (migration, swap, KSM, hole punching), a race between\n"
			"a fault and an invalidation, or an entry that was overwritten.",
		.next =
			"`tdp -p PFN` shows who else maps the page, `whatis` whose it is.",
	},
	{
		.id = "tdp.leaf.pfn-free",
		.title = "a page is mapped that is free",
		.meaning =
			"The reference count of the page is 0: the allocator has it, and the guest can still write to\n"
			"it. Sooner or later it becomes something else.",
		.causes =
			"A missing MMU notifier, a reference given back twice, or an entry that was overwritten.",
		.next =
			"`whatis` of the page; `tdp -p PFN`.",
	},
	{
		.id = "tdp.leaf.writable-bits",
		.title = "a leaf's permissions to write contradict each other",
		.meaning =
			"What is writable is MMU-writable, and what is MMU-writable is host-writable. KVM warns of the\n"
			"same (check_spte_writable_invariants).",
		.causes =
			"A flipped bit, or a path that makes an entry writable without asking.",
		.next =
			"`tdp -g GFN`.",
	},
	{
		.id = "tdp.leaf.readonly-slot",
		.title = "a page of a read-only slot is writable",
		.meaning =
			"The slot is read-only for the guest (a ROM); writes should leave to user space. They go\n"
			"straight to memory.",
		.causes =
			"An entry that was overwritten, or made before the slot became read-only and not zapped.",
		.next =
			"`kvm PID`; `tdp -g GFN`.",
	},
	{
		.id = "tdp.leaf.nx-huge",
		.title = "a huge page is executable against nx_huge_pages",
		.meaning =
			"With nx_huge_pages a huge page must not be executable: on some Intel processors that lets a\n"
			"guest stop the machine (iTLB multihit).",
		.causes =
			"An entry that was overwritten, or a path that recovers huge pages without clearing the\n"
			"right to execute.",
		.next =
			"`tdp -g GFN`; the parameter nx_huge_pages of module kvm.",
	},
	{
		.id = "tdp.leaf.dirty-log",
		.title = "a page that logs writes can be written without being logged",
		.meaning =
			"While a slot logs writes, a page is made writable when it enters the bitmap and only then. This\n"
			"one is writable and not in it, or a huge page: what the guest writes will be missing after\n"
			"a live migration.",
		.causes =
			"A path that makes entries writable without mark_page_dirty, huge pages not split when\n"
			"logging began, or an entry that was overwritten.",
		.next =
			"`tdp -g GFN`; `rd` of dirty_bitmap.",
	},
	{
		.id = "tdp.stat.pages",
		.title = "the count of mapped pages is not what is mapped",
		.meaning =
			"kvm.stat.pages counts the leaves of each size. The tables have another number, and nothing else\n"
			"was found wrong with them.",
		.causes =
			"A leaf that was added or removed without being counted, or an overwritten counter.",
		.next =
			"`tdp -s PID` and `kvm PID`.",
	},
	{
		.id = "tdp.stat.secondary",
		.title = "the kernel counts another number of guests' page tables",
		.meaning =
			"NR_SECONDARY_PAGETABLE (SecPageTables in /proc/meminfo) counts tables below the roots of all\n"
			"VMs. More of them than can be found: some are lost and leak. Fewer: some were counted off\n"
			"twice.",
		.causes =
			"A table that was unlinked and not freed; a counter that was overwritten.",
		.next =
			"`tdp` of all VMs.",
	},
	{
		.id = "tdp.bugged",
		.title = "KVM gave the VM up",
		.meaning =
			"A KVM_BUG_ON fired: KVM found a state that it holds to be impossible, warned, and refuses to go on\n"
			"with the VM (vm_bugged). vm_dead is set also when user space asked for it.",
		.causes =
			"A bug in KVM, or memory that was overwritten.",
		.next =
			"`log`: the warning names the place.",
	},
	{ .id = NULL },
};
