/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_pointee - what the kernel says that a register leads to.
 *
 *   Register r2 information: slab maple_node start c1f71500 pointer offset 0
 *   Register r4 information: 2-page vmalloc region starting at 0xc8b70000 allocated at kernel_clone+0xac/0x3c4
 *   Register r0 information: NULL pointer
 *
 * ARM32 prints them upon an oops. Sources: arch/arm/kernel/process.c __show_regs_alloc_free(),
 * mm/util.c mem_dump_obj(), mm/slab_common.c kmem_dump_obj(), mm/vmalloc.c vmalloc_dump_obj().
 */
#ifndef CAIRN_UNWIND_OOPS_POINTEE_H
#define CAIRN_UNWIND_OOPS_POINTEE_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/oops_text.h"

struct oops_pointee {
	struct piece reg;    /* "r2", as the line has it */
	struct piece text;   /* the kernel's words; len 0: they stand on another line */
	struct piece rest;   /* more of them, of the next line */
	const char *kind;    /* "slab" "vmalloc" "null" "zero-size" "memory" (neither of these, but
				mapped) "non-paged"; NULL: other words */
	struct piece cache;  /* of a slab; p NULL: not told */
	bool has_start;
	uint64_t start;      /* of the object, or of the region */
	bool has_offset;
	uint64_t offset;     /* of the pointer into the object, with what lies before its data */
	uint64_t size;       /* of the object, 0: not told */
	uint64_t pages;      /* of the region, 0: not told */
	struct piece by;     /* who allocated it: "kernel_clone+0xac/0x3c4"; p NULL: not told */
};

/** Whether the line is such a one. */
bool oops_pointee_read(struct oops_pointee *ret, struct piece line);

/** A line that may go on with the words of the one before: a mail broke it, or another CPU wrote in
 *  between. False, and nothing changed, if it does not. */
bool oops_pointee_goes_on(struct oops_pointee *p, struct piece line);

#endif
