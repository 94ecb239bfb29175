/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/complete_names.h"
#include "cmd/complete_place.h"
#include "cmd/opt.h"
#include "lib/base/mem.h"
#include "lib/kern/module.h"

/* Names of one Tab: those of a source that begin with the prefix. */
struct list {
	struct arena *arena;
	const char **name;
	size_t n, cap;
	const char *prefix;
	size_t len;          /* of prefix */
	const char *before;  /* put before each name; "" for none */
	int kind;            /* types: only of that kind; -1: all */
};

static void add(struct list *l, const char *name)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	const char **more;

	if (!name || !*name || strncmp(name, l->prefix, l->len))
		return;
	if (l->n == l->cap) {
		more = mem_resize(l->name, cap, sizeof(*more));
		if (!more)
			return;
		l->name = more;
		l->cap = cap;
	}
	name = *l->before ? arena_printf(l->arena, "%s%s", l->before, name)
			  : arena_strdup(l->arena, name);
	if (name)
		l->name[l->n++] = name;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t sort_unique(const char **name, size_t n)
{
	size_t i, kept = 0;

	if (n)
		qsort(name, n, sizeof(*name), by_text);
	for (i = 0; i < n; i++)
		if (!kept || strcmp(name[kept - 1], name[i]))
			name[kept++] = name[i];
	return kept;
}

/* ---- sources ---- */

static void add_commands(struct list *l)
{
	SET_EACH(cairn_cmds, const struct cmd, p)
		add(l, (*p)->name);
}

static void add_options(struct list *l, const struct opt *t)
{
	for (; t && (t->letter || t->name); t++) {
		if (t->name)
			add(l, arena_printf(l->arena, "--%s", t->name));
		else
			add(l, arena_printf(l->arena, "-%c", t->letter));
	}
}

static void gather_symbols(struct completer *c)
{
	struct list l = { .arena = &c->arena, .prefix = "", .before = "" };
	const struct modules *modules;
	struct sym_source *src;
	struct sym sym;
	size_t i;

	c->gathered = true;
	modules_get(c->cairn, &modules, NULL); /* brings the modules' symbols */
	for (src = c->cairn->syms.first; src; src = src->next)
		for (i = 0; src->ops->at && src->ops->at(src->self, i, &sym); i++)
			add(&l, sym.name);
	c->symbol = l.name;
	c->nsymbols = sort_unique(l.name, l.n);
}

static void add_symbols(struct completer *c, struct list *l)
{
	size_t lo = 0, hi, mid;

	if (!c->gathered)
		gather_symbols(c);
	for (hi = c->nsymbols; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(c->symbol[mid], l->prefix) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < c->nsymbols && !strncmp(c->symbol[lo], l->prefix, l->len); lo++)
		add(l, c->symbol[lo]);
}

static bool add_type(void *arg, enum type_kind kind, const char *name)
{
	struct list *l = arg;

	if (l->kind < 0 || l->kind == (int)kind)
		add(l, name);
	return true;
}

static void add_types(struct completer *c, struct list *l)
{
	struct type_provider *p;

	for (p = c->cairn->types.first; p; p = p->next)
		if (p->ops->each_name)
			p->ops->each_name(p, l->prefix, add_type, l);
}

static void add_members(struct list *l, const struct type *t, unsigned depth)
{
	const struct type_member *m;
	uint32_t i, n;

	m = type_members(t, &n);
	for (i = 0; i < n && depth < TYPE_DEPTH; i++) {
		if (*m[i].name)
			add(l, m[i].name);
		else
			add_members(l, m[i].type, depth + 1);
	}
}

/* ---- paths: "task_struct.se.", "init_task.mm" ---- */

static const struct type *first_of_path(struct completer *c, const char *name)
{
	static const char *const tag[] = { "struct ", "union ", "" };
	const struct type *t;
	size_t i;

	for (i = 0; i < 3; i++) {
		t = type_find(&c->cairn->types,
			      arena_printf(&c->scratch, "%s%s", tag[i], name), NULL);
		if (t)
			return t;
	}
	return type_of_variable(&c->cairn->types, name);
}

/* The struct in which `path` (without its last dot) ends, or NULL. */
static const struct type *end_of_path(struct completer *c, const char *path)
{
	size_t n = strcspn(path, ".");
	const struct type *t = first_of_path(c, arena_strndup(&c->scratch, path, n));
	struct member m;

	if (!t || !path[n])
		return t ? type_strip(t) : NULL;
	return type_member(type_strip(t), path + n + 1, &m) ? type_strip(m.type) : NULL;
}

/* Members of what `base` names, by what of `text` stands behind its last dot; `len` bytes of the
 * prefix stay as they are. */
static void add_members_at(struct completer *c, struct list *l, const char *base, const char *text,
			   size_t len)
{
	const char *dot = strrchr(text, '.');
	const char *path = dot ? arena_printf(&c->scratch, "%s.%.*s", base, (int)(dot - text), text)
			       : base;
	const struct type *t = path ? end_of_path(c, path) : NULL;

	if (dot)
		len += (size_t)(dot + 1 - text);
	l->before = arena_strndup(&c->scratch, l->prefix, len);
	l->prefix += len;
	l->len = strlen(l->prefix);
	if (t && l->before)
		add_members(l, t, 0);
}

/* "task_struct.pid,se.vrun" */
static bool add_path(struct completer *c, struct list *l)
{
	const char *dot = strchr(l->prefix, '.'), *comma = dot ? strrchr(dot, ',') : NULL;
	const char *text = comma ? comma + 1 : dot ? dot + 1 : NULL;

	if (!dot)
		return false;
	add_members_at(c, l, arena_strndup(&c->scratch, l->prefix, (size_t)(dot - l->prefix)), text,
		       (size_t)(text - l->prefix));
	return true;
}

static void add_task_members(struct completer *c, struct list *l)
{
	const char *comma = strrchr(l->prefix, ','), *text = comma ? comma + 1 : l->prefix;

	add_members_at(c, l, "task_struct", text, (size_t)(text - l->prefix));
}

/* "init_task.mm->": the words are parted behind the arrow. */
static void add_behind_arrow(struct completer *c, struct list *l, const char *line, size_t arrow)
{
	size_t at = arrow;
	const struct type *t;

	while (at && (isalnum((unsigned char)line[at - 1]) || strchr("_.", line[at - 1])))
		at--;
	t = end_of_path(c, arena_strndup(&c->scratch, line + at, arrow - at));
	if (t && t->kind == TYPE_PTR && t->target)
		add_members(l, type_strip(t->target), 0);
}

/* ---- what is wanted ---- */

/* `struct X` and `union X` complete only types of that kind, also after other words. */
static int wanted_kind(const char *line, size_t start)
{
	static const struct { const char *tag; int kind; } kinds[] = {
		{ "struct", TYPE_STRUCT }, { "union", TYPE_UNION }, { "enum", TYPE_ENUM },
	};
	size_t i, len, end = start;

	while (end && line[end - 1] == ' ')
		end--;
	for (start = end; start && !strchr(" (", line[start - 1]);)
		start--;
	len = end - start;
	for (i = 0; i < 3; i++)
		if (len == strlen(kinds[i].tag) && !strncmp(line + start, kinds[i].tag, len))
			return kinds[i].kind;
	return -1;
}

static void add_name(void *arg, const char *name)
{
	add(arg, name);
}

/* "err,warn": names with commas between. */
static void behind_comma(struct completer *c, struct list *l)
{
	const char *comma = strrchr(l->prefix, ',');

	if (!comma)
		return;
	l->before = arena_strndup(&c->scratch, l->prefix, (size_t)(comma + 1 - l->prefix));
	l->prefix = comma + 1;
	l->len = strlen(l->prefix);
}

/* False: file names. */
static bool add_kind(struct completer *c, enum cmd_complete kind, struct list *l)
{
	if (kind == COMPLETE_FILE)
		return false;
	if (kind == COMPLETE_LEVEL)
		behind_comma(c, l);
	if (kind == COMPLETE_TASK_MEMBER && c->cairn)
		add_task_members(c, l);
	else if ((kind == COMPLETE_SYMBOL || kind == COMPLETE_TYPE) && c->cairn && add_path(c, l))
		;
	else if (kind == COMPLETE_SYMBOL && c->cairn)
		add_symbols(c, l);
	else if (kind == COMPLETE_TYPE && c->cairn)
		add_types(c, l);
	else
		complete_names(kind, c->cairn, &c->scratch, add_name, l);
	return true;
}

/* The operator of the shell, not C's arrow. */
static bool is_redirected(const char *line, size_t start)
{
	for (size_t i = 0; i < start; i++)
		if (line[i] == '|' || (line[i] == '>' && !(i && line[i - 1] == '-')))
			return true;
	return false;
}

static bool add_wanted(struct completer *c, const char *line, size_t start, struct list *l)
{
	struct complete_place at = complete_place(line, start, &c->scratch);

	if (is_redirected(line, start) || *line == '!')
		return false;
	if (start > 1 && line[start - 1] == '>') {
		if (c->cairn)
			add_behind_arrow(c, l, line, start - 2);
		return true;
	}
	if (at.first) {
		add_commands(l);
		add(l, "quit");
		return true;
	}
	if (!at.cmd)
		return true;
	if (*l->prefix == '-' && !at.argument) {
		add_options(l, at.cmd->opts);
		add_options(l, opt_common);
		return true;
	}
	return add_kind(c, at.kind, l);
}

const char *const *complete_words(struct completer *c, const char *line, size_t start,
				  size_t end, size_t *n, bool *open)
{
	struct list l = { .arena = &c->scratch, .before = "", .kind = wanted_kind(line, start) };
	const char **ret = NULL;

	arena_reset(&c->scratch);
	*n = 0;
	*open = false;
	l.prefix = arena_strndup(&c->scratch, line + start, end - start);
	if (!l.prefix)
		return NULL;
	l.len = strlen(l.prefix);
	if (add_wanted(c, line, start, &l)) {
		*n = sort_unique(l.name, l.n);
		ret = arena_array(&c->scratch, *n + 1, sizeof(*ret));
		if (ret && *n)
			memcpy(ret, l.name, *n * sizeof(*ret));
		*open = *n == 1 && *l.before;
	}
	mem_free(l.name);
	return ret;
}

void complete_deinit(struct completer *c)
{
	mem_free(c->symbol);
	arena_deinit(&c->arena);
	arena_deinit(&c->scratch);
	*c = (struct completer){ .cairn = c->cairn };
}
