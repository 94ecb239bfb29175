/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait_out - waits for people and for programs (cairn.wait/1).
 */
#ifndef CAIRN_CMD_WAIT_OUT_H
#define CAIRN_CMD_WAIT_OUT_H

#include "lib/base/out.h"
#include "unwind/wait_graph.h"

/** Where waits are looked up: with `graph` NULL they are found one by one. */
struct wait_out {
	struct out *o;
	struct waits *waits;
	const struct wait_graph *graph;
};

/** What is waited for, since when, and who has it: fields into an object or record that is open.
 *  No text. */
void wait_fields(const struct wait_out *to, const struct wait *w);

/** Text only: what is waited for; what a task does that is asked about ("waits for ...", "runs on
 *  CPU 1"); a line on who has what is waited for, if that is known, after `before`. */
void wait_what_text(const struct wait_out *to, const struct wait *w);
void wait_state_text(const struct wait_out *to, const struct task *t);
void wait_owner_text(const struct wait_out *to, const struct wait *w, const char *before);

/** One record, and lines of text: the wait and the chain of its owners. */
void wait_record(const struct wait_out *to, const struct wait *w);

/** A record of a task that does not wait. */
void wait_record_none(const struct wait_out *to, const struct task *t);

#endif
