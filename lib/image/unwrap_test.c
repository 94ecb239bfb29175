/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/base/held.h"
#include "lib/base/mem.h"
#include "lib/image/testdump.h"
#include "lib/image/unwrap.h"

#define SIZE ((size_t)300000)

static void fill(struct td *t)
{
	td_need(t, SIZE);
	for (size_t i = 0; i + 4096 <= SIZE; i += 4096)
		td_page(i / 4096, t->data + i, 4096);
}

static void expect_same(const struct rawfile *f, const struct td *t)
{
	unsigned char *buf = malloc(t->len + 1);

	assert_int_equal(f->size, t->len);
	assert_int_equal(rawfile_read(f, 0, buf, t->len + 1, NULL), t->len);
	assert_memory_equal(buf, t->data, t->len);
	for (size_t off = 0; off < t->len; off += 7777) {
		size_t n = t->len - off < 5000 ? t->len - off : 5000;

		assert_int_equal(rawfile_read(f, off, buf, 5000, NULL), n);
		assert_memory_equal(buf, t->data + off, n);
	}
	free(buf);
}

static void test_plain(void **state)
{
	struct td t = { 0 };
	struct rawfile f;

	(void)state;
	fill(&t);
	assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
	assert_string_equal(f.how, "");
	assert_false(f.cut);
	assert_int_equal(f.disk_size, t.len);
	expect_same(&f, &t);
	assert_int_equal(rawfile_read(&f, UINT64_MAX - 5, &t, 4, NULL), 0);
	rawfile_close(&f);
	td_free(&t);
}

static void test_flattened(void **state)
{
	static const size_t pieces[] = { 1, 17, 4096, 5000, SIZE };

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		struct td t = { 0 }, flat = { 0 };
		struct rawfile f;

		fill(&t);
		td_flatten(&flat, &t, pieces[i % 5], i >= 5);
		assert_int_equal(unwrap(&f, td_fd(&flat, flat.len), NULL), CAIRN_OK);
		assert_string_equal(f.how, "flattened");
		assert_false(f.cut);
		assert_int_equal(f.disk_size, flat.len);
		expect_same(&f, &t);
		rawfile_close(&f);
		td_free(&t);
		td_free(&flat);
	}
}

static size_t record(struct td *t, size_t at, uint64_t pos, uint64_t len, int byte)
{
	td_be64(t, at, pos);
	td_be64(t, at + 8, len);
	td_need(t, at + 16 + len);
	memset(t->data + at + 16, byte, len);
	return at + 16 + len;
}

static size_t flat_start(struct td *t)
{
	*t = (struct td){ 0 };
	td_put(t, 0, "makedumpfile", 12);
	td_be64(t, 16, 1);
	td_be64(t, 24, 1);
	td_need(t, 4096);
	return 4096;
}

/* Records over records: of each byte the last one written counts, and holes are zero. */
static void test_overlap(void **state)
{
	struct { uint64_t pos, len; } recs[40];
	unsigned char want[4200], got[4200];
	uint64_t x = 12345, end = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct td t;
		struct rawfile f;
		size_t at = flat_start(&t), n = (size_t)round % 40 + 1;

		memset(want, 0, sizeof(want));
		end = 0;
		for (size_t i = 0; i < n; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			recs[i].pos = (x >> 33) % 4000;
			recs[i].len = (x >> 50) % 200 + 1;
			if (i % 7 == 6)
				recs[i] = recs[i - 1];
			at = record(&t, at, recs[i].pos, recs[i].len, (int)i + 1);
			memset(want + recs[i].pos, (int)i + 1, recs[i].len);
			if (recs[i].pos + recs[i].len > end)
				end = recs[i].pos + recs[i].len;
		}
		td_be64(&t, at, UINT64_MAX);
		td_be64(&t, at + 8, UINT64_MAX);
		assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
		assert_int_equal(f.size, end);
		assert_int_equal(rawfile_read(&f, 0, got, sizeof(got), NULL), end);
		assert_memory_equal(got, want, end);
		rawfile_close(&f);
		td_free(&t);
	}
}

static void test_flat_cut(void **state)
{
	struct td t = { 0 }, flat = { 0 };
	unsigned char buf[4096];

	(void)state;
	fill(&t);
	td_flatten(&flat, &t, 1000, false);
	for (size_t len = 4096; len < flat.len; len += 3333) {
		struct rawfile f;
		enum cairn_code code = unwrap(&f, td_fd(&flat, len), NULL);

		if (len <= 4096 + 16) {
			assert_int_equal(code, CAIRN_FORMAT);
			continue;
		}
		assert_int_equal(code, CAIRN_OK);
		assert_true(f.cut);
		for (size_t off = 0; off < t.len; off += 1000) {
			size_t n = rawfile_read(&f, off, buf, 1000, NULL);

			assert_memory_equal(buf, t.data + off, n);
		}
		rawfile_close(&f);
	}
	td_free(&t);
	td_free(&flat);
}

/* What was not written of a cut stream is missing, of a whole one it is zero. */
static void test_holes(void **state)
{
	unsigned char buf[300];
	struct rawfile f;
	struct td t;
	size_t at = flat_start(&t);

	(void)state;
	at = record(&t, at, 0, 100, 1);
	at = record(&t, at, 200, 100, 2);
	assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
	assert_true(f.cut);
	assert_int_equal(rawfile_read(&f, 0, buf, 300, NULL), 100);
	assert_int_equal(rawfile_read(&f, 150, buf, 100, NULL), 0);
	assert_int_equal(rawfile_read(&f, 250, buf, 100, NULL), 50);
	rawfile_close(&f);
	td_be64(&t, at, UINT64_MAX);
	td_be64(&t, at + 8, UINT64_MAX);
	assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
	assert_false(f.cut);
	assert_int_equal(rawfile_read(&f, 0, buf, 300, NULL), 300);
	assert_int_equal(buf[99], 1);
	assert_int_equal(buf[100], 0);
	assert_int_equal(buf[199], 0);
	assert_int_equal(buf[200], 2);
	rawfile_close(&f);
	td_free(&t);
}

static void test_hostile_records(void **state)
{
	static const struct { uint64_t pos, len; } bad[] = {
		{ (uint64_t)1 << 63, 10 }, { INT64_MAX, 10 }, { 0, (uint64_t)1 << 63 },
		{ UINT64_MAX - 1, 1 }, { 1, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned char byte = 0;
		struct rawfile f;
		struct td t;
		size_t at = flat_start(&t);

		at = record(&t, at, 0, 100, 7);
		td_be64(&t, at, bad[i].pos);
		td_be64(&t, at + 8, bad[i].len);
		assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
		assert_true(f.cut);
		assert_int_equal(f.size, 100);
		assert_int_equal(rawfile_read(&f, 99, &byte, 1, NULL), 1);
		assert_int_equal(byte, 7);
		rawfile_close(&f);
		td_free(&t);
	}
}

/* The place may be far out, as long as what is written there is small. */
static void test_far_record(void **state)
{
	unsigned char buf[4];
	struct rawfile f;
	struct td t;
	size_t at = flat_start(&t);

	(void)state;
	at = record(&t, at, (uint64_t)INT64_MAX - 100, 50, 9);
	td_be64(&t, at, UINT64_MAX);
	td_be64(&t, at + 8, UINT64_MAX);
	assert_int_equal(unwrap(&f, td_fd(&t, t.len), NULL), CAIRN_OK);
	assert_int_equal(rawfile_read(&f, (uint64_t)INT64_MAX - 100, buf, 4, NULL), 4);
	assert_int_equal(buf[3], 9);
	rawfile_close(&f);
	td_free(&t);
}

/* ---- zstd ---- */

static void test_zstd(void **state)
{
	(void)state;
	for (size_t frames = 1; frames < 6; frames += 2) {
		struct td t = { 0 }, z = { 0 };
		struct rawfile f;

		fill(&t);
		td_zstd(&z, &t, frames);
		assert_int_equal(unwrap(&f, td_fd(&z, z.len), NULL), CAIRN_OK);
		assert_string_equal(f.how, "zstd");
		assert_false(f.cut);
		assert_int_equal(f.disk_size, z.len);
		expect_same(&f, &t);
		rawfile_close(&f);
		td_free(&t);
		td_free(&z);
	}
}

static void test_zstd_is(void **state)
{
	static const unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char skippable[] = { 0x5f, 0x2a, 0x4d, 0x18 };
	static const unsigned char other[] = { 0x60, 0x2a, 0x4d, 0x18 };

	(void)state;
	assert_true(zstd_is(frame, 4) && zstd_is(skippable, 4));
	assert_false(zstd_is(frame, 3) || zstd_is(other, 4) || zstd_is(frame, 0));
}

static void test_zstd_skippable(void **state)
{
	struct td t = { 0 }, z = { 0 }, s = { 0 };
	struct rawfile f;

	(void)state;
	fill(&t);
	td_uint(&s, 0, 0x184d2a53, 4);
	td_uint(&s, 4, 10, 4);
	td_need(&s, 18);
	td_zstd(&z, &t, 1);
	td_put(&s, 18, z.data, z.len);
	assert_int_equal(unwrap(&f, td_fd(&s, s.len), NULL), CAIRN_OK);
	assert_false(f.cut);
	expect_same(&f, &t);
	rawfile_close(&f);
	td_free(&t);
	td_free(&z);
	td_free(&s);
}

static void test_zstd_cut(void **state)
{
	struct td t = { 0 }, z = { 0 };
	unsigned char *buf = malloc(SIZE);
	size_t most = 0;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		fill(&t);
	td_zstd(&z, &t, 8);
	for (size_t len = 4; len < z.len; len += 1777) {
		struct rawfile f;
		size_t n;

		if (unwrap(&f, td_fd(&z, len), NULL) != CAIRN_OK)
			continue;
		assert_true(f.cut || f.size < t.len);
		n = rawfile_read(&f, 0, buf, SIZE, NULL);
		assert_int_equal(n, f.size);
		assert_memory_equal(buf, t.data, n);
		assert_true(n >= most);
		most = n;
		rawfile_close(&f);
	}
	assert_true(most > SIZE / 2);
	free(buf);
	td_free(&t);
	td_free(&z);
}

/* A damaged byte costs what comes behind it. */
static void test_zstd_damaged(void **state)
{
	struct td t = { 0 }, z = { 0 };
	struct cairn_err err;
	struct rawfile f;
	unsigned char buf[4096];

	(void)state;
	fill(&t);
	td_zstd(&z, &t, 8);
	z.data[z.len / 2] ^= 0xff;
	z.data[z.len / 2 + 1] ^= 0xff;
	assert_int_equal(unwrap(&f, td_fd(&z, z.len), NULL), CAIRN_OK);
	assert_true(f.cut);
	assert_true(f.size > 0 && f.size < t.len);
	assert_int_equal(rawfile_read(&f, 0, buf, 4096, NULL), 4096);
	assert_memory_equal(buf, t.data, 4096);
	rawfile_close(&f);
	memset(z.data + 4, 0xff, 64);
	assert_int_equal(unwrap(&f, td_fd(&z, z.len), &err), CAIRN_FORMAT);
	assert_non_null(strstr(err.text, "zstd"));
	assert_int_equal(f.fd, -1);
	td_free(&t);
	td_free(&z);
}

static void test_nested(void **state)
{
	struct td t = { 0 }, flat = { 0 }, z[5] = { { 0 } };
	struct cairn_err err;
	struct rawfile f;

	(void)state;
	fill(&t);
	td_flatten(&flat, &t, 4096, false);
	td_zstd(&z[0], &flat, 2);
	assert_int_equal(unwrap(&f, td_fd(&z[0], z[0].len), NULL), CAIRN_OK);
	assert_string_equal(f.how, "zstd, flattened");
	assert_false(f.cut);
	assert_int_equal(f.disk_size, z[0].len);
	expect_same(&f, &t);
	rawfile_close(&f);
	for (int i = 1; i < 5; i++)
		td_zstd(&z[i], &z[i - 1], 1);
	assert_int_equal(unwrap(&f, td_fd(&z[2], z[2].len), NULL), CAIRN_OK);
	expect_same(&f, &t);
	rawfile_close(&f);
	assert_int_equal(unwrap(&f, td_fd(&z[3], z[3].len), &err), CAIRN_FORMAT);
	assert_non_null(strstr(err.text, "times over"));
	for (int i = 0; i < 5; i++)
		td_free(&z[i]);
	td_free(&t);
	td_free(&flat);
}

/* A flattened stream that was cut before it was compressed is cut, and so is one whose
 * compression was. */
static void test_nested_cut(void **state)
{
	struct td t = { 0 }, flat = { 0 }, z = { 0 };
	struct rawfile f;

	(void)state;
	fill(&t);
	td_flatten(&flat, &t, 4096, false);
	flat.len = flat.len / 3 * 2;
	td_zstd(&z, &flat, 1);
	assert_int_equal(unwrap(&f, td_fd(&z, z.len), NULL), CAIRN_OK);
	assert_true(f.cut);
	rawfile_close(&f);
	td_free(&t);
	td_free(&flat);
	td_free(&z);
}

static void test_flat_in_flat(void **state)
{
	struct td t = { 0 }, flat = { 0 }, twice = { 0 };
	struct cairn_err err;
	struct rawfile f;

	(void)state;
	fill(&t);
	td_flatten(&flat, &t, 4096, false);
	td_flatten(&twice, &flat, 4096, false);
	assert_int_equal(unwrap(&f, td_fd(&twice, twice.len), &err), CAIRN_FORMAT);
	assert_non_null(strstr(err.text, "flattened"));
	td_free(&t);
	td_free(&flat);
	td_free(&twice);
}

static uint64_t room_left;

static uint64_t plenty(void)
{
	return 1 << 30;
}

static uint64_t little(void)
{
	return 70000;
}

static uint64_t none(void)
{
	return 0;
}

/* As when others take it. */
static uint64_t shrinking(void)
{
	return room_left /= 2;
}

/* Zeros become holes, and more than may lie in memory goes to disk. */
static void test_zstd_sparse(void **state)
{
	/* all in memory; moved on the way; for two reasons; on disk from the start */
	static uint64_t (*const rooms[])(void) = { plenty, little, shrinking, none };
	struct td t = { 0 }, z = { 0 };
	struct rawfile f = { 0 };
	struct stat st;
	dev_t memory = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		room_left = 1 << 16;
		td_need(&t, 40 << 20);
		td_page(1, t.data + (8 << 20), 4096);
		td_page(2, t.data + (24 << 20) + 4096, 4096);
		td_page(4, t.data + t.len - 4096, 4096);
		td_zstd(&z, &t, 1);
		f = (struct rawfile){ .fd = td_fd(&z, z.len), .size = z.len };
		assert_int_equal(zstd_open(&f, UINT64_MAX, rooms[i], NULL), CAIRN_OK);
		expect_same(&f, &t);
		assert_int_equal(fstat(f.fd, &st), 0);
		assert_true(st.st_blocks * 512 < 1 << 20);
		if (!i)
			memory = st.st_dev;
		assert_int_equal(st.st_dev == memory, i == 0);
		rawfile_close(&f);
		td_free(&t);
		td_free(&z);
	}
}

static void test_head(void **state)
{
	struct td t = { 0 }, z = { 0 };
	unsigned char head[4096] = { 1 };
	int fd;

	(void)state;
	fill(&t);
	td_zstd(&z, &t, 1);
	fd = td_fd(&t, t.len);
	assert_int_equal(unwrap_head(fd, head, sizeof(head)), 0);
	close(fd);
	fd = td_fd(&z, z.len);
	assert_int_equal(unwrap_head(fd, head, sizeof(head)), sizeof(head));
	assert_memory_equal(head, t.data, sizeof(head));
	mem_fail_after(0);
	assert_int_equal(unwrap_head(fd, head, sizeof(head)), 0);
	mem_fail_after(-1);
	close(fd);
	fd = td_fd(&z, 10); /* cut in the first block */
	assert_int_equal(unwrap_head(fd, head, sizeof(head)), 0);
	close(fd);
	z.data[4] ^= 0xff; /* the frame's header */
	fd = td_fd(&z, z.len);
	assert_int_equal(unwrap_head(fd, head, sizeof(head)), 0);
	close(fd);
	td_free(&t);
	td_free(&z);
}

/* Told by the frame's header, or where it says nothing when it is too much. */
static void test_zstd_at_most(void **state)
{
	(void)state;
	for (unsigned pieces = 1; pieces < 3; pieces++) {
		struct td t = { 0 }, z = { 0 };
		struct cairn_err err;
		struct rawfile f;

		fill(&t);
		td_zstd(&z, &t, pieces);
		assert_int_equal(unwrap_at_most(&f, td_fd(&z, z.len), SIZE, NULL), CAIRN_OK);
		expect_same(&f, &t);
		rawfile_close(&f);
		assert_int_equal(unwrap_at_most(&f, td_fd(&z, z.len), SIZE - 1, &err), CAIRN_LIMIT);
		assert_string_equal(err.text, "unpacks to more than 0 MB");
		assert_int_equal(unwrap_at_most(&f, td_fd(&t, t.len), 1, NULL), CAIRN_OK);
		rawfile_close(&f);
		td_free(&t);
		td_free(&z);
	}
}

/* What the process may take is told as a limit of its resident set. */
static void test_zstd_limit(void **state)
{
	struct rlimit before, limit;
	struct td t = { 0 }, z = { 0 };
	struct stat on[2];
	struct rawfile f;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_RSS, &before), 0);
	fill(&t);
	td_zstd(&z, &t, 1);
	for (unsigned i = 0; i < 2; i++) {
		limit = before;
		if (i)
			limit.rlim_cur = held_by(getpid()) + SIZE / 2;
		assert_int_equal(setrlimit(RLIMIT_RSS, &limit), 0);
		assert_int_equal(unwrap(&f, td_fd(&z, z.len), NULL), CAIRN_OK);
		assert_int_equal(setrlimit(RLIMIT_RSS, &before), 0);
		expect_same(&f, &t);
		assert_int_equal(fstat(f.fd, &on[i]), 0);
		rawfile_close(&f);
	}
	assert_int_not_equal(on[0].st_dev, on[1].st_dev);
	td_free(&t);
	td_free(&z);
}

static void test_zstd_bomb(void **state)
{
	const size_t piece = (size_t)64 << 20;
	struct td z = { 0 };
	void *zeros = calloc(1, piece);
	struct rawfile f;
	size_t one;

	(void)state;
	td_need(&z, ZSTD_compressBound(piece));
	one = ZSTD_compress(z.data, ZSTD_compressBound(piece), zeros, piece, 19);
	free(zeros);
	z.len = one;
	for (int i = 1; i < 64; i++)
		td_put(&z, one * (size_t)i, z.data, one);
	assert_int_equal(unwrap(&f, td_fd(&z, z.len), NULL), CAIRN_OK);
	assert_true(f.cut);
	assert_true(f.size <= ((uint64_t)1 << 30) + 16384 * z.len + (4 << 20));
	rawfile_close(&f);
	td_free(&z);
}

/* ---- what is no file ---- */

static void expect_refused(int fd, enum cairn_code code, const char *text)
{
	struct cairn_err err;
	struct rawfile f;

	assert_true(fd >= 0);
	assert_int_equal(unwrap(&f, fd, &err), code);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
	assert_int_equal(f.fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_refused(void **state)
{
	struct td empty = { 0 };
	int ends[2];

	(void)state;
	expect_refused(td_fd(&empty, 0), CAIRN_FORMAT, "empty");
	expect_refused(open("/", O_RDONLY), CAIRN_IO, "directory");
	assert_int_equal(pipe(ends), 0);
	expect_refused(ends[0], CAIRN_IO, "save it to a file");
	close(ends[1]);
	expect_refused(open("/dev/null", O_RDONLY), CAIRN_IO, "neither a file nor a disk");
}

static void test_out_of_memory(void **state)
{
	struct td t = { 0 }, flat = { 0 }, z = { 0 };
	bool opened = false;

	(void)state;
	fill(&t);
	td_flatten(&flat, &t, 3, true);
	td_zstd(&z, &flat, 2);
	for (long n = 0; !opened && n < 100; n++) {
		int fd = td_fd(&z, z.len);
		struct cairn_err err;
		struct rawfile f;

		mem_fail_after(n);
		opened = unwrap(&f, fd, &err) == CAIRN_OK;
		mem_fail_after(-1);
		if (opened)
			expect_same(&f, &t);
		else
			assert_int_equal(err.code, CAIRN_NOMEM);
		rawfile_close(&f);
	}
	assert_true(opened);
	td_free(&t);
	td_free(&flat);
	td_free(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_flattened),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_flat_cut),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_hostile_records),
		cmocka_unit_test(test_far_record),
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_zstd_is), cmocka_unit_test(test_zstd_skippable),
		cmocka_unit_test(test_zstd_cut),
		cmocka_unit_test(test_zstd_damaged),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_nested_cut),
		cmocka_unit_test(test_flat_in_flat),
		cmocka_unit_test(test_zstd_sparse), cmocka_unit_test(test_zstd_limit),
		cmocka_unit_test(test_head), cmocka_unit_test(test_zstd_at_most),
		cmocka_unit_test(test_zstd_bomb),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
