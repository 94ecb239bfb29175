/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/finding.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cairn_run {
	struct findings *to;
	struct cairn *c;
	struct arena *arena;
	const struct cairn_check *check;
	const char *only;      /* as in struct check_limits */
	uint64_t until_ns;     /* CLOCK_MONOTONIC; 0: no deadline */
	uint64_t budget, looked_at; /* objects; 0: no budget */
	size_t n;              /* findings of this checker */
	bool late, spent, full, no_memory;
};

const char *severity_name(enum cairn_severity severity)
{
	static const char *const names[] = { "info", "warning", "error", "fatal" };

	return (unsigned)severity < 4 ? names[severity] : "error";
}

const char *grade_name(enum cairn_grade grade)
{
	static const char *const names[] = { "certain", "in-flight", "suspicious" };

	return (unsigned)grade < 3 ? names[grade] : "suspicious";
}

/* ---- the set ---- */

static int by_name(const void *a, const void *b)
{
	const struct cairn_check *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct cairn_check *const *checks_sorted(struct arena *a, size_t *n)
{
	const struct cairn_check **all = arena_array(a, SET_SIZE(cairn_checks) + 1, sizeof(*all));

	*n = 0;
	if (!all)
		return NULL;
	SET_EACH(cairn_checks, const struct cairn_check, p)
		all[(*n)++] = *p;
	qsort(all, *n, sizeof(*all), by_name);
	return all;
}

bool findings_any_fault(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->said[i].f.severity > CAIRN_INFO)
			return true;
	return false;
}

bool findings_lack(const struct findings *f)
{
	for (size_t i = 0; i < f->nunseen; i++)
		if (f->unseen[i].why.code != CAIRN_BUSY)
			return true;
	return false;
}

static bool id_matches(const struct cairn_explanation *id, const char *pattern)
{
	return !fnmatch(pattern, id->id, 0);
}

bool check_matches(const struct cairn_check *check, const char *pattern)
{
	if (!fnmatch(pattern, check->name, 0))
		return true;
	for (const struct cairn_explanation *id = check->ids; id->id; id++)
		if (id_matches(id, pattern))
			return true;
	return false;
}

static size_t times_used(const char *id)
{
	size_t n = 0;

	SET_EACH(cairn_checks, const struct cairn_check, p)
		for (const struct cairn_explanation *x = (*p)->ids; x->id; x++)
			n += !strcmp(x->id, id);
	return n;
}

static enum cairn_code check_ids(const struct cairn_check *check, struct cairn_err *err)
{
	for (const struct cairn_explanation *x = check->ids; x->id; x++) {
		if (!strchr(x->id, '.'))
			return cairn_fail(err, CAIRN_USAGE, "finding %s: no dot in its id", x->id);
		if (!x->title || !x->meaning || !x->causes || !x->next)
			return cairn_fail(err, CAIRN_USAGE, "finding %s is not explained", x->id);
		if (times_used(x->id) > 1)
			return cairn_fail(err, CAIRN_USAGE, "two findings have the id %s", x->id);
	}
	return CAIRN_OK;
}

enum cairn_code checks_check(struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	SET_EACH(cairn_checks, const struct cairn_check, p) {
		SET_EACH(cairn_checks, const struct cairn_check, q)
			if (p != q && !strcmp((*p)->name, (*q)->name))
				return cairn_fail(err, CAIRN_USAGE, "two checkers have the name %s",
						  (*p)->name);
		code = check_ids(*p, err);
		if (code)
			break;
	}
	return code;
}

/* ---- what a checker calls ---- */

void cairn_unseen(struct cairn_run *run, const char *what, const struct cairn_err *why)
{
	struct findings *f = run->to;
	struct unseen *p = arena_room(run->arena, f->unseen, f->nunseen, &f->cap_unseen, sizeof(*p));

	if (!p || f->nunseen >= FINDINGS_LIMIT) {
		run->no_memory |= !p;
		return;
	}
	f->unseen = p;
	p[f->nunseen++] = (struct unseen){
		.check = run->check, .why = *why,
		.what = what ? arena_strdup(run->arena, what) : NULL,
	};
}

static bool wanted(const struct cairn_run *run, const char *id)
{
	return !run->only || !fnmatch(run->only, run->check->name, 0) ||
	       !fnmatch(run->only, id, 0);
}

static const char *copy_text(struct cairn_run *run, const char *s)
{
	const char *ret = s ? arena_strdup(run->arena, s) : NULL;

	run->no_memory |= s && !ret;
	return ret;
}

static struct cairn_finding copy(struct cairn_run *run, const struct cairn_finding *from)
{
	struct cairn_finding f = *from;
	struct cairn_evidence *e = arena_array(run->arena, f.nevidence + 1, sizeof(*e));

	f.id = copy_text(run, f.id);
	f.field = copy_text(run, f.field);
	f.expected = copy_text(run, f.expected);
	f.found = copy_text(run, f.found);
	f.message = copy_text(run, f.message);
	f.mark = copy_text(run, f.mark);
	for (size_t i = 0; e && i < f.nevidence; i++) {
		e[i] = from->evidence[i];
		e[i].why = copy_text(run, e[i].why);
	}
	f.evidence = e;
	f.nevidence = e ? f.nevidence : 0;
	return f;
}

void cairn_report(struct cairn_run *run, const struct cairn_finding *finding)
{
	struct findings *f = run->to;
	struct said *p;

	if (!wanted(run, finding->id))
		return;
	if (run->n >= FINDINGS_LIMIT) {
		run->full = true;
		return;
	}
	p = arena_room(run->arena, f->said, f->n, &f->cap, sizeof(*p));
	if (!p) {
		run->no_memory = true;
		return;
	}
	f->said = p;
	p[f->n++] = (struct said){ run->check, copy(run, finding) };
	run->n++;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool cairn_go_on(struct cairn_run *run)
{
	if (run->until_ns && !run->late)
		run->late = now_ns() >= run->until_ns;
	if (run->budget && !run->spent)
		run->spent = run->looked_at++ >= run->budget;
	return !run->late && !run->spent && !run->full && !run->no_memory && !(run->c->stop && run->c->stop());
}

/* ---- running them ---- */

static void note_limit(struct cairn_run *run, bool begun, const char *why)
{
	struct cairn_err err;

	cairn_fail(&err, CAIRN_LIMIT, "%s", why);
	cairn_unseen(run, begun ? "the rest" : NULL, &err);
}

static void note_end(struct cairn_run *run, bool begun, enum cairn_code code,
		     const struct cairn_err *why)
{
	if (code != CAIRN_OK)
		cairn_unseen(run, NULL, why);
	if (run->late)
		note_limit(run, begun, "the deadline has passed");
	else if (run->spent)
		note_limit(run, begun, "the budget is spent");
	if (run->full)
		note_limit(run, begun, "there are more findings than are kept");
}

static enum cairn_code run_one(struct cairn_run *run, struct cairn_err *err)
{
	struct cairn_err why;
	enum cairn_code code = CAIRN_OK;
	bool begun;

	run->n = 0;
	run->full = false;
	run->to->nchecks++;
	begun = cairn_go_on(run);
	if (begun)
		code = run->check->run(run->c, run, &why);
	if ((run->c->stop && run->c->stop()) || (code == CAIRN_INTERRUPTED))
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	note_end(run, begun, code, &why);
	if (run->no_memory)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for findings");
	return CAIRN_OK;
}

static bool is_wanted(struct cairn *c, const struct cairn_check *check, const char *only)
{
	if (only)
		return check_matches(check, only);
	return !check->is_worth_it || check->is_worth_it(c);
}

enum cairn_code findings_get(struct findings *ret, struct cairn *c,
			     const struct check_limits *limits, struct arena *arena,
			     struct cairn_err *err)
{
	struct cairn_run run = { .to = ret, .c = c, .arena = arena, .only = limits->only,
				 .budget = limits->budget };
	const struct cairn_check *const *all;
	enum cairn_code code = CAIRN_OK;
	size_t n;

	*ret = (struct findings){ 0 };
	if (limits->deadline_ms)
		run.until_ns = now_ns() + limits->deadline_ms * 1000000;
	all = checks_sorted(arena, &n);
	if (!all)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the checkers");
	for (size_t i = 0; !code && i < n; i++) {
		run.check = all[i];
		if (is_wanted(c, all[i], limits->only))
			code = run_one(&run, err);
	}
	if (!code && limits->only && !ret->nchecks)
		return cairn_fail(err, CAIRN_USAGE, "no checker and no finding is called %s",
				  limits->only);
	return code;
}
