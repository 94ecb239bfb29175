/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/buckets.h"
#include "lib/base/str.h"

static struct arena arena;
static struct cairn_err err;

static enum cairn_code add(struct sights *s, const char *line)
{
	enum cairn_code code;
	struct jsonrec r;

	code = jsonrec_read(&r, line, strlen(line), &err);
	if (code)
		return code;
	if (!r.other)
		code = sights_add(s, &r, &arena, &err);
	jsonrec_deinit(&r);
	return code;
}

/* "KEYxCOUNT first-last|": of all buckets */
static const char *grouped(struct sights *s)
{
	char *all = arena_strdup(&arena, "");
	struct buckets b;

	assert_int_equal(buckets_make(&b, s, &arena, &err), CAIRN_OK);
	for (size_t i = 0; i < b.n; i++)
		all = arena_printf(&arena, "%s%sx%zu %s-%s|", all, s->sight[b.bucket[i].from].key,
				   b.bucket[i].n, b.bucket[i].first ? b.bucket[i].first : "",
				   b.bucket[i].last ? b.bucket[i].last : "");
	return all;
}

#define T(sig, date, file) "{\"schema\":\"cairn.triage/1\",\"file\":" file ",\"crash\":{\"date\":" date \
	",\"class\":\"bug\"},\"signature\":" sig ",\"signature_fuzzy\":\"c1f:z\"}"

static void test_groups(void **state)
{
	struct sights s = { 0 };

	(void)state;
	assert_string_equal(grouped(&s), "");
	assert_int_equal(add(&s, T("\"c1:b\"", "\"2\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c1:a\"", "\"5\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c1:b\"", "null", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c1:b\"", "\"1\"", "7")), CAIRN_OK);
	assert_int_equal(add(&s, T("null", "null", "null")), CAIRN_OK);
	assert_int_equal(add(&s, "{\"schema\":\"cairn.triage/1\",\"fate\":\"deadline\"}"), CAIRN_OK);
	assert_int_equal(add(&s, "{\"schema\":\"cairn.task/1\"}"), CAIRN_OK);
	assert_int_equal(add(&s, "{\"schema\":\"cairn.oops/1\",\"signature\":\"c1:a\",\"log\":\"x\"}"),
			 CAIRN_OK);
	assert_string_equal(grouped(&s), "c1:bx3 1-2|c1:ax2 5-5|~class:bugx1 -|~fate:deadlinex1 -|");
}

static void test_fuzzy(void **state)
{
	struct sights s = { .by_fuzzy = true };

	(void)state;
	assert_int_equal(add(&s, T("\"c1:b\"", "\"2\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c1:a\"", "\"5\"", "\"f\"")), CAIRN_OK);
	assert_string_equal(grouped(&s), "c1f:zx2 2-5|");
}

#define D(file, build, release, date, time, sig) "{\"schema\":\"cairn.triage/1\",\"file\":" file \
	",\"build_id\":" build ",\"release\":" release ",\"crash\":{\"date\":" date ",\"time\":" time \
	",\"panic_time\":9.5},\"signature\":" sig "}"
#define USUAL D("\"f\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\"")
#define L(log, time, lines, head) "{\"schema\":\"cairn.oops/1\",\"log\":" log ",\"time\":" time \
	",\"first_line\":" lines ",\"last_line\":9,\"head\":" head ",\"signature\":\"c1:a\"}"

/* How many of two records count. */
static size_t counted(const char *a, const char *b)
{
	struct sights s = { 0 };
	struct buckets all;

	assert_int_equal(add(&s, a), CAIRN_OK);
	assert_int_equal(add(&s, b), CAIRN_OK);
	assert_int_equal(buckets_make(&all, &s, &arena, &err), CAIRN_OK);
	assert_int_equal(s.n + s.doubles, 2);
	assert_int_equal(all.bucket[0].doubles, s.doubles);
	return s.n;
}

/* Once: the same in all that tells. */
static void test_doubles(void **state)
{
	static const char *const others[] = {
		D("\"g\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		D("\"f\"", "\"c\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		D("\"f\"", "null", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		D("\"f\"", "\"b\"", "\"6.2\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		D("\"f\"", "\"b\"", "\"6.1\"", "\"2026-01-03\"", "8.25", "\"c1:a\""),
		D("\"f\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.26", "\"c1:a\""),
		D("\"f\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "\"8.25\"", "\"c1:a\""),
	};

	(void)state;
	assert_int_equal(counted(USUAL, USUAL), 1);
	assert_int_equal(counted(USUAL, D("\"f\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:b\"")), 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(counted(USUAL, others[i]), 2);
		assert_int_equal(counted(others[i], others[i]), 1);
	}
	assert_int_equal(counted(L("\"l\"", "8.25", "3", "\"x\""), L("\"l\"", "8.25", "3", "\"x\"")), 1);
	assert_int_equal(counted(L("\"l\"", "8.25", "3", "\"x\""), L("\"l\"", "8.25", "4", "\"x\"")), 2);
	assert_int_equal(counted(L("\"l\"", "8.25", "3", "\"x\""), L("\"l\"", "8.25", "3", "\"y\"")), 2);
}

/* What does not tell when, or of what: nothing says that it is the same. */
static void test_no_doubles(void **state)
{
	static const char *const same[] = {
		D("null", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		D("\"-\"", "\"b\"", "\"6.1\"", "\"2026-01-02\"", "8.25", "\"c1:a\""),
		"{\"schema\":\"cairn.triage/1\",\"file\":\"f\",\"fate\":\"deadline\",\"crash\":null}",
		"{\"schema\":\"cairn.triage/1\",\"file\":\"f\",\"build_id\":\"b\",\"crash\":{\"time\":null}}",
		L("\"l\"", "null", "3", "\"x\""), L("\"-\"", "8.25", "3", "\"x\""), L("null", "8.25", "3", "\"x\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(counted(same[i], same[i]), 2);
}

/* The last one counts, whatever lies between; those that were dropped are not forgotten. */
static void test_last_of_doubles(void **state)
{
	struct sights s = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(add(&s, D("\"f\"", "\"b\"", "null", "\"1\"", "8.25", "\"c1:a\"")), CAIRN_OK);
		assert_int_equal(add(&s, D("\"g\"", "\"b\"", "null", "\"1\"", "8.25", "\"c1:z\"")), CAIRN_OK);
		assert_int_equal(add(&s, D("\"f\"", "\"b\"", "null", "\"1\"", "8.25", "\"c1:b\"")), CAIRN_OK);
		assert_string_equal(grouped(&s), "c1:bx1 1-1|c1:zx1 1-1|");
		assert_int_equal(s.doubles, 1 + 3 * i);
	}
	assert_int_equal(s.sight[0].doubles, 5);
	assert_int_equal(s.sight[1].doubles, 2);
}

#define C(sig, cause) "{\"schema\":\"cairn.triage/1\",\"signature\":" sig ",\"cause\":" cause "}"

static void test_causes(void **state)
{
	struct sights s = { 0 }, any = { .any_cause = true };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct sights *to = i ? &any : &s;

		assert_int_equal(add(to, C("\"c1:s\"", "\"c1c:x.y:z\"")), CAIRN_OK);
		assert_int_equal(add(to, C("\"c1:s\"", "\"c1c:x.z:z\"")), CAIRN_OK);
		assert_int_equal(add(to, C("\"c1:s\"", "\"c1c:x.y:z\"")), CAIRN_OK);
		assert_int_equal(add(to, C("\"c1:s\"", "null")), CAIRN_OK);
		assert_int_equal(add(to, C("\"c1:s\"", "1")), CAIRN_OK);
	}
	assert_string_equal(grouped(&s), "c1:sx2 -|c1:s c1c:x.y:zx2 -|c1:s c1c:x.z:zx1 -|");
	assert_string_equal(grouped(&any), "c1:sx5 -|");
}

#define OF(class, sig, cause) "{\"schema\":\"cairn.triage/1\",\"crash\":{\"class\":\"" class "\"}," \
	"\"signature\":\"" sig "\",\"cause\":" cause "}"

static const char *of_lines(const char *const lines[])
{
	struct sights s = { 0 };

	for (; *lines; lines++)
		assert_int_equal(add(&s, *lines), CAIRN_OK);
	return grouped(&s);
}

#define BUG "c1:bug:foo:1"
#define HUNG "c1:hung-task:foo:1"
#define NOBODY "c1:bug:-:1"
#define SYSRQ "c1:sysrq:-:1"
#define LOG(class, sig) "{\"schema\":\"cairn.oops/1\",\"class\":\"" class "\",\"signature\":\"" sig "\"}"

static void test_with_logs(void **state)
{
	(void)state;
	/* the signature tells: the cause is no matter */
	assert_string_equal(of_lines((const char *const []){
		OF("bug", BUG, "\"c1c:a.b:c\""), OF("bug", BUG, "\"c1c:a.b:d\""), LOG("bug", BUG), NULL }),
		BUG "x3 -|");
	/* it does not; what has no cause goes with the one that there is */
	assert_string_equal(of_lines((const char *const []){
		OF("hung-task", HUNG, "\"c1c:a.b:c\""), LOG("hung-task", HUNG), NULL }),
		HUNG " c1c:a.b:cx2 -|");
	assert_string_equal(of_lines((const char *const []){
		LOG("bug", NOBODY), OF("bug", NOBODY, "\"c1c:a.b:c\""), NULL }), NOBODY " c1c:a.b:cx2 -|");
	/* with two, nobody knows which */
	assert_string_equal(of_lines((const char *const []){
		LOG("hung-task", HUNG), OF("hung-task", HUNG, "\"c1c:a.b:c\""),
		OF("hung-task", HUNG, "\"c1c:a.b:d\""), NULL }),
		HUNG "x1 -|" HUNG " c1c:a.b:cx1 -|" HUNG " c1c:a.b:dx1 -|");
	/* a dump that was asked for about nothing is none of what others were asked for about */
	assert_string_equal(of_lines((const char *const []){
		OF("sysrq", SYSRQ, "null"), OF("sysrq", SYSRQ, "\"c1c:a.b:c\""), NULL }),
		SYSRQ "x1 -|" SYSRQ " c1c:a.b:cx1 -|");
	/* a log tells of who hangs, as do dumps without types; if of several bugs, nobody knows which */
#define TOLD(cause) "{\"schema\":\"cairn.triage/1\",\"signature\":\"" SYSRQ "\",\"cause\":\"" cause \
	"\",\"cause_log\":\"c1c:hung-task:f\"}"
	assert_string_equal(of_lines((const char *const []){
		TOLD("c1c:a.b:c"), OF("sysrq", SYSRQ, "\"c1c:hung-task:f\""),
		OF("sysrq", SYSRQ, "\"c1c:hung-task:g\""), NULL }),
		SYSRQ " c1c:a.b:cx2 -|" SYSRQ " c1c:hung-task:gx1 -|");
	assert_string_equal(of_lines((const char *const []){
		TOLD("c1c:a.b:c"), TOLD("c1c:a.b:d"), OF("sysrq", SYSRQ, "\"c1c:hung-task:f\""), NULL }),
		SYSRQ " c1c:a.b:cx1 -|" SYSRQ " c1c:a.b:dx1 -|" SYSRQ " c1c:hung-task:fx1 -|");
	/* one signature begins as another */
	assert_string_equal(of_lines((const char *const []){
		LOG("hung-task", HUNG), OF("hung-task", HUNG "1", "\"c1c:a.b:c\""), NULL }),
		HUNG "x1 -|" HUNG "1 c1c:a.b:cx1 -|");
}

/* "RECENT/COUNT": of all buckets */
static const char *recent(struct sights *s, const char *since)
{
	char *all = arena_strdup(&arena, "");
	struct buckets b;

	s->since = since;
	assert_int_equal(buckets_make(&b, s, &arena, &err), CAIRN_OK);
	for (size_t i = 0; i < b.n; i++)
		all = arena_printf(&arena, "%s%s:%zu/%zu ", all, s->sight[b.bucket[i].from].key,
				   b.bucket[i].recent, b.bucket[i].n);
	return all;
}

static void test_recent(void **state)
{
	struct sights s = { 0 };

	(void)state;
	assert_int_equal(add(&s, T("\"a\"", "\"2026-01-02T00\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"b\"", "\"2026-01-01T23\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"b\"", "null", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c\"", "\"2026-01-01T22\"", "\"f\"")), CAIRN_OK);
	assert_int_equal(add(&s, T("\"c\"", "\"2026-01-03\"", "\"f\"")), CAIRN_OK);
	assert_string_equal(recent(&s, NULL), "b:2/2 c:2/2 a:1/1 ");
	assert_string_equal(recent(&s, "2026-01-02"), "b:1/2 c:1/2 a:1/1 ");
	assert_string_equal(recent(&s, "2026-01-01T23"), "b:2/2 c:1/2 a:1/1 ");
}

#define O(sig, title) "{\"schema\":\"cairn.oops/1\",\"signature\":" sig ",\"guilty\":\"caller\"," \
	"\"title\":\"" title "\"}"

static void test_titles(void **state)
{
	static const struct { const char *line, *title; } some[] = {
		{ O("\"c1:soft-lockup:inner:0\"", "lockup in caller"), "lockup in inner" },
		{ O("\"c1:soft-lockup:-:0\"", "lockup in caller"), "lockup in caller" },
		{ O("\"c1\"", "lockup in caller"), "lockup in caller" },
		{ O("null", "lockup in caller"), "lockup in caller" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		struct sights s = { 0 };

		assert_int_equal(add(&s, some[i].line), CAIRN_OK);
		assert_string_equal(s.sight[0].title, some[i].title);
	}
}

static void test_no_record(void **state)
{
	struct sights s = { 0 };

	(void)state;
	assert_int_equal(add(&s, ""), CAIRN_FORMAT);
	assert_int_equal(add(&s, "[]"), CAIRN_FORMAT);
	assert_int_equal(add(&s, "{\"schema\":1}"), CAIRN_FORMAT);
	assert_string_equal(err.text, "JSON, but no record: it has no schema");
	assert_int_equal(add(&s, "{\"schema\":\"cairn.triage/1\",\"file\":\"a\\u0000b\"}"), CAIRN_OK);
	assert_string_equal(s.sight[0].file, "a");
	assert_int_equal(add(&s, "{\"schema\":\"cairn.triage/1\",\"crash\":[1]}"), CAIRN_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups), cmocka_unit_test(test_fuzzy),
		cmocka_unit_test(test_recent), cmocka_unit_test(test_titles), cmocka_unit_test(test_with_logs), cmocka_unit_test(test_causes),
		cmocka_unit_test(test_doubles), cmocka_unit_test(test_no_doubles),
		cmocka_unit_test(test_last_of_doubles), cmocka_unit_test(test_no_record),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
