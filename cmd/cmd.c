/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/hint.h"
#include "cmd/opt.h"

static int by_name(const void *a, const void *b)
{
	const struct cmd *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct cmd *const *cmd_sorted(struct arena *a, size_t *n)
{
	const struct cmd **all = arena_array(a, SET_SIZE(cairn_cmds), sizeof(*all));

	*n = 0;
	if (!all)
		return NULL;
	SET_EACH(cairn_cmds, const struct cmd, p)
		all[(*n)++] = *p;
	qsort(all, *n, sizeof(*all), by_name);
	return all;
}

/* How many commands begin with `name`; the exact one counts alone. *ret is the last. */
static size_t matches(const char *name, const struct cmd **ret)
{
	size_t n = strlen(name), found = 0;

	SET_EACH(cairn_cmds, const struct cmd, p) {
		if (strncmp((*p)->name, name, n))
			continue;
		*ret = *p;
		if (!(*p)->name[n])
			return 1;
		found++;
	}
	return found;
}

/* One letter is too few to be meant: the next command that begins with it changes its meaning. */
static bool is_short(const struct cmd *cmd, const char *name)
{
	return !name[1] && cmd->name[1];
}

const struct cmd *cmd_find(const char *name)
{
	const struct cmd *cmd = NULL;

	return *name && matches(name, &cmd) == 1 && !is_short(cmd, name) ? cmd : NULL;
}

static enum cairn_code fail_ambiguous(const char *name, struct cairn_err *err)
{
	struct arena a = { 0 };
	struct str list;
	size_t i, n;
	const struct cmd *const *all = cmd_sorted(&a, &n);

	str_init(&list);
	for (i = 0; i < n; i++)
		if (!strncmp(all[i]->name, name, strlen(name)))
			str_addf(&list, "%s%s", list.len ? ", " : "", all[i]->name);
	cairn_fail(err, CAIRN_USAGE, name[1] ? "%s: can mean %s" :
		   "%s: one letter is too few for %s", name, list.buf);
	str_deinit(&list);
	arena_deinit(&a);
	return CAIRN_USAGE;
}

static enum cairn_code fail_unknown(const char *name, struct cairn_err *err)
{
	const char *crash = hint_crash_command(name), *near = hint_command(name);

	if (crash)
		return cairn_fail(err, CAIRN_USAGE, "%s: no such command; here: %s", name, crash);
	if (near)
		return cairn_fail(err, CAIRN_USAGE, "%s: no such command; %s?", name, near);
	return cairn_fail(err, CAIRN_USAGE, "%s: no such command", name);
}

enum cairn_code cmd_lookup(const char *name, const struct cmd **ret, struct cairn_err *err)
{
	const struct cmd *cmd = NULL;
	size_t found = *name ? matches(name, &cmd) : 0;

	if (found > 1 || (found && is_short(cmd, name)))
		return fail_ambiguous(name, err);
	if (!found)
		return fail_unknown(name, err);
	*ret = cmd;
	return CAIRN_OK;
}

enum cairn_code cmd_check(struct cairn_err *err)
{
	struct arena a = { 0 };
	enum cairn_code code = CAIRN_OK;
	size_t i, n;
	const struct cmd *const *all = cmd_sorted(&a, &n);

	if (!all)
		code = cairn_fail(err, CAIRN_NOMEM, "out of memory");
	for (i = 0; i < n && !code; i++) {
		if (i && !strcmp(all[i - 1]->name, all[i]->name))
			code = cairn_fail(err, CAIRN_USAGE, "two commands of the same name");
		else
			code = opt_check(all[i]->opts, err);
		if (code)
			cairn_context(err, code, "command %s", all[i]->name);
	}
	arena_deinit(&a);
	return code;
}
