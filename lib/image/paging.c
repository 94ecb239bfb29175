/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/paging.h"

#include <inttypes.h>

#include "lib/base/cursor.h"

bool paging_canonical(const struct paging_form *form, uint64_t va)
{
	uint64_t high;

	if (!form->canonical)
		return va <= UINT32_MAX;
	high = va >> (form->va_bits - (form->sign_extended ? 1 : 0));
	return high == 0 || high == UINT64_MAX >> (form->va_bits - (form->sign_extended ? 1 : 0));
}

struct paging_walk paging_begin(const struct paging_form *form, struct image *img,
				uint64_t root, uint64_t va)
{
	return (struct paging_walk){
		.form = form, .img = img, .va = va, .table = root, .kind = PAGING_TABLE,
	};
}

static const struct paging_rule *match(const struct paging_level *level, uint64_t entry)
{
	for (unsigned i = 0; i < level->nrules; i++)
		if ((entry & level->rules[i].mask) == level->rules[i].value)
			return &level->rules[i];
	return NULL;
}

enum cairn_code paging_step(struct paging_walk *w, struct cairn_err *err)
{
	const struct paging_level *level = &w->form->level[w->depth];
	const unsigned size = w->form->entry_size;
	uint64_t index = w->va >> level->shift & (((uint64_t)1 << level->bits) - 1);
	unsigned char raw[8];
	enum cairn_code code;

	if (w->kind != PAGING_TABLE || w->depth >= w->form->nlevels)
		return cairn_fail(err, CAIRN_USAGE, "the page-table walk is over");
	w->entry_addr = w->table + index * size;
	code = image_read(w->img, w->entry_addr, raw, size, err);
	if (code != CAIRN_OK)
		return cairn_context(err, code, "%s entry of 0x%" PRIx64, level->name, w->va);
	w->entry = le_uint(raw, size);
	w->rule = match(level, w->entry);
	w->kind = w->rule ? w->rule->kind : PAGING_NONE;
	w->depth++;
	if (w->kind == PAGING_TABLE || w->kind == PAGING_PAGE) {
		uint64_t addr = (w->rule->inverted ? ~w->entry : w->entry) & w->rule->addr_mask;

		if (w->kind == PAGING_TABLE)
			w->table = addr;
		else
			w->paddr = addr | (w->va & (((uint64_t)1 << w->rule->page_shift) - 1));
	}
	if (w->kind == PAGING_TABLE && w->depth == w->form->nlevels)
		w->kind = PAGING_NONE;
	return CAIRN_OK;
}

enum cairn_code paging_translate(const struct paging_form *form, struct image *img,
				 uint64_t root, uint64_t va, uint64_t *paddr, uint64_t *size,
				 struct cairn_err *err)
{
	struct paging_walk w = paging_begin(form, img, root, va);
	enum cairn_code code;

	if (!paging_canonical(form, va))
		return cairn_fail_read(err, CAIRN_FAULT_NONCANONICAL, va, "address");
	while (w.kind == PAGING_TABLE) {
		code = paging_step(&w, err);
		if (code != CAIRN_OK)
			return code;
	}
	if (w.kind != PAGING_PAGE)
		return cairn_fail_read(err,
				       w.kind == PAGING_SWAPPED ? CAIRN_FAULT_SWAPPED
								: CAIRN_FAULT_UNMAPPED,
				       va, "address");
	*paddr = w.paddr;
	if (size) {
		uint64_t whole = (uint64_t)1 << w.rule->page_shift;

		*size = whole - (va & (whole - 1));
	}
	return CAIRN_OK;
}
