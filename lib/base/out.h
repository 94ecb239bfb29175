/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out - the field stream: one set of calls, two renderings.
 *
 * A command writes records of typed, named fields. In JSON each record becomes one object
 * on one line, beginning with "schema". In text each field is rendered by the `look` that
 * comes with it: literal text with at most one `%s`, which takes printf's `-` and width
 * ("%-16s", "#%-3s "); a NULL look keeps the field out of the text. What belongs to the
 * text only (headings, newlines) goes through out_text().
 *
 *   out_record(o, "task");                          {"schema":"cairn.task/1",
 *   out_num(o, "pid", "%7s", 1);                     "pid":1,
 *   out_string(o, "comm", " %-16s", comm, len);      "comm":"init"}
 *   out_text(o, "\n");                              "      1 init            \n"
 *   out_end(o);
 *
 * Strings are untrusted and escaped in both renderings (str_add_safe, str_add_json). Numbers that
 * can pass 53 bits are strings "0x..." in JSON. Writing never fails halfway: an error of the sink
 * is sticky, and commands ask out_broken() in their loops.
 */
#ifndef CAIRN_BASE_OUT_H
#define CAIRN_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum out_mode { OUT_TEXT, OUT_JSON };

/** How a piece of text looks on a terminal with colour; elsewhere it changes nothing. */
enum out_style { OUT_PLAIN, OUT_BOLD, OUT_DIM, OUT_RED, OUT_YELLOW, OUT_GREEN };

#define OUT_DEPTH 16

struct out {
	enum out_mode mode;
	bool colour;
	int fd;          /* -1: keep everything in buf */
	int (*choose)(void *arg, const char *text, size_t n); /* not NULL: says what fd is to be when
			    something is written for the first time, this */
	void *choose_arg;
	int error;       /* errno of the first write that failed; 0: none */
	struct str buf;  /* what is not yet written */
	unsigned depth;  /* open objects and arrays, the record included */
	bool array[OUT_DEPTH], empty[OUT_DEPTH];
	enum out_style style;
};

/** A stream to a file descriptor (borrowed), or into buf (fd -1). */
void out_init(struct out *o, enum out_mode mode, int fd);

/** Flush and free. */
void out_deinit(struct out *o);

/** Write out what is buffered. */
void out_flush(struct out *o);

/** The sink refuses: stop working for it. */
bool out_broken(const struct out *o);

/** Begin a record of schema cairn.<what>/1; end it, or a nested object or array. */
void out_record(struct out *o, const char *what);
void out_end(struct out *o);

/** Begin a nested object or array. `name` is NULL inside an array. */
void out_object(struct out *o, const char *name);
void out_array(struct out *o, const char *name);

#define OUT_NUM_MAX (INT64_C(1) << 53)

/** A decimal number of at most OUT_NUM_MAX in size. */
void out_num(struct out *o, const char *name, const char *look, int64_t value);

/** A number that the dump may make larger: then as out_hex. */
void out_count(struct out *o, const char *name, const char *look, uint64_t value);

/** A number with a fraction, `digits` of them. */
void out_real(struct out *o, const char *name, const char *look, double value, int digits);

/** "0x..." in JSON; in text the same, by look. */
void out_hex(struct out *o, const char *name, const char *look, uint64_t value);

/** As out_hex, but the text shows the bare digits, zero-padded to `width` (at most 16). */
void out_addr(struct out *o, const char *name, const char *look, uint64_t value, int width);

/** Untrusted text: NUL-terminated, or of known length. NULL is null / "-". */
void out_str(struct out *o, const char *name, const char *look, const char *value);
void out_strn(struct out *o, const char *name, const char *look, const char *value, size_t n);

void out_bool(struct out *o, const char *name, const char *look, bool value);

/** Unknown: null in JSON, "-" in text. */
void out_null(struct out *o, const char *name, const char *look);

/** A value that could not be read: {"fault":...,"address":...} / "<excluded>". An error
 *  that is no read fault is {"error":text} / "<text>". */
void out_fault(struct out *o, const char *name, const char *look, const struct cairn_err *err);

/** Text only; a formatted literal (trusted). */
void out_text(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Text only; end a line without the blanks that its last columns were padded with. */
void out_newline(struct out *o);

/** Text only; room for n bytes that the caller writes himself and ends with out_took(): for rows
 *  of which there are very many. NULL: out of memory. */
char *out_room(struct out *o, size_t n);
void out_took(struct out *o, size_t n);

/** The digits of a number at `at`, at least `width` of 16, without an end; where they end. */
char *out_digits(char *at, uint64_t value, int width);

/** Text only; untrusted bytes, escaped. */
void out_text_safe(struct out *o, const char *s, size_t n);

/** Text only; colour from here on. */
void out_paint(struct out *o, enum out_style style);

#endif
