/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/layout_machine.h"

/* arch/x86/include/asm/page_64_types.h: __START_KERNEL_map */
#define IMAGE_MAP 0xffffffff80000000u

/* More than any kernel's text and data take; what VMCOREINFO calls KERNEL_IMAGE_SIZE is the
 * room that the image is placed in. */
#define IMAGE_LIMIT ((uint64_t)128 << 20)

#define GIB ((uint64_t)1 << 30)

/* CR3: SDM vol. 3, 4.3 to 4.5. Below bit 12 are PCID and cache control; a PAE root has an
 * alignment of 32 bytes. Memory encryption's bit is not of the address. */
static uint64_t root_mask(const struct paging_form *form)
{
	if (form->level[0].bits == 2)
		return 0xffffffe0;
	return form->entry_size == 4 ? 0xfffff000 : form->level[0].rules[0].addr_mask;
}

static bool form_x86_64(const struct image_info *info, unsigned n, struct paging_form *ret)
{
	int64_t la57 = 0, sme_mask = 0;

	if (n > 1)
		return false;
	vmcoreinfo_number(&info->vmcoreinfo, "pgtable_l5_enabled", &la57);
	*ret = (la57 != 0) == (n == 0) ? paging_x86_64_l5 : paging_x86_64_l4;
	if (vmcoreinfo_number(&info->vmcoreinfo, "sme_mask", &sme_mask))
		paging_ignore(ret, (uint64_t)sme_mask);
	return true;
}

static bool delta_x86_64(const struct vmcoreinfo *v, unsigned n, uint64_t *ret)
{
	int64_t phys_base;

	if (n || !vmcoreinfo_number(v, "phys_base", &phys_base))
		return false;
	*ret = IMAGE_MAP - (uint64_t)phys_base;
	return true;
}

/* The lowest address that the kernel's half of the tables maps. One entry a step, and the
 * first that leads on is followed down. */
static bool lowest_mapping(const struct layout *l, struct image *img, uint64_t *va,
			   uint64_t *paddr)
{
	const struct paging_form *form = &l->form;
	uint64_t index = (uint64_t)1 << (form->level[0].bits - 1);
	struct paging_walk at, w;

	at = paging_begin(form, img, l->root, UINT64_MAX << (form->va_bits - 1));
	for (; at.kind == PAGING_TABLE && at.depth < form->nlevels; index = 0) {
		const struct paging_level *level = &form->level[at.depth];

		for (;; index++) {
			if (index >> level->bits)
				return false;
			w = at;
			w.va |= index << level->shift;
			if (paging_step(&w, NULL) != CAIRN_OK)
				return false;
			if (w.kind == PAGING_TABLE || w.kind == PAGING_PAGE)
				break;
		}
		at = w;
	}
	*va = at.va;
	*paddr = at.paddr;
	return at.kind == PAGING_PAGE;
}

/* The map of all memory begins at a multiple of 1 GiB also where its place is random
 * (arch/x86/mm/kaslr.c), and is the first thing in the kernel's half
 * (Documentation/arch/x86/x86_64/mm.rst; the LDT remap before it is not in init_top_pgt). */
static void find_direct_map(struct layout *l, struct image *img)
{
	uint64_t va, paddr;

	if (lowest_mapping(l, img, &va, &paddr) && !((va - paddr) & (GIB - 1)))
		layout_add_direct_map(l, img, va - paddr, false);
}

static void finish_x86_64(struct layout *l, struct image *img)
{
	const struct vmcoreinfo *v = &image_info(img)->vmcoreinfo;
	uint64_t image = l->stext & ~(uint64_t)0x1fffff;

	vmcoreinfo_hex(v, "KERNELOFFSET", &l->kernel_offset);
	if (l->stext)
		layout_add_linear(l, image, IMAGE_LIMIT, image - l->image_to_phys);
	find_direct_map(l, img);
}

static const struct layout_machine x86_64 = {
	.arch = ARCH_X86_64, .form = form_x86_64, .image_to_phys = delta_x86_64,
	.root_mask = root_mask, .gate_size = 16, .finish = finish_x86_64,
};
CAIRN_LAYOUT(&x86_64);

/* ---- i386 ---- */

static bool form_i386(const struct image_info *info, unsigned n, struct paging_form *ret)
{
	char y[8];
	bool pae = vmcoreinfo_get(&info->vmcoreinfo, "CONFIG_X86_PAE", y, sizeof(y));

	if (n > 1)
		return false;
	*ret = pae == (n == 0) ? paging_i386_pae : paging_i386;
	return true;
}

/* CONFIG_PAGE_OFFSET of arch/x86/Kconfig. A random base moves the image within the linear
 * map, so this holds with KASLR. */
static bool delta_i386(const struct vmcoreinfo *v, unsigned n, uint64_t *ret)
{
	static const uint32_t splits[] = {
		0xc0000000, 0xb0000000, 0x80000000, 0x78000000, 0x40000000,
	};

	(void)v;
	if (n >= sizeof(splits) / sizeof(splits[0]))
		return false;
	*ret = splits[n];
	return true;
}

static void finish_i386(struct layout *l, struct image *img)
{
	/* arch/x86/mm/init_32.c, MAXMEM: 128 MiB for vmalloc, fixmap and its like above */
	const uint64_t reserve = (uint64_t)144 << 20;
	uint64_t first, end, room = ((uint64_t)1 << 32) - l->image_to_phys - reserve;

	if (image_bounds(img, &first, &end))
		layout_add_linear(l, l->image_to_phys, end < room ? end : room, 0);
}

static const struct layout_machine i386 = {
	.arch = ARCH_I386, .form = form_i386, .image_to_phys = delta_i386,
	.root_mask = root_mask, .gate_size = 8, .finish = finish_i386,
};
CAIRN_LAYOUT(&i386);
