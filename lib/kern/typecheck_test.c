/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/typecheck.h"

static const struct type word = { .kind = TYPE_INT, .name = "int", .size = 4, .complete = true };
static const struct type_member members[] = {
	{ .name = "flags", .type = &word, .bit_offset = 0 },
	{ .name = "lru", .type = &word, .bit_offset = 64 },
};
static const struct type page = {
	.kind = TYPE_STRUCT, .name = "page", .size = 64, .nmembers = 2, .members = members,
	.complete = true,
};
static const struct type declared = { .kind = TYPE_FWD, .name = "zone", .complete = true };
static const struct type alias = {
	.kind = TYPE_TYPEDEF, .name = "nodemask_t", .size = 64, .target = &page, .complete = true,
};

static const struct type *find(struct type_provider *p, enum type_kind kind, const char *name)
{
	(void)p;
	if (kind == TYPE_STRUCT && !strcmp(name, "page"))
		return &page;
	if (kind == TYPE_STRUCT && !strcmp(name, "zone"))
		return &declared;
	return kind == TYPE_VOID && !strcmp(name, "nodemask_t") ? &alias : NULL;
}

static const struct type_provider_ops ops = { .find = find };
static struct type_provider provider = { .name = "some.btf", .ops = &ops };

static enum cairn_code check(const char *text, size_t *agreed, struct cairn_err *err)
{
	struct vmcoreinfo v = { .text = text, .len = strlen(text) };

	return typecheck(&provider, &v, agreed, err);
}

static void test_agrees(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(check("OSRELEASE=6.1\nSIZE(page)=64\nOFFSET(page.lru)=8\n"
			       "SIZE(nodemask_t)=64\nSIZE(zone)=1\nOFFSET(page.gone)=3\n"
			       "SYMBOL(page)=64\nSIZE(list_head)=16\n", &n, NULL), CAIRN_OK);
	assert_int_equal(n, 3);
	assert_int_equal(check("", &n, NULL), CAIRN_OK);
	assert_int_equal(n, 0);
}

static void test_contradicts(void **state)
{
	struct cairn_err err;

	(void)state;
	assert_int_equal(check("SIZE(page)=36\n", NULL, &err), CAIRN_USAGE);
	assert_string_equal(err.text, "some.btf is not of this kernel: page is 64 there, 36 in the dump");
	assert_int_equal(check("SIZE(page)=64\nOFFSET(page.lru)=4\n", NULL, &err), CAIRN_USAGE);
	assert_string_equal(err.text,
			    "some.btf is not of this kernel: page.lru is 8 there, 4 in the dump");
}

static void test_garbage_is_passed_over(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(check("SIZE(\nSIZE()=1\nOFFSET(page)=1\nSIZE(page.lru)=1\nSIZE(page)\n"
			       "OFFSET(.lru)=1\nOFFSET(page.)=1\nSIZE(page)=9", &n, NULL), CAIRN_OK);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_contradicts),
		cmocka_unit_test(test_garbage_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
