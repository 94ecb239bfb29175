/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of ARM by every rule of each level. */
#include "lib/image/testpaging.h"

static void arm_short(void **state)
{
	static const struct way ways[] = {
		{ "section", 0xc0345678, { 0x4031940e }, 0, 0x40345678, 0xba988,
		  "B C AP0 TEX0 APX S" },
		{ "section with PXN", 0xc0345678, { 0x4031940f }, 0, 0x40345678, 0xba988,
		  "PXN B C AP0 TEX0 APX S" },
		{ "supersection", 0xc1345678, { 0x4404140e | 5 << 20 | 9 << 5 }, 0,
		  0x9544345678, 0xcba988, "B C AP0 TEX0 SUPER" },
		{ "small page", 0xbf012345, { T(1) | 0x811, 0x7654453 }, 0, 0x7654345, 0xcbb,
		  "XN AP0 TEX0 S" },
		{ "second table of the page", 0xbf112345, { T(1) | 0xc11, 0x7654453 }, 0,
		  0x7654345, 0xcbb, "XN AP0 TEX0 S" },
		{ "large page", 0xbf012345, { T(1) | 0x811, 0x765945d }, 0, 0x7652345, 0xdcbb,
		  "B C AP0 S TEX0 XN" },
		{ "hardware before Linux", 0xbf012345, { T(1) | 0x811, 0x7654453, 0x1111001 }, 0,
		  0x7654345, 0xcbb, NULL },
		{ "old page", 0x12345, { T(1) | 0x811, 0, 0x7654741 }, 0, 0x7654345, 0xcbb,
		  "PRESENT DIRTY USER XN SHARED" },
		{ "PROT_NONE", 0x12345, { T(1) | 0x811, 0, 0x7654edf }, 0, 0x7654345, 0xcbb,
		  "PRESENT YOUNG DIRTY RDONLY XN SHARED NONE" },
		{ "swap", 0x12345, { T(1) | 0x811, 0, 0x1230080 }, CAIRN_FAULT_SWAPPED, 0, 0,
		  "" },
		{ "no Linux half", 0x12345, { T(1) | 0x411, 0, 0x7654edf }, CAIRN_FAULT_UNMAPPED,
		  0, 0, "" },
		{ "empty", 0xbf012345, { T(1) | 0x811 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty root", 0xbf012345, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "64-bit address", 0x1bf012345, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0, NULL },
	};

	(void)state;
	CHECK(&paging_arm_short, ways);
}

#define BIT(n) (UINT64_C(1) << (n))

static void arm_lpae(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xbf012345, { T(1) | 3, T(2) | 3, 0xff07654fcf | BIT(54) }, 0,
		  0xff07654345, 0xcbb, "VALID USER AP2 SHARED YOUNG nG XN" },
		{ "2M", 0xc0345678, { T(1) | 3, 0x240000f41 }, 0, 0x240145678, 0xba988,
		  "VALID USER SHARED YOUNG nG" },
		{ "1G", 0xc0345678, { 0x40000f41 }, 0, 0x40345678, 0x3fcba988, NULL },
		{ "PROT_NONE", 0x12345, { T(1) | 3, T(2) | 3, BIT(57) | 0x7654fce }, 0, 0x7654345,
		  0xcbb, "USER AP2 SHARED YOUNG nG NONE" },
		{ "PROT_NONE 2M", 0x345678, { T(1) | 3, BIT(57) | 0x40000f40 }, 0, 0x40145678,
		  0xba988, NULL },
		{ "swap", 0x12345, { T(1) | 3, T(2) | 3, 0x1234500000080 }, CAIRN_FAULT_SWAPPED, 0,
		  0, "" },
		{ "empty PTE", 0x12345, { T(1) | 3, T(2) | 3 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty PMD", 0x12345, { T(1) | 3 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty root", 0x12345, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "block in the PTE", 0x12345, { T(1) | 3, T(2) | 3, 0x7654f41 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, "" },
	};

	(void)state;
	CHECK(&paging_arm_lpae, ways);
}

/* ---- arm64 ---- */

#define ATTR 0x00e0000000000f00u /* UXN PXN DIRTY, NG AF and shareable */

static void arm64_4k(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xffff800008012345, { T(1) | 3, T(2) | 3, T(3) | 3, ATTR | 0x7654003 }, 0,
		  0x7654345, 0xcbb, "VALID AF NG PXN UXN DIRTY" },
		{ "2M", 0xffff800008345678, { T(1) | 3, T(2) | 3, ATTR | 0x40000001 }, 0,
		  0x40145678, 0xba988, "VALID AF NG PXN UXN DIRTY" },
		{ "1G", 0xffff800008345678, { T(1) | 3, ATTR | 0x40000001 }, 0, 0x48345678,
		  0x37cba988, NULL },
		{ "no block in the root", 0xffff800008345678, { ATTR | 0x40000001 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, NULL },
		{ "no block in the PTE", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3,
		  ATTR | 0x7654001 }, CAIRN_FAULT_UNMAPPED, 0, 0, NULL },
		{ "PROT_NONE before 6.11", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3,
		  BIT(58) | 0x0060000007654f82 }, 0, 0x7654345, 0xcbb,
		  "PROTNONE RDONLY AF PXN UXN" },
		{ "PROT_NONE since 6.11", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3,
		  0x0060000007654f82 }, 0, 0x7654345, 0xcbb, "PROTNONE RDONLY AF PXN UXN" },
		{ "PROT_NONE 2M before 6.11", 0x345678, { T(1) | 3, T(2) | 3,
		  BIT(58) | 0x0060000040000780 }, 0, 0x40145678, 0xba988, NULL },
		{ "PROT_NONE 2M since 6.11", 0x345678, { T(1) | 3, T(2) | 3, 0x0060000040000f80 },
		  0, 0x40145678, 0xba988, NULL },
		{ "2M being split before 6.11", 0x345678, { T(1) | 3, T(2) | 3,
		  BIT(59) | 0x0040000040000740 }, 0, 0x40145678, 0xba988, NULL },
		{ "swap before 6.11, offset with bit 11", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3,
		  0x0000000123456f04 }, CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "swap since 6.11", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3, 0x0030000123456044 },
		  CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "empty PTE", 0x12345, { T(1) | 3, T(2) | 3, T(3) | 3 }, CAIRN_FAULT_UNMAPPED, 0,
		  0, "" },
		{ "no bits above 48", 0xffff800008012345, { T(1) | 3, T(2) | 3, T(3) | 3,
		  0x0007000007654f03 }, 0, 0x7654345, 0xcbb, NULL },
		{ "non-canonical", 0x0001000000000000, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
		{ "tagged", 0xf0ff800008012345, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0, NULL },
	};
	struct paging_form f;

	(void)state;
	assert_true(paging_arm64(&f, 12, 48));
	assert_int_equal(f.nlevels, 4);
	CHECK(&f, ways);
}

static void arm64_39(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xffffff8008012345, { T(1) | 3, T(2) | 3, ATTR | 0x7654003 }, 0, 0x7654345,
		  0xcbb, NULL },
		{ "1G in the root", 0xffffff8008345678, { ATTR | 0x40000001 }, 0, 0x48345678,
		  0x37cba988, NULL },
		{ "48-bit address", 0xffff800008012345, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
	};
	struct paging_form f;

	(void)state;
	assert_true(paging_arm64(&f, 12, 39));
	assert_int_equal(f.nlevels, 3);
	CHECK(&f, ways);
}

static void arm64_16k(void **state)
{
	static const struct way ways[] = {
		{ "16K", 0xffff800008016345, { T(1) | 3, T(2) | 3, T(3) | 3, ATTR | 0x7654003 }, 0,
		  0x7656345, 0x1cbb, NULL },
		{ "32M", 0xffff800009345678, { T(1) | 3, T(2) | 3, ATTR | 0x42000001 }, 0,
		  0x43345678, 0xcba988, NULL },
		{ "no block above", 0xffff800009345678, { T(1) | 3, ATTR | 0x42000001 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, NULL },
	};
	struct paging_form f;

	(void)state;
	assert_true(paging_arm64(&f, 14, 48));
	assert_int_equal(f.nlevels, 4);
	assert_int_equal(f.level[0].bits, 1);
	CHECK(&f, ways);
}

static void arm64_64k(void **state)
{
	static const struct way ways[] = {
		{ "64K", 0xffff800008019345, { T(1) | 3, T(2) | 3, ATTR | 0x7650003 }, 0, 0x7659345,
		  0x6cbb, NULL },
		{ "64K above 48 bits", 0xffff800008019345, { T(1) | 3, T(2) | 3,
		  ATTR | 0x765a003 }, 0, 0xa000007659345, 0x6cbb, NULL },
		{ "512M", 0xffff800009345678, { T(1) | 3, ATTR | 0x40000001 }, 0, 0x49345678,
		  0x16cba988, NULL },
	};
	struct paging_form f;

	(void)state;
	assert_true(paging_arm64(&f, 16, 48));
	assert_int_equal(f.nlevels, 3);
	CHECK(&f, ways);
	assert_true(paging_arm64(&f, 16, 52));
	assert_int_equal(f.nlevels, 3);
	assert_int_equal(f.level[0].bits, 10);
	CHECK(&f, ways);
}

/* LPA2: two address bits stand where shareability stood, tables included. */
static void arm64_lpa2(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xfff8000008012345, { T(1) | 3, T(2) | 3, T(3) | 3, T(4) | 3,
		  0x0061000007654f03 & ~UINT64_C(0x100) }, 0, 0x9000007654345, 0xcbb, NULL },
		{ "512G", 0xfff8000008345678, { T(1) | 3, 0x0060008000000c01 }, 0, 0x8008345678,
		  0x7ff7cba988, NULL },
		{ "a table far up", 0x1000, { 0x103 | T(1) }, CAIRN_FAULT_ABSENT, 0, 0, NULL },
	};
	struct paging_form f;

	(void)state;
	assert_true(paging_arm64(&f, 12, 52));
	assert_int_equal(f.nlevels, 5);
	CHECK(&f, ways);
	assert_true(paging_arm64(&f, 14, 52));
	assert_int_equal(f.nlevels, 4);
}

static void arm64_parameters(void **state)
{
	struct paging_form f;

	(void)state;
	assert_false(paging_arm64(&f, 13, 48));
	assert_false(paging_arm64(&f, 12, 35));
	assert_false(paging_arm64(&f, 12, 53));
	for (unsigned shift = 12; shift <= 16; shift += 2)
		for (unsigned bits = 36; bits <= 52; bits++) {
			unsigned sum = shift;

			assert_true(paging_arm64(&f, shift, bits));
			assert_in_range(f.nlevels, 2, PAGING_LEVELS);
			for (unsigned i = 0; i < f.nlevels; i++) {
				assert_in_range(f.level[i].nrules, 1, PAGING_RULES);
				sum += f.level[i].bits;
			}
			assert_int_equal(sum, bits);
			assert_int_equal(paging_page_shift(&f), shift);
		}
}

/* Without a half the index alone counts: either address meets the same entry. */
static void halves(void **state)
{
	struct testmem mem = { 0 };
	static const enum paging_half half[] = { PAGING_BOTH, PAGING_LOW, PAGING_HIGH };
	struct paging_result low, high;
	struct paging_form f;
	struct image *img;

	(void)state;
	assert_true(paging_arm64(&f, 12, 39));
	testmem_add(&mem, BASE, MIB);
	testmem_put(&mem, BASE, 0x40000401, 8);
	img = testmem_open(&mem);
	for (unsigned i = 0; i < 3; i++) {
		f.half = half[i];
		low = paging_lookup(&f, img, BASE, 0x1000);
		high = paging_lookup(&f, img, BASE, 0xffffff8000001000);
		assert_int_equal(low.fault, f.half == PAGING_HIGH ? CAIRN_FAULT_UNMAPPED
								  : CAIRN_FAULT_NONE);
		assert_int_equal(high.fault, f.half == PAGING_LOW ? CAIRN_FAULT_UNMAPPED
								  : CAIRN_FAULT_NONE);
	}
	image_close(img);
	testmem_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm_short), cmocka_unit_test(arm_lpae),
		cmocka_unit_test(arm64_4k), cmocka_unit_test(arm64_39),
		cmocka_unit_test(arm64_16k), cmocka_unit_test(arm64_64k),
		cmocka_unit_test(arm64_lpa2), cmocka_unit_test(arm64_parameters),
		cmocka_unit_test(halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
