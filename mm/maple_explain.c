/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/maple_explain.h"

#include <stddef.h>

#define WORD_CAUSES \
	"A stray write, a bit that flipped in memory (then the finding says which), or a bug in the\n" \
	"maple tree's writers. One bad word is told once: what it breaks besides is its evidence."
#define WORD_NEXT \
	"`maple -t` on the tree shows the node in its place. `rd` and `whatis` around the word: what\n" \
	"lies next to it, are its neighbours good? `log` for an oops of the process before this one."

#define TREE_CAUSES WORD_CAUSES
#define TREE_NEXT \
	"`struct maple_tree` of the address; if nothing of it makes sense, the structure around it was\n" \
	"freed or overwritten."

#define OVER_CAUSES \
	"A write beyond the end of the object in front of the node. The known one: kernels before\n" \
	"6.0 on 32 bits, mas_alloc_nodes() with 63 nodes or more (fixed by \"maple_tree: Fix\n" \
	"mas_alloc_nodes()\", August 2022). Else a stray write or a bit that flipped."
#define OVER_NEXT \
	"`rd` of the 256 bytes in front of the node: whose were they? `maple -t` on the tree shows the\n" \
	"node. Which task forked a large address space lately?"

#define OBJECT_CAUSES \
	"Use after free: the object was freed and its memory given to somebody else, or filled by slab\n" \
	"debugging. Or a write that went beyond its bounds, or astray."
#define OBJECT_NEXT \
	"`rd` of the object: whose data is it? `whatis` on it tells whether the slab allocator has it in\n" \
	"use. `maple -t` on the tree shows what leads to it."

#define PIVOT_CAUSES \
	"A stray write or a bit that flipped; a store that was interrupted (grade in-flight); the\n" \
	"spanning store of 6.12-rc before its fix, which leaves two equal pivots."
#define PIVOT_NEXT \
	"`maple -t` on the tree: do the entries' own bounds agree with the pivots around it? `log` for\n" \
	"what the kernel said of this process before."

#define GAP_CAUSES \
	"A stray write or a bit that flipped. Or a writer that changed a leaf and went away before it\n" \
	"handed the gap up: an oops within mas_store(), or a missed mas_update_gap()."
#define GAP_NEXT \
	"`maple -t` on the tree shows gaps and ranges. mmap() of this process returning ENOMEM, or a\n" \
	"WARN in mas_empty_area(), in `log`?"

#define RACE_CAUSES \
	"A writer that was interrupted (an oops in its midst, or the crash itself on another CPU); a\n" \
	"writer without the lock; a stray write."
#define RACE_NEXT \
	"Who holds the lock (`struct mm_struct.mmap_lock` of the address space, `wait`), and what was\n" \
	"on its stack (`bt`)? `maple -t` on the tree."

#define EXPLAIN(name, what, why, how) \
	{ .id = "maple." name, .title = what, .meaning = why, .causes = how##_CAUSES, .next = how##_NEXT }

const struct cairn_explanation maple_explanations[] = {
	EXPLAIN("root.tag",
		"the root of a maple tree is no link to a node",
		"ma_root holds the address of the root node with its type and two marks in the low bits.\n"
		"Here the low bits, or the address, are none that the kernel ever writes: the whole tree\n"
		"is out of reach.",
		TREE),
	EXPLAIN("root.parent",
		"the root node of a maple tree names another tree as its own",
		"The first word of the root node is the address of its struct maple_tree, with bit 0 set.\n"
		"A writer that walks up from a leaf knows by it that it has arrived.",
		WORD),
	EXPLAIN("node.align",
		"a slot of an inner node leads to no node",
		"Nodes are aligned to their size; the low byte of the slot that leads to one holds its type.\n"
		"This slot has low bits that no type has, or an address where there is no memory. What lies\n"
		"below it is lost.",
		WORD),
	EXPLAIN("node.slab",
		"a node of a tree is no maple_node in use",
		"All words of the tree are right, but the slab allocator has no object in use where this node\n"
		"is: it is on a list of free ones (its slab's, or one that a CPU keeps for itself), lies in\n"
		"another cache, or between objects. Whoever gets that memory next changes the tree. It is how\n"
		"use after free looks before it hurts (StackRot, CVE-2023-3269). Suspicious only where it is\n"
		"not known whether a writer is at work, or if the list of free objects is broken further on.",
		WORD),
	EXPLAIN("node.overwritten",
		"a node of a tree is overwritten",
		"The slot that leads to it is right, a maple_node lies there, and next to nothing of it is what a\n"
		"node holds: parent, pivots and slots are gone. The entries below it are lost. All bytes 0x6b:\n"
		"it was freed while the tree still had it.",
		OBJECT),
	EXPLAIN("node.unread",
		"a slot leads to what the dump has not, and another node names it as its own",
		"The page that the slot leads to is not in the dump, though pages of the slab allocator are. A\n"
		"node that is there has this slot for its parent, and with it in the slot everything fits: the\n"
		"slot is the bad word.",
		WORD),
	EXPLAIN("node.type",
		"an inner node has a type that such a tree has not",
		"A tree that keeps gaps (address spaces do) has inner nodes of type maple_arange_64 only,\n"
		"any other tree of type maple_range_64. The type is in the slot that leads to the node.",
		WORD),
	EXPLAIN("node.dead-linked",
		"a node that was taken out of the tree is still linked",
		"A writer marks a node dead, by making it its own parent, when another has taken its place.\n"
		"Here a dead node can be reached from the root: readers that wait for it to go away never\n"
		"end. Grade in-flight: a writer holds the lock, and 6.1 marks the old node before it links\n"
		"the new one.",
		RACE),
	EXPLAIN("node.shared",
		"two slots lead to the same node",
		"Every node has one parent. One of the two slots is bad, and what belongs there is lost.",
		WORD),
	EXPLAIN("parent.type",
		"the parent word of a node has the low bits of none",
		"A node's first word is its parent's address with the slot it sits in and 6 in the low three\n"
		"bits. The kernel takes the parent's type from them: with others it goes on with a wrong\n"
		"layout, or stops with a BUG in mas_update_gap() when a gap is to be handed up. If it says\n"
		"so, the word was overwritten by what lies in front of the node in memory: then this tree is\n"
		"the victim, and the owner of that memory the culprit.",
		OVER),
	EXPLAIN("parent.slot",
		"the parent word of a node names another slot",
		"The parent is right, the slot is not the one that leads here. A gap that is handed up goes\n"
		"to the wrong place. Grade in-flight: a split or a rebalance was under way.",
		WORD),
	EXPLAIN("parent.node",
		"a node and the slot that leads to it disagree about the parent",
		"The slot that was followed is in another node than the one that the child names. Which of\n"
		"the two words is bad is told by what else agrees. Grade in-flight: the named parent is dead,\n"
		"a writer was about to adopt its children.",
		WORD),
	EXPLAIN("child.null",
		"an inner node has an empty slot",
		"All slots of an inner node up to its end lead to a child. This one is empty: the indices\n"
		"below it are lost, and the kernel dies of a NULL pointer when it goes there.",
		WORD),
	EXPLAIN("depth.uniform",
		"the leaves of a tree lie at different depths",
		"A maple tree grows at its root, so all leaves have the same depth. A slot whose type bits\n"
		"say leaf where there is an inner node, or the other way round, looks like this.",
		WORD),
	EXPLAIN("flags",
		"ma_flags is none that such a tree has",
		"Beside the height ma_flags says whether the tree keeps gaps, which lock guards it and whether\n"
		"readers use RCU: the same for all address spaces (0x303), but for RCU, which fork and exit\n"
		"leave off. What most of them have is what is expected. Without the bit for gaps the kernel\n"
		"makes nodes of another kind and corrupts the tree by its next store.",
		WORD),
	EXPLAIN("height",
		"the height in ma_flags is not the tree's",
		"ma_flags counts the levels. Writers allocate nodes by it. Grade in-flight: it is changed\n"
		"shortly before or after the root is.",
		RACE),
	EXPLAIN("pivot.order",
		"the pivots of a node do not rise",
		"Pivots are the last indices of the slots, so each is greater than the one before. Where one\n"
		"is not, a slot has no range, and lookups find the neighbour's entry instead. Equal pivots\n"
		"at the end of a leaf, with the same entry twice, are the trace of the spanning store that\n"
		"duplicated the last entry (CVE-2024-50200, 6.12-rc1 on).",
		PIVOT),
	EXPLAIN("pivot.range",
		"a pivot lies outside of its node",
		"The pivots above say which indices a node is for; its own must lie within, and its last is\n"
		"the last of them.",
		PIVOT),
	EXPLAIN("pivot.zero",
		"a pivot that is in use is 0",
		"Only the first pivot of a node may be 0. The kernel takes a later one for the end of the\n"
		"node, and what comes after is lost.",
		PIVOT),
	EXPLAIN("pivot.entry",
		"a pivot is not where its entry begins or ends",
		"The entry's own bounds (vm_start, vm_end), its neighbours and the gaps agree with each other\n"
		"and not with the pivot: find_vma() gives the wrong answer in between.",
		PIVOT),
	EXPLAIN("end.range",
		"a node ends behind its last slot",
		"meta.end names the last slot in use. It names one that the node has not: the kernel reads\n"
		"beyond the node.",
		WORD),
	EXPLAIN("end.meta",
		"meta.end is not where the node ends",
		"The pivots say which slot is the last in use, and meta.end says another. Which of them the\n"
		"kernel believes depends on the node's type and on how full it is.",
		WORD),
	EXPLAIN("end.min",
		"a node has fewer entries than it may have",
		"Every node but the root and the rightmost is at least half full. One that is not was left so\n"
		"by a rebalance that did not happen, or lost entries. Nothing breaks by it at once.",
		RACE),
	EXPLAIN("tail.slot",
		"a slot behind the end of a node is in use",
		"Slots behind the end are empty. The kernel looks at them when the node grows, and takes what\n"
		"is there for entries.",
		WORD),
	EXPLAIN("tail.pivot",
		"a pivot behind the end of a node is in use",
		"Pivots behind the end are 0; that is how the kernel sees the end of a leaf.",
		WORD),
	EXPLAIN("tail.gap",
		"a gap behind the end of a node is in use",
		"Gaps behind the end are 0. When the node grows, a search for free space goes there.",
		WORD),
	EXPLAIN("null.adjacent",
		"two empty ranges follow each other in a leaf",
		"The kernel joins empty ranges, so two of them in a row mean that an entry is gone: for an\n"
		"address space, a mapping that the tree has lost, while map_count and the pages of the process\n"
		"still have it. exit_mmap() then stops with a BUG.",
		WORD),
	EXPLAIN("null.leaf-end",
		"a leaf ends with an empty range",
		"Only the last leaf of a tree ends with one: an empty range that reaches over the border of a\n"
		"leaf is put into the next. The kernel counts gaps by leaf and relies on it.",
		WORD),
	EXPLAIN("root.single",
		"the root has one child only",
		"Such a tree could be one level less high, and the kernel takes the level away when it\n"
		"rebalances. Nothing breaks by it.",
		RACE),
	EXPLAIN("gap.parent-mismatch",
		"a gap is not what the child has",
		"An inner node keeps the size of the greatest free range below each slot. Recounted from the\n"
		"leaves, it is another. Too big: the search for free address space goes down there and finds\n"
		"none. Too small: free space is never found. Grade in-flight: a writer has changed the leaf\n"
		"and had not yet handed the new gap up.",
		GAP),
	EXPLAIN("gap.meta-not-max",
		"meta.gap does not name the greatest gap",
		"It names the slot with the greatest gap of the node, which is what the parent has to know.",
		GAP),
	EXPLAIN("gap.too-big",
		"a gap is greater than the range that it is in",
		"No free range can be greater than the indices of the slot.",
		GAP),
	EXPLAIN("gap.meta-range",
		"meta.gap names a slot that is not in use",
		"meta.gap is the number of a slot of this node, 0 in a leaf. Where there is no gap at all, 6.1\n"
		"has 15 there, which is left alone.",
		GAP),
	EXPLAIN("entry.reserved",
		"an entry is a number that no entry can be",
		"Small numbers with the low bits 10 are marks of the kernel's own. 0x406 (XA_ZERO_ENTRY) in an\n"
		"address space is what a fork that ran out of memory leaves: faults at 0x406 plus a small\n"
		"offset come from it.",
		WORD),
	EXPLAIN("entry.wrong",
		"an entry is no object of this tree",
		"The slot leads to memory that is no vm_area_struct of this address space, or to one that is\n"
		"for another range.",
		WORD),
	EXPLAIN("entry.unread",
		"an entry is what the dump has not, and another one fits",
		"The page that the slot leads to is not in the dump, though pages of the slab allocator are. A\n"
		"vm_area_struct of this address space, for just that range, is there and in no slot: the slot\n"
		"is the bad word.",
		WORD),
	EXPLAIN("entry.overwritten",
		"an object that a tree leads to is overwritten",
		"The slot is right: ranges before and behind fit, and an object of vm_area_struct's slab cache\n"
		"lies there. What is in it is no area of any address space. All bytes 0x6b: it was freed\n"
		"while the tree still had it.",
		OBJECT),
	EXPLAIN("entry.lost",
		"an entry is gone, or there is one too many",
		"There is an object of this address space for exactly the range that the tree says is empty,\n"
		"and map_count counts it.",
		WORD),
	{ .id = NULL },
};
