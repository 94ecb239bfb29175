/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarfreg - DWARF's numbers of registers.
 *
 * Sources: the psABI supplements: x86-64 figure 3.36, i386 table 2.14, "DWARF for the Arm
 * Architecture" (AADWARF32, AADWARF64) section 4.1.
 */
#ifndef CAIRN_DEBUG_DWARFREG_H
#define CAIRN_DEBUG_DWARFREG_H

#include <stdbool.h>

#include "lib/image/arch.h"

/** Every machine's general registers are below. */
#define DWARF_REGS 33

/** Index into arch->reg_names; -1: no general register of the machine. */
int dwarfreg_index(const struct arch *a, unsigned number);

/** DWARF's number of an index into arch->reg_names; -1: it has none. */
int dwarfreg_number(const struct arch *a, unsigned index);

/** Functions leave it to their callers as it was, by the machine's ABI. Not said of the stack
 *  pointer. */
bool dwarfreg_is_preserved(const struct arch *a, unsigned number);

#endif
