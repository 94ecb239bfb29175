/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump whose VMCOREINFO, registers and memory are anything: a layout is found or not, and
 * one that is found can be read through. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/image/layout.h"
#include "lib/image/testmem.h"

#define MEMORY 0x10000

static void use(struct image *img, const struct layout *l)
{
	struct space kernel, user;
	uint64_t root, v;
	char text[16];

	if (!l->arch || l->nlinear > LAYOUT_LINEAR ||
	    layout_kernel_space(l, img, &kernel, NULL) != CAIRN_OK)
		abort();
	space_word(&kernel, l->stext, &v, NULL);
	for (unsigned i = 0; i < l->nlinear; i++)
		space_text(&kernel, l->linear[i].va, text, sizeof(text), NULL);
	if (layout_user_root(&kernel, l->stext, &root, NULL) == CAIRN_OK &&
	    layout_user_space(l, img, root, &user, NULL) == CAIRN_OK) {
		space_word(&user, 0x1000, &v, NULL);
		space_deinit(&user);
	}
	space_deinit(&kernel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t machines[] = { EM_X86_64, EM_386, EM_ARM, EM_AARCH64, EM_M32 };
	struct cursor c = cursor_init(data, size);
	struct testmem mem = { .elf_machine = machines[cursor_u8(&c) % 5] };
	size_t notes = cursor_u16(&c) % 4096, left;
	const void *note = cursor_bytes(&c, notes);
	struct layout l;
	struct image *img;

	if (c.bad)
		return 0;
	/* the notes as they are: VMCOREINFO, registers, or neither */
	memcpy(mem.notes, note, notes);
	mem.notes_len = notes;
	left = cursor_left(&c) < MEMORY ? cursor_left(&c) : MEMORY;
	testmem_add(&mem, 0, MEMORY);
	testmem_write(&mem, 0, c.pos, left);
	img = testmem_open(&mem);
	if (img && layout_find(&l, img, NULL) == CAIRN_OK)
		use(img, &l);
	image_close(img);
	testmem_free(&mem);
	return 0;
}
