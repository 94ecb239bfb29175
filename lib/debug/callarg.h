/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callarg - what a caller passed, by what DWARF says of the call.
 *
 * A compiler that knows how an argument came about writes it down at the call
 * (DW_TAG_call_site_parameter): an expression over what the caller still has when the call
 * returns. It serves where the callee itself has overwritten the register.
 *
 * Sources: DWARF 5, 3.4; before that GCC's DW_TAG_GNU_call_site.
 */
#ifndef CAIRN_DEBUG_CALLARG_H
#define CAIRN_DEBUG_CALLARG_H

#include "lib/debug/scope.h"

enum callarg_callee {
	CALLARG_SAME,     /* the call names this function */
	CALLARG_OTHER,    /* it names another, which must have jumped here */
	CALLARG_INDIRECT, /* it names none: a call through a pointer */
};

/** The call that returns to `pc` (an address of the file's own), in the function of s. */
bool callarg_site(const struct scope *s, uint64_t pc, Dwarf_Die *ret);

/** Whether the call is to a function of that name. */
enum callarg_callee callarg_callee(Dwarf_Die *site, const char *function);

/** The expression for what was passed in a register (DWARF's number). */
bool callarg_in_register(Dwarf_Die *site, unsigned number, Dwarf_Attribute *ret);

#endif
