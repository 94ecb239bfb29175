/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_layout - what a node of a maple tree looks like in this kernel.
 *
 * All sizes come from the types: the arrays' lengths give the slots. What no type tells is here:
 *
 *   ma_root      0: empty. Low bits 10 and above 4096: a node. Anything else: one entry, for
 *                index 0 alone.
 *   a link       node | type << 3 | 4; ma_root has bit 1 besides
 *   parent       of the root: the struct maple_tree | 1; of others: parent | slot << 3 | 6
 *   ma_flags     0x01 gaps are kept, 0x02 readers use RCU, 0x7c the height (times 4)
 *
 * A node of type range or leaf ends (its last slot in use) by its last pivot: 0: as meta.end
 * says; the node's maximum: the slot of that pivot; else the last slot of all. The last slot
 * holds meta where it is not in use.
 *
 * Sources: include/linux/maple_tree.h, lib/maple_tree.c (mte_node_type, ma_data_end, mte_parent,
 * mt_height), the same in 6.1, 6.12 and 7.2.
 */
#ifndef CAIRN_KERN_MAPLE_LAYOUT_H
#define CAIRN_KERN_MAPLE_LAYOUT_H

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/session.h"

#define MAPLE_ROOT_NODE   UINT64_C(2)
#define MAPLE_LINK        UINT64_C(4)
#define MAPLE_ROOT_PARENT UINT64_C(1)
#define MAPLE_PARENT_TAG  UINT64_C(6)
#define MAPLE_PARENT_TAGS UINT64_C(7)
#define MAPLE_TYPE_SHIFT  3
#define MAPLE_TYPE_MASK   UINT64_C(15)
#define MAPLE_RESERVED    4096 /* entries with low bits 10 below are no pointers */
#define MAPLE_XA_ZERO     UINT64_C(0x406) /* XA_ZERO_ENTRY, include/linux/xarray.h */

#define MAPLE_FLAG_GAPS   UINT64_C(0x001)
#define MAPLE_FLAG_RCU    UINT64_C(0x002)
#define MAPLE_FLAG_HEIGHT UINT64_C(0x07c)
#define MAPLE_HEIGHT_SHIFT 2
#define MAPLE_FLAG_LOCK   UINT64_C(0x300)
#define MAPLE_LOCK_EXTERN UINT64_C(0x300)

/** Levels that the height in ma_flags has room for. */
#define MAPLE_DEPTH 31

/** No node has more. */
#define MAPLE_SLOTS 64

enum maple_type { MAPLE_DENSE, MAPLE_LEAF, MAPLE_RANGE, MAPLE_ARANGE, MAPLE_TYPES };

/** One kind of node: offsets in it; slots - 1 pivots. */
struct maple_form {
	unsigned slots;         /* 0: no such node is ever linked */
	unsigned min_end;       /* the least last slot of a node that is not the root */
	unsigned pivot, slot, gap, end, meta_gap; /* gap 0: none */
	bool meta_in_slot;      /* the meta bytes are in the last slot */
	const char *name;       /* "mr64", "ma64": the member of struct maple_node */
};

struct maple_layout {
	uint8_t word;
	unsigned size;          /* of a node, a power of two, and its alignment */
	uint64_t max;           /* the greatest index */
	struct maple_form form[MAPLE_TYPES];
	uint64_t code[MAPLE_TYPES]; /* the kernel's number of the type */
	uint64_t lock, flags, root; /* offsets in struct maple_tree */
	unsigned flags_size;
};

/** Read the types on the first call; kept in the session. CAIRN_MISSING where the kernel has no
 *  maple trees or its types are not known. */
enum cairn_code maple_layout_get(struct cairn *c, const struct maple_layout **ret,
				 struct cairn_err *err);

static inline uint64_t maple_word(const struct maple_layout *l, const unsigned char *node,
				  unsigned offset)
{
	return le_uint(node + offset, l->word);
}

/** n words in a row. */
void maple_words(const struct maple_layout *l, const unsigned char *from, uint64_t *to, unsigned n);

static inline uint64_t maple_parent(const struct maple_layout *l, const unsigned char *node)
{
	return maple_word(l, node, 0);
}

static inline unsigned maple_pivot_at(const struct maple_layout *l, enum maple_type t, unsigned i)
{
	return l->form[t].pivot + i * l->word;
}

static inline unsigned maple_slot_at(const struct maple_layout *l, enum maple_type t, unsigned i)
{
	return l->form[t].slot + i * l->word;
}

static inline unsigned maple_gap_at(const struct maple_layout *l, enum maple_type t, unsigned i)
{
	return l->form[t].gap + i * l->word;
}

/** The node and the type that a link names; false if its low bits are no type's. */
bool maple_link(const struct maple_layout *l, uint64_t link, uint64_t *node, enum maple_type *type);

/** What links to a node of that type, and what a node has as parent. */
uint64_t maple_link_to(const struct maple_layout *l, uint64_t node, enum maple_type type);
uint64_t maple_parent_of(uint64_t parent, unsigned slot);

/** A node lies at that address which its parent, or its tree, leads to. */
bool maple_node_at(struct cairn *c, uint64_t addr);

/** The last slot in use, as the node says; `hi` is the greatest index that it covers. It may be
 *  more than there are. */
static inline unsigned maple_node_end(const struct maple_layout *l, const unsigned char *node,
				      enum maple_type type, uint64_t hi)
{
	const struct maple_form *f = &l->form[type];
	uint64_t last;

	if (!f->meta_in_slot)
		return node[f->end];
	last = maple_word(l, node, maple_pivot_at(l, type, f->slots - 2));
	if (!last)
		return node[f->end];
	return last == hi ? f->slots - 2 : f->slots - 1;
}

/** The node says by its meta bytes where it ends, or could: its last slot is not in use. */
static inline bool maple_has_meta(const struct maple_layout *l, enum maple_type type, unsigned end)
{
	return !l->form[type].meta_in_slot || end < l->form[type].slots - 1;
}

#endif
