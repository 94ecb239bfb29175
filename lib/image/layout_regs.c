/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/arena.h"
#include "lib/base/cursor.h"
#include "lib/image/layout_machine.h"
#include "lib/image/regs.h"

/* With page-table isolation a processor in user mode has the user's copy of the root, one
 * page above the kernel's (arch/x86/mm/pti.c, PTI_USER_PGTABLE_BIT). */
#define USER_COPY ((uint64_t)0x1000)

/* The handler that the interrupt table names for a vector. Gates: SDM vol. 3, 6.11 and
 * 6.14.1; the kernel's are present interrupt gates (arch/x86/kernel/idt.c). */
static bool handler(const struct layout *l, struct image *img, uint64_t idt, unsigned vector,
		    unsigned gate_size, uint64_t *ret)
{
	struct paging_result r = paging_lookup(&l->form, img, l->root, idt + vector * gate_size);
	unsigned char gate[16];

	if (r.fault != CAIRN_FAULT_NONE ||
	    image_read(img, r.paddr, gate, gate_size, NULL) != CAIRN_OK || (gate[5] & 0x9f) != 0x8e)
		return false;
	*ret = le16(gate) | (uint64_t)le16(gate + 6) << 16;
	if (gate_size == 16)
		*ret |= (uint64_t)le32(gate + 8) << 32;
	return true;
}

/* The image is mapped linearly, so all handlers must lie at one distance. */
static bool proven_by_handlers(struct layout *l, struct image *img, uint64_t idt,
			       unsigned gate_size)
{
	static const uint8_t vectors[] = { 0, 6, 13, 14 }; /* DE UD GP PF */

	for (unsigned i = 0; i < sizeof(vectors); i++) {
		struct paging_result r;
		uint64_t va;

		if (!handler(l, img, idt, vectors[i], gate_size, &va))
			return false;
		r = paging_lookup(&l->form, img, l->root, va);
		if (r.fault != CAIRN_FAULT_NONE || (i && va - r.paddr != l->image_to_phys))
			return false;
		l->image_to_phys = va - r.paddr;
	}
	return true;
}

/* A processor's root maps the kernel; the kernel's own root is then where it says. */
static bool proven_by_stext(struct layout *l, const struct layout_clues *c)
{
	struct paging_result r = paging_lookup(&l->form, c->img, l->root, c->stext);

	if (r.fault != CAIRN_FAULT_NONE)
		return false;
	l->image_to_phys = c->stext - r.paddr;
	if (c->swapper)
		l->root = c->swapper - l->image_to_phys;
	return layout_prove(l, c->img, c->stext, r.paddr) == LAYOUT_PROVEN;
}

static bool try_cpu(struct layout *l, const struct layout_machine *m,
		    const struct layout_clues *c, const struct vcpu_note *cpu)
{
	for (unsigned f = 0; m->form(c->info, f, &l->form); f++) {
		uint64_t root = cpu->cr3 & m->root_mask(&l->form);

		for (unsigned copy = 0; copy < 2; copy++) {
			l->root = copy ? root : root & ~USER_COPY;
			if (c->stext ? proven_by_stext(l, c)
				     : proven_by_handlers(l, c->img, cpu->idt_base, m->gate_size))
				return true;
		}
	}
	return false;
}

bool layout_from_registers(struct layout *l, const struct layout_machine *m,
			   const struct layout_clues *c)
{
	struct vcpu_notes cpus = { 0 };
	struct arena arena = { 0 };
	bool found = false;

	if (m->gate_size && regs_read_notes(&cpus, arch_by_id(m->arch), c->info->notes,
					    c->info->notes_len, &arena, NULL) == CAIRN_OK)
		for (size_t i = 0; i < cpus.n && !found; i++)
			found = cpus.note[i].have_qemu && try_cpu(l, m, c, &cpus.note[i]);
	arena_deinit(&arena);
	return found;
}
