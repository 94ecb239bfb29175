/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * value - a typed object of the dump as text and JSON.
 *
 * Text is C-like ("pid = 134,"), JSON an object by member names; members of anonymous
 * structs belong to the struct around them. What cannot be read shows its fault.
 */
#ifndef CAIRN_DEBUG_VALUE_H
#define CAIRN_DEBUG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/out.h"
#include "lib/debug/sym.h"
#include "lib/debug/type.h"
#include "lib/image/space.h"

struct value_style {
	struct syms *syms;     /* to name what function pointers point to; may be NULL */
	bool hex;              /* integers in hexadecimal */
	unsigned indent;       /* levels that the text around the value is indented by */
	uint32_t array_limit;  /* elements shown of an array; 0: VALUE_ARRAY */
	bool brief;            /* text on one line: the first members of a struct, none of those
				  within it, and what char pointers point to */
};

#define VALUE_ARRAY 64

/** Write the value of type t at `addr` as field `name` (NULL inside a JSON array). False if a part
 *  of what is shown could not be read. */
bool value_write(struct out *o, const char *name, const struct type *t, struct space *sp,
		 uint64_t addr, const struct value_style *style);

/** The same for a value of which the bytes are at hand, all of type_strip(t)->size; known[i] tells
 *  whether bytes[i] is one of it (NULL: all are). What is not shows `fault` or, where its code
 *  is CAIRN_OK, that it was optimized out. `sp` is where char pointers point to. */
bool value_write_bytes(struct out *o, const char *name, const struct type *t, struct space *sp,
		       const unsigned char *bytes, const unsigned char *known,
		       const struct cairn_err *fault, const struct value_style *style);

/** The same for a resolved member (bit-fields too) of the object at `addr`. */
bool value_write_member(struct out *o, const char *name, const struct member *m,
			struct space *sp, uint64_t addr, const struct value_style *style);

#endif
