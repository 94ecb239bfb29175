/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/out.h"

static struct out *fresh(enum out_mode mode)
{
	static struct out o;

	out_init(&o, mode, -1);
	return &o;
}

static void is(struct out *o, const char *want)
{
	assert_string_equal(o->buf.buf, want);
	assert_false(o->buf.failed);
	out_deinit(o);
}

static void task(struct out *o)
{
	out_record(o, "task");
	out_num(o, "pid", "%7s", 1);
	out_strn(o, "comm", " %-16s|", "init\0junk", 4);
	out_addr(o, "task", " %s", 0xffff888003a50000, 16);
	out_hex(o, "flags", NULL, 0x400100);
	out_bool(o, "on_cpu", " %s", true);
	out_null(o, "mm", " %s");
	out_str(o, "none", " %s", NULL);
	out_text(o, "%c", '\n');
	out_end(o);
}

static void hex_numbers(struct out *o)
{
	out_record(o, "n");
	out_hex(o, "none", "%s", 0);
	out_hex(o, "all", " %s", UINT64_MAX);
	out_addr(o, "short", " %s", 0xabc, 8);
	out_addr(o, "long", " %s", 0x123456789, 8);
	out_addr(o, "bare", " %s", 0, 0);
	out_addr(o, "wide", " %s", 1, 40);
	out_end(o);
}

static void test_hex_numbers(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	hex_numbers(o);
	is(o, "0x0 0xffffffffffffffff 00000abc 123456789 0 0000000000000001");
	o = fresh(OUT_JSON);
	hex_numbers(o);
	is(o, "{\"schema\":\"cairn.n/1\",\"none\":\"0x0\",\"all\":\"0xffffffffffffffff\","
	      "\"short\":\"0xabc\",\"long\":\"0x123456789\",\"bare\":\"0x0\","
	      "\"wide\":\"0x1\"}\n");
}

static void test_one_record_two_renderings(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	task(o);
	is(o, "      1 init            | ffff888003a50000 yes - -\n");
	o = fresh(OUT_JSON);
	task(o);
	task(o);
	is(o, "{\"schema\":\"cairn.task/1\",\"pid\":1,\"comm\":\"init\","
	      "\"task\":\"0xffff888003a50000\",\"flags\":\"0x400100\",\"on_cpu\":true,"
	      "\"mm\":null,\"none\":null}\n"
	      "{\"schema\":\"cairn.task/1\",\"pid\":1,\"comm\":\"init\","
	      "\"task\":\"0xffff888003a50000\",\"flags\":\"0x400100\",\"on_cpu\":true,"
	      "\"mm\":null,\"none\":null}\n");
}

static void nested(struct out *o)
{
	out_record(o, "stack");
	out_array(o, "frames");
	out_object(o, NULL);
	out_num(o, "n", "#%s", 0);
	out_end(o);
	out_object(o, NULL);
	out_num(o, "n", " #%s", 1);
	out_array(o, "empty");
	out_end(o);
	out_end(o);
	out_end(o);
	out_array(o, "cpus");
	out_num(o, NULL, " %s", 3);
	out_str(o, NULL, " %s", "x");
	out_end(o);
	out_end(o);
}

static void test_nesting(void **state)
{
	struct out *o = fresh(OUT_JSON);

	(void)state;
	nested(o);
	is(o, "{\"schema\":\"cairn.stack/1\",\"frames\":[{\"n\":0},{\"n\":1,\"empty\":[]}],"
	      "\"cpus\":[3,\"x\"]}\n");
	o = fresh(OUT_TEXT);
	nested(o);
	is(o, "#0 #1 3 x");
}

static void test_strings_are_untrusted(void **state)
{
	static const char evil[] = "a\"b\\c\033[2J\n\xe2\x80\xae\xff";
	struct out *o = fresh(OUT_JSON);

	(void)state;
	out_record(o, "x");
	out_str(o, "s", NULL, evil);
	out_end(o);
	is(o, "{\"schema\":\"cairn.x/1\",\"s\":\"a\\\"b\\\\c\\u001b[2J\\n"
	      "\\u202e\\\\xff\"}\n");
	o = fresh(OUT_TEXT);
	out_str(o, "s", "%s", evil);
	out_text_safe(o, evil, 1);
	is(o, "a\"b\\c\\x1b[2J\\x0a\\xe2\\x80\\xae\\xffa");
}

static void test_names_are_untrusted(void **state)
{
	struct out *o = fresh(OUT_JSON);

	(void)state;
	out_record(o, "x");
	out_num(o, "a\"b", NULL, 1);
	out_end(o);
	is(o, "{\"schema\":\"cairn.x/1\",\"a\\\"b\":1}\n");
}

static void test_columns_count_characters(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	out_str(o, "s", "[%-5s]", "\xc3\xa9t\xc3\xa9");
	out_str(o, "s", "[%5s]", "\xc3\xa9t\xc3\xa9");
	out_str(o, "s", "[%2s]", "longer");
	out_str(o, "s", "constant", "value");
	is(o, "[\xc3\xa9t\xc3\xa9  ][  \xc3\xa9t\xc3\xa9][longer]constant");
}

static void numbers(struct out *o)
{
	out_record(o, "x");
	out_num(o, "min", "%s", INT64_MIN);
	out_real(o, "r", " %s", 12.34567, 3);
	out_real(o, "nan", " %s", NAN, 3);
	out_real(o, "inf", " %s", -INFINITY, 3);
	out_addr(o, "a", " %s", 0xabc, 8);
	out_hex(o, "h", " %s", UINT64_MAX);
	out_end(o);
}

static void test_numbers(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	numbers(o);
	is(o, "-9223372036854775808 12.346 - - 00000abc 0xffffffffffffffff");
	o = fresh(OUT_JSON);
	numbers(o);
	is(o, "{\"schema\":\"cairn.x/1\",\"min\":-9223372036854775808,\"r\":12.346,\"nan\":null,"
	      "\"inf\":null,\"a\":\"0xabc\",\"h\":\"0xffffffffffffffff\"}\n");
}

static void faults(struct out *o)
{
	struct cairn_err err;

	out_record(o, "x");
	cairn_fail_read(&err, CAIRN_FAULT_EXCLUDED, 0x1000, "physical address");
	out_fault(o, "a", "[%-11s]", &err);
	cairn_fail(&err, CAIRN_CORRUPT, "node \033 twice");
	out_fault(o, "b", "[%s]", &err);
	out_fault(o, "c", NULL, &err);
	out_end(o);
}

static void test_faults_are_values(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	faults(o);
	is(o, "[<excluded> ][<node \\x1b twice>]");
	o = fresh(OUT_JSON);
	faults(o);
	is(o, "{\"schema\":\"cairn.x/1\",\"a\":{\"fault\":\"excluded\",\"address\":\"0x1000\"},"
	      "\"b\":{\"error\":\"node \\u001b twice\"},\"c\":{\"error\":\"node \\u001b twice\"}}\n");
}

static void paint(struct out *o)
{
	out_paint(o, OUT_PLAIN);
	out_paint(o, OUT_RED);
	out_paint(o, OUT_RED);
	out_text(o, "x");
	out_paint(o, OUT_PLAIN);
}

static void test_paint(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	paint(o);
	is(o, "x");
	o = fresh(OUT_TEXT);
	o->colour = true;
	paint(o);
	is(o, "\033[1;31mx\033[0m");
	o = fresh(OUT_JSON);
	o->colour = true;
	paint(o);
	is(o, "");
}

static void test_a_line_ends_without_padding(void **state)
{
	struct out *o = fresh(OUT_TEXT);

	(void)state;
	out_text(o, "a  ");
	out_newline(o);
	out_newline(o);
	out_text(o, "  b");
	out_newline(o);
	is(o, "a\n\n  b\n");
	o = fresh(OUT_JSON);
	out_newline(o);
	is(o, "");
}

static void test_writes_everything(void **state)
{
	char back[512];
	struct out o;
	int fd[2], i;
	ssize_t n, total = 0;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	if (fork() == 0) {
		out_init(&o, OUT_TEXT, fd[1]); /* more than a pipe holds: waits for the reader */
		for (i = 0; i < 4000; i++)
			out_text(&o, "%100d", i);
		out_deinit(&o);
		_exit(o.error != 0);
	}
	close(fd[1]);
	while ((n = read(fd[0], back, sizeof(back))) > 0)
		total += n;
	assert_int_equal(total, 400000);
	close(fd[0]);
}

struct chosen {
	int fd;
	unsigned asked;
	size_t n; /* bytes at hand when it was asked */
};

static int choose(void *arg, const char *text, size_t n)
{
	struct chosen *c = arg;

	assert_int_equal(text[0], 'x');
	c->asked++;
	c->n = n;
	return c->fd;
}

/* Once, and only when there is something to write. */
static void test_a_place_that_is_chosen_late(void **state)
{
	struct chosen c = { 0 };
	char got[16];
	struct out o;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	c.fd = fd[1];
	out_init(&o, OUT_TEXT, -1);
	o.choose = choose;
	o.choose_arg = &c;
	out_flush(&o);
	assert_int_equal(c.asked, 0);
	out_text(&o, "xy");
	out_flush(&o);
	out_text(&o, "xz");
	out_deinit(&o);
	assert_int_equal(c.asked, 1);
	assert_int_equal(c.n, 2);
	assert_int_equal(read(fd[0], got, sizeof(got)), 4);
	assert_memory_equal(got, "xyxz", 4);
	close(fd[0]);
	close(fd[1]);
}

static void test_a_sink_that_refuses(void **state)
{
	struct out o;
	int fd[2], i;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	out_init(&o, OUT_TEXT, fd[1]);
	assert_false(out_broken(&o));
	for (i = 0; i < 2000; i++)
		out_text(&o, "%100d", i);
	assert_true(out_broken(&o));
	assert_int_equal(o.error, EPIPE);
	assert_true(o.buf.cap < 1 << 20); /* it does not hoard what nobody takes */
	out_deinit(&o);
	close(fd[1]);
}

static void test_out_of_memory_is_an_error(void **state)
{
	struct out *o = fresh(OUT_JSON);

	(void)state;
	mem_fail_after(0);
	task(o);
	mem_fail_after(-1);
	out_flush(o);
	assert_int_equal(o->error, ENOMEM);
	out_deinit(o);
}

/* Rows that the caller writes himself, between others. */
static void test_room(void **state)
{
	char digits[17];
	struct out o;
	char *at;

	(void)state;
	out_init(&o, OUT_TEXT, -1);
	out_text(&o, "a");
	at = out_room(&o, 100000);
	assert_non_null(at);
	memset(at, 'b', 3);
	out_took(&o, 3);
	out_text(&o, "c");
	assert_string_equal(o.buf.buf, "abbbc");
	out_deinit(&o);
	*out_digits(digits, 0, 1) = '\0';
	assert_string_equal(digits, "0");
	*out_digits(digits, 0x1f, 8) = '\0';
	assert_string_equal(digits, "0000001f");
	*out_digits(digits, UINT64_MAX, 1) = '\0';
	assert_string_equal(digits, "ffffffffffffffff");
	*out_digits(digits, 0x12345, 2) = '\0';
	assert_string_equal(digits, "12345");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_record_two_renderings),
		cmocka_unit_test(test_hex_numbers),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_strings_are_untrusted),
		cmocka_unit_test(test_names_are_untrusted),
		cmocka_unit_test(test_columns_count_characters),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_faults_are_values),
		cmocka_unit_test(test_paint),
		cmocka_unit_test(test_a_line_ends_without_padding),
		cmocka_unit_test(test_writes_everything),
		cmocka_unit_test(test_a_place_that_is_chosen_late),
		cmocka_unit_test(test_a_sink_that_refuses),
		cmocka_unit_test(test_out_of_memory_is_an_error), cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
