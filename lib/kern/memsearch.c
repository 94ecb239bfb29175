/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/memsearch.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

#define BATCH 256       /* pages in hand */
#define STOP_EVERY 4096 /* pages, or holes between them */

/* What one run goes through: bytes in order, in pieces that may or may not follow on each other. */
struct run {
	struct memsearch *m;
	uint64_t first, end;
	uint64_t next;                        /* address behind the last piece */
	unsigned char tail[2 * MEMSEARCH_TEXT]; /* its last bytes, and the first of the next */
	size_t ntail;
	bool enough;
};

static void hit(struct run *r, uint64_t addr, uint64_t value, size_t len)
{
	if (addr >= r->first && addr + len <= r->end && !r->enough)
		r->enough = !r->m->found(r->m->arg, addr, value);
}

static void find_integers(struct run *r, uint64_t addr, const unsigned char *p, size_t len)
{
	const struct memsearch *m = r->m;
	uint64_t want = m->value | m->mask;
	size_t unit = m->unit;

	for (size_t i = (unit - addr % unit) % unit; i + unit <= len; i += unit) {
		uint64_t v = le_uint(p + i, unit);

		if ((v | m->mask) == want)
			hit(r, addr + i, v, unit);
	}
}

static void find_text(struct run *r, uint64_t addr, const unsigned char *p, size_t len)
{
	const struct memsearch *m = r->m;
	const unsigned char *at = p;

	while (!r->enough &&
	       (at = memmem(at, len - (size_t)(at - p), m->text, m->text_len)) != NULL) {
		hit(r, addr + (uint64_t)(at - p), 0, m->text_len);
		at++;
	}
}

/* What begins in the piece before and ends in this one. */
static void find_across(struct run *r, uint64_t addr, const unsigned char *p, size_t len)
{
	size_t more = r->m->text_len - 1 < len ? r->m->text_len - 1 : len, had = r->ntail;

	if (addr != r->next || !had)
		return;
	memcpy(r->tail + had, p, more);
	find_text(r, addr - had, r->tail, had + more);
}

static void keep_tail(struct run *r, uint64_t addr, const unsigned char *p, size_t len)
{
	r->ntail = r->m->text_len - 1 < len ? r->m->text_len - 1 : len;
	memcpy(r->tail, p + len - r->ntail, r->ntail);
	r->next = addr + len;
}

static void piece(struct run *r, uint64_t addr, const unsigned char *p, size_t len)
{
	r->m->pages++;
	if (!r->m->text) {
		find_integers(r, addr, p, len);
		return;
	}
	find_across(r, addr, p, len);
	find_text(r, addr, p, len);
	keep_tail(r, addr, p, len);
}

static bool stopped(const struct run *r, struct cairn_err *err)
{
	if (!r->m->stop || !r->m->stop())
		return false;
	cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	return true;
}

static enum cairn_code check(const struct memsearch *m, struct cairn_err *err)
{
	if (m->text ? !m->text_len || m->text_len > MEMSEARCH_TEXT
		    : m->unit != 2 && m->unit != 4 && m->unit != 8)
		return cairn_fail(err, CAIRN_USAGE, "a text has 1 to %d bytes, an integer 2, 4 or 8",
				  MEMSEARCH_TEXT);
	return CAIRN_OK;
}

/* ---- physical ---- */

static size_t gather(struct image *img, uint64_t *paddr, uint64_t end, struct image_load *loads,
		     unsigned char *buf)
{
	uint64_t size = (uint64_t)1 << image_info(img)->page_shift;
	size_t n = 0;

	for (; n < BATCH && image_next_present(img, paddr) && *paddr < end; n++) {
		loads[n] = (struct image_load){ .paddr = *paddr & ~(size - 1), .to = buf + n * size };
		*paddr = loads[n].paddr + size;
	}
	return n;
}

static enum cairn_code through(struct run *r, struct image *img, unsigned char *buf,
			       struct cairn_err *err)
{
	size_t size = (size_t)1 << image_info(img)->page_shift, n;
	struct image_load loads[BATCH];
	uint64_t paddr = r->first;

	while (!r->enough && (n = gather(img, &paddr, r->end, loads, buf)) != 0) {
		if (stopped(r, err))
			return CAIRN_INTERRUPTED;
		image_load(img, loads, n);
		for (size_t i = 0; i < n && !r->enough; i++)
			if (loads[i].fault == CAIRN_FAULT_NONE)
				piece(r, loads[i].paddr, buf + i * size, size);
			else
				r->m->missing++;
	}
	return CAIRN_OK;
}

enum cairn_code memsearch_phys(struct memsearch *m, struct image *img, uint64_t first, uint64_t end,
			       struct cairn_err *err)
{
	struct run r = { .m = m, .first = first, .end = end };
	unsigned char *buf = mem_zalloc(BATCH, (size_t)1 << image_info(img)->page_shift);
	enum cairn_code code = check(m, err);

	m->pages = m->missing = 0;
	if (!code && !buf)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory to search");
	if (!code) {
		image_search_begin(img);
		code = through(&r, img, buf, err);
		image_search_end(img);
	}
	mem_free(buf);
	return code;
}

/* ---- virtual ---- */

static enum cairn_code over(struct run *r, struct space *s, unsigned char *buf, size_t size,
			    struct cairn_err *err)
{
	size_t got, n = 0;
	uint64_t hole, at = r->first & ~(uint64_t)(size - 1), from;
	struct cairn_err why;

	do {
		if (n++ % STOP_EVERY == 0 && stopped(r, err))
			return CAIRN_INTERRUPTED;
		got = space_read_some(s, at, buf, size, &why);
		hole = got ? 0 : space_hole(s, at) & ~(uint64_t)(size - 1);
		if (got)
			piece(r, at, buf, got);
		else if (why.fault != CAIRN_FAULT_UNMAPPED && why.fault != CAIRN_FAULT_NONCANONICAL)
			r->m->missing++;
		from = at;
		at += hole > size ? hole : size;
	} while (at > from && at < r->end && !r->enough);
	return CAIRN_OK;
}

enum cairn_code memsearch_space(struct memsearch *m, struct space *s, uint64_t first, uint64_t end,
				struct cairn_err *err)
{
	struct run r = { .m = m, .first = first, .end = end };
	size_t size = (size_t)1 << image_info(s->img)->page_shift;
	unsigned char *buf = mem_zalloc(1, size);
	enum cairn_code code = check(m, err);

	m->pages = m->missing = 0;
	if (!code && !buf)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory to search");
	if (!code) {
		space_search_begin(s);
		code = over(&r, s, buf, size, err);
		space_search_end(s);
	}
	mem_free(buf);
	return code;
}
