/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as .debug_aranges: what comes out are ranges, no more than there is room for. */
#include <stdlib.h>

#include "lib/debug/aranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *arg, uint64_t begin, uint64_t end, uint64_t unit)
{
	(void)unit;
	if (begin >= end)
		abort();
	return ++*(size_t *)arg != 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = 0;

	if (aranges_read(data, size, take, &n) == (n == 1000) || n > size / 8)
		abort();
	return 0;
}
