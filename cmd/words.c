/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/words.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t\r\n"

struct splitter {
	const char *p;   /* what is still to be read */
	char *to;        /* where the next byte of a word goes */
	int parens;      /* unquoted ( minus ), never below 0 */
	struct cairn_err *err;
};

/* A | or > that is an operator of the shell, not of C. p[-1] is read only where `first`
 * says that there is such a byte in the same word. */
static bool is_redirect(const struct splitter *s, bool first)
{
	const char *p = s->p;

	if (s->parens)
		return false;
	if (*p == '|')
		return p[1] != '|' && (first || p[-1] != '|');
	return *p == '>' && p[1] != '=' && (first || p[-1] != '-');
}

static enum cairn_code quoted(struct splitter *s)
{
	char quote = *s->p++;

	while (*s->p && *s->p != quote) {
		if (quote == '"' && *s->p == '\\' && s->p[1])
			s->p++;
		*s->to++ = *s->p++;
	}
	if (!*s->p)
		return cairn_fail(s->err, CAIRN_USAGE, "%c does not end", quote);
	s->p++;
	return CAIRN_OK;
}

/* Copy one word, which may be empty ("") but begins at a byte that is no blank. */
static enum cairn_code word(struct splitter *s)
{
	const char *begin = s->p;
	enum cairn_code code;

	while (*s->p && !strchr(BLANKS, *s->p) && !is_redirect(s, s->p == begin)) {
		if (*s->p == '\'' || *s->p == '"') {
			code = quoted(s);
			if (code)
				return code;
			continue;
		}
		if (*s->p == '\\' && s->p[1])
			s->p++;
		else if (*s->p == '(')
			s->parens++;
		else if (*s->p == ')' && s->parens)
			s->parens--;
		*s->to++ = *s->p++;
	}
	*s->to++ = '\0';
	return CAIRN_OK;
}

static void skip_blanks(struct splitter *s)
{
	s->p += strspn(s->p, BLANKS);
}

static enum cairn_code redirect(struct splitter *s, struct line *ret)
{
	enum cairn_code code;

	ret->to = *s->p == '|' ? LINE_PIPE : s->p[1] == '>' ? LINE_APPEND : LINE_FILE;
	s->p += ret->to == LINE_APPEND ? 2 : 1;
	skip_blanks(s);
	if (!*s->p)
		return cairn_fail(s->err, CAIRN_USAGE, "nothing behind the %s",
				  ret->to == LINE_PIPE ? "|" : ">");
	if (ret->to == LINE_PIPE) {
		ret->target = s->p;
		return CAIRN_OK;
	}
	ret->target = s->to;
	code = word(s);
	skip_blanks(s);
	if (!code && *s->p)
		return cairn_fail(s->err, CAIRN_USAGE, "more than a file name behind the >");
	return code;
}

enum cairn_code line_split(struct line *ret, struct arena *a, const char *text,
			   struct cairn_err *err)
{
	size_t n = strlen(text);
	/* every word takes its bytes and a NUL; there are at most n of them */
	char *copy = arena_strdup(a, text);
	char *bytes = arena_array(a, n + 1, 2);
	const char **words = arena_array(a, n + 1, sizeof(*words));
	struct splitter s = { .p = copy, .to = bytes, .err = err };
	enum cairn_code code;

	*ret = (struct line){ .words = words };
	if (!copy || !bytes || !words)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	for (skip_blanks(&s); *s.p; skip_blanks(&s)) {
		if (is_redirect(&s, true)) {
			code = redirect(&s, ret);
			if (!code && !ret->nwords)
				code = cairn_fail(err, CAIRN_USAGE, "no command before %s", copy);
			return code;
		}
		words[ret->nwords++] = s.to;
		code = word(&s);
		if (code)
			return code;
	}
	return CAIRN_OK;
}
