/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log of arbitrary bytes: every report's strings are read to their end, every frame and
 * register is looked at, and what is promised of them holds.
 */
#include <stdlib.h>
#include <string.h>

#include "unwind/cause.h"
#include "unwind/oops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t sum;

static void look(const char *s)
{
	sum += s ? strlen(s) : 0;
}

static void must(const char *s)
{
	if (!s)
		abort();
	look(s);
}

static void look_at(const struct oops *o, size_t nlines)
{
	must(o->class);
	must(o->title);
	must(o->head);
	must(o->signature.strict);
	must(o->signature.fuzzy);
	look(o->message);
	look(o->function);
	look(o->module);
	look(o->guilty);
	look(o->file);
	look(o->comm);
	look(o->release);
	look(o->tainted);
	look(o->hardware);
	look(o->modules);
	look(o->workqueue);
	look(o->code);
	look(o->advice);
	if (!o->first || o->first > o->last || o->last > nlines || o->n > OOPS_FRAMES ||
	    o->nregs > OOPS_REGS)
		abort();
	for (size_t i = 0; i < o->nregs; i++)
		must(o->reg[i].name);
	for (size_t i = 0; i < o->n; i++) {
		look(o->frame[i].function);
		look(o->frame[i].module);
		look(o->frame[i].stack);
		look(o->frame[i].file);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct oopses all;
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (oops_parse(&all, text, size, &a, NULL) == CAIRN_OK) {
		for (size_t i = 0; i < all.n; i++) {
			look_at(&all.oops[i], all.nlines);
			look(cause_of_log(&all, i, &a));
		}
		if (all.n && !oops_last(&all))
			abort();
	}
	arena_deinit(&a);
	free(text);
	return 0;
}
