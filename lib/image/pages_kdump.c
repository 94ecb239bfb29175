/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kdump-compressed file has a bitmap of the pages in it and an array of descriptors, one
 * for each bit that is set. So a page's descriptor is found by counting bits: for every
 * 4 KiB of the bitmap (128 MB of memory) a table keeps how many come before it. The table
 * is filled as far as it is asked for, and the windows on bitmap and descriptors are few:
 * neither time nor memory grows with the machine before somebody reads its far end.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/image/pages.h"

#define DESC_SIZE    24
#define MAP_WINDOW   4096u
#define MAP_BITS     (MAP_WINDOW * 8) /* pages that one window of a bitmap covers */
#define DESC_WINDOW  4080u            /* 170 descriptors: none lies in two windows */
#define WINDOWS      64
#define STRIDE       64 /* bytes of a bitmap between two partial counts */

/* A physical address has 52 bits on every machine that cairn reads. */
#define PFN_LIMIT(shift) ((uint64_t)1 << (52 - (shift)))

struct window {
	uint64_t off;  /* file offset */
	uint32_t part; /* + 1; 0: empty */
	uint32_t want; /* bytes that are asked of the file, */
	uint32_t got;  /* and that it has; the rest is zero */
	bool counted;
	uint16_t before[MAP_WINDOW / STRIDE]; /* bits set before each stride */
	unsigned char data[MAP_WINDOW];
};

/* One file of the set: pages [start, end). */
struct part {
	const struct dumpfile *head;
	const struct rawfile *file;
	uint64_t start, end;
	uint64_t first;   /* index of the window of its bitmap that holds `start` */
	uint64_t skip;    /* bits set in that window before `start` */
	uint64_t *ranks;  /* [i]: bits set from window `first` to `first` + i */
	size_t nranks;    /* how many are known; 0: not even skip */
};

struct kdump_pages {
	struct pages base;
	uint64_t base_pfn; /* pfn 0 of the file is this pfn of the machine */
	uint64_t max_pfn;
	struct part *parts; /* by start */
	size_t nparts;
	struct window windows[WINDOWS];
};

/* ---- windows ---- */

static struct window *look(struct kdump_pages *k, size_t part, uint64_t off, size_t len)
{
	struct window *w = &k->windows[hash_u64(off + part) % WINDOWS];

	if (w->part == part + 1 && w->off == off)
		return w;
	w->off = off;
	w->part = (uint32_t)part + 1;
	w->counted = false;
	w->want = (uint32_t)len;
	w->got = (uint32_t)rawfile_read(k->parts[part].file, off, w->data, len, NULL);
	memset(w->data + w->got, 0, sizeof(w->data) - w->got);
	return w;
}

static unsigned count_bits(const unsigned char *p, size_t len)
{
	unsigned n = 0;
	uint64_t v;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&v, p, 8);
		n += (unsigned)__builtin_popcountll(v);
	}
	for (; len; p++, len--)
		n += (unsigned)__builtin_popcount(*p);
	return n;
}

static void count_window(struct window *w)
{
	unsigned n = 0;

	if (w->counted)
		return;
	for (size_t i = 0; i < MAP_WINDOW / STRIDE; i++) {
		w->before[i] = (uint16_t)n;
		n += count_bits(w->data + i * STRIDE, STRIDE);
	}
	w->counted = true;
}

/* Bits of a window that are set before bit `bit`. */
static unsigned rank_in(struct window *w, unsigned bit)
{
	size_t byte = bit / 8, stride = byte / STRIDE;

	count_window(w);
	return w->before[stride] +
	       count_bits(w->data + stride * STRIDE, byte - stride * STRIDE) +
	       (unsigned)__builtin_popcount(w->data[byte] & ((1u << bit % 8) - 1));
}

static struct window *map_window(struct kdump_pages *k, size_t part, uint64_t map, uint64_t i)
{
	uint64_t off = i * MAP_WINDOW, size = k->parts[part].head->map_size;
	uint64_t left = size > off ? size - off : 0;

	return look(k, part, map + off, left < MAP_WINDOW ? (size_t)left : MAP_WINDOW);
}

enum bit { BIT_CLEAR, BIT_SET, BIT_CUT };

static enum bit test_bit(struct kdump_pages *k, size_t part, uint64_t map, uint64_t pfn)
{
	struct window *w = map_window(k, part, map, pfn / MAP_BITS);
	unsigned byte = pfn % MAP_BITS / 8;

	if (byte >= w->got)
		return BIT_CUT;
	return w->data[byte] >> pfn % 8 & 1 ? BIT_SET : BIT_CLEAR;
}

/* The window at or behind window i of a bitmap that is more than a hole; it may lie behind
 * the end. A bitmap can claim to be larger than any disk. */
static uint64_t skip_hole(const struct part *p, uint64_t map, uint64_t i)
{
	uint64_t at = map + i * MAP_WINDOW;
	uint64_t data = rawfile_data_from(p->file, at);

	return data > at ? i + (data - at) / MAP_WINDOW : i;
}

/* ---- from page to descriptor ---- */

/* Learn the ranks up to index `want`. False if a piece of the bitmap is missing. */
static bool learn_ranks(struct kdump_pages *k, size_t part, uint64_t want)
{
	struct part *p = &k->parts[part];

	while (p->nranks <= want) {
		uint64_t i = p->first + p->nranks - 1, end = i + 1;
		struct window *w = map_window(k, part, p->head->dump_map, i);
		uint64_t rank = p->ranks[p->nranks - 1];
		unsigned n = count_bits(w->data, MAP_WINDOW);

		if (w->got < w->want)
			return false;
		if (!n && skip_hole(p, p->head->dump_map, i) > end)
			end = skip_hole(p, p->head->dump_map, i);
		for (; i < end && p->nranks <= want; i++)
			p->ranks[p->nranks++] = rank + n;
	}
	return true;
}

/* False if a piece of the bitmap before pfn is missing: the count would name another page. */
static bool descriptor_index(struct kdump_pages *k, size_t part, uint64_t pfn, uint64_t *ret)
{
	struct part *p = &k->parts[part];
	uint64_t map = p->head->dump_map, want = pfn / MAP_BITS - p->first;

	if (!p->nranks) {
		p->skip = rank_in(map_window(k, part, map, p->first), p->start % MAP_BITS);
		p->nranks = 1;
	}
	if (!learn_ranks(k, part, want))
		return false;
	*ret = p->ranks[want] - p->skip +
	       rank_in(map_window(k, part, map, pfn / MAP_BITS), pfn % MAP_BITS);
	return true;
}

static bool part_of(const struct kdump_pages *k, uint64_t pfn, size_t *ret)
{
	for (*ret = 0; *ret < k->nparts; ++*ret)
		if (k->parts[*ret].start <= pfn && pfn < k->parts[*ret].end)
			return true;
	*ret = 0;
	return false;
}

static enum cairn_fault not_dumped(struct kdump_pages *k, size_t part, uint64_t pfn)
{
	uint64_t map = k->parts[part].head->memory_map;

	return map && test_bit(k, part, map, pfn) == BIT_SET ? CAIRN_FAULT_EXCLUDED
							      : CAIRN_FAULT_ABSENT;
}

static enum cairn_fault take_descriptor(const struct kdump_pages *k, const unsigned char *desc,
					struct page_place *ret)
{
	uint32_t flags = le32(desc + 12);

	ret->off = le64(desc);
	ret->size = le32(desc + 8);
	/* makedumpfile ran out of space before it came to this page */
	if (!ret->off && !ret->size)
		return CAIRN_FAULT_TRUNCATED;
	if (!ret->size || ret->size > 1u << k->base.page_shift || ret->off > INT64_MAX ||
	    !codec_known(flags))
		return CAIRN_FAULT_CORRUPT;
	ret->codec = (uint8_t)flags;
	return CAIRN_FAULT_NONE;
}

static enum cairn_fault kdump_find(struct pages *p, uint64_t pfn, struct page_place *ret)
{
	struct kdump_pages *k = (struct kdump_pages *)p;
	uint64_t index;
	struct window *w;
	bool given;
	size_t part;

	*ret = (struct page_place){ .pfn = pfn };
	if (pfn < k->base_pfn || pfn - k->base_pfn >= k->max_pfn)
		return CAIRN_FAULT_ABSENT;
	pfn -= k->base_pfn;
	given = part_of(k, pfn, &part);
	switch (test_bit(k, part, k->parts[part].head->dump_map, pfn)) {
	case BIT_CLEAR: return not_dumped(k, part, pfn);
	case BIT_CUT: return CAIRN_FAULT_TRUNCATED;
	case BIT_SET: break;
	}
	if (!given || !descriptor_index(k, part, pfn, &index))
		return CAIRN_FAULT_TRUNCATED;
	ret->part = (uint16_t)part;
	w = look(k, part, k->parts[part].head->descs + index / 170 * DESC_WINDOW, DESC_WINDOW);
	if (w->got < index % 170 * DESC_SIZE + DESC_SIZE)
		return CAIRN_FAULT_TRUNCATED;
	return take_descriptor(k, w->data + index % 170 * DESC_SIZE, ret);
}

/* All that was written is there. */
static bool is_whole(const struct kdump_pages *k, size_t part)
{
	const struct dumpfile *d = k->parts[part].head;

	return d->promised && d->promised <= k->parts[part].file->size && !d->incomplete &&
	       !k->parts[part].file->cut;
}

static enum cairn_fault kdump_load(const struct pages *p, const struct page_place *at,
				   struct codec *codec, void *buf)
{
	const struct kdump_pages *k = (const struct kdump_pages *)p;
	void *in = at->codec == CODEC_NONE ? buf : codec_input(codec);
	size_t size = (size_t)1 << p->page_shift;
	int error;

	if (rawfile_read(k->parts[at->part].file, at->off, in, at->size, &error) < at->size)
		return error || is_whole(k, at->part) ? CAIRN_FAULT_CORRUPT : CAIRN_FAULT_TRUNCATED;
	if (at->codec == CODEC_NONE)
		return at->size == size ? CAIRN_FAULT_NONE : CAIRN_FAULT_CORRUPT;
	return codec_unpack(codec, at->codec, in, at->size, buf, size) ? CAIRN_FAULT_NONE
								       : CAIRN_FAULT_CORRUPT;
}

static size_t kdump_run(const struct pages *p, const struct page_place *at, size_t n)
{
	size_t size = (size_t)1 << p->page_shift, i = 0;

	while (i < n && at[i].codec == CODEC_NONE && at[i].size == size &&
	       at[i].part == at->part && at[i].off == at->off + i * size)
		i++;
	return i ? i : 1;
}

static bool kdump_load_run(const struct pages *p, const struct page_place *at, size_t n, void *buf)
{
	const struct kdump_pages *k = (const struct kdump_pages *)p;
	size_t len = n << p->page_shift;

	return rawfile_read(k->parts[at->part].file, at->off, buf, len, NULL) == len;
}

/* ---- walking the bitmap ---- */

/* The first bit >= bit that is set in a window; MAP_BITS: none. */
static unsigned first_bit(const struct window *w, unsigned bit)
{
	size_t byte = bit / 8;
	unsigned char rest = (unsigned char)(w->data[byte] >> bit % 8 << bit % 8);
	uint64_t v;

	if (rest)
		return (unsigned)(byte * 8) + (unsigned)__builtin_ctz(rest);
	for (byte++; byte < w->got; byte++) {
		if (byte % 8 == 0 && byte + 8 <= w->got) {
			memcpy(&v, w->data + byte, 8);
			if (!v) {
				byte += 7;
				continue;
			}
		}
		if (w->data[byte])
			return (unsigned)(byte * 8) + (unsigned)__builtin_ctz(w->data[byte]);
	}
	return MAP_BITS;
}

static bool next_in_part(struct kdump_pages *k, size_t part, uint64_t *pfn)
{
	const struct part *p = &k->parts[part];
	uint64_t end = p->end < k->max_pfn ? p->end : k->max_pfn;
	uint64_t at = *pfn > p->start ? *pfn : p->start;

	while (at < end) {
		const struct window *w = map_window(k, part, p->head->dump_map, at / MAP_BITS);
		unsigned bit = first_bit(w, at % MAP_BITS);

		if (!w->got)
			return false;
		at = at / MAP_BITS * MAP_BITS + bit;
		if (bit < MAP_BITS && at < end) {
			*pfn = at;
			return true;
		}
		if (bit == MAP_BITS)
			at = skip_hole(p, p->head->dump_map, at / MAP_BITS) * MAP_BITS;
	}
	return false;
}

static bool kdump_next(struct pages *p, uint64_t *pfn)
{
	struct kdump_pages *k = (struct kdump_pages *)p;
	uint64_t at = *pfn > k->base_pfn ? *pfn - k->base_pfn : 0;

	for (size_t i = 0; i < k->nparts; i++)
		if (next_in_part(k, i, &at)) {
			*pfn = at + k->base_pfn;
			return true;
		}
	return false;
}

/* The last bit in [from, end) that is set in a window; MAP_BITS: none. */
static unsigned last_bit(const struct window *w, unsigned from, unsigned end)
{
	while (end > from) {
		unsigned byte = (end - 1) / 8;

		if (!w->data[byte])
			end = byte * 8;
		else if (w->data[byte] >> (end - 1) % 8 & 1)
			return end - 1;
		else
			end--;
	}
	return MAP_BITS;
}

/* The end of what the bitmap can say of the pages before `end`. */
static uint64_t last_stored(const struct part *p, uint64_t end)
{
	uint64_t map = p->head->dump_map;
	uint64_t bytes = rawfile_data_end(p->file, map, map + (end + 7) / 8) - map;

	return bytes * 8 < end ? bytes * 8 : end;
}

static bool last_in_part(struct kdump_pages *k, size_t part, uint64_t *pfn)
{
	const struct part *p = &k->parts[part];
	uint64_t end = last_stored(p, p->end < k->max_pfn ? p->end : k->max_pfn);

	while (end > p->start) {
		uint64_t i = (end - 1) / MAP_BITS, base = i * MAP_BITS;
		unsigned from = base > p->start ? 0 : (unsigned)(p->start - base), bit;

		bit = last_bit(map_window(k, part, p->head->dump_map, i), from,
			       (unsigned)(end - base));
		if (bit < MAP_BITS) {
			*pfn = base + bit;
			return true;
		}
		end = last_stored(p, base);
	}
	return false;
}

static bool kdump_last(struct pages *p, uint64_t *pfn)
{
	struct kdump_pages *k = (struct kdump_pages *)p;
	bool found = false;
	uint64_t at, last = 0;

	for (size_t i = 0; i < k->nparts; i++)
		if (last_in_part(k, i, &at) && (!found || at > last)) {
			last = at;
			found = true;
		}
	*pfn = last + k->base_pfn;
	return found;
}

/* ---- ranges of RAM ---- */

/* How many of the bits from `bit` on are alike in a window. */
static unsigned run_length(const struct window *w, unsigned bit, bool set)
{
	unsigned start = bit;

	while (bit < MAP_BITS) {
		unsigned char byte = w->data[bit / 8];

		if (bit % 8 == 0 && byte == (set ? 0xff : 0))
			bit += 8;
		else if ((byte >> bit % 8 & 1) == set)
			bit++;
		else
			break;
	}
	return bit - start;
}

/* The first page >= at whose bit is as wanted; max_pfn: none. Where the file ends, so does what
 * is known of RAM. */
static uint64_t seek_ram(struct kdump_pages *k, uint64_t at, bool want)
{
	const struct part *p = &k->parts[0];
	uint64_t map = p->head->memory_map ? p->head->memory_map : p->head->dump_map;

	while (at < k->max_pfn) {
		const struct window *w = map_window(k, 0, map, at / MAP_BITS);
		unsigned run = run_length(w, at % MAP_BITS, !want);

		at += run;
		if (run == 0 || at % MAP_BITS)
			break;
		if (want && map + at / 8 >= p->file->size)
			return k->max_pfn;
		if (want)
			at = skip_hole(p, map, at / MAP_BITS) * MAP_BITS;
	}
	return at < k->max_pfn ? at : k->max_pfn;
}

static bool kdump_ram(struct pages *p, uint64_t *pfn, uint64_t *end)
{
	struct kdump_pages *k = (struct kdump_pages *)p;
	uint64_t at = seek_ram(k, *pfn > k->base_pfn ? *pfn - k->base_pfn : 0, true);

	if (at == k->max_pfn)
		return false;
	*pfn = at + k->base_pfn;
	*end = seek_ram(k, at, false) + k->base_pfn;
	return true;
}

/* ---- open ---- */

static void kdump_close(struct pages *p)
{
	struct kdump_pages *k = (struct kdump_pages *)p;

	for (size_t i = 0; k->parts && i < k->nparts; i++)
		mem_free(k->parts[i].ranks);
	mem_free(k->parts);
	mem_free(k);
}

static const struct pages_ops kdump_ops = {
	.find = kdump_find, .load = kdump_load, .run = kdump_run, .load_run = kdump_load_run,
	.next = kdump_next,
	.last = kdump_last, .ram = kdump_ram, .close = kdump_close,
};

static int by_start(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool fill_part(struct kdump_pages *k, struct part *p, const struct dumpfile *head,
		      const struct rawfile *file)
{
	*p = (struct part){
		.head = head, .file = file, .end = head->end_pfn,
		.start = head->start_pfn < k->max_pfn ? head->start_pfn : k->max_pfn,
	};
	p->first = p->start / MAP_BITS;
	p->ranks = mem_zalloc((size_t)(k->max_pfn / MAP_BITS - p->first + 2), sizeof(*p->ranks));
	return p->ranks;
}

enum cairn_code kdump_pages_open(struct pages **ret, const struct dumpfile *heads,
				 const struct rawfile *files, size_t n, struct cairn_err *err)
{
	struct kdump_pages *k = mem_zalloc(1, sizeof(*k));
	unsigned shift = (unsigned)__builtin_ctz(heads[0].block_size);

	if (!k)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	k->base = (struct pages){ &kdump_ops, "kdump", shift };
	k->base_pfn = heads[0].phys_base >> shift;
	k->max_pfn = heads[0].max_pfn < PFN_LIMIT(shift) ? heads[0].max_pfn : PFN_LIMIT(shift);
	k->parts = mem_zalloc(n, sizeof(*k->parts));
	for (; k->parts && k->nparts < n; k->nparts++)
		if (!fill_part(k, &k->parts[k->nparts], &heads[k->nparts], &files[k->nparts]))
			break;
	if (k->nparts < n) {
		kdump_close(&k->base);
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the page bitmaps");
	}
	qsort(k->parts, n, sizeof(*k->parts), by_start);
	*ret = &k->base;
	return CAIRN_OK;
}
