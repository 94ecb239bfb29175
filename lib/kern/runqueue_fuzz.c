/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runqueues with patches: the input is four bytes each, which word of runqueue or tasks and what
 * becomes of it. It ends, no task comes twice, and what is not whole has a reason.
 */
#include <stdlib.h>

#include "lib/kern/fuzzlinks.h"
#include "lib/kern/runqueue.h"
#include "lib/kern/task.h"
#include "lib/kern/testrunq.h"

static void look(const struct runq *q)
{
	struct map seen = { 0 };

	if (q->fault.code ? q->n || !q->fault.text[0] : q->err.code && !q->err.text[0])
		abort();
	for (size_t i = 0; i < q->n; i++)
		if (!map_visit(&seen, q->task[i].task) || (q->task[i].running && i) ||
		    (q->task[i].err.code && !q->task[i].err.text[0]) ||
		    !runq_class_name(q->task[i].class))
			abort();
	map_deinit(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testrunq t = trq_over(tk_small());
	struct arena a = { 0 };
	struct runqs ret;

	fuzz_words(t.m.k, data, size, t.m.next - TK_BASE);
	if (!runqs_read(tm_open(&t.m), &a, &ret, NULL))
		for (size_t i = 0; i < ret.n; i++)
			look(&ret.runq[i]);
	tasks_free(&t.m.k->c);
	arena_deinit(&a);
	tk_free(t.m.k);
	return 0;
}
