/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * globals - the C types of the kernel's global variables that cairn and its users ask for.
 *
 * Kernel BTF has types for per-CPU variables only. This table stands in for what only
 * DWARF says, so that a session without a vmlinux needs no declarations.
 */
#ifndef CAIRN_DEBUG_GLOBALS_H
#define CAIRN_DEBUG_GLOBALS_H

#include <stddef.h>

/** The declared type of a kernel variable as type_find() takes it, or NULL. */
const char *global_declaration(const char *name);

/** The i-th variable of the table, by name; NULL past the last. */
const char *global_name(size_t i);

#endif
