/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/intr.h"

#include <string.h>

#include "cmd/cmd.h"

#define PATIENCE 3

/* A signal handler has no other way to tell. */
static volatile sig_atomic_t pressed, patience;

static void on_sigint(int sig)
{
	if (++pressed == patience) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

void intr_begin(struct intr *i, bool shared)
{
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = SA_RESTART };

	pressed = 0;
	patience = shared ? 0 : PATIENCE;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, &i->before);
}

void intr_share(void)
{
	patience = 0;
}

void intr_end(const struct intr *i)
{
	sigaction(SIGINT, &i->before, NULL);
}

bool cmd_interrupted(void)
{
	return pressed > 0;
}
