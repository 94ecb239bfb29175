/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fdio.h"
#include "lib/base/held.h"

#define MUCH ((size_t)32 << 20)
#define NEAR ((uint64_t)4 << 20) /* what else the process does meanwhile */

static void expect_more(uint64_t before, uint64_t more)
{
	uint64_t now = held_by(getpid());

	if (now + NEAR < before + more || now > before + more + NEAR)
		fail_msg("%llu MB, then %llu", (unsigned long long)before >> 20,
			 (unsigned long long)now >> 20);
}

static void of_its_own(void **state)
{
	uint64_t before = held_by(getpid());
	char *p = malloc(MUCH);

	(void)state;
	assert_true(before > 0);
	assert_non_null(p);
	memset(p, 1, MUCH);
	expect_more(before, MUCH);
	free(p);
}

/* In an unnamed file, mapped and not; holes do not count. */
static void in_files(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	char *p = malloc(MUCH);
	uint64_t before;

	(void)state;
	assert_non_null(p);
	memset(p, 1, MUCH);
	before = held_by(getpid());
	assert_int_equal(ftruncate(fd, (off_t)MUCH * 4), 0);
	expect_more(before, 0);
	assert_true(fd_write_at(fd, p, MUCH, MUCH));
	expect_more(before, MUCH);
	free(p);
	p = mmap(NULL, MUCH * 4, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	for (size_t i = MUCH; i < 2 * MUCH; i += 4096)
		assert_int_equal(p[i], 1);
	expect_more(before, 0); /* p was as large */
	munmap(p, MUCH * 4);
	close(fd);
}

static void nobody(void **state)
{
	(void)state;
	assert_int_equal(held_by(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_its_own), cmocka_unit_test(in_files), cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
