/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testtrace - for tests: a trace of named functions. */
#ifndef CAIRN_UNWIND_TESTTRACE_H
#define CAIRN_UNWIND_TESTTRACE_H

#include <string.h>

#include "unwind/trace.h"

#define TR_FRAMES 12

struct testtrace {
	struct frame frame[TR_FRAMES];
	struct trace trace;
};

/** A trace of these functions, innermost first, up to a NULL; "!name" was interrupted, "" has no
 *  name. All are certain. */
static inline struct trace *tr_of(struct testtrace *t, const char *const *names)
{
	*t = (struct testtrace){ .trace.frame = t->frame };
	for (; *names; names++) {
		struct frame *f = &t->frame[t->trace.n++];

		f->interrupted = **names == '!';
		f->sym.name = *names + f->interrupted;
		f->named = *f->sym.name != '\0';
		f->grade = 'A';
		f->rule = RULE_ORC;
	}
	return &t->trace;
}

#endif
