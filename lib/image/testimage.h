/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testimage - opening dumps of testdump.h and checking every page, for tests only.
 */
#ifndef CAIRN_IMAGE_TESTIMAGE_H
#define CAIRN_IMAGE_TESTIMAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/image/image.h"
#include "lib/image/testdump.h"

#define FILES 4

struct opened {
	struct image *img;
	const struct image_info *info;
	struct cairn_err err;
	enum cairn_code code;
	int fds[FILES];
	size_t n;
	char paths[FILES][32];
};

TD_FN void open_fds(struct opened *o, const int *fds, size_t n)
{
	const char *paths[FILES];

	*o = (struct opened){ .n = n };
	for (size_t i = 0; i < n; i++) {
		o->fds[i] = fds[i];
		paths[i] = td_path(o->paths[i], fds[i]);
	}
	o->code = image_open(&o->img, paths, n, &o->err);
	o->info = o->code == CAIRN_OK ? image_info(o->img) : NULL;
}

TD_FN void open_len(struct opened *o, const struct td *t, size_t len)
{
	int fd = td_fd(t, len);

	open_fds(o, &fd, 1);
}

TD_FN void open_whole(struct opened *o, const struct td *t)
{
	open_len(o, t, t->len);
	if (o->code != CAIRN_OK)
		fail_msg("%s", o->err.text);
}

TD_FN void close_it(struct opened *o)
{
	image_close(o->img);
	for (size_t i = 0; i < o->n; i++)
		close(o->fds[i]);
}

TD_FN void expect_text(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("'%s' does not say '%s'", text ? text : "(null)", part);
}

/* ---- every page of a kdump against what was written ---- */

TD_FN enum cairn_fault expected(const struct td_kdump *k, uint64_t pfn)
{
	if (pfn >= k->max_pfn || !td_in_ram(k, pfn))
		return CAIRN_FAULT_ABSENT;
	return td_in_dump(k, pfn) ? CAIRN_FAULT_NONE : CAIRN_FAULT_EXCLUDED;
}

TD_FN void expect_page(struct image *img, uint64_t paddr, uint64_t pfn, unsigned shift,
			enum cairn_fault fault)
{
	struct page *p = image_pin(img, paddr);
	unsigned char want[65536];

	if (p->fault != fault)
		fail_msg("pfn %llu: %s instead of %s", (unsigned long long)pfn,
			 cairn_fault_name(p->fault), cairn_fault_name(fault));
	if (fault == CAIRN_FAULT_NONE) {
		td_page(pfn, want, (size_t)1 << shift);
		assert_memory_equal(p->data, want, (size_t)1 << shift);
	} else {
		assert_null(p->data);
	}
	image_put(img, p);
}

TD_FN void expect_pages(struct image *img, const struct td_kdump *k, uint64_t base)
{
	uint64_t at = 0, first = 0, last = 0, lo, hi;
	bool any = false;

	for (uint64_t pfn = 0; pfn < k->max_pfn + 100; pfn++)
		expect_page(img, base + (pfn << k->shift), pfn, k->shift, expected(k, pfn));
	for (uint64_t pfn = 0; pfn < k->max_pfn; pfn++) {
		if (expected(k, pfn) != CAIRN_FAULT_NONE)
			continue;
		assert_true(image_next_present(img, &at));
		assert_int_equal(at, base + (pfn << k->shift));
		at += (uint64_t)1 << k->shift;
		first = any ? first : pfn;
		last = pfn;
		any = true;
	}
	assert_false(image_next_present(img, &at));
	assert_int_equal(image_bounds(img, &lo, &hi), any);
	if (any) {
		assert_int_equal(lo, base + (first << k->shift));
		assert_int_equal(hi, base + ((last + 1) << k->shift));
	}
}

/* A page of a damaged dump is what was written, or missing for the stated reason. */
TD_FN size_t expect_damaged(struct image *img, const struct td_kdump *k)
{
	unsigned char want[4096];
	size_t good = 0;

	for (uint64_t pfn = 0; pfn < k->max_pfn; pfn++) {
		struct page *p = image_pin(img, pfn << 12);

		if (p->data) {
			td_page(pfn, want, sizeof(want));
			assert_memory_equal(p->data, want, sizeof(want));
			assert_int_equal(expected(k, pfn), CAIRN_FAULT_NONE);
			good++;
		} else if (p->fault != CAIRN_FAULT_TRUNCATED) {
			assert_int_equal(p->fault, expected(k, pfn));
		}
		image_put(img, p);
	}
	return good;
}

/** Few pages, far apart. */
TD_FN bool sparse(uint64_t pfn)
{
	return pfn == 7 || pfn == 40000 || (pfn > 70000 && pfn % 9000 < 50) || pfn == 199999;
}

#endif
