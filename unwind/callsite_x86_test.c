/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/callsite.h"

#define RET UINT64_C(0xffffffff81001000)

/* Decode the call that ends the n bytes; what stands before is filled with nops. */
static struct callsite decode(const char *bytes, size_t n, bool is64)
{
	unsigned char before[CALLSITE_BYTES];

	memset(before, 0x90, sizeof(before));
	memcpy(before + sizeof(before) - n, bytes, n);
	return callsite_decode(before, sizeof(before), is64 ? RET : (uint32_t)RET, is64);
}

static void indirect(const char *bytes, size_t n, unsigned len)
{
	struct callsite c = decode(bytes, n, true);

	assert_int_equal(c.kind, CALLSITE_INDIRECT);
	assert_int_equal(c.len, len);
}

static void test_direct(void **state)
{
	struct callsite c = decode("\xe8\xfb\xff\xff\xff", 5, true);

	(void)state;
	assert_int_equal(c.kind, CALLSITE_DIRECT);
	assert_int_equal(c.len, 5);
	assert_int_equal(c.target, RET - 5);
	c = decode("\xe8\x00\x10\x00\x00", 5, true);
	assert_int_equal(c.target, RET + 0x1000);
}

/* A 32-bit target wraps; a 64-bit one does not. */
static void test_direct_width(void **state)
{
	struct callsite c = decode("\xe8\x00\x00\x00\x7f", 5, false);

	(void)state;
	assert_int_equal(c.target, 0x00001000);
	c = decode("\xe8\x00\x00\x00\x7f", 5, true);
	assert_int_equal(c.target, RET + 0x7f000000);
}

static void test_indirect(void **state)
{
	(void)state;
	indirect("\xff\xd0", 2, 2);                         /* call *%rax */
	indirect("\x41\xff\xd3", 3, 3);                     /* call *%r11 */
	indirect("\x2e\xff\xd0", 3, 3);                     /* cs call *%rax */
	indirect("\xff\x10", 2, 2);                         /* call *(%rax) */
	indirect("\xff\x50\x18", 3, 3);                     /* call *0x18(%rax) */
	indirect("\x41\xff\x54\x24\x10", 5, 5);             /* call *0x10(%r12) */
	indirect("\xff\x15\x11\x22\x33\x44", 6, 6);         /* call *disp(%rip) */
	indirect("\xff\x90\x88\x01\x00\x00", 6, 6);         /* call *0x188(%rax) */
	indirect("\xff\x14\x25\x10\x20\x30\x81", 7, 7);     /* call *abs32 */
	indirect("\xff\x14\xc5\x10\x20\x30\x81", 7, 7);     /* call *table(,%rax,8) */
	indirect("\x41\xff\x94\x24\x00\x01\x00\x00", 8, 8); /* call *0x100(%r12) */
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(decode("\xff\xe0", 2, true).kind, CALLSITE_NONE); /* jmp *%rax */
	assert_int_equal(decode("\xff\x30", 2, true).kind, CALLSITE_NONE); /* push (%rax) */
	assert_int_equal(decode("\xff\xd8", 2, true).kind, CALLSITE_NONE); /* /3: far call */
	assert_int_equal(decode("\xe9\x00\x10\x00\x00", 5, true).kind, CALLSITE_NONE);
	assert_int_equal(decode("\x0f\x0b", 2, true).kind, CALLSITE_NONE);
}

/* REX prefixes are instructions of their own in 32-bit code. */
static void test_rex_is_64bit(void **state)
{
	struct callsite c = decode("\x41\xff\xd3", 3, false);

	(void)state;
	assert_int_equal(c.kind, CALLSITE_INDIRECT);
	assert_int_equal(c.len, 2);
}

static void test_both(void **state)
{
	/* e8 ?? ?? ff d0: the last two bytes alone are call *%rax */
	static const unsigned char bytes[] = { 0x90, 0x90, 0x90, 0xe8, 0x12, 0x34, 0xff, 0xd0 };
	struct callsite out[2];

	(void)state;
	assert_int_equal(callsite_candidates(bytes, sizeof(bytes), RET, true, out), 2);
	assert_int_equal(out[0].kind, CALLSITE_DIRECT);
	assert_int_equal(out[1].kind, CALLSITE_INDIRECT);
}

/* Fewer bytes than an instruction has: nothing is read before them. */
static void test_short(void **state)
{
	static const unsigned char full[] = { 0xe8, 0x00, 0x10, 0x00, 0x00 };

	(void)state;
	for (size_t n = 0; n < sizeof(full); n++)
		assert_int_equal(callsite_decode(full + sizeof(full) - n, n, RET, true).kind,
				 CALLSITE_NONE);
	assert_int_equal(callsite_decode(full, sizeof(full), RET, true).kind, CALLSITE_DIRECT);
}

static bool jump(const char *bytes, size_t n, uint64_t *to)
{
	return callsite_jump((const unsigned char *)bytes, n, RET, true, to);
}

static void test_jump(void **state)
{
	uint64_t to = 0;

	(void)state;
	assert_true(jump("\xe9\x10\x00\x00\x00", 5, &to));
	assert_int_equal(to, RET + 5 + 0x10);
	assert_true(jump("\xf3\x0f\x1e\xfa\xe9\xf7\xff\xff\xff", 9, &to));
	assert_int_equal(to, RET);
	assert_true(jump("\xeb\xfe", 2, &to));
	assert_int_equal(to, RET);
	assert_false(jump("\xe9\x10\x00", 3, &to));
	assert_false(jump("\xf3\x0f\x1e\xfa", 4, &to));
	assert_false(jump("\x55\x48\x89\xe5\x90", 5, &to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direct),	 cmocka_unit_test(test_direct_width),
		cmocka_unit_test(test_indirect), cmocka_unit_test(test_none),
		cmocka_unit_test(test_rex_is_64bit), cmocka_unit_test(test_both),
		cmocka_unit_test(test_short),	 cmocka_unit_test(test_jump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
