/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/symlist.h"

#include <stdlib.h>
#include <string.h>

void symlist_add(struct symlist *l, const char *name, uint64_t addr)
{
	if (l->n == SYMLIST_MAX || !name)
		return;
	l->entry[l->n].name = name;
	l->entry[l->n].addr = addr;
	l->n++;
}

void symlist_add_vmcoreinfo(struct symlist *l, const struct vmcoreinfo *v, struct arena *arena)
{
	static const char head[] = "SYMBOL(";
	const char *line = v->text, *stop = line + v->len, *end, *close;

	for (; line && line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		if (!end)
			break;
		if ((size_t)(end - line) < sizeof(head) || memcmp(line, head, sizeof(head) - 1))
			continue;
		line += sizeof(head) - 1;
		close = memchr(line, ')', (size_t)(end - line));
		if (close && close + 1 < end && close[1] == '=')
			symlist_add(l, arena_strndup(arena, line, (size_t)(close - line)),
				    strtoull(close + 2, NULL, 16));
	}
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	(void)self;
	(void)addr;
	(void)ret;
	return false;
}

static void fill(const struct symlist *l, size_t i, struct sym *ret)
{
	*ret = (struct sym){ .name = l->entry[i].name, .addr = l->entry[i].addr, .type = 'd' };
}

static bool by_name(void *self, const char *name, size_t nth, struct sym *ret)
{
	const struct symlist *l = self;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->entry[i].name, name) && nth-- == 0) {
			fill(l, i, ret);
			return true;
		}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	const struct symlist *l = self;

	if (i >= l->n)
		return false;
	fill(l, i, ret);
	return true;
}

static const struct sym_source_ops ops = { .by_addr = by_addr, .by_name = by_name, .at = at };

enum cairn_code symlist_register(struct symlist *l, const char *source, struct syms *syms,
				 struct cairn_err *err)
{
	return syms_add(syms, source, 0, 0, &ops, l, err);
}
