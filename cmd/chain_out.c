/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/chain_out.h"

#include <string.h>

#include "unwind/culprit.h"

#define CHAIN_SHOWN 5 /* functions of a one-line stack */

static void nothing_shown(struct out *o, const struct trace *tr)
{
	out_text(o, "  ");
	if (tr->end == TRACE_USER_MODE || tr->end == TRACE_USER_REGS)
		out_text(o, "in user mode");
	else
		out_text_safe(o, tr->reason, strlen(tr->reason));
}

void chain_fields(struct out *o, const struct trace *tr)
{
	size_t first = culprit_skip_idle_talk(tr), i, shown = 0;

	out_array(o, "functions");
	for (i = first; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		if (!f->named)
			continue;
		out_str(o, NULL, shown++ >= CHAIN_SHOWN ? NULL : shown == 1 ? "  %s" : " < %s",
			f->sym.name);
	}
	out_end(o);
	if (shown > CHAIN_SHOWN)
		out_text(o, " < ...");
	if (!shown)
		nothing_shown(o, tr);
	out_str(o, "end", NULL, tr->reason);
	out_bool(o, "complete", NULL, tr->complete);
}
