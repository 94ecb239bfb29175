/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/crashpc.h"

static void names(const char *line, const char *function, uint64_t offset, const char *module)
{
	struct crashpc p;

	assert_true(crashpc_of_line(&p, line, strlen(line)));
	assert_string_equal(p.function, function);
	assert_int_equal(p.offset, offset);
	assert_string_equal(p.module, module);
}

static void test_each_machine(void **state)
{
	(void)state;
	names("RIP: 0010:scen_irq_inner+0x5/0x10 [scen]", "scen_irq_inner", 5, "scen");
	names("EIP: native_halt+0x1f/0x20", "native_halt", 0x1f, "");
	names("PC is at mas_update_gap+0x98/0x1f4", "mas_update_gap", 0x98, "");
	names("pc : el1_abort+0x2c/0x40", "el1_abort", 0x2c, "");
	names("RIP: 0010:f.constprop.0+0xa/0xb [a_b]", "f.constprop.0", 10, "a_b");
}

static void test_what_names_no_kernel_place(void **state)
{
	static const char *const lines[] = {
		"RIP: 0033:0x442c80", "RIP: 0010:0xffffffff81000000", "RIP: 0010:", "PC is at ",
		"pc : +0x1/0x2", "RIP: 0010:f+0x", "EIP: f+0xzz/0x10", "a RIP: 0010:f+0x1/0x2", "",
	};
	struct crashpc p;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(crashpc_of_line(&p, lines[i], strlen(lines[i])));
}

static void test_long_names_are_refused(void **state)
{
	char line[400];
	struct crashpc p;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "PC is at ", 9);
	memcpy(line + 300, "+0x1/0x2", 8);
	assert_false(crashpc_of_line(&p, line, 308));
	memcpy(line + 30, "+0x1/0x2 [", 10);
	assert_true(crashpc_of_line(&p, line, 300));
	assert_string_equal(p.module, "");
}

static void test_first_of_the_report(void **state)
{
	struct log_record r[3] = {
		{ .text = "kernel BUG at a.c:1!", .len = 20 },
		{ .text = "PC is at one+0x1/0x2", .len = 20 },
		{ .text = "PC is at two+0x1/0x2", .len = 20 },
	};
	struct crashpc p;

	(void)state;
	assert_true(crashpc_find(&p, &r[0], &r[2]));
	assert_string_equal(p.function, "one");
	assert_false(crashpc_find(&p, &r[0], &r[0]));
	assert_false(crashpc_find(&p, NULL, &r[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_machine),
		cmocka_unit_test(test_what_names_no_kernel_place),
		cmocka_unit_test(test_long_names_are_refused),
		cmocka_unit_test(test_first_of_the_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
