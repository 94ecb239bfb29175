/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/batch.h"

const char *fate_name(enum fate fate)
{
	static const char *const name[] = {
		[FATE_DONE] = "done",         [FATE_UNREADABLE] = "unreadable",
		[FATE_CRASHED] = "crashed",   [FATE_DEADLINE] = "deadline",
		[FATE_MEMORY] = "memory",     [FATE_OUTPUT] = "output",
		[FATE_FAILED] = "failed",
	};

	return name[fate];
}

void fate_reason(struct str *s, const struct batch_end *end, const struct batch_limits *limits)
{
	switch (end->fate) {
	case FATE_DONE:
		str_addf(s, "ended with exit code %d and without a record", end->status);
		break;
	case FATE_CRASHED:
		str_addf(s, "cairn died of signal %d (%s)", end->status, strsignal(end->status));
		break;
	case FATE_DEADLINE:
		str_addf(s, "not done within %u s", limits->seconds);
		break;
	case FATE_MEMORY:
		str_addf(s, "needs more than %u MB of memory", limits->max_mb);
		break;
	case FATE_OUTPUT:
		str_addf(s, "the report is larger than %zu MB", BATCH_OUTPUT_MAX >> 20);
		break;
	default:
		str_addf(s, "no process: %s", strerror(end->status));
	}
}
