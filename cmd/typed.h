/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * typed - "TYPE" and "TYPE.MEMBER,...": what an object is to be shown as.
 *
 * A type is named as C does, or by its tag alone: "task_struct", "struct task_struct",
 * "pid_t". A member is a path such as se.vruntime or comm or thread.fpu, also through
 * anonymous structs.
 */
#ifndef CAIRN_CMD_TYPED_H
#define CAIRN_CMD_TYPED_H

#include "cmd/cmd.h"
#include "lib/debug/type.h"

struct typed {
	const char *name;        /* the type as it was written */
	const struct type *type;
	size_t n;                /* members that are wanted; 0: the whole object */
	const char **path;
	struct member *member;
};

/** A type by its name: the kernel's own, then those of its modules. Errors say whether it is
 *  unknown or only declared. */
enum cairn_code typed_find(struct call *call, const char *name, const struct type **ret,
			   struct cairn_err *err);

/** Read `word`; memory from the scratch arena. CAIRN_USAGE for a member that is not there. */
enum cairn_code typed_read(struct typed *ret, struct call *call, const char *word,
			   struct cairn_err *err);

/** Write the object at `addr` as fields of an open record or object: "value", and of a whole
 *  object "spelled". False if a part of it could not be read. */
bool typed_write(struct call *call, const struct typed *t, uint64_t addr, bool hex);

/** A record cairn.struct/1 of the object. */
void typed_show(struct call *call, const struct typed *t, uint64_t addr, bool hex,
		enum verdict *verdict);

/** "STRUCT.MEMBER": the member's offset; or a count. */
enum cairn_code typed_offset(struct call *call, const char *word, uint64_t *ret,
			     struct cairn_err *err);

#endif
