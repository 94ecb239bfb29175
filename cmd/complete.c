/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete.h"

#include <stdlib.h>
#include <string.h>

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

static bool add_path(struct completer *c, struct list *l)
{
	const char *dot = strrchr(l->prefix, '.');
	const struct type *t;

	if (!dot)
		return false;
	t = end_of_path(c, arena_strndup(&c->scratch, l->prefix, (size_t)(dot - l->prefix)));
	l->before = arena_strndup(&c->scratch, l->prefix, (size_t)(dot + 1 - l->prefix));
	l->prefix = dot + 1;
	l->len = strlen(l->prefix);
	if (t && l->before)
		add_members(l, t, 0);
	return true;
}

/* ---- what is wanted ---- */

/* The line's first word; NULL if that is the one being completed. */
static const char *first_word(struct completer *c, const char *line, size_t start)
{
	size_t at = strspn(line, " \t"), len = strcspn(line + at, " \t");

	if (!len || at + len > start)
		return NULL;
	return arena_strndup(&c->scratch, line + at, len);
}

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

/* False: file names. */
static bool add_operands(struct completer *c, const struct cmd *cmd, struct list *l)
{
	switch (cmd->complete) {
	case COMPLETE_NONE: return true;
	case COMPLETE_FILE: return false;
	case COMPLETE_COMMAND: add_commands(l); return true;
	case COMPLETE_SYMBOL:
		if (c->cairn && !add_path(c, l))
			add_symbols(c, l);
		return true;
	case COMPLETE_TYPE:
		if (c->cairn && !add_path(c, l))
			add_types(c, l);
		return true;
	}
	return true;
}

static bool add_wanted(struct completer *c, const char *line, size_t start, struct list *l)
{
	const char *name = first_word(c, line, start);
	const struct cmd *cmd;

	if (memchr(line, '|', start) || memchr(line, '>', start) || *line == '!')
		return false;
	if (!name) {
		add_commands(l);
		add(l, "quit");
		return true;
	}
	cmd = cmd_find(name);
	if (!cmd)
		return true;
	if (*l->prefix == '-') {
		add_options(l, cmd->opts);
		add_options(l, opt_common);
		return true;
	}
	return add_operands(c, cmd, l);
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
