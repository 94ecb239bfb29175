/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oops_out - one report of a log, as text and as cairn.oops/1. */
#ifndef CAIRN_CMD_OOPS_OUT_H
#define CAIRN_CMD_OOPS_OUT_H

#include "lib/base/arena.h"
#include "lib/base/out.h"
#include "unwind/oops.h"

struct oops_view {
	struct out *o;
	struct arena *scratch;
	const char *file; /* NULL: the dump's own log */
	bool guesses;     /* text: frames that the kernel marked with a ? */
	bool verbose;     /* text: registers, what they lead to, code, modules */
};

/** The i-th report. */
void oops_out(const struct oops_view *v, const struct oopses *all, size_t i);

#endif
