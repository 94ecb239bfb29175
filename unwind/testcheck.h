/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testcheck - what the tests of walks expect: the frames and the end.
 */
#ifndef CAIRN_UNWIND_TESTCHECK_H
#define CAIRN_UNWIND_TESTCHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "unwind/testworld.h"

/** The names of the frames with their grades: "inner:A outer:B". */
static inline void check(struct world *w, const char *frames, enum trace_end end, bool complete)
{
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < w->trace.n && n < sizeof(text) - 64; i++)
		n += (size_t)sprintf(text + n, "%s%s:%c", i ? " " : "",
				     w->trace.frame[i].named ? w->trace.frame[i].sym.name : "-",
				     w->trace.frame[i].grade);
	assert_string_equal(text, frames);
	if (w->trace.end != end)
		fail_msg("ended with: %s", w->trace.reason);
	assert_int_equal(w->trace.complete, complete);
	assert_non_null(strstr(w->trace.reason, trace_end_name(end)));
}

#endif
