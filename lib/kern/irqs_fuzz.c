/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts with patches: the input is four bytes each, which word of tree, descriptors or
 * handlers and what becomes of it. It ends, no descriptor comes twice, and what is not whole has a
 * reason.
 */
#include <stdlib.h>

#include "lib/kern/fuzzlinks.h"
#include "lib/kern/irqs.h"
#include "lib/kern/testirqs.h"

static void look(const struct irqs *all)
{
	struct map seen = { 0 };

	if (all->err.code && !all->err.text[0])
		abort();
	for (size_t i = 0; i < all->n; i++) {
		const struct irq *irq = &all->irq[i];

		if (!map_visit(&seen, irq->desc) || (i && irq->number < irq[-1].number) ||
		    (irq->err.code ? irq->nactions || !irq->err.text[0] : false) ||
		    irq->nactions > IRQ_ACTIONS_LIMIT + 1)
			abort();
	}
	map_deinit(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testirqs t = tiq_over(tk_small(), !(size & 4));
	struct arena a = { 0 };
	struct cairn_err err = { .text = "" };
	struct irqs ret;

	tk_symbol(t.m.k, "vector_irq", TIQ_VECTORS);
	fuzz_words(t.m.k, data, size, t.m.next - TK_BASE);
	if (!irqs_read(tm_open(&t.m), &a, &ret, &err))
		look(&ret);
	else if (!err.text[0])
		abort();
	arena_deinit(&a);
	tk_free(t.m.k);
	return 0;
}
