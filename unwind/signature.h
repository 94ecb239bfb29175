/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signature - a name for a bug that two crashes of it share: version 1.
 *
 *   c1:CLASS:FUNCTION:HASH       strict: the class, and all guilty functions up to the entry
 *   c1f:FAMILY:F1:F2:F3          fuzzy: the family of classes, and the first three
 *
 * Made of names alone, so that the dump, the console log and the same bug on another build or
 * machine give the same: from the function that crashed outward, those frames that are sure,
 * inlined ones not counted (a function and what was inlined into it are one), without helpers and
 * what reports (guilty.h; guilty_matter.h has those that are in the way in one matter alone, which
 * the class and the innermost functions tell), the compiler's endings and system calls' prefixes
 * taken off, equal neighbours (recursion) once, up to the entry into the kernel or what dispatches
 * work, or to where a kernel's own trace gets lost: at an address that a return probe had replaced
 * (but on arm64), in code made at run time, behind the caller of what is no code (NULL apart), at
 * a call that does not return and ends its function (the first frame apart). Where nobody is left
 * before the entry, it is the entry itself; where only a matter's rules leave nobody, the
 * outermost of those. Of a stack that recursion used up, the functions that recur, sorted; one
 * whose end schedule() finds overwritten, the three outermost. Behind a jump to data that nobody
 * called, the first that the stack held, alone. A log that names who is to blame itself (a lock's
 * place, a sanitizer's first line, both of a race) has him first; a report that is never anybody's
 * has its title's hash. A crash that was asked for (sysrq), is the hardware's or comes when memory
 * is used up has no functions. HASH is FNV-1a, 64 bits, over the class and these names with a
 * newline behind each.
 *
 * A change of any of this is version 2.
 */
#ifndef CAIRN_UNWIND_SIGNATURE_H
#define CAIRN_UNWIND_SIGNATURE_H

#include "lib/base/arena.h"
#include "lib/image/arch.h"
#include "unwind/oops_text.h"
#include "unwind/trace.h"

/** No more functions count, and of a stack that was used up no more are looked at. */
#define SIGNATURE_FRAMES 64
#define SIGNATURE_LOOKED 512

struct signature {
	const char *strict, *fuzzy; /* from the arena; NULL: no class, or out of memory */
	const char *guilty;         /* the first function; NULL: none */
};

struct signature_frame {
	struct piece function;
	bool in_module;
};

/** Of the sure frames, from the one that crashed outward. */
void signature_make(struct signature *ret, const char *class, const struct signature_frame *frame,
		    size_t n, struct arena *a);

/** Of functions that count as they are: a report names them itself. */
void signature_of_names(struct signature *ret, const char *class, const struct piece *name, size_t n,
			struct arena *a);

/** Of a report that is never anybody's: its title is all that tells it from others of the class. */
void signature_of_words(struct signature *ret, const char *class, const char *words,
			struct arena *a);

/** Of a trace, from the frame `at`; NULL: none is to blame. A frame of RULE_RETHOOK ends it. */
void signature_of_frames(struct signature *ret, const char *class, const struct trace *tr,
			 const struct frame *at, struct arena *a);

/** The same where somebody is known to be to blame, whatever he is: the frames are his callers'. */
void signature_of_blamed(struct signature *ret, const char *class, struct piece blamed,
			 const struct trace *tr, const struct frame *at, struct arena *a);

/** Nobody is to blame for a crash of the class: it was asked for, is the hardware's, or memory was
 *  used up. */
bool signature_has_no_functions(const char *class);

/** The signature is of what the log says alone: of the two functions that are in a race, which a
 *  stack has one of; of what stopped beside the kernel, which has no stack here. */
bool signature_is_of_log(const char *class);

/** The first frame from index `from` on whose function a signature names (`guilty`); NULL: none. */
const struct frame *signature_frame_of(const struct trace *tr, size_t from, const char *guilty);

/** Whether a kernel's own trace gets lost at a frame, if it is not the first. */
bool signature_loses(const struct frame *f);

/** Of a dump's trace: from the frame that culprit_find() names. False if it names none. */
bool signature_of_trace(struct signature *ret, const char *class, const struct trace *tr,
			const struct arch *arch, struct arena *a);

#endif
