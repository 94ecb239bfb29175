/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "lib/base/str.h"
#include "unwind/oops_priv.h"

/* What a title is made of. */
struct parts {
	struct piece capture[2 * GLOB_CAPTURES];
	struct piece guilty, access, next;
};

/* "Read of size 8 at addr ..." */
static struct piece access_of(const struct oops_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct piece t = r->row[i].text;

		if (piece_has(t, "Read of size ") || piece_has(t, "Read at addr "))
			return PIECE("Read");
		if (piece_has(t, "Write of size ") || piece_has(t, "Write at addr "))
			return PIECE("Write");
	}
	return (struct piece){ NULL, 0 };
}

/* What follows the words in the first later line that has them; p NULL: none has. */
static struct piece later(const struct oops_report *r, const char *words)
{
	char literal[64];
	size_t n = strcspn(words, "*");

	if (n >= sizeof(literal))
		return (struct piece){ NULL, 0 };
	memcpy(literal, words, n);
	literal[n] = '\0';
	for (size_t i = 0; i < r->n; i++) {
		struct piece t = piece_after(r->row[i].text, literal);

		if (t.p)
			return t;
	}
	return (struct piece){ NULL, 0 };
}

static size_t captures(const char *pattern)
{
	size_t n = 0;

	for (; *pattern; pattern++)
		n += *pattern == '*';
	return n < GLOB_CAPTURES ? n : GLOB_CAPTURES;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

/* Whether the row's conditions hold; fills in what its title is made of. */
static bool applies(const struct oops_kind *kind, const struct oops_said *said,
		    const struct oops_report *r, struct parts *p)
{
	struct piece t;

	memset(p, 0, sizeof(*p));
	if (!kind->title || !piece_glob(kind->line, said->words, p->capture))
		return false;
	if (kind->later) {
		t = later(r, kind->later);
		if (!t.p)
			return false;
		p->capture[captures(kind->line)] = t;
	}
	p->access = access_of(r);
	if (strstr(kind->title, "$a") && !p->access.p)
		return false;
	p->next = r->n > 1 ? piece_trim(r->row[1].text) : (struct piece){ NULL, 0 };
	p->guilty = oops_guilt(kind, r);
	/* the words name it themselves */
	if (!p->guilty.len && ends(kind->title, " in $1"))
		p->guilty = piece_until(piece_trim(p->capture[0]), " ");
	return true;
}

static struct piece part(const struct parts *p, char c)
{
	static const struct piece none = { "corrupted", 9 };

	if (c >= '1' && c <= '9')
		return p->capture[c - '1'].p ? p->capture[c - '1'] : PIECE("");
	if (c == 'a')
		return p->access;
	if (c == 'n')
		return p->next;
	return p->guilty.len ? p->guilty : none;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t run(struct piece t, const char *of)
{
	size_t n = 0;

	while (n < t.len && t.p[n] && strchr(of, t.p[n]))
		n++;
	return n;
}

static const char hex[] = "0123456789abcdef", dec[] = "0123456789";

/* What at the beginning of t changes from crash to crash: how long it is (0: nothing), and what
   stands for it. */
static size_t varying(struct piece t, char before, const char **as)
{
	size_t lead = piece_begins(t, "0x") ? 2 : 0, n = run(piece_drop(t, lead), hex);

	if (is_word(before))
		return 0;
	*as = "ADDR";
	if (n >= 6)
		return lead + n;
	*as = "NUM";
	n = run(t, dec);
	return n && (n == t.len || !is_word(t.p[n])) ? n : 0;
}

/* "+0x551/0xb10" behind a name */
static size_t offset_len(struct piece t, char before)
{
	size_t n;

	if (!is_word(before) || !piece_begins(t, "+0x"))
		return 0;
	n = 3 + run(piece_drop(t, 3), hex);
	return piece_begins(piece_drop(t, n), "/0x") ? n + 3 + run(piece_drop(t, n + 3), hex) : 0;
}

/* Text of the log as part of a title: without numbers. */
static void add_steady(struct str *s, struct piece t)
{
	char before = ' ';

	while (t.len) {
		const char *as = "";
		size_t n = offset_len(t, before);

		if (!n)
			n = varying(t, before, &as);
		if (n)
			str_add(s, as);
		else
			str_addc(s, *t.p);
		before = n ? 'x' : *t.p;
		t = piece_drop(t, n ? n : 1);
	}
}

static const char *compose(const char *title, const struct parts *p, struct arena *a)
{
	struct str s;
	char *text;

	str_init(&s);
	for (; *title; title++) {
		if (*title == '$' && title[1]) {
			struct piece t = part(p, *++title);

			if (*title >= '1' && *title <= '9')
				add_steady(&s, t);
			else
				str_addn(&s, t.p, t.len);
		} else {
			str_addc(&s, *title);
		}
	}
	text = s.failed ? NULL : arena_strdup(a, s.buf);
	str_deinit(&s);
	return text;
}

/* Of title what stands before " in NAME" at its end; 0: it does not end so. */
static size_t before(const char *title, const char *name)
{
	size_t len = strlen(title), n = name ? strlen(name) : 0;

	if (!n || len < n + 4 || strcmp(title + len - n, name) || strncmp(title + len - n - 4, " in ", 4))
		return 0;
	return len - n - 4;
}

const char *oops_retitle(const char *title, const char *blamed, const char *who, struct arena *a)
{
	size_t n = before(title, blamed);

	n = n ? n : before(title, "corrupted");
	return n && who ? arena_printf(a, "%.*s in %s", (int)n, title, who) : title;
}

static const struct oops_kind *try_said(struct oops *o, const struct oops_said *said,
					const struct oops_report *r, struct arena *a)
{
	const struct oops_kind *kind = said->kind;
	struct parts p;

	while (kind && !applies(kind, said, r, &p))
		kind = oops_kind_next(kind, said->words);
	if (!kind)
		return NULL;
	o->title = compose(kind->title, &p, a);
	if (p.guilty.len)
		o->guilty = arena_strndup(a, p.guilty.p, p.guilty.len);
	return kind;
}

const struct oops_kind *oops_title(struct oops *o, const struct oops_report *r, struct arena *a)
{
	const struct oops_said *cause = oops_cause(r);
	const struct oops_kind *kind = NULL;

	for (size_t i = 0; i < r->nsaid && !kind; i++)
		if (!r->said[i].class->vague)
			kind = try_said(o, &r->said[i], r, a);
	for (size_t i = 0; i < r->nsaid && !kind; i++)
		kind = try_said(o, &r->said[i], r, a);
	if (!kind)
		o->title = compose("$1", &(struct parts){ .capture = { cause->words } }, a);
	return kind;
}
