/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finding_out - findings for people and for programs (cairn.finding/1).
 */
#ifndef CAIRN_CMD_FINDING_OUT_H
#define CAIRN_CMD_FINDING_OUT_H

#include "lib/base/out.h"
#include "lib/kern/finding.h"

/** One finding's fields into an object or record that is open, and a paragraph of text. */
void finding_fields(struct out *o, struct cairn *c, const struct said *s);

/** What could not be looked at, one line a piece; text only. */
void unseen_text(struct out *o, const struct findings *f);

/** The same as an array of {check, what, reason}. JSON only. */
void unseen_array(struct out *o, const struct findings *f);

#endif
