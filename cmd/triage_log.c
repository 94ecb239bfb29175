/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/log_out.h"
#include "cmd/triage.h"
#include "lib/kern/crashclass.h"
#include "lib/kern/log.h"

#define LOG_BEFORE 8    /* records shown before the one that tells of the crash */
#define LOG_REPORT 80   /* and after it, where no stack could be unwound */
#define EARLIER_SHOWN 8 /* complaints, the latest */

static const struct log_look look = { .margin = 2 };

static const struct log_record *told(const struct report *r)
{
	return r->panic.cause ? r->panic.cause : r->panic.record;
}

static void record(struct report *r, const struct log_record *rec)
{
	out_object(r->o, NULL);
	log_fields(r->o, &look, rec);
	out_end(r->o);
}

/* Hung tasks, warnings, lockups that the kernel went on after: often what it died of. */
static size_t complaints(const struct log *log, size_t end, size_t at[EARLIER_SHOWN])
{
	size_t n = 0;

	for (size_t i = 0; i < end; i++) {
		const struct crash_class *class =
			crash_class_of_line(log->record[i].text, log->record[i].len);

		if (class && class->complaint)
			at[n++ % EARLIER_SHOWN] = i;
	}
	return n;
}

void triage_earlier(struct report *r)
{
	size_t at[EARLIER_SHOWN], n = 0, i;
	const struct log *log;

	out_array(r->o, "earlier");
	if (log_get(r->c, &log, NULL) == CAIRN_OK)
		n = complaints(log, told(r) ? (size_t)(told(r) - log->record) : log->n, at);
	if (n)
		out_text(r->o, "\nEarlier in the log\n");
	for (i = n > EARLIER_SHOWN ? n - EARLIER_SHOWN : 0; i < n; i++)
		record(r, &log->record[at[i % EARLIER_SHOWN]]);
	out_end(r->o);
	out_num(r->o, "nearlier", NULL, (int64_t)n);
	if (n > EARLIER_SHOWN)
		out_text(r->o, "  (the last %d of %zu)\n", EARLIER_SHOWN, n);
}

#define MEM_INFO_SHOWN 2 /* records: the head, and all nodes together */

/* What the kernel counted when memory was short stands long before its tasks, which it lists last.
 * mm/show_mem.c, earlier mm/page_alloc.c */
static void mem_info(struct report *r, const struct log *log, size_t end)
{
	static const char words[] = "Mem-Info:";
	size_t i = end;

	while (i && (log->record[i - 1].len < sizeof(words) - 1 ||
		     memcmp(log->record[i - 1].text, words, sizeof(words) - 1)))
		i--;
	for (size_t n = 0; i && n < MEM_INFO_SHOWN && i - 1 + n < end; n++)
		record(r, &log->record[i - 1 + n]);
	if (i)
		out_text(r->o, "  ...\n");
}

/* The records that lead to the one that tells of the crash; where there is no stack of our
 * own, the kernel's report that follows it too. */
void triage_log(struct report *r)
{
	size_t end, stop, i;
	const struct log *log;

	if (log_get(r->c, &log, NULL) != CAIRN_OK || !log->n) {
		out_null(r->o, "log", NULL);
		return;
	}
	end = told(r) ? (size_t)(told(r) - log->record) + 1 : log->n;
	stop = end;
	if (r->crash.n < 2 && r->panic.record)
		stop = (size_t)(r->panic.record - log->record) + 1;
	if (stop > end + LOG_REPORT)
		stop = end + LOG_REPORT;
	out_text(r->o, "\nLog, up to the crash\n");
	out_array(r->o, "log");
	i = end > LOG_BEFORE ? end - LOG_BEFORE : 0;
	if (r->panic.class && !strcmp(r->panic.class, "oom"))
		mem_info(r, log, i);
	for (; i < stop || i < end; i++)
		record(r, &log->record[i]);
	out_end(r->o);
}
