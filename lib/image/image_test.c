/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/image/testimage.h"

/* ---- the cache, clones, loads ---- */

static void small_dump(struct td *t, struct td_kdump *k, uint64_t max_pfn)
{
	*k = (struct td_kdump){ .machine = "x86_64", .word = 8, .max_pfn = max_pfn,
				.codec = CODEC_ZSTD };
	td_kdump(t, k);
}

/* Pins hold while the cache turns over; when all frames are pinned, a page is just absent. */
static void test_pins(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	struct opened o;
	struct page *first, *p, **pins = calloc(8000, sizeof(*pins));
	const unsigned char *data;
	unsigned char want[4096];
	size_t n = 0, none_left = 0;
	uint64_t read;

	(void)state;
	small_dump(&t, &k, 8000);
	open_whole(&o, &t);
	first = image_pin(o.img, 0);
	data = first->data;
	for (int round = 0; round < 2; round++)
		for (uint64_t pfn = 0; pfn < 8000; pfn++)
			expect_page(o.img, pfn << 12, pfn, 12, expected(&k, pfn));
	td_page(0, want, 4096);
	assert_ptr_equal(first->data, data);
	assert_memory_equal(data, want, 4096);
	read = image_pages_read(o.img);
	p = image_pin(o.img, 100);
	assert_ptr_equal(p, first);
	assert_int_equal(image_pages_read(o.img), read);
	image_put(o.img, p);
	for (uint64_t pfn = 0; pfn < 8000; pfn++) {
		p = image_pin(o.img, pfn << 12);
		if (expected(&k, pfn) == CAIRN_FAULT_NONE && !p->data)
			none_left++;
		else
			pins[n++] = p;
	}
	assert_true(none_left > 100);
	for (size_t i = 0; i < n; i++)
		image_put(o.img, pins[i]);
	image_put(o.img, first);
	expect_page(o.img, 7998 << 12, 7998, 12, CAIRN_FAULT_NONE);
	close_it(&o);
	td_free(&t);
	free(pins);
}

static void test_read(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	unsigned char buf[10000], want[3 * 4096];
	struct opened o;

	(void)state;
	small_dump(&t, &k, 200);
	open_whole(&o, &t);
	for (uint64_t i = 0; i < 3; i++)
		td_page(i, want + i * 4096, 4096);
	assert_int_equal(image_read(o.img, 100, buf, 10000, NULL), CAIRN_OK);
	assert_memory_equal(buf, want + 100, 10000);
	/* page 4 was excluded */
	assert_int_equal(image_read(o.img, 0x3800, buf, 10000, &o.err), CAIRN_FAULT);
	assert_int_equal(o.err.addr, 0x4000);
	assert_int_equal(o.err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(image_read(o.img, UINT64_MAX - 2, buf, 10, &o.err), CAIRN_FAULT);
	close_it(&o);
	td_free(&t);
}

struct reader {
	struct image *img;
	const struct td_kdump *k;
	bool good;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	unsigned char want[4096];

	r->good = true;
	for (uint64_t pfn = 0; pfn < r->k->max_pfn; pfn++) {
		struct page *p = image_pin(r->img, pfn << 12);

		td_page(pfn, want, 4096);
		if (p->fault != expected(r->k, pfn) || (p->data && memcmp(p->data, want, 4096)))
			r->good = false;
		image_put(r->img, p);
	}
	return NULL;
}

static void test_clone(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	struct image *twin, *third;
	struct opened o;
	pthread_t threads[3];
	struct reader r[3];

	(void)state;
	small_dump(&t, &k, 4000);
	open_whole(&o, &t);
	assert_int_equal(image_clone(&twin, o.img, NULL), CAIRN_OK);
	assert_int_equal(image_clone(&third, twin, NULL), CAIRN_OK);
	assert_string_equal(image_info(third)->format, "kdump");
	for (int i = 0; i < 3; i++) {
		r[i] = (struct reader){ i == 0 ? o.img : i == 1 ? twin : third, &k, false };
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &r[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_true(r[i].good);
	}
	image_close(third);
	image_close(twin);
	close_it(&o);
	td_free(&t);
}

static void test_load(void **state)
{
	static const size_t counts[] = { 0, 1, 63, 64, 2500 };
	struct image_load *loads_ = calloc(2500, sizeof(*loads_));
	unsigned char *buf = malloc(2500 * 4096), want[4096];
	struct td t = { 0 };
	struct td_kdump k;
	struct opened o;

	(void)state;
	small_dump(&t, &k, 2600);
	open_len(&o, &t, t.len - 5000);
	for (size_t c = 0; c < 5; c++) {
		size_t cut = 0;

		for (size_t i = 0; i < counts[c]; i++)
			loads_[i] = (struct image_load){ (i << 12) + i % 4096, buf + i * 4096,
							 CAIRN_FAULT_SWAPPED };
		image_load(o.img, loads_, counts[c]);
		for (size_t i = 0; i < counts[c]; i++) {
			if (loads_[i].fault == CAIRN_FAULT_TRUNCATED) {
				cut++;
				continue;
			}
			assert_int_equal(loads_[i].fault, expected(&k, i));
			td_page(i, want, 4096);
			if (loads_[i].fault == CAIRN_FAULT_NONE)
				assert_memory_equal(loads_[i].to, want, 4096);
		}
		assert_true(cut < 50);
	}
	close_it(&o);
	td_free(&t);
	free(buf);
	free(loads_);
}

struct seen {
	struct image_load *loads;
	unsigned char *times; /* that each was shown */
};

static void see(void *arg, size_t i, const unsigned char *data)
{
	struct seen *s = arg;
	unsigned char want[4096];

	td_page(s->loads[i].paddr >> 12, want, 4096);
	s->times[i] += 1 + !!memcmp(data, want, 4096);
}

/* Each page that is there once, and none that was refused before. */
static void test_each(void **state)
{
	enum { N = 2500 };
	struct seen s = { calloc(N, sizeof(*s.loads)), calloc(N, 1) };
	struct td t = { 0 };
	struct td_kdump k;
	struct opened o;

	(void)state;
	small_dump(&t, &k, 2600);
	open_whole(&o, &t);
	for (size_t i = 0; i < N; i++) {
		s.loads[i].paddr = i << 12;
		s.loads[i].fault = i % 7 ? CAIRN_FAULT_NONE : CAIRN_FAULT_UNMAPPED;
	}
	image_each(o.img, s.loads, N, see, &s);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(s.loads[i].fault, i % 7 ? expected(&k, i) : CAIRN_FAULT_UNMAPPED);
		assert_int_equal(s.times[i], s.loads[i].fault == CAIRN_FAULT_NONE);
	}
	close_it(&o);
	td_free(&t);
	free(s.loads);
	free(s.times);
}

/* ---- the record ---- */

static void look_at(struct image *img, uint64_t pfn)
{
	image_put(img, image_pin(img, pfn << 12));
}

/* Exactly those pages were asked for. */
static void expect_record(const struct image *img, const uint64_t *pfns, size_t n)
{
	const struct record *r = image_record(img);
	uint64_t pfn = 0;

	assert_int_equal(r->count, n);
	for (size_t i = 0; i < n; i++, pfn++) {
		assert_true(record_next(r, &pfn));
		assert_int_equal(pfn, pfns[i]);
	}
	assert_false(record_next(r, &pfn));
}

/* Whatever way a page is read, and however often. */
static void test_record(void **state)
{
	static const uint64_t want[] = { 0, 1, 5, 6, 7, 8, 17, 18, 20, 21, 22, 23, 25 };
	unsigned char buf[7 * 4096];
	struct image_load loads_[6];
	struct td t = { 0 };
	struct td_kdump k;
	struct image *twin;
	struct opened o;
	uint64_t at = 0;

	(void)state;
	small_dump(&t, &k, 200);
	open_whole(&o, &t);
	expect_record(o.img, NULL, 0);
	look_at(o.img, 17);
	look_at(o.img, 17);
	look_at(o.img, 18);
	image_read(o.img, 4000, buf, 200, NULL);
	image_read(o.img, 0x5fff, buf, 0x3000, NULL); /* up to 9, which was excluded */
	for (unsigned i = 0; i < 6; i++)
		loads_[i] = (struct image_load){ .paddr = (20 + i) << 12 | 5, .to = buf + i * 4096 };
	image_load(o.img, loads_, 6);
	/* looking where there are pages reads none */
	assert_true(image_next_present(o.img, &at));
	image_bounds(o.img, &at, &at);
	/* a clone's record is its own */
	assert_int_equal(image_clone(&twin, o.img, NULL), CAIRN_OK);
	expect_record(twin, NULL, 0);
	look_at(twin, 30);
	expect_record(twin, (const uint64_t[]){ 30 }, 1);
	image_close(twin);
	expect_record(o.img, want, sizeof(want) / sizeof(want[0]));
	close_it(&o);
	td_free(&t);
}

/* What is not in the dump is nothing that a copy could have; what is damaged is. */
static void test_record_of_faults(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	struct image_load loads[200];
	unsigned char *buf = malloc(200 * 4096);
	struct opened o;

	(void)state;
	small_dump(&t, &k, 200);
	td_uint(&t, k.descs + 4 * 24 + 8, 5000, 4); /* page 5 */
	memset(t.data + le64(t.data + k.descs + 5 * 24), 0xff, 20); /* page 6 */
	for (int how = 0; how < 2; how++) {
		size_t damaged = 0;

		open_len(&o, &t, t.len - 5000);
		assert_int_equal(o.code, CAIRN_OK);
		for (unsigned pfn = 0; pfn < 200; pfn++)
			loads[pfn] = (struct image_load){ .paddr = pfn << 12, .to = buf + pfn * 4096 };
		for (unsigned pfn = 0; how && pfn < 200; pfn++)
			look_at(o.img, pfn);
		if (!how)
			image_load(o.img, loads, 200);
		look_at(o.img, 100000);
		look_at(o.img, UINT64_MAX >> 12);
		for (unsigned pfn = 0; pfn < 200; pfn++) {
			struct page *p = image_pin(o.img, pfn << 12);

			damaged += p->fault == CAIRN_FAULT_TRUNCATED;
			if (pfn == 5 || pfn == 6)
				assert_int_equal(p->fault, CAIRN_FAULT_CORRUPT);
			assert_int_equal(record_has(image_record(o.img), pfn),
					 expected(&k, pfn) == CAIRN_FAULT_NONE);
			image_put(o.img, p);
		}
		assert_true(damaged > 0);
		assert_int_equal(image_record(o.img)->count, k.ndescs);
		close_it(&o);
	}
	free(buf);
	td_free(&t);
}

static void test_record_and_searches(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	unsigned char buf[3 * 4096];
	struct image_load one = { .paddr = 8 << 12, .to = buf };
	struct opened o;
	struct page *p;

	(void)state;
	small_dump(&t, &k, 8000);
	open_whole(&o, &t);
	image_search_begin(o.img);
	look_at(o.img, 1);
	look_at(o.img, 2);
	image_read(o.img, 5 << 12, buf, 4096, NULL);
	image_load(o.img, &one, 1);
	image_search_begin(o.img);
	look_at(o.img, 2);
	image_search_end(o.img);
	look_at(o.img, 3); /* still within the outer one */
	expect_record(o.img, NULL, 0);
	image_search_end(o.img);
	expect_record(o.img, NULL, 0);
	/* pages that the search left in the cache */
	look_at(o.img, 2);
	p = image_pin(o.img, 3 << 12);
	expect_record(o.img, (const uint64_t[]){ 2, 3 }, 2);
	/* one that is known already, by a search, and by somebody while it is pinned */
	image_search_begin(o.img);
	look_at(o.img, 2);
	look_at(o.img, 6);
	image_search_end(o.img);
	image_put(o.img, p);
	expect_record(o.img, (const uint64_t[]){ 2, 3 }, 2);
	/* its frame was another page's that was recorded */
	for (uint64_t pfn = 0; pfn < 8000; pfn++)
		look_at(o.img, pfn);
	assert_int_equal(image_record(o.img)->count, k.ndescs);
	close_it(&o);
	td_free(&t);
}

/* ---- VMCOREINFO in memory ---- */

static const char real_info[] =
	"OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff82a10000\n";

static void test_search(void **state)
{
	static const char *decoys[] = {
		"OSRELEASE=%s\nPAGESIZE=%ld\nSYMBOL(%s)=%lx\n",
		"OSRELEASE=",
		"OSRELEASE=5.0\nPAGESIZE=x\nSYMBOL(",
		"OSRELEASE=5.0\nPAGESIZE=4096\n",
	};
	static const struct td_load one = { 0x100000, 0x200000, 0x200000 };
	struct td t = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_NONE, .loads = &one, .nloads = 1 };
	struct opened o;

	(void)state;
	td_elf(&t, &e);
	for (size_t i = 0; i < 4; i++)
		td_put(&t, e.data + 0x3000 + i * 0x1000, decoys[i], strlen(decoys[i]) + 1);
	td_put(&t, e.data + 0x10000, real_info, sizeof(real_info));
	/* across two pages */
	td_put(&t, e.data + 0x150000 - 15, "OSRELEASE=4.9.0\n" "PAGESIZE=4096\nSYMBOL(a)=1\n", 43);
	open_whole(&o, &t);
	assert_null(o.info->arch);
	assert_null(o.info->vmcoreinfo.text);
	assert_int_equal(image_search_vmcoreinfo(o.img, NULL), CAIRN_OK);
	assert_true(o.info->vmcoreinfo_searched);
	assert_string_equal(o.info->vmcoreinfo.text, real_info);
	assert_int_equal(o.info->vmcoreinfo.len, strlen(real_info));
	assert_int_equal(o.info->arch->id, ARCH_X86_64);
	expect_record(o.img, (const uint64_t[]){ 0x110 }, 1);
	assert_int_equal(image_search_vmcoreinfo(o.img, NULL), CAIRN_OK);
	expect_record(o.img, (const uint64_t[]){ 0x110, 0x24f, 0x250 }, 3);
	assert_true(!strncmp(o.info->vmcoreinfo.text, "OSRELEASE=4.9.0\nPAGESIZE", 24));
	assert_int_equal(image_search_vmcoreinfo(o.img, &o.err), CAIRN_NOTFOUND);
	close_it(&o);
	td_free(&t);
}

static void test_search_truncated(void **state)
{
	struct td t = { 0 };
	struct td_kdump k;
	struct opened o;

	(void)state;
	small_dump(&t, &k, 3000);
	open_len(&o, &t, t.len / 2);
	assert_int_equal(image_search_vmcoreinfo(o.img, &o.err), CAIRN_NOTFOUND);
	close_it(&o);
	td_free(&t);
}

/* ---- what cannot be opened ---- */

static void expect_open_error(const char *path, enum cairn_code code, const char *text)
{
	struct cairn_err err;
	struct image *img;

	assert_int_equal(image_open(&img, &path, 1, &err), code);
	expect_text(err.text, path);
	expect_text(err.text, text);
}

static void test_errors(void **state)
{
	static const struct { const char *bytes; size_t len; const char *text; } files[] = {
		{ "", 0, "the file is empty" },
		{ "\xff\xd8\xff\xe0\0\x10JFIF", 10, "not a vmcore but a JPEG picture" },
		{ "some words\n", 11, "not a vmcore but a text" },
	};
	struct cairn_err err;
	struct image *img;
	char path[32];

	(void)state;
	expect_open_error("/nonexistent/vmcore", CAIRN_IO, "No such file");
	expect_open_error("/", CAIRN_IO, "it is a directory");
	for (size_t i = 0; i < 3; i++) {
		struct td t = { 0 };
		int fd;

		td_put(&t, 0, files[i].bytes, files[i].len);
		fd = td_fd(&t, t.len);
		expect_open_error(td_path(path, fd), CAIRN_FORMAT, files[i].text);
		close(fd);
		td_free(&t);
	}
	assert_int_equal(image_open(&img, NULL, 0, &err), CAIRN_USAGE);
	assert_int_equal(image_open(&img, &(const char *){ "/" }, 1, NULL), CAIRN_IO);
}

static void test_out_of_memory(void **state)
{
	struct td t = { 0 }, flat = { 0 };
	struct td_kdump k;
	bool opened = false;
	long n;

	(void)state;
	small_dump(&t, &k, 500);
	td_flatten(&flat, &t, 500, true);
	for (n = 0; !opened && n < 60; n++) {
		struct opened o;
		struct image *twin;

		mem_fail_after(n);
		open_len(&o, &flat, flat.len);
		mem_fail_after(-1);
		opened = o.code == CAIRN_OK;
		if (!opened) {
			assert_int_equal(o.code, CAIRN_NOMEM);
			close_it(&o);
			continue;
		}
		for (long m = 0; m < 20; m++) {
			enum cairn_code code;

			mem_fail_after(m);
			code = image_clone(&twin, o.img, &o.err);
			mem_fail_after(-1);
			if (code == CAIRN_OK)
				image_close(twin);
			else
				assert_int_equal(code, CAIRN_NOMEM);
		}
		expect_pages(o.img, &k, 0);
		close_it(&o);
	}
	assert_true(opened && n > 5);
	td_free(&t);
	td_free(&flat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_clone),
		cmocka_unit_test(test_load), cmocka_unit_test(test_each),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_of_faults),
		cmocka_unit_test(test_record_and_searches),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_truncated),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
