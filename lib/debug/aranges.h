/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aranges - which unit of DWARF has the code at an address, by .debug_aranges.
 *
 * libdw reads this table too, and with it the head of each unit, which makes all of a kernel's
 * .debug_info resident; the table alone is a thousandth of that. Clang writes none, so that an
 * address is not in it says nothing.
 *
 * Source: DWARF 5, section 6.1.2 (version 2 of the table, as in DWARF 2 to 4).
 */
#ifndef CAIRN_DEBUG_ARANGES_H
#define CAIRN_DEBUG_ARANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One range of code and the offset of its unit in .debug_info. False ends the reading. */
typedef bool aranges_fn(void *arg, uint64_t begin, uint64_t end, uint64_t unit);

/** All ranges of a section's bytes that are not empty, in their order. Sets of another version, or
 *  with segments, are passed over; what is cut ends it. False if `fn` ended it. */
bool aranges_read(const void *data, size_t size, aranges_fn *fn, void *arg);

#endif
