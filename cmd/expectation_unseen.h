/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expectation_unseen - what no finding means where checkers could not look at all of the dump.
 */
#ifndef CAIRN_CMD_EXPECTATION_UNSEEN_H
#define CAIRN_CMD_EXPECTATION_UNSEEN_H

#include <jansson.h>

#include "lib/base/arena.h"

/** Why a finding that fits the pattern could be there and not be told: what a checker that has such
 *  a finding could not look at, in words from the arena (a checker that is not known may have any).
 *  `allowed`: patterns of checkers whose lacks do not count, or NULL. NULL: it would have been
 *  told. */
const char *unseen_why(const json_t *record, const char *pattern, const json_t *allowed,
		       struct arena *a);

/** A list of the checkers that could not, each once; NULL: none. json_decref() is the caller's. */
json_t *unseen_checks(const json_t *record);

/** Why a text that the record lacks, or has as "unknown", may be there all the same: what of the dump is
 *  missing, in words from the arena. `found`: what it has, or NULL. NULL: it is known. */
const char *unknown_why(const json_t *record, const char *found, struct arena *a);

/** Why frames that are not in the record's stack may have been there: it was not unwound to its end.
 *  NULL: it was. */
const char *unwound_why(const json_t *record, struct arena *a);

#endif
