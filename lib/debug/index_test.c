/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/debug/index.h"

#define ID "0123456789abcdef0123456789abcdef01234567"

struct fixture {
	char home[64], path[160];
	struct cairn_err err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->home, "/tmp/cairn-index-XXXXXX");
	if (!mkdtemp(f->home))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/cairn/" ID, f->home);
	setenv("XDG_CACHE_HOME", f->home, 1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->home);
	free(f);
	return system(command);
}

static unsigned char bytes[INDEX_SECTIONS][3000];

/* Sections of different sizes, one left out, one empty; what is in them depends on `seed`. */
static enum cairn_code save(const char *id, unsigned seed, struct cairn_err *err)
{
	struct index_part part[INDEX_SECTIONS] = { 0 };

	for (unsigned i = 1; i < INDEX_SECTIONS; i++) {
		memset(bytes[i], (int)(seed + i), sizeof(bytes[i]));
		part[i] = (struct index_part){ bytes[i], i * 271 };
	}
	part[INDEX_SYM_START].data = NULL;
	part[INDEX_SYM_REL].len = 0;
	return index_save(id, part, err);
}

static void check(struct index *idx, unsigned seed)
{
	for (unsigned i = 1; i < INDEX_SECTIONS; i++) {
		size_t len = 0;
		const unsigned char *p = index_get(idx, i, &len);

		if (i == INDEX_SYM_START) {
			assert_null(p);
			continue;
		}
		assert_non_null(p);
		assert_int_equal(len, i == INDEX_SYM_REL ? 0 : i * 271);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t j = 0; j < len; j++)
			assert_int_equal(p[j], (unsigned char)(seed + i));
	}
}

static unsigned files_in(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static unsigned files(const struct fixture *f)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/cairn", f->home);
	return files_in(path);
}

static void patch(const struct fixture *f, long at, int byte)
{
	FILE *file = fopen(f->path, "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fputc(byte, file), (unsigned char)byte);
	assert_int_equal(fclose(file), 0);
}

static size_t slurp(const struct fixture *f, unsigned char *buf, size_t size)
{
	FILE *file = fopen(f->path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(buf, 1, size, file);
	fclose(file);
	return n;
}

/* ---- the good case ---- */

static void test_save_and_open(void **state)
{
	struct fixture *f = *state;
	struct index *idx;
	struct stat st;

	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
	assert_int_equal(save(ID, 1, &f->err), CAIRN_OK);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_OK);
	check(idx, 1);
	assert_int_equal(save(ID, 2, &f->err), CAIRN_OK); /* replaced below a reader */
	check(idx, 1);
	index_close(idx);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_OK);
	check(idx, 2);
	index_close(idx);
	assert_int_equal(files(f), 1);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	index_close(NULL);
}

/* ---- damage ---- */

static void test_truncated(void **state)
{
	struct fixture *f = *state;
	struct index *idx;
	struct stat st;

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	assert_int_equal(stat(f->path, &st), 0);
	for (long n = st.st_size - 1; n >= 0; n -= 97) {
		assert_int_equal(truncate(f->path, n), 0);
		assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
	}
	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	assert_int_equal(truncate(f->path, st.st_size + 64), 0);
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
}

/* The head ends with the checksum of what is before it. */
static size_t head_size(const unsigned char *file, size_t n)
{
	for (size_t i = 64; i + 8 <= n; i += 8)
		if (hash_bulk(file, i) == le64(file + i))
			return i + 8;
	fail_msg("no checksum of a head");
	return 0;
}

static void test_flipped_byte(void **state)
{
	static unsigned char before[65536];
	struct fixture *f = *state;
	size_t n, head, data = 0;
	struct index *idx;

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	n = slurp(f, before, sizeof(before));
	head = head_size(before, n);
	for (size_t i = 0; i < n; i += i < head ? 1 : 13) {
		unsigned bad = 0;
		size_t len;

		patch(f, (long)i, before[i] ^ 0x10);
		if (i < head) {
			assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
		} else {
			assert_int_equal(index_open(&idx, ID, NULL), CAIRN_OK);
			for (unsigned s = 1; s < INDEX_SECTIONS; s++)
				bad += s != INDEX_SYM_START && !index_get(idx, s, &len);
			/* one section, and that only where the byte is no padding */
			assert_int_equal(bad, before[i] != 0);
			data += bad;
			index_close(idx);
		}
		patch(f, (long)i, before[i]);
	}
	assert_true(data > 100);
}

static void test_other_version(void **state)
{
	static unsigned char buf[65536];
	struct fixture *f = *state;
	struct index *idx;
	size_t head;
	uint64_t sum;

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	head = head_size(buf, slurp(f, buf, sizeof(buf)));
	for (int bump = 1; bump >= 0; bump--) { /* another one, and then ours again */
		buf[8] = (unsigned char)(INDEX_VERSION + bump);
		sum = hash_bulk(buf, head - 8);
		patch(f, 8, buf[8]);
		for (size_t i = 0; i < 8; i++)
			patch(f, (long)(head - 8 + i), (int)(sum >> 8 * i & 0xff));
		assert_int_equal(index_open(&idx, ID, NULL), bump ? CAIRN_NOTFOUND : CAIRN_OK);
	}
	index_close(idx);
}

/* ---- what is not ours ---- */

static void test_another_build(void **state)
{
	struct fixture *f = *state;
	struct index *idx;
	char other[160];

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	snprintf(other, sizeof(other), "%s/cairn/aaaa", f->home);
	assert_int_equal(rename(f->path, other), 0);
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
	assert_int_equal(index_open(&idx, "aaaa", NULL), CAIRN_NOTFOUND);
}

static void test_build_ids(void **state)
{
	static const char *const bad[] = {
		"", "../../etc/passwd", "ABCDEF", "12 34", "0x12",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
	};
	struct fixture *f = *state;
	struct index *idx;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(save(bad[i], 1, &f->err), CAIRN_IO);
		assert_int_equal(index_open(&idx, bad[i], &f->err), CAIRN_NOTFOUND);
	}
	assert_int_equal(files_in(f->home), 0);
}

static void test_not_to_be_trusted(void **state)
{
	struct fixture *f = *state;
	struct index *idx;
	char other[160];

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	assert_int_equal(chmod(f->path, 0622), 0);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
	assert_non_null(strstr(f->err.text, "trusted"));
	assert_int_equal(chmod(f->path, 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(f->path, 65534, 65534), 0);
		assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
		assert_int_equal(chown(f->path, 0, 0), 0);
	}
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_OK);
	index_close(idx);
	snprintf(other, sizeof(other), "%s/elsewhere", f->home);
	assert_int_equal(rename(f->path, other), 0);
	assert_int_equal(symlink(other, f->path), 0);
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
	assert_int_equal(save(ID, 1, NULL), CAIRN_IO);
	assert_int_equal(files(f), 1);
	assert_int_equal(rmdir(f->path), 0);
	assert_int_equal(mkfifo(f->path, 0600), 0); /* nobody will ever write to it */
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_NOTFOUND);
}

/* ---- places ---- */

static void test_home(void **state)
{
	struct fixture *f = *state;
	char path[200];
	struct index *idx;

	setenv("XDG_CACHE_HOME", "not/absolute", 1);
	setenv("HOME", f->home, 1);
	assert_int_equal(save(ID, 1, &f->err), CAIRN_OK); /* makes .cache and .cache/cairn */
	snprintf(path, sizeof(path), "%s/.cache/cairn/" ID, f->home);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_OK);
	index_close(idx);
	unsetenv("XDG_CACHE_HOME");
	assert_int_equal(index_open(&idx, ID, NULL), CAIRN_OK);
	index_close(idx);
	unsetenv("HOME");
	assert_int_equal(save(ID, 1, &f->err), CAIRN_IO);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
	setenv("HOME", "relative", 1);
	assert_int_equal(save(ID, 1, &f->err), CAIRN_IO);
	setenv("HOME", "/dev/null", 1);
	assert_int_equal(save(ID, 1, &f->err), CAIRN_IO);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
}

/* ---- writing ---- */

static void test_no_space(void **state)
{
	struct rlimit old, small = { 1000, RLIM_INFINITY };
	struct fixture *f = *state;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(save(ID, 1, &f->err), CAIRN_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(files(f), 0); /* nothing is left behind */
}

#define WRITERS 4
#define ROUNDS 50

static void test_concurrent_writers(void **state)
{
	struct fixture *f = *state;
	unsigned running = WRITERS, reads = 0;
	pid_t pid;
	int status;

	assert_int_equal(save(ID, 10, NULL), CAIRN_OK);
	for (unsigned w = 0; w < WRITERS; w++) {
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			for (unsigned i = 0; i < ROUNDS; i++)
				if (save(ID, 10 * (w + 1), NULL) != CAIRN_OK)
					_exit(1);
			_exit(0);
		}
	}
	while (running) {
		struct index *idx;
		size_t len;

		assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_OK);
		check(idx, *(const unsigned char *)index_get(idx, 1, &len) - 1u);
		index_close(idx);
		reads++;
		while (running && waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			running--;
		}
	}
	assert_true(reads > 0);
	assert_int_equal(files(f), 1);
}

static void test_out_of_memory(void **state)
{
	struct fixture *f = *state;
	struct index *idx;

	assert_int_equal(save(ID, 1, NULL), CAIRN_OK);
	mem_fail_after(0);
	assert_int_equal(index_open(&idx, ID, &f->err), CAIRN_NOTFOUND);
	mem_fail_after(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_save_and_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_truncated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flipped_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_build, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_build_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_to_be_trusted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_home, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_space, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_concurrent_writers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
