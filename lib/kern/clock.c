/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/clock.h"

#include <stdio.h>
#include <time.h>

#include "lib/debug/shape.h"

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
