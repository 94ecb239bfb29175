/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any beginning of a file is of one kind, read without going past it; and what is text stays so
 * with a hole of NULs in front of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/textkind.h"
#include "lib/base/mem.h"

#define HOLE 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum textkind kind = textkind(data, size);
	uint8_t *holed;

	if (kind != TEXTKIND_TEXT && kind != TEXTKIND_DUMP && kind != TEXTKIND_OTHER)
		abort();
	if (kind != TEXTKIND_TEXT || size > TEXTKIND_LEN - HOLE)
		return 0;
	holed = mem_resize(NULL, size + HOLE, 1);
	if (!holed)
		return 0;
	memset(holed, 0, HOLE);
	memcpy(holed + HOLE, data, size);
	if (textkind(holed, size + HOLE) != TEXTKIND_TEXT)
		abort();
	mem_free(holed);
	return 0;
}
