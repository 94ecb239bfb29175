/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str - a growing text.
 *
 * Invariants: buf is never NULL and always NUL-terminated. Out of memory is sticky: the
 * text stops growing, `failed` is set, and one check at the end tells.
 */
#ifndef CAIRN_BASE_STR_H
#define CAIRN_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	char *buf;
	size_t len, cap; /* cap 0: buf is the shared empty text */
	bool failed;
};

void str_init(struct str *s);
void str_deinit(struct str *s);

/** Make the text empty, keep the memory. */
void str_clear(struct str *s);

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *text, size_t n);
void str_addc(struct str *s, char c);
void str_fill(struct str *s, char c, size_t n);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/** Room for n bytes behind the text, NULL if there is none; what was written there joins the text
 *  by str_took(). */
char *str_room(struct str *s, size_t n);
void str_took(struct str *s, size_t n);

/** Append untrusted bytes so that they are harmless on a terminal: control bytes but tab,
 *  DEL and bytes that are not UTF-8 become \xNN; valid UTF-8 stays, but for C1 controls,
 *  bidirectional overrides and line separators, which are escaped bytewise. */
void str_add_safe(struct str *s, const char *text, size_t n);

/** Append untrusted bytes as the inside of a JSON string, so that a reader gets back every
 *  character; the same characters as above go as \uNNNN, and a byte that is not UTF-8 as
 *  the four characters \xNN. */
void str_add_json(struct str *s, const char *text, size_t n);

/** Where n bytes, at least one, first stand in a text of len bytes; NULL if they do not. For lines:
 *  memmem() prepares for longer texts than they are. */
const char *str_find(const char *text, size_t len, const char *what, size_t n);

/** Length of the well-formed UTF-8 sequence of two bytes or more at p (Unicode 15, table 3-7), its
 *  code point in *cp; 0: the bytes are none. */
size_t str_utf8(const unsigned char *p, size_t n, uint32_t *cp);

#endif
