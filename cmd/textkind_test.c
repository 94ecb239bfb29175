/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/textkind.h"

static enum textkind of(const char *text)
{
	return textkind(text, strlen(text));
}

static void texts(void **state)
{
	char holes[TEXTKIND_LEN] = { 0 };

	(void)state;
	assert_int_equal(of(""), TEXTKIND_TEXT);
	assert_int_equal(of("[    0.000000] Linux version 6.1.0\r\n"), TEXTKIND_TEXT);
	assert_int_equal(of("\033c\033[?7l\033[2J\033[0mSeaBIOS\r\n"), TEXTKIND_TEXT);
	assert_int_equal(of("\346\227\245\345\277\227\n"), TEXTKIND_TEXT);
	assert_int_equal(of("Gr\374\337e aus K\366ln"), TEXTKIND_TEXT);
	assert_int_equal(textkind(holes, sizeof(holes)), TEXTKIND_TEXT);
	memcpy(holes + 4000, "kernel BUG at", 13);
	assert_int_equal(textkind(holes, sizeof(holes)), TEXTKIND_TEXT);
}

static void dumps(void **state)
{
	char elf[64] = "\177ELF\2\1\1";

	(void)state;
	assert_int_equal(of("KDUMP   and more"), TEXTKIND_DUMP);
	assert_int_equal(of("DISKDUMP"), TEXTKIND_DUMP);
	assert_int_equal(textkind("makedumpfile\0\0\0\0", 16), TEXTKIND_DUMP);
	elf[16] = 4;
	assert_int_equal(textkind(elf, sizeof(elf)), TEXTKIND_DUMP);
	elf[16] = 2;
	assert_int_equal(textkind(elf, sizeof(elf)), TEXTKIND_OTHER);
	assert_int_equal(textkind(elf, 4), TEXTKIND_OTHER);
	assert_int_equal(of("makedumpfile is a program"), TEXTKIND_TEXT);
}

static void others(void **state)
{
	unsigned char bytes[TEXTKIND_LEN];
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	assert_int_equal(textkind(bytes, sizeof(bytes)), TEXTKIND_OTHER);
	/* one in four is too many */
	assert_int_equal(of("abc\001abc\001"), TEXTKIND_TEXT);
	assert_int_equal(of("abc\001ab\001"), TEXTKIND_OTHER);
	/* what a sequence lacks at the end of the bytes is not read */
	assert_int_equal(textkind("\346\227", 2), TEXTKIND_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(dumps), cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
