/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/finding_out.h"

#include <string.h>

#define UNSEEN_SHOWN 3 /* of one checker, in text */

static enum out_style style(enum cairn_severity severity)
{
	return severity >= CAIRN_ERROR ? OUT_RED : severity == CAIRN_WARNING ? OUT_YELLOW :
									       OUT_PLAIN;
}

static void address(struct out *o, struct cairn *c, const char *name, const char *look,
		    uint64_t value)
{
	if (value)
		out_addr(o, name, look, value, c->arch ? c->arch->word * 2 : 16);
	else
		out_null(o, name, NULL);
}

static void optional(struct out *o, const char *name, const char *look, const char *value)
{
	if (value)
		out_str(o, name, look, value);
	else
		out_null(o, name, NULL);
}

#define WIDTH 100

/* In lines, at blanks; a word that is longer has a line of its own. */
static void wrapped(struct out *o, const char *text)
{
	size_t n, room = WIDTH - 4;

	for (const char *p = text; *p; p += n + (p[n] == ' ')) {
		n = strlen(p);
		if (n > room) {
			for (n = room; n && p[n] != ' '; n--)
				;
			n = n ? n : strcspn(p, " ");
		}
		out_text(o, "\n    ");
		out_text_safe(o, p, n);
	}
	out_text(o, "\n");
}

/* A variable, where the object is one. */
static void object(struct out *o, struct cairn *c, uint64_t addr)
{
	uint64_t off = 0;
	struct sym s;
	bool named = addr && sym_at(&c->syms, addr, &s, &off) && !s.percpu && !off;

	address(o, c, "object", "    object   %s", addr);
	out_str(o, "object_symbol", named ? "  %s" : NULL, named ? s.name : NULL);
	if (named && s.module)
		out_text(o, " [%s]", s.module);
	out_text(o, addr ? "\n" : "");
}

static void heading(struct out *o, struct cairn *c, const struct said *s)
{
	const struct cairn_finding *f = &s->f;

	out_paint(o, style(f->severity));
	out_str(o, "severity", "%s: ", severity_name(f->severity));
	out_str(o, "id", "%s", f->id);
	out_paint(o, OUT_PLAIN);
	out_str(o, "grade", f->grade == CAIRN_CERTAIN ? NULL : " (%s)", grade_name(f->grade));
	out_str(o, "check", NULL, s->check->name);
	out_str(o, "message", NULL, f->message);
	if (o->mode == OUT_TEXT)
		wrapped(o, f->message ? f->message : "");
	object(o, c, f->object);
}

/* The word that is off, and what it should be. */
static void word(struct out *o, struct cairn *c, const struct cairn_finding *f)
{
	bool any = f->addr || f->field;

	out_text(o, any ? "    at      " : "");
	address(o, c, "address", " %s", f->addr);
	optional(o, "field", " %s", f->field);
	out_text(o, any ? "\n" : "");
	optional(o, "expected", "    expected %s\n", f->expected);
	optional(o, "found", "    found    %s\n", f->found);
}

static void evidence(struct out *o, struct cairn *c, const struct cairn_finding *f)
{
	out_array(o, "evidence");
	for (size_t i = 0; i < f->nevidence; i++) {
		const struct cairn_evidence *e = &f->evidence[i];

		out_object(o, NULL);
		out_addr(o, "address", "    evidence %s", e->addr, c->arch ? c->arch->word * 2 : 16);
		out_hex(o, "length", NULL, e->len);
		out_str(o, "why", "  %s\n", e->why);
		out_end(o);
	}
	out_end(o);
}

void finding_fields(struct out *o, struct cairn *c, const struct said *s)
{
	heading(o, c, s);
	word(o, c, &s->f);
	evidence(o, c, &s->f);
}

/* How many of the first n are of a checker. */
static size_t unseen_by(const struct findings *f, size_t n, const struct cairn_check *check)
{
	size_t ret = 0;

	for (size_t i = 0; i < n; i++)
		ret += f->unseen[i].check == check;
	return ret;
}

/* One line for each process would hide what else there is. */
static bool is_folded(struct out *o, const struct findings *f, size_t i)
{
	const struct cairn_check *check = f->unseen[i].check;
	size_t before = unseen_by(f, i, check), all = unseen_by(f, f->nunseen, check);

	if (before < UNSEEN_SHOWN || all == UNSEEN_SHOWN + 1)
		return false;
	if (before + 1 == all) {
		out_paint(o, OUT_YELLOW);
		out_text(o, "not checked: %s: ", check->name);
		out_paint(o, OUT_PLAIN);
		out_text(o, "and %zu more (-j has all)\n", all - UNSEEN_SHOWN);
	}
	return true;
}

void unseen_text(struct out *o, const struct findings *f)
{
	for (size_t i = 0; i < f->nunseen; i++) {
		const struct unseen *u = &f->unseen[i];

		if (is_folded(o, f, i))
			continue;
		out_paint(o, OUT_YELLOW);
		out_text(o, "not checked: %s: ", u->check->name);
		out_paint(o, OUT_PLAIN);
		if (u->what)
			out_text_safe(o, u->what, strlen(u->what));
		out_text(o, u->what ? ": " : "");
		out_text_safe(o, u->why.text, strlen(u->why.text));
		out_text(o, "\n");
	}
}

void unseen_array(struct out *o, const struct findings *f)
{
	if (o->mode != OUT_JSON)
		return;
	out_array(o, "unchecked");
	for (size_t i = 0; i < f->nunseen; i++) {
		out_object(o, NULL);
		out_str(o, "check", NULL, f->unseen[i].check->name);
		out_str(o, "what", NULL, f->unseen[i].what);
		out_str(o, "reason", NULL, f->unseen[i].why.text);
		out_end(o);
	}
	out_end(o);
}
