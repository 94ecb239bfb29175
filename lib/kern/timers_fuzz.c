/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers with patches: the input is four bytes each, which word of bases or timers and what becomes
 * of it. It ends, timers are in order, none is twice, and what is not whole has a reason.
 */
#include <stdlib.h>

#include "lib/kern/fuzzlinks.h"
#include "lib/kern/testtimers.h"
#include "lib/kern/timers.h"

static bool is_bad(const struct timer_base *b, size_t i)
{
	return (i && b->timer[i].in < b->timer[i - 1].in) ||
	       (b->timer[i].err.code && !b->timer[i].err.text[0]);
}

static void look(const struct timer_bases *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct timer_base *b = &all->base[i];
		struct map seen = { 0 };

		if (b->fault.code ? b->n || !b->fault.text[0] : b->err.code && !b->err.text[0])
			abort();
		for (size_t k = 0; k < b->n; k++)
			if (!map_visit(&seen, b->timer[k].addr) || is_bad(b, k))
				abort();
		map_deinit(&seen);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testtimers t = ttm_over(tk_small());
	struct arena a = { 0 };
	struct timer_bases b;
	struct cairn *c;

	if (size & 4)
		ttm_jiffies(t.m.k);
	fuzz_words(t.m.k, data, size, t.m.next - TK_BASE);
	c = tm_open(&t.m);
	if (!timers_wheel(c, &a, &b, NULL))
		look(&b);
	if (!timers_hr(c, &a, &b, NULL))
		look(&b);
	arena_deinit(&a);
	tk_free(t.m.k);
	return 0;
}
