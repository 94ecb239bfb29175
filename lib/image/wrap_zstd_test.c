/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <zstd_errors.h>

#include "lib/base/mem.h"
#include "lib/image/testdump.h"
#include "lib/image/unwrap.h"
#include "lib/image/wrap_zstd.h"

#define PIECE ((size_t)1 << 17) /* as wrap_zstd.c has it */

/* `noise`: nothing of it shrinks. */
static void fill(struct td *t, size_t size, bool noise)
{
	td_need(t, size);
	for (size_t i = 0; i + 4096 <= size; i += 4096)
		td_page(noise ? i / 512 + 5 : i / 4096, t->data + i, 4096);
	for (size_t i = size / 4096 * 4096; i < size; i++)
		t->data[i] = (unsigned char)(i * 7 + 1);
}

/* Wrap the first `size` bytes of `in` and return the file; *packed gets its size. */
static int wrapped(const struct td *in, size_t size, uint64_t *packed)
{
	int from = td_fd(in, in->len), to = memfd_create("wrapped", 0);
	struct cairn_err err;

	if (wrap_zstd(from, size, to, packed, NULL, &err) != CAIRN_OK)
		fail_msg("%zu bytes: %s", size, err.text);
	assert_int_equal(lseek(to, 0, SEEK_END), *packed);
	close(from);
	return to;
}

static void test_round_trips(void **state)
{
	static const size_t sizes[] = { 1, 4, 5, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE,
					3 * PIECE - 4095, (size_t)5 << 20 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i / 2];
		unsigned char *back = malloc(size + 1);
		struct td t = { 0 };
		uint64_t packed;
		struct rawfile f;

		fill(&t, size, i % 2);
		assert_int_equal(unwrap(&f, wrapped(&t, t.len, &packed), NULL), CAIRN_OK);
		assert_false(f.cut);
		assert_non_null(strstr(f.how, "zstd"));
		assert_int_equal(f.disk_size, packed);
		assert_int_equal(f.size, size);
		assert_int_equal(rawfile_read(&f, 0, back, size + 1, NULL), size);
		assert_memory_equal(back, t.data, size);
		if (size > 2 * PIECE)
			assert_true((packed < size / 2) == !(i % 2));
		rawfile_close(&f);
		td_free(&t);
		free(back);
	}
}

static size_t unpack(int fd, void *to, size_t room)
{
	static unsigned char raw[1 << 20];
	ssize_t n = pread(fd, raw, sizeof(raw), 0);

	assert_true(n > 0);
	/* one frame that tells its size, and nothing behind it */
	assert_int_equal(ZSTD_findFrameCompressedSize(raw, (size_t)n), n);
	return ZSTD_decompress(to, room, raw, (size_t)n);
}

/* A frame of nothing is a frame; and only what is asked for is taken. */
static void test_first_bytes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, PIECE, PIECE + 100 };
	unsigned char *back = malloc(2 * PIECE);
	struct td t = { 0 };

	(void)state;
	fill(&t, 2 * PIECE, false);
	for (size_t i = 0; i < 5; i++) {
		uint64_t packed;
		int fd = wrapped(&t, sizes[i], &packed);

		assert_int_equal(unpack(fd, back, 2 * PIECE), sizes[i]);
		assert_memory_equal(back, t.data, sizes[i]);
		close(fd);
	}
	free(back);
	td_free(&t);
}

/* The last four bytes are a checksum of the contents. */
static void test_checksum(void **state)
{
	struct td t = { 0 };
	unsigned char byte, back[5000];
	uint64_t packed;
	int fd;

	(void)state;
	fill(&t, sizeof(back), false);
	fd = wrapped(&t, t.len, &packed);
	assert_int_equal(unpack(fd, back, sizeof(back)), sizeof(back));
	assert_int_equal(pread(fd, &byte, 1, (off_t)packed - 1), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)packed - 1), 1);
	assert_int_equal(ZSTD_getErrorCode(unpack(fd, back, sizeof(back))),
			 ZSTD_error_checksum_wrong);
	close(fd);
	td_free(&t);
}

static void expect_error(int in, uint64_t size, int out, enum cairn_code code, const char *text)
{
	struct cairn_err err = { 0 };
	uint64_t packed = 1;

	assert_int_equal(wrap_zstd(in, size, out, &packed, NULL, &err), code);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

static void test_errors(void **state)
{
	int full = open("/dev/full", O_WRONLY), dir = open("/", O_RDONLY | O_DIRECTORY);
	int out = memfd_create("out", 0), in;
	struct td t = { 0 };

	(void)state;
	assert_true(full >= 0 && dir >= 0);
	fill(&t, 3 * PIECE, false);
	in = td_fd(&t, t.len);
	expect_error(in, t.len, full, CAIRN_IO, "No space left");
	expect_error(in, 0, full, CAIRN_IO, "No space left");
	expect_error(in, t.len + 1, out, CAIRN_IO, "ends");
	expect_error(in, 2 * t.len, out, CAIRN_IO, "ends");
	expect_error(dir, 100, out, CAIRN_IO, "read: ");
	for (long n = 0; n < 2; n++) {
		mem_fail_after(n);
		expect_error(in, t.len, out, CAIRN_NOMEM, "no memory");
		mem_fail_after(-1);
	}
	close(in);
	close(out);
	close(full);
	close(dir);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_first_bytes),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
