/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/layout.h"

#include <inttypes.h>

#include "lib/image/layout_machine.h"

/* Every machine maps its image in units of at least 2 MiB, virtual and physical alike. */
#define STEP ((uint64_t)2 << 20)

/* Places that a search tries: 128 GiB, some seconds at worst. */
#define SEARCH_LIMIT 65536u

enum layout_proof layout_prove(const struct layout *l, struct image *img, uint64_t va,
			       uint64_t paddr)
{
	struct paging_result r = paging_lookup(&l->form, img, l->root, va);

	switch (r.fault) {
	case CAIRN_FAULT_NONE:
		return r.paddr == paddr ? LAYOUT_PROVEN : LAYOUT_WRONG;
	case CAIRN_FAULT_UNMAPPED:
	case CAIRN_FAULT_SWAPPED:
	case CAIRN_FAULT_NONCANONICAL:
		return LAYOUT_WRONG;
	default:
		return LAYOUT_UNREADABLE;
	}
}

/* ---- search ---- */

static bool in_memory(struct image *img, uint64_t paddr)
{
	struct page *p = image_pin(img, paddr);
	bool ret = p->fault != CAIRN_FAULT_ABSENT;

	image_put(img, p);
	return ret;
}

static enum layout_proof try_at(struct layout *l, const struct layout_clues *c,
				uint64_t image_to_phys)
{
	uint64_t va = c->stext ? c->stext : c->swapper;

	l->image_to_phys = image_to_phys;
	l->root = c->swapper - image_to_phys;
	if (!in_memory(c->img, va - image_to_phys))
		return LAYOUT_WRONG;
	return layout_prove(l, c->img, va, va - image_to_phys);
}

/* What VMCOREINFO says. */
static enum layout_proof try_told(struct layout *l, const struct layout_machine *m,
				  const struct layout_clues *c)
{
	struct layout unreadable = { .arch = NULL };
	enum layout_proof proof;
	uint64_t delta;

	for (unsigned f = 0; m->form(c->info, f, &l->form); f++)
		for (unsigned d = 0; m->image_to_phys(&c->info->vmcoreinfo, d, &delta); d++) {
			proof = try_at(l, c, delta);
			if (proof == LAYOUT_PROVEN)
				return proof;
			if (proof == LAYOUT_UNREADABLE && !unreadable.arch)
				unreadable = *l;
		}
	if (!unreadable.arch)
		return LAYOUT_WRONG;
	*l = unreadable;
	return LAYOUT_UNREADABLE;
}

/* One form, from `at` upward. */
static bool try_places(struct layout *l, const struct layout_clues *c, uint64_t at)
{
	for (unsigned tries = 0; tries < SEARCH_LIMIT; tries++) {
		uint64_t next = at;

		if (!image_next_present(c->img, &next))
			break;
		if (next == at && try_at(l, c, c->swapper - at) == LAYOUT_PROVEN)
			return true;
		at += next == at ? STEP : (next - at + STEP - 1) & ~(STEP - 1);
	}
	return false;
}

/* Every place in memory where the root table can be. */
static bool try_everywhere(struct layout *l, const struct layout_machine *m,
			   const struct layout_clues *c)
{
	uint64_t first, end;
	bool found = false;

	if (!image_bounds(c->img, &first, &end))
		return false;
	first = (first & ~(STEP - 1)) + (c->swapper & (STEP - 1));
	image_search_begin(c->img);
	for (unsigned f = 0; !found && m->form(c->info, f, &l->form); f++)
		found = try_places(l, c, first);
	image_search_end(c->img);
	/* for the record, where a search of only these pages would find it */
	return found && in_memory(c->img, l->root) &&
	       try_at(l, c, l->image_to_phys) == LAYOUT_PROVEN;
}

static enum layout_proof try_machine(struct layout *l, const struct layout_machine *m,
				     const struct layout_clues *c)
{
	struct layout found;
	enum layout_proof told = LAYOUT_WRONG;

	*l = (struct layout){ .arch = arch_by_id(m->arch), .stext = c->stext };
	found = *l;
	if (c->swapper)
		told = try_told(l, m, c);
	if (told == LAYOUT_PROVEN)
		return told;
	if (!layout_from_registers(&found, m, c) &&
	    !(c->swapper && try_everywhere(&found, m, c)))
		return told;
	*l = found;
	return LAYOUT_PROVEN;
}

/* A dump that does not say its machine is tried on every one of that word size. */
static bool may_be(const struct layout_machine *m, const struct layout_clues *c)
{
	if (c->info->arch)
		return m->arch == c->info->arch->id;
	return !c->swapper || (arch_by_id(m->arch)->word == 8) == (c->swapper > UINT32_MAX);
}

static const struct layout_machine *try_machines(struct layout *ret,
						 const struct layout_clues *c)
{
	const struct layout_machine *unreadable = NULL;
	enum layout_proof proof;
	struct layout l;

	SET_EACH(cairn_layouts, const struct layout_machine, m) {
		proof = may_be(*m, c) ? try_machine(&l, *m, c) : LAYOUT_WRONG;
		if (proof == LAYOUT_PROVEN || (proof == LAYOUT_UNREADABLE && !unreadable))
			*ret = l;
		if (proof == LAYOUT_PROVEN) {
			ret->proven = true;
			return *m;
		}
		if (proof == LAYOUT_UNREADABLE && !unreadable)
			unreadable = *m;
	}
	return unreadable;
}

static enum cairn_code not_found(const struct layout_clues *c, struct cairn_err *err)
{
	if (!c->info->vmcoreinfo.text)
		return cairn_fail(err, CAIRN_MISSING,
				  "no VMCOREINFO and no root register in the notes");
	if (!c->swapper)
		return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no SYMBOL(swapper_pg_dir)");
	return cairn_fail(err, CAIRN_MISSING,
			  "no page table maps _stext (0x%" PRIx64 ") to where the %s image lies",
			  c->stext, c->info->arch ? c->info->arch->name : "kernel");
}

enum cairn_code layout_find(struct layout *ret, struct image *img, struct cairn_err *err)
{
	const struct image_info *info = image_info(img);
	struct layout_clues c = { .img = img, .info = info };
	const struct layout_machine *m;

	*ret = (struct layout){ .arch = info->arch };
	if (!info->vmcoreinfo.text)
		image_search_vmcoreinfo(img, NULL);
	if (!vmcoreinfo_symbol(&info->vmcoreinfo, "init_top_pgt", &c.swapper))
		vmcoreinfo_symbol(&info->vmcoreinfo, "swapper_pg_dir", &c.swapper);
	vmcoreinfo_symbol(&info->vmcoreinfo, "_stext", &c.stext);
	m = try_machines(ret, &c);
	if (!m)
		return not_found(&c, err);
	ret->user = ret->form;
	ret->root_mask = m->root_mask(&ret->form);
	m->finish(ret, img);
	return CAIRN_OK;
}

/* ---- for the machines ---- */

void layout_add_linear(struct layout *l, uint64_t va, uint64_t size, uint64_t phys)
{
	if (l->nlinear < LAYOUT_LINEAR)
		l->linear[l->nlinear++] = (struct space_linear){ va, size, phys };
}

void layout_add_direct_map(struct layout *l, struct image *img, uint64_t base, bool known)
{
	enum layout_proof proof = layout_prove(l, img, base + l->root, l->root);
	uint64_t first, end;

	if ((proof == LAYOUT_PROVEN || (proof == LAYOUT_UNREADABLE && known)) &&
	    image_bounds(img, &first, &end))
		layout_add_linear(l, base, end, 0);
}

/* ---- spaces ---- */

enum cairn_code layout_kernel_space(const struct layout *l, struct image *img, struct space *ret,
				    struct cairn_err *err)
{
	enum cairn_code code = space_init(ret, img, &l->form, l->root, l->arch->word,
					  "kernel address", err);

	for (unsigned i = 0; code == CAIRN_OK && i < l->nlinear; i++)
		space_add_linear(ret, l->linear[i]);
	return code;
}

enum cairn_code layout_user_root(struct space *kernel, uint64_t pgd, uint64_t *root,
				 struct cairn_err *err)
{
	enum cairn_code code = space_translate(kernel, pgd, root, err);

	return code == CAIRN_OK ? code : cairn_context(err, code, "mm->pgd");
}

uint64_t layout_register_root(const struct layout *l, uint64_t reg)
{
	return reg & l->root_mask;
}

enum cairn_code layout_user_space(const struct layout *l, struct image *img, uint64_t root,
				  struct space *ret, struct cairn_err *err)
{
	return space_init_sized(ret, img, &l->user, root, l->arch->word, "user address",
				SPACE_TLB_USER, err);
}
