/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_writers.h"

#include <string.h>

/* As oops_line_same_writer(). */
static uint64_t writer(const struct oops_line *line)
{
	return (uint64_t)line->stamped << 48 | (uint64_t)(unsigned char)line->by << 32 | line->caller;
}

struct oops_report *oops_writers_open(const struct oops_writers *w, const struct oops_line *line)
{
	uint64_t at = 0;

	map_get(&w->open, writer(line), &at);
	return (struct oops_report *)(uintptr_t)at;
}

struct oops_report *oops_writers_asked(const struct oops_writers *w, const struct oops_line *line)
{
	for (size_t i = w->nasking; i > 0 && line->by == 'C'; i--)
		if (!w->asking[i - 1]->ended)
			return w->asking[i - 1];
	return NULL;
}

bool oops_writers_begin(struct oops_writers *w, struct oops_report *r)
{
	struct oops_report *before = oops_writers_open(w, &r->by);

	if (before)
		oops_writers_end(w, before);
	return map_put(&w->open, writer(&r->by), (uintptr_t)r);
}

static void no_longer_asks(struct oops_writers *w, const struct oops_report *r)
{
	for (size_t i = 0; i < w->nasking; i++)
		if (w->asking[i] == r) {
			memmove(&w->asking[i], &w->asking[i + 1],
				(w->nasking - i - 1) * sizeof(w->asking[0]));
			w->nasking--;
			return;
		}
}

void oops_writers_end(struct oops_writers *w, const struct oops_report *r)
{
	/* a key that is there is put without new memory */
	if (oops_writers_open(w, &r->by) == r)
		map_put(&w->open, writer(&r->by), 0);
	no_longer_asks(w, r);
}

void oops_writers_ask(struct oops_writers *w, struct oops_report *r)
{
	no_longer_asks(w, r);
	if (w->nasking == OOPS_ASKING)
		no_longer_asks(w, w->asking[0]);
	w->asking[w->nasking++] = r;
}
