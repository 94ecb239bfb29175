/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/vm_pages.h"

#include <inttypes.h>
#include <string.h>

#include "mm/swap.h"

/* Of one area: tables that lead to themselves map any number. */
#define ROWS_LIMIT ((size_t)1 << 26)

/* Where one page is. */
enum where { PAGE_NOWHERE, PAGE_MEMORY, PAGE_SWAP, PAGE_UNTOLD };

struct where_is {
	enum where where;
	uint64_t paddr, entry;
	struct cairn_err fault; /* PAGE_UNTOLD: of the table */
};

/* ... and how much that is of one kind from va on: a table that is not there spares its pages. */
static uint64_t find(struct vm_out *vo, uint64_t va, struct where_is *ret)
{
	struct space *s = &vo->user;
	struct paging_walk w = paging_begin(s->form, s->img, s->root, va);
	enum cairn_code code = CAIRN_OK;
	uint64_t span = UINT64_C(1) << vo->page_shift;

	*ret = (struct where_is){ 0 };
	while (!code && w.kind == PAGING_TABLE && w.depth < w.form->nlevels)
		code = paging_step(&w, &ret->fault);
	ret->entry = w.entry;
	ret->paddr = w.paddr;
	if (w.level && (code || w.kind == PAGING_NONE))
		span = UINT64_C(1) << w.level->shift;
	ret->where = code ? PAGE_UNTOLD : w.kind == PAGING_PAGE ? PAGE_MEMORY :
		     w.kind == PAGING_SWAPPED ? PAGE_SWAP : PAGE_NOWHERE;
	return span - (va & (span - 1));
}

static void show_swap(struct vm_out *vo, uint64_t pte)
{
	struct out *o = vo->call->out;
	struct swap_entry e;
	const char *file;

	out_addr(o, "entry", "  swapped: %s", pte, 0);
	if (!swap_decode(vo->call->cairn, pte, &e)) {
		out_text(o, "\n");
		return;
	}
	file = swap_file(vo->call->cairn, &vo->namer->paths, e.type);
	out_num(o, "swap_type", "  type %s", e.type);
	out_count(o, "swap_offset", "  offset %s", e.offset);
	out_str(o, "swap_kind", swap_kind_name(e.kind) ? "  %s" : NULL, swap_kind_name(e.kind));
	out_str(o, "swap_file", file ? "  %s\n" : "\n", file);
}

static void show_nowhere(struct vm_out *vo, const struct vma *v, const char *file, uint64_t va)
{
	struct out *o = vo->call->out;

	if (!v->file || !file) {
		out_text(o, "  not mapped\n");
		return;
	}
	out_text(o, "  not mapped: ");
	out_text_safe(o, file, strlen(file));
	out_hex(o, "file_offset", " at %s\n", (v->pgoff << vo->page_shift) + (va - v->start));
}

static void show_run(struct vm_out *vo, const struct vma *v, const char *file, uint64_t va,
		     uint64_t n, const struct where_is *at)
{
	struct out *o = vo->call->out;

	out_object(o, NULL);
	out_addr(o, "address", "    %12s", va, 0);
	out_count(o, "count", n > 1 ? " (%s pages)" : NULL, n);
	switch (at->where) {
	case PAGE_MEMORY: out_hex(o, "physical", "  %s\n", at->paddr); break;
	case PAGE_SWAP: show_swap(vo, at->entry); break;
	case PAGE_UNTOLD: out_fault(o, "fault", "  %s\n", &at->fault); break;
	case PAGE_NOWHERE: show_nowhere(vo, v, file, va); break;
	}
	out_end(o);
}

/* The end of what there can be of an area: an address behind it, in a struct that is broken, is no
 * address, or one of the kernel's. */
static uint64_t end_of(const struct vm_out *vo, const struct vma *v)
{
	const struct paging_form *f = vo->user.form;
	uint64_t half = UINT64_C(1) << (f->va_bits - f->sign_extended);

	if (!paging_canonical(f, v->start))
		return v->start;
	return v->start < half && v->end > half ? half : v->end;
}

static void show_runs(struct vm_out *vo, const struct vma *v, const char *file, uint64_t end)
{
	uint64_t from = v->start, va = v->start, size = UINT64_C(1) << vo->page_shift, span = 0;
	struct where_is at = { 0 }, next = { 0 };

	if (va < end)
		span = find(vo, va, &at);
	for (size_t rows = 0; va < end && rows < ROWS_LIMIT && !out_broken(vo->call->out) &&
			      !cmd_interrupted();) {
		va += span < end - va ? span : end - va;
		if (va < end)
			span = find(vo, va, &next);
		/* only what is nowhere is told in runs */
		if (va < end && next.where == at.where && at.where != PAGE_MEMORY &&
		    at.where != PAGE_SWAP)
			continue;
		show_run(vo, v, file, from, (va - from + size - 1) / size, &at);
		rows++;
		from = va;
		at = next;
	}
}

void vm_pages(struct vm_out *vo, const struct vma *v, const char *file)
{
	struct out *o = vo->call->out;
	struct where_is beyond = { .where = PAGE_UNTOLD };
	uint64_t end;

	out_array(o, "pages");
	if (vo->user.tlb && v->start < v->end) {
		end = end_of(vo, v);
		show_runs(vo, v, file, end);
		cairn_fail_read(&beyond.fault, CAIRN_FAULT_NONCANONICAL, end, vo->user.what);
		if (end < v->end)
			show_run(vo, v, file, end, (v->end - end) >> vo->page_shift, &beyond);
	}
	out_end(o);
}
