/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

static void test_empty(void **state)
{
	struct map m = { 0 };

	(void)state;
	assert_false(map_get(&m, 0, NULL));
	map_deinit(&m);
}

static void test_many(void **state)
{
	struct map m = { 0 };
	uint64_t i, v;

	(void)state;
	for (i = 0; i < 10000; i++)
		assert_true(map_put(&m, i << 12, i));
	assert_int_equal(m.count, 10000);
	for (i = 0; i < 10000; i++) {
		assert_true(map_get(&m, i << 12, &v));
		assert_int_equal(v, i);
		assert_false(map_get(&m, (i << 12) + 8, NULL));
	}
	map_deinit(&m);
	assert_int_equal(m.count, 0);
}

static void test_put_replaces(void **state)
{
	struct map m = { 0 };
	uint64_t v;

	(void)state;
	assert_true(map_put(&m, UINT64_MAX, 1));
	assert_true(map_put(&m, UINT64_MAX, 2));
	assert_true(map_put(&m, 0, 3));
	assert_int_equal(m.count, 2);
	assert_true(map_get(&m, UINT64_MAX, &v));
	assert_int_equal(v, 2);
	assert_true(map_get(&m, 0, &v));
	assert_int_equal(v, 3);
	map_deinit(&m);
}

static void test_visit(void **state)
{
	struct map m = { 0 };

	(void)state;
	assert_true(map_visit(&m, 0));
	assert_false(map_visit(&m, 0));
	assert_true(map_visit(&m, 1));
	map_deinit(&m);
}

static void test_out_of_memory_ends_walks(void **state)
{
	struct map m = { 0 };
	uint64_t i, v;

	(void)state;
	mem_fail_after(1);
	for (i = 0; map_visit(&m, i); i++)
		assert_true(i < 1000);
	mem_fail_after(-1);
	assert_true(i > 0);
	assert_true(map_get(&m, 0, &v)); /* what was there still is */
	assert_true(map_visit(&m, i));
	map_deinit(&m);
}

static void test_hashes(void **state)
{
	(void)state;
	/* published vectors of FNV-1a */
	assert_int_equal(hash_bytes("", 0), 0xcbf29ce484222325u);
	assert_int_equal(hash_bytes("a", 1), 0xaf63dc4c8601ec8cu);
	assert_int_equal(hash_bytes("foobar", 6), 0x85944171f73967e8u);
	assert_int_not_equal(hash_u64(0x1000) & 63, hash_u64(0x2000) & 63);
	assert_int_not_equal(hash_u64(1), hash_u64(2));
}

static void test_checksum_sees_every_bit(void **state)
{
	unsigned char data[100] = { 1, 2, 3 };
	uint64_t whole = hash_bulk(data, sizeof(data));
	size_t bit;

	(void)state;
	for (bit = 0; bit < 8 * sizeof(data); bit++) {
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_not_equal(hash_bulk(data, sizeof(data)), whole);
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	assert_int_equal(hash_bulk(data, sizeof(data)), whole);
	assert_int_not_equal(hash_bulk(data, sizeof(data) - 1), whole);
	assert_int_not_equal(hash_bulk(data, 0), hash_bulk(data + 3, 1));
}

/* Every byte counts, wherever it stands, and so does the length. */
static void test_hash_of_each_byte(void **state)
{
	static uint64_t (*const hashes[])(const void *p, size_t n) = { hash_text, hash_bulk };
	unsigned char b[200] = { 0 };

	(void)state;
	for (size_t h = 0; h < 2; h++)
		for (size_t n = 0; n < sizeof(b); n++) {
			uint64_t plain = hashes[h](b, n);

			assert_int_not_equal(plain, hashes[h](b, n + 1));
			assert_int_equal(plain, hashes[h](b, n));
			for (size_t i = 0; i < n; i++) {
				b[i] ^= 1;
				assert_int_not_equal(plain, hashes[h](b, n));
				b[i] ^= 0x81;
				assert_int_not_equal(plain, hashes[h](b, n));
				b[i] = 0;
			}
		}
}

static void test_hash_of_order(void **state)
{
	unsigned char a[64] = { 0 }, b[64] = { 0 };

	(void)state;
	/* words that change places, within a lane of hash_bulk and across */
	a[0] = b[32] = 1;
	assert_int_not_equal(hash_bulk(a, 64), hash_bulk(b, 64));
	assert_int_not_equal(hash_text(a, 64), hash_text(b, 64));
	b[32] = 0;
	b[8] = 1;
	assert_int_not_equal(hash_bulk(a, 64), hash_bulk(b, 64));
	assert_int_not_equal(hash_text(a, 64), hash_text(b, 64));
}

/* Where the bytes lie does not count. */
static void test_hash_unaligned(void **state)
{
	unsigned char b[80];

	(void)state;
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (unsigned char)(i * 7);
	for (size_t at = 1; at < 8; at++) {
		unsigned char c[90];

		memcpy(c + at, b, sizeof(b));
		assert_int_equal(hash_text(c + at, sizeof(b)), hash_text(b, sizeof(b)));
		assert_int_equal(hash_bulk(c + at, sizeof(b)), hash_bulk(b, sizeof(b)));
	}
}

/* Names as kernels have them, in a table a third full: about as few collisions as chance. */
static void test_hash_of_names(void **state)
{
	static unsigned char used[1 << 15];
	unsigned hits = 0;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t h = hash_text(name, (size_t)snprintf(name, sizeof(name), "__key.%u", i));

		hits += used[h & (sizeof(used) - 1)]++ != 0;
	}
	assert_in_range(hits, 1000, 1600); /* 1379 expected */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_put_replaces),
		cmocka_unit_test(test_visit),
		cmocka_unit_test(test_out_of_memory_ends_walks),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_hash_of_each_byte),
		cmocka_unit_test(test_hash_of_order),
		cmocka_unit_test(test_hash_unaligned),
		cmocka_unit_test(test_hash_of_names),
		cmocka_unit_test(test_checksum_sees_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
