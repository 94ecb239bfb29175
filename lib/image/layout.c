/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/layout.h"

#define START_KERNEL_MAP 0xffffffff80000000u /* arch/x86/include/asm/page_64_types.h */

static enum cairn_code missing(struct cairn_err *err, const char *key)
{
	return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no %s", key);
}

static enum cairn_code find_x86_64(struct layout *l, const struct vmcoreinfo *v,
				   struct cairn_err *err)
{
	int64_t phys_base, la57 = 0;
	uint64_t pgt;

	if (!vmcoreinfo_number(v, "phys_base", &phys_base))
		return missing(err, "NUMBER(phys_base)");
	if (!vmcoreinfo_symbol(v, "init_top_pgt", &pgt) &&
	    !vmcoreinfo_symbol(v, "swapper_pg_dir", &pgt))
		return missing(err, "SYMBOL(init_top_pgt)");
	vmcoreinfo_number(v, "pgtable_l5_enabled", &la57);
	l->form = la57 ? paging_x86_64_l5 : paging_x86_64_l4;
	l->image_to_phys = START_KERNEL_MAP - (uint64_t)phys_base;
	l->root = pgt - l->image_to_phys;
	l->root_mask = 0x000ffffffffff000u;
	vmcoreinfo_hex(v, "KERNELOFFSET", &l->kernel_offset);
	return CAIRN_OK;
}

enum cairn_code layout_find(struct layout *ret, struct image *img, struct cairn_err *err)
{
	const struct image_info *info = image_info(img);

	*ret = (struct layout){ .arch = info->arch };
	if (!info->vmcoreinfo.text)
		return cairn_fail(err, CAIRN_MISSING, "no VMCOREINFO");
	if (info->arch && info->arch->id == ARCH_X86_64)
		return find_x86_64(ret, &info->vmcoreinfo, err);
	return cairn_fail(err, CAIRN_MISSING, "machine %s", info->arch ? info->arch->name : "unknown");
}
