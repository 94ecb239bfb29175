/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/image/testcopy.h"

/* ---- what can go wrong ---- */

static void open_for_errors(struct copy *c, struct td *t)
{
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 3000, .vmcoreinfo = TC_INFO };

	*c = (struct copy){ .w = { .codec = CODEC_ZSTD, .pages = &c->pages } };
	td_kdump(t, &k);
	open_whole(&c->from, t);
	want_every_third(c);
}

static void test_out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;
	struct td t = { 0 };
	struct copy c;
	long n;

	(void)state;
	open_for_errors(&c, &t);
	for (n = 0; code == CAIRN_NOMEM && n < 100; n++) {
		struct cairn_err err = { 0 };

		c.fd = memfd_create("copy", 0);
		mem_fail_after(n);
		code = kdump_write(&c.w, c.from.img, c.fd, &err);
		mem_fail_after(-1);
		assert_int_equal(code, err.code);
		if (code == CAIRN_OK)
			break;
		assert_int_equal(code, CAIRN_NOMEM);
		expect_text(err.text, "no memory");
		close(c.fd);
	}
	assert_true(code == CAIRN_OK && n >= 3);
	open_fds(&c.to, &c.fd, 1);
	expect_same_pages(&c, 0, 3100);
	drop(&c);
	td_free(&t);
}

/* Wherever the disk is full: no file of which nobody said that it is not whole. */
static void test_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	struct cairn_err err;
	struct td t = { 0 };
	struct copy c;
	uint64_t whole;

	(void)state;
	assert_true(full >= 0);
	open_for_errors(&c, &t);
	assert_int_equal(kdump_write(&c.w, c.from.img, full, &err), CAIRN_IO);
	expect_text(err.text, "No space left");
	write_copy(&c);
	whole = c.w.size;
	c.w.codec = CODEC_NONE; /* the same, and faster */
	for (uint64_t room = 0; room < whole; room += room < 0x6000 ? 0x500 : 0x5000) {
		int fd = memfd_create("full", MFD_ALLOW_SEALING);

		assert_int_equal(ftruncate(fd, (off_t)room), 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
		assert_int_equal(kdump_write(&c.w, c.from.img, fd, &err), CAIRN_IO);
		expect_text(err.text, "write: ");
		close(fd);
	}
	close(full);
	drop(&c);
	td_free(&t);
}

/* The last step: bitmaps without pages end in a hole that only the size tells of. */
static void test_size_cannot_be_set(void **state)
{
	int fd = memfd_create("fixed", MFD_ALLOW_SEALING);
	struct cairn_err err;
	struct td t = { 0 };
	struct copy c;

	(void)state;
	open_for_errors(&c, &t);
	assert_int_equal(ftruncate(fd, 1 << 24), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	assert_int_equal(kdump_write(&c.w, c.from.img, fd, &err), CAIRN_IO);
	expect_text(err.text, "write: ");
	close(fd);
	close_it(&c.from);
	record_deinit(&c.pages);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_size_cannot_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
