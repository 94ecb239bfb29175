/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/operand.h"
#include "lib/kern/testmachine.h"
#include "lib/kern/testvmcore.h"

/* ---- addresses ---- */

static void test_addresses(void **state)
{
	static const struct {
		const char *word;
		uint64_t addr;
	} cases[] = {
		{ "init_task", TV_IMAGE + TV_INIT_TASK },
		{ "init_task+0x10", TV_IMAGE + TV_INIT_TASK + 16 },
		{ "init_task+16", TV_IMAGE + TV_INIT_TASK + 16 },
		{ "init_task+010", TV_IMAGE + TV_INIT_TASK + 10 },
		{ "kallsyms:init_task", TV_IMAGE + TV_INIT_TASK },
		{ "ffffffff81000000", TV_IMAGE }, { "0xFFFFFFFF81000000", TV_IMAGE },
		{ "10", 0x10 }, { "0", 0 }, { "0x10+0x10", 0x20 }, { "ffffffffffffffff+1", 0 },
		{ "beef", 0x1234 },  /* a symbol wins over a number */
		{ "0xbeef", 0xbeef },
		{ "runqueues:0", TV_DIRECT + TV_PHYS + TV_AREAS + TM_RQ },
		{ "runqueues:1", TV_DIRECT + TV_PHYS + TV_AREAS + 0x1000 + TM_RQ },
		{ "runqueues:1+8", TV_DIRECT + TV_PHYS + TV_AREAS + 0x1000 + TM_RQ + 8 },
	};
	struct testvmcore v;
	struct cairn_err err;
	struct cairn *c;
	uint64_t addr;

	(void)state;
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	assert_int_equal(tv_open(&v, &c, &err), CAIRN_OK);
	symlist_add(&c->known, "beef", 0x1234);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (operand_address(c, cases[i].word, &addr, &err) != CAIRN_OK)
			fail_msg("%s: %s", cases[i].word, err.text);
		assert_int_equal(addr, cases[i].addr);
	}
	cairn_close(c);
	tv_free(&v);
}

static void test_no_addresses(void **state)
{
	static const struct {
		const char *word, *says;
	} cases[] = {
		{ "runqueues", "runqueues:0" },  { "runqueues:9", "no CPU 9" },
		{ "nosuch:1", "nosuch" },        { "runqueues:99999999999", "no CPU" },
		{ "nosuch", "nosuch" },          { "", "neither" },
		{ "+", "no number" },            { "+1", "neither" },
		{ "init_task+", "no number" },   { "init_task+x", "x is no number" },
		{ "init_task+0x", "no number" }, { "init_task+-1", "no number" },
		{ "-1", "neither" },             { " 12", "neither" },
		{ "\t12", "neither" },           { "0x", "neither" },
		{ "12 ", "neither" },            { "1ffffffffffffffff", "neither" },
		{ "init_task:", "neither" },     { ":0", "neither" },
	};
	char longer[400];
	struct testvmcore v;
	struct cairn_err err;
	struct cairn *c;
	uint64_t addr;

	(void)state;
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	assert_int_equal(tv_open(&v, &c, &err), CAIRN_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum cairn_code code = operand_address(c, cases[i].word, &addr, &err);

		if (code != CAIRN_USAGE || !strstr(err.text, cases[i].says))
			fail_msg("\"%s\": code %d, %s", cases[i].word, code, code ? err.text : "");
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(operand_address(c, longer, &addr, &err), CAIRN_USAGE);
	assert_non_null(strstr(err.text, "399"));
	cairn_close(c);
	tv_free(&v);
}

/* ---- counts ---- */

static void test_counts(void **state)
{
	struct cairn_err err;
	uint64_t n;

	(void)state;
	assert_int_equal(operand_count("10", &n, &err), CAIRN_OK);
	assert_int_equal(n, 10);
	assert_int_equal(operand_count("0x10", &n, &err), CAIRN_OK);
	assert_int_equal(n, 16);
	assert_int_equal(operand_count("010", &n, &err), CAIRN_OK);
	assert_int_equal(n, 10);
	assert_int_equal(operand_count("18446744073709551615", &n, &err), CAIRN_OK);
	assert_int_equal(n, UINT64_MAX);
	assert_int_equal(operand_count("18446744073709551616", &n, &err), CAIRN_USAGE);
	assert_int_equal(operand_count("ff", &n, &err), CAIRN_USAGE);
	assert_int_equal(operand_count("", &n, &err), CAIRN_USAGE);
	assert_int_equal(operand_count("-1", &n, &err), CAIRN_USAGE);
	assert_int_equal(operand_count("1k", &n, &err), CAIRN_USAGE);
}

/* ---- tasks ---- */

static void test_tasks(void **state)
{
	struct testmachine m = tm_new(2);
	const struct task *t;
	struct cairn_err err;
	uint64_t init, shell;
	struct cairn *c;
	char word[32];

	(void)state;
	init = tm_task(&m, 1, "init");
	shell = tm_task(&m, 20, "shell");
	tm_thread(&m, shell, 21, "shell");
	tm_task(&m, 0x20, "30"); /* a name that looks like a pid */
	c = tm_open(&m);
	assert_int_equal(operand_task(c, "1", &t, &err), CAIRN_OK);
	assert_int_equal(t->addr, init);
	assert_int_equal(operand_task(c, "20", &t, &err), CAIRN_OK); /* decimal */
	assert_int_equal(t->addr, shell);
	assert_int_equal(operand_task(c, "0", &t, &err), CAIRN_OK);
	assert_int_equal(t->addr, m.idle[0]);
	snprintf(word, sizeof(word), "%llx", (unsigned long long)shell);
	assert_int_equal(operand_task(c, word, &t, &err), CAIRN_OK);
	assert_int_equal(t->pid, 20);
	snprintf(word, sizeof(word), "0x%llx", (unsigned long long)init);
	assert_int_equal(operand_task(c, word, &t, &err), CAIRN_OK);
	assert_int_equal(t->pid, 1);
	assert_int_equal(operand_task(c, "swapper/1", &t, &err), CAIRN_OK);
	assert_int_equal(t->addr, m.idle[1]);
	assert_int_equal(operand_task(c, "30", &t, &err), CAIRN_OK);
	assert_int_equal(t->pid, 0x20);
	assert_int_equal(operand_task(c, "shell", &t, &err), CAIRN_USAGE);
	assert_non_null(strstr(err.text, "2 tasks"));
	assert_int_equal(operand_task(c, "", &t, &err), CAIRN_USAGE);
	assert_int_equal(operand_task(c, "-1", &t, &err), CAIRN_USAGE);
	assert_int_equal(operand_task(c, "99999999999", &t, &err), CAIRN_USAGE);
	assert_int_equal(operand_task(c, "init_task", &t, &err), CAIRN_USAGE);
	tasks_free(c);
	tk_free(m.k);
}

static void test_no_tasks(void **state)
{
	struct testkern *k = tk_new();
	const struct task *t;
	struct cairn_err err;

	(void)state;
	assert_int_equal(operand_task(tk_open(k, 8), "1", &t, &err), CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_addresses),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_no_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
