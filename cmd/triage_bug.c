/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/triage.h"
#include "lib/kern/crashclass.h"
#include "lib/kern/log.h"
#include "unwind/cause.h"
#include "unwind/crashkind.h"
#include "unwind/culprit.h"
#include "unwind/signature.h"
#include "unwind/tracediff.h"

bool triage_is_watched(const struct report *r)
{
	return r->told && r->told->function && crash_class_is_stall(r->panic.class);
}

/* Where the crash is not what matters, or what failed is told long before who panics of it. */
static bool is_told_before(const char *class, bool wanted)
{
	return wanted || (class && !strcmp(class, "machine-check"));
}

static void read_log(struct report *r)
{
	const struct log_record *told = r->panic.cause ? r->panic.cause : r->panic.record;
	struct oopses *all = arena_alloc(r->call->scratch, sizeof(*all));
	bool wanted = cause_is_wanted(r->panic.class, NULL);
	const struct log *log;

	if (!all || !told || log_get(r->c, &log, NULL) != CAIRN_OK ||
	    oops_parse_log(all, log, is_told_before(r->panic.class, wanted) ? 0 : (size_t)(told - log->record), r->call->scratch,
			   NULL) != CAIRN_OK)
		return;
	r->told = oops_last(all);
	/* a complaint of long before is not the crash */
	if (r->told && r->panic.class && strcmp(r->told->class, r->panic.class))
		r->told = NULL;
	if (r->told && wanted)
		r->complaint = cause_complaint(all, (size_t)(r->told - all->oops));
}

/* By the stack of whom it watched: the log is lost, or tells of no function there. */
static bool tells_by_watched(const struct report *r)
{
	return r->watched.at && (!r->told || (r->watched.cpu >= 0 && !r->told->guilty));
}

static void sign_watched(struct report *r)
{
	const struct trace *tr = &r->watched.trace;
	const struct frame *who;

	signature_of_frames(&r->signature, r->panic.class, tr, r->watched.at, r->call->scratch);
	who = signature_frame_of(tr, (size_t)(r->watched.at - tr->frame), r->signature.guilty);
	r->watched.at = who ? who : r->watched.at;
}

/* By the stack; where that tells nothing sure or names nobody, or is a watchdog's, by the log's. */
static struct signature sign(const struct report *r)
{
	const struct frame *at = culprit_find(&r->crash);
	struct signature own = { 0 };
	bool blames = r->panic.crashed && at && (at->grade < 'C' || !r->told) && !triage_is_watched(r) &&
		      signature_of_trace(&own, r->panic.class, &r->crash, r->c->arch,
					 r->call->scratch);

	return r->told && (!blames || !own.guilty || signature_is_of_log(r->told->class))
		       ? r->told->signature : own;
}

void triage_read_log(struct report *r)
{
	read_log(r);
	triage_watched(r);
	if (tells_by_watched(r))
		sign_watched(r);
	else
		r->signature = sign(r);
}

/* Whom the signature names, though a stack alone may tell him. */
static const char *bug_of(struct report *r)
{
	if (!r->told)
		return crashkind_title(r->panic.class, r->signature.guilty, r->call->scratch);
	return oops_retitle(r->told->title, r->told->guilty, r->signature.guilty, r->call->scratch);
}

void triage_bug(struct report *r)
{
	triage_place(r);
	if (r->told || r->panic.by_stack)
		out_str(r->o, "bug", "  bug      %s\n", bug_of(r));
	else
		out_null(r->o, "bug", NULL);
}

static const struct cairn_finding *broken(const struct report *r)
{
	if (r->explained == EXPLAINED_CRASH ||
	    (r->explained == EXPLAINED_COMPLAINT && crash_class_is_stall(r->panic.class)))
		return &r->blame.said->f;
	return cause_is_wanted(r->panic.class, NULL) ? cause_finding(&r->findings) : NULL;
}

static const char *cause(const struct report *r)
{
	const struct cairn_finding *f = broken(r);

	if (cause_is_told(r->complaint, f))
		return cause_of_complaint(r->complaint, r->call->scratch);
	return f ? cause_of_finding(f, r->call->scratch) : NULL;
}

void triage_signature(struct report *r)
{
	const struct signature own = r->signature;
	const char *behind = cause(r), *alone;
	struct out *o = r->o;

	if (!own.strict) {
		out_null(o, "signature", NULL);
		out_null(o, "signature_fuzzy", NULL);
	} else {
		out_str(o, "signature", "  same as  %s\n", own.strict);
		out_str(o, "signature_fuzzy", "           %s\n", own.fuzzy);
	}
	if (own.strict && r->told && strcmp(own.strict, r->told->signature.strict)) {
		out_str(o, "signature_log", "  but the log's own trace is that of %s\n",
			r->told->signature.strict);
	} else {
		out_null(o, "signature_log", NULL);
	}
	out_str(o, "cause", behind ? "  cause    %s\n" : NULL, behind);
	alone = r->complaint ? cause_of_complaint(r->complaint, r->call->scratch) : NULL;
	if (alone && behind && strcmp(alone, behind))
		out_str(o, "cause_log", "           the log alone tells of %s\n", alone);
	else
		out_null(o, "cause_log", NULL);
}

static void names(struct out *o, const char *field, const char *head, const char *const name[],
		  size_t n)
{
	out_array(o, field);
	for (size_t i = 0; i < n && i < TRACEDIFF_NAMES; i++) {
		out_text(o, "%s", i ? ", " : head);
		out_str(o, NULL, "%s", name[i]);
	}
	out_end(o);
	if (n > TRACEDIFF_NAMES)
		out_text(o, ", and %zu more", n - TRACEDIFF_NAMES);
	out_text(o, n ? "\n" : "");
}

void triage_two_traces(struct report *r)
{
	struct tracediff d;

	if (!r->told || !(r->watched.is ? tracediff_from(&d, r->told, &r->watched.trace, r->watched.at,
							 r->call->scratch)
					: tracediff(&d, r->told, &r->crash, r->call->scratch))) {
		out_null(r->o, "log_trace", NULL);
		return;
	}
	out_object(r->o, "log_trace");
	out_bool(r->o, "agrees", NULL, !d.nlog && !d.ndump && d.nsame);
	out_num(r->o, "nsame", NULL, (int64_t)d.nsame);
	out_num(r->o, "nlog_only", NULL, (int64_t)d.nlog);
	out_num(r->o, "nstack_only", NULL, (int64_t)d.ndump);
	if (!d.nsame)
		out_text(r->o, "  trace    the log's own one shares no function with %s\n",
			 r->watched.is ? "that of whom it watched" : "the stack below");
	names(r->o, "log_only", "  trace    in the log's own trace alone: ", d.log, d.nlog);
	names(r->o, "stack_only", "  trace    not in the log's own trace: ", d.dump, d.ndump);
	out_end(r->o);
}
