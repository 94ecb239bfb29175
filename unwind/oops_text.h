/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_text - small readers of text of known length, which holds whatever bytes.
 */
#ifndef CAIRN_UNWIND_OOPS_TEXT_H
#define CAIRN_UNWIND_OOPS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A piece of text; p is borrowed, not NUL-terminated. p NULL: none. */
struct piece {
	const char *p;
	size_t len;
};

#define PIECE(s) ((struct piece){ (s), sizeof(s) - 1 })

bool piece_begins(struct piece t, const char *with);
bool piece_has(struct piece t, const char *what);

/** Two capitals in a row: headlines of trouble mostly have them, other lines mostly not. */
bool piece_shouts(struct piece t);

/** What is behind the first `what`; p NULL if there is none. */
struct piece piece_after(struct piece t, const char *what);

/** Up to the first byte that is in `stop`, or all. */
struct piece piece_until(struct piece t, const char *stop);

/** Without blanks at both ends. */
struct piece piece_trim(struct piece t);

/** Drop the first n bytes (at most all). */
struct piece piece_drop(struct piece t, size_t n);

/** A number at the beginning, and how long it is: 0 if there is none. Stops before it would
 *  overflow. */
size_t piece_hex(struct piece t, uint64_t *ret);
size_t piece_dec(struct piece t, uint64_t *ret);

#define GLOB_CAPTURES 6

/**
 * Match a pattern that is anchored at the start of the text and open at its end. '*' stands
 * for any text, as little as will do, and is captured in order; the last one, if it ends the
 * pattern, takes the rest.
 */
bool piece_glob(const char *pattern, struct piece t, struct piece capture[GLOB_CAPTURES]);

#endif
