/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/testtimers.h"
#include "lib/kern/timers.h"

struct world {
	struct testtimers t;
	struct arena a;
	struct timer_bases wheel, hr;
};

static struct world begin(void)
{
	struct world w = { .t = ttm_over(tk_new()) };

	ttm_jiffies(w.t.m.k);
	return w;
}

static void look(struct world *w)
{
	struct cairn *c = tm_open(&w->t.m);

	assert_int_equal(timers_wheel(c, &w->a, &w->wheel, NULL), CAIRN_OK);
	assert_int_equal(timers_hr(c, &w->a, &w->hr, NULL), CAIRN_OK);
	assert_int_equal(w->wheel.n, 2);
	assert_int_equal(w->hr.n, 4);
}

static void end(struct world *w)
{
	arena_deinit(&w->a);
	tk_free(w->t.m.k);
}

static void wheels(void **state)
{
	struct world w = begin();
	const struct timer_base *b;

	(void)state;
	look(&w);
	b = &w.wheel.base[0];
	assert_int_equal(b->fault.code, CAIRN_OK);
	assert_int_equal(b->err.code, CAIRN_OK);
	assert_true(b->has_now);
	assert_int_equal(b->now, TTM_JIFFIES);
	assert_int_equal(b->running, w.t.plain);
	assert_int_equal(b->n, 3);
	assert_int_equal(b->timer[0].addr, w.t.late);
	assert_int_equal(b->timer[0].in, -4);
	assert_int_equal(b->timer[0].work, TTM_WORK);
	assert_int_equal(b->timer[0].task, 0);
	assert_int_equal(b->timer[1].addr, w.t.plain);
	assert_int_equal(b->timer[1].in, 20);
	assert_int_equal(b->timer[1].work, 0);
	assert_int_equal(b->timer[2].addr, w.t.sleeper);
	assert_int_equal(b->timer[2].task, w.t.task);
	assert_int_equal(w.wheel.base[1].cpu, 1);
	assert_int_equal(w.wheel.base[1].n, 0);
	end(&w);
}

static void clocks(void **state)
{
	struct world w = begin();
	const struct timer_base *b;

	(void)state;
	look(&w);
	b = &w.hr.base[0];
	assert_string_equal(b->name, "monotonic");
	assert_false(b->soft);
	assert_false(b->has_now); /* there is no timekeeper */
	assert_int_equal(b->n, 2);
	assert_int_equal(b->timer[0].addr, w.t.first);
	assert_int_equal(b->timer[0].expires, 1000);
	assert_int_equal(b->timer[0].soft, 900);
	assert_int_equal(b->timer[0].task, w.t.task);
	assert_int_equal(b->timer[1].addr, w.t.second);
	assert_int_equal(b->timer[1].task, 0);
	assert_true(w.hr.base[1].soft);
	assert_string_equal(w.hr.base[1].name, "realtime");
	end(&w);
}

/* What is executed is in no tree; once it has been started anew, it is. */
static void running_hrtimer(void **state)
{
	struct world w = begin();
	uint64_t third = tm_alloc(&w.t.m, 0x40);
	const struct timer_base *b;

	(void)state;
	tk_put(w.t.m.k, third + 0x18, 500, 8);
	tk_put(w.t.m.k, TTM_CLOCK(0, 0) + 8, third, 8);
	look(&w);
	b = &w.hr.base[0];
	assert_int_equal(b->n, 3);
	assert_int_equal(b->timer[0].addr, third);
	end(&w);
	w = begin();
	tk_put(w.t.m.k, TTM_CLOCK(0, 0) + 8, w.t.second, 8);
	look(&w);
	assert_int_equal(w.hr.base[0].n, 2);
	end(&w);
}

static void unit(void **state)
{
	struct world w = begin();

	(void)state;
	look(&w);
	assert_int_equal(w.wheel.base[0].unit_ns, 0);
	assert_int_equal(w.hr.base[0].unit_ns, 1);
	end(&w);
	w = begin();
	tk_struct(w.t.m.k, "clocksource", 16, (const struct tk_member[]){
		{ "mult", 4, 4, 0, NULL }, { "shift", 8, 4, 0, NULL }, { 0 } });
	tk_symbol(w.t.m.k, "clocksource_jiffies", TTM_JIFFIES_AT + 8);
	tk_put(w.t.m.k, TTM_JIFFIES_AT + 8 + 4, 4000000u << 8, 4);
	tk_put(w.t.m.k, TTM_JIFFIES_AT + 8 + 8, 8, 4);
	look(&w);
	assert_int_equal(w.wheel.base[0].unit_ns, 4000000);
	end(&w);
}

/* Kernels whose data has no symbols: the latest that a wheel has seen. */
static void no_jiffies(void **state)
{
	struct testtimers t = ttm_over(tk_new());
	struct arena a = { 0 };
	struct timer_bases w;

	(void)state;
	tk_put(t.m.k, TTM_BASE(0) + 8, TTM_JIFFIES - 30, 8);
	tk_put(t.m.k, TTM_BASE(1) + 8, TTM_JIFFIES - 10, 8);
	tm_open(&t.m);
	assert_int_equal(timers_wheel(&t.m.k->c, &a, &w, NULL), CAIRN_OK);
	assert_int_equal(w.base[0].now, TTM_JIFFIES - 10);
	assert_int_equal(w.base[0].timer[0].in, 6);
	arena_deinit(&a);
	tk_free(t.m.k);
}

static void damage(void **state)
{
	struct world w = begin();

	(void)state;
	tk_put(w.t.m.k, w.t.plain, w.t.sleeper, 8); /* a circle */
	tk_put(w.t.m.k, w.t.second + 8, w.t.second, 8);
	look(&w);
	assert_int_equal(w.wheel.base[0].n, 3);
	assert_int_equal(w.wheel.base[0].err.code, CAIRN_CORRUPT);
	assert_int_equal(w.hr.base[0].n, 2);
	assert_int_equal(w.hr.base[0].err.code, CAIRN_CORRUPT);
	end(&w);
	w = begin();
	tk_put(w.t.m.k, TTM_SLOT(0, 7), TK_HOLE, 8);
	tk_put(w.t.m.k, w.t.second + 16, TK_HOLE + 16, 8);
	look(&w);
	assert_int_equal(w.wheel.base[0].n, 3); /* there, and not known */
	assert_int_equal(w.hr.base[0].n, 2);
	for (size_t i = 0, unread = 0; i < 3; i++) {
		unread += w.wheel.base[0].timer[i].err.code == CAIRN_FAULT;
		assert_true(i < 2 || unread == 1);
	}
	end(&w);
	w = begin();
	tk_put(w.t.m.k, TM_OFFSETS, TK_HOLE - 0x600, 8);
	look(&w);
	assert_int_equal(w.wheel.base[0].fault.code, CAIRN_FAULT);
	assert_int_equal(w.hr.base[0].fault.code, CAIRN_FAULT);
	assert_int_equal(w.wheel.base[1].fault.code, CAIRN_OK);
	end(&w);
}

/* All slots lead into the same list. */
static void shared_list(void **state)
{
	struct world w = begin();

	(void)state;
	for (unsigned i = 0; i < TTM_VECTORS; i++)
		tk_put(w.t.m.k, TTM_SLOT(0, i), w.t.sleeper, 8);
	look(&w);
	assert_int_equal(w.wheel.base[0].n, 2);
	assert_int_equal(w.wheel.base[0].err.code, CAIRN_CORRUPT);
	assert_int_equal(w.wheel.base[0].err.addr, w.t.sleeper);
	assert_int_equal(w.wheel.base[1].err.code, CAIRN_OK);
	end(&w);
}

/* Whatever there was no memory for, it is told that there may be more. */
static void no_memory(void **state)
{
	struct world w = begin();
	struct timer_bases b;
	bool any = false;

	(void)state;
	look(&w);
	for (unsigned i = 0; i < 256 * 8; i++) {
		struct arena a = { 0 };
		enum cairn_code code;

		for (unsigned left = 65536; left > i / 8 * 64; left -= 64) /* of a chunk */
			arena_alloc(&a, 64);
		mem_fail_after(i % 8);
		code = timers_hr(&w.t.m.k->c, &a, &b, NULL);
		mem_fail_after(-1);
		for (size_t k = 0; !code && k < b.n; k++)
			if (b.base[k].n < w.hr.base[k].n) {
				assert_int_not_equal(b.base[k].err.code, CAIRN_OK);
				any = true;
			}
		arena_deinit(&a);
	}
	assert_true(any);
	end(&w);
}

static void missing(void **state)
{
	struct testmachine m = tm_new(1);
	struct arena a = { 0 };
	struct timer_bases b;
	struct cairn_err err;

	(void)state;
	tm_open(&m);
	assert_int_equal(timers_wheel(&m.k->c, &a, &b, &err), CAIRN_MISSING);
	assert_int_equal(timers_hr(&m.k->c, &a, &b, &err), CAIRN_MISSING);
	arena_deinit(&a);
	tk_free(m.k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wheels), cmocka_unit_test(clocks),
		cmocka_unit_test(running_hrtimer), cmocka_unit_test(unit), cmocka_unit_test(no_jiffies),
		cmocka_unit_test(damage), cmocka_unit_test(shared_list), cmocka_unit_test(no_memory),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
