/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "unwind/guilty.h"
#include "unwind/oops_priv.h"

#define CANDIDATES 1024

/* Functions that may be to blame, innermost first, helpers left out. */
struct candidates {
	const char *skip;
	struct piece name[CANDIDATES];
	bool in_module[CANDIDATES];
	size_t n;
};

static void add(struct candidates *c, const struct oops_place *p)
{
	bool in_module = p->module.p != NULL;
	struct piece base;

	if (!p->function.p || p->guess || c->n == CANDIDATES)
		return;
	base = guilty_base(p->function);
	if (!base.len || guilty_is_helper(base, in_module, c->skip))
		return;
	c->in_module[c->n] = in_module;
	c->name[c->n++] = guilty_told(base);
}

static void add_row(struct candidates *c, const struct oops_row *row)
{
	for (unsigned i = 0; i < row->nplaces; i++)
		add(c, &row->place[i]);
}

static bool is_start(const struct oops_row *row)
{
	return row->what == OOPS_START || row->what == OOPS_HISTORY;
}

/* Frames from row i on, up to where another trace begins; the row that stopped it. */
static size_t frames_from(struct candidates *c, const struct oops_report *r, size_t i)
{
	for (; i < r->n && !is_start(&r->row[i]); i++)
		if (r->row[i].what == OOPS_FRAME ||
		    (r->row[i].what == OOPS_REGS_AT && !r->row[i].user))
			add_row(c, &r->row[i]);
	return i;
}

static size_t find(const struct oops_report *r, size_t i, enum oops_what what)
{
	while (i < r->n && (r->row[i].what != what || r->row[i].user))
		i++;
	return i;
}

/* The first trace from row i on; where no words begin it, the frames behind who it is, unless some
 * come before: those of a task that hangs, and then who told of it. */
static void in_trace(struct candidates *c, const struct oops_report *r, size_t i)
{
	size_t start = find(r, i, OOPS_START);

	if (start == r->n) {
		size_t who = find(r, i, OOPS_WHO);

		start = find(r, i, OOPS_FRAME) < who ? r->n : who;
	}
	frames_from(c, r, start < r->n ? start + 1 : i);
}

static void in_regs(struct candidates *c, const struct oops_report *r, size_t i)
{
	size_t at = find(r, i, OOPS_REGS_AT), stop;

	if (at == r->n) {
		in_trace(c, r, i);
		return;
	}
	stop = frames_from(c, r, at);
	if (stop < r->n)
		frames_from(c, r, stop + 1);
}

static void only_regs(struct candidates *c, const struct oops_report *r, size_t i)
{
	size_t at = find(r, i, OOPS_REGS_AT);

	if (at < r->n)
		add_row(c, &r->row[at]);
}

/* "... in foo+0x1/0x2", "... in: foo+0x1/0x2" */
static bool head_place(const struct oops_report *r, struct oops_place *p)
{
	struct piece t = r->row[0].text;

	memset(p, 0, sizeof(*p));
	while ((t = piece_after(t, " in")).p) {
		struct piece at = piece_trim(piece_drop(t, piece_begins(t, ":")));

		if (oops_place_read(at, p) && p->function.p)
			return true;
	}
	return false;
}

static void in_head(struct candidates *c, const struct oops_report *r)
{
	struct oops_place p;

	if (head_place(r, &p))
		add(c, &p);
}

static bool is_name(struct piece t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!isalnum((unsigned char)t.p[i]) && t.p[i] != '_' && t.p[i] != '.' && t.p[i] != '$')
			return false;
	return t.len > 0;
}

/* "BUG: KCSAN: data-race in foo / bar", "BUG: KASAN: out of bounds in foo at addr 1" */
size_t oops_in_words(const struct oops_report *r, struct piece ret[2])
{
	struct piece t = piece_after(r->row[0].text, "SAN: "), name;
	size_t n = 0;

	for (t = piece_after(t, " in "); t.p && n < 2; t = piece_after(t, " / ")) {
		name = piece_until(piece_trim(t), " +");
		if (!is_name(name))
			break;
		ret[n++] = name;
	}
	return n;
}

/* "..., at: foo+0x1/0x2", "..., at: [<ffffffff81000000>] foo+0x1/0x2" */
static bool lock_place(const struct oops_row *row, struct oops_place *p)
{
	struct piece t = piece_after(row->text, "at: ");
	struct oops_place places[2];

	if (!t.p || !oops_frames(t, places) || !places[0].function.p)
		return false;
	*p = places[0];
	return true;
}

static void in_lock(struct candidates *c, const struct oops_report *r, size_t i)
{
	struct oops_place p;

	for (; i < r->n && !c->n; i++) {
		if (r->row[i].what == OOPS_FRAME)
			add_row(c, &r->row[i]);
		else if (lock_place(&r->row[i], &p))
			add(c, &p);
	}
}

/* The first place that a lock was taken at, whatever function it is. */
static struct piece on_lock(const struct oops_report *r, size_t i)
{
	struct oops_place p;

	for (; i < r->n; i++) {
		if (lock_place(&r->row[i], &p))
			return guilty_base(p.function);
		if (r->row[i].what == OOPS_FRAME && r->row[i].place[0].function.p &&
		    !r->row[i].place[0].guess)
			return guilty_base(r->row[i].place[0].function);
	}
	return (struct piece){ NULL, 0 };
}

static struct piece stalled(const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!guilty_is_anchor(c->name[i]))
			continue;
		if (piece_has(c->name[i], "smp_call_function"))
			return PIECE("smp_call_function");
		return c->name[i ? i - 1 : 0];
	}
	return (struct piece){ NULL, 0 };
}

/* Where many wait for the same, that is what hangs. */
static struct piece common_hang(struct piece name)
{
	if (piece_has(name, "rtnl_lock"))
		return name;
	if (piece_has(name, "synchronize_rcu") || piece_has(name, "synchronize_srcu") ||
	    piece_has(name, "synchronize_net") || piece_has(name, "synchronize_sched"))
		return PIECE("synchronize_rcu");
	return (struct piece){ NULL, 0 };
}

static struct piece hung(const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct piece common = common_hang(c->name[i]);

		if (common.p)
			return common;
	}
	for (size_t i = 0; i < c->n; i++)
		if (!guilty_is_waiting(c->name[i], c->in_module[i]))
			return c->name[i];
	return (struct piece){ NULL, 0 };
}

static bool is_irq_entry(const struct oops_row *row, bool any)
{
	if (row->what == OOPS_FRAME && row->place[0].guess)
		return false;
	return piece_has(row->text, "apic_timer_interrupt") ||
	       (any && (piece_has(row->text, "Exception stack") || piece_has(row->text, "el1h_64_irq")));
}

static size_t find_irq_entry(const struct oops_report *r, size_t i, bool any)
{
	while (i < r->n && !is_irq_entry(&r->row[i], any))
		i++;
	return i;
}

/* Another CPU told of the stall: the stack of the one that does not get on, as it said when asked. */
static struct piece asked(struct candidates *c, const struct oops_report *r, size_t i)
{
	while (i < r->n && !piece_has(r->row[i].text, "NMI backtrace for cpu "))
		i++;
	c->n = 0;
	if (i < r->n)
		in_regs(c, r, i + 1);
	return stalled(c);
}

/* What the timer interrupted: its registers' function and the frames behind, else the frames
   behind the interrupt's entry. */
static struct piece in_rcu(struct candidates *c, const struct oops_report *r, size_t i)
{
	size_t at = find(r, find_irq_entry(r, i, false), OOPS_REGS_AT);
	struct piece found = { NULL, 0 };

	if (at < r->n) {
		frames_from(c, r, at);
		found = stalled(c);
	}
	if (found.p)
		return found;
	c->n = 0;
	at = find_irq_entry(r, i, true);
	if (at < r->n)
		frames_from(c, r, at + 1);
	found = stalled(c);
	return found.p ? found : asked(c, r, i);
}

/* The row behind the one with the words that must have come. */
static size_t after(const struct oops_kind *kind, const struct oops_report *r)
{
	size_t i = 0;

	if (!kind->after)
		return 0;
	while (i < r->n && !piece_has(r->row[i].text, kind->after))
		i++;
	return i < r->n ? i + 1 : r->n;
}

struct piece oops_guilt(const struct oops_kind *kind, const struct oops_report *r)
{
	struct candidates c = { .skip = kind->skip };
	size_t i = after(kind, r);
	struct oops_place p;

	switch (kind->where) {
	case OOPS_NOWHERE:
	case OOPS_ALONE: break;
	case OOPS_IN_REGS: in_regs(&c, r, i); break;
	case OOPS_ONLY_REGS: only_regs(&c, r, i); break;
	case OOPS_IN_TRACE: in_trace(&c, r, i); break;
	case OOPS_IN_HEAD: in_head(&c, r); in_trace(&c, r, i); break;
	case OOPS_IN_LINES: frames_from(&c, r, i); break;
	case OOPS_IN_HEAD_LINES: in_head(&c, r); frames_from(&c, r, i); break;
	case OOPS_IN_LOCK: in_lock(&c, r, i); break;
	case OOPS_ON_HEAD: return head_place(r, &p) ? guilty_base(p.function) : (struct piece){ 0 };
	case OOPS_ON_LOCK: return on_lock(r, i);
	case OOPS_IN_STALL: in_regs(&c, r, i); return stalled(&c);
	case OOPS_IN_STALL_TRACE: in_trace(&c, r, i); return stalled(&c);
	case OOPS_IN_RCU: return in_rcu(&c, r, i);
	case OOPS_IN_HANG: in_trace(&c, r, i); return hung(&c);
	}
	return c.n ? c.name[0] : (struct piece){ NULL, 0 };
}
