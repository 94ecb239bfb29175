/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testdump - dump files made in memory, for tests only (nothing but *_test.c and *_fuzz.c
 * includes this).
 *
 * Page contents follow from the pfn (td_page), so a reader can be checked on any page
 * without a copy of what was written.
 */
#ifndef CAIRN_IMAGE_TESTDUMP_H
#define CAIRN_IMAGE_TESTDUMP_H

#include <elf.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/image/arch.h"
#include "lib/image/codec.h"

#define TD_FN static __attribute__((unused))

/* ---- a file that grows ---- */

struct td {
	unsigned char *data;
	size_t len, cap;
};

TD_FN void td_need(struct td *t, size_t len)
{
	if (len > t->cap) {
		size_t cap = len < 65536 ? 65536 : 2 * len;

		t->data = realloc(t->data, cap);
		if (!t->data)
			abort();
		memset(t->data + t->cap, 0, cap - t->cap);
		t->cap = cap;
	}
	if (len > t->len)
		t->len = len;
}

TD_FN void td_put(struct td *t, size_t off, const void *p, size_t n)
{
	td_need(t, off + n);
	if (n)
		memcpy(t->data + off, p, n);
}

TD_FN void td_uint(struct td *t, size_t off, uint64_t v, size_t size)
{
	unsigned char b[8];

	for (size_t i = 0; i < size; i++)
		b[i] = (unsigned char)(v >> 8 * i);
	td_put(t, off, b, size);
}

TD_FN void td_be64(struct td *t, size_t off, uint64_t v)
{
	td_uint(t, off, __builtin_bswap64(v), 8);
}

TD_FN void td_free(struct td *t)
{
	free(t->data);
	*t = (struct td){ 0 };
}

/** A descriptor on a nameless file with the first `len` bytes. */
TD_FN int td_fd(const struct td *t, size_t len)
{
	int fd = memfd_create("testdump", 0);
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, t->data + done, len - done);

		if (n <= 0)
			abort();
		done += (size_t)n;
	}
	return fd;
}

/** A path for it; `buf` has 32 bytes. */
TD_FN const char *td_path(char buf[32], int fd)
{
	snprintf(buf, 32, "/proc/self/fd/%d", fd);
	return buf;
}

/* ---- contents ---- */

/** One page in 8 is zero, one does not compress, the others do. */
TD_FN void td_page(uint64_t pfn, unsigned char *page, size_t size)
{
	uint64_t x = pfn * 0x9e3779b97f4a7c15u + 1;

	memset(page, 0, size);
	if (pfn % 8 == 3)
		return;
	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		page[i] = (unsigned char)(pfn % 8 == 5 ? x : i % 61 + (x & 1) + pfn);
	}
}

/* ---- notes ---- */

TD_FN void td_note(struct td *t, const char *name, uint32_t type, const void *desc, size_t len)
{
	size_t at = t->len, n = strlen(name) + 1;

	td_uint(t, at, n, 4);
	td_uint(t, at + 4, len, 4);
	td_uint(t, at + 8, type, 4);
	td_put(t, at + 12, name, n);
	at += 12 + ((n + 3) & ~(size_t)3);
	td_put(t, at, desc, len);
	td_need(t, at + ((len + 3) & ~(size_t)3));
}

/** NT_PRSTATUS: pid, and register i holds base + i. */
TD_FN void td_prstatus(struct td *t, const struct arch *arch, size_t size, uint32_t pid,
		       uint64_t base)
{
	struct td d = { 0 };

	td_need(&d, size);
	td_uint(&d, arch->prstatus_pid, pid, 4);
	for (unsigned i = 0; i < arch->nregs; i++)
		td_uint(&d, arch->prstatus_regs + (size_t)i * arch->word, base + i, arch->word);
	td_note(t, "CORE", NT_PRSTATUS, d.data, size);
	td_free(&d);
}

/* ---- kdump-compressed ---- */

struct td_kdump {
	const char *machine;  /* utsname.machine; "" for QEMU */
	unsigned word;        /* 8, or 4 */
	bool arm;             /* word 4 with ARM's alignment of the sub-header */
	int version;          /* of the header; 0: 6 */
	unsigned shift;       /* page size; 0: 12 */
	enum codec_kind codec;
	uint64_t max_pfn;
	bool (*in_dump)(uint64_t pfn); /* NULL: all but every 5th */
	bool (*in_ram)(uint64_t pfn);  /* NULL: all but every 16th; less than that: excluded */
	const struct td *notes;
	const char *vmcoreinfo; /* outside of the notes */
	uint32_t phys_base;
	bool split;
	uint64_t start, end;
	uint32_t status;
	/* set by the builder */
	size_t descs, ndescs, data; /* offsets of descriptors and of data */
};

TD_FN bool td_in_ram(const struct td_kdump *k, uint64_t pfn)
{
	return k->in_ram ? k->in_ram(pfn) : pfn % 16 != 15;
}

TD_FN bool td_in_dump(const struct td_kdump *k, uint64_t pfn)
{
	return td_in_ram(k, pfn) && (k->in_dump ? k->in_dump(pfn) : pfn % 5 != 4);
}

TD_FN size_t td_pack(enum codec_kind *kind, const void *page, size_t size, unsigned char *out,
		     size_t room)
{
	static unsigned char work[LZO1X_1_MEM_COMPRESS];
	uLongf z = room;
	lzo_uint l = room;
	size_t n = size;

	switch (*kind) {
	case CODEC_ZLIB: n = compress2(out, &z, page, size, 1) == Z_OK ? z : size; break;
	case CODEC_LZO:
		n = lzo1x_1_compress(page, size, out, &l, work) == LZO_E_OK ? l : size;
		break;
	case CODEC_SNAPPY:
		n = room;
		if (snappy_compress(page, size, (char *)out, &n) != SNAPPY_OK)
			n = size;
		break;
	case CODEC_ZSTD: n = ZSTD_compress(out, room, page, size, 1); break;
	case CODEC_NONE: break;
	}
	if (n < size)
		return n;
	*kind = CODEC_NONE;
	memcpy(out, page, size);
	return size;
}

TD_FN void td_kdump_header(struct td *t, const struct td_kdump *k, uint32_t map_blocks)
{
	size_t bs = (size_t)1 << k->shift, tail = k->word == 8 ? 424 : 412;

	td_put(t, 0, "KDUMP   ", 8);
	td_uint(t, 8, (uint64_t)k->version, 4);
	td_put(t, 12, *k->machine ? "Linux" : "", 5 * (*k->machine != 0));
	td_put(t, 12 + 4 * 65, k->machine, strlen(k->machine));
	td_uint(t, tail, k->status | k->codec, 4);
	td_uint(t, tail + 4, bs, 4);
	td_uint(t, tail + 8, 1, 4);
	td_uint(t, tail + 12, map_blocks, 4);
	td_uint(t, tail + 16, k->max_pfn, 4);
	td_need(t, 2 * bs);
}

TD_FN void td_kdump_sub(struct td *t, const struct td_kdump *k)
{
	static const unsigned at[3][9] = { { 16, 24, 32, 40, 48, 56, 80, 88, 96 },
					   { 12, 16, 20, 28, 32, 40, 56, 64, 72 },
					   { 12, 16, 24, 32, 40, 48, 72, 80, 88 } };
	const unsigned *a = at[k->word == 8 ? 0 : k->arm ? 2 : 1];
	size_t sub = (size_t)1 << k->shift, extra = sub + 128, w = k->word;

	td_uint(t, sub, k->phys_base, w);
	td_uint(t, sub + w, 31, 4);
	if (k->version >= 2 && k->split) {
		td_uint(t, sub + w + 4, 1, 4);
		td_uint(t, sub + a[0], k->start, w);
		td_uint(t, sub + a[1], k->end, w);
	}
	if (k->version >= 3 && k->vmcoreinfo) {
		td_put(t, extra, k->vmcoreinfo, strlen(k->vmcoreinfo));
		td_uint(t, sub + a[2], extra, 8);
		td_uint(t, sub + a[3], strlen(k->vmcoreinfo), w);
		extra += (strlen(k->vmcoreinfo) + 7) & ~(size_t)7;
	}
	if (k->version >= 4 && k->notes) {
		td_put(t, extra, k->notes->data, k->notes->len);
		td_uint(t, sub + a[4], extra, 8);
		td_uint(t, sub + a[5], k->notes->len, w);
	}
	if (k->version >= 6) {
		td_uint(t, sub + a[6], k->split ? k->start : 0, 8);
		td_uint(t, sub + a[7], k->split ? k->end : 0, 8);
		td_uint(t, sub + a[8], k->max_pfn, 8);
	}
	td_need(t, 2 * sub);
}

/* Zero pages share one block, written first, as makedumpfile does. */
TD_FN void td_kdump_pages(struct td *t, struct td_kdump *k)
{
	size_t bs = (size_t)1 << k->shift, room = 2 * bs + 256, desc = k->descs, zero = 0, at;
	unsigned char *page = malloc(bs), *out = malloc(room), *none = calloc(1, bs);
	enum codec_kind zero_kind = CODEC_NONE;
	size_t zero_size = 0;

	at = k->data;
	for (uint64_t pfn = 0; pfn < k->max_pfn; pfn++) {
		enum codec_kind kind = k->codec;
		size_t n;

		if (!td_in_dump(k, pfn) || (k->split && (pfn < k->start || pfn >= k->end)))
			continue;
		td_page(pfn, page, bs);
		if (zero && !memcmp(page, none, bs)) {
			td_uint(t, desc, zero, 8);
			td_uint(t, desc + 8, zero_size, 4);
			td_uint(t, desc + 12, zero_kind, 4);
			desc += 24;
			continue;
		}
		n = td_pack(&kind, page, bs, out, room);
		if (!memcmp(page, none, bs)) {
			zero = at;
			zero_size = n;
			zero_kind = kind;
		}
		td_put(t, at, out, n);
		td_uint(t, desc, at, 8);
		td_uint(t, desc + 8, n, 4);
		td_uint(t, desc + 12, kind, 4);
		desc += 24;
		at += n;
	}
	free(page);
	free(out);
	free(none);
}

TD_FN void td_kdump(struct td *t, struct td_kdump *k)
{
	size_t bs, map, blocks;

	k->version = k->version ? k->version : 6;
	k->shift = k->shift ? k->shift : 12;
	bs = (size_t)1 << k->shift;
	blocks = ((k->max_pfn + 7) / 8 + bs - 1) / bs;
	td_kdump_header(t, k, (uint32_t)(2 * blocks));
	td_kdump_sub(t, k);
	map = 2 * bs;
	td_need(t, map + 2 * blocks * bs);
	k->ndescs = 0;
	for (uint64_t pfn = 0; pfn < k->max_pfn; pfn++) {
		if (td_in_ram(k, pfn))
			t->data[map + pfn / 8] |= (unsigned char)(1 << pfn % 8);
		if (!td_in_dump(k, pfn))
			continue;
		t->data[map + blocks * bs + pfn / 8] |= (unsigned char)(1 << pfn % 8);
		k->ndescs += !k->split || (pfn >= k->start && pfn < k->end);
	}
	k->descs = map + 2 * blocks * bs;
	k->data = k->descs + 24 * k->ndescs;
	td_need(t, k->data);
	td_kdump_pages(t, k);
}

/* ---- ELF ---- */

struct td_load {
	uint64_t phys, filesz, memsz;
};

struct td_elf {
	unsigned class;         /* ELFCLASS64, ELFCLASS32 */
	uint16_t machine;
	const struct td_load *loads;
	size_t nloads;
	const struct td *notes;
	bool sections_first;    /* section headers before program headers, as QEMU does */
	bool xnum;              /* number of segments in the first section header */
	/* set by the builder */
	size_t phoff, data;
};

TD_FN void td_elf_phdr(struct td *t, const struct td_elf *e, size_t at, uint32_t type,
		       uint64_t off, const struct td_load *l)
{
	bool wide = e->class == ELFCLASS64;
	size_t w = wide ? 8 : 4, o = wide ? 8 : 4;

	td_uint(t, at, type, 4);
	td_uint(t, at + o, off, w);
	td_uint(t, at + o + 2 * w, l->phys, w);
	td_uint(t, at + o + 3 * w, l->filesz, w);
	td_uint(t, at + o + 4 * w, l->memsz, w);
}

TD_FN void td_elf(struct td *t, struct td_elf *e)
{
	bool wide = e->class == ELFCLASS64;
	size_t w = wide ? 8 : 4, ehsize = wide ? 64 : 52, phsize = wide ? 56 : 32;
	size_t shsize = wide ? 64 : 40, nph = e->nloads + 1, at, shoff = 0;
	unsigned char ident[16] = { 0x7f, 'E', 'L', 'F', (unsigned char)e->class, 1, 1 };

	e->phoff = ehsize;
	if (e->sections_first || e->xnum) {
		shoff = ehsize;
		e->phoff += 2 * shsize;
	}
	td_put(t, 0, ident, 16);
	td_uint(t, 16, ET_CORE, 2);
	td_uint(t, 18, e->machine, 2);
	td_uint(t, 20, 1, 4);
	td_uint(t, 24 + w, e->phoff, w);
	td_uint(t, 24 + 2 * w, shoff, w);
	at = 24 + 3 * w + 4;
	td_uint(t, at, ehsize, 2);
	td_uint(t, at + 2, phsize, 2);
	td_uint(t, at + 4, e->xnum ? PN_XNUM : nph, 2);
	td_uint(t, at + 6, shsize, 2);
	td_uint(t, at + 8, shoff ? 1 : 0, 2);
	if (e->xnum)
		td_uint(t, shoff + 8 + 4 * w + 4, nph, 4);
	at = e->phoff + nph * phsize;
	td_elf_phdr(t, e, e->phoff, PT_NOTE, at,
		    &(struct td_load){ .filesz = e->notes ? e->notes->len : 0 });
	if (e->notes)
		td_put(t, at, e->notes->data, e->notes->len);
	at = e->data = at + (e->notes ? e->notes->len : 0);
	for (size_t i = 0; i < e->nloads; i++) {
		const struct td_load *l = &e->loads[i];
		unsigned char page[4096];

		td_elf_phdr(t, e, e->phoff + (i + 1) * phsize, PT_LOAD, at, l);
		td_need(t, at + l->filesz);
		for (uint64_t a = l->phys; a < l->phys + l->filesz; a++) {
			if (a == l->phys || a % 4096 == 0)
				td_page(a / 4096, page, 4096);
			t->data[at + (a - l->phys)] = page[a % 4096];
		}
		at += l->filesz;
	}
}

/* ---- wrapping ---- */

/** Flatten: records of at most `piece` bytes, the second half of the file first. With
 *  `twice`, the first record is garbage that a later one replaces. */
TD_FN void td_flatten(struct td *out, const struct td *in, size_t piece, bool twice)
{
	size_t half = in->len / 2 / 8 * 8, at = 4096;

	td_put(out, 0, "makedumpfile", 12);
	td_be64(out, 16, 1);
	td_be64(out, 24, 1);
	if (twice) {
		piece = piece < in->len - 100 ? piece : in->len - 100;
		td_be64(out, at, 100);
		td_be64(out, at + 8, piece);
		td_need(out, at + 16 + piece);
		memset(out->data + at + 16, 0xee, piece);
		at += 16 + piece;
	}
	for (int second = 1; second >= 0; second--) {
		size_t pos = second ? half : 0, end = second ? in->len : half;

		while (pos < end) {
			size_t n = end - pos < piece ? end - pos : piece;

			td_be64(out, at, pos);
			td_be64(out, at + 8, n);
			td_put(out, at + 16, in->data + pos, n);
			at += 16 + n;
			pos += n;
		}
	}
	td_be64(out, at, UINT64_MAX);
	td_be64(out, at + 8, UINT64_MAX);
}

/** Compress, in `frames` frames with checksums. */
TD_FN void td_zstd(struct td *out, const struct td *in, size_t frames)
{
	size_t piece = in->len / frames + 1;
	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
	for (size_t pos = 0; pos < in->len; pos += piece) {
		size_t n = in->len - pos < piece ? in->len - pos : piece, at = out->len, got;

		td_need(out, at + ZSTD_compressBound(n));
		got = ZSTD_compress2(c, out->data + at, ZSTD_compressBound(n), in->data + pos, n);
		out->len = at + got;
	}
	ZSTD_freeCCtx(c);
}

#endif
