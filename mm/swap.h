/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap - what a page-table entry of a page that is not in memory says.
 *
 * Sources: arch/x86/include/asm/pgtable_64.h, pgtable-3level.h, pgtable-2level.h,
 * arch/arm/include/asm/pgtable.h, arch/arm64/include/asm/pgtable.h (__swp_type, __swp_offset);
 * include/linux/swap.h (types above the areas); mm/swapfile.c (swap_info).
 */
#ifndef CAIRN_MM_SWAP_H
#define CAIRN_MM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/path.h"

/** Types above those of swap areas say why a page is not there. */
enum swap_kind {
	SWAP_UNTOLD,    /* how many areas there may be is not known, and they may end below */
	SWAP_AREA,
	SWAP_POISON,    /* hardware poison; the offset is a page frame */
	SWAP_MIGRATION, /* being moved; the page frame in the offset's low bits */
	SWAP_DEVICE,    /* a device has it, or it could not be read in; a page frame */
	SWAP_MARKER,    /* no page, but a note: the offset's bits are PTE_MARKER_* */
};

struct swap_entry {
	unsigned type;   /* index of the swap area, or above those */
	uint64_t offset; /* page in it; for the others see there */
	enum swap_kind kind;
};

/** False: this machine's entries are not known. On ARM and arm64 the fields have moved (in 6.3;
 *  between 6.1 and 6.12), and the kernel's own code says where they are: it must be in the dump. */
bool swap_decode(struct cairn *c, uint64_t pte, struct swap_entry *ret);

/** "migration", ...; NULL: untold, or a swap area. */
const char *swap_kind_name(enum swap_kind kind);

/** The path of a swap area's file or device; NULL: there is no such area, or it cannot be read. */
const char *swap_file(struct cairn *c, struct paths *paths, unsigned type);

#endif
