/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbol_out - a function that the kernel's memory names, as two fields.
 */
#ifndef CAIRN_CMD_SYMBOL_OUT_H
#define CAIRN_CMD_SYMBOL_OUT_H

#include "lib/base/out.h"
#include "lib/kern/session.h"

/** Its address and its symbol's name, null where there is none; the text `look` ("  %s") has the
 *  latter, or without one the former. */
void symbol_fields(struct out *o, struct cairn *c, const char *addr_field, const char *name_field,
		   const char *look, uint64_t addr);

#endif
