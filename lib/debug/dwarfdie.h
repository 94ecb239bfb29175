/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarfdie - walking DIEs (DWARF's entries) with libdw, without trusting where they point.
 */
#ifndef CAIRN_DEBUG_DWARFDIE_H
#define CAIRN_DEBUG_DWARFDIE_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/** Go to the next sibling. One that points back would never end, so it is the last. */
static inline bool die_next(Dwarf_Die *die)
{
	void *here = die->addr;

	return dwarf_siblingof(die, die) == 0 && die->addr > here;
}

/** The first child. */
static inline bool die_child(Dwarf_Die *die, Dwarf_Die *ret)
{
	return dwarf_child(die, ret) == 0;
}

/** Its name, also one that it has from its declaration or abstract origin; "" if none. */
static inline const char *die_name(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name ? name : "";
}

/** A constant attribute, likewise. */
static inline bool die_number(Dwarf_Die *die, unsigned attr, uint64_t *ret)
{
	Dwarf_Attribute mem, *a = dwarf_attr_integrate(die, attr, &mem);

	return a && dwarf_formudata(a, ret) == 0;
}

/** The DIE that an attribute refers to, likewise. */
static inline bool die_ref(Dwarf_Die *die, unsigned attr, Dwarf_Die *ret)
{
	Dwarf_Attribute mem, *a = dwarf_attr_integrate(die, attr, &mem);

	return a && dwarf_formref_die(a, ret);
}

static inline bool die_is_declaration(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_declaration);
}

#endif
