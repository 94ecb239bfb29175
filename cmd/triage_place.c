/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/triage.h"
#include "lib/debug/line.h"
#include "lib/kern/debuginfo.h"
#include "unwind/culprit.h"
#include "unwind/guilty.h"

#define INLINED 16 /* frames of one place, inlined into each other */

static bool is_called(const char *symbol, const char *guilty)
{
	struct piece p = { symbol, symbol ? strlen(symbol) : 0 };

	p = guilty_plain(guilty_base(p));
	return symbol && guilty && p.len == strlen(guilty) && !memcmp(p.p, guilty, p.len);
}

/* The frame of the function that is blamed; NULL: the stack does not have it. */
static const struct frame *blamed(const struct report *r)
{
	const struct trace *tr = r->watched.is ? &r->watched.trace : &r->crash;
	const struct frame *f = r->watched.is ? r->watched.at : culprit_find(tr);

	for (; f && f < tr->frame + tr->n; f++)
		if (f->named && is_called(f->sym.name, r->signature.guilty))
			return f;
	return NULL;
}

/* By DWARF, where a debug file is at hand. */
static bool by_lines(struct report *r, struct line_frame *ret)
{
	const struct frame *f = blamed(r);
	struct line_frame line[INLINED];
	struct debugfile *file;
	uint64_t pc;

	if (!f)
		return false;
	pc = f->pc - !f->interrupted;
	file = debuginfo_at(r->c, pc);
	if (!file || !line_lookup(file, pc, line, INLINED) || !line[0].file)
		return false;
	*ret = line[0];
	return true;
}

/* The kernel prints where its check is; that is the function to blame, or one that it called to be
   told that something is wrong. */
static bool is_of_blamed(const struct report *r)
{
	const struct frame *f = triage_faulting(r);

	if (f && f->named)
		return is_called(f->sym.name, r->signature.guilty);
	return !r->signature.guilty || !r->told->function ||
	       is_called(r->told->function, r->signature.guilty);
}

static void place(struct out *o, const char *head, const char *file, uint64_t line)
{
	out_str(o, "file", file ? head : NULL, file);
	if (line)
		out_count(o, "line", head ? ":%s" : NULL, line);
	else
		out_null(o, "line", NULL);
	if (file && head)
		out_text(o, "\n");
}

void triage_place(struct report *r)
{
	const char *file = r->told ? r->told->file : NULL;
	bool own = file && is_of_blamed(r);
	struct line_frame at;

	if (by_lines(r, &at))
		place(r->o, "  at       %s", at.file, at.line);
	else
		place(r->o, "  at       %s", own ? file : NULL, own ? r->told->line : 0);
	out_object(r->o, "reported_at");
	place(r->o, own || !file ? NULL : "  told at  %s", file, file ? r->told->line : 0);
	out_end(r->o);
}
