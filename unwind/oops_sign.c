/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/guilty.h"
#include "unwind/oops_priv.h"

/* The first line says whose report it is: a trace without him is another's. */
static bool is_in_head(const struct oops_kind *kind)
{
	return kind && (kind->where == OOPS_IN_HEAD || kind->where == OOPS_IN_HEAD_LINES ||
			kind->where == OOPS_ON_HEAD || strstr(kind->title, " in $1"));
}

/* The report tells who took a lock, or allocated: the trace is of who found out. */
static bool is_another(const struct oops_kind *kind)
{
	return kind && (kind->where == OOPS_IN_LOCK || kind->where == OOPS_ON_LOCK || kind->after);
}

static bool is_nobodys(const struct oops_kind *kind)
{
	return kind && (kind->where == OOPS_NOWHERE || kind->where == OOPS_ALONE);
}

static bool is_said(const struct signature *s, struct piece plain)
{
	return s->guilty && strlen(s->guilty) == plain.len && !memcmp(s->guilty, plain.p, plain.len);
}

/* Who the title blames is who the signature does: for a stall alone that is who waits for the one
 * that does not get on, and of a stack that is used up, who began it. */
static void agree(struct oops *o, const struct oops_kind *kind, const struct trace *tr,
		  const struct frame *at, struct arena *a)
{
	struct piece guilty = { o->guilty, o->guilty ? strlen(o->guilty) : 0 };
	const struct frame *own = signature_frame_of(tr, 0, o->guilty);

	if (signature_has_no_functions(o->class) ||
	    is_said(&o->signature, guilty_plain(guilty_base(guilty))))
		return;
	if (!guilty.len && is_nobodys(kind) &&
	    (!o->signature.guilty || signature_is_of_log(o->class)))
		signature_of_words(&o->signature, o->class, o->title, a);
	if (!guilty.len || (o->signature.guilty && !is_in_head(kind) && !is_another(kind)))
		return;
	if (own || is_another(kind))
		signature_of_blamed(&o->signature, o->class, guilty, tr, own ? own : at, a);
	else
		signature_of_names(&o->signature, o->class, &guilty, 1, a);
}

/* The functions that the first line names, where it is no kind that knows them by their offsets. */
static size_t in_words(const struct oops *o, const struct oops_report *r, struct piece ret[2])
{
	if (signature_is_of_log(o->class) || (!o->guilty && !strcmp(o->class, "kasan")))
		return oops_in_words(r, ret);
	return 0;
}

void oops_sign(struct oops *o, const struct oops_report *r, const struct oops_kind *kind,
	       const struct trace *tr, const struct frame *at, struct arena *a)
{
	struct piece name[2];
	size_t n = in_words(o, r, name);

	if (n) {
		signature_of_names(&o->signature, o->class, name, n, a);
		return;
	}
	signature_of_frames(&o->signature, o->class, tr, at, a);
	agree(o, kind, tr, at, a);
}
