/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/log_ring.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"

/* kernel/printk/printk.c: LOG_BUF_LEN_MAX is 2^31 bytes, 2^5 of them to a descriptor */
#define DATA_BITS_MAX 31
#define COUNT_BITS_MAX 26

/* enum desc_state */
enum state { RESERVED, COMMITTED, FINALIZED, REUSABLE };

/* Logical positions of records without a block: FAILED_LPOS, EMPTY_LINE_LPOS (NO_LPOS) */
#define LPOS_EMPTY 3u

#define LOG_CONT 8u /* kernel/printk/internal.h */

static uint64_t word_mask(const struct log_layout *l)
{
	return l->word == 8 ? UINT64_MAX : UINT32_MAX;
}

static unsigned state_shift(const struct log_layout *l)
{
	return l->word * 8u - 2;
}

static uint64_t id_mask(const struct log_layout *l)
{
	return word_mask(l) >> 2;
}

static uint64_t count(const struct log_ring *r)
{
	return (uint64_t)1 << r->count_bits;
}

static uint64_t data_size(const struct log_ring *r)
{
	return (uint64_t)1 << r->size_bits;
}

/* Room for one field in what was read of a struct. */
static bool inside(uint32_t offset, uint32_t len, uint32_t size)
{
	return offset <= size && len <= size - offset;
}

static bool layout_fits(const struct log_layout *l)
{
	uint32_t w = l->word;

	return (w == 4 || w == 8) && inside(l->count_bits, 4, l->ring_size) &&
	       inside(l->descs, w, l->ring_size) && inside(l->infos, w, l->ring_size) &&
	       inside(l->head_id, w, l->ring_size) && inside(l->tail_id, w, l->ring_size) &&
	       inside(l->size_bits, 4, l->ring_size) && inside(l->data, w, l->ring_size) &&
	       inside(l->head_lpos, w, l->ring_size) && inside(l->tail_lpos, w, l->ring_size) &&
	       inside(l->state_var, w, l->desc_size) && inside(l->begin, w, l->desc_size) &&
	       inside(l->next, w, l->desc_size) && inside(l->seq, 8, l->info_size) &&
	       inside(l->ts_nsec, 8, l->info_size) && inside(l->text_len, 2, l->info_size) &&
	       inside(l->caller_id, 4, l->info_size) &&
	       (!l->has_level || inside(l->facility, 2, l->info_size)) &&
	       inside(l->subsystem, l->subsystem_len, l->info_size) &&
	       inside(l->device, l->device_len, l->info_size);
}

enum cairn_code log_ring_parse(struct log_ring *r, const struct log_layout *l, const void *raw,
			       struct cairn_err *err)
{
	const unsigned char *p = raw;
	uint32_t count_bits, size_bits;

	*r = (struct log_ring){ .l = *l };
	if (!layout_fits(l))
		return cairn_fail(err, CAIRN_CORRUPT, "the layout of the log contradicts itself");
	count_bits = le32(p + l->count_bits);
	size_bits = le32(p + l->size_bits);
	if (count_bits > COUNT_BITS_MAX || size_bits > DATA_BITS_MAX)
		return cairn_fail(err, CAIRN_CORRUPT,
				  "the log has 2^%u descriptors and 2^%u bytes of text",
				  count_bits, size_bits);
	r->count_bits = (uint8_t)count_bits;
	r->size_bits = (uint8_t)size_bits;
	r->addr[LOG_DESC] = le_uint(p + l->descs, l->word);
	r->addr[LOG_INFO] = le_uint(p + l->infos, l->word);
	r->addr[LOG_TEXT] = le_uint(p + l->data, l->word);
	r->head_id = le_uint(p + l->head_id, l->word) & id_mask(l);
	r->tail_id = le_uint(p + l->tail_id, l->word) & id_mask(l);
	r->head_lpos = le_uint(p + l->head_lpos, l->word);
	r->tail_lpos = le_uint(p + l->tail_lpos, l->word);
	return CAIRN_OK;
}

static uint64_t records(const struct log_ring *r)
{
	return ((r->head_id - r->tail_id) & id_mask(&r->l)) + 1;
}

void log_ring_ranges(const struct log_ring *r, enum log_array array, struct range ret[2])
{
	bool text = array == LOG_TEXT;
	uint64_t unit = text ? 1 : array == LOG_DESC ? r->l.desc_size : r->l.info_size;
	uint64_t size = text ? data_size(r) : count(r);
	uint64_t first = (text ? r->tail_lpos : r->tail_id) & (size - 1);
	uint64_t n = text ? (r->head_lpos - r->tail_lpos) & word_mask(&r->l) : records(r);
	uint64_t rest = 0;

	if (n > size) {
		first = 0;
		n = size;
	}
	if (n > size - first) {
		rest = n - (size - first);
		n = size - first;
	}
	ret[0].begin = r->addr[array] + first * unit;
	ret[0].end = ret[0].begin + n * unit;
	ret[1].begin = r->addr[array];
	ret[1].end = ret[1].begin + rest * unit;
}

/* Bytes of one array. None that are asked for lie on both sides of its end. */
static const void *at(const struct log_ring *r, enum log_array array, uint64_t offset, uint64_t n,
		      struct cairn_err *err)
{
	const struct extent *e = r->piece[array];
	uint64_t addr = r->addr[array] + offset;

	if (addr < e->addr || addr - e->addr >= e->len)
		e++;
	return extent_at(e, addr, n, err);
}

/* ---- one record ---- */

/* Whose a descriptor is. */
enum owner { MINE, BEING_WRITTEN, NOT_YET, GONE, OTHERS, UNREAD };

/* What stands in it. */
struct desc {
	uint64_t id, begin, next;
	enum state state;
};

static void damage(struct log_record *rec, const char *reason)
{
	if (!rec->damaged)
		rec->reason = reason;
	rec->damaged = true;
}

static void unread(struct log_record *rec, const struct cairn_err *err)
{
	bool fault = err->code == CAIRN_FAULT;

	damage(rec, fault ? cairn_fault_name(err->fault) : "outside of the ring");
	if (fault)
		rec->fault = err->fault;
}

static bool read_desc(const struct log_ring *r, uint64_t slot, struct desc *d,
		      struct cairn_err *err)
{
	const struct log_layout *l = &r->l;
	const unsigned char *p = at(r, LOG_DESC, slot * l->desc_size, l->desc_size, err);
	uint64_t sv;

	if (!p)
		return false;
	sv = le_uint(p + l->state_var, l->word);
	*d = (struct desc){
		.id = sv & id_mask(l), .state = (enum state)(sv >> state_shift(l)),
		.begin = le_uint(p + l->begin, l->word), .next = le_uint(p + l->next, l->word),
	};
	return true;
}

static enum owner owner_of(const struct log_ring *r, const struct desc *d, uint64_t id)
{
	if (d->id == id)
		return d->state == REUSABLE ? GONE : d->state == RESERVED ? BEING_WRITTEN : MINE;
	/* the head moves first, then the descriptor is taken from the record before */
	return d->id == ((id - count(r)) & id_mask(&r->l)) ? NOT_YET : OTHERS;
}

static const char *text_field(struct arena *a, const unsigned char *p, size_t size)
{
	const char *s = (const char *)p;

	return size && *s ? arena_strndup(a, s, strnlen(s, size)) : NULL;
}

/* Returns the length that the text is said to have. */
static size_t fill_info(struct log_record *rec, const struct log_layout *l,
			const unsigned char *p, struct arena *a)
{
	rec->ts_nsec = le64(p + l->ts_nsec);
	rec->caller = le32(p + l->caller_id);
	rec->has_info = true;
	if (l->has_level) {
		rec->has_level = true;
		rec->facility = p[l->facility];
		rec->level = p[l->facility + 1] >> 5;
		rec->continued = p[l->facility + 1] & LOG_CONT;
	}
	rec->subsystem = text_field(a, p + l->subsystem, l->subsystem_len);
	rec->device = text_field(a, p + l->device, l->device_len);
	return le16(p + l->text_len);
}

static const unsigned char *info_at(const struct log_ring *r, uint64_t slot, struct cairn_err *err)
{
	return at(r, LOG_INFO, slot * r->l.info_size, r->l.info_size, err);
}

/* True if there is an info and it is this record's. */
static bool read_info(struct log_record *rec, const struct log_ring *r, uint64_t slot,
		      enum owner owner, size_t *len, struct arena *a)
{
	const struct log_layout *l = &r->l;
	struct cairn_err err;
	const unsigned char *p = info_at(r, slot, &err);
	bool same;

	if (!p) {
		unread(rec, &err);
		return false;
	}
	same = !((le64(p + l->seq) ^ rec->seq) & id_mask(l));
	if (same)
		rec->seq = le64(p + l->seq);
	else
		damage(rec, "the sequence number is another record's");
	if (!same && owner != MINE)
		return false;
	*len = fill_info(rec, l, p, a);
	return true;
}

/* The block: where it begins in the ring and its length. NULL, or what is wrong. */
static const char *find_block(const struct log_ring *r, const struct desc *d, uint64_t *where,
			      uint64_t *len)
{
	uint64_t mask = data_size(r) - 1, n = (d->next - d->begin) & word_mask(&r->l);

	if (d->begin & d->next & 1)
		return "lost: the ring had no room for the text";
	if ((d->begin | d->next) & (r->l.word - 1u) || n > data_size(r))
		return "the position of the text is off";
	*where = d->begin & mask;
	*len = n;
	/* a block does not wrap: one that would begins at index 0, and the rest is unused */
	if (*where + n > data_size(r)) {
		*where = 0;
		*len = d->next & mask;
	}
	return *len > r->l.word ? NULL : "the position of the text is off";
}

static void read_text(struct log_record *rec, const struct log_ring *r, const struct desc *d,
		      uint64_t id, size_t len)
{
	const char *bad, *nul;
	const unsigned char *p = NULL;
	struct cairn_err err;
	uint64_t where, room;

	if (d->begin == LPOS_EMPTY && d->next == LPOS_EMPTY)
		return;
	bad = find_block(r, d, &where, &room);
	p = bad ? NULL : at(r, LOG_TEXT, where, room, &err);
	if (p && (le_uint(p, r->l.word) & id_mask(&r->l)) != id)
		bad = "the text is another record's";
	if (!bad && !p)
		unread(rec, &err);
	if (bad)
		damage(rec, bad);
	if (bad || !p)
		return;
	room -= r->l.word;
	rec->text = (const char *)p + r->l.word;
	rec->len = len < room ? len : room;
	if (len > room)
		damage(rec, "the length is larger than the text");
	/* a writer sets the length last */
	nul = rec->damaged && (!len || len > room) ? memchr(rec->text, 0, room) : NULL;
	if (nul)
		rec->len = (size_t)(nul - rec->text);
}

/* False if the record is gone: its text was given up for newer ones. *nothing: not a word
   can be said of it but `reason`. */
static bool read_record(struct log_record *rec, const struct log_ring *r, uint64_t id,
			struct arena *a, bool *nothing)
{
	uint64_t slot = id & (count(r) - 1);
	struct cairn_err err;
	struct desc d = { 0 };
	enum owner owner = read_desc(r, slot, &d, &err) ? owner_of(r, &d, id) : UNREAD;
	size_t len = 0;
	bool info;

	*rec = (struct log_record){ .seq = (id - r->first_id) & id_mask(&r->l), .text = "" };
	*nothing = false;
	if (owner == GONE)
		return false;
	if (owner == UNREAD)
		unread(rec, &err);
	else if (owner == OTHERS)
		damage(rec, "the descriptor is another record's");
	else if (owner != MINE)
		damage(rec, "was being written");
	if (owner == NOT_YET)
		return true;
	info = read_info(rec, r, slot, owner, &len, a);
	if (owner != UNREAD)
		read_text(rec, r, &d, id, len);
	*nothing = owner == UNREAD && !info;
	return true;
}

/* ---- all of them ---- */

/* Records are numbered from 0, their ids from DESC0_ID + 1, which is -count: of a long, and
   in earlier kernels of an unsigned int. The records that are intact tell. */
static uint64_t first_id(const struct log_ring *r)
{
	uint64_t mask = id_mask(&r->l);
	uint64_t wide = -count(r) & mask, narrow = (uint32_t)-count(r) & mask;
	uint64_t n = records(r) < count(r) ? records(r) : count(r);
	size_t nwide = 0, nnarrow = 0;
	const unsigned char *p;
	struct desc d;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t slot = (r->tail_id + i) & (count(r) - 1);

		p = info_at(r, slot, NULL);
		if (!p || !read_desc(r, slot, &d, NULL))
			continue;
		nwide += ((d.id - wide) & mask) == le64(p + r->l.seq);
		nnarrow += ((d.id - narrow) & mask) == le64(p + r->l.seq);
	}
	return nnarrow > nwide ? narrow : wide;
}

/* Of a run of records without a word only the first stays, with their number. */
struct run {
	uint64_t n;
	struct log_record *first;
};

static void end_run(struct run *run, struct arena *a)
{
	const char *more = NULL;

	if (run->n > 1)
		more = arena_printf(a, "%s, and %llu more records", run->first->reason,
				    (unsigned long long)run->n - 1);
	if (more)
		run->first->reason = more;
	run->n = 0;
}

static void walk(struct log *log, const struct log_ring *r, uint64_t first, uint64_t n,
		 struct arena *a)
{
	struct run run = { 0 };
	bool nothing;

	for (uint64_t i = 0; i < n; i++) {
		struct log_record *rec = &log->record[log->n];

		if (!read_record(rec, r, (first + i) & id_mask(&r->l), a, &nothing))
			continue;
		if (!nothing)
			end_run(&run, a);
		if (nothing && run.n++)
			continue;
		if (nothing)
			run.first = rec;
		log->n++;
	}
	end_run(&run, a);
}

static int by_seq(const void *pa, const void *pb)
{
	const struct log_record *a = pa, *b = pb;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* Without the ring's bounds: every descriptor that is in its own slot. */
static void sweep(struct log *log, const struct log_ring *r, struct arena *a)
{
	struct desc d;
	bool nothing;

	for (uint64_t slot = 0; slot < count(r); slot++)
		if (read_desc(r, slot, &d, NULL) && (d.id & (count(r) - 1)) == slot &&
		    (d.state == FINALIZED || d.state == COMMITTED) &&
		    read_record(&log->record[log->n], r, d.id, a, &nothing))
			log->n++;
	qsort(log->record, log->n, sizeof(*log->record), by_seq);
	log->partial = true;
	cairn_fail(&log->err, CAIRN_CORRUPT, "the log's first record is 0x%llx, its last 0x%llx",
		   (unsigned long long)r->tail_id, (unsigned long long)r->head_id);
}

enum cairn_code log_ring_records(struct log *log, struct log_ring *r, struct arena *a,
				 struct cairn_err *err)
{
	bool bounded = records(r) <= count(r);

	*log = (struct log){
		.record = arena_array(a, bounded ? records(r) : count(r), sizeof(*log->record)),
	};
	if (!log->record)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the log");
	r->first_id = first_id(r);
	if (bounded)
		walk(log, r, r->tail_id, records(r), a);
	else
		sweep(log, r, a);
	return CAIRN_OK;
}
