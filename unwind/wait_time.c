/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/kern/cpu.h"
#include "unwind/wait_priv.h"

#define CLOCK_MONOTONIC_ID 1 /* include/uapi/linux/time.h */

enum {
	SLEEPER_TASK, SLEEPER_FUNCTION, SLEEPER_EXPIRES, SLEEPER_BASE, SLEEPER_QUEUED, SLEEPER_N,
};
static const struct shape_want sleeper_want = {
	"struct hrtimer_sleeper", SLEEPER_N,
	{ [SLEEPER_TASK] = "task", [SLEEPER_FUNCTION] = "timer.function",
	  [SLEEPER_EXPIRES] = "timer.node.expires", [SLEEPER_BASE] = "timer.base",
	  [SLEEPER_QUEUED] = "timer.is_queued|timer.state" },
};

enum { TIMER_TASK, TIMER_FUNCTION, TIMER_EXPIRES, TIMER_QUEUED, TIMER_N };
static const struct shape_want timer_want = {
	"struct process_timer", TIMER_N,
	{ [TIMER_TASK] = "task", [TIMER_FUNCTION] = "timer.function",
	  [TIMER_EXPIRES] = "timer.expires", [TIMER_QUEUED] = "timer.entry.pprev" },
};

enum { BASE_CLOCK, BASE_N };
static const struct shape_want base_want = {
	"struct hrtimer_clock_base", BASE_N, { [BASE_CLOCK] = "clockid" },
};

enum { TASK_ARRIVAL, TASK_N };
static const struct shape_want task_want = {
	"struct task_struct", TASK_N, { [TASK_ARRIVAL] = "sched_info.last_arrival|se.exec_start" },
};

enum { RQ_CLOCK, RQ_N };
static const struct shape_want rq_want = { "struct rq", RQ_N, { [RQ_CLOCK] = "clock" } };

void wait_time_shapes(struct waits *w)
{
	struct types *ts = &w->c->types;

	shape_resolve(&w->shapes->sleeper, &sleeper_want, ts, NULL);
	shape_resolve(&w->shapes->timer, &timer_want, ts, NULL);
	shape_resolve(&w->shapes->clock_base, &base_want, ts, NULL);
	shape_resolve(&w->shapes->task, &task_want, ts, NULL);
}

static bool is_function(struct waits *w, uint64_t addr, const char *name)
{
	uint64_t offset;
	struct sym sym;

	return sym_at(&w->c->syms, addr, &sym, &offset) && !offset && !strcmp(sym.name, name);
}

/* It names the task, wakes it, and is armed: kernel/time/hrtimer.c, __hrtimer_init_sleeper(). */
static bool is_armed_sleeper(struct waits *w, const struct task *task, uint64_t addr)
{
	const struct shape *s = &w->shapes->sleeper;
	uint64_t who, queued, function;

	return wait_get(w, s, addr, SLEEPER_TASK, &who) && who == task->addr &&
	       wait_get(w, s, addr, SLEEPER_QUEUED, &queued) && queued == 1 &&
	       wait_get(w, s, addr, SLEEPER_FUNCTION, &function) &&
	       is_function(w, function, "hrtimer_wakeup");
}

/* Likewise schedule_timeout(): kernel/time/timer.c, kernel/time/sleep_timeout.c. */
static bool is_armed_timer(struct waits *w, const struct task *task, uint64_t addr)
{
	const struct shape *s = &w->shapes->timer;
	uint64_t who, queued, function;

	return wait_get(w, s, addr, TIMER_TASK, &who) && who == task->addr &&
	       wait_get(w, s, addr, TIMER_QUEUED, &queued) && queued &&
	       wait_get(w, s, addr, TIMER_FUNCTION, &function) &&
	       is_function(w, function, "process_timeout");
}

/* What other clocks say cannot be compared. */
static bool is_monotonic(struct waits *w, uint64_t addr)
{
	uint64_t base, id;

	return wait_get(w, &w->shapes->sleeper, addr, SLEEPER_BASE, &base) &&
	       wait_get(w, &w->shapes->clock_base, base, BASE_CLOCK, &id) &&
	       id == CLOCK_MONOTONIC_ID;
}

static bool sleeper_at(struct waits *w, const struct wait_place *p, uint64_t at, struct wait *ret)
{
	const struct shape *s = &w->shapes->sleeper;
	uint64_t addr;

	if (!s->type || !shape_has(s, SLEEPER_TASK))
		return false;
	addr = at - s->m[SLEEPER_TASK].offset;
	return addr >= p->from && is_armed_sleeper(w, ret->task, addr) && is_monotonic(w, addr) &&
	       wait_get(w, s, addr, SLEEPER_EXPIRES, &ret->until_ns);
}

static bool timer_at(struct waits *w, const struct wait_place *p, uint64_t at, struct wait *ret)
{
	const struct shape *s = &w->shapes->timer;
	uint64_t addr, expires;
	int64_t left;

	if (!s->type || !shape_has(s, TIMER_TASK) || !w->hz || !w->has_now)
		return false;
	addr = at - s->m[TIMER_TASK].offset;
	if (addr < p->from || !is_armed_timer(w, ret->task, addr) ||
	    !wait_get(w, s, addr, TIMER_EXPIRES, &expires))
		return false;
	left = (int64_t)(expires - w->jiffies) * (1000000000 / w->hz);
	ret->until_ns = w->now_ns + (uint64_t)left;
	return true;
}

void wait_until(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	for (uint64_t at = p->from; at < p->to && !ret->has_until; at += w->c->arch->word)
		ret->has_until = sleeper_at(w, p, at, ret) || timer_at(w, p, at, ret);
}

void wait_since(struct waits *w, struct wait *ret)
{
	ret->has_since = wait_get(w, &w->shapes->task, ret->task->addr, TASK_ARRIVAL,
				  &ret->since_ns) && ret->since_ns;
}

static void latest_clock(struct waits *w)
{
	const struct cpus *cpus;
	struct shape s;
	uint64_t rq, clock;

	if (shape_resolve(&s, &rq_want, &w->c->types, NULL) || cpus_get(w->c, &cpus, NULL))
		return;
	for (size_t i = 0; i < cpus->n; i++) {
		if (percpu_symbol(w->c, &cpus->cpu[i], "runqueues", &rq, NULL) ||
		    !wait_get(w, &s, rq, RQ_CLOCK, &clock))
			continue;
		w->has_now = true;
		w->now_ns = clock > w->now_ns ? clock : w->now_ns;
	}
}

/* Nothing in memory says how many jiffies a second has. They start five minutes before they
 * wrap (INITIAL_JIFFIES, include/linux/jiffies.h): of the choices that a kernel has, the one
 * by which they and the clock agree. */
static unsigned guess_hz(uint64_t jiffies, uint64_t now_ns)
{
	static const unsigned hz[] = { 100, 250, 300, 1000 };
	uint64_t slack = now_ns / 100 + 1000000000;

	for (size_t i = 0; i < sizeof(hz) / sizeof(hz[0]); i++) {
		uint64_t start = (uint32_t)(-300 * (int64_t)hz[i]), ns;

		if (jiffies < start)
			continue;
		ns = (jiffies - start) * (1000000000 / hz[i]);
		if (ns + slack >= now_ns && ns <= now_ns + slack)
			return hz[i];
	}
	return 0;
}

void wait_now(struct waits *w)
{
	uint64_t var;

	latest_clock(w);
	if (w->has_now && !sym_addr(&w->c->syms, "jiffies_64", &var, NULL) &&
	    !space_u64(&w->c->kernel, var, &w->jiffies, NULL))
		w->hz = guess_hz(w->jiffies, w->now_ns);
}
