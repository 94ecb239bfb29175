/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elfsym - symbols from the symbol table of a vmlinux or a module's debug file.
 *
 * They stand where the file was placed (debugfile_place_kernel, _module); symbols of
 * sections that were not placed are left out, and so are sections, files, undefined and
 * nameless ones, and what kallsyms leaves out as well. Absolute symbols and those of an
 * absolute per-CPU section are found by name only.
 *
 * Of several names at one address the kernel's own answer comes first: for the image that
 * of scripts/kallsyms.c, compare_symbols() (weak ones last, then __start_x, __stop_x and
 * their like, then by leading underscores, then as `nm -n` sorts: by name); for a module the
 * order of the table.
 */
#ifndef CAIRN_DEBUG_ELFSYM_H
#define CAIRN_DEBUG_ELFSYM_H

#include "lib/debug/debugfile.h"
#include "lib/debug/sym.h"

/** Add f's symbols to s, as sources named after the module or the file's path, and its
 *  text ranges. The table is read when it is first asked: in 20 ms for a kernel. Memory from
 *  s's arena; names are borrowed from f, which must outlive s and stay where it was placed.
 *  CAIRN_MISSING if f has no symbol table or was not placed. */
enum cairn_code elfsym_add(struct syms *s, struct debugfile *f, struct cairn_err *err);

#endif
