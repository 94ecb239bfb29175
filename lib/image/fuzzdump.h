/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzzdump - dump files of any bytes, for *_fuzz.c only.
 *
 * The first byte chooses a sound dump, the next three cut it, and each four bytes from
 * there put a byte at an offset; so most inputs get past the signatures. With a first byte
 * of 0xff the rest is the file itself.
 */
#ifndef CAIRN_IMAGE_FUZZDUMP_H
#define CAIRN_IMAGE_FUZZDUMP_H

#include "lib/image/testdump.h"

TD_FN bool fd_few(uint64_t pfn)
{
	return pfn < 6;
}

TD_FN void fd_notes(struct td *notes)
{
	static const char info[] = "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=1\n";
	unsigned char qemu[440] = { 1 };

	td_prstatus(notes, arch_by_id(ARCH_X86_64), 336, 1, 100);
	td_note(notes, "QEMU", 0, qemu, sizeof(qemu));
	td_note(notes, "VMCOREINFO", 0, info, sizeof(info) - 1);
}

TD_FN void fd_elf(struct td *t, const struct td *notes, bool wide)
{
	static const struct td_load loads[] = { { 0x1000, 0x1400, 0x1400 },
						{ 0x10800, 0x800, 0x2800 } };
	struct td_elf e = {
		.class = wide ? ELFCLASS64 : ELFCLASS32, .machine = wide ? EM_X86_64 : EM_386,
		.loads = loads, .nloads = 2, .notes = notes, .sections_first = wide, .xnum = !wide,
	};

	td_elf(t, &e);
}

TD_FN void fd_kdump(struct td *t, const struct td *notes, unsigned which)
{
	static const enum codec_kind kinds[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
						 CODEC_ZSTD, CODEC_ZLIB, CODEC_ZLIB, CODEC_ZLIB };
	static const char *const machines[] = { "x86_64", "", "x86_64", "x86_64", "aarch64",
						"armv7l", "i686", "x86_64" };
	struct td_kdump k = {
		.machine = machines[which], .word = which == 5 || which == 6 ? 4 : 8,
		.arm = which == 5, .max_pfn = 16, .in_dump = fd_few, .codec = kinds[which],
		.notes = notes, .split = which == 7, .start = 2, .end = 9,
		.phys_base = which == 5 ? 0x40000000 : 0,
	};

	td_kdump(t, &k);
}

TD_FN void fd_base(struct td *t, unsigned which)
{
	struct td notes = { 0 }, plain = { 0 };

	fd_notes(&notes);
	if (which < 8)
		fd_kdump(t, &notes, which);
	else if (which < 10)
		fd_elf(t, &notes, which == 8);
	else {
		fd_kdump(&plain, &notes, 1);
		if (which == 10)
			td_flatten(t, &plain, 2000, true);
		else
			td_zstd(t, &plain, 2);
	}
	td_free(&notes);
	td_free(&plain);
}

/** A descriptor on the file; size is at least 4. */
TD_FN int fd_file(const uint8_t *data, size_t size)
{
	struct td t = { 0 };
	size_t cut;
	int fd;

	if (data[0] == 0xff) {
		td_put(&t, 0, data + 1, size - 1);
	} else {
		fd_base(&t, data[0] % 12);
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

#endif
