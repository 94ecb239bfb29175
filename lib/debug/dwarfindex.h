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

#include "lib/debug/dwarfkept.h"
#include "lib/debug/type.h"

struct dwarfindex {
	Dwarf *dwarf;       /* borrowed */
	Dwarf_CU *last;     /* the last unit that was read */
	bool complete;      /* there are no more */
	bool lossy;         /* memory ran out: names are missing */
	/* of the units read so far, in the order of their first appearance */
	struct dwarfnames names;
	uint32_t cap, text_cap;
	uint32_t *slot;     /* open addressing by hash: entry + 1; 0: empty */
	uint32_t nslots;    /* a power of two; 0: none yet */
	/* or all of them, kept from another time */
	struct dwarfkept kept;
	const char *keep_as; /* build-id; NULL: not to be kept */
};

/** Nothing is read yet. There is nothing to deinit if this is not called. */
static inline void dwarfindex_init(struct dwarfindex *x, Dwarf *dwarf)
{
	*x = (struct dwarfindex){ .dwarf = dwarf };
}

/** Use what was kept on disk for this build-id (borrowed); failing that, keep what will
 *  have been read, once it is complete. To be called before anything is asked. */
void dwarfindex_keep(struct dwarfindex *x, const char *build_id);

void dwarfindex_deinit(struct dwarfindex *x);

/** The definition of a name or, if no unit defines it, a declaration. Name spaces, as
 *  btf.c has them: STRUCT, UNION, ENUM tags; VOID: typedefs and base types; FUNC:
 *  variables. */
bool dwarfindex_find(struct dwarfindex *x, enum type_kind space, const char *name,
		     Dwarf_Die *ret);

/** The definition, if it is known without reading more units. */
bool dwarfindex_known(struct dwarfindex *x, enum type_kind space, const char *name,
		      Dwarf_Die *ret);

/** The i-th of all names; NULL past the last. */
const char *dwarfindex_name(struct dwarfindex *x, uint32_t i, enum type_kind *space);

#endif
