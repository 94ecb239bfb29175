/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/walk.h"

#define STOP_EVERY 256
#define LOOK_AHEAD 8 /* nodes */

static const struct maple_form *form_of(const struct maple *m, const struct maple_node *n)
{
	return &m->layout->form[n->type];
}

uint64_t maple_slot(const struct maple *m, const struct maple_node *n, unsigned slot)
{
	return maple_word(m->layout, n->bytes, maple_slot_at(m->layout, n->type, slot));
}

static uint64_t pivot(const struct maple *m, const struct maple_node *n, unsigned i)
{
	return maple_word(m->layout, n->bytes, maple_pivot_at(m->layout, n->type, i));
}

uint64_t maple_lo(const struct maple *m, const struct maple_node *n, unsigned slot)
{
	return slot ? pivot(m, n, slot - 1) + 1 : n->lo;
}

uint64_t maple_hi(const struct maple *m, const struct maple_node *n, unsigned slot)
{
	return slot < n->end ? pivot(m, n, slot) : n->hi;
}

/* ---- loading: what went wrong ---- */

static const char *state_text(enum maple_state state)
{
	switch (state) {
	case MAPLE_NULL: return "an empty slot";
	case MAPLE_NO_NODE: return "no link to a node";
	case MAPLE_TWICE: return "a node that is reached twice";
	case MAPLE_DEEP: return "deeper than any tree can be";
	default: return "not read";
	}
}

/* The node is in that place of the tree by its own word as well. */
static bool is_at_home(const struct maple *m, const struct maple_node *n)
{
	uint64_t parent = n->parent == MAPLE_NONE ? m->tree | MAPLE_ROOT_PARENT :
			  maple_parent_of(m->node[n->parent].addr, n->slot);

	return maple_parent(m->layout, n->bytes) == parent;
}

/* What leads to no node is the slot; where it leads is no address. */
static void state_error(const struct maple *m, const struct maple_node *n, struct cairn_err *err)
{
	const char *text = state_text(n->state);
	bool leads = n->state == MAPLE_TWICE || n->state == MAPLE_DEEP;

	if (n->parent == MAPLE_NONE)
		cairn_fail(err, CAIRN_CORRUPT, "ma_root 0x%" PRIx64 ": %s", m->root, text);
	else if (leads)
		cairn_fail(err, CAIRN_CORRUPT, "maple_node 0x%" PRIx64 ": %s", n->addr, text);
	else
		cairn_fail(err, CAIRN_CORRUPT, "slot %u of maple_node 0x%" PRIx64 ": %s", n->slot,
			   m->node[n->parent].addr, text);
}

/* Which range is lost, and why. What a node says that does not belong there is no fact. */
static void note_lost(struct maple *m, const struct maple_node *n, const struct cairn_err *why)
{
	struct cairn_err err = { .code = CAIRN_CORRUPT };
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &m->node[n->parent];

	if (why)
		err = *why;
	else
		state_error(m, n, &err);
	err.addr = n->addr;
	if (up && !is_at_home(m, up))
		cairn_context(&err, err.code, "maple tree 0x%" PRIx64 ", a part lost below maple_node "
			      "0x%" PRIx64 ", which names another parent", m->tree, up->addr);
	else if (n->lo > n->hi)
		cairn_context(&err, err.code, "maple tree 0x%" PRIx64 ", slot %u of maple_node 0x%" PRIx64
			      " lost, which has no range", m->tree, n->slot, up ? up->addr : 0);
	else
		cairn_context(&err, err.code, "maple tree 0x%" PRIx64 ", 0x%" PRIx64 "-0x%" PRIx64
			      " lost", m->tree, n->lo, n->hi);
	walk_note(&m->err, &err);
}

static bool ends_early(struct maple *m, size_t done)
{
	m->partial |= walk_ends(&m->err, done, m->limit, STOP_EVERY, m->c->stop, "a maple tree",
				"nodes");
	return m->partial;
}

/* ---- loading: nodes ---- */

static bool room_for(struct maple *m, size_t more)
{
	size_t cap = m->cap ? m->cap : 32;
	struct maple_node *p;

	while (cap < m->n + more)
		cap *= 2;
	if (cap == m->cap)
		return true;
	p = mem_resize(m->node, cap, sizeof(*p));
	if (!p)
		return false;
	m->node = p;
	m->cap = cap;
	return true;
}

static bool is_outside(const struct maple *m, uint64_t lo, uint64_t hi)
{
	return lo <= hi && (lo > m->last || hi < m->first);
}

bool maple_is_cut(const struct maple *m, uint64_t addr)
{
	for (size_t i = 0; i < m->ncuts; i++)
		if (m->cut[i] == addr)
			return true;
	return false;
}

/* The node that a word of its parent, at that address, leads to. */
static void place(struct maple *m, struct maple_node *n, uint64_t link, uint64_t at)
{
	enum maple_type type;

	if (is_outside(m, n->lo, n->hi) || maple_is_cut(m, at)) {
		n->state = is_outside(m, n->lo, n->hi) ? MAPLE_OUTSIDE : MAPLE_CUT;
		return;
	}
	n->addr = link & ~(uint64_t)(m->layout->size - 1);
	if (!link)
		n->state = MAPLE_NULL;
	else if (!maple_link(m->layout, link, &n->addr, &type))
		n->state = MAPLE_NO_NODE;
	else if (n->depth >= MAPLE_DEPTH)
		n->state = MAPLE_DEEP;
	else {
		n->type = (uint8_t)type;
		n->state = MAPLE_THERE;
		if (!m->npatches)
			n->bytes = shelf_there(m->shelf, n->addr, m->layout->size);
		if (!n->bytes)
			shelf_want(m->shelf, n->addr, m->layout->size);
	}
}

static void put_word(unsigned char *p, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

/* A copy of the node with the words that are to be others. */
static const unsigned char *patched(struct maple *m, uint64_t addr, const unsigned char *bytes)
{
	unsigned char *copy = mem_resize(NULL, 1, m->layout->size);

	if (!copy || m->npatched == MAPLE_PATCHES) {
		mem_free(copy);
		return bytes;
	}
	memcpy(copy, bytes, m->layout->size);
	for (size_t i = 0; i < m->npatches; i++)
		if (m->patch[i].node == addr)
			put_word(copy + (m->patch[i].addr - addr), m->patch[i].value,
				 m->patch[i].size);
	return m->patched[m->npatched++] = copy;
}

/* The words at both ends of a node say where it ends. */
static void look_ahead(struct maple *m, size_t at)
{
	struct maple_node *n = &m->node[at];

	if (at >= m->n || n->state != MAPLE_THERE || m->npatches)
		return;
	if (!n->bytes)
		n->bytes = shelf_peek(m->shelf, n->addr, m->layout->size, NULL);
	maple_fetch(m, at);
}

static const unsigned char *bytes_of(struct maple *m, uint64_t addr, struct cairn_err *err)
{
	const unsigned char *p = shelf_peek(m->shelf, addr, m->layout->size, err);

	for (size_t i = 0; p && i < m->npatches; i++)
		if (m->patch[i].node == addr)
			return patched(m, addr, p);
	return p;
}

static void add_children(struct maple *m, size_t at)
{
	struct maple_node parent = m->node[at];

	m->node[at].child = (uint32_t)m->n;
	for (unsigned i = 0; i <= parent.end; i++) {
		struct maple_node *n = &m->node[m->n++];

		*n = (struct maple_node){
			.lo = maple_lo(m, &parent, i), .hi = maple_hi(m, &parent, i),
			.parent = (uint32_t)at, .child = MAPLE_NONE, .slot = (uint8_t)i,
			.depth = parent.depth + 1,
		};
		place(m, n, maple_slot(m, &parent, i),
		      parent.addr + maple_slot_at(m->layout, parent.type, i));
	}
}

/* Its parent word says that it is here; no node can say so of two places. */
static bool is_where_it_says(const struct maple *m, const struct maple_node *n)
{
	return maple_parent(m->layout, n->bytes) ==
	       (n->parent == MAPLE_NONE ? m->tree | MAPLE_ROOT_PARENT :
		maple_parent_of(m->node[n->parent].addr, n->slot));
}

/* From the first node on that says otherwise, which nodes there are must be known. */
static bool doubt(struct maple *m, size_t at)
{
	for (size_t i = 0; !m->doubted && i < at; i++)
		if (m->node[i].state == MAPLE_THERE && !map_put(&m->seen, m->node[i].addr, i))
			return false;
	m->doubted = true;
	return true;
}

/* Find the bytes of a node that was placed, or what is wrong with it. False: out of memory. */
static bool find_node(struct maple *m, size_t at)
{
	struct maple_node *n = &m->node[at];
	struct cairn_err err;

	if (!m->doubted && !n->bytes)
		n->bytes = bytes_of(m, n->addr, &err);
	if (!m->doubted && n->bytes && is_where_it_says(m, n))
		return true;
	if (!doubt(m, at))
		return false;
	if (map_get(&m->seen, n->addr, NULL)) {
		n->state = MAPLE_TWICE;
		n->bytes = NULL;
		return true;
	}
	if (!n->bytes)
		n->bytes = bytes_of(m, n->addr, &err);
	if (n->bytes)
		return map_put(&m->seen, n->addr, at);
	n->state = MAPLE_UNREAD;
	n->fault = (uint8_t)err.fault;
	note_lost(m, n, &err);
	return err.code != CAIRN_NOMEM;
}

/* Read a node that was placed, and place its children. False: out of memory. */
static bool enter(struct maple *m, size_t at)
{
	struct maple_node *n = &m->node[at];
	unsigned end;

	if (n->state == MAPLE_THERE && !find_node(m, at))
		return false;
	if (n->state == MAPLE_UNREAD)
		return true;
	if (n->state != MAPLE_THERE) {
		if (n->state != MAPLE_OUTSIDE && n->state != MAPLE_CUT)
			note_lost(m, n, NULL);
		return true;
	}
	end = maple_node_end(m->layout, n->bytes, n->type, n->hi);
	n->end = (uint8_t)(end < form_of(m, n)->slots ? end : form_of(m, n)->slots - 1);
	if (n->type == MAPLE_LEAF)
		return true;
	if (!room_for(m, n->end + 1u))
		return false;
	add_children(m, at);
	return true;
}

/* What is not read for the limit's sake. */
static void leave(struct maple *m, size_t from)
{
	for (; from < m->n; from++)
		if (m->node[from].state == MAPLE_THERE) {
			m->node[from].state = MAPLE_LEFT;
			m->node[from].bytes = NULL;
		}
}

bool maple_place(const struct maple *m, uint64_t addr, size_t *ret)
{
	for (*ret = 0; *ret < m->n; ++*ret)
		if (m->node[*ret].addr == addr && m->node[*ret].state == MAPLE_THERE)
			return true;
	return false;
}

static enum cairn_code load_levels(struct maple *m, struct cairn_err *err)
{
	for (size_t at = 0, level; at < m->n;) {
		shelf_load(m->shelf);
		for (level = m->n; at < level; at++) {
			look_ahead(m, at + LOOK_AHEAD);
			if (ends_early(m, at)) {
				leave(m, at);
				return CAIRN_OK;
			}
			if (!enter(m, at)) {
				leave(m, at);
				return cairn_fail(err, CAIRN_NOMEM, "no memory for a maple tree");
			}
		}
	}
	return CAIRN_OK;
}

static bool is_node(uint64_t root)
{
	return (root & 3) == MAPLE_ROOT_NODE && root > MAPLE_RESERVED;
}

static enum cairn_code read_head(struct maple *m, struct cairn_err *err)
{
	const struct maple_layout *l = m->layout;
	struct space *sp = &m->c->kernel;
	unsigned char raw[8];
	enum cairn_code code = space_word(sp, m->tree + l->root, &m->root, err);

	if (!code)
		code = space_read(sp, m->tree + l->flags, raw, l->flags_size, err);
	if (!code)
		m->flags = le_uint(raw, l->flags_size);
	for (size_t i = 0; i < m->npatches; i++) {
		if (m->patch[i].addr == m->tree + l->root)
			m->root = m->patch[i].value;
		if (m->patch[i].addr == m->tree + l->flags)
			m->flags = m->patch[i].value;
	}
	return code;
}

enum cairn_code maple_load(struct maple *m, struct cairn_err *err)
{
	enum cairn_code code = read_head(m, err);

	if (code)
		return code;
	if (!is_node(m->root)) {
		m->single = m->first ? 0 : m->root;
		return CAIRN_OK;
	}
	if (!room_for(m, 1))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a maple tree");
	m->node[m->n++] = (struct maple_node){
		.hi = m->layout->max, .parent = MAPLE_NONE, .child = MAPLE_NONE,
	};
	place(m, &m->node[0], m->root & ~MAPLE_ROOT_NODE, m->tree + m->layout->root);
	return load_levels(m, err);
}

void maple_unload(struct maple *m)
{
	mem_free(m->node);
	map_deinit(&m->seen);
	while (m->npatched)
		mem_free(m->patched[--m->npatched]);
	m->node = NULL;
	m->n = m->cap = 0;
}

/* ---- going from leaf to leaf ---- */

static bool is_inner(const struct maple *m, uint32_t i)
{
	return m->node[i].child != MAPLE_NONE;
}

static uint32_t first_below(const struct maple *m, uint32_t i)
{
	while (is_inner(m, i))
		i = m->node[i].child;
	return i;
}

static uint32_t last_below(const struct maple *m, uint32_t i)
{
	while (is_inner(m, i))
		i = m->node[i].child + m->node[i].end;
	return i;
}

uint32_t maple_leaf_after(const struct maple *m, uint32_t i)
{
	if (i == MAPLE_NONE)
		return m->n ? first_below(m, 0) : MAPLE_NONE;
	for (; m->node[i].parent != MAPLE_NONE; i = m->node[i].parent)
		if (m->node[i].slot < m->node[m->node[i].parent].end)
			return first_below(m, i + 1);
	return MAPLE_NONE;
}

uint32_t maple_leaf_before(const struct maple *m, uint32_t i)
{
	if (i == MAPLE_NONE)
		return m->n ? last_below(m, 0) : MAPLE_NONE;
	for (; m->node[i].parent != MAPLE_NONE; i = m->node[i].parent)
		if (m->node[i].slot)
			return last_below(m, i - 1);
	return MAPLE_NONE;
}

/* ---- many trees ---- */

/* A node whose children are wanted next. */
struct link {
	uint64_t node, hi;
	enum maple_type type;
};

struct level {
	struct link *link;
	size_t n, cap;
};

static bool push(struct level *v, const struct maple_layout *l, struct shelf *shelf, uint64_t word,
		 uint64_t hi)
{
	size_t cap = v->cap ? v->cap * 2 : 256;
	struct link k = { .hi = hi }, *p;

	if (!maple_link(l, word, &k.node, &k.type))
		return true;
	shelf_want(shelf, k.node, l->size);
	if (k.type == MAPLE_LEAF)
		return true;
	if (v->n == v->cap) {
		p = mem_resize(v->link, cap, sizeof(*p));
		if (!p)
			return false;
		v->link = p;
		v->cap = cap;
	}
	v->link[v->n++] = k;
	return true;
}

static bool push_children(struct level *next, const struct maple_layout *l, struct shelf *shelf,
			  const struct link *k)
{
	const struct maple_form *f = &l->form[k->type];
	const unsigned char *p = shelf_peek(shelf, k->node, l->size, NULL);
	unsigned end = p ? maple_node_end(l, p, k->type, k->hi) : 0;
	bool fine = true;

	for (unsigned i = 0; p && fine && i <= end && i < f->slots; i++)
		fine = push(next, l, shelf, maple_word(l, p, maple_slot_at(l, k->type, i)),
			    i < end && i < f->slots - 1 ?
				    maple_word(l, p, maple_pivot_at(l, k->type, i)) : k->hi);
	return fine;
}

void maple_want(struct cairn *c, const struct maple_layout *l, struct shelf *shelf,
		const uint64_t *trees, size_t n, size_t *left)
{
	struct level now = { 0 }, next = { 0 }, swap;
	bool fine = true;
	uint64_t root;

	for (size_t i = 0; fine && i < n; i++)
		if (!space_word(&c->kernel, trees[i] + l->root, &root, NULL) && is_node(root))
			fine = push(&now, l, shelf, root & ~MAPLE_ROOT_NODE, l->max);
	shelf_load(shelf);
	for (unsigned depth = 0; fine && now.n && depth < MAPLE_DEPTH && now.n <= *left; depth++) {
		*left -= now.n;
		next.n = 0;
		for (size_t i = 0; fine && i < now.n; i++)
			fine = push_children(&next, l, shelf, &now.link[i]);
		shelf_load(shelf);
		fine = fine && !(c->stop && c->stop());
		swap = now;
		now = next;
		next = swap;
	}
	mem_free(now.link);
	mem_free(next.link);
}
