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
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/batch.h"
#include "cmd/triage_batch.h"

/* What a piece does, one letter each; what was taken: "<index><fate>:<first bytes of output> " */
struct play {
	const char *acts;
	struct str got;
	size_t enough, waiting;
	volatile bool *slept; /* in memory of all: an 's' is over */
};

static void write_much(size_t n)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	for (size_t i = 0; i < n; i += sizeof(line))
		if (write(STDOUT_FILENO, line, sizeof(line)) < 0)
			return;
}

static void hold_much(void)
{
	size_t n = (size_t)64 << 20;
	char *p = malloc(n);

	if (p)
		memset(p, 1, n);
	for (volatile char *q = p;; q[0]++)
		usleep(1000);
}

/* As hold_much(), where nobody's pages show it. */
static void unpack_much(void)
{
	static char page[1 << 16];
	int fd = memfd_create("test", MFD_CLOEXEC);

	memset(page, 1, sizeof(page));
	for (size_t i = 0; i < 1024; i++)
		if (write(fd, page, sizeof(page)) < 0)
			return;
	for (;;) pause();
}

static uint64_t told_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_RSS, &limit) ? 0 : limit.rlim_cur >> 20;
}

static int act(void *arg, size_t i)
{
	const struct play *p = arg;

	if (p->acts[i] == 'o')
		return printf(p->slept[0] ? "+" : "-") - 1;
	printf("%c", p->acts[i]);
	fflush(stdout);
	switch (p->acts[i]) {
	case 'k': raise(SIGKILL); break;
	case 'h': for (;;) pause();
	case 'm': hold_much(); break;
	case 'u': unpack_much(); break;
	case 'r': return (int)(told_limit() & 127);
	case 'w': write_much(BATCH_OUTPUT_MAX + 4096); for (;;) pause();
	case 'b': write_much(1 << 20); break;
	case 's': usleep(100000); if (p->slept) p->slept[0] = true; break;
	case 'i': usleep(100000); kill(getppid(), SIGTERM); usleep(100000); break;
	case 'c': close(STDOUT_FILENO); usleep(20000); break;
	}
	return p->acts[i] == '4' ? 4 : 0;
}

static bool take(void *arg, size_t i, const struct batch_end *end)
{
	struct play *p = arg;

	str_addf(&p->got, "%zu%s%d:%.1s ", i, fate_name(end->fate),
		 end->fate == FATE_DONE || end->fate == FATE_CRASHED ? end->status : 0, end->out.buf);
	return !p->enough || i + 1 < p->enough;
}

static const char *play(struct play *p, const char *acts, unsigned jobs, unsigned seconds,
			unsigned max_mb)
{
	struct batch b = { .n = strlen(acts), .work = act, .take = take, .arg = p,
			   .limits = { jobs, seconds, max_mb, p->waiting } };

	p->acts = acts;
	str_init(&p->got);
	assert_int_equal(batch_run(&b, NULL), CAIRN_OK);
	return p->got.buf;
}

#define PLAYS(acts, jobs, seconds, mb, want) do {                                     \
	struct play p = { 0 };                                                        \
	assert_string_equal(play(&p, acts, jobs, seconds, mb), want);                 \
	str_deinit(&p.got);                                                           \
} while (0)

static void test_order(void **state)
{
	(void)state;
	PLAYS("", 1, 0, 0, "");
	PLAYS("a4", 1, 0, 0, "0done0:a 1done4:4 ");
	PLAYS("sabc", 4, 0, 0, "0done0:s 1done0:a 2done0:b 3done0:c ");
	PLAYS("sasa", 2, 0, 0, "0done0:s 1done0:a 2done0:s 3done0:a ");
}

static void test_fates(void **state)
{
	(void)state;
	PLAYS("aka", 2, 0, 0, "0done0:a 1crashed9:k 2done0:a ");
	PLAYS("ha", 1, 1, 0, "0deadline0:h 1done0:a ");
	PLAYS("wa", 2, 20, 0, "0output0:w 1done0:a ");
}

/* a sanitizer's own memory is no measure */
static void test_memory(void **state)
{
	(void)state;
#ifndef __SANITIZE_ADDRESS__
	PLAYS("am", 2, 20, 32, "0done0:a 1memory0:m ");
	PLAYS("ua", 2, 20, 32, "0memory0:u 1done0:a ");
	PLAYS("r", 2, 20, 32, "0done32:r ");
	PLAYS("u", 2, 1, 0, "0deadline0:u ");
#endif
}

static void test_enough(void **state)
{
	struct play p = { .enough = 2 };

	(void)state;
	assert_string_equal(play(&p, "aahhh", 5, 0, 0), "0done0:a 1done0:a ");
	str_deinit(&p.got);
}

static void test_waiting(void **state)
{
	struct play p = { .slept = mmap(NULL, 1, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0) };

	(void)state;
	assert_string_equal(play(&p, "sao", 2, 0, 0), "0done0:s 1done0:a 2done0:- ");
	str_deinit(&p.got);
	p.waiting = 1;
	p.slept[0] = false;
	assert_string_equal(play(&p, "sao", 2, 0, 0), "0done0:s 1done0:a 2done0:+ ");
	str_deinit(&p.got);
	munmap((void *)p.slept, 1);
}

static volatile sig_atomic_t came;

static void on_term(int sig)
{
	came = sig;
}

static void test_signal(void **state)
{
	(void)state;
	signal(SIGTERM, on_term);
	PLAYS("hai", 3, 0, 0, "1done0:a ");
	assert_int_equal(came, SIGTERM);
	came = 0;
	signal(SIGTERM, SIG_IGN);
	PLAYS("ai", 2, 0, 0, "0done0:a 1done0:i ");
	assert_int_equal(came, 0);
	signal(SIGTERM, SIG_DFL);
}

static void test_lines(void **state)
{
	static const char rec[] = "{\"schema\":\"cairn.triage/1\",\"file\":\"a\"}\n";
	bool record;

	(void)state;
	assert_int_equal(triage_lines("", 0, &record), 0);
	assert_false(record);
	assert_int_equal(triage_lines(rec, sizeof(rec) - 1, &record), sizeof(rec) - 1);
	assert_true(record);
	assert_int_equal(triage_lines(rec, sizeof(rec) - 2, &record), 0);
	assert_false(record);
	assert_int_equal(triage_lines("{\"schema\":\"cairn.error/1\"}\nab", 29, &record), 27);
	assert_false(record);
}

static void test_limits(void **state)
{
	struct opt_value opt[CMD_OPTS] = { 0 };
	struct batch_limits l;
	struct cairn_err err;
	bool given;

	(void)state;
	assert_int_equal(triage_limits(&l, &given, opt, &err), CAIRN_OK);
	assert_false(given);
	assert_int_equal(l.seconds, TRIAGE_SECONDS);
	opt[TRIAGE_JOBS] = (struct opt_value){ true, "3" };
	opt[TRIAGE_MAX_RSS] = (struct opt_value){ true, "0" };
	assert_int_equal(triage_limits(&l, &given, opt, &err), CAIRN_OK);
	assert_true(given);
	assert_int_equal(l.jobs, 3);
	assert_int_equal(l.max_mb, 0);
	opt[TRIAGE_JOBS].value = "0";
	assert_int_equal(triage_limits(&l, &given, opt, &err), CAIRN_USAGE);
	opt[TRIAGE_JOBS].value = "-1";
	assert_int_equal(triage_limits(&l, &given, opt, &err), CAIRN_USAGE);
	opt[TRIAGE_JOBS].value = "2x";
	assert_int_equal(triage_limits(&l, &given, opt, &err), CAIRN_USAGE);
	assert_string_equal(err.text, "--jobs: 2x is not a number from 1 to 256");
}

static void test_lost(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, OUT_TEXT, -1);
	triage_lost(&o, "a\nb", FATE_DEADLINE, "not done within 3 s");
	assert_string_equal(o.buf.buf, "a\\x0ab: no report: deadline: not done within 3 s\n");
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),  cmocka_unit_test(test_fates),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_enough),
		cmocka_unit_test(test_waiting), cmocka_unit_test(test_signal),
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
