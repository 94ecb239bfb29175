/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testchain - what the tests of walks share: a chain of calls, and the comparison.
 */
#ifndef CAIRN_UNWIND_TESTCHAIN_H
#define CAIRN_UNWIND_TESTCHAIN_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unwind/testcheck.h"
#include "unwind/testworld.h"

#define TASK_END (W_TASK + W_STACK)
#define IRQ_END  (W_IRQ + W_STACK)
#define NMI_END  (W_NMI + W_EXC)
#define DF_END   (W_DF + W_EXC)
#define PT_REGS  168u

static inline int setup(void **state)
{
	static struct world w;

	w_init(&w);
	*state = &w;
	return 0;
}

static inline int teardown(void **state)
{
	w_deinit(*state);
	return 0;
}

/** start calls outer, outer calls inner; each function keeps one word besides its return
 * address. sp is where inner stands on a stack that ends at `end`. */
struct chain {
	uint64_t start, outer, inner, sp;
};

static inline struct chain make_chain(struct world *w, uint64_t end)
{
	struct chain c;

	c.start = w_func(w, 0, "start", 0, W_END);
	c.outer = w_func(w, 1, "outer", 16, W_SP | W_CALL);
	c.inner = w_func(w, 2, "inner", 16, W_SP | W_CALL);
	c.sp = end - 64;
	w_put(w, c.sp + 8, w_call(w, c.outer + 0x20, c.inner));
	w_put(w, c.sp + 24, w_call(w, c.start + 0x10, c.outer));
	return c;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
