/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/list.h"

#include <inttypes.h>

#include "lib/base/cursor.h"

/* include/linux/poison.h: the low part is the same everywhere, 64-bit kernels add
   CONFIG_ILLEGAL_POINTER_VALUE */
#define POISON_DELTA 0xdead000000000000u
#define LIST_POISON1 0x100u
#define LIST_POISON2 0x122u

struct links {
	uint64_t next, back;
};

static bool has_back(const struct list_walk *w)
{
	return w->kind != LIST_LLIST && w->kind != LIST_CHAIN;
}

static bool is_circular(const struct list_walk *w)
{
	return w->kind == LIST_DOUBLE || w->kind == LIST_REVERSE;
}

static enum cairn_code read_links(struct list_walk *w, uint64_t at, struct links *ret,
				  struct cairn_err *err)
{
	size_t word = w->sp->word, len = has_back(w) ? 2 * word : word;
	unsigned char raw[16];
	enum cairn_code code = space_read(w->sp, at + w->offset, raw, len, err);

	if (code != CAIRN_OK)
		return code;
	ret->next = le_uint(raw, word);
	ret->back = has_back(w) ? le_uint(raw + word, word) : 0;
	if (w->kind == LIST_REVERSE)
		*ret = (struct links){ .next = ret->back, .back = ret->next };
	return CAIRN_OK;
}

static bool at_end(const struct list_walk *w, uint64_t node)
{
	switch (w->kind) {
	case LIST_DOUBLE:
	case LIST_REVERSE: return node == w->head;
	case LIST_CHAIN: return node == 0 || node == w->head;
	case LIST_HLIST_NULLS: return node & 1;
	default: return node == 0;
	}
}

static bool poisoned(const struct list_walk *w, uint64_t link)
{
	uint64_t low = w->sp->word == 8 ? link - POISON_DELTA : link;

	return low == LIST_POISON1 || low == LIST_POISON2;
}

/* What is wrong with a link before it is followed; NULL: nothing. */
static const char *bad_link(const struct list_walk *w, uint64_t link)
{
	if (link == 0)
		return "NULL";
	if (poisoned(w, link))
		return "poison: the element was deleted";
	if (link & (w->sp->word - 1u))
		return "not aligned";
	return NULL;
}

static void fail(struct list_walk *w, uint64_t addr, enum cairn_code code, const char *what)
{
	w->err.code = code;
	if (what)
		cairn_fail(&w->err, code, "0x%" PRIx64 " is %s", addr, what);
	if (!w->err.addr)
		w->err.addr = addr;
	if (addr == w->head && w->node == w->head)
		cairn_context(&w->err, code, "list 0x%" PRIx64 ": its head", w->head);
	else if (w->node == w->head)
		cairn_context(&w->err, code, "list 0x%" PRIx64 ": first element", w->head);
	else
		cairn_context(&w->err, code, "list 0x%" PRIx64 ": element %zu, after 0x%" PRIx64,
			      w->head, w->n, w->node);
}

void list_begin(struct list_walk *w, struct space *sp, enum list_kind kind, uint64_t head,
		size_t limit)
{
	struct links l;

	*w = (struct list_walk){
		.sp = sp, .kind = kind, .head = head, .node = head, .limit = limit,
	};
	/* heads of all kinds but list_head are one pointer */
	if (!is_circular(w)) {
		if (space_word(sp, head, &l.next, &w->err) != CAIRN_OK)
			fail(w, head, CAIRN_FAULT, NULL);
		else
			w->next = kind == LIST_HLIST_BL ? l.next & ~(uint64_t)1 : l.next;
	} else if (read_links(w, head, &l, &w->err) != CAIRN_OK) {
		fail(w, head, CAIRN_FAULT, NULL);
	} else {
		w->next = l.next;
	}
}

void list_begin_chain(struct list_walk *w, struct space *sp, uint64_t first, uint64_t offset,
		      size_t limit)
{
	struct links l;

	*w = (struct list_walk){
		.sp = sp, .kind = LIST_CHAIN, .head = first, .node = first, .offset = offset,
		.limit = limit,
	};
	if (read_links(w, first, &l, &w->err) != CAIRN_OK)
		fail(w, first, CAIRN_FAULT, NULL);
	else
		w->next = l.next;
}

/* An element whose back link is off is in its place if its successor points back at it. */
static bool successor_agrees(struct list_walk *w, uint64_t node, const struct links *l)
{
	struct links next;

	if (!is_circular(w) && at_end(w, l->next))
		return true;
	return !bad_link(w, l->next) && read_links(w, l->next, &next, NULL) == CAIRN_OK &&
	       next.back == node;
}

static bool check_back(struct list_walk *w, uint64_t node, const struct links *l)
{
	if (!has_back(w) || l->back == w->node)
		return true;
	if (!successor_agrees(w, node, l)) {
		cairn_fail(&w->err, CAIRN_CORRUPT,
			   "0x%" PRIx64 " points back at 0x%" PRIx64, node, l->back);
		w->err.addr = node;
		fail(w, node, CAIRN_CORRUPT, NULL);
		return false;
	}
	if (w->doubt.code == CAIRN_OK) {
		cairn_fail(&w->doubt, CAIRN_CORRUPT,
			   "list 0x%" PRIx64 ": element 0x%" PRIx64 " points back at 0x%" PRIx64
			   ", not at 0x%" PRIx64, w->head, node, l->back, w->node);
		w->doubt.addr = node;
	}
	return true;
}

static bool may_go_on(struct list_walk *w)
{
	if (w->n >= w->limit) {
		cairn_fail(&w->err, CAIRN_LIMIT, "list 0x%" PRIx64 ": more than %zu elements",
			   w->head, w->limit);
		return false;
	}
	if (w->stop && w->stop()) {
		cairn_fail(&w->err, CAIRN_INTERRUPTED, "list 0x%" PRIx64 ": interrupted", w->head);
		return false;
	}
	return true;
}

static bool accept(struct list_walk *w, uint64_t node, uint64_t next)
{
	if (!map_put(&w->seen, node, 0)) {
		cairn_fail(&w->err, CAIRN_NOMEM, "no memory to walk list 0x%" PRIx64, w->head);
		return false;
	}
	w->node = node;
	w->next = next;
	w->n++;
	return true;
}

/* Any other fault may come from a link that points nowhere. */
static bool is_damage_of_dump(enum cairn_fault fault)
{
	return fault == CAIRN_FAULT_EXCLUDED || fault == CAIRN_FAULT_ABSENT ||
	       fault == CAIRN_FAULT_TRUNCATED || fault == CAIRN_FAULT_CORRUPT;
}

static bool forward(struct list_walk *w)
{
	const char *bad;
	struct links l;

	if (at_end(w, w->next) || !may_go_on(w))
		return false;
	bad = bad_link(w, w->next);
	if (!bad && map_get(&w->seen, w->next, NULL))
		bad = "an earlier element: the list is a cycle without its head";
	if (bad) {
		fail(w, w->next, CAIRN_CORRUPT, bad);
		return false;
	}
	if (read_links(w, w->next, &l, &w->err) != CAIRN_OK) {
		if (is_damage_of_dump(w->err.fault))
			w->lost = w->next;
		fail(w, w->next, CAIRN_FAULT, NULL);
		return false;
	}
	return check_back(w, w->next, &l) && accept(w, w->next, l.next);
}

static bool begin_backward(struct list_walk *w)
{
	struct links l;

	if (!is_circular(w) ||
	    (w->err.code != CAIRN_FAULT && w->err.code != CAIRN_CORRUPT) ||
	    read_links(w, w->head, &l, NULL) != CAIRN_OK)
		return false;
	w->backward = true;
	w->node = w->head;
	w->next = l.back;
	return true;
}

/* Only elements whose forward link proves that the backward one is right: what led here is
   a broken list. */
static bool backward(struct list_walk *w)
{
	struct cairn_err first = w->err;
	struct links l;

	if (at_end(w, w->next) || bad_link(w, w->next) || map_get(&w->seen, w->next, NULL) ||
	    read_links(w, w->next, &l, NULL) != CAIRN_OK || l.next != w->node)
		return false;
	if (may_go_on(w) && accept(w, w->next, l.back))
		return true;
	if (w->err.code == CAIRN_LIMIT)
		w->err = first;
	return false;
}

bool list_next(struct list_walk *w)
{
	if (!w->backward && w->err.code == CAIRN_OK && forward(w))
		return true;
	if (!w->backward && !begin_backward(w))
		return false;
	return backward(w);
}

enum cairn_code list_end(struct list_walk *w, struct cairn_err *err)
{
	map_deinit(&w->seen);
	if (w->err.code != CAIRN_OK && err)
		*err = w->err;
	return w->err.code;
}
