/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/log_out.h"
#include "cmd/operand.h"
#include "lib/kern/clock.h"
#include "lib/kern/log.h"

enum { OPT_LEVEL, OPT_LAST, OPT_NO_TIME, OPT_WALL, OPT_CALLER, OPT_NAMES, OPT_DEVICE, OPT_PREFIX };

static const struct opt opts[] = {
	{ 'l', "level", "LIST", "only these levels: names or numbers with commas; err+ is err and "
				"all that are more urgent" },
	{ 'n', "last", "N", "only the last N records" },
	{ 't', "notime", NULL, "without time stamps" },
	{ 'T', "ctime", NULL, "date and time (UTC) in place of seconds since boot" },
	{ 'c', "caller", NULL, "also the thread (T) or CPU (C) that wrote the record" },
	{ 'm', "names", NULL, "also facility and level" },
	{ 'd', "device", NULL, "also subsystem and device that the record is about" },
	{ 'p', "prefix", NULL, "repeat the prefix on every line of a record" },
	{ 0, NULL, NULL, NULL },
};

/* What the call wants, understood once. */
struct view {
	struct call *call;
	unsigned levels;   /* bit n: level n */
	struct clock clock;
	struct log_look look;
};

/* ---- what is wanted ---- */

static bool parse_level(const char *word, size_t len, unsigned *ret)
{
	for (unsigned i = 0; log_level_name(i); i++) {
		const char *name = log_level_name(i);

		if ((strlen(name) == len && !memcmp(name, word, len)) ||
		    (len == 1 && word[0] == (char)('0' + i))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static enum cairn_code parse_levels(const char *list, unsigned *ret, struct cairn_err *err)
{
	unsigned level;

	*ret = 0;
	for (const char *word = list;; word++) {
		size_t len = strcspn(word, ",");
		bool above = len && word[len - 1] == '+';

		if (!parse_level(word, len - above, &level))
			return cairn_fail(err, CAIRN_USAGE,
					  "no level \"%.*s\"; they are emerg alert crit err warn "
					  "notice info debug, or 0 to 7", (int)len, word);
		*ret |= above ? (2u << level) - 1 : 1u << level;
		word += len;
		if (!*word)
			return CAIRN_OK;
	}
}

static enum cairn_code understand(struct view *v, struct call *call, struct cairn_err *err)
{
	const struct opt_value *opt = call->opt;
	enum cairn_code code = CAIRN_OK;

	*v = (struct view){ .call = call, .levels = ~0u };
	v->look = (struct log_look){
		.no_time = opt[OPT_NO_TIME].set, .caller = opt[OPT_CALLER].set,
		.names = opt[OPT_NAMES].set, .device = opt[OPT_DEVICE].set,
		.repeat_prefix = opt[OPT_PREFIX].set,
	};
	if (opt[OPT_LEVEL].set)
		code = parse_levels(opt[OPT_LEVEL].value, &v->levels, err);
	if (code == CAIRN_OK && opt[OPT_WALL].set) {
		code = clock_get(call->cairn, &v->clock, err);
		v->look.wall = &v->clock;
	}
	return code;
}

static bool wanted(const struct view *v, const struct log_record *rec)
{
	return !rec->has_level || v->levels >> rec->level & 1;
}

/* The record that the last N begin with. */
static enum cairn_code first_wanted(const struct view *v, const struct log *log, size_t *ret,
				    struct cairn_err *err)
{
	const struct opt_value *last = &v->call->opt[OPT_LAST];
	uint64_t n = 0;
	enum cairn_code code;
	size_t i;

	*ret = 0;
	if (!last->set)
		return CAIRN_OK;
	code = operand_count(last->value, &n, err);
	if (code != CAIRN_OK)
		return code;
	for (i = log->n; i > 0 && n > 0; i--)
		n -= wanted(v, &log->record[i - 1]);
	*ret = i;
	return CAIRN_OK;
}

/* ---- showing ---- */

static enum cairn_code show_all(struct view *v, const struct log *log, enum verdict *verdict,
				struct cairn_err *err)
{
	size_t i;
	enum cairn_code code = first_wanted(v, log, &i, err);

	for (; code == CAIRN_OK && i < log->n && !out_broken(v->call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (log->record[i].fault != CAIRN_FAULT_NONE)
			*verdict = VERDICT_PARTIAL;
		if (!wanted(v, &log->record[i]))
			continue;
		out_record(v->call->out, "log");
		log_fields(v->call->out, &v->look, &log->record[i]);
		out_end(v->call->out);
	}
	if (log->partial)
		error_partial(v->call, "records may be missing", &log->err, verdict);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct log *log;
	struct view v;
	enum cairn_code code = understand(&v, call, err);

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "log takes no operands");
	if (code == CAIRN_OK)
		code = log_get(call->cairn, &log, err);
	if (code == CAIRN_OK)
		code = show_all(&v, log, verdict, err);
	return code;
}

static const struct cmd log_cmd = {
	.name = "log",
	.synopsis = "[-l LIST] [-n N] [-t | -T] [-c] [-m] [-d] [-p]",
	.summary = "the kernel's log (dmesg)",
	.help = "Prints the records of the kernel's printk ring buffer as dmesg does: further\n"
		"lines of a record are indented. A record that was being written when the machine\n"
		"stopped, or that could not be read, keeps its place with the reason in angle\n"
		"brackets. Found through VMCOREINFO, so it needs neither symbols nor types.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&log_cmd);
