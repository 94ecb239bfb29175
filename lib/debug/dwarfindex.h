/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarfindex - names of types and global variables in DWARF -> where they are described.
 *
 * A kernel's DWARF has thousands of units and most of them repeat the same headers, so
 * units are read in order until the name has come up: the core types are known after one
 * or two, in a millisecond. Only a name that comes late, or never, has all of them read
 * (0.3 s for 175 MB; a second thread was tried and gained a fifth at best, at the price of
 * a second mapping). What was read is kept.
 *
 * C only: units of assembly and of Rust (whose base types are called "u64" and "char") are
 * left out, and so is what is declared inside functions. Of several definitions of a name
 * the first counts.
 */
#ifndef CAIRN_DEBUG_DWARFINDEX_H
#define CAIRN_DEBUG_DWARFINDEX_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/debug/type.h"

/** Name spaces, as btf.c has them: STRUCT, UNION, ENUM tags; VOID: typedefs and base types;
 *  FUNC: variables. */
struct dwarfname {
	const char *name;  /* in the table's arena */
	uint64_t die;      /* offset in .debug_info */
	uint32_t hash;
	uint8_t space;     /* enum type_kind */
	bool declared;     /* no definition has come up */
};

struct dwarfnames {
	struct arena arena;
	struct dwarfname *entry; /* in the order of their first appearance */
	uint32_t n, cap;
	uint32_t *slot;          /* open addressing: entry + 1; 0: empty */
	uint32_t nslots;         /* a power of two; 0: none yet */
};

struct dwarfindex {
	Dwarf *dwarf;            /* borrowed */
	Dwarf_CU *last;          /* the last unit that was read */
	bool complete;           /* there are no more */
	struct dwarfnames names;
};

/** Nothing is read yet. There is nothing to deinit if this is not called. */
static inline void dwarfindex_init(struct dwarfindex *x, Dwarf *dwarf)
{
	*x = (struct dwarfindex){ .dwarf = dwarf };
}
void dwarfindex_deinit(struct dwarfindex *x);

/** The definition of a name or, if no unit defines it, a declaration. */
bool dwarfindex_find(struct dwarfindex *x, enum type_kind space, const char *name,
		     Dwarf_Die *ret);

/** The definition, if a unit that was read already has it. */
bool dwarfindex_known(struct dwarfindex *x, enum type_kind space, const char *name,
		      Dwarf_Die *ret);

/** Read one more unit; false if there is none. */
bool dwarfindex_read(struct dwarfindex *x);

#endif
