/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/slim.h"
#include "lib/base/mem.h"
#include "mm/testkeys.h"

/* frames, and whose they are */
enum { KERNEL = 0x300, SLAB, FREE, USER, FILES, SWAPPED, TAIL };
#define NOWHERE UINT64_C(0x8000) /* in a section that there is not */

static void make_pages(struct testpages *t)
{
	for (uint64_t pfn = KERNEL; pfn <= TAIL; pfn++)
		tp_page(t, pfn, 64, 48, 0xffffffff, 4);
	tp_slab(t, SLAB, TKEY_CACHE);
	tp_page(t, FREE, 64, 48, (uint32_t)-129, 4);
	tp_page(t, USER, 64, 24, UINT64_C(0xffff888003a4b001), 8);
	tp_page(t, FILES, 64, 24, UINT64_C(0xffff888003a4b010), 8);
	tp_page(t, SWAPPED, 64, 0, 1u << 10, 8);
	tp_page(t, TAIL, 64, 8, (TP_MAP + USER * 64) | 1, 8);
}

static void want_all(struct record *r)
{
	for (uint64_t pfn = KERNEL; pfn <= TAIL; pfn++)
		record_add(r, pfn);
	record_add(r, NOWHERE);
	record_add(r, NOWHERE + 1);
}

static void expect_pages(const struct slim_redaction *r)
{
	for (uint64_t pfn = KERNEL; pfn <= TAIL; pfn++)
		assert_int_equal(record_has(&r->pages, pfn), pfn <= SLAB);
	assert_int_equal(r->pages.count, 2);
	assert_int_equal(r->free, 1);
	assert_int_equal(r->user, 3);
	assert_int_equal(r->cache, 1);
	assert_int_equal(r->unknown, 2);
}

static void pages_by_owner(void **state)
{
	struct testpages *t = tkey_three();
	struct slim_redaction r;
	struct record pages = { 0 };
	uint8_t byte;

	(void)state;
	make_pages(t);
	want_all(&pages);
	tkey_open(t, TKEY_SYMBOLS, "");
	assert_int_equal(slim_redact(&t->c, &pages, &r, NULL), CAIRN_OK);
	expect_pages(&r);
	/* what it reads is not what the commands read; what they read later is */
	assert_int_equal(image_record(t->c.img)->count, 0);
	assert_int_equal(space_u8(&t->c.kernel, TP_MAP + USER * 64, &byte, NULL), CAIRN_OK);
	assert_true(record_has(image_record(t->c.img), (TP_MAP + USER * 64) >> 12));
	slim_redaction_deinit(&r);
	record_deinit(&pages);
	tp_free(t);
}

static void expect_blanks(const struct slim_redaction *r, const struct kdump_blank *want, size_t n)
{
	for (size_t i = 0; i < r->nblank && i < n; i++)
		if (r->blank[i].paddr != want[i].paddr || r->blank[i].len != want[i].len)
			fail_msg("blank %zu is %#llx, %#llx", i,
				 (unsigned long long)r->blank[i].paddr,
				 (unsigned long long)r->blank[i].len);
	assert_int_equal(r->nblank, n);
}

/* Sorted, none overlaps another, those that touch are one; what is not mapped is none. */
static void blanks(void **state)
{
	static const struct kdump_blank want[] = {
		{ 0, 0x1000 },                             /* the second page of two, */
		{ TKEY(1), TKEY_SIZE },
		{ TKEY(2), 0xe00 },                        /* key 3 within */
		{ TKEY_SLAB + 0x200, 0x40 + TKEY_OBJECT }, /* overlap */
		{ TKEY_SLAB + 0x400, 2 * TKEY_OBJECT },    /* touch */
		{ TKEY_SLAB + 0x600, TKEY_OBJECT },        /* twice the same */
		{ TKEY_PLAIN + 0xf00, 0x5100 },            /* over six pages */
		{ TP_SIZE - 0x100, 0x100 },                /* of which this is the first */
	};
	struct testpages *t = tkey_three();
	struct slim_redaction r;
	struct record none = { 0 };

	(void)state;
	tkey_payload(t, 1, 0, TKEY_SLAB + 0x240, 20);
	tkey_payload(t, 3, 0, TKEY_SLAB + 0x400 + TKEY_OBJECT, 20);
	tkey_payload(t, 3, 1, TKEY_SLAB + 0x600, 20);
	tkey_payload(t, 2, 0, TKEY_PLAIN + 0xf00, 0x5000);
	tkey_payload(t, 2, 1, UINT64_C(0x40000010), 0x5000);
	/* both halves of memory once more, the other way round */
	tp_put(t, 0x3000 + 2 * 8, 0x200000 | 0xe3, 8);
	tp_put(t, 0x3000 + 3 * 8, 0xe3, 8);
	tkey_payload(t, 3, 2, 0x600000 - 0x100, 0xf0);
	tkey_payload(t, 1, 1, TKEY(2) + 0x10, 10);
	tkey_open(t, TKEY_SYMBOLS, "");
	assert_int_equal(slim_redact(&t->c, &none, &r, NULL), CAIRN_OK);
	assert_int_equal(r.pages.count, 0);
	expect_blanks(&r, want, sizeof(want) / sizeof(want[0]));
	slim_redaction_deinit(&r);
	tp_free(t);
}

/* Where it cannot be promised. */
static void refused(void **state)
{
	struct slim_redaction r;
	struct record none = { 0 };
	struct cairn_err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct testpages *t = tkey_three();

		if (i == 0)
			tp_put(t, TKEY(1) + TKEY_NODE + 8, TP_SIZE + 0x100, 8);
		tkey_open(t, i == 1 ? NULL : TKEY_SYMBOLS, i == 2 ? "payload.data" : "");
		assert_int_equal(slim_redact(&t->c, &none, &r, &err),
				 i == 0 ? CAIRN_FAULT : CAIRN_MISSING);
		assert_non_null(strstr(err.text, "key rings"));
		slim_redaction_deinit(&r);
		assert_int_equal(image_record(t->c.img)->count, 0);
		tp_free(t);
	}
}

/* A list of blanks that is not whole is none. */
static void out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;
	struct record pages = { 0 };
	struct slim_redaction r;
	long n;

	(void)state;
	want_all(&pages);
	for (n = 0; code != CAIRN_OK && n < 200; n++) {
		struct testpages *t = tkey_three();

		make_pages(t);
		for (unsigned i = 0; i < 4; i++)
			tkey_payload(t, 2, i, TKEY_PLAIN + 0x20000 * i, 0xff00);
		tkey_open(t, TKEY_SYMBOLS, "");
		mem_fail_after(n);
		code = slim_redact(&t->c, &pages, &r, NULL);
		mem_fail_after(-1);
		if (code == CAIRN_OK) {
			expect_pages(&r);
			assert_int_equal(r.nblank, 3 + 3 + 4);
		}
		slim_redaction_deinit(&r);
		tp_free(t);
	}
	assert_int_equal(code, CAIRN_OK);
	assert_true(n > 4);
	/* the pages alone */
	struct testpages *t = tkey_new();
	make_pages(t);
	tkey_open(t, "", "");
	mem_fail_after(0);
	code = slim_redact(&t->c, &pages, &r, NULL);
	mem_fail_after(-1);
	assert_int_equal(code, CAIRN_NOMEM);
	slim_redaction_deinit(&r);
	tp_free(t);
	record_deinit(&pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_by_owner), cmocka_unit_test(blanks),
		cmocka_unit_test(refused), cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
