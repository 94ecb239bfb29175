/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that calls another function: the first byte chooses the machine, the rest are instructions.
 * It ends, and what is not known has a reason.
 */
#include <stdlib.h>

#include "lib/kern/callarg.h"
#include "lib/kern/testcode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();
	struct testcode code = tco_call("f", TK_BASE + 0x1000, "g", TK_BASE + 0x1040);
	enum arch_id arch = size && data[0] & 1 ? ARCH_ARM64 : ARCH_ARM;
	struct cairn_err err = { .text = "" };
	uint64_t ret;
	struct cairn *c;

	if (size > 1)
		tk_write(k, code.function.addr, data + 1, size - 1 < 0x40 ? size - 1 : 0x40);
	c = tk_open(k, arch == ARCH_ARM64 ? 8 : 4);
	c->arch = arch_by_id(arch);
	tco_add(&code, c);
	if (callarg_first(c, "f", "g", &ret, &err) ? !err.text[0] : err.code != CAIRN_OK)
		abort();
	tk_free(k);
	return 0;
}
