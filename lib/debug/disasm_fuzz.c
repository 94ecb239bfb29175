/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as code of each machine, from the first to the last. Every step goes on, and
 * stays within what is there.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/debug/disasm.h"

static void through(enum arch_id id, const uint8_t *data, size_t size)
{
	struct instruction i;
	struct disasm d;
	size_t at = 0;

	if (disasm_init(&d, arch_by_id(id), NULL))
		abort();
	while (disasm_one(&d, data + at, size - at, 0xffffffff81000000 + at, &i)) {
		if (!i.size || i.size > size - at || i.size > DISASM_BYTES || !i.mnemonic[0] ||
		    memcmp(i.bytes, data + at, i.size))
			abort();
		at += i.size;
	}
	if (at != size)
		abort();
	disasm_deinit(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum arch_id id = ARCH_X86_64; id <= ARCH_ARM64; id++)
		through(id, data, size);
	return 0;
}
