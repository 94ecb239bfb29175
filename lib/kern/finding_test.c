/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/kern/finding.h"

/* what the checker of this test does next */
static unsigned findings, failures, rounds;
static bool refuse;

static enum cairn_code look(struct cairn *c, struct cairn_run *run, struct cairn_err *err)
{
	char message[] = "the word is off", why[] = "read here", id[] = "test.word";
	const struct cairn_evidence evidence[] = { { 0x1000, 8, why } };
	struct cairn_finding f = { .id = id, .severity = CAIRN_ERROR, .grade = CAIRN_IN_FLIGHT,
				   .object = 0xff0, .addr = 0x1000, .expected = "0", .found = "1",
				   .message = message, .evidence = evidence, .nevidence = 1 };
	struct cairn_err lost;

	(void)c;
	if (refuse)
		return cairn_fail(err, CAIRN_MISSING, "no such type");
	for (rounds = 0; rounds < findings && cairn_go_on(run); rounds++)
		cairn_report(run, &f);
	f.id = "test.other";
	if (findings)
		cairn_report(run, &f);
	for (unsigned i = 0; i < failures; i++) {
		cairn_fail_read(&lost, CAIRN_FAULT_EXCLUDED, 0x2000, "kernel address");
		cairn_unseen(run, "a list", &lost);
	}
	/* the copies must not depend on these */
	memset(message, 'x', sizeof(message) - 1);
	memset(why, 'x', sizeof(why) - 1);
	memset(id, 'x', sizeof(id) - 1);
	return CAIRN_OK;
}

static const struct cairn_check test_check = {
	.name = "ztest", .summary = "for this test", .run = look,
	.ids = (const struct cairn_explanation[]){
		{ "test.word", "a word is off", "m", "c", "n" },
		{ "test.other", "another", "m", "c", "n" },
		{ NULL, NULL, NULL, NULL, NULL },
	},
};
CAIRN_CHECK(&test_check);

static struct findings run(const char *only, uint64_t deadline_ms, struct arena *a,
			   enum cairn_code expect)
{
	static struct cairn c;
	const struct check_limits limits = { .only = only, .deadline_ms = deadline_ms };
	struct findings f;

	assert_int_equal(findings_get(&f, &c, &limits, a, NULL), expect);
	return f;
}

static int reset(void **state)
{
	static struct arena a;

	findings = failures = 0;
	refuse = false;
	arena_reset(&a);
	*state = &a;
	return 0;
}

static void test_silence(void **state)
{
	struct findings f = run("ztest", 0, *state, CAIRN_OK);

	assert_int_equal(f.nchecks, 1);
	assert_int_equal(f.n + f.nunseen, 0);
}

static void test_copies(void **state)
{
	struct findings f;

	findings = 40;
	f = run("ztest", 0, *state, CAIRN_OK);
	assert_int_equal(f.n, 41);
	for (size_t i = 0; i < 40; i++) {
		assert_ptr_equal(f.said[i].check, &test_check);
		assert_string_equal(f.said[i].f.id, "test.word");
		assert_string_equal(f.said[i].f.message, "the word is off");
		assert_string_equal(f.said[i].f.evidence[0].why, "read here");
		assert_int_equal(f.said[i].f.evidence[0].addr, 0x1000);
		assert_null(f.said[i].f.field);
	}
	assert_string_equal(severity_name(f.said[0].f.severity), "error");
	assert_string_equal(grade_name(f.said[0].f.grade), "in-flight");
}

static void test_faults(void **state)
{
	struct said said[2] = {
		{ .f.severity = CAIRN_INFO, .f.grade = CAIRN_CERTAIN },
		{ .f.severity = CAIRN_WARNING, .f.grade = CAIRN_SUSPICIOUS },
	};
	struct findings f = { .said = said };

	(void)state;
	assert_false(findings_any_fault(&f));
	f.n = 1;
	assert_false(findings_any_fault(&f));
	f.n = 2;
	assert_true(findings_any_fault(&f));
}

static void test_only(void **state)
{
	struct findings f;

	findings = 3;
	f = run("test.o*", 0, *state, CAIRN_OK);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "test.other");
	run("nosuch", 0, *state, CAIRN_USAGE);
}

static void test_unseen(void **state)
{
	struct findings f;

	failures = 20;
	f = run("ztest", 0, *state, CAIRN_OK);
	assert_int_equal(f.nunseen, 20);
	assert_string_equal(f.unseen[19].what, "a list");
	assert_int_equal(f.unseen[19].why.addr, 0x2000);
	refuse = true;
	f = run("ztest", 0, *state, CAIRN_OK);
	assert_int_equal(f.nunseen, 1);
	assert_null(f.unseen[0].what);
	assert_string_equal(f.unseen[0].why.text, "no such type");
}

static void test_too_many(void **state)
{
	struct findings f;

	findings = 1000000;
	f = run("ztest", 0, *state, CAIRN_OK);
	assert_int_equal(f.n, FINDINGS_LIMIT);
	assert_int_equal(f.nunseen, 1);
	assert_int_equal(f.unseen[0].why.code, CAIRN_LIMIT);
	assert_true(rounds < findings);
}

static bool stop_now(void)
{
	return true;
}

static void test_interrupted(void **state)
{
	struct cairn c = { .stop = stop_now };
	const struct check_limits limits = { .only = "ztest" };
	struct findings f;

	findings = 10;
	assert_int_equal(findings_get(&f, &c, &limits, *state, NULL), CAIRN_INTERRUPTED);
	assert_int_equal(f.n, 0);
}

static enum cairn_code forever(struct cairn *c, struct cairn_run *run, struct cairn_err *err)
{
	(void)c;
	(void)err;
	while (cairn_go_on(run))
		continue;
	return CAIRN_OK;
}

static const struct cairn_check slow_check = {
	.name = "zslow", .summary = "for this test", .run = forever,
	.ids = (const struct cairn_explanation[]){ { NULL, NULL, NULL, NULL, NULL } },
};
CAIRN_CHECK(&slow_check);

static void test_deadline(void **state)
{
	struct findings f = run("z*", 5, *state, CAIRN_OK);

	assert_int_equal(f.nchecks, 2);
	assert_int_equal(f.nunseen, 2); /* the one after it came too late */
	assert_int_equal(f.unseen[0].why.code, CAIRN_LIMIT);
}

/* The same place each time; who comes after that has not begun. */
static void test_budget(void **state)
{
	static struct cairn c;
	const struct check_limits limits = { .only = "z*", .budget = 100 };
	struct findings f;

	assert_int_equal(findings_get(&f, &c, &limits, *state, NULL), CAIRN_OK);
	assert_int_equal(f.nunseen, 2);
	assert_string_equal(f.unseen[0].what, "the rest");
	assert_null(f.unseen[1].what);
	assert_int_equal(f.unseen[1].why.code, CAIRN_LIMIT);
	findings = 1000;
	assert_int_equal(findings_get(&f, &c, &(struct check_limits){ .only = "ztest", .budget = 10 },
				      *state, NULL), CAIRN_OK);
	assert_int_equal(rounds, 9); /* to begin counts, too */
}

static void test_set(void **state)
{
	struct cairn_err err = { 0 };
	size_t n;
	const struct cairn_check *const *all = checks_sorted(*state, &n);

	assert_int_equal(checks_check(&err), CAIRN_OK);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
	assert_true(check_matches(&test_check, "test.*"));
	assert_true(check_matches(&test_check, "ztest"));
	assert_false(check_matches(&test_check, "test"));
}

static void test_no_memory(void **state)
{
	struct arena a = { 0 };
	struct findings f;
	struct cairn c = { .stop = NULL };
	const struct check_limits limits = { .only = "ztest" };
	enum cairn_code code = CAIRN_NOMEM;

	(void)state;
	findings = 500;
	for (long n = 0; code != CAIRN_OK; n++) {
		mem_fail_after(n);
		code = findings_get(&f, &c, &limits, &a, NULL);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		arena_deinit(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_silence, reset),
		cmocka_unit_test_setup(test_copies, reset),
		cmocka_unit_test_setup(test_faults, reset),
		cmocka_unit_test_setup(test_only, reset),
		cmocka_unit_test_setup(test_unseen, reset),
		cmocka_unit_test_setup(test_too_many, reset),
		cmocka_unit_test_setup(test_interrupted, reset),
		cmocka_unit_test_setup(test_deadline, reset),
		cmocka_unit_test_setup(test_budget, reset),
		cmocka_unit_test_setup(test_set, reset),
		cmocka_unit_test_setup(test_no_memory, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
