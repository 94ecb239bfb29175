/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_priv.h"

/* Why is not told, where is. */
static const struct crash_class unknown = { "unknown", false, true };
static const struct oops_kind unnamed = { "*", NULL, "unnamed report in $f", OOPS_IN_REGS, NULL, NULL };
static const struct oops_kind counted = { "*", NULL, "Oops in $f", OOPS_IN_REGS, NULL, NULL };

/* "Oops: 0002 [#1]", "Internal error: Oops: 17 [#1] SMP ARM" */
static bool has_count(struct piece t)
{
	return piece_has(t, "[#");
}

void oops_firsts(struct oops_firsts *ret)
{
	memset(ret, 0, sizeof(*ret));
	oops_kind_begins(ret->may);
	crash_class_begins(ret->may);
}

static bool may_say(struct piece text, const struct oops_firsts *firsts)
{
	text = piece_trim(text);
	return text.len && (firsts->may[(unsigned char)*text.p] || piece_shouts(text) ||
			    oops_kind_within(text));
}

bool oops_says(struct piece text, const struct oops_firsts *firsts, struct oops_said *ret)
{
	struct piece words;

	if (!may_say(text, firsts))
		return false;
	*ret = (struct oops_said){ .kind = NULL };
	ret->words = words = oops_kind_words(text, &ret->kind);
	if (ret->kind && !ret->kind->title)
		return false;
	ret->message.p = crash_panic_message(words.p, words.len, &ret->message.len);
	if (ret->message.p) {
		ret->panic = true;
		ret->class = crash_class_of_panic(ret->message.p, ret->message.len);
		return true;
	}
	ret->class = crash_class_of_line(words.p, words.len);
	if (!ret->class)
		return false;
	if (ret->class->vague && !ret->kind) {
		ret->kind = &counted;
		return has_count(words);
	}
	return ret->kind || strcmp(ret->class->name, "warning") != 0;
}

struct oops_said oops_unnamed(struct piece line)
{
	return (struct oops_said){ .words = piece_trim(line), .class = &unknown, .kind = &unnamed };
}

/* The line behind the n-th that says something says more of the same. */
static bool is_told_behind(const struct oops_report *r, size_t n)
{
	const struct oops_said *said = &r->said[n];

	return n + 1 < r->nsaid && said[1].at == said->at + 1 &&
	       crash_class_gives_way(said->class, said[1].class);
}

const struct oops_said *oops_cause(const struct oops_report *r)
{
	for (size_t i = 0; i < r->nsaid; i++)
		if (!r->said[i].class->vague)
			return &r->said[i + is_told_behind(r, i)];
	return &r->said[r->nsaid > 1 && r->said[0].class == &unknown];
}
