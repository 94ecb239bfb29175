/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulk - read a large virtual range with both cores.
 *
 * Pages are translated on the calling thread and decompressed on two handles straight into
 * the caller's buffer; nothing goes through the page cache.
 */
#ifndef CAIRN_IMAGE_BULK_H
#define CAIRN_IMAGE_BULK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/space.h"

/** Read [va, va + len). All or nothing; on failure err->addr is the first bad address. */
enum cairn_code bulk_read(struct space *s, uint64_t va, void *buf, size_t len,
			  struct cairn_err *err);

#endif
