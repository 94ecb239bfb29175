/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ORC tables out of a hostile dump: unsorted, cut, with an index that lies. A search ends
 * with an entry of the table or with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "unwind/orc.h"

#define BASE UINT64_C(0xffffffff81000000)

struct bytes {
	const uint8_t *data;
	size_t size;
};

static enum cairn_code read_bytes(void *self, uint64_t va, void *buf, size_t len,
				  struct cairn_err *err)
{
	const struct bytes *b = self;

	if (va < BASE || va - BASE > b->size || len > b->size - (va - BASE))
		return cairn_fail_read(err, CAIRN_FAULT_ABSENT, va, "kernel address");
	memcpy(buf, b->data + (va - BASE), len);
	return CAIRN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	struct reader r = { .read = read_bytes, .self = &b, .word = 8 };
	struct cursor c = cursor_init(data, size);
	struct orc_table t = {
		.n = cursor_u32(&c) & 0x1ffff, .ips = BASE + cursor_u16(&c),
		.entries = BASE + cursor_u16(&c), .lookup = BASE + cursor_u16(&c),
		.lookup_n = cursor_u32(&c), .lookup_base = BASE + cursor_u32(&c),
	};
	uint64_t ip = BASE + cursor_u32(&c);
	unsigned char entry[ORC_ENTRY_SIZE];
	struct cairn_err err;

	if (orc_find(&t, &r, ip, entry, &err) == CAIRN_OK)
		for (int v = ORC_NONE; v <= ORC_V4; v++) {
			struct orc_row row = orc_decode((enum orc_version)v, entry);

			if (row.type > ORC_TYPE_BAD || row.sp_reg > ORC_REG_BAD)
				abort();
		}
	orc_version_by_sample(data, size / ORC_ENTRY_SIZE);
	return 0;
}
