/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maple - every maple tree of the machine verified, with what its entries say. */
#include "lib/kern/finding.h"
#include "lib/kern/maple_layout.h"
#include "lib/kern/task.h"
#include "testdata/floor/floor.h"

static enum cairn_code prepare(struct cairn *c, struct cairn_err *err)
{
	const struct maple_layout *l;
	const struct tasks *ts;
	enum cairn_code code = maple_layout_get(c, &l, err);

	return code ? code : tasks_get(c, &ts, err);
}

static enum cairn_code run(struct cairn *c, size_t *n, struct cairn_err *err)
{
	const struct check_limits limits = { .only = "maple" };
	struct findings f;
	struct arena a = { 0 };
	enum cairn_code code = findings_get(&f, c, &limits, &a, err);

	*n = f.n;
	arena_deinit(&a);
	return code;
}

static const struct floor_job job = { "maple trees verified", 1.5, prepare, run };
FLOOR_JOB(&job);
