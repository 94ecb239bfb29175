/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor - what a piece of work costs beside what its pages alone cost: reading and decompressing
 * each page that it touched, once, on as many threads as there are.
 *
 * A job is one file here; its last line is FLOOR_JOB(&job).
 */
#ifndef CAIRN_TESTDATA_FLOOR_H
#define CAIRN_TESTDATA_FLOOR_H

#include "lib/base/set.h"
#include "lib/kern/session.h"

struct floor_job {
	const char *name;
	double times; /* the work may take so many times what the pages take */
	/** What is there before the clock starts (types, tasks). */
	enum cairn_code (*prepare)(struct cairn *c, struct cairn_err *err);
	/** The work; *n gets how much there was. */
	enum cairn_code (*run)(struct cairn *c, size_t *n, struct cairn_err *err);
};

SET_DECLARE(floor_jobs, const struct floor_job);
#define FLOOR_JOB(member) SET_ADD(floor_jobs, const struct floor_job, member)

#endif
