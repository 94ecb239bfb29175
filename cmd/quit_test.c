/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "cmd/quit.h"

/* Put off and let through, over and over; what ends it is the signal, or that it was lost. */
static void child(int ready)
{
	struct quit q;

	if (write(ready, "", 1) != 1)
		_exit(1);
	for (int i = 0; i < 1000000; i++) {
		quit_begin(&q);
		quit_end(&q);
	}
	_exit(0);
}

/* How a child ended that was sent `sig` about `us` microseconds after it had begun. */
static int status_after(int sig, useconds_t us)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid)
		child(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usleep(us);
	kill(pid, sig);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	return status;
}

static void none_is_lost(void **state)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	for (unsigned i = 0; i < 150; i++) {
		int status = status_after(sigs[i % 3], i);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sigs[i % 3]);
	}
}

static void put_off(void **state)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	struct quit q;

	(void)state;
	sigaction(SIGTERM, &ignore, &before);
	quit_begin(&q);
	raise(SIGTERM); /* stays ignored */
	assert_int_equal(quit_asked(), 0);
	raise(SIGINT);
	assert_int_equal(quit_asked(), SIGINT);
	quit_forget(&q);
	assert_int_equal(quit_asked(), 0);
	sigaction(SIGTERM, &before, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_off), cmocka_unit_test(none_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
