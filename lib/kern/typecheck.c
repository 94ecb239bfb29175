/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/typecheck.h"

#include <stdlib.h>
#include <string.h>

#define LINES_LIMIT 512

/* "SIZE(name)=N" or "OFFSET(name.member)=N", cut up. */
struct claim {
	char name[64], member[64]; /* member "": SIZE */
	uint64_t value;
};

static bool parse(const char *line, size_t len, struct claim *ret)
{
	bool offset = len > 7 && !memcmp(line, "OFFSET(", 7);
	size_t head = offset ? 7 : 5, n;
	const char *close = memchr(line, ')', len), *dot;

	if ((!offset && (len < 5 || memcmp(line, "SIZE(", 5))) || !close ||
	    close + 1 >= line + len || close[1] != '=')
		return false;
	line += head;
	dot = memchr(line, '.', (size_t)(close - line));
	if (offset != (dot != NULL))
		return false;
	n = (size_t)((dot ? dot : close) - line);
	if (!n || n >= sizeof(ret->name))
		return false;
	memcpy(ret->name, line, n);
	ret->name[n] = '\0';
	ret->member[0] = '\0';
	if (dot) {
		n = (size_t)(close - dot - 1);
		if (!n || n >= sizeof(ret->member))
			return false;
		memcpy(ret->member, dot + 1, n);
		ret->member[n] = '\0';
	}
	ret->value = strtoull(close + 2, NULL, 10);
	return true;
}

/* What the types say to the claim; false if they do not have the struct or member. */
static bool answer(struct type_provider *p, const struct claim *c, uint64_t *ret)
{
	const struct type *t = p->ops->find(p, TYPE_STRUCT, c->name);
	struct member m;

	if (!t || t->kind == TYPE_FWD)
		t = p->ops->find(p, TYPE_VOID, c->name); /* "nodemask_t" */
	if (!t || type_strip(t)->kind != TYPE_STRUCT || !type_strip(t)->size)
		return false;
	if (!c->member[0]) {
		*ret = type_strip(t)->size;
		return true;
	}
	if (!type_member(t, c->member, &m))
		return false;
	*ret = m.offset;
	return true;
}

enum cairn_code typecheck(struct type_provider *p, const struct vmcoreinfo *v, size_t *agreed,
			  struct cairn_err *err)
{
	const char *line = v->text, *end, *stop = v->text ? v->text + v->len : NULL;
	size_t n = 0, lines = 0;

	for (; line && line < stop && lines < LINES_LIMIT; line = end + 1, lines++) {
		struct claim c;
		uint64_t have;

		end = memchr(line, '\n', (size_t)(stop - line));
		if (!end)
			break;
		if (!parse(line, (size_t)(end - line), &c) || !answer(p, &c, &have))
			continue;
		if (have != c.value)
			return cairn_fail(err, CAIRN_USAGE,
					  "%s is not of this kernel: %s%s%s is %llu there, %llu in the dump",
					  p->name, c.name, c.member[0] ? "." : "", c.member,
					  (unsigned long long)have, (unsigned long long)c.value);
		n++;
	}
	if (agreed)
		*agreed = n;
	return CAIRN_OK;
}
