/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs/pstore/platform.c: pstore_dump() stores a log from its end on, piece by piece, each under a head
 * like "Panic#1 Part2". Whoever joins them by their names has the last first.
 */
#include <string.h>

#include "unwind/oops_source.h"

/* "Panic#1 Part" and the number behind it */
struct head {
	struct piece dump;
	uint64_t part;
};

static bool read_head(struct piece line, struct head *ret)
{
	struct piece at = piece_after(line, " Part"), rest;
	uint64_t count;
	size_t n;

	if (!at.p || line.len > 40)
		return false;
	ret->dump = (struct piece){ line.p, (size_t)(at.p - line.p) };
	rest = piece_after(ret->dump, "#");
	n = piece_dec(at, &ret->part);
	if (!rest.p || !piece_dec(rest, &count) || !n)
		return false;
	rest = piece_drop(at, n);
	return !rest.len || (rest.len == 1 && *rest.p == '\r');
}

struct reader {
	struct oops_part *part;
	struct head *head;     /* of each */
	size_t n, cap, head_cap;
	struct arena *a;
};

static bool begin(struct reader *rd, const char *at, size_t line, const struct head *h)
{
	struct oops_part *parts = arena_room(rd->a, rd->part, rd->n, &rd->cap, sizeof(*parts));
	struct head *heads = arena_room(rd->a, rd->head, rd->n, &rd->head_cap, sizeof(*heads));

	if (!parts || !heads)
		return false;
	rd->part = parts;
	rd->head = heads;
	parts[rd->n] = (struct oops_part){ { at, 0 }, line };
	heads[rd->n++] = *h;
	return true;
}

static bool same_dump(const struct head *a, const struct head *b)
{
	return a->dump.len && a->dump.len == b->dump.len && !memcmp(a->dump.p, b->dump.p, a->dump.len);
}

/* Parts that follow each other with growing numbers are turned round; two at a time, as often as it
 * takes: a store has few. */
static void turn_round(struct reader *rd)
{
	for (size_t i = 1; i < rd->n; i++)
		for (size_t k = i; k && same_dump(&rd->head[k - 1], &rd->head[k]) &&
				   rd->head[k - 1].part < rd->head[k].part; k--) {
			struct oops_part part = rd->part[k];
			struct head head = rd->head[k];

			rd->part[k] = rd->part[k - 1];
			rd->head[k] = rd->head[k - 1];
			rd->part[k - 1] = part;
			rd->head[k - 1] = head;
		}
}

#define PARTS_MAX 2000

/* Where each part begins; false: out of memory. */
static bool find_parts(struct reader *rd, struct piece text)
{
	size_t no = 0;

	for (const char *p = text.p, *end = p + text.len; p < end && rd->n < PARTS_MAX; no++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		struct head h;

		if (read_head((struct piece){ p, (size_t)(stop - p) }, &h) && !begin(rd, p, no, &h))
			return false;
		p = nl ? nl + 1 : end;
	}
	for (size_t i = 0; i < rd->n; i++)
		rd->part[i].text.len = (size_t)((i + 1 < rd->n ? rd->part[i + 1].text.p
							       : text.p + text.len) - rd->part[i].text.p);
	return true;
}

const struct oops_part *oops_pstore(struct piece text, size_t *n, struct arena *a)
{
	struct reader rd = { .a = a };
	struct head none = { { NULL, 0 }, 0 };

	if (!begin(&rd, text.p, 0, &none))
		return NULL;
	if (!piece_has(text, "#") || !piece_has(text, " Part"))
		rd.part[0].text.len = text.len;
	else if (!find_parts(&rd, text))
		return NULL;
	turn_round(&rd);
	*n = rd.n;
	return rd.part;
}
