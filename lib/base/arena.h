/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena - memory that is freed all at once.
 *
 * A session has one arena that lives until close, and a scratch arena that is reset after
 * each command. Command code has almost no frees.
 */
#ifndef CAIRN_BASE_ARENA_H
#define CAIRN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

/** Zero-initialised is a valid, empty arena. */
struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t total;               /* bytes handed out since init or reset */
};

/** `size` zeroed bytes, aligned for any object; NULL when out of memory. */
void *arena_alloc(struct arena *a, size_t size);

/** n objects of `size` bytes; NULL also when n * size is over mem's limit. */
void *arena_array(struct arena *a, size_t n, size_t size);

/** Room for one more in an array of n objects with room for *cap (0: none yet): `old` itself, or
 *  one of twice the size that begins with the same, what was there before being left to the
 *  arena. NULL, and *cap as it was, when out of memory. */
void *arena_room(struct arena *a, void *old, size_t n, size_t *cap, size_t size);

/** A copy of s, of at most n bytes of s, or of a formatted text. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/** Give everything back but one chunk that is kept for the next round. */
void arena_reset(struct arena *a);

/** Give everything back. The arena is empty and valid again. */
void arena_deinit(struct arena *a);

#endif
