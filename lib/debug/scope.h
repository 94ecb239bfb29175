/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scope - the function at an address and what the compiler put into it, as DWARF's DIEs.
 *
 * Only units that are asked about are read, each once: its functions by address. What was
 * found for an address is kept with the file, so traces that meet the same callers again
 * and again pay once.
 */
#ifndef CAIRN_DEBUG_SCOPE_H
#define CAIRN_DEBUG_SCOPE_H

#include "lib/debug/debugfile.h"

/** From outside in: a function, then the calls that were inlined into it and the blocks
 *  (DW_TAG_subprogram, _inlined_subroutine, _lexical_block) that hold one address. */
struct scope {
	Dwarf_Die unit;
	Dwarf_Die *die; /* each a child of the one before */
	size_t n;       /* 0: only the unit is known (assembly) */
};

/** What holds an address of the file's own (debugfile_file_addr()). NULL if no unit does.
 *  Lives as long as the file. */
const struct scope *scope_at(struct debugfile *f, uint64_t addr);

/** The innermost of a scope that is a function, inlined or not: its index; n if there is
 *  none. `below` is where the search ends: s->n for the innermost of all. */
size_t scope_function(const struct scope *s, size_t below);

/** For debugfile_close(). */
void scope_free(struct debugfile *f);

#endif
