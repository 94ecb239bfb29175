/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err - errors by value.
 *
 * A fallible function returns enum cairn_code and takes an optional struct cairn_err *.
 * `return cairn_fail(err, CAIRN_..., "...")` is one statement; each caller on the way up
 * may prepend what it was doing with cairn_context(). Only cmd/main.c prints and exits.
 */
#ifndef CAIRN_BASE_ERR_H
#define CAIRN_BASE_ERR_H

#include "lib/cairn.h"

/** Fill *err (if not NULL) and return `code`. */
enum cairn_code cairn_fail(struct cairn_err *err, enum cairn_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Fill *err with a read fault at `addr` and return CAIRN_FAULT. The text is
 *  "<what> 0xADDR: <fault>"; `what` says which space ("physical address"). */
enum cairn_code cairn_fail_read(struct cairn_err *err, enum cairn_fault fault, uint64_t addr,
				const char *what);

/** Prepend "<formatted>: " to an error that is on its way up; returns err's code
 *  unchanged (`code` where err is NULL). Text that no longer fits is cut at its end. */
enum cairn_code cairn_context(struct cairn_err *err, enum cairn_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
