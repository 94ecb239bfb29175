/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/tracediff.h"

#include <string.h>

#include "unwind/culprit.h"
#include "unwind/signature.h"

struct row {
	const char *name[OOPS_FRAMES];
	bool optional[OOPS_FRAMES]; /* not all kernels print it */
	size_t n;
	bool whole;                 /* it is not known to be cut */
};

/* Behind a call that does not return lies another function, or nothing. */
static bool is_lost(const struct oops_frame *f)
{
	return !f->interrupted && f->has_offset && (!f->offset || (f->size && f->offset >= f->size));
}

static void row_of_log(struct row *r, const struct oops *o)
{
	bool begun = false;

	for (size_t i = 0; i < o->n && r->n < OOPS_FRAMES; i++) {
		const struct oops_frame *f = &o->frame[i];

		if (!f->reliable || !f->function)
			continue;
		if (begun && is_lost(f))
			return;
		begun |= !strcmp(f->function, o->function);
		if (begun)
			r->name[r->n++] = f->function;
	}
	r->whole = true;
}

/* Up to where the kernel's own unwinder gets lost. It may not see a caller that is in the link
   register alone. */
static void row_of_dump(struct row *r, const struct trace *tr, const struct frame *first)
{
	const struct frame *f = first, *end = tr->frame + tr->n;

	for (; f && f < end && r->n < OOPS_FRAMES; f++) {
		if (f != first && signature_loses(f))
			break;
		if (!f->named || f->grade > 'C')
			continue;
		r->optional[r->n] = f != first && f->rule == RULE_LR;
		r->name[r->n++] = f->sym.name;
	}
	r->whole = f == end && tr->complete;
}

/* length[i][j]: of the longest row that log from i on and dump from j on have in common. */
static uint16_t *common(const struct row *log, const struct row *dump, struct arena *a)
{
	size_t width = dump->n + 1;
	uint16_t *length = arena_alloc(a, (log->n + 1) * width * sizeof(*length));

	if (!length)
		return NULL;
	memset(length, 0, (log->n + 1) * width * sizeof(*length));
	for (size_t i = log->n; i--; )
		for (size_t j = dump->n; j--; ) {
			uint16_t down = length[(i + 1) * width + j], right = length[i * width + j + 1];

			length[i * width + j] = !strcmp(log->name[i], dump->name[j]) ?
				(uint16_t)(length[(i + 1) * width + j + 1] + 1) :
				down > right ? down : right;
		}
	return length;
}

static void keep(const char *to[], size_t *n, const char *name)
{
	if ((*n)++ < TRACEDIFF_NAMES)
		to[*n - 1] = name;
}

/* Behind the last that both have, only a side whose end is no cut can be told to have more. */
static void compare(struct tracediff *ret, const struct row *log, const struct row *dump,
		    const uint16_t *length)
{
	size_t i = 0, j = 0, width = dump->n + 1;

	while (length[i * width + j]) {
		if (dump->optional[j] && length[i * width + j + 1] == length[i * width + j]) {
			j++;
		} else if (!strcmp(log->name[i], dump->name[j])) {
			ret->nsame++;
			i++;
			j++;
		} else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
			keep(ret->log, &ret->nlog, log->name[i++]);
		} else {
			keep(ret->dump, &ret->ndump, dump->name[j++]);
		}
	}
	for (; log->whole && dump->whole && i < log->n; i++)
		keep(ret->log, &ret->nlog, log->name[i]);
}

bool tracediff(struct tracediff *ret, const struct oops *log, const struct trace *dump,
	       struct arena *a)
{
	return tracediff_from(ret, log, dump, culprit_find(dump), a);
}

bool tracediff_from(struct tracediff *ret, const struct oops *log, const struct trace *dump,
		    const struct frame *first, struct arena *a)
{
	struct row *rows = arena_alloc(a, 2 * sizeof(*rows));
	const uint16_t *length;

	*ret = (struct tracediff){ .nsame = 0 };
	if (!rows || !log->function)
		return false;
	rows[0].n = rows[1].n = 0;
	rows[0].whole = false;
	memset(rows[1].optional, 0, sizeof(rows[1].optional));
	row_of_log(&rows[0], log);
	row_of_dump(&rows[1], dump, first);
	length = rows[0].n && rows[1].n ? common(&rows[0], &rows[1], a) : NULL;
	if (length)
		compare(ret, &rows[0], &rows[1], length);
	return length && (ret->nsame || ret->nlog);
}
