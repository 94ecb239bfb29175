/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf - types from the DWARF of a vmlinux or a module's debug file, through libdw.
 *
 * Source: DWARF 2 to 5 as GCC and clang write it for C. A type is the one its unit
 * describes; a struct that its unit only declares is looked up in the other units when its
 * members are first asked for (until then its size is 0), and becomes a TYPE_FWD if none
 * defines it.
 */
#ifndef CAIRN_DEBUG_DWARF_H
#define CAIRN_DEBUG_DWARF_H

#include "lib/debug/debugfile.h"
#include "lib/debug/type.h"

/** A provider over f, which must outlive it; for struct types, which then closes it.
 *  CAIRN_MISSING if f has no DWARF. For one thread at a time. */
enum cairn_code dwarf_provider_new(struct type_provider **ret, struct debugfile *f,
				   struct cairn_err *err);

/** Use the names that an earlier run kept on disk for this file, and keep them for the next
 *  if it comes to reading all units. To be called before the provider is asked. */
void dwarf_provider_keep(struct type_provider *p, const struct debugfile *f);

/** The type that a DIE of the file has (DW_AT_type); void if it has none. Lives as long as the
 *  provider. */
const struct type *dwarf_type_of(struct type_provider *p, Dwarf_Die *die);

#endif
