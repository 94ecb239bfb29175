/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/sym.h"

#include <string.h>

void syms_init(struct syms *s, struct arena *arena)
{
	*s = (struct syms){ .arena = arena };
	s->last = &s->first;
}

enum cairn_code syms_add(struct syms *s, const char *name, uint64_t begin, uint64_t end,
			 const struct sym_source_ops *ops, void *self, struct cairn_err *err)
{
	struct sym_source *src = arena_alloc(s->arena, sizeof(*src));

	if (!src)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the symbols of %s", name);
	*src = (struct sym_source){
		.name = name, .begin = begin, .end = end, .ops = ops, .self = self,
	};
	*s->last = src;
	s->last = &src->next;
	return CAIRN_OK;
}

enum cairn_code syms_add_text(struct syms *s, uint64_t begin, uint64_t end, struct cairn_err *err)
{
	if (begin >= end)
		return CAIRN_OK;
	if (s->ntext == s->captext) {
		size_t cap = s->captext ? s->captext * 2 : 64;
		struct range *text = arena_array(s->arena, cap, sizeof(*text));

		if (!text)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for text ranges");
		if (s->ntext)
			memcpy(text, s->text, s->ntext * sizeof(*text));
		s->text = text;
		s->captext = cap;
	}
	s->text[s->ntext++] = (struct range){ begin, end };
	return CAIRN_OK;
}

bool sym_is_text(const struct syms *s, uint64_t addr)
{
	for (size_t i = 0; i < s->ntext; i++)
		if (addr >= s->text[i].begin && addr < s->text[i].end)
			return true;
	return false;
}

bool sym_at(struct syms *s, uint64_t addr, struct sym *ret, uint64_t *offset)
{
	for (struct sym_source *src = s->first; src; src = src->next) {
		if (addr < src->begin || addr >= src->end ||
		    !src->ops->by_addr(src->self, addr, ret))
			continue;
		if (offset)
			*offset = addr - ret->addr;
		return true;
	}
	return false;
}

/* "module:name" asks the source of that name alone. */
static const char *split_source(const char *name, char *source, size_t size)
{
	const char *colon = strchr(name, ':');

	if (!colon || colon == name || (size_t)(colon - name) >= size)
		return NULL;
	memcpy(source, name, (size_t)(colon - name));
	source[colon - name] = '\0';
	return colon + 1;
}

bool sym_find_nth(struct syms *s, const char *name, size_t n, struct sym *ret)
{
	char only[64];
	const char *bare = split_source(name, only, sizeof(only));
	size_t i;

	for (struct sym_source *src = s->first; src; src = src->next) {
		if (bare && strcmp(src->name, only))
			continue;
		for (i = 0; src->ops->by_name(src->self, bare ? bare : name, i, ret); i++)
			if (n-- == 0)
				return true;
	}
	return false;
}

bool sym_find(struct syms *s, const char *name, struct sym *ret)
{
	return sym_find_nth(s, name, 0, ret);
}

enum cairn_code sym_addr(struct syms *s, const char *name, uint64_t *ret, struct cairn_err *err)
{
	struct sym sym;

	if (sym_find(s, name, &sym)) {
		*ret = sym.addr;
		return CAIRN_OK;
	}
	if (s->missing)
		return cairn_fail(err, CAIRN_MISSING, "symbol %s is not known: %s", name,
				  s->missing);
	return cairn_fail(err, CAIRN_MISSING, "this kernel has no symbol %s", name);
}
