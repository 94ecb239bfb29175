/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables made of anything: every walk ends, within its levels, and says what it saw. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cursor.h"
#include "lib/image/paging.h"
#include "lib/image/testmem.h"

#define MEMORY 0x8000

static bool choose(struct paging_form *form, uint8_t n, uint8_t m)
{
	static const struct paging_form *const fixed[] = {
		&paging_x86_64_l4, &paging_x86_64_l5, &paging_i386, &paging_i386_pae,
		&paging_arm_short, &paging_arm_lpae,
	};

	if (n % 9 >= 6)
		return paging_arm64(form, 12 + 2 * (n % 9 - 6u), 36 + m % 17u);
	*form = *fixed[n % 9];
	return true;
}

static void walk(const struct paging_form *form, struct image *img, uint64_t root, uint64_t va)
{
	struct paging_result r = paging_lookup(form, img, root, va);
	struct paging_walk w = paging_begin(form, img, root, va);
	unsigned steps = 0;
	char text[64];

	while (paging_step(&w, NULL) == CAIRN_OK) {
		paging_describe(&w, text, sizeof(text));
		if (++steps > PAGING_LEVELS)
			abort();
	}
	if (r.fault == CAIRN_FAULT_NONE && (w.kind != PAGING_PAGE || w.paddr != r.paddr || !r.size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_init(data, size);
	uint8_t n = cursor_u8(&c), m = cursor_u8(&c);
	uint64_t root = cursor_u64(&c), va = cursor_u64(&c);
	struct testmem mem = { 0 };
	struct paging_form form;
	struct image *img;
	size_t left;

	if (c.bad || !choose(&form, n, m))
		return 0;
	left = cursor_left(&c) < MEMORY ? cursor_left(&c) : MEMORY;
	testmem_add(&mem, 0, MEMORY);
	testmem_write(&mem, 0, c.pos, left);
	img = testmem_open(&mem);
	if (img) {
		walk(&form, img, root % MEMORY, va);
		walk(&form, img, root, va);
		walk(&form, img, root % MEMORY, va & 0xffffffff);
	}
	image_close(img);
	testmem_free(&mem);
	return 0;
}
