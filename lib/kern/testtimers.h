/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testtimers - for tests: a wheel and two clock bases on each of two CPUs, over testmachine.
 *
 * CPU 0's wheel has a timer that wakes task 10, one that queues work and is late, and one that
 * does neither; its first clock base has two timers, of which one wakes the task.
 */
#ifndef CAIRN_KERN_TESTTIMERS_H
#define CAIRN_KERN_TESTTIMERS_H

#include "lib/kern/testmachine.h"

/* per-CPU, as offsets */
enum { TTM_WHEEL = 0x600, TTM_HR = 0x700 };
#define TTM_VECTORS 8u
#define TTM_BASE(cpu) (TM_AREA(cpu) + TTM_WHEEL)
#define TTM_SLOT(cpu, n) (TTM_BASE(cpu) + 0x10 + 8 * (n))
#define TTM_CLOCK(cpu, n) (TM_AREA(cpu) + TTM_HR + 0x10 + 0x40 * (n))
#define TTM_JIFFIES_AT (TK_BASE + 0x180)
#define TTM_JIFFIES UINT64_C(4294893000)
/* functions */
enum { TTM_WAKE = 0x7001000, TTM_QUEUE = 0x7002000, TTM_HRWAKE = 0x7003000, TTM_OTHER = 0x7004000,
       TTM_WORK = 0x7005000 };

struct testtimers {
	struct testmachine m;
	uint64_t task;
	uint64_t sleeper, late, plain; /* timer_list */
	uint64_t first, second;        /* hrtimer */
};

static inline void ttm_types(struct testkern *k)
{
	tk_struct(k, "hlist_node", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "pprev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "timer_list", 0x28, (const struct tk_member[]){
		{ "entry", 0, 0, 0, "hlist_node" }, { "expires", 0x10, 8, 0, NULL },
		{ "function", 0x18, 8, 0, NULL }, { 0 } });
	tk_struct(k, "process_timer", 0x30, (const struct tk_member[]){
		{ "timer", 0, 0, 0, "timer_list" }, { "task", 0x28, 8, 0, NULL }, { 0 } });
	tk_struct(k, "work_struct", 0x20, (const struct tk_member[]){
		{ "func", 0x18, 8, 0, NULL }, { 0 } });
	tk_struct(k, "delayed_work", 0x50, (const struct tk_member[]){
		{ "work", 0, 0, 0, "work_struct" }, { "timer", 0x20, 0, 0, "timer_list" }, { 0 } });
	tk_struct(k, "timer_base", 0x50, (const struct tk_member[]){
		{ "running_timer", 0, 8, 0, NULL }, { "clk", 8, 8, 0, NULL },
		{ "vectors", 0x10, 8, TTM_VECTORS, NULL }, { 0 } });
	tk_struct(k, "timerqueue_node", 0x20, (const struct tk_member[]){
		{ "node", 0, 0, 0, "hlist_node" }, { "expires", 0x18, 8, 0, "-" }, { 0 } });
	tk_struct(k, "hrtimer", 0x30, (const struct tk_member[]){
		{ "node", 0, 0, 0, "timerqueue_node" }, { "_softexpires", 0x20, 8, 0, "-" },
		{ "function", 0x28, 8, 0, NULL }, { 0 } });
	tk_struct(k, "hrtimer_sleeper", 0x38, (const struct tk_member[]){
		{ "timer", 0, 0, 0, "hrtimer" }, { "task", 0x30, 8, 0, NULL }, { 0 } });
	tk_struct(k, "hrtimer_clock_base", 0x40, (const struct tk_member[]){
		{ "clockid", 0, 4, 0, NULL }, { "running", 8, 8, 0, NULL },
		{ "active", 0x10, 8, 0, NULL }, { "offset", 0x18, 8, 0, "-" }, { 0 } });
	tk_struct(k, "hrtimer_cpu_base", 0x90, (const struct tk_member[]){
		{ "clock_base", 0x10, 0, 2, "hrtimer_clock_base" }, { 0 } });
}

static inline void ttm_link(struct testkern *k, uint64_t from, uint64_t timer)
{
	tk_put(k, from, timer, 8);
	tk_put(k, timer + 8, from, 8);
}

static inline void ttm_timers(struct testtimers *t)
{
	struct testkern *k = t->m.k;

	t->sleeper = tm_alloc(&t->m, 0x40);
	t->late = tm_alloc(&t->m, 0x60) + 0x20;
	t->plain = tm_alloc(&t->m, 0x40);
	ttm_link(k, TTM_SLOT(0, 1), t->sleeper);
	ttm_link(k, t->sleeper, t->plain);
	ttm_link(k, TTM_SLOT(0, 7), t->late);
	tk_put(k, t->sleeper + 0x10, TTM_JIFFIES + 50, 8);
	tk_put(k, t->sleeper + 0x18, TTM_WAKE, 8);
	tk_put(k, t->sleeper + 0x28, t->task, 8);
	tk_put(k, t->late + 0x10, TTM_JIFFIES - 4, 8);
	tk_put(k, t->late + 0x18, TTM_QUEUE, 8);
	tk_put(k, t->late - 0x20 + 0x18, TTM_WORK, 8);
	tk_put(k, t->plain + 0x10, TTM_JIFFIES + 20, 8);
	tk_put(k, t->plain + 0x18, TTM_OTHER, 8);
	tk_put(k, TTM_BASE(0), t->plain, 8);
	t->first = tm_alloc(&t->m, 0x40);
	t->second = tm_alloc(&t->m, 0x40);
	tk_put(k, TTM_CLOCK(0, 0), 1, 4);
	tk_put(k, TTM_CLOCK(0, 0) + 0x10, t->second, 8);
	tk_put(k, t->second + 16, t->first, 8); /* to its left */
	tk_put(k, t->first + 0x18, 1000, 8);
	tk_put(k, t->first + 0x20, 900, 8);
	tk_put(k, t->first + 0x28, TTM_HRWAKE, 8);
	tk_put(k, t->first + 0x30, t->task, 8);
	tk_put(k, t->second + 0x18, 2000, 8);
	tk_put(k, t->second + 0x28, TTM_OTHER, 8);
}

/** The kernel names its jiffies. */
static inline void ttm_jiffies(struct testkern *k)
{
	tk_symbol(k, "jiffies_64", TTM_JIFFIES_AT);
	tk_put(k, TTM_JIFFIES_AT, TTM_JIFFIES, 8);
}

/** Over memory that was begun; then tm_open(&ret.m). */
static inline struct testtimers ttm_over(struct testkern *k)
{
	struct testtimers t = { .m = tm_over(k, 2) };

	ttm_types(k);
	tk_symbol(k, "timer_bases", TTM_WHEEL);
	tk_symbol(k, "hrtimer_bases", TTM_HR);
	tk_symbol(k, "process_timeout", TTM_WAKE);
	tk_symbol(k, "delayed_work_timer_fn", TTM_QUEUE);
	tk_symbol(k, "hrtimer_wakeup", TTM_HRWAKE);
	t.task = tm_task(&t.m, 10, "sleeps");
	ttm_timers(&t);
	return t;
}

#endif
