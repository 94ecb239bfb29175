/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/type.h"

#include <stdlib.h>
#include <string.h>

#include "lib/debug/globals.h"

const struct type type_void = { .kind = TYPE_VOID, .name = "void", .complete = true };

void types_init(struct types *ts, struct arena *arena, uint8_t word)
{
	*ts = (struct types){ .arena = arena, .word = word };
	ts->last = &ts->first;
}

void types_deinit(struct types *ts)
{
	struct type_provider *p, *next, *rev = NULL;

	/* newest first: a module's split BTF refers to the kernel's */
	for (p = ts->first; p; p = next) {
		next = p->next;
		p->next = rev;
		rev = p;
	}
	for (p = rev; p; p = next) {
		next = p->next;
		p->ops->close(p);
	}
	ts->first = NULL;
	ts->last = &ts->first;
}

void types_add(struct types *ts, struct type_provider *p)
{
	p->next = NULL;
	*ts->last = p;
	ts->last = &p->next;
}

/* Nodes are handed out as const and filled in on first use: the one place that writes. */
static const struct type *complete(const struct type *t)
{
	if (t && !t->complete && t->provider) {
		struct type *w = (struct type *)(uintptr_t)t;

		w->complete = true;
		if (!t->provider->ops->complete(t->provider, w))
			w->nmembers = 0;
	}
	return t;
}

const struct type *type_strip(const struct type *t)
{
	for (int i = 0; t && i < TYPE_DEPTH; i++) {
		switch (t->kind) {
		case TYPE_TYPEDEF:
		case TYPE_CONST:
		case TYPE_VOLATILE:
		case TYPE_OTHER_QUALIFIER:
			t = t->target;
			break;
		case TYPE_STRUCT:
		case TYPE_UNION:
			/* DWARF: what a unit only declares is looked up when it is needed */
			return t->size ? t : complete(t);
		default:
			return t;
		}
	}
	return &type_void;
}

const struct type_member *type_members(const struct type *t, uint32_t *n)
{
	t = complete(type_strip(t));
	*n = 0;
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_UNION || t->kind == TYPE_FUNC)
		*n = t->nmembers;
	return t->members;
}

const struct type_enumerator *type_enumerators(const struct type *t, uint32_t *n)
{
	t = complete(type_strip(t));
	*n = t->kind == TYPE_ENUM ? t->nmembers : 0;
	return t->enumerators;
}

bool type_enum_value(const struct type *t, const char *name, int64_t *ret)
{
	uint32_t n, i;
	const struct type_enumerator *e = type_enumerators(t, &n);

	for (i = 0; i < n; i++)
		if (!strcmp(e[i].name, name)) {
			*ret = e[i].value;
			return true;
		}
	return false;
}

/* ---- by name ---- */

static const struct type *ask(struct types *ts, enum type_kind kind, const char *name)
{
	const struct type *declared = NULL, *t;

	for (struct type_provider *p = ts->first; p; p = p->next) {
		t = p->ops->find(p, kind, name);
		if (t && t->kind != TYPE_FWD)
			return t;
		if (t && !declared)
			declared = t;
	}
	return declared;
}

static const struct type *pointer_to(struct types *ts, const struct type *t)
{
	struct type *p = arena_alloc(ts->arena, sizeof(*p));

	if (p)
		*p = (struct type){ .kind = TYPE_PTR, .name = "", .size = ts->word,
				    .target = t, .complete = true };
	return p;
}

static const struct { const char *word; enum type_kind kind; } keywords[] = {
	{ "struct ", TYPE_STRUCT }, { "union ", TYPE_UNION }, { "enum ", TYPE_ENUM },
};

/* C lets "unsigned long" be said in many ways; BTF and DWARF know one. */
static const char *const spellings[][2] = {
	{ "unsigned", "unsigned int" },
	{ "long", "long int" },
	{ "unsigned long", "long unsigned int" },
	{ "unsigned long int", "long unsigned int" },
	{ "long long", "long long int" },
	{ "unsigned long long", "long long unsigned int" },
	{ "short", "short int" },
	{ "unsigned short", "short unsigned int" },
	{ "bool", "_Bool" },
};

static const struct type *find_plain(struct types *ts, const char *name)
{
	const struct type *t;
	size_t i;

	if (!strcmp(name, "void"))
		return &type_void;
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (!strncmp(name, keywords[i].word, strlen(keywords[i].word)))
			return ask(ts, keywords[i].kind, name + strlen(keywords[i].word));
	t = ask(ts, TYPE_VOID, name);
	for (i = 0; !t && i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (!strcmp(name, spellings[i][0]))
			t = ask(ts, TYPE_VOID, spellings[i][1]);
		else if (!strcmp(name, spellings[i][1])) /* clang's DWARF has the short ones */
			t = ask(ts, TYPE_VOID, spellings[i][0]);
	}
	return t;
}

const struct type *type_find(struct types *ts, const char *name, struct cairn_err *err)
{
	char plain[128];
	size_t len = strlen(name), stars = 0;
	const struct type *t;

	while (len && (name[len - 1] == '*' || name[len - 1] == ' '))
		stars += name[--len] == '*';
	if (len >= sizeof(plain)) {
		cairn_fail(err, CAIRN_USAGE, "a type name of %zu characters", len);
		return NULL;
	}
	memcpy(plain, name, len);
	plain[len] = '\0';
	if (!ts->first) {
		cairn_fail(err, CAIRN_MISSING, "there are no types: %s",
			   ts->missing ? ts->missing : "none were added");
		return NULL;
	}
	t = find_plain(ts, plain);
	if (!t) {
		cairn_fail(err, CAIRN_MISSING, "this kernel has no type %s", plain);
		return NULL;
	}
	while (t && stars--)
		t = pointer_to(ts, t);
	if (!t)
		cairn_fail(err, CAIRN_NOMEM, "no memory for a type");
	return t;
}

const struct type *type_of_variable(struct types *ts, const char *name)
{
	const struct type *t;
	const char *decl;

	for (struct type_provider *p = ts->first; p; p = p->next) {
		t = p->ops->variable ? p->ops->variable(p, name) : NULL;
		if (t)
			return t;
	}
	decl = global_declaration(name);
	return decl ? type_find(ts, decl, NULL) : NULL;
}

bool type_percpu_offset(struct types *ts, const char *name, uint64_t *ret)
{
	for (struct type_provider *p = ts->first; p; p = p->next)
		if (p->ops->percpu && p->ops->percpu(p, name, ret))
			return true;
	return false;
}

/* ---- members ---- */

/* False for what no word of memory holds: bits that straddle one, offsets beyond 4 GiB. */
static bool set_member(struct member *ret, const struct type_member *m, uint64_t base_bits)
{
	const struct type *t = type_strip(m->type);
	uint64_t bit = base_bits + m->bit_offset, at;
	uint32_t size = 1;

	*ret = (struct member){ .type = m->type, .is_signed = t->is_signed };
	if (bit / 8 > UINT32_MAX || t->size > UINT32_MAX)
		return false;
	ret->offset = (uint32_t)(bit / 8);
	ret->size = (uint32_t)t->size;
	if (!m->bit_size)
		return true;
	/* the smallest naturally aligned word that holds the bits */
	while (size < 8 && bit % (8 * size) + m->bit_size > 8 * size)
		size *= 2;
	at = bit % (8 * size);
	ret->offset = (uint32_t)((bit - at) / 8);
	ret->size = size;
	ret->bit_shift = (uint8_t)at;
	ret->bit_size = (uint8_t)m->bit_size;
	return at + m->bit_size <= 8 * size;
}

/* Members looked at in one search. Structs of a kernel have some hundred, anonymous ones
 * included; those of a hostile BTF may contain themselves. */
#define SEARCH_LIMIT 65536u

struct search {
	const char *name;
	size_t len;
	unsigned left, depth;
};

static bool find_member(struct search *s, const struct type *t, uint64_t base_bits,
			struct member *ret)
{
	bool found = false;
	uint32_t n, i;
	const struct type_member *m = type_members(t, &n);

	s->depth++;
	for (i = 0; i < n && !found && s->left; i++) {
		s->left--;
		if (!m[i].name[0] && s->depth < TYPE_DEPTH)
			found = find_member(s, m[i].type, base_bits + m[i].bit_offset, ret);
		else if (strlen(m[i].name) == s->len && !memcmp(m[i].name, s->name, s->len))
			found = set_member(ret, &m[i], base_bits);
	}
	s->depth--;
	return found;
}

/* "[3]" after a member: the element of an array. */
static bool index_member(struct member *m, const char **path)
{
	while (**path == '[') {
		const struct type *t = type_strip(m->type), *elem;
		char *end;
		unsigned long i = strtoul(*path + 1, &end, 0);

		if (t->kind != TYPE_ARRAY || *end != ']' || end == *path + 1)
			return false;
		elem = type_strip(t->target);
		if ((t->count && i >= t->count) || i > UINT32_MAX / (elem->size ? elem->size : 1))
			return false;
		m->offset += (uint32_t)(i * elem->size);
		m->size = (uint32_t)elem->size;
		m->type = t->target;
		m->is_signed = elem->is_signed;
		m->bit_shift = m->bit_size = 0;
		*path = end + 1;
	}
	return true;
}

bool type_member(const struct type *t, const char *path, struct member *ret)
{
	uint32_t base = 0;

	for (int depth = 0; depth < TYPE_DEPTH; depth++) {
		struct search s = { path, strcspn(path, ".["), SEARCH_LIMIT, 0 };
		struct member m;

		if (!s.len || !find_member(&s, t, 0, &m))
			return false;
		path += s.len;
		if (!index_member(&m, &path))
			return false;
		m.offset += base;
		if (!*path) {
			*ret = m;
			return true;
		}
		if (*path++ != '.')
			return false;
		base = m.offset;
		t = m.type;
	}
	return false;
}
