/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/memory_out.h"
#include "cmd/triage.h"
#include "lib/kern/clock.h"
#include "lib/kern/module.h"
#include "lib/kern/sysinfo.h"
#include "lib/kern/taint.h"
#include "mm/memstat.h"
#include "unwind/culprit.h"

#define MODULES_SHOWN 12

/* ---- how long it was up ---- */

static void uptime(struct report *r)
{
	struct clock clock;
	uint64_t sec;

	if (clock_get(r->c, &clock, NULL) == CAIRN_OK && clock.uptime_ns >= 0) {
		sec = (uint64_t)clock.uptime_ns / 1000000000;
	} else if (r->panic.has_time) {
		sec = r->panic.ts_nsec / 1000000000;
	} else {
		out_null(r->o, "uptime", NULL);
		return;
	}
	out_num(r->o, "uptime", NULL, (int64_t)sec);
	out_text(r->o, "  up       ");
	if (sec >= 86400)
		out_text(r->o, "%llu days, ", (unsigned long long)sec / 86400);
	out_text(r->o, "%02u:%02u:%02u\n", (unsigned)(sec / 3600 % 24), (unsigned)(sec / 60 % 60),
		 (unsigned)(sec % 60));
}

/* ---- taint ---- */

static void taint_words(struct out *o, const char *name, uint64_t mask, const char *between)
{
	bool first = true;

	out_array(o, name);
	for (unsigned i = 0; i < 64; i++) {
		const char *word = taint_meaning(i);

		if (!(mask >> i & 1))
			continue;
		if (!first)
			out_text(o, "%s", between);
		out_str(o, NULL, "%s", word ? word : "a flag that is not known");
		first = false;
	}
	out_end(o);
}

static void taint(struct report *r, const struct sysinfo *s)
{
	char letters[TAINT_TEXT];

	if (!s->has_taint) {
		out_null(r->o, "taint", NULL);
		out_null(r->o, "taint_words", NULL);
		return;
	}
	out_str(r->o, "taint", s->taint ? "  tainted  %s: " : "  tainted  no%s",
		taint_letters(s->taint, letters));
	taint_words(r->o, "taint_words", s->taint, ", ");
	out_text(r->o, "\n");
}

/* ---- modules ---- */

static bool crashed_in(const struct report *r, const struct module *m)
{
	const struct frame *f = culprit_find(&r->crash);

	return f && f->named && f->sym.module && !strcmp(f->sym.module, m->name);
}

static bool is_of_interest(const struct report *r, const struct module *m)
{
	return !m->fault.code && (m->taints || crashed_in(r, m) ||
				  (m->state && strcmp(m->state, "Live")));
}

static void one_module(struct report *r, const struct module *m)
{
	bool here = crashed_in(r, m), live = !m->state || !strcmp(m->state, "Live");
	struct out *o = r->o;

	out_object(o, NULL);
	out_str(o, "name", "%s (", m->name);
	out_bool(o, "crashed_in", here ? "crashed in it" : NULL, here);
	out_text(o, here && m->taints ? ", " : "");
	taint_words(o, "taints", m->taints, ", ");
	out_text(o, !live && (here || m->taints) ? ", " : "");
	out_str(o, "state", live ? NULL : "%s", m->state);
	out_text(o, ")");
	out_end(o);
}

/* Those that crashed, that taint the kernel, or that come or go. */
static void module_list(struct report *r)
{
	const struct modules *ms;
	size_t n = 0;

	if (modules_get(r->c, &ms, NULL) != CAIRN_OK) {
		out_null(r->o, "modules", NULL);
		out_null(r->o, "nmodules", NULL);
		return;
	}
	out_array(r->o, "modules");
	for (size_t i = 0; i < ms->n; i++) {
		if (!is_of_interest(r, &ms->module[i]) || n++ >= MODULES_SHOWN)
			continue;
		out_text(r->o, n == 1 ? "  modules  " : ", ");
		one_module(r, &ms->module[i]);
	}
	out_end(r->o);
	if (n > MODULES_SHOWN)
		out_text(r->o, ", and %zu others", n - MODULES_SHOWN);
	out_num(r->o, "nmodules", NULL, (int64_t)ms->n);
	if (n)
		out_text(r->o, ", of %zu\n", ms->n);
}

/* ---- memory ---- */

static double mib(const struct memstat *m, enum memstat_item i)
{
	return (double)m->bytes[i] / (1 << 20);
}

#define WORTH_A_WORD 10 /* percent of all memory */

static bool is_much(const struct memstat *m, enum memstat_item i)
{
	return m->has[i] && m->has[MEMSTAT_TOTAL] && m->bytes[i] &&
	       m->bytes[i] >= m->bytes[MEMSTAT_TOTAL] / 100 * WORTH_A_WORD;
}

/* What cannot be given back when memory is short. */
static void kept_text(struct out *o, const struct memstat *m)
{
	const char *before = ",\n           of these ";

	if (is_much(m, MEMSTAT_UNEVICTABLE)) {
		out_text(o, "%s%.1f unevictable", before, mib(m, MEMSTAT_UNEVICTABLE));
		before = ", ";
	}
	if (is_much(m, MEMSTAT_SHMEM))
		out_text(o, "%s%.1f shared", before, mib(m, MEMSTAT_SHMEM));
	if (is_much(m, MEMSTAT_HUGE))
		out_text(o, ";\n           %.1f in huge pages, of which %.1f free", mib(m, MEMSTAT_HUGE),
			 mib(m, MEMSTAT_HUGE_FREE));
}

static void sentence(struct out *o, const struct memstat *m)
{
	static const struct { enum memstat_item item; const char *words; } parts[] = {
		{ MEMSTAT_FREE, "free" }, { MEMSTAT_ANON, "anonymous" },
		{ MEMSTAT_FILE, "page cache" }, { MEMSTAT_SLAB_KEPT, "slab" },
		{ MEMSTAT_SLAB, "reclaimable slab" }, { MEMSTAT_PAGETABLE, "page tables" },
		{ MEMSTAT_STACK, "kernel stacks" },
	};
	bool first = true;

	out_text(o, "  memory   ");
	if (m->has[MEMSTAT_TOTAL])
		out_text(o, "%.1f MB", mib(m, MEMSTAT_TOTAL));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!m->has[parts[i].item])
			continue;
		out_text(o, first ? (m->has[MEMSTAT_TOTAL] ? ": " : "") : i == 4 ? ",\n           " : ", ");
		out_text(o, "%.1f %s", mib(m, parts[i].item), parts[i].words);
		first = false;
	}
	kept_text(o, m);
	if (m->has[MEMSTAT_SWAP] && !m->bytes[MEMSTAT_SWAP])
		out_text(o, "; no swap");
	else if (m->has[MEMSTAT_SWAP] && m->has[MEMSTAT_SWAP_FREE])
		out_text(o, "; swap %.1f, of which %.1f free", mib(m, MEMSTAT_SWAP),
			 mib(m, MEMSTAT_SWAP_FREE));
	out_text(o, "\n");
}

/* What this kernel does not name is nothing that the dump lost. */
static bool is_lost(const struct cairn_err *lack)
{
	return lack->code != CAIRN_OK && lack->code != CAIRN_MISSING &&
	       lack->code != CAIRN_NOTFOUND;
}

static void memory(struct report *r)
{
	struct memstat m;
	size_t known;

	memstat_get(r->c, &m);
	out_object(r->o, "memory");
	known = memory_fields(r->o, &m);
	if (m.lack.code == CAIRN_OK || (known && !is_lost(&m.lack)))
		out_null(r->o, "fault", NULL);
	else
		out_fault(r->o, "fault", known ? NULL : "  memory   not known: %s\n", &m.lack);
	out_end(r->o);
	if (known)
		sentence(r->o, &m);
	/* all of it, though there are types to read it by */
	if (is_lost(&m.lack) || (!known && m.lack.code != CAIRN_OK && r->c->types.first))
		session_degrade(r->c, "memory counters", &m.lack);
}

void triage_kernel(struct report *r)
{
	struct sysinfo s;

	sysinfo_get(r->c, &s);
	out_text(r->o, "\nMachine\n");
	out_object(r->o, "machine");
	/* "(none)": it was never given one */
	out_str(r->o, "nodename", *s.nodename && *s.nodename != '(' ? "  name     %s\n" : NULL,
		*s.nodename ? s.nodename : NULL);
	uptime(r);
	taint(r, &s);
	module_list(r);
	memory(r);
	triage_hogs(r);
	out_end(r->o);
}
