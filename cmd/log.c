/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
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
	bool wall;
	struct clock clock;
	struct str prefix; /* of the record in work */
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
	enum cairn_code code = CAIRN_OK;

	*v = (struct view){ .call = call, .levels = ~0u, .wall = call->opt[OPT_WALL].set };
	str_init(&v->prefix);
	if (call->opt[OPT_LEVEL].set)
		code = parse_levels(call->opt[OPT_LEVEL].value, &v->levels, err);
	if (code == CAIRN_OK && v->wall)
		code = clock_get(call->cairn, &v->clock, err);
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
	uint64_t n;
	enum cairn_code code;
	size_t i;

	*ret = 0;
	if (!last->set)
		return CAIRN_OK;
	code = operand_count(last->value, &n, err);
	for (i = log->n; i > 0 && n > 0; i--)
		n -= wanted(v, &log->record[i - 1]);
	*ret = i;
	return code;
}

/* ---- showing ---- */

static const char *facility_name(unsigned facility, char *buf, size_t size)
{
	/* include/uapi/linux/... has none: the numbers of RFC 5424, the names of dmesg */
	static const char *const names[] = {
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
		"authpriv", "ftp",
	};

	if (facility < sizeof(names) / sizeof(names[0]))
		return names[facility];
	snprintf(buf, size, "%u", facility);
	return buf;
}

static const char *caller_text(const struct log_record *rec, char *buf, size_t size)
{
	snprintf(buf, size, "%c%u", rec->caller >> 31 ? 'C' : 'T', rec->caller & 0x7fffffff);
	return buf;
}

static void add_time(struct str *s, const struct view *v, const struct log_record *rec)
{
	char wall[CLOCK_TEXT];

	if (!rec->has_info)
		str_add(s, "[     ?      ]");
	else if (v->wall)
		str_addf(s, "[%s]", clock_text((int64_t)rec->ts_nsec + v->clock.to_wall_ns, wall));
	else
		str_addf(s, "[%5llu.%06llu]", (unsigned long long)(rec->ts_nsec / 1000000000),
			 (unsigned long long)(rec->ts_nsec % 1000000000 / 1000));
}

/* As the kernel's info_print_prefix() and dmesg -x. */
static void make_prefix(struct view *v, const struct log_record *rec)
{
	const struct opt_value *opt = v->call->opt;
	struct str *s = &v->prefix;
	char buf[16];

	str_clear(s);
	if (opt[OPT_NAMES].set)
		str_addf(s, "%-6s:%-6s: ", rec->has_level
			 ? facility_name(rec->facility, buf, sizeof(buf)) : "?",
			 rec->has_level ? log_level_name(rec->level) : "?");
	if (!opt[OPT_NO_TIME].set)
		add_time(s, v, rec);
	if (opt[OPT_CALLER].set)
		str_addf(s, "[%6s]", rec->has_info ? caller_text(rec, buf, sizeof(buf)) : "?");
	if (!opt[OPT_NO_TIME].set || opt[OPT_CALLER].set)
		str_addc(s, ' ');
}

static enum out_style style_of(const struct log_record *rec)
{
	if (!rec->has_level)
		return OUT_PLAIN;
	return rec->level <= 3 ? OUT_RED : rec->level == 4 ? OUT_YELLOW
	     : rec->level == 7 ? OUT_DIM : OUT_PLAIN;
}

/* Tabs and backslashes are harmless on a terminal, and dmesg shows them as they are. */
static void show_line(struct out *o, const char *s, size_t n)
{
	while (n) {
		size_t len = 0;

		while (len < n && s[len] != '\t' && s[len] != '\\')
			len++;
		out_text_safe(o, s, len);
		if (len < n)
			out_text(o, "%c", s[len++]);
		s += len;
		n -= len;
	}
}

static void show_prefix(struct view *v, bool blank)
{
	struct out *o = v->call->out;

	if (blank && !v->call->opt[OPT_PREFIX].set) {
		out_text(o, "%*s", (int)v->prefix.len, "");
		return;
	}
	out_paint(o, OUT_GREEN);
	out_text(o, "%s", v->prefix.buf);
	out_paint(o, OUT_PLAIN);
}

static void show_text(struct view *v, const struct log_record *rec)
{
	struct out *o = v->call->out;
	const char *s = rec->text, *end = s + rec->len, *nl;

	for (;; s = nl + 1) {
		nl = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
		show_prefix(v, s != rec->text);
		out_paint(o, style_of(rec));
		show_line(o, s, (size_t)((nl ? nl : end) - s));
		out_paint(o, OUT_PLAIN);
		if (!nl)
			break;
		out_text(o, "\n");
	}
	if (rec->damaged) {
		out_paint(o, OUT_YELLOW);
		out_text(o, "%s<%s>", rec->len ? " " : "", rec->reason);
		out_paint(o, OUT_PLAIN);
	}
	out_text(o, "\n");
}

static void show_device(struct view *v, const char *name, const char *key, const char *value)
{
	struct out *o = v->call->out;

	if (!value)
		return;
	out_str(o, name, NULL, value);
	if (!v->call->opt[OPT_DEVICE].set)
		return;
	show_prefix(v, true);
	out_text(o, "%s=", key);
	out_text_safe(o, value, strlen(value));
	out_text(o, "\n");
}

static void show(struct view *v, const struct log_record *rec)
{
	struct out *o = v->call->out;
	char buf[CLOCK_TEXT];

	make_prefix(v, rec);
	out_record(o, "log");
	out_num(o, "seq", NULL, (int64_t)rec->seq);
	if (rec->has_info)
		/* printk cuts off what is below a microsecond */
		out_real(o, "time", NULL, (double)(rec->ts_nsec / 1000) / 1e6, 6);
	else
		out_null(o, "time", NULL);
	if (rec->has_info && v->wall)
		out_str(o, "wall", NULL,
			clock_text((int64_t)rec->ts_nsec + v->clock.to_wall_ns, buf));
	if (rec->has_level) {
		out_num(o, "level", NULL, rec->level);
		out_num(o, "facility", NULL, rec->facility);
	} else {
		out_null(o, "level", NULL);
	}
	out_str(o, "caller", NULL, rec->has_info ? caller_text(rec, buf, sizeof(buf)) : NULL);
	out_strn(o, "text", NULL, rec->text, rec->len);
	if (rec->damaged)
		out_str(o, "damaged", NULL, rec->reason);
	show_text(v, rec);
	show_device(v, "subsystem", "SUBSYSTEM", rec->subsystem);
	show_device(v, "device", "DEVICE", rec->device);
	out_end(o);
}

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
		if (wanted(v, &log->record[i]))
			show(v, &log->record[i]);
	}
	if (log->partial) {
		out_text(v->call->out, "records may be missing: %s\n", log->err.text);
		*verdict = VERDICT_PARTIAL;
	}
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct log *log;
	struct view v;
	enum cairn_code code = understand(&v, call, err);

	if (code == CAIRN_OK)
		code = log_get(call->cairn, &log, err);
	if (code == CAIRN_OK)
		code = show_all(&v, log, verdict, err);
	str_deinit(&v.prefix);
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
