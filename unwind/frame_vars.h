/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_vars - arguments and local variables in the frames of a trace, by debug info.
 *
 * Where a variable is follows from the registers of its frame (frame_regs.h). What a register held
 * when the function was entered is looked for at the call in the caller's frame, or its
 * caller's, as far up as it takes.
 */
#ifndef CAIRN_UNWIND_FRAME_VARS_H
#define CAIRN_UNWIND_FRAME_VARS_H

#include "lib/debug/type.h"
#include "unwind/frame_regs.h"

struct frame_var {
	const char *name;
	const struct type *type;
	bool parameter;
	enum cairn_code code;  /* not CAIRN_OK: where it is cannot be told, see err */
	struct cairn_err err;
	struct loc loc;
	bool doubtful;         /* it rests on a call through a pointer, which may have led to
				  another function that jumped to this one */
};

/** What the frames of one trace share. */
struct frame_vars {
	struct cairn *c;
	const struct arch *arch;
	const struct reader *mem;
	const struct trace *trace;
	struct frame_regs *regs; /* of each frame */
	struct arena *arena;
};

/** The trace, `mem` and the arena must outlive it. */
enum cairn_code frame_vars_init(struct frame_vars *v, struct cairn *c, const struct arch *arch,
				const struct reader *mem, const struct trace *trace,
				struct arena *arena, struct cairn_err *err);

/** Variables of frame n: of the function-th of those that line_lookup() names there, 0 being the
 *  innermost. Arguments first, then those of its blocks from outside in. Statics that macros make
 *  (their names begin with _) are left out. Returns how many. */
size_t frame_vars_of(struct frame_vars *v, size_t n, size_t function, struct frame_var **ret);

/** Bytes of a variable of frame n, as loc_gather(). */
void frame_vars_gather(struct frame_vars *v, size_t n, const struct frame_var *var, size_t size,
		       unsigned char *buf, unsigned char *known, struct cairn_err *err);

#endif
