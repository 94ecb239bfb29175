/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/tdp_compare.h"

#include <stdlib.h>

static enum cairn_code add(struct tdp_runs *r, uint64_t first, uint64_t last, struct arena *a)
{
	struct tdp_run *p;

	if (r->n && r->run[r->n - 1].last + 1 == first) {
		r->run[r->n - 1].last = last;
		return CAIRN_OK;
	}
	p = arena_room(a, r->run, r->n, &r->cap, sizeof(*p));
	if (!p)
		return CAIRN_NOMEM;
	r->run = p;
	p[r->n++] = (struct tdp_run){ first, last };
	return CAIRN_OK;
}

static int by_first(const void *a, const void *b)
{
	const struct tdp_run *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted and joined; two roots may map the same. */
static void tidy(struct tdp_runs *r)
{
	size_t n = 0;

	if (r->n)
		qsort(r->run, r->n, sizeof(*r->run), by_first);
	for (size_t i = 0; i < r->n; i++) {
		struct tdp_run *last = n ? &r->run[n - 1] : NULL;

		if (!last || r->run[i].first > last->last + 1)
			r->run[n++] = r->run[i];
		else if (r->run[i].last > last->last)
			last->last = r->run[i].last;
	}
	r->n = n;
}

static enum cairn_code add_root(struct tdp_runs *r, const struct kvms *k, const struct kvm_vm *vm,
				const struct kvm_sp *root, struct arena *arena,
				struct cairn_err *err)
{
	struct tdp_walk w;
	enum cairn_code code = tdp_begin(&w, k, vm, root, NULL, NULL, arena, err), end;

	if (code)
		return code;
	while (!code && tdp_next(&w)) {
		const struct tdp_table *t = w.table;

		for (unsigned i = 0; !code && t->entries && i < SPTE_ENTRIES; i++) {
			uint64_t gfn = tdp_entry_gfn(&w, t, i);

			if (spte_kind(&w.form, tdp_entry(t, i), t->level) == SPTE_LEAF)
				code = add(r, gfn, gfn + spte_span(t->level) - 1, arena);
		}
	}
	end = tdp_end(&w, err);
	return code ? cairn_fail(err, code, "no memory for guest frames") : end;
}

enum cairn_code tdp_runs_get(struct tdp_runs *ret, const struct kvms *k, const struct kvm_vm *vm,
			     bool mirror, struct arena *arena, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	*ret = (struct tdp_runs){ 0 };
	for (size_t i = 0; i < vm->nroots && (!code || code == CAIRN_FAULT); i++) {
		const struct kvm_sp *sp = &vm->root[i].sp;
		enum cairn_code one = CAIRN_OK;

		if (!vm->root[i].err.code && !kvm_sp_role(k, sp, ROLE_INVALID) &&
		    kvm_sp_role(k, sp, ROLE_MIRROR) == mirror)
			one = add_root(ret, k, vm, sp, arena, err);
		code = one ? one : code;
	}
	tidy(ret);
	return code;
}

static uint64_t frames(const struct tdp_runs *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->run[i].last - r->run[i].first + 1;
	return n;
}

/* The part of a that is in b, or (in == false) that is not. */
static enum cairn_code part(struct tdp_runs *ret, const struct tdp_runs *a,
			    const struct tdp_runs *b, bool in, struct arena *arena)
{
	enum cairn_code code = CAIRN_OK;
	size_t j = 0;

	*ret = (struct tdp_runs){ 0 };
	for (size_t i = 0; !code && i < a->n; i++) {
		uint64_t at = a->run[i].first, end = a->run[i].last;

		while (!code && at <= end) {
			uint64_t stop = end;
			bool is_in;

			while (j < b->n && b->run[j].last < at)
				j++;
			is_in = j < b->n && b->run[j].first <= at;
			if (is_in && b->run[j].last < stop)
				stop = b->run[j].last;
			else if (!is_in && j < b->n && b->run[j].first <= stop)
				stop = b->run[j].first - 1;
			if (is_in == in)
				code = add(ret, at, stop, arena);
			at = stop + 1;
		}
	}
	return code;
}

enum cairn_code tdp_compare(struct tdp_compare *ret, const struct kvms *k, const struct kvm_vm *vm,
			    struct arena *arena, struct cairn_err *err)
{
	struct tdp_runs mirror, direct;
	enum cairn_code code = tdp_runs_get(&mirror, k, vm, true, arena, err), one;

	*ret = (struct tdp_compare){ 0 };
	if (code && code != CAIRN_FAULT)
		return code;
	one = tdp_runs_get(&direct, k, vm, false, arena, err);
	code = one ? one : code;
	if ((code && code != CAIRN_FAULT))
		return code;
	if (part(&ret->mirror_only, &mirror, &direct, false, arena) ||
	    part(&ret->direct_only, &direct, &mirror, false, arena) ||
	    part(&ret->common, &mirror, &direct, true, arena))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for guest frames");
	ret->mirror = frames(&mirror);
	ret->direct = frames(&direct);
	ret->both = frames(&ret->common);
	return code;
}
