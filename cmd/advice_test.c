/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command that an advice names is one that there is: the name, its options, what `check` is to be
   held to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/opt.h"
#include "cmd/words.h"
#include "lib/kern/finding.h"
#include "unwind/class_words.h"
#include "unwind/oops_advice.h"

static struct arena arena;

static bool names_a_check(const char *glob)
{
	size_t n;
	const struct cairn_check *const *all = checks_sorted(&arena, &n);

	for (size_t i = 0; i < n; i++)
		if (check_matches(all[i], glob))
			return true;
	return false;
}

static const char *only_of(const struct call *call)
{
	for (size_t i = 0; call->cmd->opts && call->cmd->opts[i].help; i++)
		if (call->cmd->opts[i].name && !strcmp(call->cmd->opts[i].name, "only"))
			return call->opt[i].value;
	return NULL;
}

static void try(const char *command)
{
	struct cairn_err err = { 0 };
	struct call call = { 0 };
	struct line line;
	bool common[COMMON_N];
	const char *only;

	if (line_split(&line, &arena, command, &err) || line.nwords < 1)
		fail_msg("%s: %s", command, err.text);
	if (cmd_lookup(line.words[0], &call.cmd, &err))
		fail_msg("%s: %s", command, err.text);
	if (opt_parse(&call, common, call.cmd, line.nwords, line.words, &arena, &err))
		fail_msg("%s: %s", command, err.text);
	only = !strcmp(call.cmd->name, "check") ? only_of(&call) : NULL;
	if (only && !names_a_check(only))
		fail_msg("%s: no finding is called so", command);
}

static void steps(void **state)
{
	const struct oops_advice *a;

	(void)state;
	for (size_t n = 0; oops_advice_nth(n, &a); n++)
		for (size_t i = 0; i < OOPS_STEPS && a->step[i].command; i++) {
			char *copy = arena_strdup(&arena, a->step[i].command);

			/* a value in place of braces */
			for (char *p = copy; *p; p++)
				if (*p == '{' || *p == '}')
					*p = '_';
			try(copy);
			assert_non_null(a->step[i].why);
		}
}

/* In prose: a clause that begins with a command, up to where its words end. */
static void try_clause(const char *text, size_t len)
{
	char *clause = arena_strndup(&arena, text, len), *end;
	static const char *const stop[] = { " for ", " on ", " of ", ": ", ", ", " the ", " from ", " and " };
	size_t n;

	for (size_t i = 0; i < sizeof(stop) / sizeof(stop[0]); i++)
		if ((end = strstr(clause, stop[i])))
			*end = '\0';
	n = strcspn(clause, " :?");
	end = arena_strndup(&arena, clause, n);
	if (clause[n] != ':' && cmd_find(end) && !strcmp(cmd_find(end)->name, end))
		try(clause);
}

static void prose(const char *text)
{
	while (text && *text) {
		size_t n;

		text += strspn(text, "; \n");
		n = strcspn(text, ";");
		try_clause(text, n);
		text += n;
	}
}

static void in_prose(void **state)
{
	const struct oops_advice *a;
	struct class_words w;

	(void)state;
	for (size_t n = 0; class_words_nth(n, &w); n++)
		prose(w.next);
	for (size_t n = 0; oops_advice_nth(n, &a); n++)
		prose(a->check);
}

static int tear_down(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(steps), cmocka_unit_test(in_prose) };

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
