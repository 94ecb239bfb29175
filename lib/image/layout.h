/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout - where the kernel lies: which machine, which page-table form, which root table.
 *
 * Read from VMCOREINFO and the registers in the dump, and proven on the dump itself: a
 * layout is accepted only if the kernel's own `_stext` translates under it.
 */
#ifndef CAIRN_IMAGE_LAYOUT_H
#define CAIRN_IMAGE_LAYOUT_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/arch.h"
#include "lib/image/image.h"
#include "lib/image/paging.h"

struct layout {
	const struct arch *arch;
	struct paging_form form;   /* of kernel and user tables alike */
	uint64_t root;             /* physical address of the kernel's root table */
	uint64_t kernel_offset;    /* KASLR: runtime minus link-time address of the image */
	uint64_t image_to_phys;    /* physical = image virtual address - image_to_phys */
	uint64_t root_mask;        /* physical address bits of a root register (CR3, TTBR) */
};

enum cairn_code layout_find(struct layout *ret, struct image *img, struct cairn_err *err);

#endif
