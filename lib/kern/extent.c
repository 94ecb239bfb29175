/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/extent.h"

#include <inttypes.h>
#include <string.h>

#include "lib/image/bulk.h"

static bool add_hole(struct extent *e, struct arena *a, uint64_t begin, uint64_t end,
		     enum cairn_fault fault)
{
	struct extent_hole *last = e->nholes ? &e->hole[e->nholes - 1] : NULL, *more;

	if (last && last->end == begin && last->fault == fault) {
		last->end = end;
		return true;
	}
	/* doubled at every power of two */
	if ((e->nholes & (e->nholes - 1)) == 0) {
		more = arena_array(a, e->nholes ? 2 * e->nholes : 1, sizeof(*more));
		if (!more)
			return false;
		if (e->nholes)
			memcpy(more, e->hole, e->nholes * sizeof(*more));
		e->hole = more;
	}
	e->hole[e->nholes++] = (struct extent_hole){ begin, end, fault };
	return true;
}

/* Page by page around what cannot be read. */
static bool read_around(struct extent *e, struct arena *a, struct space *sp, unsigned char *data)
{
	uint64_t page = (uint64_t)1 << sp->page_shift, done, left;
	struct cairn_err fault;

	for (done = 0; done < e->len; done += left) {
		done += space_read_some(sp, e->addr + done, data + done, e->len - done, &fault);
		if (done == e->len)
			break;
		left = page - ((e->addr + done) & (page - 1));
		if (left > e->len - done)
			left = e->len - done;
		if (!add_hole(e, a, done, done + left, fault.fault))
			return false;
	}
	return true;
}

enum cairn_code extent_read(struct extent *e, struct arena *a, struct space *sp, uint64_t addr,
			    size_t len, struct cairn_err *err)
{
	unsigned char *data = arena_array(a, len ? len : 1, 1);

	*e = (struct extent){ .addr = addr, .data = data, .len = len, .what = sp->what };
	if (data && (bulk_read(sp, addr, data, len, NULL) == CAIRN_OK ||
		     read_around(e, a, sp, data)))
		return CAIRN_OK;
	*e = (struct extent){ 0 };
	return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu bytes of the dump", len);
}

/* The first hole that ends after an offset; e->nholes if none does. */
static size_t hole_after(const struct extent *e, uint64_t offset)
{
	size_t lo = 0, hi = e->nholes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (e->hole[mid].end <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const void *extent_at(const struct extent *e, uint64_t addr, size_t n, struct cairn_err *err)
{
	uint64_t offset = addr - e->addr, missing;
	size_t i;

	if (addr < e->addr || offset > e->len || n > e->len - offset) {
		cairn_fail(err, CAIRN_CORRUPT,
			   "0x%" PRIx64 " is outside of 0x%" PRIx64 "-0x%" PRIx64, addr, e->addr,
			   e->addr + e->len);
		if (err)
			err->addr = addr;
		return NULL;
	}
	i = hole_after(e, offset);
	if (i < e->nholes && e->hole[i].begin < offset + n) {
		missing = offset > e->hole[i].begin ? offset : e->hole[i].begin;
		cairn_fail_read(err, e->hole[i].fault, e->addr + missing, e->what);
		return NULL;
	}
	return e->data + offset;
}

const char *extent_text(const struct extent *e, uint64_t addr, size_t max, struct cairn_err *err)
{
	uint64_t offset = addr - e->addr;
	const unsigned char *nul;

	if (addr < e->addr || offset >= e->len)
		return extent_at(e, addr, 1, err);
	if (max > e->len - offset)
		max = e->len - offset;
	nul = memchr(e->data + offset, 0, max);
	if (nul)
		return extent_at(e, addr, (size_t)(nul - e->data) + 1 - offset, err);
	if (extent_at(e, addr, max, err))
		cairn_fail(err, CAIRN_CORRUPT, "the text at 0x%" PRIx64 " has no end", addr);
	return NULL;
}
