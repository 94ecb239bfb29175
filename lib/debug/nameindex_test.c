/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/nameindex.h"

#define N 5000u

static uint32_t hash_of(unsigned i)
{
	char name[32];

	return nameindex_hash(name, (size_t)snprintf(name, sizeof(name), "name_%u", i), 0);
}

/* Whether a bucket has the number, and that its numbers ascend. */
static bool has(const struct nameindex *x, uint32_t hash, uint32_t number)
{
	uint32_t n, i;
	const uint32_t *all = nameindex_bucket(x, hash, &n);
	bool found = false;

	for (i = 0; i < n; i++) {
		assert_true(!i || all[i] > all[i - 1]);
		found |= all[i] == number;
	}
	return found;
}

static void test_finds_all(void **state)
{
	static uint32_t hash[N];
	struct arena a = { 0 };
	struct nameindex x;
	uint32_t longest = 0, n;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		hash[i] = hash_of(i);
	assert_int_equal(nameindex_build(&x, hash, N, &a, NULL), CAIRN_OK);
	for (unsigned i = 0; i < N; i++) {
		assert_true(has(&x, hash[i], i));
		nameindex_bucket(&x, hash[i], &n);
		longest = n > longest ? n : longest;
	}
	assert_in_range(longest, 4, 40); /* 5 on average */
	arena_deinit(&a);
}

static void test_equal_hashes_keep_their_order(void **state)
{
	static uint32_t hash[N];
	struct arena a = { 0 };
	struct nameindex x;
	uint32_t n;
	const uint32_t *all;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		hash[i] = 0x12345678;
	assert_int_equal(nameindex_build(&x, hash, N, &a, NULL), CAIRN_OK);
	all = nameindex_bucket(&x, 0x12345678, &n);
	assert_int_equal(n, N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(all[i], i);
	arena_deinit(&a);
}

static void test_zero_is_left_out(void **state)
{
	const uint32_t hash[] = { 0, 7, 0, UINT32_MAX };
	struct arena a = { 0 };
	struct nameindex x;

	(void)state;
	assert_int_equal(nameindex_build(&x, hash, 4, &a, NULL), CAIRN_OK);
	assert_false(has(&x, 7, 0));
	assert_true(has(&x, 7, 1));
	assert_false(has(&x, UINT32_MAX, 2));
	assert_true(has(&x, UINT32_MAX, 3));
	arena_deinit(&a);
}

static void test_empty(void **state)
{
	struct arena a = { 0 };
	struct nameindex x, y;
	uint32_t n = 1;

	(void)state;
	assert_int_equal(nameindex_build(&x, NULL, 0, &a, NULL), CAIRN_OK);
	nameindex_bucket(&x, 1, &n);
	assert_int_equal(n, 0);
	assert_true(nameindex_take(&y, x.block, x.size));
	arena_deinit(&a);
}

static void test_spaces_differ(void **state)
{
	(void)state;
	assert_int_equal(nameindex_hash("list_head", 9, 5), nameindex_hash("list_head", 9, 5));
	assert_int_not_equal(nameindex_hash("list_head", 9, 5), nameindex_hash("list_head", 9, 6));
	assert_int_not_equal(nameindex_hash("list_head", 9, 5), nameindex_hash("list_hea", 8, 5));
}

static void test_kept_block(void **state)
{
	uint32_t hash[100], block[512];
	struct arena a = { 0 };
	struct nameindex x, y;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		hash[i] = hash_of(i);
	assert_int_equal(nameindex_build(&x, hash, 100, &a, NULL), CAIRN_OK);
	assert_true(x.size <= sizeof(block));
	memcpy(block, x.block, x.size);
	assert_true(nameindex_take(&y, block, x.size));
	for (unsigned i = 0; i < 100; i++)
		assert_true(has(&y, hash[i], i));
	assert_false(nameindex_take(&y, block, x.size - 4));
	assert_false(nameindex_take(&y, block, x.size + 4));
	assert_false(nameindex_take(&y, block, 0));
	assert_false(nameindex_take(&y, NULL, 0));
	block[0]--; /* not a power of two */
	block[1]++;
	assert_false(nameindex_take(&y, block, x.size));
	block[0] = 0;
	assert_false(nameindex_take(&y, block, x.size));
	arena_deinit(&a);
}

/* Buckets of a kept block that lie outside of it or backwards are cut or empty. */
static void test_lying_block(void **state)
{
	uint32_t block[] = { 2, 3, 0, 0, 0, 10, 11, 12 }, n;
	struct nameindex x;
	const uint32_t *all;

	(void)state;
	assert_true(nameindex_take(&x, block, sizeof(block)));
	block[3] = 1000; /* end of the first, start of the second */
	block[4] = 2000;
	all = nameindex_bucket(&x, 1, &n);
	assert_int_equal(n, 3);
	assert_int_equal(all[2], 12);
	nameindex_bucket(&x, 0x80000000u, &n);
	assert_int_equal(n, 0);
	block[3] = 2;
	block[4] = 1;
	nameindex_bucket(&x, 0x80000000u, &n);
	assert_int_equal(n, 0);
}

static void test_out_of_memory(void **state)
{
	const uint32_t hash[] = { 1, 2 };
	struct arena a = { 0 };
	struct cairn_err err;
	struct nameindex x;

	(void)state;
	mem_fail_after(0);
	assert_int_equal(nameindex_build(&x, hash, 2, &a, &err), CAIRN_NOMEM);
	mem_fail_after(-1);
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_all),
		cmocka_unit_test(test_equal_hashes_keep_their_order),
		cmocka_unit_test(test_zero_is_left_out),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_spaces_differ),
		cmocka_unit_test(test_kept_block),
		cmocka_unit_test(test_lying_block),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
