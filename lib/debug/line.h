/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * line - source lines and inlined calls of an address, from the DWARF of a debug file.
 *
 * What was found for an address is kept with the file (see scope.h).
 */
#ifndef CAIRN_DEBUG_LINE_H
#define CAIRN_DEBUG_LINE_H

#include "lib/debug/debugfile.h"

/** One function at work at an address. Texts are borrowed from the file. */
struct line_frame {
	const char *function; /* "" if not known */
	const char *file;     /* NULL if not known; without . and .., as line_below() has it */
	unsigned line;        /* 0: not known */
	bool inlined;         /* into the next frame */
};

/** What the code at `addr`, an address of the dump, was compiled from: the innermost
 *  function first, each inlined into the next; the last has the code, unless there are
 *  more than max. Returns how many there are in frames; 0 if f does not tell.
 *
 *  f must have been placed. For a return address ask for the byte before it, which belongs
 *  to the call. */
size_t line_lookup(struct debugfile *f, uint64_t addr, struct line_frame *frames, size_t max);

/** Of a path, what is below the folder `dir` where the compiler ran (NULL: not known); or below one
 *  that holds both, unless that is a common one like /usr/src: a kernel built within its sources,
 *  or beside them. */
const char *line_below(const char *dir, const char *path);

/** For debugfile_close(). */
void line_free(struct debugfile *f);

#endif
