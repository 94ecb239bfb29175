/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/quit.h"

#include <stddef.h>

static const int signals[QUIT_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

/* A signal handler has no other way to tell. */
static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	asked = sig;
}

void quit_begin(struct quit *q)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND };

	asked = 0;
	sigemptyset(&sa.sa_mask);
	for (int i = 0; i < QUIT_SIGNALS; i++) {
		sigaction(signals[i], NULL, &q->before[i]);
		if (q->before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	}
}

int quit_asked(void)
{
	return asked;
}

/* One that came until then has set the flag, later ones do what they did before. */
static int restore(const struct quit *q)
{
	int sig;

	for (int i = 0; i < QUIT_SIGNALS; i++)
		sigaction(signals[i], &q->before[i], NULL);
	sig = asked;
	asked = 0;
	return sig;
}

void quit_forget(const struct quit *q)
{
	restore(q);
}

void quit_end(const struct quit *q)
{
	int sig = restore(q);

	if (sig)
		raise(sig);
}
