/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/debug/type.h"

#define TEXT_LIMIT ((size_t)4096) /* prototypes may take themselves as parameters */

/* A declaration is `base left name right`: pointers pile up on the left, arrays and
 * parameters on the right. */
struct declaration {
	bool is_const, is_volatile; /* of the base */
	char left[160];
	size_t at; /* of the text in left, which grows downwards */
	struct str right;
};

static void declare(struct str *s, const struct type *t, const char *name, int depth);

static void prepend(struct declaration *d, const char *text)
{
	size_t len = strlen(text);

	if (len > d->at)
		return;
	d->at -= len;
	memcpy(d->left + d->at, text, len);
}

static void parameters(struct str *s, const struct type *t, int depth)
{
	uint32_t n, i;
	const struct type_member *m = type_members(t, &n);

	str_addc(s, '(');
	for (i = 0; i < n && s->len < TEXT_LIMIT; i++) {
		str_add(s, i ? ", " : "");
		if (m[i].type && m[i].type->kind == TYPE_VOID)
			str_add(s, "...");
		else
			declare(s, m[i].type, m[i].name, depth + 1);
	}
	str_add(s, n ? ")" : "void)");
}

/* What qualifiers that stand before t belong to. */
static const struct type *qualified(const struct type *t)
{
	for (int i = 0; t && i < TYPE_DEPTH; i++, t = t->target)
		if (t->kind != TYPE_CONST && t->kind != TYPE_VOLATILE &&
		    t->kind != TYPE_OTHER_QUALIFIER)
			return t;
	return NULL;
}

static void qualify(struct declaration *d, const struct type *t)
{
	const struct type *of = qualified(t);

	if (of && of->kind == TYPE_PTR)
		prepend(d, t->kind == TYPE_CONST ? "const " : "volatile ");
	else if (t->kind == TYPE_CONST)
		d->is_const = true;
	else
		d->is_volatile = true;
}

static void point(struct declaration *d, const struct type *t)
{
	const struct type *to = qualified(t->target);

	prepend(d, "*");
	if (to && (to->kind == TYPE_ARRAY || to->kind == TYPE_FUNC)) {
		prepend(d, "(");
		str_addc(&d->right, ')');
	}
}

/* Take the declarator off t, outermost first; what is left is the base. */
static const struct type *take_declarator(struct declaration *d, const struct type *t, int depth)
{
	for (int i = 0; t && i < TYPE_DEPTH; i++, t = t->target) {
		switch (t->kind) {
		case TYPE_PTR: point(d, t); break;
		case TYPE_ARRAY: str_addf(&d->right, "[%" PRIu64 "]", t->count); break;
		case TYPE_FUNC: parameters(&d->right, t, depth); break;
		case TYPE_CONST:
		case TYPE_VOLATILE: qualify(d, t); break;
		case TYPE_OTHER_QUALIFIER: break;
		default: return t;
		}
	}
	return NULL;
}

static void add_base(struct str *s, const struct declaration *d, const struct type *t)
{
	static const char *const tags[] = {
		[TYPE_STRUCT] = "struct", [TYPE_UNION] = "union", [TYPE_ENUM] = "enum",
		[TYPE_FWD] = "struct",
	};
	enum type_kind kind = t ? t->kind : TYPE_VOID;
	const char *tag = kind < sizeof(tags) / sizeof(tags[0]) ? tags[kind] : NULL;

	str_add(s, d->is_const ? "const " : "");
	str_add(s, d->is_volatile ? "volatile " : "");
	if (tag)
		str_addf(s, "%s %s", tag, t->name[0] ? t->name : "{...}");
	else
		str_add(s, t && t->name[0] ? t->name : "void");
}

static void declare(struct str *s, const struct type *t, const char *name, int depth)
{
	const size_t last = sizeof(((struct declaration *)NULL)->left) - 1;
	struct declaration d = { .at = last };

	if (depth > TYPE_DEPTH || s->len > TEXT_LIMIT) {
		str_add(s, "...");
		return;
	}
	str_init(&d.right);
	t = take_declarator(&d, t, depth);
	add_base(s, &d, t);
	if (!*name && !d.right.len && d.at < last && d.left[last - 1] == ' ')
		d.left[last - 1] = '\0'; /* "void *const" */
	if (*name || d.right.len || d.left[d.at])
		str_addf(s, " %s%s%s", d.left + d.at, name, d.right.buf);
	s->failed |= d.right.failed;
	str_deinit(&d.right);
}

const char *type_declare(struct arena *a, const struct type *t, const char *name)
{
	const char *copy = NULL;
	struct str s;

	str_init(&s);
	declare(&s, t, name, 0);
	if (!s.failed)
		copy = arena_strdup(a, s.buf);
	str_deinit(&s);
	return copy ? copy : "?";
}

const char *type_spell(struct arena *a, const struct type *t)
{
	return type_declare(a, t, "");
}
