/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/trace_filter.h"

#include <fnmatch.h>
#include <stddef.h>

/* A function that jumped on has no frame of its own, but was called all the same. */
static bool has_function(const struct trace *tr, const char *glob)
{
	for (size_t i = 0; i < tr->n; i++)
		if ((tr->frame[i].named && !fnmatch(glob, tr->frame[i].sym.name, 0)) ||
		    (tr->frame[i].via && !fnmatch(glob, tr->frame[i].via, 0)))
			return true;
	return false;
}

static bool has_module(const struct trace *tr, const char *glob)
{
	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].named && tr->frame[i].sym.module &&
		    !fnmatch(glob, tr->frame[i].sym.module, 0))
			return true;
	return false;
}

bool trace_filter(const struct trace_filter *f, const struct trace *tr)
{
	return (!f->function || has_function(tr, f->function)) &&
	       (!f->module || has_module(tr, f->module));
}
