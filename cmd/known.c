/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/known.h"

#include <stdbool.h>
#include <string.h>

#include "cmd/jsonrec.h"
#include "unwind/cause.h"

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

/* "6.13  # since Monday": without the comment. */
static void cut_comment(char *line)
{
	for (char *at = line; (at = strchr(at, '#')); at++)
		if (at == line || strchr(BLANKS, at[-1])) {
			*at = '\0';
			return;
		}
}

static char *fixed_in(char *text)
{
	static const char words[] = "fixed in ";

	return text && !strncmp(text, words, sizeof(words) - 1) ? rest(text + sizeof(words) - 1) : text;
}

/* The caps of its arrays. */
struct caps { size_t issues, bad; };

static enum cairn_code note_bad(struct known *k, struct caps *cap, size_t lineno, struct arena *a,
				struct cairn_err *err)
{
	void *room = arena_room(a, k->bad, k->nbad, &cap->bad, sizeof(*k->bad));

	if (!room)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	k->bad = room;
	k->bad[k->nbad++] = lineno;
	return CAIRN_OK;
}

static enum cairn_code add(struct known *k, struct caps *cap, char *line, size_t lineno,
			   struct arena *a, struct cairn_err *err)
{
	struct known_issue issue = { .pattern = NULL };
	void *room;

	cut_comment(line);
	issue.pattern = word(&line);
	if (!issue.pattern)
		return CAIRN_OK;
	issue.link = word(&line);
	if (!issue.link)
		return note_bad(k, cap, lineno, a, err);
	issue.fixed_in = fixed_in(rest(line));
	room = arena_room(a, k->issue, k->n, &cap->issues, sizeof(*k->issue));
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
	struct caps cap = { 0, 0 };
	size_t lineno = 0, n;

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

/* "SIGNATURE+CAUSE", each a pattern of its own. */
static bool fits_both(const char *pattern, const char *signature, const char *fuzzy, const char *cause)
{
	const char *plus = strchr(pattern, '+');
	char head[512];

	if (!plus || (size_t)(plus - pattern) >= sizeof(head) || !jsonrec_fits(plus + 1, cause))
		return false;
	memcpy(head, pattern, (size_t)(plus - pattern));
	head[plus - pattern] = '\0';
	return jsonrec_fits(head, signature) || jsonrec_fits(head, fuzzy);
}

const struct known_issue *known_find(const struct known *k, const char *signature,
				     const char *fuzzy, const char *cause)
{
	bool alone = !cause || !signature || !cause_is_needed(signature);

	for (size_t i = 0; i < k->n; i++) {
		const char *pattern = k->issue[i].pattern;

		if (jsonrec_fits(pattern, cause) || fits_both(pattern, signature, fuzzy, cause) ||
		    (alone && (jsonrec_fits(pattern, signature) || jsonrec_fits(pattern, fuzzy))))
			return &k->issue[i];
	}
	return NULL;
}
