/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/run.h"

/* A command that does what its words say. */
static enum cairn_code zebra_run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const char *what = call->argc ? call->argv[0] : "";

	out_record(call->out, "zebra");
	out_str(call->out, "what", "%s\n", what);
	out_array(call->out, "open");
	if (!strcmp(what, "fault"))
		return cairn_fail_read(err, CAIRN_FAULT_ABSENT, 0x1000, "physical address");
	if (!strcmp(what, "unknown"))
		return cairn_fail(err, CAIRN_NOTFOUND, "no symbol");
	if (!strcmp(what, "findings"))
		*verdict = VERDICT_FINDINGS;
	if (!strcmp(what, "partial"))
		*verdict = VERDICT_PARTIAL;
	if (!strcmp(what, "interrupt"))
		raise(SIGINT);
	out_end(call->out);
	out_end(call->out);
	if (cmd_interrupted())
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (!strcmp(what, "call"))
		return cmd_call(call, call->out, call->argc - 1, call->argv + 1, verdict, err);
	return CAIRN_OK;
}

static const struct opt zebra_opts[] = { { 'a', "all", NULL, "" }, { 0 } };
static const struct cmd zebra = { .name = "zebra", .opts = zebra_opts, .no_dump = true,
				  .run = zebra_run };
static const struct cmd zebu = { .name = "zebu", .run = zebra_run };
CAIRN_CMD(&zebra);
CAIRN_CMD(&zebu);

static struct {
	unsigned reports;
	struct cairn_err err;
	bool named;
	unsigned long lineno;
} got;

static void report(const struct runner *r, struct out *o, const char *name,
		   const struct cmd *cmd, const struct cairn_err *err)
{
	(void)cmd;
	got.reports++;
	got.err = *err;
	got.named = name != NULL;
	got.lineno = r->script ? r->lineno : 0;
	assert_true(!o || o->depth == 0);
}

static struct runner fresh(void)
{
	memset(&got, 0, sizeof(got));
	return (struct runner){ .report = report };
}

/* Run one line with its output in a file; the text of that file. */
static const char *output(struct runner *r, const char *line)
{
	static char text[4096];
	char whole[512];
	size_t n;
	FILE *f;

	snprintf(whole, sizeof(whole), "%s > run.out", line);
	assert_true(run_line(r, whole));
	f = fopen("run.out", "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_int_equal(unlink("run.out"), 0);
	return text;
}

static void test_output_goes_to_a_file(void **state)
{
	struct runner r = fresh();

	(void)state;
	assert_string_equal(output(&r, "zebra 'a b'"), "a b\n");
	assert_string_equal(output(&r, "zebra -j x"),
			    "{\"schema\":\"cairn.zebra/1\",\"what\":\"x\",\"open\":[]}\n");
	r.mode = OUT_JSON;
	assert_string_equal(output(&r, "zebra x"),
			    "{\"schema\":\"cairn.zebra/1\",\"what\":\"x\",\"open\":[]}\n");
	assert_int_equal(got.reports, 0);
	assert_int_equal(r.status, STATUS_OK);
	arena_deinit(&r.scratch);
}

static void test_append(void **state)
{
	struct runner r = fresh();
	char text[16] = "";
	FILE *f;

	(void)state;
	run_line(&r, "zebra one > run.append");
	run_line(&r, "zebra two >> run.append");
	f = fopen("run.append", "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, f), 8);
	assert_string_equal(text, "one\ntwo\n");
	fclose(f);
	unlink("run.append");
	arena_deinit(&r.scratch);
}

static void test_pipe(void **state)
{
	struct runner r = fresh();
	char text[16] = "";
	FILE *f;

	(void)state;
	run_line(&r, "zebra word | tr a-z A-Z > run.piped");
	f = fopen("run.piped", "r"); /* the program has ended when run_line() returns */
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, f), 5);
	assert_string_equal(text, "WORD\n");
	fclose(f);
	unlink("run.piped");
	run_line(&r, "zebra word | true");
	run_line(&r, "zebra word | exit 3");
	assert_int_equal(got.reports, 0);
	assert_int_equal(r.status, STATUS_OK);
	arena_deinit(&r.scratch);
}

static void test_errors(void **state)
{
	struct runner r = fresh();

	(void)state;
	/* the record that was being written is closed: the line is whole */
	assert_string_equal(output(&r, "zebra -j fault"),
			    "{\"schema\":\"cairn.zebra/1\",\"what\":\"fault\",\"open\":[]}\n");
	assert_int_equal(got.reports, 1);
	assert_int_equal(got.err.addr, 0x1000);
	assert_int_equal(r.status, STATUS_PARTIAL);
	output(&r, "zebra unknown");
	assert_int_equal(r.status, STATUS_USAGE);
	arena_deinit(&r.scratch);
}

static void one_status(const char *line, enum status want, unsigned reports)
{
	struct runner r = fresh();

	output(&r, line);
	assert_int_equal(r.status, want);
	assert_int_equal(got.reports, reports);
	arena_deinit(&r.scratch);
}

static void test_statuses(void **state)
{
	(void)state;
	one_status("zebra", STATUS_OK, 0);
	one_status("zebra findings", STATUS_FINDINGS, 0);
	one_status("zebra partial", STATUS_PARTIAL, 0);
	one_status("zebra -Z", STATUS_USAGE, 1);
	one_status("nonsense", STATUS_USAGE, 1);
	one_status("zebu", STATUS_USAGE, 1); /* needs a vmcore */
	one_status("zebu --help", STATUS_OK, 0);
	one_status("zebra call zebra findings", STATUS_FINDINGS, 0);
	one_status("zebra call zebra fault", STATUS_PARTIAL, 1);
	assert_string_equal(got.err.text, "zebra: physical address 0x1000: absent");
	one_status("zebra call nonsense", STATUS_USAGE, 1);
	assert_string_equal(got.err.text, "nonsense: no such command");
}

static void test_what_a_command_did_not_need_is_no_matter(void **state)
{
	struct cairn c = { .ndegraded = 1 };
	struct runner r = fresh();

	(void)state;
	r.cairn = &c;
	output(&r, "zebra"); /* asks nothing of the dump */
	assert_int_equal(r.status, STATUS_OK);
	output(&r, "zebu"); /* asks, and got all it asked for */
	assert_int_equal(r.status, STATUS_OK);
	output(&r, "zebu findings");
	assert_int_equal(r.status, STATUS_FINDINGS);
	arena_deinit(&r.scratch);
}

static void test_worse(void **state)
{
	static const enum status order[] = { STATUS_OK, STATUS_PARTIAL, STATUS_FINDINGS,
					     STATUS_OPEN, STATUS_USAGE };
	size_t i, k;

	(void)state;
	for (i = 0; i < 5; i++)
		for (k = 0; k < 5; k++)
			assert_int_equal(status_worse(order[i], order[k]), order[i > k ? i : k]);
	assert_int_equal(status_of(CAIRN_OK), STATUS_OK);
	assert_int_equal(status_of(CAIRN_FORMAT), STATUS_OPEN);
	assert_int_equal(status_of(CAIRN_CORRUPT), STATUS_PARTIAL);
}

static void test_lines(void **state)
{
	struct runner r = fresh();

	(void)state;
	assert_true(run_line(&r, ""));
	assert_true(run_line(&r, "  # zebra findings"));
	assert_true(run_line(&r, "!true"));
	assert_int_equal(r.status, STATUS_OK);
	assert_true(run_line(&r, "!"));
	assert_true(run_line(&r, "zebra 'x"));
	assert_true(run_line(&r, "zebra > /nonexistent/folder/file"));
	assert_int_equal(got.reports, 3);
	assert_false(run_line(&r, " q \n"));
	assert_false(run_line(&r, "quit"));
	assert_false(run_line(&r, "exit"));
	arena_deinit(&r.scratch);
}

static void run_text(struct runner *r, char *text)
{
	FILE *f = fmemopen(text, strlen(text), "r");

	assert_non_null(f);
	run_script(r, f, "script");
	fclose(f);
}

static void test_script(void **state)
{
	char text[] = "zebra > /dev/null\n# no\n\nzebra -Z\nzebra findings > /dev/null\nq\nnonsense\n";
	struct runner r = fresh();

	(void)state;
	run_text(&r, text);
	assert_int_equal(got.reports, 1);
	assert_int_equal(got.lineno, 4);
	assert_int_equal(r.status, STATUS_USAGE);
	assert_null(r.script);
	arena_deinit(&r.scratch);
}

static void test_interrupt_ends_a_script(void **state)
{
	char text[] = "zebra interrupt > /dev/null\nnonsense\n";
	struct runner r = fresh();

	(void)state;
	run_text(&r, text);
	assert_int_equal(got.reports, 1);
	assert_int_equal(got.err.code, CAIRN_INTERRUPTED);
	assert_true(r.interrupted);
	run_line(&r, "zebra > /dev/null");
	assert_false(r.interrupted);
	arena_deinit(&r.scratch);
}

static int set_up(void **state)
{
	static char dir[] = "/tmp/cairn-run-XXXXXX";

	*state = dir;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) ? chdir(dir) : -1;
}

static int clean_up(void **state)
{
	return chdir("/") || rmdir(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_goes_to_a_file),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_what_a_command_did_not_need_is_no_matter),
		cmocka_unit_test(test_worse),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_interrupt_ends_a_script),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
