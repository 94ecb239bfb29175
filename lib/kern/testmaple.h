/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testmaple - for tests: maple trees in a test kernel's memory, as the kernel builds them.
 *
 * Nodes lie from TMT_NODES on in the order in which they are made: leaves first, then level by
 * level, the root last.
 */
#ifndef CAIRN_KERN_TESTMAPLE_H
#define CAIRN_KERN_TESTMAPLE_H

#include "lib/kern/maple.h"
#include "lib/kern/testkern.h"

#define TMT_TREE  TK_BASE
#define TMT_NODES (TK_BASE + 0x1000)
#define TMT_SIZE  256
#define TMT_FLAGS_AT 4 /* offsets in struct maple_tree */
#define TMT_ROOT_AT  8
#define TMT_MANY 512   /* nodes of a level */

enum { TMT_LEAF = 1, TMT_RANGE, TMT_ARANGE }; /* enum maple_type */

/** A range up to `last`, beginning where the one before ends; entry 0: none. */
struct tmt_range {
	uint64_t last, entry;
};

struct tmt_node {
	uint64_t addr, lo, hi, gap;
	unsigned type;
};

struct tmt {
	struct testkern *k;
	unsigned word, r, a;  /* slots of range and arange nodes */
	bool gaps;            /* ALLOC_RANGE */
	uint64_t max, next;   /* the greatest index; where the next node goes */
	unsigned height;
	uint64_t root;        /* address of the root node */
};

static inline void tmt_types(struct testkern *k, unsigned word)
{
	static const struct type_enumerator kinds[] = {
		{ "maple_dense", 0 }, { "maple_leaf_64", 1 }, { "maple_range_64", 2 },
		{ "maple_arange_64", 3 },
	};
	unsigned r = word == 8 ? 16 : 32, a = word == 8 ? 10 : 21;
	const struct tk_member meta[] = {
		{ .name = "end", .size = 1 }, { .name = "gap", .offset = 1, .size = 1 },
		{ .name = NULL },
	};
	const struct tk_member range[] = {
		{ .name = "parent", .size = word },
		{ .name = "pivot", .offset = word, .size = word, .count = r - 1 },
		{ .name = "slot", .offset = r * word, .size = word, .count = r },
		{ .name = "meta", .offset = (2 * r - 1) * word, .nested = "maple_metadata" },
		{ .name = NULL },
	};
	const struct tk_member arange[] = {
		{ .name = "parent", .size = word },
		{ .name = "pivot", .offset = word, .size = word, .count = a - 1 },
		{ .name = "slot", .offset = a * word, .size = word, .count = a },
		{ .name = "gap", .offset = 2 * a * word, .size = word, .count = a },
		{ .name = "meta", .offset = 3 * a * word, .nested = "maple_metadata" },
		{ .name = NULL },
	};
	const struct tk_member node[] = {
		{ .name = "mr64", .nested = "maple_range_64" },
		{ .name = "ma64", .nested = "maple_arange_64" }, { .name = NULL },
	};
	const struct tk_member tree[] = {
		{ .name = "ma_lock", .size = 4 },
		{ .name = "ma_flags", .offset = TMT_FLAGS_AT, .size = 4 },
		{ .name = "ma_root", .offset = TMT_ROOT_AT, .size = word }, { .name = NULL },
	};

	tk_enum(k, "maple_type", kinds, 4);
	tk_struct(k, "maple_metadata", 2, meta);
	tk_struct(k, "maple_range_64", TMT_SIZE, range);
	tk_struct(k, "maple_arange_64", word == 8 ? 248 : 256, arange);
	tk_struct(k, "maple_node", TMT_SIZE, node);
	tk_struct(k, "maple_tree", 16, tree);
}

static inline struct tmt tmt_in(struct testkern *k, unsigned word, bool gaps)
{
	struct tmt t = {
		.k = k, .word = word, .r = word == 8 ? 16 : 32, .a = word == 8 ? 10 : 21,
		.gaps = gaps, .max = UINT64_MAX >> (64 - 8 * word), .next = TMT_NODES,
	};

	tmt_types(t.k, word);
	return t;
}

static inline struct tmt tmt_new(unsigned word, bool gaps)
{
	return tmt_in(tk_new(), word, gaps);
}

/* ---- words ---- */

static inline unsigned tmt_slots(const struct tmt *t, unsigned type)
{
	return type == TMT_ARANGE ? t->a : t->r;
}

static inline uint64_t tmt_pivot(const struct tmt *t, uint64_t node, unsigned i)
{
	return node + t->word + i * t->word;
}

static inline uint64_t tmt_slot(const struct tmt *t, uint64_t node, unsigned type, unsigned i)
{
	return node + tmt_slots(t, type) * t->word + i * t->word;
}

static inline uint64_t tmt_gap(const struct tmt *t, uint64_t node, unsigned i)
{
	return node + 2 * t->a * t->word + i * t->word;
}

static inline uint64_t tmt_meta(const struct tmt *t, uint64_t node, unsigned type)
{
	return node + (type == TMT_ARANGE ? 3 * t->a : 2 * t->r - 1) * t->word;
}

static inline uint64_t tmt_link(const struct tmt_node *n)
{
	return n->addr | n->type << 3 | 4;
}

static inline void tmt_put(struct tmt *t, uint64_t addr, uint64_t value)
{
	tk_put(t->k, addr, value, t->word);
}

/* ---- building ---- */

static inline void tmt_end(struct tmt *t, const struct tmt_node *n, unsigned end, unsigned gap)
{
	if (n->type != TMT_ARANGE && end == t->r - 1)
		return;
	tk_put(t->k, tmt_meta(t, n->addr, n->type), end, 1);
	tk_put(t->k, tmt_meta(t, n->addr, n->type) + 1, gap, 1);
}

static inline struct tmt_node tmt_leaf(struct tmt *t, uint64_t lo, const struct tmt_range *e,
				       unsigned n)
{
	struct tmt_node leaf = { t->next, lo, e[n - 1].last, 0, TMT_LEAF };

	t->next += TMT_SIZE;
	for (unsigned i = 0; i < n; lo = e[i++].last + 1) {
		if (i < t->r - 1)
			tmt_put(t, tmt_pivot(t, leaf.addr, i), e[i].last);
		tmt_put(t, tmt_slot(t, leaf.addr, TMT_LEAF, i), e[i].entry);
		if (!e[i].entry && e[i].last - lo + 1 > leaf.gap)
			leaf.gap = e[i].last - lo + 1;
	}
	tmt_end(t, &leaf, n - 1, 0);
	return leaf;
}

static inline struct tmt_node tmt_inner(struct tmt *t, const struct tmt_node *child, unsigned n)
{
	struct tmt_node node = { t->next, child[0].lo, child[n - 1].hi, 0,
				 t->gaps ? TMT_ARANGE : TMT_RANGE };
	unsigned most = 0;

	t->next += TMT_SIZE;
	for (unsigned i = 0; i < n; i++) {
		if (i < tmt_slots(t, node.type) - 1)
			tmt_put(t, tmt_pivot(t, node.addr, i), child[i].hi);
		tmt_put(t, tmt_slot(t, node.addr, node.type, i), tmt_link(&child[i]));
		tmt_put(t, child[i].addr, node.addr | i << 3 | 6);
		if (t->gaps)
			tmt_put(t, tmt_gap(t, node.addr, i), child[i].gap);
		if (child[i].gap > node.gap) {
			node.gap = child[i].gap;
			most = i;
		}
	}
	tmt_end(t, &node, n - 1, t->gaps ? most : 0);
	return node;
}

static inline void tmt_root(struct tmt *t, const struct tmt_node *root)
{
	t->root = root->addr;
	tmt_put(t, root->addr, TMT_TREE | 1);
	tmt_put(t, TMT_TREE + TMT_ROOT_AT, tmt_link(root) | 2);
	tk_put(t->k, TMT_TREE + TMT_FLAGS_AT, (t->gaps ? 1 : 0) | 2 | t->height << 2, 4);
}

/** A tree of n ranges, the last of which must end with t->max. So many of them to a leaf, so many
 *  children to an inner node. */
static inline void tmt_build(struct tmt *t, const struct tmt_range *e, unsigned n,
			     unsigned per_leaf, unsigned per_inner)
{
	static struct tmt_node level[TMT_MANY];
	unsigned count = 0, up;
	uint64_t lo = 0;

	for (unsigned i = 0; i < n; count++) {
		unsigned part = n - i < per_leaf ? n - i : per_leaf;

		/* a leaf does not end with an empty range */
		if (part > 1 && i + part < n && !e[i + part - 1].entry)
			part--;
		level[count] = tmt_leaf(t, lo, e + i, part);
		i += part;
		lo = e[i - 1].last + 1;
	}
	for (t->height = 1; count > 1; t->height++, count = up) {
		up = 0;
		for (unsigned i = 0; i < count; up++) {
			unsigned part = count - i < per_inner ? count - i : per_inner;

			level[up] = tmt_inner(t, level + i, part);
			i += part;
		}
	}
	tmt_root(t, &level[0]);
}

/** The usual one: pairs of an empty range and two entries, a page each. */
#define TMT_RANGES 640
#define TMT_ENTRY(i) (UINT64_C(0xff008000) + 64 * (uint64_t)(i))

static inline unsigned tmt_usual_ranges(const struct tmt *t, struct tmt_range *e)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < TMT_RANGES - 1; i++) {
		at += 0x1000 * (i % 3 ? 1 : 2 + i % 5);
		e[i] = (struct tmt_range){ at - 1, i % 3 ? TMT_ENTRY(i) : 0 };
	}
	e[TMT_RANGES - 1] = (struct tmt_range){ t->max, 0 };
	return TMT_RANGES;
}

static inline struct tmt tmt_usual(unsigned word, bool gaps)
{
	struct tmt t = tmt_new(word, gaps);
	struct tmt_range e[TMT_RANGES];
	unsigned n = tmt_usual_ranges(&t, e);

	tmt_build(&t, e, n, word == 8 ? 12 : 20, word == 8 ? gaps ? 6 : 8 : gaps ? 11 : 16);
	return t;
}

static inline struct cairn *tmt_open(struct tmt *t)
{
	return tk_open(t->k, (uint8_t)t->word);
}

static inline void tmt_free(struct tmt *t)
{
	tk_free(t->k);
}

#endif
