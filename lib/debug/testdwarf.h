/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testdwarf - for tests: the types of one debug file.
 */
#ifndef CAIRN_DEBUG_TESTDWARF_H
#define CAIRN_DEBUG_TESTDWARF_H

#include <stdio.h>
#include <stdlib.h>

#include "lib/debug/dwarf.h"

struct world {
	struct arena arena;
	struct types ts;
	struct debugfile *f;
};

/** False if f has no DWARF; to be deinitialised all the same. */
static inline bool world_init(struct world *w, struct debugfile *f)
{
	struct type_provider *p;

	w->f = f;
	w->arena = (struct arena){ 0 };
	types_init(&w->ts, &w->arena, sizeof(void *));
	if (dwarf_provider_new(&p, f, NULL) != CAIRN_OK)
		return false;
	types_add(&w->ts, p);
	return true;
}

static inline void world_deinit(struct world *w)
{
	types_deinit(&w->ts);
	arena_deinit(&w->arena);
	debugfile_close(w->f);
}

/** A type that must be there. */
static inline const struct type *get(struct world *w, const char *name)
{
	struct cairn_err err;
	const struct type *t = type_find(&w->ts, name, &err);

	if (!t) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return t;
}

#endif
