/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/image/record.h"

#define CHUNK ((uint64_t)RECORD_CHUNK_BITS)

/* Words and chunks begin and end here; the last is the largest that any address has. */
static const uint64_t pfns[] = {
	0, 1, 62, 63, 64, 65, 127, 128, CHUNK - 64, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1,
	5 * CHUNK, 5 * CHUNK + 77, 1000 * CHUNK - 1, 1000 * CHUNK, (uint64_t)1 << 40,
	((uint64_t)1 << 52) - 1,
};
#define N (sizeof(pfns) / sizeof(pfns[0]))

/* Exactly those pages are in it, in order, and none beside them. */
static void expect(const struct record *r, const uint64_t *want, size_t n)
{
	uint64_t pfn = 0;

	assert_int_equal(r->count, n);
	assert_false(r->lost);
	for (size_t i = 0; i < n; i++, pfn++) {
		assert_true(record_next(r, &pfn));
		assert_int_equal(pfn, want[i]);
		assert_true(record_has(r, pfn));
		if (i + 1 == n || want[i + 1] != pfn + 1)
			assert_false(record_has(r, pfn + 1));
		if (i ? want[i - 1] != pfn - 1 : pfn > 0)
			assert_false(record_has(r, pfn - 1));
	}
	assert_false(record_next(r, &pfn));
}

static void test_empty(void **state)
{
	struct record r = { 0 };
	uint64_t pfn = 0;

	(void)state;
	assert_false(record_next(&r, &pfn));
	assert_false(record_has(&r, 0));
	record_remove(&r, 5);
	assert_int_equal(r.count, 0);
	record_deinit(&r);
}

static void test_any_order(void **state)
{
	(void)state;
	for (size_t step = 1; step < N; step += 2) { /* N is a prime */
		struct record r = { 0 };

		for (size_t i = 0; i < N; i++)
			record_add(&r, pfns[i * step % N]);
		expect(&r, pfns, N);
		for (size_t i = 0; i < N; i++)
			record_add(&r, pfns[i]);
		expect(&r, pfns, N); /* each counts once */
		record_deinit(&r);
	}
}

static void test_next(void **state)
{
	struct record r = { 0 };
	uint64_t pfn;

	(void)state;
	record_add(&r, 3 * CHUNK + 70);
	record_add(&r, 7 * CHUNK);
	for (uint64_t from = 3 * CHUNK + 60; from <= 3 * CHUNK + 70; from++) {
		pfn = from;
		assert_true(record_next(&r, &pfn));
		assert_int_equal(pfn, 3 * CHUNK + 70);
	}
	pfn = 3 * CHUNK + 71;
	assert_true(record_next(&r, &pfn));
	assert_int_equal(pfn, 7 * CHUNK);
	pfn = 5 * CHUNK + 9; /* within no chunk */
	assert_true(record_next(&r, &pfn));
	assert_int_equal(pfn, 7 * CHUNK);
	pfn = 7 * CHUNK + 1;
	assert_false(record_next(&r, &pfn));
	assert_int_equal(pfn, 7 * CHUNK + 1);
	pfn = UINT64_MAX;
	assert_false(record_next(&r, &pfn));
	record_deinit(&r);
}

static void test_remove(void **state)
{
	struct record r = { 0 };
	uint64_t kept[N];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		record_add(&r, pfns[i]);
	for (size_t i = 0; i < N; i++) {
		if (i % 3)
			record_remove(&r, pfns[i]);
		else
			kept[n++] = pfns[i];
	}
	expect(&r, kept, n);
	record_remove(&r, pfns[1]); /* not in it any more */
	record_remove(&r, 12 * CHUNK);
	expect(&r, kept, n);
	for (size_t i = 0; i < N; i++)
		record_remove(&r, pfns[i]);
	expect(&r, NULL, 0);
	record_add(&r, pfns[4]);
	expect(&r, &pfns[4], 1);
	record_deinit(&r);
}

/* As dense as a dump that is read from end to end, and as sparse as one chunk a page. */
static void test_many(void **state)
{
	static const uint64_t steps[] = { 1, 3, CHUNK };

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		struct record r = { 0 };
		uint64_t pfn = 0, count = s < 2 ? 3 * CHUNK : 100;

		for (uint64_t i = 0; i < count; i++)
			record_add(&r, i * steps[s] + 5);
		assert_int_equal(r.count, count);
		for (uint64_t i = 0; i < count; i++, pfn++) {
			assert_true(record_next(&r, &pfn));
			assert_int_equal(pfn, i * steps[s] + 5);
		}
		assert_false(record_next(&r, &pfn));
		record_deinit(&r);
	}
}

/* What was in it stays, what does not fit is told. */
static void test_out_of_memory(void **state)
{
	(void)state;
	for (long n = 0; n < 30; n++) {
		struct record r = { 0 };
		uint64_t pfn = 0, count = 0;

		mem_fail_after(n);
		for (uint64_t i = 0; i < 40; i++)
			record_add(&r, i * CHUNK);
		record_add(&r, 0); /* takes no memory once its chunk is there */
		mem_fail_after(-1);
		assert_true(r.lost);
		assert_true(r.count < 40);
		for (; record_next(&r, &pfn); pfn++)
			assert_int_equal(pfn, count++ * CHUNK);
		assert_int_equal(count, r.count);
		assert_true(n < 2 || count); /* a chunk and the array of chunks */
		record_add(&r, 39 * CHUNK);
		assert_true(record_has(&r, 39 * CHUNK));
		assert_true(r.lost); /* for good */
		record_deinit(&r);
		assert_false(r.lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_next), cmocka_unit_test(test_remove),
		cmocka_unit_test(test_many), cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
