/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/wait_out.h"

#include <inttypes.h>
#include <string.h>

#include "unwind/wait_text.h"

#define INDENT "                                      " /* to the last column */

static int width(const struct wait_out *to)
{
	return to->waits->c->arch->word * 2;
}

static void address(const struct wait_out *to, const char *name, uint64_t value)
{
	if (value)
		out_addr(to->o, name, NULL, value, width(to));
	else
		out_null(to->o, name, NULL);
}

static void number(struct out *o, const char *name, bool known, int64_t value)
{
	if (known)
		out_num(o, name, NULL, value);
	else
		out_null(o, name, NULL);
}

static void seconds(struct out *o, const char *name, bool known, uint64_t ns)
{
	if (known)
		out_real(o, name, NULL, (double)(ns / 1000) / 1e6, 6);
	else
		out_null(o, name, NULL);
}

static void safe(struct out *o, const struct str *s)
{
	out_text_safe(o, s->buf, s->len);
}

static void task_identity(const struct wait_out *to, const struct task *t)
{
	const char state[2] = { t->state, '\0' };

	number(to->o, "pid", !t->fault, t->pid);
	out_str(to->o, "comm", NULL, t->fault ? NULL : t->comm);
	out_addr(to->o, "task", NULL, t->addr, width(to));
	out_str(to->o, "state", NULL, t->fault || !t->state ? NULL : state);
}

/* ---- what is waited for ---- */

static void symbol(const struct wait_out *to, const struct wait *w)
{
	struct sym sym;
	uint64_t offset;
	bool named = wait_object_symbol(to->waits->c, w, &sym, &offset);

	out_str(to->o, "symbol", NULL, named ? sym.name : NULL);
	if (named)
		out_hex(to->o, "offset", NULL, offset);
	else
		out_null(to->o, "offset", NULL);
	out_str(to->o, "module", NULL, sym.module);
}

static void object(const struct wait_out *to, const struct wait *w)
{
	static const char *const access[] = { NULL, "read", "write" };
	struct out *o = to->o;

	out_str(o, "kind", NULL, wait_kind_name(w->kind));
	out_str(o, "grade", NULL, w->grade == CAIRN_CERTAIN ? "certain" : "suspicious");
	out_str(o, "function", NULL, w->function);
	out_str(o, "caller", NULL, w->caller);
	out_str(o, "access", NULL, access[w->access]);
	out_str(o, "type", NULL, w->type);
	address(to, "object", w->object);
	symbol(to, w);
	number(o, "bit", w->bit >= 0, w->bit);
	number(o, "files", w->nfiles, w->nfiles);
	address(to, "mm", w->mm);
	address(to, "waiter", w->waiter);
	number(o, "waiters", w->nwaiters, (int64_t)w->nwaiters);
}

static void owner(const struct wait_out *to, const struct wait *w)
{
	static const char *const hold[] = { NULL, "free", "passed", "held", "readers" };
	struct out *o = to->o;

	out_str(o, "hold", NULL, hold[w->hold]);
	out_count(o, "readers", NULL, w->readers);
	if (w->owner_task) {
		out_object(o, "owner");
		task_identity(to, w->owner_task);
		out_end(o);
	} else {
		out_null(o, "owner", NULL);
	}
	address(to, "owner_task", w->owner);
}

static void times(const struct wait_out *to, const struct wait *w)
{
	const struct waits *ws = to->waits;
	bool both = w->has_since && ws->has_now && ws->now_ns >= w->since_ns;

	seconds(to->o, "since", w->has_since, w->since_ns);
	seconds(to->o, "waited", both, both ? ws->now_ns - w->since_ns : 0);
	seconds(to->o, "until", w->has_until, w->until_ns);
}

static void what(const struct wait_out *to, const struct wait *w)
{
	struct str s;

	str_init(&s);
	wait_text(&s, to->waits->c, w);
	safe(to->o, &s);
	if (w->grade != CAIRN_CERTAIN && wait_kind_name(w->kind))
		out_text(to->o, " (not found which)");
	if (w->has_until)
		out_text(to->o, ", until %.3f s", (double)w->until_ns / 1e9);
	str_deinit(&s);
}

void wait_fields(const struct wait_out *to, const struct wait *w)
{
	object(to, w);
	owner(to, w);
	times(to, w);
}

void wait_what_text(const struct wait_out *to, const struct wait *w)
{
	what(to, w);
}

/* ---- who has it ---- */

/* Looked up, or found now. */
static const struct wait *wait_of(const struct wait_out *to, const struct task *t,
				  struct wait *room)
{
	if (to->graph)
		return wait_graph_of(to->graph, t->addr);
	if (!wait_is_waiting(t))
		return NULL;
	wait_find(to->waits, t, room);
	return room;
}

void wait_state_text(const struct wait_out *to, const struct task *t)
{
	struct wait room;
	const struct wait *w = wait_of(to, t, &room);
	struct out *o = to->o;

	if (t->fault) {
		out_text(o, "could not be read");
	} else if (w) {
		out_text(o, "waits for ");
		what(to, w);
	} else if (t->on_cpu) {
		out_text(o, "runs on CPU %" PRId32, t->cpu);
	} else if (t->exit_state || !t->stack) {
		out_text(o, "is dead");
	} else if (!t->raw_state) {
		out_text(o, "is ready to run");
	} else {
		out_text(o, "sleeps");
	}
}

static void owner_name(const struct wait_out *to, const struct wait *w)
{
	struct str s;

	if (!w->owner_task) {
		out_text(to->o, "0x%" PRIx64 ", which is no task", w->owner);
		return;
	}
	str_init(&s);
	wait_task_text(&s, w->owner_task);
	safe(to->o, &s);
	str_deinit(&s);
}

void wait_owner_text(const struct wait_out *to, const struct wait *w, const char *before)
{
	static const char *const how[] = {
		[LOCK_PASSED] = "passed on to ", [LOCK_HELD] = "held by ",
		[LOCK_UNTOLD] = "last taken by ", [LOCK_FREE] = "", [LOCK_READERS] = "",
	};
	struct out *o = to->o;

	if (w->hold == LOCK_READERS)
		out_text(o, "%sheld by %" PRIu64 " reader%s\n", before, w->readers,
			 w->readers == 1 ? "" : "s");
	if (w->hold == LOCK_FREE)
		out_text(o, "%sfree: nobody has taken it yet\n", before);
	if (!w->owner || !*how[w->hold])
		return;
	out_text(o, "%s%s", before, how[w->hold]);
	owner_name(to, w);
	if (w->owner_task) {
		out_text(o, ", which ");
		wait_state_text(to, w->owner_task);
	}
	out_text(o, "\n");
}

static void chain(const struct wait_out *to, const struct wait *w)
{
	struct wait_chain c;

	wait_graph_chain(to->graph, w, &c);
	out_array(to->o, "chain");
	for (size_t i = 0; i < c.n; i++) {
		wait_owner_text(to, c.wait[i], INDENT);
		if (!i)
			continue;
		out_object(to->o, NULL);
		task_identity(to, c.wait[i]->task);
		object(to, c.wait[i]);
		out_end(to->o);
	}
	out_end(to->o);
	out_bool(to->o, "cycle", NULL, c.cycle);
	if (!c.cycle)
		return;
	out_paint(to->o, OUT_RED);
	out_text(to->o, INDENT "a deadlock: nobody of them can go on\n");
	out_paint(to->o, OUT_PLAIN);
}

/* ---- the whole ---- */

static void who(const struct wait_out *to, const struct task *t, bool known, uint64_t ns)
{
	struct out *o = to->o;

	task_identity(to, t);
	out_text(o, "%7" PRId32 " ", t->pid);
	out_text_safe(o, t->comm, strlen(t->comm));
	out_text(o, "%*s %c ", (int)(strlen(t->comm) < 15 ? 15 - strlen(t->comm) : 0), "",
		 t->state ? t->state : '?');
	if (known)
		out_text(o, "%9.3f  ", (double)ns / 1e9);
	else
		out_text(o, "        -  ");
}

void wait_record(const struct wait_out *to, const struct wait *w)
{
	const struct waits *ws = to->waits;
	bool known = w->has_since && ws->has_now && ws->now_ns >= w->since_ns;
	struct out *o = to->o;

	out_record(o, "wait");
	who(to, w->task, known, known ? ws->now_ns - w->since_ns : 0);
	out_bool(o, "waits", NULL, true);
	what(to, w);
	wait_fields(to, w);
	if (w->function) {
		out_text(o, "  in ");
		out_text_safe(o, w->function, strlen(w->function));
	}
	if (w->function && w->caller) {
		out_text(o, " < ");
		out_text_safe(o, w->caller, strlen(w->caller));
	}
	out_text(o, "\n");
	chain(to, w);
	out_end(o);
}

/* The same fields as of any other task that scripts look at first. */
void wait_record_none(const struct wait_out *to, const struct task *t)
{
	static const char *const unknown[] = {
		"kind", "grade", "function", "object", "symbol", "owner", "since", "waited", "until",
	};

	out_record(to->o, "wait");
	who(to, t, false, 0);
	out_bool(to->o, "waits", NULL, false);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		out_null(to->o, unknown[i], NULL);
	wait_state_text(to, t);
	out_text(to->o, "\n");
	out_end(to->o);
}
