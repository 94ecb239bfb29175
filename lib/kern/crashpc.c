/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/crashpc.h"

#include <stdio.h>
#include <string.h>

static const char *const heads[] = { "RIP: 0010:", "EIP: ", "PC is at ", "pc : " };

static size_t span(const char *s, size_t len, const char *stop)
{
	size_t n = 0;

	while (n < len && !strchr(stop, s[n]))
		n++;
	return n;
}

static bool take(char *to, size_t size, const char *from, size_t len)
{
	if (!len || len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* "function+0x12/0x34 [module]" */
static bool parse_place(struct crashpc *ret, const char *s, size_t len)
{
	char digits[24];
	size_t n = span(s, len, "+ ");
	const char *bracket;

	if (n + 3 >= len || memcmp(s + n, "+0x", 3) || !take(ret->function, sizeof(ret->function), s, n))
		return false;
	s += n + 3;
	len -= n + 3;
	if (!take(digits, sizeof(digits), s, span(s, len, "/ ")) ||
	    sscanf(digits, "%lx", (unsigned long *)&ret->offset) != 1)
		return false;
	ret->module[0] = '\0';
	bracket = memchr(s, '[', len);
	if (bracket) {
		bracket++;
		take(ret->module, sizeof(ret->module), bracket,
		     span(bracket, (size_t)(s + len - bracket), "] "));
	}
	return true;
}

bool crashpc_of_line(struct crashpc *ret, const char *line, size_t len)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t n = strlen(heads[i]);

		if (len > n && !memcmp(line, heads[i], n))
			return parse_place(ret, line + n, len - n);
	}
	return false;
}

bool crashpc_find(struct crashpc *ret, const struct log_record *from, const struct log_record *to)
{
	for (const struct log_record *r = from; from && to && r <= to; r++)
		if (crashpc_of_line(ret, r->text, r->len))
			return true;
	return false;
}
