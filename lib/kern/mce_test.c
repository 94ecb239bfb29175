/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/kern/mce.h"

static void errors(void **state)
{
	static const struct {
		uint64_t status;
		const char *text;
	} rows[] = {
		{ 0xb200000000000134, "data cache, level 0: data read" },
		{ 0x1134, "data cache, level 0: data read" }, /* filtered */
		{ 0xbe00000000800400, "internal timer: an instruction did not come to its end" },
		{ 0x9f, "memory controller: read" },
		{ 0xc2, "memory controller: scrub, channel 2" },
		{ 0x15, "data TLB, level 1" },
		{ 0xe, "cache hierarchy, level 2" },
		{ 0xe0b, "I/O" },
		{ 0x0, "no error code" },
		{ 0x5, "internal parity" },
		{ 0x401, "internal, unclassified" },
		{ 0x0913, "bus or interconnect, from here: read of memory, any level, timed out" },
		{ 0x2000, "code 0x2000, which is the model's own" },
	};
	char buf[MCE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(mce_error(rows[i].status, buf), rows[i].text);
	/* no code is too long for the buffer, and none is without words */
	for (uint64_t code = 0; code <= UINT16_MAX; code++) {
		size_t n = strlen(mce_error(code, buf));

		assert_true(n && n < MCE_TEXT - 1);
	}
}

static bool reads(struct mce *m, const char *line)
{
	return mce_read(m, line, strlen(line));
}

static bool address(struct mce *m, const char *line)
{
	return mce_read_address(m, line, strlen(line));
}

static void lines(void **state)
{
	struct mce m;

	(void)state;
	assert_true(reads(&m, "mce: [Hardware Error]: CPU 12: Machine Check Exception: 5 Bank 3: "
			      "be00000000800400"));
	assert_int_equal(m.cpu, 12);
	assert_int_equal(m.bank, 3);
	assert_int_equal(m.status, 0xbe00000000800400);
	assert_true(mce_is_uncorrected(m.status) && mce_is_context_corrupt(m.status));
	assert_false(mce_is_overflow(m.status));
	assert_false(m.has_addr);
	assert_false(address(&m, "mce: [Hardware Error]: TSC 915b65e0e "));
	assert_true(address(&m, "mce: [Hardware Error]: TSC 915b65e0e ADDR 12345678 MISC 86"));
	assert_int_equal(m.addr, 0x12345678);
	/* what the bank has there is no address */
	assert_true(reads(&m, "CPU 0: Machine Check: 0 Bank 1: 8000000000000134"));
	assert_false(mce_is_uncorrected(m.status));
	assert_false(address(&m, "TSC 1 ADDR 2 "));
	assert_false(reads(&m, "mce: [Hardware Error]: Machine check: Processor Context Corrupt"));
	assert_false(reads(&m, "CPU 0: Machine Check Exception: 4 Bank 1:"));
	assert_false(reads(&m, "CPU 0: Machine Check Exception: 4 Bank x: 1"));
	assert_false(reads(&m, "CPU 0: Machine Check Exception: 4 Bank 1: 12345678123456789"));
	assert_false(reads(&m, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(errors), cmocka_unit_test(lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
