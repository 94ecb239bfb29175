/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/image/pick.h"
#include "lib/image/testmem.h"

#define BASE   UINT64_C(0x10000)
#define HOLE   UINT64_C(0x300000) /* a page that is mapped and not there */
#define END    UINT64_C(0x400000) /* not mapped from here on */
#define STRIDE 152
#define LO     16 /* of the bytes that are wanted */
#define LEN    24
#define N      12000

static struct testmem mem;
static struct image *img;
static struct space space;

/* Objects in a row, every 27th of which reaches into the next page. */
static uint64_t object(size_t i)
{
	return BASE + STRIDE * (uint64_t)i;
}

static void fill(void)
{
	for (size_t i = 0; i < N; i++) {
		testmem_put(&mem, object(i) + LO, i, 8);
		testmem_put(&mem, object(i) + LO + LEN - 8, ~(uint64_t)i, 8);
	}
}

static void begin(void)
{
	mem = (struct testmem){ 0 };
	testmem_add(&mem, 0, HOLE);
	testmem_tables(&mem);
	fill();
	img = testmem_open(&mem);
	assert_int_equal(space_init(&space, img, &paging_x86_64_l4, 0x1000, 8, "kernel address",
				    NULL), CAIRN_OK);
}

static void end(void)
{
	space_deinit(&space);
	image_close(img);
	testmem_free(&mem);
}

struct shown {
	const uint64_t *addr;
	unsigned char times[N];
	bool wrong;
};

static void show(void *arg, size_t i, const unsigned char *bytes)
{
	struct shown *s = arg;
	uint64_t want = (s->addr[i] - BASE) / STRIDE;

	s->times[i]++;
	if (le64(bytes) != want || le64(bytes + LEN - 8) != ~want)
		s->wrong = true;
}

/* Each object once, wherever it lies, in whatever order they are named. */
static void each_is_shown_once(void **state)
{
	static uint64_t addr[N];
	static struct shown s;
	struct pick p;

	(void)state;
	begin();
	pick_init(&p, &space, LO, LEN, show);
	for (unsigned turn = 0; turn < 4; turn++) {
		size_t n = turn == 2 ? 10 : N, step = turn % 2 ? 7919 : 1;

		s = (struct shown){ .addr = addr };
		for (size_t i = 0; i < n; i++)
			addr[i] = i % 5 == 4 ? 0 : object(i * step % N);
		assert_true(pick_begin(&p, addr, n, &s, NULL));
		pick_wait(&p);
		assert_false(s.wrong);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(s.times[i], i % 5 != 4);
	}
	pick_deinit(&p);
	end();
}

/* Nor part of one: not mapped, not in the dump, reaching there, or around the end of all memory. */
static void what_is_not_there_is_not_shown(void **state)
{
	uint64_t addr[] = { object(1), HOLE + 8, HOLE - 24, END - 24, END + 64, UINT64_MAX - 23,
			    UINT64_C(0x8000000000000000), object(2) };
	static struct shown s;
	struct pick p;

	(void)state;
	begin();
	s = (struct shown){ .addr = addr };
	pick_init(&p, &space, LO, LEN, show);
	assert_true(pick_begin(&p, addr, sizeof(addr) / sizeof(addr[0]), &s, NULL));
	pick_wait(&p);
	assert_false(s.wrong);
	for (size_t i = 0; i < sizeof(addr) / sizeof(addr[0]); i++)
		assert_int_equal(s.times[i], addr[i] == object(1) || addr[i] == object(2));
	pick_deinit(&p);
	pick_init(&p, &space, LO, 4097, show); /* more than two pages may be needed */
	assert_false(pick_begin(&p, addr, 1, &s, NULL));
	pick_deinit(&p);
	end();
}

/* The image is of use while pages come, and what is not waited for is ended. */
static void meanwhile_the_image_answers(void **state)
{
	static uint64_t addr[N];
	static struct shown s;
	struct pick p;
	uint64_t got;

	(void)state;
	begin();
	s = (struct shown){ .addr = addr };
	for (size_t i = 0; i < N; i++)
		addr[i] = object(i);
	pick_init(&p, &space, LO, LEN, show);
	assert_true(pick_begin(&p, addr, N, &s, NULL));
	assert_int_equal(space_u64(&space, object(77) + LO, &got, NULL), CAIRN_OK);
	assert_int_equal(got, 77);
	pick_deinit(&p);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(s.times[i], 1);
	end();
}

/* Those that were begun before have come when the next have begun, each to whom it is for. */
static void one_after_the_other(void **state)
{
	static uint64_t addr[3][N / 3];
	static struct shown s[3];
	struct pick p;
	size_t pages;

	(void)state;
	begin();
	pick_init(&p, &space, LO, LEN, show);
	for (size_t turn = 0; turn < 3; turn++) {
		s[turn] = (struct shown){ .addr = addr[turn] };
		for (size_t i = 0; i < N / 3; i++)
			addr[turn][i] = object(3 * i + turn);
		assert_true(pick_begin(&p, addr[turn], N / 3, &s[turn], &pages));
		assert_in_range(pages, N / 3 * 3 * STRIDE / 4096, N / 3 * 3 * STRIDE / 4096 + 2);
		for (size_t i = 0; turn && i < N / 3; i++)
			assert_int_equal(s[turn - 1].times[i], 1);
	}
	pick_wait(&p);
	for (size_t turn = 0; turn < 3; turn++) {
		assert_false(s[turn].wrong);
		assert_int_equal(s[turn].times[N / 3 - 1], 1);
	}
	pick_deinit(&p);
	end();
}

static void out_of_memory(void **state)
{
	static uint64_t addr[N];
	static struct shown s;
	struct pick p;
	long fails = 0;
	bool fine = false;

	(void)state;
	begin();
	for (size_t i = 0; i < N; i++)
		addr[i] = object(i);
	while (!fine) {
		s = (struct shown){ .addr = addr };
		pick_init(&p, &space, LO, LEN, show);
		mem_fail_after(fails++);
		fine = pick_begin(&p, addr, N, &s, NULL);
		if (fine)
			pick_wait(&p);
		mem_fail_after(-1);
		pick_deinit(&p);
		assert_int_equal(s.times[5], fine);
	}
	assert_true(fails > 4);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_shown_once),
		cmocka_unit_test(what_is_not_there_is_not_shown),
		cmocka_unit_test(meanwhile_the_image_answers),
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("pick", tests, NULL, NULL);
}
