/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump of any bytes: opens or is refused; every page, note and bound can be asked for.
 *
 * The first byte chooses a sound dump, the next three cut it, and each four bytes from
 * there put a byte at an offset; so most inputs get past the signatures. With a first byte
 * of 0xff the rest is the file itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/image.h"
#include "lib/image/regs.h"
#include "lib/image/testdump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool few(uint64_t pfn)
{
	return pfn < 6;
}

static void make_notes(struct td *notes)
{
	static const char info[] = "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=1\n";
	unsigned char qemu[440] = { 1 };

	td_prstatus(notes, arch_by_id(ARCH_X86_64), 336, 1, 100);
	td_note(notes, "QEMU", 0, qemu, sizeof(qemu));
	td_note(notes, "VMCOREINFO", 0, info, sizeof(info) - 1);
}

static void make_elf(struct td *t, const struct td *notes, bool wide)
{
	static const struct td_load loads[] = { { 0x1000, 0x1400, 0x1400 },
						{ 0x10800, 0x800, 0x2800 } };
	struct td_elf e = {
		.class = wide ? ELFCLASS64 : ELFCLASS32, .machine = wide ? EM_X86_64 : EM_386,
		.loads = loads, .nloads = 2, .notes = notes, .sections_first = wide, .xnum = !wide,
	};

	td_elf(t, &e);
}

static void make_kdump(struct td *t, const struct td *notes, unsigned which)
{
	static const enum codec_kind kinds[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
						 CODEC_ZSTD, CODEC_ZLIB, CODEC_ZLIB, CODEC_ZLIB };
	static const char *const machines[] = { "x86_64", "", "x86_64", "x86_64", "aarch64",
						"armv7l", "i686", "x86_64" };
	struct td_kdump k = {
		.machine = machines[which], .word = which == 5 || which == 6 ? 4 : 8,
		.arm = which == 5, .max_pfn = 16, .in_dump = few, .codec = kinds[which],
		.notes = notes, .split = which == 7, .start = 2, .end = 9,
		.phys_base = which == 5 ? 0x40000000 : 0,
	};

	td_kdump(t, &k);
}

static void make_base(struct td *t, unsigned which)
{
	struct td notes = { 0 }, plain = { 0 };

	make_notes(&notes);
	if (which < 8)
		make_kdump(t, &notes, which);
	else if (which < 10)
		make_elf(t, &notes, which == 8);
	else {
		make_kdump(&plain, &notes, 1);
		if (which == 10)
			td_flatten(t, &plain, 2000, true);
		else
			td_zstd(t, &plain, 2);
	}
	td_free(&notes);
	td_free(&plain);
}

static int make_file(const uint8_t *data, size_t size)
{
	struct td t = { 0 };
	size_t cut;
	int fd;

	if (data[0] == 0xff) {
		td_put(&t, 0, data + 1, size - 1);
	} else {
		make_base(&t, data[0] % 12);
		cut = (size_t)(data[1] | data[2] << 8 | data[3] << 16);
		for (size_t i = 4; i + 4 <= size; i += 4)
			t.data[(size_t)(data[i] | data[i + 1] << 8 | data[i + 2] << 16) % t.len] =
				data[i + 3];
		if (cut && cut < t.len)
			t.len = cut;
	}
	fd = td_fd(&t, t.len);
	td_free(&t);
	return fd;
}

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
	fd = make_file(data, size);
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
