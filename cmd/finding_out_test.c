/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/finding_out.h"
#include "lib/base/err.h"

static const struct cairn_check check = { .name = "zcheck" };

static struct said said(void)
{
	static const struct cairn_evidence evidence[] = { { 0x1000, 8, "read \033here" } };

	return (struct said){ &check, {
		.id = "z.word", .severity = CAIRN_FATAL, .grade = CAIRN_SUSPICIOUS, .object = 0xff0,
		.addr = 0x1000, .field = "word", .expected = "0", .found = "1",
		.message = "the word of \"x\" is off", .evidence = evidence, .nevidence = 1,
	} };
}

static void show(struct out *o, enum out_mode mode, const struct said *s)
{
	struct cairn c = { .arch = arch_by_id(ARCH_ARM) };

	out_init(o, mode, -1);
	out_record(o, "finding");
	finding_fields(o, &c, s);
	out_end(o);
}

/* The fields that scripts rely on, each once. */
static void test_json(void **state)
{
	static const char *const fields[] = {
		"\"id\":\"z.word\"", "\"severity\":\"fatal\"", "\"grade\":\"suspicious\"",
		"\"check\":\"zcheck\"", "\"object\":\"0xff0\"", "\"address\":\"0x1000\",\"field\"",
		"\"field\":\"word\"", "\"expected\":\"0\"", "\"found\":\"1\"",
		"\"message\":\"the word of \\\"x\\\" is off\"",
		"\"evidence\":[{\"address\":\"0x1000\",\"length\":\"0x8\",\"why\":\"read \\u001bhere\"}]",
	};
	struct said s = said();
	struct out o;

	(void)state;
	show(&o, OUT_JSON, &s);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char *p = strstr(o.buf.buf, fields[i]);

		assert_non_null(p);
		assert_null(strstr(p + 1, fields[i]));
	}
	out_deinit(&o);
}

/* What does not apply is null, and takes no line of text. */
static void test_sparse(void **state)
{
	struct said s = { &check, { .id = "z.word", .message = "off" } };
	struct out o;

	(void)state;
	show(&o, OUT_JSON, &s);
	assert_non_null(strstr(o.buf.buf, "\"object\":null,\"object_symbol\":null,\"address\":null,\"field\":null,"
					  "\"expected\":null,\"found\":null,\"evidence\":[]"));
	out_deinit(&o);
	show(&o, OUT_TEXT, &s);
	assert_string_equal(o.buf.buf, "info: z.word\n    off\n");
	out_deinit(&o);
}

static void test_text(void **state)
{
	struct said s = said();
	struct out o;

	(void)state;
	show(&o, OUT_TEXT, &s);
	assert_string_equal(o.buf.buf, "fatal: z.word (suspicious)\n"
				       "    the word of \"x\" is off\n"
				       "    object   00000ff0\n"
				       "    at       00001000 word\n"
				       "    expected 0\n"
				       "    found    1\n"
				       "    evidence 00001000  read \\x1bhere\n");
	out_deinit(&o);
}

static void test_unseen(void **state)
{
	struct unseen u[] = { { .check = &check, .what = "a list" }, { .check = &check } };
	struct findings f = { .unseen = u, .nunseen = 2 };
	struct out o;

	(void)state;
	cairn_fail(&u[0].why, CAIRN_FAULT, "0x10: excluded");
	cairn_fail(&u[1].why, CAIRN_MISSING, "no such type");
	out_init(&o, OUT_TEXT, -1);
	unseen_text(&o, &f);
	unseen_array(&o, &f);
	assert_string_equal(o.buf.buf, "not checked: zcheck: a list: 0x10: excluded\n"
				       "not checked: zcheck: no such type\n");
	out_deinit(&o);
	out_init(&o, OUT_JSON, -1);
	out_record(&o, "x");
	unseen_text(&o, &f);
	unseen_array(&o, &f);
	out_end(&o);
	assert_non_null(strstr(o.buf.buf, "\"unchecked\":[{\"check\":\"zcheck\",\"what\":\"a list\","
					  "\"reason\":\"0x10: excluded\"},{\"check\":\"zcheck\","
					  "\"what\":null,"));
	out_deinit(&o);
}

/* Long messages are wrapped at blanks, and JSON has them whole. */
static void test_wrapped(void **state)
{
	static char message[400];
	struct said s = said();
	struct out o;

	(void)state;
	memset(message, 'x', sizeof(message) - 1);
	for (size_t i = 60; i < sizeof(message) - 130; i += 60)
		message[i] = ' ';
	s.f.message = message;
	show(&o, OUT_TEXT, &s);
	for (const char *p = strchr(o.buf.buf, '\n') + 1; *p; p = strchr(p, '\n') + 1)
		assert_true(strcspn(p, "\n") <= 100 || !memchr(p + 4, ' ', strcspn(p, "\n") - 4));
	out_deinit(&o);
	show(&o, OUT_JSON, &s);
	assert_non_null(strstr(o.buf.buf, message));
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
