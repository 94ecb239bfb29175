/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_filter - the options by which bt chooses among stacks by what is on them.
 */
#ifndef CAIRN_CMD_TRACE_FILTER_H
#define CAIRN_CMD_TRACE_FILTER_H

#include <stdbool.h>

#include "unwind/trace.h"

/** The options' texts: patterns as fnmatch() has them; NULL: any. */
struct trace_filter {
	const char *function;
	const char *module;
};

#define TRACE_FILTER_OPTS \
	{ 'f', "function", "GLOB", "only stacks with such a function on them" }, \
	{ 'm', "module", "GLOB", "only stacks with code of such a module on them" }

/** Some frame of the trace has such a function, and some frame is of such a module. */
bool trace_filter(const struct trace_filter *f, const struct trace *tr);

#endif
