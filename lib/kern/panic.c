/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/panic.h"

#include <stdlib.h>
#include <string.h>

#include "lib/kern/clock.h"
#include "lib/kern/crashclass.h"

/* Records of one report follow each other closely, on a serial console too. */
#define REPORT_GAP_NSEC 2000000000

/* ---- lines of the log ---- */

static size_t first_line(const struct log_record *rec)
{
	const char *nl = memchr(rec->text, '\n', rec->len);

	return nl ? (size_t)(nl - rec->text) : rec->len;
}

/* What user space writes to /dev/kmsg proves nothing. */
static bool from_kernel(const struct log_record *rec)
{
	return !rec->has_level || rec->facility == 0;
}

static const struct crash_class *class_of(const struct log_record *rec)
{
	return from_kernel(rec) ? crash_class_of_line(rec->text, first_line(rec)) : NULL;
}

static size_t find_panic(const struct log *log)
{
	size_t len;

	for (size_t i = 0; i < log->n; i++) {
		const struct log_record *rec = &log->record[i];

		if (from_kernel(rec) && crash_panic_message(rec->text, first_line(rec), &len))
			return i;
	}
	return log->n;
}

/* A report being read backward. */
struct report {
	const struct log_record *last;  /* seen so far: the earliest */
	const struct log_record *first; /* its first telling line */
	const struct log_record *plain; /* its first line that is not vague */
};

/* "INFO: task a:1 blocked for more than 120 seconds.": each is a report, one behind the other. */
static bool tells_of_task(const struct log_record *rec)
{
	static const char end[] = " seconds.";

	return rec && !strcmp(class_of(rec)->name, "hung-task") &&
	       memmem(rec->text, first_line(rec), end, sizeof(end) - 1);
}

/* The record behind this one says more of the same. */
static bool is_told_behind(const struct report *r, const struct crash_class *class)
{
	return r->plain && r->plain == r->last && crash_class_gives_way(class, class_of(r->plain));
}

/* False at the record that belongs to an earlier report. */
static bool extend(struct report *r, const struct log_record *rec)
{
	const struct crash_class *class = class_of(rec);

	if (r->first && (crash_is_end_of_report(rec->text, rec->len) || tells_of_task(r->plain) ||
			 (int64_t)(r->last->ts_nsec - rec->ts_nsec) > REPORT_GAP_NSEC))
		return false;
	if (class) {
		r->first = rec;
		if (!class->vague && !is_told_behind(r, class))
			r->plain = rec;
	}
	r->last = rec;
	return true;
}

/* The telling line of the report that ends before record `end`, by the writer of `by`. */
static const struct log_record *find_cause(const struct log *log, size_t end,
					   const struct log_record *by)
{
	struct report r = { .last = by };

	for (size_t i = end; i > 0; i--) {
		const struct log_record *rec = &log->record[i - 1];

		if (!rec->has_info || rec->caller != by->caller)
			continue;
		if (!extend(&r, rec))
			break;
	}
	return r.plain ? r.plain : r.first;
}

/* Without a panic record: the last report of the log. What the kernel survives counts only
   if there is nothing else. */
static const struct log_record *last_report(const struct log *log)
{
	const struct log_record *complaint = NULL;

	for (size_t i = log->n; i > 0; i--) {
		const struct log_record *rec = &log->record[i - 1];
		const struct crash_class *class = class_of(rec);

		if (!class || !rec->has_info)
			continue;
		if (!class->complaint)
			return find_cause(log, i, rec);
		if (!complaint)
			complaint = rec;
	}
	return complaint;
}

static const char *title_of(struct cairn *c, const struct panic *p)
{
	const struct log_record *rec = p->cause ? p->cause : p->record;
	size_t len = first_line(rec), message;

	if (crash_panic_message(rec->text, len, &message) && !message && p->message)
		return arena_printf(&c->arena, "%.*s %s", (int)len, rec->text, p->message);
	return arena_strndup(&c->arena, rec->text, len);
}

/* The message stands in the record itself, or in the writer's next. */
static const char *panic_message(const struct log *log, size_t at, size_t *len)
{
	const struct log_record *rec = &log->record[at];
	const char *ret = crash_panic_message(rec->text, first_line(rec), len);

	for (size_t i = at + 1; !*len && i < log->n; i++)
		if (log->record[i].has_info && log->record[i].caller == rec->caller) {
			*len = first_line(&log->record[i]);
			return log->record[i].text;
		}
	return ret;
}

static void from_panic_record(struct cairn *c, struct panic *p, const struct log *log, size_t at)
{
	const struct log_record *rec = &log->record[at];
	const struct crash_class *class;
	size_t len;
	const char *message = panic_message(log, at, &len);

	p->record = rec;
	p->message = arena_strndup(&c->arena, message, len);
	class = crash_class_of_panic(message, len);
	if (class->vague)
		p->cause = find_cause(log, at, rec);
	p->class = p->cause ? class_of(p->cause)->name : class->name;
}

/* "CPU: 0 PID: 134 Comm: zoo-write Tainted: ..." */
static bool parse_cpu(const struct log_record *rec, int *ret)
{
	static const char head[] = "CPU: ";
	size_t n = sizeof(head) - 1;
	long v = 0;

	if (rec->len <= n || memcmp(rec->text, head, n) || rec->text[n] < '0' || rec->text[n] > '9')
		return false;
	for (; n < rec->len && rec->text[n] >= '0' && rec->text[n] <= '9' && v < 1 << 20; n++)
		v = v * 10 + rec->text[n] - '0';
	*ret = (int)v;
	return true;
}

static void cpu_from_log(struct panic *p, const struct log *log)
{
	const struct log_record *from = p->cause ? p->cause : p->record;

	if (p->cpu >= 0 || !from)
		return;
	for (const struct log_record *rec = from; rec < log->record + log->n; rec++)
		if (rec->has_info && rec->caller == from->caller && parse_cpu(rec, &p->cpu)) {
			p->cpu_source = "log";
			return;
		}
}

/* ---- variables ---- */

/* The CPU that panics puts its number into panic_cpu first of all; one that hands the panic over to
 * another into panic_redirect_cpu (kernel/panic.c). All are 32 bits and -1 until a CPU crashes.
 * False if none could be read. */
static bool cpu_from_memory(struct cairn *c, struct panic *p)
{
	static const char *const names[] = { "panic_redirect_cpu", "panic_cpu", "crashing_cpu" };
	uint64_t addr;
	uint32_t v;
	bool any = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && p->cpu < 0; i++) {
		if (sym_addr(&c->syms, names[i], &addr, NULL) != CAIRN_OK ||
		    space_u32(&c->kernel, addr, &v, NULL) != CAIRN_OK)
			continue;
		any = true;
		if (v > INT32_MAX)
			continue;
		p->cpu = (int)v;
		p->cpu_source = names[i];
	}
	return any;
}

int panic_cpu(struct cairn *c)
{
	struct panic p = { .cpu = -1 };

	cpu_from_memory(c, &p);
	return p.cpu;
}

static int64_t crash_time(struct cairn *c)
{
	char buf[32];

	return vmcoreinfo_get(&image_info(c->img)->vmcoreinfo, "CRASHTIME", buf, sizeof(buf))
		       ? strtoll(buf, NULL, 10) : 0;
}

static void fill_time(struct cairn *c, struct panic *p)
{
	const struct log_record *rec = p->record ? p->record : p->cause;
	int64_t seconds = crash_time(c);
	struct clock clock;
	int64_t ahead;

	p->has_time = rec && rec->has_info;
	p->ts_nsec = p->has_time ? rec->ts_nsec : 0;
	p->wall_ns = 0;
	p->wall_source = p->has_time ? clock_to_wall(c, &ahead) : NULL;
	if (p->wall_source) {
		p->wall_ns = (int64_t)(p->ts_nsec + (uint64_t)ahead);
	} else if (seconds > 0 && seconds < INT64_MAX / 1000000000) {
		p->wall_ns = seconds * 1000000000;
		p->wall_source = "vmcoreinfo";
	} else if (!p->has_time && clock_get(c, &clock, NULL) == CAIRN_OK) {
		p->wall_ns = clock.wall_ns;
		p->wall_source = "last tick";
	}
}

static bool whole(const struct log *log)
{
	for (size_t i = 0; i < log->n; i++)
		if (log->record[i].fault != CAIRN_FAULT_NONE)
			return false;
	return !log->partial;
}

/* False if there may have been more to know. */
static bool ask_log(struct cairn *c, struct panic *p)
{
	const struct log *log;
	size_t at;

	if (log_get(c, &log, &p->log_err) != CAIRN_OK)
		return false;
	at = find_panic(log);
	if (at < log->n) {
		from_panic_record(c, p, log, at);
	} else if (p->crashed) {
		p->cause = last_report(log);
		if (p->cause)
			p->class = class_of(p->cause)->name;
	}
	p->crashed |= p->record != NULL;
	if (p->crashed)
		cpu_from_log(p, log);
	if (p->cause || p->record)
		p->title = title_of(c, p);
	return whole(log);
}

enum cairn_code panic_get(struct cairn *c, struct panic *ret, struct cairn_err *err)
{
	bool told;

	*ret = (struct panic){ .cpu = -1, .class = "unknown" };
	told = cpu_from_memory(c, ret);
	ret->crashed = ret->cpu >= 0 || crash_time(c);
	told |= ask_log(c, ret);
	if (!ret->crashed && told)
		ret->class = "none";
	if (ret->crashed)
		fill_time(c, ret);
	if ((ret->record && !ret->message) || ((ret->record || ret->cause) && !ret->title))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the panic message");
	return CAIRN_OK;
}

/* "Fatal exception", with nothing in front of it that says which. */
static bool says_little(const struct panic *p)
{
	return !p->cause && (!p->message ||
			     crash_class_of_panic(p->message, strlen(p->message))->vague);
}

/* Not of this crash, unless the stack says the same: it stands alone, long before. */
static bool is_stale(const struct panic *p, const char *class)
{
	return p->record && p->cause && class && strcmp(class, p->class) &&
	       (int64_t)(p->record->ts_nsec - p->cause->ts_nsec) > REPORT_GAP_NSEC;
}

/* The line that was taken for the crash's is another's. */
static void forget_cause(struct cairn *c, struct panic *p)
{
	p->cause = NULL;
	p->title = p->record ? title_of(c, p) : NULL;
	p->class = "unknown";
}

void panic_by_stack(struct cairn *c, struct panic *p, unsigned cpu, bool panicked, const char *class)
{
	if (p->cpu < 0) {
		p->cpu = (int)cpu;
		p->cpu_source = "stack";
	}
	p->crashed = true;
	if ((panicked && !p->record) || is_stale(p, class))
		forget_cause(c, p);
	if (class && says_little(p) && strcmp(class, p->class)) {
		p->class = class;
		p->by_stack = true;
	}
	fill_time(c, p);
}

const char *panic_headline(const struct panic *p)
{
	if (p->title)
		return p->title;
	if (p->crashed)
		return p->by_stack ? "crashed" : "crashed; what of is not known";
	if (p->log_err.code != CAIRN_OK)
		return "whether it crashed is not known: the log could not be read";
	if (strcmp(p->class, "none") != 0)
		return "whether it crashed is not known: not all of the log could be read";
	return "no crash: the machine was alive when it was dumped";
}
