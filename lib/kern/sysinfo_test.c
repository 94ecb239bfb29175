/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/clock.h"
#include "lib/kern/log.h"
#include "lib/kern/sysinfo.h"
#include "lib/kern/taint.h"
#include "lib/kern/testkern.h"

#define UTS TK_BASE
#define TEXTS (TK_BASE + 0x1000)
#define WORDS (TK_BASE + 0x2000)
#define TIMEKEEPER (TK_BASE + 0x3000)

static void from_variables(void **state)
{
	struct testkern *k = tk_new();
	struct sysinfo s;

	(void)state;
	tk_text(k, UTS + 4, "Linux");
	tk_text(k, UTS + 4 + 65, "node");
	tk_text(k, UTS + 4 + 130, "6.1.0-test");
	for (unsigned i = 0; i < 65; i++) /* not terminated */
		tk_put(k, UTS + 4 + 195 + i, 'v', 1);
	tk_text(k, UTS + 4 + 260, "x86_64");
	tk_text(k, TEXTS, "Linux version 6.1.0-test (cc) #1\n");
	tk_text(k, TEXTS + 0x100, "console=ttyS0 quiet");
	tk_put(k, WORDS, TEXTS + 0x100, 8);
	tk_put(k, WORDS + 8, 0x3001, 8);
	tk_put(k, WORDS + 16, 1000, 8);
	tk_symbol(k, "init_uts_ns", UTS);
	tk_symbol(k, "linux_banner", TEXTS);
	tk_symbol(k, "saved_command_line", WORDS);
	tk_symbol(k, "tainted_mask", WORDS + 8);
	tk_symbol(k, "_totalram_pages", WORDS + 16);
	tk_struct(k, "new_utsname", 390, (const struct tk_member[]){
		{ "sysname", 0, 1, 65, NULL }, { 0 } });
	tk_struct(k, "uts_namespace", 400, (const struct tk_member[]){
		{ "name", 4, 0, 0, "new_utsname" }, { 0 } });
	sysinfo_get(tk_open(k, 8), &s);
	assert_string_equal(s.nodename, "node");
	assert_string_equal(s.release, "6.1.0-test");
	assert_int_equal(strlen(s.version), 65);
	assert_string_equal(s.machine, "x86_64");
	assert_string_equal(s.banner, "Linux version 6.1.0-test (cc) #1");
	assert_string_equal(s.cmdline, "console=ttyS0 quiet");
	assert_true(s.has_taint);
	assert_int_equal(s.taint, 0x3001);
	assert_int_equal(s.memory, 1000 << 12);
	tk_free(k);
}

static void from_the_log(void **state)
{
	static struct log_record rec[] = {
		{ .text = "Linux version 5.10 (cc)", .len = 23 },
		{ .text = "Kernel command line: a=1 b", .len = 26 },
		{ .text = "CPU: 0 PID: 1 Comm: x Tainted: G           OE      5.10", .len = 55 },
		{ .text = "CPU: 0 PID: 1 Comm: x Not tainted 5.10", .len = 38, .facility = 1 },
	};
	static struct log log = { .record = rec, .n = 4 };
	struct testkern *k = tk_new();
	struct sysinfo s;
	struct cairn *c = tk_open(k, 8);

	(void)state;
	c->log = &log;
	snprintf(c->release, sizeof(c->release), "5.10");
	sysinfo_get(c, &s);
	assert_string_equal(s.release, "5.10");
	assert_string_equal(s.machine, "x86_64");
	assert_string_equal(s.banner, "Linux version 5.10 (cc)");
	assert_string_equal(s.cmdline, "a=1 b");
	assert_true(s.has_taint);
	assert_int_equal(s.taint, 0x3000);
	assert_int_equal(s.memory, 0);
	tk_free(k);
}

static void from_nothing(void **state)
{
	struct testkern *k = tk_new();
	struct sysinfo s;

	(void)state;
	tk_symbol(k, "linux_banner", TK_HOLE);
	tk_symbol(k, "tainted_mask", TK_END);
	sysinfo_get(tk_open(k, 8), &s);
	assert_null(s.banner);
	assert_null(s.cmdline);
	assert_false(s.has_taint);
	tk_free(k);
}

static void taint(void **state)
{
	char buf[TAINT_TEXT];
	uint64_t mask;

	(void)state;
	assert_string_equal(taint_letters(0, buf), "");
	assert_string_equal(taint_letters(0x3001, buf), "POE");
	assert_string_equal(taint_letters(1u << 19 | 1u << 20, buf), "J?");
	assert_int_equal(strlen(taint_letters(UINT64_MAX, buf)), 64);
	assert_string_equal(taint_meaning(12), "out-of-tree module");
	assert_null(taint_meaning(20));
	assert_true(taint_parse("Tainted: P    B D  C O  K  6.1.0", 32, &mask));
	assert_int_equal(mask, 1 | 1 << 5 | 1 << 7 | 1 << 10 | 1 << 12 | 1 << 15);
	assert_true(taint_parse("Tainted: G", 10, &mask));
	assert_int_equal(mask, 0);
	assert_true(taint_parse("Comm: x Not tainted 6.1", 23, &mask));
	assert_int_equal(mask, 0);
	assert_false(taint_parse("Tainted: [O]=OOT_MODULE", 23, &mask));
	assert_false(taint_parse("nothing of the kind", 19, &mask));
}

static void clock_members(void **state)
{
	static const struct tk_member members[] = {
		{ "xtime_sec", 0, 8, 0, NULL }, { "tkr_mono", 8, 0, 0, "tk_read_base" },
		{ "offs_real", 40, 8, 0, NULL }, { "offs_boot", 48, 8, 0, NULL }, { 0 } };

	(void)state;
	for (int data = 0; data < 2; data++) {
		struct testkern *k = tk_new();
		uint64_t at = TIMEKEEPER + (data ? 8 : 0);
		struct clock clock;

		tk_struct(k, "tk_read_base", 32, (const struct tk_member[]){
			{ "base", 0, 8, 0, NULL }, { "xtime_nsec", 8, 8, 0, NULL },
			{ "shift", 16, 4, 0, NULL }, { 0 } });
		tk_struct(k, "timekeeper", 64, members);
		if (data)
			tk_struct(k, "tk_data", 80, (const struct tk_member[]){
				{ "timekeeper", 8, 0, 0, "timekeeper" }, { 0 } });
		tk_put(k, at, 1795238755, 8);
		tk_put(k, at + 8, 11000000000, 8);
		tk_put(k, at + 16, UINT64_C(500000000) << 8, 8);
		tk_put(k, at + 24, 8, 4);
		tk_put(k, at + 40, UINT64_C(1795238744000000000), 8);
		tk_put(k, at + 48, 2000000000, 8);
		tk_symbol(k, data ? "timekeeper_data" : "shadow_timekeeper", TIMEKEEPER);
		assert_int_equal(clock_get(tk_open(k, 8), &clock, NULL), CAIRN_OK);
		assert_int_equal(clock.wall_ns, 1795238755500000000);
		assert_int_equal(clock.uptime_ns, 13500000000);
		assert_int_equal(clock.to_wall_ns, 1795238744000000000);
		tk_free(k);
	}
}

static void clock_missing(void **state)
{
	struct testkern *k = tk_new();
	struct clock clock;
	struct cairn_err err;

	(void)state;
	assert_int_equal(clock_get(tk_open(k, 8), &clock, &err), CAIRN_MISSING);
	tk_free(k);
}

static void clock_texts(void **state)
{
	char buf[CLOCK_TEXT];

	(void)state;
	assert_string_equal(clock_text(0, buf), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(clock_text(1795238755617408999, buf), "2026-11-21T05:25:55.617408Z");
	assert_string_equal(clock_text(-1000, buf), "1969-12-31T23:59:59.999999Z");
	assert_true(strlen(clock_text(INT64_MAX, buf)) > 0);
	assert_true(strlen(clock_text(INT64_MIN, buf)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_variables), cmocka_unit_test(from_the_log),
		cmocka_unit_test(from_nothing), cmocka_unit_test(taint),
		cmocka_unit_test(clock_members), cmocka_unit_test(clock_missing),
		cmocka_unit_test(clock_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
