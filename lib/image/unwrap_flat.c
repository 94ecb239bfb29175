/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/unwrap.h"

#define FLAT_HEADER 4096
#define FLAT_RECORD 16

static const char signature[16] = "makedumpfile";

bool flat_probe(const struct rawfile *f)
{
	char head[sizeof(signature)];

	return rawfile_read(f, 0, head, sizeof(head), NULL) == sizeof(head) &&
	       !memcmp(head, signature, sizeof(head));
}

static uint64_t be64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* The index while it is made: in the order of the file, which is the order of writing. */
struct index {
	struct rawseg *segs;
	size_t n, cap;
};

static bool add_seg(struct index *x, uint64_t pos, uint64_t len, uint64_t src)
{
	struct rawseg *more;

	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 1024;

		more = mem_resize(x->segs, cap, sizeof(*more));
		if (!more)
			return false;
		x->segs = more;
		x->cap = cap;
	}
	x->segs[x->n++] = (struct rawseg){ pos, len, src };
	return true;
}

static enum cairn_code no_memory(struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_NOMEM, "no memory for the index of a flattened file");
}

/* Headers are read with what follows them: a hostile file has many tiny records. */
struct reader {
	const struct rawfile *f;
	uint64_t at;
	size_t n;
	unsigned char data[4096];
};

static const unsigned char *next_header(struct reader *r, uint64_t src)
{
	if (src < r->at || src - r->at > r->n || r->n - (size_t)(src - r->at) < FLAT_RECORD) {
		r->at = src;
		r->n = rawfile_read(r->f, src, r->data, sizeof(r->data), NULL);
		if (r->n < FLAT_RECORD)
			return NULL;
	}
	return r->data + (src - r->at);
}

/* Whatever is no record ends the reading: what came before it stays good. */
static enum cairn_code read_records(struct rawfile *f, struct index *x, struct cairn_err *err)
{
	struct reader r = { .f = f };
	uint64_t src = FLAT_HEADER, pos, len;
	const unsigned char *rec;

	f->cut = true;
	for (;;) {
		rec = next_header(&r, src);
		if (!rec)
			return CAIRN_OK;
		pos = be64(rec);
		len = be64(rec + 8);
		src += FLAT_RECORD;
		if (pos == UINT64_MAX) {
			f->cut = false;
			return CAIRN_OK;
		}
		if (pos > INT64_MAX || len > INT64_MAX - pos)
			return CAIRN_OK;
		if (src >= f->size)
			return CAIRN_OK;
		if (len && !add_seg(x, pos, len < f->size - src ? len : f->size - src, src))
			return no_memory(err);
		if (len >= f->size - src)
			return CAIRN_OK;
		src += len;
	}
}

/* src grows in the order of writing, so it also tells which of two records is later. */
static int by_pos(const void *a, const void *b)
{
	const struct rawseg *x = a, *y = b;

	if (x->pos != y->pos)
		return x->pos < y->pos ? -1 : 1;
	return x->src < y->src ? -1 : x->src > y->src;
}

static bool disjoint(const struct index *x)
{
	for (size_t i = 1; i < x->n; i++)
		if (x->segs[i].pos - x->segs[i - 1].pos < x->segs[i - 1].len)
			return false;
	return true;
}

/* ---- records that overlap: a sweep over their borders with a heap of those that are open,
 * the latest written on top ---- */

struct heap {
	const struct rawseg **seg;
	size_t n;
};

static void heap_push(struct heap *h, const struct rawseg *s)
{
	size_t i = h->n++;

	for (; i && h->seg[(i - 1) / 2]->src < s->src; i = (i - 1) / 2)
		h->seg[i] = h->seg[(i - 1) / 2];
	h->seg[i] = s;
}

static void heap_pop(struct heap *h)
{
	const struct rawseg *last = h->seg[--h->n];
	size_t i = 0, kid;

	for (; (kid = 2 * i + 1) < h->n; i = kid) {
		if (kid + 1 < h->n && h->seg[kid + 1]->src > h->seg[kid]->src)
			kid++;
		if (h->seg[kid]->src <= last->src)
			break;
		h->seg[i] = h->seg[kid];
	}
	h->seg[i] = last;
}

static bool sweep(const struct index *in, struct heap *h, struct index *out)
{
	uint64_t at = 0;
	size_t next = 0;

	while (next < in->n || h->n) {
		const struct rawseg *top;
		uint64_t end;

		if (!h->n && at < in->segs[next].pos)
			at = in->segs[next].pos;
		while (next < in->n && in->segs[next].pos <= at)
			heap_push(h, &in->segs[next++]);
		while (h->n && h->seg[0]->pos + h->seg[0]->len <= at)
			heap_pop(h);
		if (!h->n)
			continue;
		top = h->seg[0];
		end = top->pos + top->len;
		if (next < in->n && in->segs[next].pos < end)
			end = in->segs[next].pos;
		if (!add_seg(out, at, end - at, top->src + (at - top->pos)))
			return false;
		at = end;
	}
	return true;
}

static bool resolve(struct index *x)
{
	struct index out = { 0 };
	struct heap h = { .seg = mem_zalloc(x->n, sizeof(*h.seg)) };
	bool ok = h.seg && sweep(x, &h, &out);

	mem_free(h.seg);
	if (!ok) {
		mem_free(out.segs);
		return false;
	}
	mem_free(x->segs);
	*x = out;
	return true;
}

enum cairn_code flat_open(struct rawfile *f, struct cairn_err *err)
{
	struct index x = { 0 };
	enum cairn_code code = read_records(f, &x, err);

	if (code == CAIRN_OK && !x.n)
		code = cairn_fail(err, CAIRN_FORMAT, "a flattened file without a record");
	if (code == CAIRN_OK) {
		qsort(x.segs, x.n, sizeof(*x.segs), by_pos);
		if (!disjoint(&x) && !resolve(&x))
			code = no_memory(err);
	}
	if (code != CAIRN_OK) {
		mem_free(x.segs);
		return code;
	}
	f->segs = x.segs;
	f->nsegs = x.n;
	f->size = x.segs[x.n - 1].pos + x.segs[x.n - 1].len;
	return CAIRN_OK;
}
