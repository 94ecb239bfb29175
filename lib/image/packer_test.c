/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/image/packer.h"
#include "lib/image/testdump.h"

static const enum codec_kind kinds[] = { CODEC_NONE, CODEC_ZLIB, CODEC_ZSTD };

#define ZEROS   3 /* pfns of td_page() */
#define NOISE   5
#define REGULAR 1

/* What is packed unpacks to what it was. Returns the packed size. */
static size_t round_trip(struct packer *p, struct codec *c, enum codec_kind kind, uint64_t pfn,
			 size_t size)
{
	unsigned char *page = malloc(size), *back = malloc(size), *copy = malloc(size);
	enum codec_kind how;
	const void *packed;
	size_t n;

	td_page(pfn, page, size);
	memcpy(copy, page, size);
	n = packer_pack(p, page, size, &packed, &how);
	assert_true(n && n <= size);
	assert_int_equal(how, n < size ? kind : CODEC_NONE);
	if (how == CODEC_NONE)
		assert_ptr_equal(packed, page);
	assert_memory_equal(page, copy, size);
	assert_true(codec_unpack(c, how, packed, n, back, size));
	assert_memory_equal(back, page, size);
	free(page);
	free(back);
	free(copy);
	return n;
}

static void test_round_trips(void **state)
{
	struct codec *c = codec_new();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct packer *p = packer_new(kinds[i]);
		bool packs = kinds[i] != CODEC_NONE;

		/* one packer does pages of all sizes, in any order */
		for (unsigned shift = 16; shift >= 12; shift -= 2) {
			size_t size = (size_t)1 << shift;

			assert_int_equal(round_trip(p, c, kinds[i], NOISE, size), size);
			assert_true(packs == (round_trip(p, c, kinds[i], REGULAR, size) < size));
			assert_true(packs == (round_trip(p, c, kinds[i], ZEROS, size) < size / 20));
		}
		for (uint64_t pfn = 0; pfn < 64; pfn++)
			round_trip(p, c, kinds[i], pfn, 4096);
		packer_free(p);
	}
	codec_free(c);
}

/* Nearly all noise: what packing saves is a few bytes, or none; never is it more. */
static void test_on_the_edge(void **state)
{
	struct codec *c = codec_new();
	unsigned char page[4096], back[4096];

	(void)state;
	for (size_t i = 1; i < 3; i++) {
		struct packer *p = packer_new(kinds[i]);
		bool packed_one = false, kept_one = false;

		for (size_t zeros = 0; zeros < 512; zeros++) {
			enum codec_kind how;
			const void *packed;
			size_t n;

			td_page(NOISE, page, sizeof(page));
			memset(page, 0, zeros);
			n = packer_pack(p, page, sizeof(page), &packed, &how);
			assert_true(how == CODEC_NONE ? n == 4096 : n < 4096);
			assert_true(codec_unpack(c, how, packed, n, back, sizeof(back)));
			assert_memory_equal(back, page, sizeof(page));
			packed_one |= how == kinds[i];
			kept_one |= how == CODEC_NONE;
		}
		assert_true(packed_one && kept_one);
		packer_free(p);
	}
	codec_free(c);
}

static void test_no_packer(void **state)
{
	(void)state;
	assert_null(packer_new(CODEC_LZO));
	assert_null(packer_new(CODEC_SNAPPY));
	packer_free(NULL);
	mem_fail_after(0);
	assert_null(packer_new(CODEC_ZSTD));
	mem_fail_after(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_on_the_edge),
		cmocka_unit_test(test_no_packer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
