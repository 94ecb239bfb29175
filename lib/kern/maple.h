/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple - the kernel's maple trees, walked in order of their indices and with care.
 *
 *   struct maple_walk w;
 *   code = maple_begin(&w, c, tree, first, last, limit, err);
 *   while (code == CAIRN_OK && maple_next(&w))
 *           use(w.first, w.last, w.entry);
 *   code = maple_end(&w, err);
 *
 * Entries come as they are stored: pointers, values (bit 0 set), reserved ones (XA_ZERO_ENTRY,
 * 0x406). A range without an entry is no element. Those that reach into [first, last] from
 * outside are whole.
 *
 * The nodes of that range are got first, level by level: a node names all its children, so a
 * level's are known before any of them is read, and come in the order of the file on two
 * threads. Each is read once and looked at in place. What cannot be read, is reached twice or
 * is no node is left out, the walk goes on, and maple_end() tells what was lost.
 *
 * Source: lib/maple_tree.c; layouts in maple_layout.h.
 */
#ifndef CAIRN_KERN_MAPLE_H
#define CAIRN_KERN_MAPLE_H

#include "lib/base/map.h"
#include "lib/image/shelf.h"
#include "lib/kern/maple_layout.h"
#include "lib/kern/session.h"

#define MAPLE_NONE UINT32_MAX

/** What became of a node that its parent, or the tree, should lead to. */
enum maple_state {
	MAPLE_THERE,
	MAPLE_OUTSIDE,   /* of what was asked for */
	MAPLE_CUT,       /* the slot is not to be trusted */
	MAPLE_NULL,      /* the slot is empty */
	MAPLE_NO_NODE,   /* the slot's low bits are no node's, or a leaf's where none can be */
	MAPLE_TWICE,     /* another slot led there before */
	MAPLE_UNREAD,    /* fault says why */
	MAPLE_DEEP,      /* below MAPLE_DEPTH */
	MAPLE_LEFT,      /* the limit was reached before */
};

struct maple_node {
	uint64_t addr;
	uint64_t lo, hi;            /* the indices that it is to cover; lo > hi: they contradict */
	const unsigned char *bytes; /* MAPLE_THERE: the whole node */
	uint32_t parent;            /* place in struct maple.node; MAPLE_NONE: the root */
	uint32_t child;             /* of the child in slot 0, the others follow; MAPLE_NONE: a leaf */
	uint8_t slot;               /* of its parent */
	uint8_t type;               /* enum maple_type */
	uint8_t end;                /* its last slot in use, at most the last there is */
	uint8_t depth;              /* 0: the root */
	uint8_t state;              /* enum maple_state */
	uint8_t fault;              /* enum cairn_fault */
};

/** What a node, or the struct maple_tree, would be if a word of it were another: to try a repair
 *  out. `size` 0: none. */
struct maple_patch {
	uint64_t node, addr;        /* the struct, and the word in it */
	unsigned size;
	uint64_t value;
};

#define MAPLE_PATCHES 32
#define MAPLE_CUTS 32

/** A tree, or the part of it that covers [first, last]: nodes by level, within a level by index.
 *  Set what is above the line, zero the rest; then maple_load(). */
struct maple {
	struct cairn *c;
	const struct maple_layout *layout;
	struct shelf *shelf;        /* that the nodes stay on */
	uint64_t tree;              /* struct maple_tree */
	uint64_t first, last;
	size_t limit;               /* of nodes */
	struct maple_patch patch[MAPLE_PATCHES];
	size_t npatches;
	uint64_t cut[MAPLE_CUTS];   /* addresses of slots whose words are not to be trusted */
	size_t ncuts;
	/* ---- */
	uint64_t flags, root;       /* ma_flags, ma_root */
	uint64_t single;            /* an entry without a node, for index 0 alone */
	struct maple_node *node;
	size_t n, cap;
	struct map seen;            /* address -> place of the node, where a parent word is off */
	bool doubted;               /* one is */
	unsigned char *patched[MAPLE_PATCHES]; /* nodes with patches, as they would be */
	size_t npatched;
	bool partial;               /* the limit, or an interruption */
	struct cairn_err err;       /* the first node that was left out, or why it ended */
};

/** Get the nodes. An error is what kept it from getting any: ma_root cannot be read, no memory, a
 *  limit, an interruption; what is wrong with nodes is said by them, the first of it in m->err. */
enum cairn_code maple_load(struct maple *m, struct cairn_err *err);
void maple_unload(struct maple *m);

/** Put the nodes of many trees on the shelf, level by level of all of them. What cannot be got
 *  is found out again by whoever looks. *left is how many inner nodes may still be looked at. */
void maple_want(struct cairn *c, const struct maple_layout *l, struct shelf *shelf,
		const uint64_t *trees, size_t n, size_t *left);

/** The place of the node at that address that is there. */
bool maple_place(const struct maple *m, uint64_t addr, size_t *ret);

/** The slot's word, at that address, is not to be trusted. */
bool maple_is_cut(const struct maple *m, uint64_t addr);

/** The word in a slot of a node that is there, and the indices that it is for. */
uint64_t maple_slot(const struct maple *m, const struct maple_node *n, unsigned slot);
uint64_t maple_lo(const struct maple *m, const struct maple_node *n, unsigned slot);
uint64_t maple_hi(const struct maple *m, const struct maple_node *n, unsigned slot);

/** Bring the node at that place, if it is there, into the processor's cache: those of a large tree
 *  are in none when they are looked at again. */
static inline void maple_fetch(const struct maple *m, size_t i)
{
	const unsigned char *p = i < m->n ? m->node[i].bytes : NULL;

	for (unsigned at = 0; p && at < m->layout->size; at += 64)
		__builtin_prefetch(p + at);
}

/** The leaf that comes after, or before, the node at place `i` in order of the indices (nodes
 *  that are not there included): its place, or MAPLE_NONE. `i` MAPLE_NONE: the first, the
 *  last. */
uint32_t maple_leaf_after(const struct maple *m, uint32_t i);
uint32_t maple_leaf_before(const struct maple *m, uint32_t i);

struct maple_walk {
	uint64_t first, last;   /* the current element's range, both inclusive */
	uint64_t entry;
	uint64_t node, slot_at; /* the node that has it, the address of its word; node 0: ma_root */
	size_t n;               /* elements gone to so far */
	struct cairn_err err;   /* the first node that was left out, or why the walk ended */
	/* private */
	struct maple m;
	struct shelf own;
	size_t limit;
	uint32_t leaf;          /* place of the current leaf; MAPLE_NONE: at an end */
	int slot;
	bool behind;            /* at the end: behind the last, not before the first */
	bool on;                /* at the one entry of a tree without nodes */
};

/** Begin before the first entry of the struct maple_tree at `tree` in [first, last]. `limit`: of
 *  entries, and of nodes. CAIRN_MISSING without its types. */
enum cairn_code maple_begin(struct maple_walk *w, struct cairn *c, uint64_t tree, uint64_t first,
			    uint64_t last, size_t limit, struct cairn_err *err);

/** Likewise with the nodes on a shelf that others use as well. */
enum cairn_code maple_begin_on(struct maple_walk *w, struct cairn *c, struct shelf *shelf,
			       uint64_t tree, uint64_t first, uint64_t last, size_t limit,
			       struct cairn_err *err);

/** Go to the next entry, or to the one before; false at the end, whatever its reason. After the
 *  last, maple_prev() goes to the last. */
bool maple_next(struct maple_walk *w);
bool maple_prev(struct maple_walk *w);

struct maple_entry {
	uint64_t first, last, entry; /* as in struct maple_walk */
};

/** Go to the next leaf that has entries: all of them at once, for walks of very many. Their number,
 *  0 at the end. What maple_next() has not gone to yet in the leaf at hand is passed over. */
size_t maple_next_leaf(struct maple_walk *w, struct maple_entry ret[MAPLE_SLOTS]);

/** Begin behind the last entry instead. */
void maple_to_last(struct maple_walk *w);

/** Free, and say how it went: CAIRN_OK, what maple_begin() said, or CAIRN_FAULT, CAIRN_CORRUPT,
 *  CAIRN_LIMIT, CAIRN_INTERRUPTED, CAIRN_NOMEM; err->addr is the first node that was left out,
 *  or the address that could not be read; the text has the range that is lost. */
enum cairn_code maple_end(struct maple_walk *w, struct cairn_err *err);

/** The entry at one index: CAIRN_NOTFOUND if there is none. *first, *last get its range (NULL:
 *  not wanted), also of a range without an entry. */
enum cairn_code maple_find(struct cairn *c, uint64_t tree, uint64_t index, uint64_t *entry,
			   uint64_t *first, uint64_t *last, struct cairn_err *err);

#endif
