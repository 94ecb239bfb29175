/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm - words of vm_area_struct and mm_struct: bounds, owners, offsets, flags, links and counts.
 *
 * Asked are all checkers of address spaces, that of the maple trees too: one bad word is to be one
 * finding. A change of vm_flags is one that moves the area's pages from one count to another, or
 * that VM_MAY* forbids; what else is in them has no invariant.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/kern/finding.h"
#include "mm/vma.h"
#include "mm/vma_name.h"
#include "testdata/mutate/mutate.h"

enum { A_START, A_END, A_MM, A_FLAGS, A_ANON, A_PGOFF, A_NEXT, A_PREV, A_PARENT, A_LEFT, A_RIGHT,
       A_GAP, A_DETACHED, A_REFCNT, A_SEQ, A_N };
static const struct shape_want area_want = {
	"struct vm_area_struct", A_N,
	{ "vm_start", "vm_end", "vm_mm", "vm_flags|__vm_flags", "anon_vma", "vm_pgoff", "vm_next",
	  "vm_prev", "vm_rb.__rb_parent_color", "vm_rb.rb_left", "vm_rb.rb_right",
	  "rb_subtree_gap", "detached", "vm_refcnt.refs.counter", "vm_lock_seq" },
};

enum { M_COUNT, M_TOTAL, M_DATA, M_EXEC, M_STACK, M_HIGHEST, M_LIST, M_RB, M_N };
static const struct shape_want mm_want = {
	"struct mm_struct", M_N,
	{ "map_count", "total_vm", "data_vm", "exec_vm", "stack_vm", "highest_vm_end", "mmap",
	  "mm_rb" },
};

#define CHECKERS "m[am]*" /* maple and mm */

struct state {
	struct cairn *c;
	struct mutable_words *words; /* while they are collected */
	struct arena arena;
	struct vma_shape vs;
	struct shape area, mm;
	uint64_t *area_at;    /* of all areas: to take values from */
	size_t n, cap;
};

static void add(struct state *s, struct mutable_words *to, const struct shape *sh, unsigned m,
		uint64_t addr, uint64_t owner, uint64_t more)
{
	uint64_t old;

	if (shape_has(sh, m) && !shape_get(sh, &s->c->kernel, addr, m, &old, NULL))
		mutate_word(to, (struct mutable_word){ addr + sh->m[m].offset, sh->m[m].size,
						       old & (UINT64_MAX >> (64 - 8 * sh->m[m].size)),
						       sh->want->path[m], owner, more });
}

/* Only private memory without pages has an offset that is known. */
static bool has_offset(const struct vma *v)
{
	return !v->file && !v->ops && !v->anon_vma && !(v->flags & (VM_MAYSHARE | VM_GROWSDOWN));
}

static void add_area(struct state *s, struct mutable_words *to, const struct vma *v, uint64_t mm)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->area_at = mem_resize(s->area_at, s->cap, sizeof(*s->area_at));
	}
	if (s->area_at)
		s->area_at[s->n++] = v->addr;
	for (unsigned m = 0; m < A_N; m++)
		if (m != A_PGOFF || has_offset(v))
			add(s, to, &s->area, m, v->addr, mm, m);
}

static void collect(void *arg, uint64_t addr)
{
	struct state *s = arg;
	struct vmas v = { 0 };
	struct mm mm;

	if (!mm_read(&s->vs.mm, addr, &mm, NULL) && !vmas_get(&s->vs, &mm, &v, NULL)) {
		for (unsigned m = 0; m < M_N; m++)
			add(s, s->words, &s->mm, m, addr, addr, A_N + m);
		for (size_t i = 0; i < v.n; i++)
			if (!v.vma[i].fault)
				add_area(s, s->words, &v.vma[i], addr);
	}
	vmas_free(&v);
}

static enum cairn_code begin(struct cairn *c, void **state, struct mutable_words *words,
			     struct cairn_err *err)
{
	struct state *s = mem_zalloc(1, sizeof(*s));
	enum cairn_code code;

	if (!s)
		return cairn_fail(err, CAIRN_NOMEM, "no memory");
	*state = s;
	s->c = c;
	s->words = words;
	code = vma_shape_init(&s->vs, c, err);
	if (!code)
		code = shape_resolve(&s->area, &area_want, &c->types, err);
	if (!code)
		code = shape_resolve(&s->mm, &mm_want, &c->types, err);
	if (!code)
		code = mutate_each_mm(c, collect, s, err);
	return code ? code : words->n ? CAIRN_OK : cairn_fail(err, CAIRN_MISSING, "no area");
}

static void end(void *state)
{
	struct state *s = state;

	if (!s)
		return;
	arena_deinit(&s->arena);
	mem_free(s->area_at);
	mem_free(s);
}

/* ---- values ---- */

static unsigned kind_of(uint64_t flags)
{
	if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		return 1;
	if (flags & VM_GROWSDOWN)
		return 2;
	return (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? 3 : 0;
}

static bool breaks_flags(uint64_t old, uint64_t new)
{
	uint64_t may = new >> 4 & 7;

	return kind_of(old) != kind_of(new) || (new & 7 & ~may) ||
	       ((new & VM_SHARED) && !(new & VM_MAYSHARE));
}

static bool change(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret)
{
	const struct state *s = state;

	*ret = mutate_other(s->c, w, random, s->area_at, s->n, "another area's address");
	if (ret->value == w->old)
		return false;
	switch (w->more) {
	case A_FLAGS: return breaks_flags(w->old, ret->value);
	case A_PARENT: return (ret->value & ~UINT64_C(3)) != (w->old & ~UINT64_C(3));
	/* readers come and go: only what they cannot add up to */
	case A_REFCNT: return !ret->value || ret->value > 0x10000;
	/* where it is a seqcount's */
	case A_SEQ: return mm_has(&s->vs.mm, MM_LOCK_SEQ) && !(ret->value & 1);
	default: return true;
	}
}

/* ---- asking ---- */

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	struct state *s = state;
	struct check_limits limits = { .only = CHECKERS };
	struct findings f;
	enum cairn_code code = findings_get(&f, s->c, &limits, &s->arena, err);

	if (code)
		return code;
	ret->unseen = f.nunseen;
	for (size_t i = 0; i < f.n; i++) {
		const struct cairn_finding *x = &f.said[i].f;

		if (!ret->findings++)
			snprintf(ret->first, sizeof(ret->first), "%s %s 0x%llx", x->id, x->field,
				 (unsigned long long)x->addr);
		ret->named = w && ret->findings == 1 && x->addr == w->addr;
		ret->expected = ret->named && x->expected &&
				strtoull(x->expected, NULL, 0) == w->old;
	}
	arena_reset(&s->arena);
	return CAIRN_OK;
}

static const struct family family = {
	.name = "mm", .found = .995, .named = .95, .unseen = .05,
	.begin = begin, .end = end, .change = change, .ask = ask,
};
MUTATIONS(&family);
