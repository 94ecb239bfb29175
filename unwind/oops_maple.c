/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BUG upon a maple node's parent word: mas_update_gap() climbs from a leaf, has a node's gap[] in
 * one register and that node's parent word in another, and finds no type bits in it. Where the
 * kernel says what registers lead to (oops_pointee.h), node and word can be told by their values:
 * whether one bit of the word is wrong, or a node's bare address was written over it, as the
 * object before it in the slab does when its list of spare nodes is an entry too long.
 * Layouts and tags: lib/maple_tree.c, include/linux/maple_tree.h; the same since 6.1.
 */
#include <inttypes.h>
#include <string.h>

#include "unwind/guilty.h"
#include "unwind/oops_priv.h"

#define NODE_SIZE UINT64_C(256)
#define NODE(word) ((word) & ~(NODE_SIZE - 1))
#define TAG(word)  ((word) & 7)
#define TAG_PARENT 6      /* of every parent word but a root's, which has bit 0 */

/* A node's address with its type, as slots and ma_state.node have it: TYPE << 3 | 4. */
#define IS_ENODE(word) (((word) & 0x87) == 4)

struct view {
	struct oops *o;
	const struct oops_report *r;
	struct oops_maple *m;
	bool wide; /* 64 bit */
};

/* Whether it was such a BUG. */
static bool is_meant(const struct oops *o)
{
	static const char place[] = "lib/maple_tree.c";
	size_t n = o->file ? strlen(o->file) : 0;
	struct piece base;

	if (strcmp(o->class, "bug") || !o->function || n < sizeof(place) - 1 ||
	    strcmp(o->file + n - (sizeof(place) - 1), place))
		return false;
	base = guilty_base((struct piece){ o->function, strlen(o->function) });
	return base.len == 14 && !memcmp(base.p, "mas_update_gap", 14);
}

static const struct oops_points *in_cache(const struct oops *o, size_t from, const char *cache)
{
	for (size_t i = from; i < o->npoints; i++)
		if (o->points[i].has_value && o->points[i].cache && !strcmp(o->points[i].cache, cache))
			return &o->points[i];
	return NULL;
}

/* The one node that has a register at its gap[] (maple_arange_64.gap): the function wrote there. */
static bool find_node(struct view *v)
{
	const struct oops_points *p;
	uint64_t node = 0;

	for (size_t i = 0; (p = in_cache(v->o, i, "maple_node")); i = (size_t)(p - v->o->points) + 1) {
		if (p->value % NODE_SIZE != (v->wide ? 160 : 168))
			continue;
		if (node && node != NODE(p->value))
			return false;
		node = NODE(p->value);
	}
	v->m->node = node;
	v->m->neighbour = node - NODE_SIZE;
	return node >= NODE_SIZE;
}

/* "1ee0: c1c525a0 55831421 ...": whether a word of the stack is the value */
static bool row_has(struct piece t, uint64_t value)
{
	uint64_t word;
	size_t n = piece_hex(piece_trim(t), &word);

	t = piece_drop(piece_trim(t), n);
	if (!n || !piece_begins(t, ":"))
		return false;
	for (t = piece_trim(piece_drop(t, 1)); (n = piece_hex(t, &word)); t = piece_trim(piece_drop(t, n)))
		if (word == value)
			return true;
	return false;
}

/* Nodes that the function was at work on are on the stack, with their types. */
static bool is_in_use(const struct view *v, uint64_t node)
{
	for (unsigned type = 1; type <= 3; type++)
		for (size_t i = 0; i < v->r->n; i++)
			if (v->r->row[i].what == OOPS_OTHER &&
			    row_has(v->r->row[i].text, node | type << 3 | 4))
				return true;
	return false;
}

/* Pointers to the arrays in a node are no words of it. */
static bool is_array(const struct view *v, uint64_t word)
{
	static const unsigned wide[] = { 8, 80, 128, 160 }, narrow[] = { 4, 84, 128, 168 };
	const unsigned *at = v->wide ? wide : narrow;

	for (size_t i = 0; i < 4; i++)
		if (word % NODE_SIZE == at[i])
			return true;
	return false;
}

/* Whether a value may be the parent word that the function stumbled over. */
static bool is_candidate(const struct view *v, uint64_t word)
{
	if (NODE(word) == v->m->node || word & 1 || TAG(word) == TAG_PARENT)
		return false;
	return !IS_ENODE(word) && !is_array(v, word) && (word % NODE_SIZE || !is_in_use(v, word));
}

/* The one candidate among those that the kernel calls maple nodes. False if there are two. */
static bool find_word(struct view *v)
{
	struct oops_maple *m = v->m;
	const struct oops_points *p;

	for (size_t i = 0; (p = in_cache(v->o, i, "maple_node")); i = (size_t)(p - v->o->points) + 1) {
		if (!is_candidate(v, p->value) || (m->has_word && m->word == p->value))
			continue;
		if (m->has_word) {
			m->has_word = m->sure = false;
			return false;
		}
		m->has_word = m->sure = true;
		m->word = p->value;
		m->word_reg = p->reg;
	}
	return true;
}

/* The kernel does not say what the link register leads to: an address like the node's, where no code
   is, can be a node's. */
static void guess_word(struct view *v)
{
	uint64_t lr;

	if (!oops_reg_value(v->o, "lr", &lr) || lr % NODE_SIZE || !lr ||
	    (lr ^ v->m->node) >> (v->wide ? 32 : 24) || !is_candidate(v, lr))
		return;
	v->m->has_word = true;
	v->m->word = lr;
	v->m->word_reg = "lr";
}

static void find_cause(struct oops_maple *m)
{
	uint64_t wrong = TAG(m->word) ^ TAG_PARENT;

	if (m->word % NODE_SIZE == 0) {
		m->cause = "neighbour";
	} else if (!(wrong & (wrong - 1))) {
		m->cause = "bit-flip";
		m->has_expected = true;
		m->expected = m->word ^ wrong;
	}
}

static char *whose(const struct oops_maple *m, struct arena *a)
{
	return m->has_mm ? arena_printf(a, "node 0x%" PRIx64 " (mm 0x%" PRIx64 ")", m->node, m->mm)
			 : arena_printf(a, "node 0x%" PRIx64, m->node);
}

static const char *of_neighbour(const struct oops_maple *m, const char *who, bool wide, struct arena *a)
{
	static const char fix[] =
		"\nIt is known of 32-bit kernels without \"maple_tree: Fix mas_alloc_nodes()\" (2022): fork() of a\n"
		"large process, which may be another, makes such a list.";

	return arena_printf(
		a, "The parent word of %s %s\n0x%" PRIx64 " (%s%s): a node's bare address,\n"
		"without slot and type bits. No flipped bit makes that; its neighbour before it in the slab,\n"
		"0x%" PRIx64 ", does, if it is a list of spare nodes (maple_alloc) with an entry too many. The\n"
		"task that crashed is the victim.%s",
		who, m->sure ? "is" : "seems to be", m->word, m->word_reg,
		m->sure ? "" : ", of which the log says no more", m->neighbour, wide ? "" : fix);
}

static const char *tell(const struct oops_maple *m, bool wide, struct arena *a)
{
	const char *who = whose(m, a);

	if (!who)
		return NULL;
	if (!m->has_word)
		return arena_printf(a, "It was the parent word of %s\nwhich no register has.", who);
	if (!m->cause)
		return arena_printf(a, "The parent word of %s is\n0x%" PRIx64 " (%s): more than one of its "
				    "type bits is wrong.", who, m->word, m->word_reg);
	if (!strcmp(m->cause, "neighbour"))
		return of_neighbour(m, who, wide, a);
	return arena_printf(a, "The parent word of %s is\n0x%" PRIx64 " (%s) and should be 0x%" PRIx64
			    ": one bit has flipped. A neighbour in the slab\n"
				    "would have written a whole word.",
			    who, m->word, m->word_reg, m->expected);
}

void oops_maple_read(struct oops *o, const struct oops_report *r, struct arena *a)
{
	struct oops_maple m = { 0 };
	struct view v = { o, r, &m, o->arch && strcmp(o->arch, "arm") && strcmp(o->arch, "i386") };
	const struct oops_points *mm = in_cache(o, 0, "mm_struct");
	struct oops_maple *ret;

	if (!is_meant(o) || !find_node(&v))
		return;
	if (mm && mm->has_start) {
		m.has_mm = true;
		m.mm = mm->start;
	}
	if (find_word(&v) && !m.has_word)
		guess_word(&v);
	if (m.has_word)
		find_cause(&m);
	m.told = tell(&m, v.wide, a);
	ret = m.told ? arena_alloc(a, sizeof(*ret)) : NULL;
	if (!ret)
		return;
	*ret = m;
	o->maple = ret;
}
