/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/layout_machine.h"

#include <stdlib.h>

/* TTBR0: ARM DDI 0406 B4.1.154 (TTBCR.N is 0 in Linux), of long descriptors B4.1.155;
 * arm64: DDI 0487 D17.2.144, the ASID stands above. */
static uint64_t root_mask(const struct paging_form *form)
{
	if (form->canonical)
		return 0x0000ffffffffffc0;
	return form->entry_size == 4 ? 0xffffc000 : 0x000000ffffffffe0;
}

/* ---- ARM32 ---- */

static bool form_arm(const struct image_info *info, unsigned n, struct paging_form *ret)
{
	char y[8];
	bool lpae = vmcoreinfo_get(&info->vmcoreinfo, "CONFIG_ARM_LPAE", y, sizeof(y));

	if (n > 1)
		return false;
	*ret = lpae == (n == 0) ? paging_arm_lpae : paging_arm_short;
	return true;
}

/* VMCOREINFO has no PHYS_OFFSET. It is the start of memory rounded down to 2 MiB
 * (arch/arm/kernel/phys2virt.S), which is where the search begins. */
static bool delta_arm(const struct vmcoreinfo *v, unsigned n, uint64_t *ret)
{
	(void)v;
	(void)n;
	(void)ret;
	return false;
}

static void finish_arm(struct layout *l, struct image *img)
{
	/* arch/arm/mm/mmu.c: vmalloc takes 240 MiB below 0xff800000 and a gap of 8 MiB */
	const uint64_t lowmem_end = 0xf0000000;
	/* splits are multiples of 256 MiB (arch/arm/Kconfig, PAGE_OFFSET) */
	uint64_t page_offset = l->stext & 0xf0000000, phys = page_offset - l->image_to_phys;
	uint64_t first, end;

	if (!image_bounds(img, &first, &end) || end <= phys || lowmem_end <= page_offset)
		return;
	end -= phys;
	if (end > lowmem_end - page_offset)
		end = lowmem_end - page_offset;
	layout_add_linear(l, page_offset, end, phys);
}

static const struct layout_machine arm = {
	.arch = ARCH_ARM, .form = form_arm, .image_to_phys = delta_arm, .root_mask = root_mask,
	.finish = finish_arm,
};
CAIRN_LAYOUT(&arm);

/* ---- arm64 ---- */

/* More than any kernel's text and data take. */
#define IMAGE_LIMIT ((uint64_t)128 << 20)

static unsigned page_shift(const struct image_info *info)
{
	char text[16];

	if (vmcoreinfo_get(&info->vmcoreinfo, "PAGESIZE", text, sizeof(text)))
		for (unsigned shift = 12; shift <= 16; shift += 2)
			if (strtoul(text, NULL, 10) == 1ul << shift)
				return shift;
	return info->page_shift;
}

/* VA_BITS is what the kernel was built for, TCR_EL1_T1SZ what it found. With 64K pages and
 * 52 bits the tables are those of 52 bits on any processor (TTBR1_BADDR_4852_OFFSET); with
 * 4K and 16K pages a level is left out. The proof decides. */
static bool form_arm64(const struct image_info *info, unsigned n, struct paging_form *ret)
{
	static const uint8_t usual[] = { 48, 39, 52, 47, 42, 36 };
	int64_t bits = 0;

	if (n == 0 && vmcoreinfo_number(&info->vmcoreinfo, "TCR_EL1_T1SZ", &bits))
		bits = bits >= 0 && bits <= 64 ? 64 - bits : 0;
	else if (n <= 1 && vmcoreinfo_number(&info->vmcoreinfo, "VA_BITS", &bits))
		;
	else if (n < 2 + sizeof(usual))
		bits = usual[n < 2 ? 0 : n - 2];
	if (bits < 36 || bits > 52)
		bits = 48;
	return n < 2 + sizeof(usual) && paging_arm64(ret, page_shift(info), (unsigned)bits);
}

static bool delta_arm64(const struct vmcoreinfo *v, unsigned n, uint64_t *ret)
{
	int64_t voffset;

	if (n || !vmcoreinfo_number(v, "kimage_voffset", &voffset))
		return false;
	*ret = (uint64_t)voffset;
	return true;
}

/* arch/arm64/include/asm/memory.h: the linear map begins at -1 << VA_BITS, since 5.4; before,
 * one bit higher. TCR_EL1_T1SZ is told since 5.9. PHYS_OFFSET is the physical address at
 * its begin and with a random base may be below zero. */
static void add_linear_map(struct layout *l, struct image *img, const struct vmcoreinfo *v)
{
	int64_t bits, phys_offset, t1sz;
	bool known = vmcoreinfo_number(v, "TCR_EL1_T1SZ", &t1sz);

	if (!vmcoreinfo_number(v, "VA_BITS", &bits) || bits < 36 || bits > 52 ||
	    !vmcoreinfo_number(v, "PHYS_OFFSET", &phys_offset))
		return;
	layout_add_direct_map(l, img, (UINT64_MAX << bits) - (uint64_t)phys_offset, known);
	if (!known)
		layout_add_direct_map(l, img, (UINT64_MAX << (bits - 1)) - (uint64_t)phys_offset,
				      false);
}

static void finish_arm64(struct layout *l, struct image *img)
{
	const struct vmcoreinfo *v = &image_info(img)->vmcoreinfo;
	uint64_t image = l->stext & ~(uint64_t)0x1fffff;

	l->form.half = PAGING_HIGH;
	l->user.half = PAGING_LOW;
	vmcoreinfo_hex(v, "KERNELOFFSET", &l->kernel_offset);
	layout_add_linear(l, image, IMAGE_LIMIT, image - l->image_to_phys);
	add_linear_map(l, img, v);
}

static const struct layout_machine arm64 = {
	.arch = ARCH_ARM64, .form = form_arm64, .image_to_phys = delta_arm64,
	.root_mask = root_mask, .finish = finish_arm64,
};
CAIRN_LAYOUT(&arm64);
