/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO made of anything, asked for every kind of value. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vmcoreinfo v = { .len = size };
	char *text = malloc(size + 1), buf[8];
	uint64_t u;
	int64_t i;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	v.text = text;
	vmcoreinfo_symbol(&v, "a", &u);
	vmcoreinfo_number(&v, "a", &i);
	vmcoreinfo_hex(&v, "a", &u);
	if (vmcoreinfo_get(&v, "a", buf, sizeof(buf)) && strlen(buf) >= sizeof(buf))
		abort();
	vmcoreinfo_get(&v, "", buf, sizeof(buf));
	free(text);
	return 0;
}
