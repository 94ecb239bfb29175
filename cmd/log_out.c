/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/log_out.h"

#include <stdio.h>
#include <string.h>

/* A record that is being shown. */
struct line {
	struct out *out;
	const struct log_look *look;
	struct str prefix;
};

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

static void add_time(struct str *s, const struct line *l, const struct log_record *rec)
{
	char wall[CLOCK_TEXT];

	if (!rec->has_info)
		str_add(s, "[     ?      ]");
	else if (l->look->wall)
		str_addf(s, "[%s]", clock_text(clock_wall(l->look->wall, rec->ts_nsec), wall));
	else
		str_addf(s, "[%5llu.%06llu]", (unsigned long long)(rec->ts_nsec / 1000000000),
			 (unsigned long long)(rec->ts_nsec % 1000000000 / 1000));
}

/* As the kernel's info_print_prefix() and dmesg -x. */
static void make_prefix(struct line *l, const struct log_record *rec)
{
	const struct log_look *look = l->look;
	struct str *s = &l->prefix;
	char buf[16];

	if (look->names)
		str_addf(s, "%-6s:%-6s: ", rec->has_level
			 ? facility_name(rec->facility, buf, sizeof(buf)) : "?",
			 rec->has_level ? log_level_name(rec->level) : "?");
	if (!look->no_time)
		add_time(s, l, rec);
	if (look->caller)
		str_addf(s, "[%6s]", rec->has_info ? caller_text(rec, buf, sizeof(buf)) : "?");
	if (!look->no_time || look->caller)
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

static void show_prefix(struct line *l, bool blank)
{
	struct out *o = l->out;

	out_text(o, "%*s", l->look->margin, "");
	if (blank && !l->look->repeat_prefix) {
		out_text(o, "%*s", (int)l->prefix.len, "");
		return;
	}
	out_paint(o, OUT_GREEN);
	out_text(o, "%s", l->prefix.buf);
	out_paint(o, OUT_PLAIN);
}

static void show_text(struct line *l, const struct log_record *rec)
{
	struct out *o = l->out;
	const char *s = rec->text, *end = s + rec->len, *nl;

	for (;; s = nl + 1) {
		nl = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
		show_prefix(l, s != rec->text);
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

static void show_device(struct line *l, const char *name, const char *key, const char *value)
{
	struct out *o = l->out;

	if (!value)
		return;
	out_str(o, name, NULL, value);
	if (!l->look->device)
		return;
	show_prefix(l, true);
	out_text(o, "%s=", key);
	out_text_safe(o, value, strlen(value));
	out_text(o, "\n");
}

static void time_fields(struct out *o, const struct log_look *look, const struct log_record *rec)
{
	char buf[CLOCK_TEXT];

	if (rec->has_info)
		/* printk cuts off what is below a microsecond */
		out_real(o, "time", NULL, (double)(rec->ts_nsec / 1000) / 1e6, 6);
	else
		out_null(o, "time", NULL);
	if (rec->has_info && look->wall)
		out_str(o, "wall", NULL, clock_text(clock_wall(look->wall, rec->ts_nsec), buf));
}

static void level_fields(struct out *o, const struct log_record *rec)
{
	if (rec->has_level) {
		out_num(o, "level", NULL, rec->level);
		out_num(o, "facility", NULL, rec->facility);
	} else {
		out_null(o, "level", NULL);
		out_null(o, "facility", NULL);
	}
}

void log_fields(struct out *o, const struct log_look *look, const struct log_record *rec)
{
	struct line l = { .out = o, .look = look };
	char buf[16];

	str_init(&l.prefix);
	make_prefix(&l, rec);
	out_count(o, "seq", NULL, rec->seq);
	time_fields(o, look, rec);
	level_fields(o, rec);
	out_str(o, "caller", NULL, rec->has_info ? caller_text(rec, buf, sizeof(buf)) : NULL);
	out_strn(o, "text", NULL, rec->text, rec->len);
	if (rec->damaged)
		out_str(o, "damaged", NULL, rec->reason);
	show_text(&l, rec);
	show_device(&l, "subsystem", "SUBSYSTEM", rec->subsystem);
	show_device(&l, "device", "DEVICE", rec->device);
	str_deinit(&l.prefix);
}
