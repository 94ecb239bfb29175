/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/opt.h"

#include <ctype.h>
#include <string.h>

#include "cmd/hint.h"

const struct opt opt_common[] = {
	[COMMON_JSON] = { 'j', "json", NULL, "print JSON, one object a line" },
	[COMMON_HELP] = { 'h', "help", NULL, "say what the command does" },
	{ 0 },
};

static bool is_end(const struct opt *o)
{
	return !o->letter && !o->name;
}

/* Select the option and its argument: `value` is what was attached to it, or NULL. */
static enum opt_event select_option(struct opt_scan *s, unsigned which, unsigned index,
				    const char *value, struct cairn_err *err)
{
	const struct opt *o = &s->table[which][index];
	struct str spelled;

	s->which = which;
	s->index = index;
	if (o->arg && !value && s->at < s->argc)
		value = s->argv[s->at++];
	s->value = value;
	if (!o->arg == !value)
		return OPT_OPTION;
	str_init(&spelled);
	opt_spell(&spelled, o);
	cairn_fail(err, CAIRN_USAGE, "option %s %s", spelled.buf,
		   o->arg ? "needs an argument" : "takes no argument");
	str_deinit(&spelled);
	return OPT_ERROR;
}

static bool find_letter(const struct opt_scan *s, char letter, unsigned *which, unsigned *index)
{
	for (*which = 0; *which < 2; ++*which) {
		const struct opt *t = s->table[*which];

		for (*index = 0; t && !is_end(&t[*index]); ++*index)
			if (t[*index].letter == letter)
				return true;
	}
	return false;
}

static enum opt_event next_letter(struct opt_scan *s, struct cairn_err *err)
{
	unsigned which, index;
	char letter = *s->cluster++;
	const char *rest = *s->cluster ? s->cluster : NULL;

	if (!find_letter(s, letter, &which, &index)) {
		cairn_fail(err, CAIRN_USAGE, "unknown option -%c", letter);
		return OPT_ERROR;
	}
	if (!rest || s->table[which][index].arg)
		s->cluster = NULL;
	return select_option(s, which, index, s->cluster ? NULL : rest, err);
}

/* Options whose long name begins with the n bytes at `name`: how many; the last one, or
 * the exact one, is in *which and *index. */
static unsigned find_name(const struct opt_scan *s, const char *name, size_t n, unsigned *which,
			  unsigned *index)
{
	unsigned w, i, found = 0;

	for (w = 0; w < 2; w++) {
		const struct opt *t = s->table[w];

		for (i = 0; t && !is_end(&t[i]); i++) {
			if (!t[i].name || strncmp(t[i].name, name, n))
				continue;
			*which = w;
			*index = i;
			if (!t[i].name[n])
				return 1;
			found++;
		}
	}
	return found;
}

static enum opt_event next_name(struct opt_scan *s, const char *name, struct cairn_err *err)
{
	size_t n = strcspn(name, "=");
	unsigned which = 0, index = 0;
	unsigned found = find_name(s, name, n, &which, &index);

	if (found != 1) {
		cairn_fail(err, CAIRN_USAGE, "%s option --%.*s",
			   found ? "ambiguous" : "unknown", (int)n, name);
		return OPT_ERROR;
	}
	return select_option(s, which, index, name[n] ? name + n + 1 : NULL, err);
}

/* "foreach bt -j": how to print is asked of the whole line. */
static bool is_json(const char *word)
{
	return !strcmp(word, "-j") || !strcmp(word, "--json");
}

static bool is_operand(const struct opt_scan *s, const char *word)
{
	unsigned which, index;

	if (s->inner && is_json(word))
		return false;
	if (s->operands_only || word[0] != '-' || !word[1])
		return true;
	return isdigit((unsigned char)word[1]) && !find_letter(s, word[1], &which, &index);
}

enum opt_event opt_next(struct opt_scan *s, struct cairn_err *err)
{
	const char *word;

	if (s->cluster)
		return next_letter(s, err);
	if (s->at >= s->argc)
		return OPT_END;
	word = s->argv[s->at++];
	if (is_operand(s, word)) {
		s->value = word;
		return OPT_OPERAND;
	}
	if (word[1] != '-') {
		s->cluster = word + 1;
		return next_letter(s, err);
	}
	if (word[2])
		return next_name(s, word + 2, err);
	s->operands_only = true;
	return opt_next(s, err);
}

enum cairn_code opt_point_elsewhere(const struct cmd *cmd, const char *word,
				    struct cairn_err *err)
{
	const char *here = hint_crash_option(cmd->name, word);
	struct cairn_err why;

	if (!here || !err)
		return CAIRN_USAGE;
	why = *err;
	return cairn_fail(err, CAIRN_USAGE, "%s; here: %s", why.text, here);
}

enum cairn_code opt_parse(struct call *ret, bool common[COMMON_N], const struct cmd *cmd,
			  int argc, const char *const *argv, struct arena *a,
			  struct cairn_err *err)
{
	struct opt_scan s = { .table = { cmd->opts, opt_common }, .argc = argc, .argv = argv };
	const char **operands = arena_array(a, (size_t)argc + 1, sizeof(*operands));
	enum opt_event event;

	if (!operands)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	memset(ret->opt, 0, sizeof(ret->opt));
	ret->argc = 0;
	ret->argv = operands;
	for (s.at = 1; (event = opt_next(&s, err)) != OPT_END;) {
		if (event == OPT_OPERAND && hint_crash_option(cmd->name, s.value)) {
			cairn_fail(err, CAIRN_USAGE, "unknown option %s", s.value);
			event = OPT_ERROR;
		}
		if (event == OPT_ERROR)
			return opt_point_elsewhere(cmd, argv[s.at - 1], err);
		if (event == OPT_OPERAND) {
			operands[ret->argc++] = s.value;
			s.inner |= cmd->options_first;
			s.operands_only |= cmd->options_first;
		} else if (s.which == 0) {
			ret->opt[s.index] = (struct opt_value){ true, s.value };
		} else {
			common[s.index] = true;
		}
	}
	return CAIRN_OK;
}

void opt_spell(struct str *s, const struct opt *o)
{
	if (o->letter)
		str_addf(s, "-%c%s", o->letter, o->name ? ", " : "");
	if (o->name)
		str_addf(s, "--%s", o->name);
	if (o->arg)
		str_addf(s, "%s%s", o->name ? "=" : " ", o->arg);
}

static bool same_option(const struct opt *a, const struct opt *b)
{
	return (a->letter && a->letter == b->letter) ||
	       (a->name && b->name && !strcmp(a->name, b->name));
}

enum cairn_code opt_check(const struct opt *table, struct cairn_err *err)
{
	unsigned i, k;

	for (i = 0; table && !is_end(&table[i]); i++) {
		if (i >= CMD_OPTS)
			return cairn_fail(err, CAIRN_USAGE, "more than %d options", CMD_OPTS);
		for (k = 0; k < i; k++)
			if (same_option(&table[i], &table[k]))
				return cairn_fail(err, CAIRN_USAGE, "options %u and %u are the same",
						  k + 1, i + 1);
	}
	return CAIRN_OK;
}

bool opt_waives_dump(const struct cmd *cmd, unsigned index)
{
	const char *name = cmd->opts[index].name;

	return cmd->no_dump_option && name && !strcmp(name, cmd->no_dump_option);
}
