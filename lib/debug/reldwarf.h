/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reldwarf - DWARF of a relocatable file.
 *
 * The debug sections of a module are full of relocations against its own sections; libdwfl
 * applies them once it is told where every section lies.
 */
#ifndef CAIRN_DEBUG_RELDWARF_H
#define CAIRN_DEBUG_RELDWARF_H

#include "lib/debug/debugfile.h"

/** DWARF of f, relocated to f->section[].addr. Sets f->dwarf and its owner f->dwfl. */
enum cairn_code reldwarf_open(struct debugfile *f, struct cairn_err *err);

/** Close both; NULL is allowed. */
void reldwarf_close(struct debugfile *f);

#endif
