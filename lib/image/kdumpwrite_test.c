/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/image/kdumpwrite.h"
#include "lib/image/testimage.h"

/* A dump, some of its pages, and the file that was made of these. */
struct copy {
	struct opened from, to;
	struct record pages;
	struct kdumpwrite w;
	int fd;
};

static void want_every_third(struct copy *c)
{
	unsigned shift = c->from.info->page_shift;
	uint64_t at = 0;

	for (unsigned i = 0; image_next_present(c->from.img, &at); i++) {
		if (i % 3 == 1)
			record_add(&c->pages, at >> shift);
		at = ((at >> shift) + 1) << shift;
	}
}

static void write_copy(struct copy *c)
{
	struct cairn_err err;

	c->w.pages = &c->pages;
	c->fd = memfd_create("copy", 0);
	if (kdump_write(&c->w, c->from.img, c->fd, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	assert_int_equal(lseek(c->fd, 0, SEEK_END), c->w.size);
	open_fds(&c->to, &c->fd, 1);
	if (c->to.code != CAIRN_OK)
		fail_msg("%s", c->to.err.text);
}

static void drop(struct copy *c)
{
	close_it(&c->to);
	close_it(&c->from);
	record_deinit(&c->pages);
}

/* ---- the same pages ---- */

static bool is_ram(struct image *img, uint64_t pfn)
{
	uint64_t at = pfn, end;

	return image_next_ram(img, &at, &end) && at == pfn;
}

static void expect_same_page(const struct copy *c, uint64_t pfn, uint64_t *damaged)
{
	unsigned shift = c->from.info->page_shift;
	struct page *a = image_pin(c->from.img, pfn << shift);
	struct page *b = image_pin(c->to.img, pfn << shift);
	enum cairn_fault want = a->fault;

	if (!record_has(&c->pages, pfn))
		want = is_ram(c->from.img, pfn) ? CAIRN_FAULT_EXCLUDED : CAIRN_FAULT_ABSENT;
	else
		*damaged += want != CAIRN_FAULT_NONE;
	if (b->fault != want)
		fail_msg("page %#llx: %s instead of %s", (unsigned long long)pfn,
			 cairn_fault_name(b->fault), cairn_fault_name(want));
	if (b->data)
		assert_memory_equal(a->data, b->data, (size_t)1 << shift);
	image_put(c->from.img, a);
	image_put(c->to.img, b);
}

static void expect_same_pages(const struct copy *c, uint64_t first, uint64_t end)
{
	uint64_t damaged = 0;

	for (uint64_t pfn = first; pfn < end; pfn++)
		expect_same_page(c, pfn, &damaged);
	assert_int_equal(c->w.npages, c->pages.count);
	assert_int_equal(c->w.ndamaged, damaged);
}

/* ---- the same notes and headers ---- */

/* Others than cairn look for VMCOREINFO where the sub-header says. */
static void expect_vmcoreinfo_told(const struct copy *c)
{
	const struct kdump_head *h = c->to.info->kdump;
	const char *want = c->to.info->vmcoreinfo.text;
	uint64_t off = le64(h->sub + h->layout->off_vmcoreinfo);
	uint64_t len = le_uint(h->sub + h->layout->size_vmcoreinfo, h->layout->word);
	char text[4096];

	assert_int_equal(len, want ? strlen(want) : 0);
	assert_int_equal(!off, !want);
	assert_int_equal(pread(c->fd, text, len, (off_t)off), len);
	if (want)
		assert_memory_equal(text, want, len);
}

static void expect_same_texts(const struct copy *c)
{
	const struct image_info *a = c->from.info, *b = c->to.info;

	expect_vmcoreinfo_told(c);
	assert_string_equal(b->format, "kdump");
	assert_int_equal(b->truncated, a->truncated);
	assert_int_equal(b->page_shift, a->page_shift);
	assert_ptr_equal(b->arch, a->arch);
	assert_int_equal(b->notes_len, a->notes_len);
	if (a->notes_len)
		assert_memory_equal(b->notes, a->notes, a->notes_len);
	assert_int_equal(!b->vmcoreinfo.text, !a->vmcoreinfo.text);
	if (a->vmcoreinfo.text)
		assert_string_equal(b->vmcoreinfo.text, a->vmcoreinfo.text);
}

static void clear(unsigned char *p, size_t at, size_t size)
{
	memset(p + at, 0, size);
}

/* A header without what a copy has of its own. */
static struct kdump_head common_head(const struct kdump_head *h)
{
	const struct kdump_sub_layout *l = h->layout;
	struct kdump_head c = *h;
	unsigned char *tail = c.head + (l->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);

	clear(c.head, 0, 12); /* signature, version */
	tail[0] &= (unsigned char)~0x27;
	clear(tail, KDUMP_SUB_BLOCKS, 12); /* size of the sub-header, of bitmaps, max_mapnr */
	clear(c.sub, l->split, sizeof(c.sub) - l->split);
	return c;
}

static void expect_same_head(const struct copy *c)
{
	const struct kdump_head *h = c->to.info->kdump;
	const unsigned char *tail = h->head + (h->layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);
	struct kdump_head a = common_head(c->from.info->kdump), b = common_head(h);

	assert_ptr_equal(a.layout, b.layout);
	assert_memory_equal(a.head, b.head, sizeof(a.head));
	assert_memory_equal(a.sub, b.sub, sizeof(a.sub));
	assert_int_equal(c->to.info->kdump_base, c->from.info->kdump_base);
	assert_memory_equal(h->head, "KDUMP   ", 8);
	assert_int_equal(le32(h->head + 8), 6);
	assert_int_equal(le32(tail) & 0x27, c->w.codec);
	assert_int_equal(le32(h->sub + h->layout->split), 0);
	assert_int_equal(le64(h->sub + h->layout->start_pfn_64), 0);
	assert_int_equal(le64(h->sub + h->layout->end_pfn_64), 0);
	assert_int_equal(le32(tail + KDUMP_MAX_MAPNR),
			 le64(h->sub + h->layout->max_mapnr_64));
}

/* The second opinion: libkdumpfile reads the same of every page, and no other. */
static void expect_library_agrees(const struct copy *c, uint64_t end)
{
	unsigned shift = c->from.info->page_shift;
	size_t size = (size_t)1 << shift;
	unsigned char *page = malloc(size);
	kdump_ctx_t *ctx = kdump_new();

	if (kdump_open_fd(ctx, c->fd) != KDUMP_OK)
		fail_msg("libkdumpfile: %s", kdump_get_err(ctx));
	for (uint64_t pfn = 0; pfn < end; pfn++) {
		struct page *p = image_pin(c->from.img, pfn << shift);
		size_t len = size;
		bool read = kdump_read(ctx, KDUMP_MACHPHYSADDR, pfn << shift, page, &len) ==
			    KDUMP_OK;

		assert_int_equal(read, record_has(&c->pages, pfn) && p->data);
		if (read)
			assert_memory_equal(page, p->data, size);
		image_put(c->from.img, p);
	}
	kdump_free(ctx);
	free(page);
}

/* ---- kdump files of every layout ---- */

static const char info[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=c1000000\n";

static const enum codec_kind written[] = { CODEC_NONE, CODEC_ZLIB, CODEC_ZSTD };

static void make_notes(struct td *notes, enum arch_id arch, size_t size, bool with_info)
{
	td_prstatus(notes, arch_by_id(arch), size, 1, 100);
	td_prstatus(notes, arch_by_id(arch), size, 2, 200);
	if (with_info)
		td_note(notes, "VMCOREINFO", 0, info, sizeof(info) - 1);
}

static void expect_copy(struct td_kdump *k, enum codec_kind codec, bool library)
{
	struct copy c = { .w = { .codec = codec } };
	struct td t = { 0 };
	uint64_t base;

	td_kdump(&t, k);
	/* more than its reader looks at: uname, the time, CPUs */
	td_put(&t, 12 + 65, "node", 4);
	td_put(&t, 12 + 2 * 65, "6.1.0", 5);
	td_uint(&t, k->word == 8 ? 408 : 404, 1234567890, 4);
	td_uint(&t, (k->word == 8 ? 424 : 412) + 36, 7, 4);
	open_whole(&c.from, &t);
	want_every_third(&c);
	assert_true(c.pages.count > 20);
	write_copy(&c);
	base = c.from.info->kdump_base >> k->shift;
	expect_same_pages(&c, base > 100 ? base - 100 : 0, base + k->max_pfn + 100);
	expect_same_texts(&c);
	expect_same_head(&c);
	assert_null(c.to.info->damage);
	if (library)
		expect_library_agrees(&c, k->max_pfn);
	drop(&c);
	td_free(&t);
}

static void test_machines(void **state)
{
	static const struct {
		const char *machine;
		unsigned word;
		enum arch_id arch;
		size_t prstatus;
		bool arm, library;
		uint32_t phys_base;
	} all[] = {
		{ "x86_64", 8, ARCH_X86_64, 336, false, true, 0x1000000 },
		{ "i686", 4, ARCH_I386, 144, false, true, 0 },
		{ "armv7l", 4, ARCH_ARM, 148, true, false, 0x40000000 },
		{ "aarch64", 8, ARCH_ARM64, 392, false, true, 0 },
		/* QEMU's */
		{ "", 8, ARCH_X86_64, 336, false, false, 0 },
		{ "", 4, ARCH_I386, 144, false, false, 0 },
		{ "", 4, ARCH_ARM, 148, false, false, 0x40000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t c = 0; c < 3; c++) {
			struct td notes = { 0 };
			struct td_kdump k = {
				.machine = all[i].machine, .word = all[i].word, .arm = all[i].arm,
				.phys_base = all[i].phys_base, .max_pfn = 400, .notes = &notes,
				.codec = CODEC_ZLIB,
			};

			make_notes(&notes, all[i].arch, all[i].prstatus, c % 2);
			expect_copy(&k, written[c], all[i].library);
			td_free(&notes);
		}
}

static void test_page_sizes(void **state)
{
	(void)state;
	for (unsigned shift = 12; shift <= 16; shift += 2)
		for (size_t c = 0; c < 3; c++) {
			struct td_kdump k = { .machine = "aarch64", .word = 8, .max_pfn = 100,
					      .codec = CODEC_ZSTD, .shift = shift };

			expect_copy(&k, written[c], true);
		}
}

/* Whatever the pages were packed with; LZO and snappy are not written. */
static void test_codecs(void **state)
{
	static const enum codec_kind read[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
						CODEC_ZSTD };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (size_t c = 0; c < 3; c++) {
			struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300,
					      .codec = read[i] };

			expect_copy(&k, written[c], true);
		}
}

/* VMCOREINFO outside of the notes, with and without any; of old versions, what they have. */
static void test_versions(void **state)
{
	static const struct { const char *machine; unsigned word; bool arm; } all[] = {
		{ "x86_64", 8, false }, { "i686", 4, false }, { "armv7l", 4, true },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int version = 1; version <= 6; version++)
			for (int what = 0; what < 4; what++) {
				struct td notes = { 0 };
				struct td_kdump k = {
					.machine = all[i].machine, .word = all[i].word,
					.arm = all[i].arm, .version = version, .max_pfn = 200,
					.vmcoreinfo = what & 1 ? info : NULL,
					.notes = what & 2 ? &notes : NULL,
				};

				td_prstatus(&notes, arch_by_utsname(k.machine),
					    k.word == 8 ? 336 : k.arm ? 148 : 144, 1, 100);
				expect_copy(&k, CODEC_ZSTD, all[i].word == 8);
				td_free(&notes);
			}
}

static bool every(uint64_t pfn)
{
	(void)pfn;
	return true;
}

/* Bitmaps of several blocks, most of them empty. */
static void test_large_bitmaps(void **state)
{
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 200000,
			      .in_dump = sparse };

	(void)state;
	expect_copy(&k, CODEC_NONE, true);
	k.in_ram = sparse;
	expect_copy(&k, CODEC_NONE, false);
	k.in_ram = every;
	expect_copy(&k, CODEC_NONE, false);
}

/* Notes up to the end of the sub-header's block and over it; they may lie anywhere. */
static void test_long_notes(void **state)
{
	static const unsigned sizes[] = { 4, 3520, 3524, 3528, 3532, 3536, 3540, 3544, 3548, 20000 };
	static const unsigned char desc[20000] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct copy c = { .w = { .codec = CODEC_NONE } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100,
				      .vmcoreinfo = i % 2 ? info : NULL };
		struct td t = { 0 }, notes = { 0 };

		td_kdump(&t, &k);
		td_prstatus(&notes, arch_by_id(ARCH_X86_64), 336, 1, 100);
		td_note(&notes, "QEMU", 0, desc, sizes[i / 2]);
		if (i % 2 == 0)
			td_note(&notes, "VMCOREINFO", 0, info, sizeof(info) - 1);
		td_uint(&t, 4096 + 48, t.len, 8);
		td_uint(&t, 4096 + 56, notes.len, 8);
		td_put(&t, t.len, notes.data, notes.len);
		open_whole(&c.from, &t);
		assert_int_equal(c.from.info->notes_len, notes.len);
		want_every_third(&c);
		write_copy(&c);
		expect_same_pages(&c, 0, 200);
		expect_same_texts(&c);
		expect_same_head(&c);
		drop(&c);
		td_free(&t);
		td_free(&notes);
	}
}

/* One of version 0 has no sub-header to speak of; a bitmap alone means that only what is in
 * the dump is known to be RAM. */
static void test_old_files(void **state)
{
	(void)state;
	for (int version = 0; version < 2; version++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD, .utsname = { [4] = "x86_64" } } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 20000,
				      .in_dump = sparse, .in_ram = every, .version = 1 };
		struct td t = { 0 };

		td_kdump(&t, &k);
		if (!version)
			td_uint(&t, 8, 0, 4);
		else {
			td_uint(&t, 424 + 8, 2, 4);
			td_uint(&t, 424 + 12, 1, 4);
		}
		open_whole(&c.from, &t);
		assert_int_equal(!c.from.info->kdump, !version);
		record_add(&c.pages, 7);
		write_copy(&c);
		expect_same_pages(&c, 0, 20100);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

/* A set becomes one file; of one that is not complete, what is missing is cut off. */
static void test_split(void **state)
{
	(void)state;
	for (int whole = 1; whole >= 0; whole--) {
		struct td t[3] = { { 0 } };
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		int fds[3];

		for (size_t i = 0; i < 3; i++) {
			struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000,
					      .split = true, .start = i * 333,
					      .end = i < 2 ? (i + 1) * 333 : 1000 };

			td_kdump(&t[i], &k);
			fds[i] = td_fd(&t[i], t[i].len);
		}
		open_fds(&c.from, fds, whole ? 3 : 2);
		assert_int_equal(c.from.code, CAIRN_OK);
		want_every_third(&c);
		for (uint64_t pfn = 700; !whole && pfn < 730; pfn++) {
			image_put(c.from.img, image_pin(c.from.img, pfn << 12));
			if (record_has(image_record(c.from.img), pfn))
				record_add(&c.pages, pfn);
		}
		write_copy(&c);
		expect_same_pages(&c, 0, 1100);
		assert_int_equal(c.w.ndamaged > 0, !whole);
		expect_same_texts(&c);
		expect_same_head(&c);
		assert_null(c.to.info->damage);
		if (!whole)
			close(fds[2]);
		drop(&c);
		for (size_t i = 0; i < 3; i++)
			td_free(&t[i]);
	}
}

/* A descriptor for a page that the file's own bitmap does not call RAM. */
static void test_bitmaps_that_disagree(void **state)
{
	struct copy c = { .w = { .codec = CODEC_NONE } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300, .in_ram = every,
			      .in_dump = every };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	memset(t.data + 8192 + 20, 0, 18); /* RAM ends at page 160 */
	open_whole(&c.from, &t);
	record_add(&c.pages, 10);
	record_add(&c.pages, 160);
	record_add(&c.pages, 299);
	write_copy(&c);
	expect_same_pages(&c, 0, 400);
	drop(&c);
	memset(t.data + 8192, 0, 64); /* or nowhere */
	c = (struct copy){ .w = { .codec = CODEC_NONE } };
	open_whole(&c.from, &t);
	write_copy(&c);
	expect_same_pages(&c, 0, 400);
	drop(&c);
	td_free(&t);
}

static bool none(uint64_t pfn)
{
	(void)pfn;
	return false;
}

/* No page wanted; none there; none even of RAM, where pages are not counted from 0. */
static void test_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		struct td_kdump k = { .machine = "armv7l", .word = 4, .arm = true, .max_pfn = 300,
				      .phys_base = 0x40000000, .in_dump = i ? none : NULL,
				      .in_ram = i == 2 ? none : NULL };
		struct td t = { 0 };

		td_kdump(&t, &k);
		open_whole(&c.from, &t);
		write_copy(&c);
		assert_int_equal(c.w.npages, 0);
		expect_same_pages(&c, 0x40000 - 10, 0x40000 + 400);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

/* ---- ELF cores ---- */

static const struct td_load loads[] = {
	{ 0x1000, 0x9e400, 0x9e400 },   /* ends inside a page */
	{ 0x100800, 0x1f800, 0x2f800 }, /* begins inside one; 16 pages were excluded */
	{ 0x200000, 0, 0x10000 },
	{ 0x300000, 0x4000, 0x4000 },
	{ 0x302000, 0x4000, 0x4000 },   /* overlaps */
	{ 0x10000000, 0x2000, 0x2000 },
};

static void expect_elf_copy(uint16_t machine, enum arch_id arch, size_t prstatus,
			    const struct kdump_sub_layout *layout, uint64_t base)
{
	struct td_load at[6];
	struct td t = { 0 }, notes = { 0 };
	struct td_elf e = { .class = layout->word == 8 ? ELFCLASS64 : ELFCLASS32,
			    .machine = machine, .loads = at, .nloads = 6, .notes = &notes };
	const char *utsname = arch == ARCH_ARM ? "armv7l" : arch_by_id(arch)->utsname;
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	const struct kdump_head *h;
	const unsigned char *tail;

	for (size_t i = 0; i < 6; i++) {
		at[i] = loads[i];
		at[i].phys += base;
	}
	make_notes(&notes, arch, prstatus, false);
	td_note(&notes, "VMCOREINFO", 0, "OSRELEASE=6.1\nNUMBER(phys_base)=19922944\n", 41);
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	assert_null(c.from.info->kdump);
	strcpy(c.w.utsname[0], "Linux");
	strcpy(c.w.utsname[2], "6.1");
	strcpy(c.w.utsname[4], utsname);
	want_every_third(&c);
	record_add(&c.pages, (base + 0x9f000) >> 12);
	record_add(&c.pages, (base + 0x100000) >> 12);
	write_copy(&c);
	expect_same_pages(&c, base > 0x10000 ? (base >> 12) - 16 : 0, (base + 0x320000) >> 12);
	expect_same_pages(&c, (base + 0x10000000 - 0x10000) >> 12, (base + 0x10010000) >> 12);
	expect_same_texts(&c);
	if (arch != ARCH_ARM)
		expect_library_agrees(&c, 0x320);
	h = c.to.info->kdump;
	tail = h->head + (layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);
	assert_ptr_equal(h->layout, layout);
	assert_int_equal(c.to.info->kdump_base, arch == ARCH_ARM ? base + 0x1000 : 0);
	assert_memory_equal(h->head + KDUMP_UTSNAME, c.w.utsname, sizeof(c.w.utsname));
	assert_int_equal(le32(tail + KDUMP_NR_CPUS), 2);
	assert_int_equal(le_uint(h->sub, layout->word),
			 arch == ARCH_X86_64 ? 19922944 : arch == ARCH_ARM ? base + 0x1000 : 0);
	assert_int_equal(le32(h->sub + layout->level), 31);
	drop(&c);
	td_free(&t);
	td_free(&notes);
}

static void test_elf(void **state)
{
	(void)state;
	expect_elf_copy(EM_X86_64, ARCH_X86_64, 336, &kdump_sub64, 0);
	expect_elf_copy(EM_AARCH64, ARCH_ARM64, 392, &kdump_sub64, 0);
	expect_elf_copy(EM_386, ARCH_I386, 144, &kdump_sub32, 0);
	expect_elf_copy(EM_ARM, ARCH_ARM, 148, &kdump_sub32_arm, 0x40000000);
	expect_elf_copy(EM_ARM, ARCH_ARM, 148, &kdump_sub32_arm, 0x80000000);
}

/* What was found in memory is no part of the file, and is found in the copy. */
static void test_vmcoreinfo_in_memory(void **state)
{
	static const struct td_load one = { 0x100000, 0x20000, 0x20000 };
	static const char text[] = "OSRELEASE=6.1\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=1\n";
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_NONE, .loads = &one, .nloads = 1 };
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	td_put(&t, e.data + 0x5000, text, sizeof(text));
	open_whole(&c.from, &t);
	c.w.pages = &c.pages;
	assert_int_equal(kdump_write(&c.w, c.from.img, -1, NULL), CAIRN_MISSING);
	assert_int_equal(image_search_vmcoreinfo(c.from.img, NULL), CAIRN_OK);
	strcpy(c.w.utsname[4], "x86_64");
	for (uint64_t pfn = 0; record_next(image_record(c.from.img), &pfn); pfn++)
		record_add(&c.pages, pfn);
	assert_int_equal(c.pages.count, 1);
	write_copy(&c);
	assert_null(c.to.info->vmcoreinfo.text);
	assert_int_equal(image_search_vmcoreinfo(c.to.img, NULL), CAIRN_OK);
	assert_string_equal(c.to.info->vmcoreinfo.text, text);
	drop(&c);
	td_free(&t);
}

/* ---- pages that are damaged ---- */

static void test_damaged_stays_damaged(void **state)
{
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 600, .codec = CODEC_ZLIB };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	td_uint(&t, k.descs + 4 * 24 + 8, 5000, 4);        /* larger than a page */
	memset(t.data + k.descs + 7 * 24, 0, 24);          /* never written */
	memset(t.data + le64(t.data + k.descs + 10 * 24), 0xff, 40); /* does not unpack */
	td_uint(&t, k.descs + 13 * 24 + 12, 0x40, 4);      /* packed in no known way */
	open_len(&c.from, &t, t.len - 20000);
	assert_true(c.from.info->truncated);
	want_every_third(&c);
	write_copy(&c);
	expect_same_pages(&c, 0, 700);
	assert_true(c.w.ndamaged > 6 && c.w.ndamaged < c.w.npages / 2);
	expect_same_texts(&c);
	expect_library_agrees(&c, 13);
	drop(&c);
	td_free(&t);
}

/* Damaged from the first page to the last: a file without data. */
static void test_all_damaged(void **state)
{
	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 600 };
		struct td t = { 0 };

		td_kdump(&t, &k);
		for (size_t i = 0; i < k.ndescs; i++)
			td_uint(&t, k.descs + i * 24 + 8, 5000, 4);
		open_len(&c.from, &t, cut ? k.descs : t.len);
		want_every_third(&c);
		write_copy(&c);
		expect_same_pages(&c, 0, 700);
		assert_int_equal(c.w.ndamaged, c.w.npages);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

/* ---- zeros and blanks ---- */

static void test_zero_pages_are_shared(void **state)
{
	struct copy c = { .w = { .codec = CODEC_NONE } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100, .in_ram = every,
			      .in_dump = every };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	open_whole(&c.from, &t);
	for (uint64_t pfn = 0; pfn < 100; pfn++)
		record_add(&c.pages, pfn);
	write_copy(&c);
	expect_same_pages(&c, 0, 100);
	/* two pages of header, two of bitmaps; 13 pages of zeros, 3 11 ... 99 */
	assert_int_equal(c.w.size, 4 * 4096 + 100 * 24 + (100 - 13 + 1) * 4096);
	drop(&c);
	td_free(&t);
}

/* Pages that change what their neighbours become must not be touched themselves. */
static void expect_blanked(const struct copy *c, uint64_t max_pfn)
{
	for (uint64_t pfn = 0; pfn < max_pfn; pfn++) {
		struct page *a = image_pin(c->from.img, pfn << 12);
		struct page *b = image_pin(c->to.img, pfn << 12);

		assert_int_equal(a->fault, b->fault);
		for (uint64_t i = 0; a->data && i < 4096; i++) {
			uint64_t at = pfn << 12 | i;
			bool blank = false;

			for (size_t n = 0; n < c->w.nblank; n++)
				blank |= at >= c->w.blank[n].paddr &&
					 at - c->w.blank[n].paddr < c->w.blank[n].len;
			if (b->data[i] != (blank ? 0 : a->data[i]))
				fail_msg("byte %#llx is %#x", (unsigned long long)at, b->data[i]);
		}
		image_put(c->from.img, a);
		image_put(c->to.img, b);
	}
}

static void test_blanks(void **state)
{
	static const struct kdump_blank blanks[] = {
		{ 0, 1 },             /* the first byte */
		{ 0xfff, 2 },         /* either side of a border */
		{ 0x1200, 0x10 }, { 0x1210, 0 }, { 0x1300, 1 }, /* several in a page */
		{ 0x2000, 0x1000 },   /* a page */
		{ 0x4008, 8 },        /* in a page that is not there */
		{ 0x5ff0, 0x10 },     /* up to a border, and from it on */
		{ 0x6000, 0x10 },
		{ 0x7f00, 0x2000 },   /* over three pages, of which one is missing */
		{ 0x50123, 0x100000 }, /* over hundreds */
		{ 0x200000, 0x10 },   /* behind the end */
	};
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 0x180 };
	struct copy c = { .w = { .codec = CODEC_ZSTD, .blank = blanks,
				 .nblank = sizeof(blanks) / sizeof(blanks[0]) } };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	open_whole(&c.from, &t);
	for (uint64_t at = 0; image_next_present(c.from.img, &at); at += 4096)
		record_add(&c.pages, at >> 12);
	write_copy(&c);
	expect_blanked(&c, k.max_pfn);
	drop(&c);
	/* the same if the pages between are not wanted */
	c = (struct copy){ .w = c.w };
	open_whole(&c.from, &t);
	record_add(&c.pages, 8);
	record_add(&c.pages, 0x150);
	record_add(&c.pages, 0x151);
	write_copy(&c);
	for (uint64_t pfn = 8; record_next(&c.pages, &pfn); pfn++) {
		struct page *p = image_pin(c.to.img, pfn << 12);

		assert_non_null(p->data);
		for (size_t i = 0; i < 4096; i++)
			if (pfn == 8 || (pfn == 0x150 && i < 0x123))
				assert_int_equal(p->data[i], 0);
		image_put(c.to.img, p);
	}
	assert_int_equal(c.w.npages, 3);
	drop(&c);
	td_free(&t);
}

/* ---- what can go wrong ---- */

static void open_for_errors(struct copy *c, struct td *t)
{
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 3000, .vmcoreinfo = info };

	*c = (struct copy){ .w = { .codec = CODEC_ZSTD, .pages = &c->pages } };
	td_kdump(t, &k);
	open_whole(&c->from, t);
	want_every_third(c);
}

static void test_out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;
	struct td t = { 0 };
	struct copy c;
	long n;

	(void)state;
	open_for_errors(&c, &t);
	for (n = 0; code == CAIRN_NOMEM && n < 100; n++) {
		struct cairn_err err = { 0 };

		c.fd = memfd_create("copy", 0);
		mem_fail_after(n);
		code = kdump_write(&c.w, c.from.img, c.fd, &err);
		mem_fail_after(-1);
		assert_int_equal(code, err.code);
		if (code == CAIRN_OK)
			break;
		assert_int_equal(code, CAIRN_NOMEM);
		expect_text(err.text, "no memory");
		close(c.fd);
	}
	assert_true(code == CAIRN_OK && n >= 3);
	open_fds(&c.to, &c.fd, 1);
	expect_same_pages(&c, 0, 3100);
	drop(&c);
	td_free(&t);
}

/* Wherever the disk is full: no file of which nobody said that it is not whole. */
static void test_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	struct cairn_err err;
	struct td t = { 0 };
	struct copy c;
	uint64_t whole;

	(void)state;
	assert_true(full >= 0);
	open_for_errors(&c, &t);
	assert_int_equal(kdump_write(&c.w, c.from.img, full, &err), CAIRN_IO);
	expect_text(err.text, "No space left");
	write_copy(&c);
	whole = c.w.size;
	c.w.codec = CODEC_NONE; /* the same, and faster */
	for (uint64_t room = 0; room < whole; room += room < 0x6000 ? 0x500 : 0x5000) {
		int fd = memfd_create("full", MFD_ALLOW_SEALING);

		assert_int_equal(ftruncate(fd, (off_t)room), 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
		assert_int_equal(kdump_write(&c.w, c.from.img, fd, &err), CAIRN_IO);
		expect_text(err.text, "write: ");
		close(fd);
	}
	close(full);
	drop(&c);
	td_free(&t);
}

/* The last step: bitmaps without pages end in a hole that only the size tells of. */
static void test_size_cannot_be_set(void **state)
{
	int fd = memfd_create("fixed", MFD_ALLOW_SEALING);
	struct cairn_err err;
	struct td t = { 0 };
	struct copy c;

	(void)state;
	open_for_errors(&c, &t);
	assert_int_equal(ftruncate(fd, 1 << 24), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	assert_int_equal(kdump_write(&c.w, c.from.img, fd, &err), CAIRN_IO);
	expect_text(err.text, "write: ");
	close(fd);
	close_it(&c.from);
	record_deinit(&c.pages);
	td_free(&t);
}

/* A bitmap of more than anybody has is not written out. */
static void test_claims_too_much(void **state)
{
	static const struct td_load far[] = { { 0x1000, 0x1000, 0x1000 },
					      { (uint64_t)1 << 50, 0x1000, 0x1000 } };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = far, .nloads = 2 };
	struct copy c = { .w = { .codec = CODEC_NONE, .pages = &c.pages } };
	struct cairn_err err;
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	assert_int_equal(kdump_write(&c.w, c.from.img, -1, &err), CAIRN_LIMIT);
	expect_text(err.text, "0x4000000001 pages");
	close_it(&c.from);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines), cmocka_unit_test(test_page_sizes),
		cmocka_unit_test(test_codecs), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_large_bitmaps), cmocka_unit_test(test_long_notes),
		cmocka_unit_test(test_old_files),
		cmocka_unit_test(test_split), cmocka_unit_test(test_bitmaps_that_disagree),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_elf),
		cmocka_unit_test(test_vmcoreinfo_in_memory),
		cmocka_unit_test(test_damaged_stays_damaged), cmocka_unit_test(test_all_damaged),
		cmocka_unit_test(test_zero_pages_are_shared), cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_size_cannot_be_set), cmocka_unit_test(test_claims_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
