/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/mce_out.h"
#include "cmd/stack_out.h"
#include "cmd/triage.h"
#include "lib/kern/clock.h"
#include "lib/kern/crashpc.h"
#include "lib/kern/log.h"
#include "unwind/culprit.h"
#include "unwind/guilty.h"

/* printk cuts off what is below a microsecond. */
static double seconds(uint64_t ns)
{
	return (double)(ns / 1000) / 1e6;
}

/* Of the record that the title is from; the panic may have come later. */
static void when(struct report *r)
{
	const struct log_record *told = r->panic.cause ? r->panic.cause : r->panic.record;
	struct out *o = r->o;
	char text[CLOCK_TEXT];

	if (told && told->has_info)
		out_real(o, "time", "  after    %s s", seconds(told->ts_nsec), 6);
	else
		out_null(o, "time", NULL);
	if (r->panic.has_time)
		out_real(o, "panic_time", r->panic.cause ? ", panic after %s s" : NULL,
			 seconds(r->panic.ts_nsec), 6);
	else
		out_null(o, "panic_time", NULL);
	if (r->panic.wall_ns)
		out_str(o, "date", told && told->has_info ? ", %s" : "  at       %s",
			clock_text(r->panic.wall_ns, text));
	else
		out_null(o, "date", NULL);
	out_str(o, "date_source", NULL, r->panic.wall_source);
	if ((told && told->has_info) || r->panic.wall_ns)
		out_text(o, "\n");
}

/* Of one function, compilers make several: "foo.part.0", "foo.cold". */
static void place(struct report *r, const char *symbol, uint64_t offset, const char *module)
{
	struct piece base = guilty_base((struct piece){ symbol, strlen(symbol) });
	struct out *o = r->o;

	out_str(o, "function", NULL, arena_strndup(r->call->scratch, base.p, base.len));
	out_str(o, "symbol", "  in       %s", symbol);
	out_hex(o, "offset", "+%s", offset);
	if (module)
		out_str(o, "module", " [%s]", module);
	else
		out_null(o, "module", NULL);
	out_text(o, "\n");
}

/* Where an allocator or a list's helper crashed, who called it. */
static void blames(struct report *r)
{
	const char *who = r->signature.guilty ? r->signature.guilty : r->told ? r->told->guilty : NULL;

	out_str(r->o, "guilty", NULL, who);
}

/* By the stack; where that does not tell, or is a watchdog's, by the kernel's own report. */
static void where(struct report *r)
{
	const struct log_record *from = r->panic.cause ? r->panic.cause : r->panic.record;
	const struct frame *f = triage_is_watched(r) ? NULL : culprit_find(&r->crash);
	struct out *o = r->o;
	struct crashpc pc;

	if (triage_is_watched(r)) {
		place(r, r->told->function, r->told->offset, r->told->module);
	} else if (r->watched.at) {
		f = r->watched.at;
		place(r, f->sym.name, f->offset, f->sym.module);
	} else if (f && f->named) {
		place(r, f->sym.name, f->offset, f->sym.module);
	} else if (crashpc_find(&pc, from, r->panic.record)) {
		place(r, pc.function, pc.offset, pc.module[0] ? pc.module : NULL);
	} else {
		out_null(o, "function", NULL);
		out_null(o, "symbol", NULL);
		out_null(o, "offset", NULL);
		out_null(o, "module", NULL);
	}
	blames(r);
	if (f)
		out_hex(o, "address", NULL, f->pc);
	else
		out_null(o, "address", NULL);
}

static void task(struct out *o, const struct task *t, const char *head)
{
	bool known = t && !t->fault;

	if (known) {
		out_num(o, "pid", head, t->pid);
		out_str(o, "comm", " \"%s\"", t->comm);
	} else {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
	}
}

/* The record is about one task: of a watchdog's panic the one that it watched. */
static void who(struct report *r)
{
	struct out *o = r->o;

	if (r->watched.is && r->watched.cpu >= 0)
		out_num(o, "cpu", "  stalled  CPU %s", r->watched.cpu);
	else if (r->panic.cpu >= 0)
		out_num(o, "cpu", r->watched.is ? NULL : "  on       CPU %s", r->panic.cpu);
	else
		out_null(o, "cpu", NULL);
	task(o, r->watched.is ? r->watched.task : r->victim,
	     r->watched.is && r->watched.cpu < 0 ? "  hung     task %s" : ", task %s");
	if (r->panic.cpu >= 0 || r->watched.is)
		out_text(o, "\n");
	if (!r->watched.is) {
		out_null(o, "told_by", NULL);
		return;
	}
	out_object(o, "told_by");
	out_num(o, "cpu", "  told by  CPU %s", r->panic.cpu);
	task(o, r->victim, ", task %s");
	out_text(o, "\n");
	out_end(o);
}

void triage_crash(struct report *r)
{
	struct out *o = r->o;

	triage_read_log(r);
	out_object(o, "crash");
	out_paint(o, OUT_RED);
	if (r->panic.title)
		out_str(o, "title", "\n%s\n", r->panic.title);
	else
		out_null(o, "title", NULL);
	if (!r->panic.title)
		out_text(o, "\n%s\n", panic_headline(&r->panic));
	out_paint(o, OUT_PLAIN);
	out_str(o, "class", r->panic.by_stack ? "  class    %s, as the stack tells: the log has no word of it\n" :
						"  class    %s\n",
		r->panic.class ? r->panic.class : "unknown");
	out_bool(o, "by_stack", NULL, r->panic.by_stack);
	if (r->panic.message)
		out_str(o, "message", r->panic.cause ? "  then     %s\n" : NULL, r->panic.message);
	else
		out_null(o, "message", NULL);
	where(r);
	who(r);
	when(r);
	mce_out(o, "  error    ", r->told ? r->told->mce : NULL, r->told ? r->told->nmce : 0);
	triage_bug(r);
	triage_explanation(r);
	out_end(o);
	triage_signature(r);
	triage_two_traces(r);
}

void triage_stack(struct report *r)
{
	struct out *o = r->o;

	if (!r->crash.n) {
		out_null(o, "stack", NULL);
		return;
	}
	out_text(o, "\n");
	out_object(o, "stack");
	stack_fields(o, r->c, r->victim, r->panic.cpu, &r->crash, NULL);
	out_end(o);
}
