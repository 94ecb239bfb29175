/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARM's unwind index out of a hostile dump: unsorted, cut, leading anywhere. Finding an entry, its
 * instructions and an index among other data all end, within their bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "unwind/ehabi_tables.h"

#define BASE 0xc0300000u
#define TEXT 0x4000u /* of it is text, as far as the index is concerned */

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

static bool read_stack(void *arg, uint32_t addr, uint32_t *ret)
{
	*ret = addr * 2654435761u;
	return addr % 61 || *(const uint8_t *)arg & 1;
}

static void execute(const struct ehabi_entry *e, const uint8_t *seed)
{
	struct ehabi_run run = { .read_stack = read_stack, .arg = (void *)seed };

	if (e->n > EHABI_BYTES)
		abort();
	run.r[13] = 0xd8001000;
	if (ehabi_execute(&run, e->insn, e->n) > EHABI_NO_STACK)
		abort();
	ehabi_is_exception(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	struct reader r = { .read = read_bytes, .self = &b, .word = 4 };
	struct range text = { BASE, BASE + TEXT }, in = { BASE, BASE + size };
	struct cursor c = cursor_init(data, size);
	struct ehabi_index t = {
		.begin = BASE, .end = BASE + TEXT,
		.n = cursor_u32(&c) & 0x3ffff, .entries = BASE + cursor_u16(&c),
	};
	uint64_t pc = BASE + (cursor_u16(&c) & (TEXT - 1));
	struct ehabi_entry e = { .n = 0 };

	if (size && ehabi_find(&t, &r, pc, &e, NULL) == CAIRN_OK)
		execute(&e, data);
	e.n = size < EHABI_BYTES ? size : EHABI_BYTES;
	memcpy(e.insn, data, e.n);
	if (size)
		execute(&e, data);
	if (ehabi_search(&t, &r, text, in, NULL) == CAIRN_OK &&
	    (t.entries < BASE || t.entries + 8 * (uint64_t)t.n > BASE + size + 4096))
		abort();
	return 0;
}
