/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * element_out - one element of a list or a tree: its address, and what it is.
 *
 * Text is the address on a line, then the object as `struct` shows it; JSON one record
 * cairn.element/1: address, type, value (null where no type was given), and what the caller adds
 * between element_begin() and element_end().
 */
#ifndef CAIRN_CMD_ELEMENT_OUT_H
#define CAIRN_CMD_ELEMENT_OUT_H

#include "cmd/cmd.h"
#include "cmd/typed.h"

/** How the elements of one walk are shown. */
struct element_look {
	struct typed typed;
	bool has_type, hex;
	uint64_t shift; /* the object begins so many bytes before the address that is shown */
};

/** Read `-s TYPE[.MEMBER,...]`; NULL: no type. */
enum cairn_code element_look(struct element_look *ret, struct call *call, const char *type,
			     bool hex, struct cairn_err *err);

void element_begin(struct call *call, uint64_t addr);

/** False if a part of the object could not be read. */
bool element_end(struct call *call, const struct element_look *look, uint64_t addr);

#endif
