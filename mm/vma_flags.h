/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_flags - the names of vm_area_struct.vm_flags' bits.
 *
 * The names are those of include/linux/mm.h without VM_. Bits that move from release to release are
 * named by the kernel itself, as far as it prints them (mm/debug.c, vmaflag_names), else by what its
 * types show that it can do.
 */
#ifndef CAIRN_MM_VMA_FLAGS_H
#define CAIRN_MM_VMA_FLAGS_H

#include "lib/kern/session.h"

#define VMA_FLAGS_N 64
#define VMA_FLAG_NAME 24

struct vma_flags {
	char name[VMA_FLAGS_N][VMA_FLAG_NAME]; /* "": it has none */
};

void vma_flags_init(struct vma_flags *f, struct cairn *c);

/** The name of bit `i`, NULL: none is known. */
const char *vma_flag_name(const struct vma_flags *f, unsigned i);

#endif
