/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape - partial mirror structs.
 *
 * Kernel structures are never spelled as C structs with assumed offsets. A module lists
 * the members it wants, by path, with alternative spellings newest first; the shape is
 * resolved once against the dump's types, and an object is then read in one go:
 *
 *   enum { TASK_PID, TASK_STATE, TASK_COMM, TASK_N };
 *   static const struct shape_want task_want = {
 *           "struct task_struct", TASK_N,
 *           { [TASK_PID] = "pid", [TASK_STATE] = "__state|state", [TASK_COMM] = "comm" },
 *   };
 *
 * A member that is missing makes only itself unavailable: shape_has() tells.
 */
#ifndef CAIRN_DEBUG_SHAPE_H
#define CAIRN_DEBUG_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/debug/type.h"
#include "lib/image/space.h"

#define SHAPE_MEMBERS 48

struct shape_want {
	const char *type;               /* "struct task_struct"; alternatives with '|' */
	unsigned n;
	const char *path[SHAPE_MEMBERS]; /* alternatives with '|', newest first */
};

struct shape {
	const struct shape_want *want;
	const struct type *type;
	uint64_t size;     /* of the whole struct */
	uint32_t lo, hi;   /* bytes that hold the wanted members: one read */
	struct member m[SHAPE_MEMBERS];
	bool has[SHAPE_MEMBERS];
};

/** Resolve. CAIRN_MISSING only if the type itself is unknown, by all its names. */
enum cairn_code shape_resolve(struct shape *s, const struct shape_want *want, struct types *ts,
			      struct cairn_err *err);

/** CAIRN_MISSING naming the first of the n listed members that the type lacks. */
enum cairn_code shape_require(const struct shape *s, const unsigned *members, unsigned n,
			      struct cairn_err *err);

static inline bool shape_has(const struct shape *s, unsigned member)
{
	return s->has[member];
}

/** The wanted part of one object, read in one go. */
struct object {
	const struct shape *shape;
	uint64_t addr;
	unsigned char *bytes; /* shape->hi - shape->lo bytes */
	unsigned char small[1024];
};

/** Read the object at addr. Release with object_done(), also after a failure. */
enum cairn_code object_read(struct object *o, const struct shape *s, struct space *sp,
			    uint64_t addr, struct cairn_err *err);
void object_done(struct object *o);

/** An integer or pointer member, sign- or zero-extended by its type; 0 if the type lacks it. */
uint64_t object_get(const struct object *o, unsigned member);

/** The bytes of a member (arrays, nested structs); NULL if the type lacks it. */
const unsigned char *object_bytes(const struct object *o, unsigned member, uint32_t *size);

/** Address of a member in the dump; 0 if the type lacks it. */
uint64_t object_addr(const struct object *o, unsigned member);

/** One member of one object, without reading the rest. */
enum cairn_code shape_get(const struct shape *s, struct space *sp, uint64_t addr, unsigned member,
			  uint64_t *ret, struct cairn_err *err);

#endif
