/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarfsection - a section of the file that an open Dwarf came from.
 */
#ifndef CAIRN_DEBUG_DWARFSECTION_H
#define CAIRN_DEBUG_DWARFSECTION_H

#include <elfutils/libdw.h>

/** The section, or NULL. elf_getdata() has it uncompressed, and relocated where libdwfl did so. */
Elf_Scn *dwarfsection(Dwarf *dwarf, const char *name);

#endif
