/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expectation - what a dump's triage should say, as a file that is committed beside a test.
 *
 *   {"schema": "cairn.expect/1",
 *    "class": "bug",                     patterns as a shell's: * ? [...]
 *    "signature": "c1:bug:foo:...",
 *    "signature_fuzzy": "c1f:bug:foo:*",
 *    "cause": null,
 *    "function": "foo", "guilty": "foo",  without what compilers append (".part.0"); so in frames
 *    "frames": ["foo", "bar"],           in this order, inner first; others may lie between them
 *    "require": ["maple.gap.*"],         each pattern is some finding's id
 *    "forbid": ["*"],                    no finding that `require` does not have fits any
 *    "unchecked": ["maple"]}             checkers that need not have seen all of the dump
 *
 * A finding that is not there is only known not to be where every checker that could say it has
 * seen all that it looks at; `unchecked` are patterns of the names of those for which it is enough
 * that they looked at what there is. The same goes for a cause that is a finding.
 *
 * A text may be null: there is to be none. What is not named, and an empty list, is not looked at.
 * A member that is not one of these is an error, as a test with a typing mistake would hold nothing.
 */
#ifndef CAIRN_CMD_EXPECTATION_H
#define CAIRN_CMD_EXPECTATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/** One thing that was expected. */
struct expected {
	const char *what; /* the member: "class" */
	const char *want, *found; /* texts; found is "none" where there is nothing */
	bool ok;
	const char *unseen;       /* where it is not: why that cannot be told; NULL: it differs */
};

struct held {
	struct expected *item; /* n, in the order above */
	size_t n, cap;
	size_t failed, unseen; /* of those that are not ok: that differ, that cannot be told */
};

/** Read a file's text. CAIRN_FORMAT: no JSON, or not as above. json_decref() is the caller's. */
enum cairn_code expectation_parse(json_t **ret, const char *text, size_t len, struct cairn_err *err);

/** Hold a cairn.triage/1 record, which may be anything, against it. Texts are borrowed from
 *  both, or from the arena. */
enum cairn_code expectation_hold(struct held *ret, const json_t *want, const json_t *record,
				 struct arena *a, struct cairn_err *err);

/** Whether one can be made: where class or signature is not known, it would be met by other crashes.
 *  CAIRN_MISSING: it cannot, and why. */
enum cairn_code expectation_may_make(const json_t *record, struct arena *a, struct cairn_err *err);

/** The expectation that this record meets and a changed one does not: class, signatures, function,
 *  the frames from there to the third, the findings and no others. NULL: out of memory. */
json_t *expectation_make(const json_t *record);

#endif
