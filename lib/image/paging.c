/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/paging.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/cursor.h"

unsigned paging_page_shift(const struct paging_form *form)
{
	return form->level[form->nlevels - 1].shift;
}

void paging_ignore(struct paging_form *form, uint64_t bits)
{
	for (unsigned i = 0; i < form->nlevels; i++)
		for (unsigned r = 0; r < form->level[i].nrules; r++)
			form->level[i].rules[r].addr_mask &= ~bits;
}

bool paging_canonical(const struct paging_form *form, uint64_t va)
{
	unsigned bits = form->va_bits - (form->sign_extended ? 1u : 0u);
	uint64_t high = va >> bits;

	if (!form->canonical)
		return va <= UINT32_MAX;
	return high == 0 || high == UINT64_MAX >> bits;
}

static bool right_half(const struct paging_form *form, uint64_t va)
{
	switch (form->half) {
	case PAGING_LOW: return !(va >> 63);
	case PAGING_HIGH: return va >> 63;
	case PAGING_BOTH: break;
	}
	return true;
}

struct paging_walk paging_begin(const struct paging_form *form, struct image *img,
				uint64_t root, uint64_t va)
{
	return (struct paging_walk){
		.form = form, .img = img, .va = va,
		.kind = right_half(form, va) ? PAGING_TABLE : PAGING_NONE,
		/* so that no entry crosses a page, wherever a root is said to be */
		.table = root & ~(uint64_t)(form->entry_size - 1),
	};
}

static const struct paging_rule *match(const struct paging_level *level, uint64_t entry)
{
	for (unsigned i = 0; i < level->nrules; i++)
		if ((entry & level->rules[i].mask) == level->rules[i].value)
			return &level->rules[i];
	return NULL;
}

static enum cairn_fault read_entry(struct paging_walk *w)
{
	size_t page = (size_t)1 << image_info(w->img)->page_shift;
	struct page *p = image_pin(w->img, w->entry_addr);
	enum cairn_fault fault = p->fault;

	if (p->data)
		w->entry = le_uint(p->data + (w->entry_addr & (page - 1)), w->form->entry_size);
	image_put(w->img, p);
	if (fault != CAIRN_FAULT_NONE)
		return fault;
	w->rule = match(w->level, w->entry);
	w->kind = w->rule ? w->rule->kind : PAGING_NONE;
	return CAIRN_FAULT_NONE;
}

static uint64_t entry_address(const struct paging_rule *rule, uint64_t entry)
{
	uint64_t e = rule->inverted ? ~entry : entry, addr = e & rule->addr_mask;

	for (unsigned i = 0; i < PAGING_MOVED; i++)
		addr |= (e & rule->moved[i].mask) << rule->moved[i].left;
	return addr;
}

static enum cairn_fault step(struct paging_walk *w)
{
	const struct paging_level *level = &w->form->level[w->depth];
	uint64_t index = w->va >> level->shift & (((uint64_t)1 << level->bits) - 1);
	enum cairn_fault fault;

	w->level = level;
	w->entry_addr = w->table + index * w->form->entry_size;
	fault = read_entry(w);
	if (fault == CAIRN_FAULT_NONE && w->kind == PAGING_NONE && level->shadow &&
	    (w->entry_addr & level->shadow_back)) {
		w->level = level->shadow;
		w->entry_addr -= level->shadow_back;
		fault = read_entry(w);
	}
	if (fault != CAIRN_FAULT_NONE)
		return fault;
	w->depth++;
	if (w->kind == PAGING_TABLE)
		w->table = entry_address(w->rule, w->entry);
	else if (w->kind == PAGING_PAGE)
		w->paddr = entry_address(w->rule, w->entry) |
			   (w->va & (((uint64_t)1 << w->rule->page_shift) - 1));
	return CAIRN_FAULT_NONE;
}

static bool walking(const struct paging_walk *w)
{
	return w->kind == PAGING_TABLE && w->depth < w->form->nlevels;
}

enum cairn_code paging_step(struct paging_walk *w, struct cairn_err *err)
{
	enum cairn_fault fault;

	if (!walking(w))
		return cairn_fail(err, CAIRN_USAGE, "the page-table walk is over");
	fault = step(w);
	if (fault == CAIRN_FAULT_NONE)
		return CAIRN_OK;
	cairn_fail_read(err, fault, w->entry_addr, "physical address");
	return cairn_context(err, CAIRN_FAULT, "%s entry of 0x%" PRIx64, w->level->name, w->va);
}

static void judge(struct paging_walk *w, const struct paging_level *level)
{
	w->level = level;
	w->rule = match(level, w->entry);
	w->kind = w->rule ? w->rule->kind : PAGING_NONE;
}

struct paging_walk paging_entry(const struct paging_form *form, unsigned depth, uint64_t entry)
{
	struct paging_walk w = { .form = form, .depth = depth, .entry = entry };

	judge(&w, &form->level[depth]);
	if (w.kind == PAGING_NONE && w.level->shadow)
		judge(&w, w.level->shadow);
	if (w.kind == PAGING_PAGE || w.kind == PAGING_TABLE)
		w.paddr = entry_address(w.rule, entry);
	return w;
}

const char *paging_describe(const struct paging_walk *w, char *buf, size_t size)
{
	const struct paging_flag *f = w->rule ? w->rule->flags : NULL;
	size_t len = 0, n;

	buf[0] = '\0';
	for (; f && f->name; f++) {
		n = strlen(f->name);
		if ((w->entry & f->mask) != f->value || n + 1 >= size - len)
			continue;
		if (len)
			buf[len++] = ' ';
		memcpy(buf + len, f->name, n + 1);
		len += n;
	}
	return buf;
}

/* Bytes from va to the end of what an entry of that depth is for; no entry: of the form's half. */
static uint64_t rest_of(const struct paging_form *f, unsigned depth, uint64_t va)
{
	unsigned shift = depth ? f->level[depth - 1].shift : f->va_bits - f->sign_extended;

	return ((uint64_t)1 << shift) - (va & (((uint64_t)1 << shift) - 1));
}

struct paging_result paging_lookup(const struct paging_form *form, struct image *img,
				   uint64_t root, uint64_t va)
{
	struct paging_walk w = paging_begin(form, img, root, va);
	struct paging_result ret = { .fault = CAIRN_FAULT_NONE };

	if (!paging_canonical(form, va)) {
		ret.fault = CAIRN_FAULT_NONCANONICAL;
		ret.hole = rest_of(form, 0, va);
		return ret;
	}
	while (ret.fault == CAIRN_FAULT_NONE && walking(&w))
		ret.fault = step(&w);
	ret.entry_addr = w.entry_addr;
	if (ret.fault != CAIRN_FAULT_NONE)
		return ret;
	if (w.kind == PAGING_PAGE) {
		ret.paddr = w.paddr;
		ret.size = (uint64_t)1 << w.rule->page_shift;
		ret.size -= va & (ret.size - 1);
	} else {
		ret.fault = w.kind == PAGING_SWAPPED ? CAIRN_FAULT_SWAPPED : CAIRN_FAULT_UNMAPPED;
		ret.hole = rest_of(form, w.depth, va);
	}
	return ret;
}
