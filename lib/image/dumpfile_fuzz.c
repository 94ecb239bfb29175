/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump of any bytes: opens or is refused; every page, note and bound can be asked for. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/fuzzdump.h"
#include "lib/image/image.h"
#include "lib/image/regs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct image *img)
{
	const struct image_info *info = image_info(img);
	struct arena arena = { 0 };
	struct vcpu_notes vcpus;
	uint64_t at = 0, lo, hi;

	for (int i = 0; i < 200 && image_next_present(img, &at); i++) {
		struct page *p = image_pin(img, at);

		if (!p->data == !p->fault)
			abort(); /* neither a page nor a reason, or both */
		image_put(img, p);
		at = ((at >> info->page_shift) + 1) << info->page_shift;
	}
	for (unsigned a = 0; a < 64; a++)
		image_put(img, image_pin(img, (uint64_t)1 << a));
	if (image_bounds(img, &lo, &hi) && lo >= hi)
		abort();
	if (info->vmcoreinfo.text && strlen(info->vmcoreinfo.text) != info->vmcoreinfo.len)
		abort();
	regs_read_notes(&vcpus, info->arch, info->notes, info->notes_len, &arena, NULL);
	arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cairn_err err = { .text = "" };
	struct image *img;
	const char *path;
	char buf[32];
	int fd;

	if (size < 4)
		return 0;
	fd = fd_file(data, size);
	path = td_path(buf, fd);
	if (image_open(&img, &path, 1, &err) == CAIRN_OK) {
		use(img);
		image_close(img);
	} else if (!err.text[0]) {
		abort();
	}
	close(fd);
	return 0;
}
