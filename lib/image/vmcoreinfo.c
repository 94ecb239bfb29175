/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool vmcoreinfo_get(const struct vmcoreinfo *v, const char *key, char *buf, size_t size)
{
	size_t klen = strlen(key), n;
	const char *line = v->text, *end, *stop;

	if (!line)
		return false;
	for (stop = line + v->len; line < stop; line = end + 1) {
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

/* Digits of the base and nothing else; strtoull() would take blanks and signs. */
static bool parse(const char *s, int base, uint64_t *ret)
{
	char *end;

	if (base == 16 ? !isxdigit((unsigned char)*s) : !isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*ret = strtoull(s, &end, base);
	return *end == '\0' && errno == 0;
}

bool vmcoreinfo_symbol(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	char buf[32];

	return get_value(v, "SYMBOL", name, buf, sizeof(buf)) && parse(buf, 16, ret);
}

bool vmcoreinfo_hex(const struct vmcoreinfo *v, const char *key, uint64_t *ret)
{
	char buf[32];

	return get_value(v, NULL, key, buf, sizeof(buf)) && parse(buf, 16, ret);
}

bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *name, int64_t *ret)
{
	bool negative;
	uint64_t u;
	char buf[32];

	if (!get_value(v, "NUMBER", name, buf, sizeof(buf)))
		return false;
	if (buf[0] == '0' && buf[1] == 'x') {
		if (!parse(buf, 16, &u))
			return false;
		*ret = (int64_t)u;
		return true;
	}
	negative = buf[0] == '-';
	if (!parse(buf + negative, 10, &u) || u > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = (int64_t)(negative ? -u : u);
	return true;
}
