/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonrec - what `cairn -j triage` and `cairn -j oops` wrote, read again.
 *
 * Anyone may have written these lines: every field may be missing or of another type, and is then
 * NULL. jansson reads the JSON, and refuses what is nested deeper than 2048; a text
 * with a NUL in it, which a dump may hold, ends there.
 */
#ifndef CAIRN_CMD_JSONREC_H
#define CAIRN_CMD_JSONREC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/** One record. Strings are borrowed from `json`, until jsonrec_deinit(). */
struct jsonrec {
	json_t *json;
	const char *schema;
	bool other;              /* of another kind (cairn.error/1, ...): the rest is NULL */
	const char *file;        /* the dump, or the log */
	const char *release;
	const char *class, *title, *function, *date;
	const char *blamed;      /* whom an oops's title blames */
	const char *signature, *fuzzy, *cause;
	const char *cause_log;   /* that a dump's log tells alone; NULL: the same */
	const char *fate;        /* NULL: there is a report */
	uint64_t mark;           /* with file, release and date: which dump, or which report of a log,
				    it is of, by when the kernel died and by its build; 0: it does
				    not tell when */
};

/** Read one line. CAIRN_FORMAT: it is no JSON object with a schema. */
enum cairn_code jsonrec_read(struct jsonrec *ret, const char *line, size_t len, struct cairn_err *err);
void jsonrec_deinit(struct jsonrec *r);

/** A member that is a string, else NULL; `o` may be anything, or NULL. */
const char *jsonrec_str(const json_t *o, const char *name);

/** What a record has is what somebody wrote down: the same, or an fnmatch() pattern of it. `s` may
 *  be NULL, which nothing fits. */
bool jsonrec_fits(const char *pattern, const char *s);

/** The same of any text of a list; what is none fits nothing. */
bool jsonrec_fits_any(const json_t *patterns, const char *s);

#endif
