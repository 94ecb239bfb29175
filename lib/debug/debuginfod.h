/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debuginfod - fetch a debug file by build-id from the servers in DEBUGINFOD_URLS.
 *
 * The client library is loaded when it is first needed, so that cairn runs where it is not
 * installed. The file lands in the library's own cache (DEBUGINFOD_CACHE_PATH).
 * Source: debuginfod_find_debuginfo(3).
 */
#ifndef CAIRN_DEBUG_DEBUGINFOD_H
#define CAIRN_DEBUG_DEBUGINFOD_H

#include <stdbool.h>

#include "lib/base/err.h"

/** Path of the fetched file, to be freed with mem_free(). CAIRN_NOTFOUND, with the reason,
 *  if there is no server to ask, no library, or no server has it; CAIRN_INTERRUPTED if
 *  progress() returned true. */
enum cairn_code debuginfod_fetch(char **ret, const char *build_id,
				 bool (*progress)(void *arg, long done, long total), void *arg,
				 struct cairn_err *err);

#endif
