/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taint - the kernel's taint flags, of itself and of its modules.
 *
 * Source: kernel/panic.c (taint_flags[]), Documentation/admin-guide/tainted-kernels.rst.
 * Letters and bits are ABI; a bit that is not known here shows as '?'.
 */
#ifndef CAIRN_KERN_TAINT_H
#define CAIRN_KERN_TAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAINT_TEXT 72

/** The letters of the set flags, "OE"; "" if none is. Returns buf of TAINT_TEXT bytes. */
const char *taint_letters(uint64_t mask, char *buf);

/** The mask out of a line of the log that says "Not tainted" or "Tainted: G    OE"; false if
 *  it says neither. */
bool taint_parse(const char *line, size_t len, uint64_t *ret);

/** What flag n means, "unsigned module"; NULL if it is not known. */
const char *taint_meaning(unsigned n);

#endif
