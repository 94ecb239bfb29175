/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cmd/expectation.h"
#include "cmd/expectation_unseen.h"
#include "cmd/junit.h"

#define RECORD                                                                                 \
	"{\"schema\":\"cairn.triage/1\",\"crash\":{\"class\":\"bug\",\"function\":\"b\"},"     \
	"\"signature\":\"c1:bug:b:12\",\"signature_fuzzy\":null,\"cause\":\"c1c:x.one:y\","      \
	"\"stack\":{\"frames\":[{\"function\":\"a\"},{\"function\":\"b\"},{\"function\":null}," \
	"{\"function\":\"c\"},{\"function\":\"d\"},{\"function\":\"e\"}]},"                    \
	"\"findings\":[{\"id\":\"x.one\"},{\"id\":\"x.two\"},{\"id\":\"x.one\"}],"        \
	"\"checked\":true,\"unchecked\":[]}"

static struct arena arena;
static struct cairn_err err;

static json_t *load(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

/* Of each item its first two letters and + or -, or where that cannot be told ?. */
static const char *hold(const char *members, const char *record)
{
	char *text = arena_printf(&arena, "{\"schema\":\"cairn.expect/1\"%s}", members);
	json_t *want, *rec = load(record);
	char *all = arena_strdup(&arena, "");
	struct held h;

	if (expectation_parse(&want, text, strlen(text), &err)) {
		json_decref(rec);
		return err.text;
	}
	assert_int_equal(expectation_hold(&h, want, rec, &arena, &err), CAIRN_OK);
	for (size_t i = 0; i < h.n; i++) {
		all = arena_printf(&arena, "%s%.2s%c", all, h.item[i].what,
				   h.item[i].ok ? '+' : h.item[i].unseen ? '?' : '-');
		h.failed -= !h.item[i].ok && !h.item[i].unseen;
		h.unseen -= !h.item[i].ok && h.item[i].unseen;
	}
	assert_int_equal(h.failed, 0);
	assert_int_equal(h.unseen, 0);
	json_decref(want);
	json_decref(rec);
	return all;
}

static const char *text_of(const json_t *o, const char *member)
{
	char *text = json_dumps(json_object_get(o, member), JSON_COMPACT | JSON_ENCODE_ANY);
	const char *kept = arena_strdup(&arena, text ? text : "none");

	free(text);
	return kept;
}

#define HOLDS(members, want) assert_string_equal(hold(members, RECORD), want)

static void test_texts(void **state)
{
	(void)state;
	HOLDS(",\"class\":\"bug\"", "cl+");
	HOLDS(",\"class\":\"bu\"", "cl-");
	HOLDS(",\"signature\":\"c1:bug:b:*\",\"function\":\"[ab]\"", "si+fu+");
	HOLDS(",\"signature_fuzzy\":\"*\",\"cause\":\"c1c:x.*\"", "si-ca+");
	HOLDS(",\"signature_fuzzy\":null,\"cause\":null", "si+ca-");
}

static void test_frames(void **state)
{
	(void)state;
	HOLDS(",\"class\":\"bug\",\"frames\":[]", "cl+");
	HOLDS(",\"frames\":[\"a\",\"c\"]", "fr+");
	HOLDS(",\"frames\":[\"c\",\"a\"]", "fr-");
	HOLDS(",\"frames\":[\"e\",\"e\"]", "fr-");
}

static void test_findings(void **state)
{
	(void)state;
	HOLDS(",\"require\":[\"x.*\",\"y\"]", "re+re-");
	HOLDS(",\"forbid\":[\"x.two\",\"y\"]", "fo-fo+");
	HOLDS(",\"require\":[\"x.one\"],\"forbid\":[\"*\"]", "re+fo-");
	HOLDS(",\"require\":[\"x.one\",\"x.two\"],\"forbid\":[\"*\"]", "re+re+fo+");
}

static void test_refused(void **state)
{
	(void)state;
	HOLDS(",\"clas\":\"bug\"", "clas: nothing of that name is looked at");
	HOLDS(",\"class\":1", "class: neither a text nor null");
	HOLDS(",\"require\":\"x\"", "require: not a list of texts");
	HOLDS(",\"frames\":[1]", "frames: not a list of texts");
	HOLDS(",\"class\":\"a\",\"class\":\"b\"", "line 1: not JSON: duplicate object key near '\"class\"'");
	HOLDS("", "nothing is expected: any dump would pass");
	HOLDS(",\"frames\":[],\"require\":[],\"unchecked\":[\"mm\"]",
	      "nothing is expected: any dump would pass");
	HOLDS("}x{", "line 1: not JSON: end of file expected near 'x'");
}

/* What compilers append to names, and machines put in front of system calls', does not count. */
static void test_plain_names(void **state)
{
	static const char record[] =
		"{\"crash\":{\"class\":\"bug\",\"function\":\"f\",\"guilty\":\"g\"},\"stack\":{\"frames\":["
		"{\"function\":\"f.part.0\"},{\"function\":\"__x64_sys_write\"}],\"complete\":true}}";
	json_t *rec = load(record), *made = expectation_make(rec);

	(void)state;
	assert_string_equal(hold(",\"function\":\"f.part.0\",\"guilty\":\"g.cold\"", record), "fu+gu+");
	assert_string_equal(hold(",\"frames\":[\"f\",\"__arm64_sys_write\"]", record), "fr+");
	assert_string_equal(hold(",\"frames\":[\"f.isra.0\",\"*_write\"]", record), "fr+");
	assert_string_equal(hold(",\"frames\":[\"f.part.1x\",\"read\"]", record), "fr-");
	/* a pattern does not become one of everything */
	assert_string_equal(hold(",\"function\":\"*.cold\"", record), "fu-");
	assert_string_equal(hold(",\"function\":\"__x64_*\"", record), "fu-");
	assert_string_equal(hold(",\"function\":\"sys_*\"", record), "fu-");
	assert_string_equal(hold(",\"frames\":[\"f.*\",\"__x64_*\"]", record), "fr+");
	assert_string_equal(text_of(made, "frames"), "[\"f\",\"__x64_sys_write\"]");
	json_decref(made);
	json_decref(rec);
}

/* Where the log is missing, or the stack was not unwound, nothing says that it is another crash. */
static void test_unknown(void **state)
{
#define LACK "\"degraded\":[{\"what\":\"memory\",\"reason\":\"x\"},{\"what\":\"log\",\"reason\":\"excluded\"}]"
	static const char all[] = ",\"class\":\"bug\",\"signature\":\"c1:bug:f:1\",\"frames\":[\"f\"]";
	static const char cut[] = "{\"crash\":{\"class\":\"bug\"},\"signature\":\"c1:bug:f:1\","
				  "\"stack\":{\"frames\":[],\"complete\":false,\"end\":\"no tables\"}}";
	static const char lost[] = "{\"crash\":{\"class\":\"unknown\"},\"signature\":null,\"stack\":null," LACK "}";
	json_t *rec = load(lost);

	(void)state;
	assert_string_equal(hold(all, lost), "cl?si?fr?");
	assert_string_equal(hold(all, cut), "cl+si+fr?");
	assert_string_equal(hold(",\"class\":\"warning\",\"function\":\"f\"", cut), "cl-fu?");
	assert_string_equal(unknown_why(rec, "unknown", &arena), "log: excluded");
	assert_int_equal(expectation_may_make(rec, &arena, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "not written: what crashed is not known: log: excluded");
	json_decref(rec);
	rec = load("{\"crash\":{\"class\":\"hung-task\"},\"signature\":null}");
	assert_int_equal(expectation_may_make(rec, &arena, &err), CAIRN_MISSING);
	json_decref(rec);
	rec = load("{\"crash\":{\"class\":\"none\"},\"signature\":null}");
	assert_int_equal(expectation_may_make(rec, &arena, &err), CAIRN_OK);
	json_decref(rec);
}

/* What a checker of that name and others of that kind could have found, had they seen it all. */
static void test_unseen(void **state)
{
	static const char record[] =
		"{\"findings\":[{\"id\":\"maple.gap.parent-mismatch\"}],\"checked\":true,\"unchecked\":["
		"{\"check\":\"maple\",\"what\":\"a tree\",\"reason\":\"excluded\"},"
		"{\"check\":\"maple\",\"what\":null,\"reason\":\"absent\"}]}";

	(void)state;
#define UNSEEN(members, want) assert_string_equal(hold(members, record), want)
	UNSEEN(",\"forbid\":[\"*\"]", "fo-");
	UNSEEN(",\"require\":[\"maple.gap.*\"],\"forbid\":[\"*\"]", "re+fo?");
	UNSEEN(",\"forbid\":[\"maple.parent.*\",\"tdp.*\",\"maple\"]", "fo?fo+fo?");
	UNSEEN(",\"require\":[\"maple.parent.*\",\"tdp.*\"]", "re?re-");
	UNSEEN(",\"unchecked\":[\"map*\"],\"forbid\":[\"maple.parent.*\"]", "fo+");
	UNSEEN(",\"unchecked\":[\"tdp\"],\"forbid\":[\"maple.parent.*\"]", "fo?");
	UNSEEN(",\"unchecked\":[\"map*\"],\"require\":[\"maple.parent.*\"]", "re-");
	UNSEEN(",\"cause\":\"c1c:maple.parent.type:*\"", "ca?");
	UNSEEN(",\"cause\":\"c1c:maple.*\",\"unchecked\":[\"map*\"]", "ca-");
	UNSEEN(",\"cause\":\"c1c:hung-task:foo\"", "ca-");
	UNSEEN(",\"cause\":null", "ca+");
	assert_string_equal(hold(",\"forbid\":[\"tdp.*\"]", "{\"checked\":true,\"unchecked\":"
				 "[{\"check\":\"of a later version\"},1]}"), "fo?");
}

static void test_unseen_words(void **state)
{
	json_t *rec = load("{\"checked\":true,\"unchecked\":["
			   "{\"check\":\"maple\",\"what\":\"a tree\",\"reason\":\"excluded\"},"
			   "{\"check\":\"maple\",\"what\":null,\"reason\":\"absent\"}]}");
	json_t *made = expectation_make(rec);

	(void)state;
	assert_null(json_object_get(made, "frames"));
	assert_null(json_object_get(made, "cause"));
	assert_string_equal(unseen_why(rec, "*", NULL, &arena), "maple: a tree: excluded, and 1 more");
	assert_null(unseen_why(rec, "tdp.*", NULL, &arena));
	assert_string_equal(text_of(made, "unchecked"), "[\"maple\"]");
	json_decref(made);
	json_decref(rec);
}

/* No record at all is as expected of nothing. */
static void test_any_record(void **state)
{
	static const char all[] = ",\"class\":\"*\",\"frames\":[\"a\"],\"require\":[\"*\"],\"forbid\":[\"*\"]";

	(void)state;
	assert_string_equal(hold(all, "[]"), "cl-fr-re?fo?");
	assert_string_equal(hold(all, "{\"crash\":1,\"stack\":[],\"findings\":{\"id\":1}}"), "cl-fr-re?fo?");
	assert_string_equal(hold(all, "{\"findings\":[1,{\"id\":2}],\"stack\":{\"frames\":[1,{}]}}"),
			    "cl-fr-re?fo?");
	assert_string_equal(hold(all, "{\"checked\":true,\"unchecked\":{}}"), "cl-fr-re-fo+");
}

/* That there is no cause is as much as that there is one. */
static void test_made_null(void **state)
{
	json_t *rec = load("{\"cause\":null}"), *made = expectation_make(rec);

	(void)state;
	assert_string_equal(text_of(made, "cause"), "null");
	json_decref(made);
	json_decref(rec);
}

static void test_made(void **state)
{
	json_t *rec = load(RECORD), *made = expectation_make(rec), *again;
	char *text = json_dumps(made, JSON_COMPACT);
	struct held h;

	(void)state;
	assert_string_equal(text, "{\"schema\":\"cairn.expect/1\",\"class\":\"bug\","
			    "\"signature\":\"c1:bug:b:12\",\"cause\":\"c1c:x.one:y\",\"function\":\"b\","
			    "\"frames\":[\"b\",\"c\",\"d\"],\"require\":[\"x.one\",\"x.two\"],"
			    "\"forbid\":[\"*\"]}");
	assert_int_equal(expectation_parse(&again, text, strlen(text), &err), CAIRN_OK);
	assert_int_equal(expectation_hold(&h, again, rec, &arena, &err), CAIRN_OK);
	assert_int_equal(h.n, 8);
	assert_int_equal(h.failed, 0);
	json_decref(rec);
	json_decref(made);
	json_decref(again);
	free(text);
}

static void test_junit(void **state)
{
	struct expected item[] = {
		{ "class", "a<b", "a<b", true, NULL }, { "function", "\"f\"", "g&\n", false, NULL },
		{ "forbid", "*", "none", false, "x: excluded" },
	};
	const struct held h = { .item = item, .n = 3, .failed = 1, .unseen = 1 };
	struct str s;

	(void)state;
	str_init(&s);
	junit_add(&s, "d", &h);
	assert_string_equal(s.buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"d\" tests=\"3\" failures=\"1\" errors=\"1\">\n"
		"  <testcase classname=\"d\" name=\"class: a&lt;b\"/>\n"
		"  <testcase classname=\"d\" name=\"function: &quot;f&quot;\">\n"
		"    <failure message=\"function is not as expected\">expected: &quot;f&quot;\n"
		"found: g&amp;\\x0a</failure>\n  </testcase>\n"
		"  <testcase classname=\"d\" name=\"forbid: *\">\n"
		"    <error message=\"forbid could not be checked\">expected: *\n"
		"not checked: x: excluded</error>\n  </testcase>\n</testsuite>\n");
	str_clear(&s);
	github_add(&s, "d%", "a,b:c", &h);
	assert_string_equal(s.buf, "::error file=a%2Cb%3Ac,title=function::d%25: expected \"f\", found g&\\x0a\n"
			    "::error file=a%2Cb%3Ac,title=forbid::d%25: expected *, not checked: x: excluded\n");
	str_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),   cmocka_unit_test(test_frames),
		cmocka_unit_test(test_findings), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_plain_names), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unseen), cmocka_unit_test(test_unseen_words),
		cmocka_unit_test(test_any_record), cmocka_unit_test(test_made), cmocka_unit_test(test_made_null),
		cmocka_unit_test(test_junit),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
