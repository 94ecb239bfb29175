/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/fdio.h"

static void at_offsets(void **state)
{
	int fd = memfd_create("fdio", 0);
	char text[16] = "";

	(void)state;
	assert_true(fd_write_at(fd, "world", 5, 6));
	assert_true(fd_write_at(fd, "hello ", 6, 0));
	assert_true(fd_write_at(fd, NULL, 0, 100));
	assert_int_equal(pread(fd, text, sizeof(text), 0), 11);
	assert_string_equal(text, "hello world");
	close(fd);
}

static void fails(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_false(fd_write_at(fd, "x", 1, 0));
	assert_int_equal(errno, EBADF);
	close(fd);
}

/* The first write is short, the second fails: that is not "written". */
static void runs_out(void **state)
{
	struct rlimit old, small;
	int fd = memfd_create("fdio", 0);
	bool ok;
	int error;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 8, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = fd_write_at(fd, "0123456789", 10, 0);
	error = errno;
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(ok);
	assert_int_equal(error, EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_offsets), cmocka_unit_test(fails), cmocka_unit_test(runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
