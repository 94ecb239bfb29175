/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap_zstd - a whole file as one zstd frame: the counterpart of unwrap's.
 *
 * Across pages there is far more to save than within one. The window is 128 MiB, the most that
 * `zstd -d` takes without being told.
 */
#ifndef CAIRN_IMAGE_WRAP_ZSTD_H
#define CAIRN_IMAGE_WRAP_ZSTD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

/** Compress the first `size` bytes of `in` into `out`, from its beginning; *packed gets the size
 *  of the result. `stop` (NULL: never) is asked in between: CAIRN_INTERRUPTED. */
enum cairn_code wrap_zstd(int in, uint64_t size, int out, uint64_t *packed, bool (*stop)(void),
			  struct cairn_err *err);

#endif
