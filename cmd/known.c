/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/known.h"

#include <string.h>

#include "cmd/jsonrec.h"

#define BLANKS " \t\r"

/* The word at *at, which is moved behind it; NULL: none. */
static char *word(char **at)
{
	char *start = *at + strspn(*at, BLANKS);

	*at = start + strcspn(start, BLANKS);
	if (**at)
		*(*at)++ = '\0';
	return *start ? start : NULL;
}

/* The rest without the blanks around it; NULL: nothing. */
static char *rest(char *at)
{
	size_t n;

	at += strspn(at, BLANKS);
	for (n = strlen(at); n && strchr(BLANKS, at[n - 1]); n--)
		;
	at[n] = '\0';
	return n ? at : NULL;
}

static enum cairn_code add(struct known *k, size_t *cap, char *line, size_t lineno,
			   struct arena *a, struct cairn_err *err)
{
	struct known_issue issue = { .pattern = word(&line) };
	void *room;

	if (!issue.pattern || *issue.pattern == '#')
		return CAIRN_OK;
	issue.link = word(&line);
	if (!issue.link)
		return cairn_fail(err, CAIRN_FORMAT, "line %zu: no link behind the signature", lineno);
	issue.fixed_in = rest(line);
	room = arena_room(a, k->issue, k->n, cap, sizeof(*k->issue));
	if (!room)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	k->issue = room;
	k->issue[k->n++] = issue;
	return CAIRN_OK;
}

enum cairn_code known_parse(struct known *ret, const char *text, size_t len, struct arena *a,
			    struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	size_t cap = 0, lineno = 0, n;

	*ret = (struct known){ 0 };
	for (size_t at = 0; at < len && !code; at += n + 1) {
		const char *nl = memchr(text + at, '\n', len - at);
		char *line;

		n = nl ? (size_t)(nl - text) - at : len - at;
		line = arena_strndup(a, text + at, n);
		if (!line)
			return cairn_fail(err, CAIRN_NOMEM, "out of memory");
		code = add(ret, &cap, line, ++lineno, a, err);
	}
	return code;
}

const struct known_issue *known_find(const struct known *k, const char *signature,
				     const char *fuzzy, const char *cause)
{
	for (size_t i = 0; i < k->n; i++)
		if (jsonrec_fits(k->issue[i].pattern, signature) ||
		    jsonrec_fits(k->issue[i].pattern, fuzzy) ||
		    jsonrec_fits(k->issue[i].pattern, cause))
			return &k->issue[i];
	return NULL;
}
