/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "lib/kern/log.h"

#define NSEC 1000000000

enum { TK_SEC, TK_BASE, TK_NSEC, TK_SHIFT, TK_REAL, TK_BOOT, TK_N };
static const struct shape_want timekeeper_want = {
	"struct timekeeper", TK_N,
	{ [TK_SEC] = "xtime_sec", [TK_BASE] = "tkr_mono.base", [TK_NSEC] = "tkr_mono.xtime_nsec",
	  [TK_SHIFT] = "tkr_mono.shift", [TK_REAL] = "offs_real", [TK_BOOT] = "offs_boot" },
};

/* Newest first. The anonymous struct of tk_core before 6.13 has no type, but a copy of the
   timekeeper stands beside it. */
static const struct place {
	const char *symbol, *type, *member;
} places[] = {
	{ "timekeeper_data", "struct tk_data", "timekeeper" },
	{ "tk_core", "struct tk_data", "timekeeper" },
	{ "shadow_timekeeper", NULL, NULL },
};

static bool find(struct cairn *c, uint64_t *ret)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *p = &places[i];
		const struct type *t = p->type ? type_find(&c->types, p->type, NULL) : NULL;
		struct member m = { 0 };

		if (p->type && (!t || !type_member(t, p->member, &m)))
			continue;
		if (sym_addr(&c->syms, p->symbol, ret, NULL) != CAIRN_OK)
			continue;
		*ret += m.offset;
		return true;
	}
	return false;
}

/* Sums wrap rather than overflow: the numbers are the dump's. */
static void fill(struct clock *ret, const struct object *o)
{
	uint64_t frac = object_get(o, TK_NSEC) >> (object_get(o, TK_SHIFT) & 63);

	ret->wall_ns = (int64_t)(object_get(o, TK_SEC) * NSEC + frac);
	ret->uptime_ns = (int64_t)(object_get(o, TK_BASE) + frac + object_get(o, TK_BOOT));
	ret->to_wall_ns = (int64_t)object_get(o, TK_REAL);
}

enum cairn_code clock_get(struct cairn *c, struct clock *ret, struct cairn_err *err)
{
	static const unsigned needed[] = { TK_SEC, TK_BASE, TK_NSEC, TK_SHIFT, TK_REAL, TK_BOOT };
	struct shape shape;
	struct object o;
	uint64_t addr;
	enum cairn_code code = shape_resolve(&shape, &timekeeper_want, &c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	if (code == CAIRN_OK && !find(c, &addr))
		code = cairn_fail(err, CAIRN_MISSING, "no symbol for the kernel's timekeeper");
	if (code != CAIRN_OK)
		return code;
	code = object_read(&o, &shape, &c->kernel, addr, err);
	if (code == CAIRN_OK)
		fill(ret, &o);
	object_done(&o);
	return code == CAIRN_OK ? code : cairn_context(err, code, "timekeeper");
}

/* ---- where no symbol names the timekeeper ---- */

/* A clock that was never set counts from 1970. */
#define SET_SINCE INT64_C(1000000000) /* seconds: 2001 */

enum { B_CLOCK, B_OFFSET, B_N };
static const struct shape_want base_want = {
	"struct hrtimer_clock_base", B_N, { [B_CLOCK] = "clockid", [B_OFFSET] = "offset" },
};

#define BASES 32 /* clock bases of a CPU; 8 so far */
#define CLOCK_REALTIME_ID 0

static bool from_bases(struct cairn *c, const struct shape *base, uint64_t at, uint64_t n, int64_t *ret)
{
	uint64_t clock, offset;

	for (uint64_t i = 0; i < n && i < BASES; i++, at += base->size) {
		if (shape_get(base, &c->kernel, at, B_CLOCK, &clock, NULL) != CAIRN_OK ||
		    (uint32_t)clock != CLOCK_REALTIME_ID ||
		    shape_get(base, &c->kernel, at, B_OFFSET, &offset, NULL) != CAIRN_OK)
			continue;
		*ret = (int64_t)offset;
		if (*ret > SET_SINCE * NSEC)
			return true;
	}
	return false;
}

/* kernel/time/hrtimer.c: each base of a CPU has what its clock is ahead of CLOCK_MONOTONIC. */
static bool from_timers(struct cairn *c, int64_t *ret)
{
	const struct type *t = type_find(&c->types, "struct hrtimer_cpu_base", NULL);
	const struct cpus *cpus;
	struct member bases;
	struct shape base;
	uint64_t addr;

	if (!t || !type_member(t, "clock_base", &bases) ||
	    shape_resolve(&base, &base_want, &c->types, NULL) != CAIRN_OK || !base.size ||
	    cpus_get(c, &cpus, NULL) != CAIRN_OK)
		return false;
	for (size_t i = 0; i < cpus->n; i++)
		if (!cpus->cpu[i].never_up &&
		    percpu_symbol(c, &cpus->cpu[i], "hrtimer_bases", &addr, NULL) == CAIRN_OK &&
		    from_bases(c, &base, addr + bases.offset, bases.size / base.size, ret))
			return true;
	return false;
}

/* "rtc0: setting system clock to 2026-11-26T11:01:05 UTC (1795690865)", which is done as of the
 * middle of that second, and before a clock is set again "audit: type=2000
 * audit(1795690460.672:1): ...". drivers/rtc/class.c, kernel/audit.c */
static bool says_time(const struct log_record *rec, int64_t *ret)
{
	static const char *const heads[] = { "setting system clock to ", "audit: type=2000 audit(" };
	unsigned long long sec = 0;
	unsigned ms = 0;
	char text[160];
	const char *at;

	snprintf(text, sizeof(text), "%.*s", (int)(rec->len < 159 ? rec->len : 159), rec->text);
	at = strstr(text, heads[0]);
	if (at && (at = strstr(at, " UTC (")))
		ms = sscanf(at, " UTC (%llu)", &sec) == 1 ? 500 : 0;
	else if (!strncmp(text, heads[1], strlen(heads[1])))
		sscanf(text + strlen(heads[1]), "%llu.%3u", &sec, &ms);
	if (sec < (unsigned long long)SET_SINCE || sec > INT64_MAX / NSEC - 1)
		return false;
	*ret = (int64_t)(sec * NSEC + ms * 1000000ull - rec->ts_nsec);
	return true;
}

static bool from_log(struct cairn *c, int64_t *ret)
{
	const struct log *log;

	if (log_get(c, &log, NULL) != CAIRN_OK)
		return false;
	for (size_t i = log->n; i--; )
		if (log->record[i].has_info && log->record[i].text &&
		    (!log->record[i].has_level || !log->record[i].facility) &&
		    says_time(&log->record[i], ret))
			return true;
	return false;
}

const char *clock_to_wall(struct cairn *c, int64_t *ret)
{
	struct clock clock;

	if (clock_get(c, &clock, NULL) == CAIRN_OK) {
		*ret = clock.to_wall_ns;
		return "timekeeper";
	}
	return from_timers(c, ret) ? "timers" : from_log(c, ret) ? "log" : NULL;
}

int64_t clock_wall(const struct clock *clock, uint64_t mono_ns)
{
	return (int64_t)(mono_ns + (uint64_t)clock->to_wall_ns);
}

const char *clock_text(int64_t wall_ns, char *buf)
{
	int64_t frac = wall_ns % NSEC;
	time_t sec = wall_ns / NSEC - (frac < 0);
	struct tm tm;

	if (!gmtime_r(&sec, &tm) ||
	    snprintf(buf, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
		     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		     (int)((frac < 0 ? frac + NSEC : frac) / 1000)) >= CLOCK_TEXT)
		buf[0] = '\0';
	return buf;
}
