/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testcopy - for tests of kdumpwrite: a dump, the file that was made of some of its pages, and
 * what must be the same in both.
 */
#ifndef CAIRN_IMAGE_TESTCOPY_H
#define CAIRN_IMAGE_TESTCOPY_H

#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>

#include "lib/base/cursor.h"
#include "lib/image/kdumpwrite.h"
#include "lib/image/testimage.h"

/* A dump, some of its pages, and the file that was made of these. */
struct copy {
	struct opened from, to;
	struct record pages;
	struct kdumpwrite w;
	int fd;
};

static inline void want_every_third(struct copy *c)
{
	unsigned shift = c->from.info->page_shift;
	uint64_t at = 0;

	for (unsigned i = 0; image_next_present(c->from.img, &at); i++) {
		if (i % 3 == 1)
			record_add(&c->pages, at >> shift);
		at = ((at >> shift) + 1) << shift;
	}
}

static inline void write_copy(struct copy *c)
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

static inline void drop(struct copy *c)
{
	close_it(&c->to);
	close_it(&c->from);
	record_deinit(&c->pages);
}

/* ---- the same pages ---- */

static inline bool is_ram(struct image *img, uint64_t pfn)
{
	uint64_t at = pfn, end;

	return image_next_ram(img, &at, &end) && at == pfn;
}

static inline void expect_same_page(const struct copy *c, uint64_t pfn, uint64_t *damaged)
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

static inline void expect_same_pages(const struct copy *c, uint64_t first, uint64_t end)
{
	uint64_t damaged = 0;

	for (uint64_t pfn = first; pfn < end; pfn++)
		expect_same_page(c, pfn, &damaged);
	assert_int_equal(c->w.npages, c->pages.count);
	assert_int_equal(c->w.ndamaged, damaged);
}

/* ---- the same notes and headers ---- */

/* Others than cairn look for VMCOREINFO where the sub-header says. */
static inline void expect_vmcoreinfo_told(const struct copy *c)
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

static inline void expect_same_texts(const struct copy *c)
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

/* The second opinion: libkdumpfile reads the same of every page, and no other. */
static inline void expect_library_agrees(const struct copy *c, uint64_t end)
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

#define TC_INFO "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=c1000000\n"

static inline void make_notes(struct td *notes, enum arch_id arch, size_t size, bool with_info)
{
	td_prstatus(notes, arch_by_id(arch), size, 1, 100);
	td_prstatus(notes, arch_by_id(arch), size, 2, 200);
	if (with_info)
		td_note(notes, "VMCOREINFO", 0, TC_INFO, sizeof(TC_INFO) - 1);
}

static inline bool every(uint64_t pfn)
{
	(void)pfn;
	return true;
}

/* Bitmaps of several blocks, most of them empty. */

#endif
