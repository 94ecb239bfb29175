/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma - the areas of the process that has most of them, and the ranges of its tree alone. */
#include "lib/kern/task.h"
#include "mm/vma_parts.h"
#include "testdata/floor/floor.h"

static uint64_t largest; /* its mm_struct */

static enum cairn_code prepare(struct cairn *c, struct cairn_err *err)
{
	const struct tasks *ts;
	struct vma_shape vs;
	struct mm mm;
	uint64_t most = 0;
	enum cairn_code code = tasks_get(c, &ts, err);

	if (!code)
		code = vma_shape_init(&vs, c, err);
	for (size_t i = 0; !code && i < ts->n; i++)
		if (ts->task[i].mm && !mm_read(&vs.mm, ts->task[i].mm, &mm, NULL) &&
		    mm.v[MM_MAP_COUNT] > most) {
			most = mm.v[MM_MAP_COUNT];
			largest = mm.addr;
		}
	return code || largest ? code : cairn_fail(err, CAIRN_MISSING, "no process");
}

static enum cairn_code work(struct cairn *c, bool ranges, size_t *n, struct cairn_err *err)
{
	struct vma_shape vs;
	struct vmas v = { 0 };
	const struct vmas *part = &v;
	struct vma_parts *ps = NULL;
	struct mm mm;
	enum cairn_code code = vma_shape_init(&vs, c, err);

	if (!code)
		code = mm_read(&vs.mm, largest, &mm, err);
	if (!code)
		code = vmas_ranges(&vs, &mm, &v, err);
	if (!code && !ranges) {
		ps = vma_parts_begin(&vs, &v);
		code = ps ? CAIRN_OK : CAIRN_NOMEM;
	}
	while (ps && !code && part)
		code = vma_parts_next(ps, &part, err);
	vma_parts_end(ps);
	*n = v.n;
	vmas_free(&v);
	return code;
}

static enum cairn_code areas(struct cairn *c, size_t *n, struct cairn_err *err)
{
	return work(c, false, n, err);
}

static enum cairn_code ranges(struct cairn *c, size_t *n, struct cairn_err *err)
{
	return work(c, true, n, err);
}

static const struct floor_job areas_job = { "areas of the largest process", 1.3, prepare, areas };
FLOOR_JOB(&areas_job);

static const struct floor_job ranges_job = { "ranges of its tree", 2, prepare, ranges };
FLOOR_JOB(&ranges_job);
