/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "unwind/oops_priv.h"

/* A mail's width: a line that was broken is about as long. */
#define BROKEN_MIN 55

/* "scen(OE+)": a name, and what the kernel marks the module with */
static bool read_word(struct piece t, struct piece *name, struct piece *flags)
{
	*name = piece_until(t, "(");
	*flags = piece_until(piece_drop(t, name->len + (name->len < t.len)), ")");
	for (size_t i = 0; i < name->len; i++)
		if (!isalnum((unsigned char)name->p[i]) && name->p[i] != '_' && name->p[i] != '-')
			return false;
	for (size_t i = 0; i < flags->len; i++)
		if (!isupper((unsigned char)flags->p[i]) && flags->p[i] != '+' && flags->p[i] != '-')
			return false;
	return name->len && name->len < 64 && name->len + flags->len + (flags->len ? 2 : 0) == t.len;
}

/* Whether a line has nothing but modules. */
static bool is_more(struct piece t)
{
	struct piece name = { NULL, 0 }, flags;

	for (t = piece_until(piece_trim(t), "["); t.len;) {
		struct piece word = piece_until(t, " ");

		if (!read_word(word, &name, &flags))
			return false;
		t = piece_trim(piece_drop(t, word.len));
	}
	return name.len != 0;
}

static bool add(struct oops *o, struct piece word, size_t *cap, struct arena *a)
{
	struct piece name, flags;
	struct oops_module *more, *m;

	if (!read_word(word, &name, &flags))
		return false;
	more = arena_room(a, o->module_list, o->nmodules, cap, sizeof(*more));
	if (!more)
		return false;
	o->module_list = more;
	m = &more[o->nmodules];
	*m = (struct oops_module){ arena_strndup(a, name.p, name.len),
				   arena_strndup(a, flags.p ? flags.p : "", flags.len) };
	o->nmodules += m->name && m->flags;
	return true;
}

/* "a b(O) [last unloaded: c]" */
static void read_list(struct oops *o, struct piece t, size_t *cap, struct arena *a)
{
	struct piece last = piece_after(t, "[last unloaded: ");

	for (t = piece_trim(piece_until(t, "[")); t.len;) {
		struct piece word = piece_until(t, " ");

		if (!add(o, word, cap, a))
			return;
		t = piece_trim(piece_drop(t, word.len));
	}
	last = piece_until(last, "] ");
	if (!o->last_unloaded && last.len)
		o->last_unloaded = arena_strndup(a, last.p, last.len);
}

void oops_modules_read(struct oops *o, const struct oops_report *r, struct arena *a)
{
	size_t i = 0, cap = 0;

	while (i < r->n && r->row[i].what != OOPS_MODULES)
		i++;
	if (i == r->n)
		return;
	o->has_modules = true;
	read_list(o, piece_after(r->row[i].text, "linked in:"), &cap, a);
	for (i++; i < r->n && r->row[i].what == OOPS_OTHER && r->row[i - 1].text.len >= BROKEN_MIN &&
		  is_more(r->row[i].text); i++)
		read_list(o, r->row[i].text, &cap, a);
}
