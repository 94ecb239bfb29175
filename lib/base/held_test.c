/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Not of an allocator, which may keep what it is given back. */
static char *pages(size_t n, int fd)
{
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED,
		       fd, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

static void of_its_own(void **state)
{
	uint64_t before = held_by(getpid());
	char *p = pages(MUCH, -1);

	(void)state;
	assert_true(before > 0);
	memset(p, 1, MUCH);
	expect_more(before, MUCH);
	munmap(p, MUCH);
	expect_more(before, 0);
}

/* In an unnamed file, mapped and not; holes do not count. */
static void in_files(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	uint64_t before = held_by(getpid());
	char *p;

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)MUCH * 4), 0);
	expect_more(before, 0);
	p = pages(MUCH * 4, fd);
	memset(p + MUCH, 1, MUCH);
	expect_more(before, MUCH);
	munmap(p, MUCH * 4);
	expect_more(before, MUCH);
	close(fd);
	expect_more(before, 0);
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
