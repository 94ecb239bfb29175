/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/bulk.h"

enum cairn_code bulk_read(struct space *s, uint64_t va, void *buf, size_t len,
			  struct cairn_err *err)
{
	return space_read(s, va, buf, len, err);
}
