/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout - where the kernel lies: which machine, which page-table form, which root table.
 *
 * Read from VMCOREINFO and the registers in the dump, and proven on the dump itself: a
 * layout is accepted only if the kernel's own `_stext` translates to where the image is
 * said to lie. What VMCOREINFO does not say is searched for, with the same proof: the
 * physical place of the kernel's root table is tried at every 2 MiB of memory.
 *
 * Two things the machines have in common carry all this. The kernel's image is mapped
 * linearly: physical = virtual - image_to_phys. And the root table (init_top_pgt,
 * swapper_pg_dir) is part of the image, so image_to_phys alone tells where it is.
 */
#ifndef CAIRN_IMAGE_LAYOUT_H
#define CAIRN_IMAGE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/arch.h"
#include "lib/image/image.h"
#include "lib/image/paging.h"
#include "lib/image/space.h"

#define LAYOUT_LINEAR 2

struct layout {
	const struct arch *arch;
	struct paging_form form;   /* of the kernel's tables */
	struct paging_form user;   /* of a process's tables; differs from `form` in the half of
				      the addresses it takes (arm64), else equal */
	uint64_t root;             /* physical address of the kernel's root table */
	uint64_t stext;            /* run-time address of _stext; 0: not known */
	uint64_t kernel_offset;    /* KASLR: run-time minus link-time address of the image, as
				      far as VMCOREINFO says (not on i386, where the difference
				      of stext and a vmlinux's _stext tells); else 0 */
	uint64_t image_to_phys;    /* physical = image virtual address - image_to_phys */
	uint64_t root_mask;        /* physical address bits of a root register (CR3, TTBR) */
	bool proven;               /* false: the tables that would prove it are not in the dump;
				      then only what lies in `linear` can be read */
	struct space_linear linear[LAYOUT_LINEAR]; /* ranges that need no tables */
	unsigned nlinear;
};

/** Find the layout. Looks for VMCOREINFO in memory if the dump has no such note. */
enum cairn_code layout_find(struct layout *ret, struct image *img, struct cairn_err *err);

/** The kernel's address space; `l` is borrowed. */
enum cairn_code layout_kernel_space(const struct layout *l, struct image *img, struct space *ret,
				    struct cairn_err *err);

/** Physical address of a process's root table from mm->pgd, a kernel address. Page-table
 *  isolation needs no care: mm->pgd is the half that maps kernel and user alike (x86), and
 *  the user's copy of it is the page after (PTI_USER_PGTABLE_BIT). */
enum cairn_code layout_user_root(struct space *kernel, uint64_t pgd, uint64_t *root,
				 struct cairn_err *err);

/** ... and from a root register. */
uint64_t layout_register_root(const struct layout *l, uint64_t reg);

/** A process's address space over such a root; `l` is borrowed. */
enum cairn_code layout_user_space(const struct layout *l, struct image *img, uint64_t root,
				  struct space *ret, struct cairn_err *err);

#endif
