/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - pieces of work, each in a process of its own, within limits.
 *
 * What one of them does to its process, the others and the caller do not feel. Their standard
 * output is caught and handed over in the order of the pieces, each as soon as those before it are
 * over; what they say on standard error passes.
 *
 * A signal that would end the program (quit.h) ends all of them. What was over by then is handed
 * over all the same, and then the signal takes its course.
 */
#ifndef CAIRN_CMD_BATCH_H
#define CAIRN_CMD_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

/** How a piece of work ended. */
enum fate {
	FATE_DONE,       /* it returned */
	FATE_UNREADABLE, /* batch itself never says this: the dump could not be opened */
	FATE_CRASHED,    /* a signal */
	FATE_DEADLINE,   /* it took too long, and was ended */
	FATE_MEMORY,     /* it held too much memory, and was ended */
	FATE_OUTPUT,     /* it wrote over BATCH_OUTPUT_MAX, and was ended */
	FATE_FAILED,     /* it could not be begun */
};

#define BATCH_OUTPUT_MAX ((size_t)64 << 20)
#define BATCH_JOBS_MAX 256

/** 0: no limit; of jobs, as many as there are CPUs. */
struct batch_limits {
	unsigned jobs;     /* at a time; at most BATCH_JOBS_MAX */
	unsigned seconds;  /* of each, on the wall's clock */
	unsigned max_mb;   /* of each: memory of its own (lib/base/held.h); looked at every 50 ms, and
			      told to it as RLIMIT_RSS */
	size_t waiting;    /* bytes of output that wait for a piece before them; while there are so
			      many, no other piece is begun */
};

struct batch_end {
	enum fate fate;
	int status;        /* DONE: what work returned; CRASHED: the signal; FAILED: errno */
	struct str out;    /* standard output, as far as it came */
};

struct batch {
	struct batch_limits limits;
	size_t n;
	/* in the new process; what it returns (0 to 255) is its status */
	int (*work)(void *arg, size_t i);
	/* in this one, in order; `end` is gone afterwards. False: enough, end the others. */
	bool (*take)(void *arg, size_t i, const struct batch_end *end);
	void *arg;
};

/** Do all of it. CAIRN_NOMEM is all that can go wrong. */
enum cairn_code batch_run(const struct batch *b, struct cairn_err *err);

/** "deadline": as records have it. */
const char *fate_name(enum fate fate);

/** Append the reason in words. */
void fate_reason(struct str *s, const struct batch_end *end, const struct batch_limits *limits);

#endif
