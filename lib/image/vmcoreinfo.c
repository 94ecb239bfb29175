/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/vmcoreinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool vmcoreinfo_get(const struct vmcoreinfo *v, const char *key, char *buf, size_t size)
{
	size_t klen = strlen(key), n;
	const char *line = v->text, *end, *stop = v->text + v->len;

	for (; line && line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		if (!end)
			end = stop;
		if ((size_t)(end - line) <= klen || memcmp(line, key, klen) || line[klen] != '=')
			continue;
		n = (size_t)(end - line) - klen - 1;
		if (n >= size)
			return false;
		memcpy(buf, line + klen + 1, n);
		buf[n] = '\0';
		return true;
	}
	return false;
}

/* The value of WHAT(name), or of `name` alone where what is NULL. */
static bool get_value(const struct vmcoreinfo *v, const char *what, const char *name, char *buf,
		      size_t size)
{
	char key[96];
	int n = what ? snprintf(key, sizeof(key), "%s(%s)", what, name)
		     : snprintf(key, sizeof(key), "%s", name);

	return n > 0 && (size_t)n < sizeof(key) && vmcoreinfo_get(v, key, buf, size);
}

static bool parse_hex(const char *s, uint64_t *ret)
{
	char *end;

	*ret = strtoull(s, &end, 16);
	return end != s && *end == '\0';
}

bool vmcoreinfo_symbol(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	char buf[32];

	return get_value(v, "SYMBOL", name, buf, sizeof(buf)) && parse_hex(buf, ret);
}

bool vmcoreinfo_hex(const struct vmcoreinfo *v, const char *key, uint64_t *ret)
{
	char buf[32];

	return get_value(v, NULL, key, buf, sizeof(buf)) && parse_hex(buf, ret);
}

bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *name, int64_t *ret)
{
	char buf[32], *end;

	if (!get_value(v, "NUMBER", name, buf, sizeof(buf)))
		return false;
	if (buf[0] == '0' && buf[1] == 'x')
		return parse_hex(buf, (uint64_t *)ret);
	*ret = strtoll(buf, &end, 10);
	return end != buf && *end == '\0';
}
