/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap - what a page-table entry of a page that is not in memory says.
 *
 * Sources: arch/x86/include/asm/pgtable_64.h, pgtable-3level.h, pgtable-2level.h (__swp_type,
 * __swp_offset), mm/swapfile.c (swap_info). On ARM the place of the type moved in 6.3 and no
 * type tells: there the entry is given as it stands.
 */
#ifndef CAIRN_MM_SWAP_H
#define CAIRN_MM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/path.h"

struct swap_entry {
	unsigned type;   /* index of the swap area; above the areas: migration, poison, ... */
	uint64_t offset; /* page in it */
};

/** False: this machine's entries are not known. */
bool swap_decode(const struct cairn *c, uint64_t pte, struct swap_entry *ret);

/** The path of a swap area's file or device; NULL: there is no such area, or it cannot be read. */
const char *swap_file(struct cairn *c, struct paths *paths, unsigned type);

#endif
