/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testring - for tests: a printk ring buffer written the way the kernel writes one.
 *
 * The writer is small: one context, no reservations but those asked for. It pushes the tails
 * as the kernel does, so that texts and descriptors are recycled.
 */
#ifndef CAIRN_KERN_TESTRING_H
#define CAIRN_KERN_TESTRING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kern/log_ring.h"

enum tr_state { TR_RESERVED, TR_COMMITTED, TR_FINALIZED, TR_REUSABLE };

struct testring {
	struct log_layout l;
	unsigned count_bits, size_bits;
	uint64_t head_id, tail_id, head_lpos, tail_lpos, seq;
	unsigned char *descs, *infos, *data;
};

static inline void tr_put(unsigned char *p, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static inline uint64_t tr_get(const unsigned char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* struct printk_ringbuffer and its parts, as a compiler lays them out for that word. */
static inline struct log_layout tr_layout(uint8_t word)
{
	uint32_t w = word, d = 5 * w + (w == 8 ? 8 : w); /* desc_ring, last_finalized included */

	return (struct log_layout){
		.word = word, .ring_size = d + 5 * w,
		.count_bits = 0, .descs = w, .infos = 2 * w, .head_id = 3 * w, .tail_id = 4 * w,
		.size_bits = d, .data = d + w, .head_lpos = d + 2 * w, .tail_lpos = d + 3 * w,
		.desc_size = 3 * w, .state_var = 0, .begin = w, .next = 2 * w,
		.info_size = 88, .seq = 0, .ts_nsec = 8, .text_len = 16, .facility = 18,
		.has_level = true, .caller_id = 20, .subsystem = 24, .subsystem_len = 16,
		.device = 40, .device_len = 48,
	};
}

static inline uint64_t tr_word(const struct testring *t, uint64_t v)
{
	return t->l.word == 8 ? v : v & UINT32_MAX;
}

static inline uint64_t tr_id(const struct testring *t, uint64_t v)
{
	return t->l.word == 8 ? v & UINT64_MAX >> 2 : v & UINT32_MAX >> 2;
}

static inline unsigned char *tr_desc(const struct testring *t, uint64_t id)
{
	return t->descs + (id & ((1u << t->count_bits) - 1)) * t->l.desc_size;
}

static inline unsigned char *tr_info(const struct testring *t, uint64_t id)
{
	return t->infos + (id & ((1u << t->count_bits) - 1)) * t->l.info_size;
}

static inline void tr_state(struct testring *t, uint64_t id, enum tr_state state)
{
	tr_put(tr_desc(t, id), tr_id(t, id) | (uint64_t)state << (t->l.word * 8 - 2), t->l.word);
}

/** `narrow`: ids begin at minus the count of an unsigned int, as before they were long. */
static inline struct testring *tr_new(uint8_t word, unsigned count_bits, unsigned size_bits,
				      bool narrow)
{
	struct testring *t = calloc(1, sizeof(*t));
	uint64_t count = 1u << count_bits;

	if (!t)
		abort();
	t->l = tr_layout(word);
	t->count_bits = count_bits;
	t->size_bits = size_bits;
	t->descs = calloc(count, t->l.desc_size);
	t->infos = calloc(count, t->l.info_size);
	t->data = calloc(1, (size_t)1 << size_bits);
	if (!t->descs || !t->infos || !t->data)
		abort();
	t->head_id = tr_id(t, narrow ? (uint32_t)-(count + 1) : -(count + 1));
	t->tail_id = t->head_id;
	t->head_lpos = tr_word(t, -((uint64_t)1 << size_bits));
	t->tail_lpos = t->head_lpos;
	tr_state(t, t->head_id, TR_REUSABLE);
	tr_put(tr_desc(t, t->head_id) + t->l.begin, 1, word);
	tr_put(tr_desc(t, t->head_id) + t->l.next, 1, word);
	return t;
}

static inline void tr_free(struct testring *t)
{
	free(t->descs);
	free(t->infos);
	free(t->data);
	free(t);
}

/* data_push_tail() */
static inline void tr_push_data(struct testring *t, uint64_t to)
{
	uint64_t size = (uint64_t)1 << t->size_bits, word = t->l.word;

	while (tr_word(t, to - t->tail_lpos - 1) < size) {
		uint64_t id = tr_get(t->data + (t->tail_lpos & (size - 1)), word);

		if (tr_get(tr_desc(t, id) + t->l.begin, word) != t->tail_lpos)
			abort();
		tr_state(t, id, TR_REUSABLE);
		t->tail_lpos = tr_get(tr_desc(t, id) + t->l.next, word);
	}
}

/* data_alloc(): the text's place, NULL for no text. */
static inline unsigned char *tr_alloc(struct testring *t, uint64_t id, size_t len)
{
	uint64_t size = (uint64_t)1 << t->size_bits, word = t->l.word, begin = t->head_lpos;
	uint64_t block = (len + word + word - 1) & ~(word - 1), next = tr_word(t, begin + block);
	uint64_t at = begin & (size - 1);

	if (at + block > size) {
		next = tr_word(t, ((next >> t->size_bits) << t->size_bits) + block);
		at = 0;
	}
	tr_push_data(t, tr_word(t, next - size));
	tr_put(tr_desc(t, id) + t->l.begin, begin, word);
	tr_put(tr_desc(t, id) + t->l.next, next, word);
	t->head_lpos = next;
	if (at != (begin & (size - 1)))
		tr_put(t->data + (begin & (size - 1)), id, word); /* the block's id stands twice */
	tr_put(t->data + at, id, word);
	return t->data + at + word;
}

/** prb_reserve(): a record being written, its text there, its length and time not yet. NULL: an
 *  empty line. Returns the id. */
static inline uint64_t tr_reserve(struct testring *t, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	uint64_t count = 1u << t->count_bits, id = tr_id(t, t->head_id + 1);
	unsigned char *info = tr_info(t, id);

	if (tr_id(t, id - t->tail_id) >= count) {
		uint64_t next = tr_get(tr_desc(t, t->tail_id) + t->l.next, t->l.word);

		if (!(next & 1))
			tr_push_data(t, next);
		t->tail_id = tr_id(t, t->tail_id + 1);
	}
	t->head_id = id;
	tr_state(t, id, TR_RESERVED);
	memset(info, 0, t->l.info_size);
	tr_put(info + t->l.seq, t->seq++, 8);
	if (!text) {
		tr_put(tr_desc(t, id) + t->l.begin, 3, t->l.word);
		tr_put(tr_desc(t, id) + t->l.next, 3, t->l.word);
		return id;
	}
	memcpy(tr_alloc(t, id, len + 1), text, len + 1);
	return id;
}

/** One record; flags as in the kernel. Returns its id. */
static inline uint64_t tr_print(struct testring *t, unsigned level, unsigned flags, uint64_t ts,
				uint32_t caller, const char *text)
{
	uint64_t id = tr_reserve(t, text);
	unsigned char *info = tr_info(t, id);

	tr_put(info + t->l.ts_nsec, ts, 8);
	tr_put(info + t->l.text_len, text ? strlen(text) : 0, 2);
	info[t->l.facility + 1] = (unsigned char)(level << 5 | flags);
	tr_put(info + t->l.caller_id, caller, 4);
	tr_state(t, id, TR_FINALIZED);
	return id;
}

/** struct printk_ringbuffer with the arrays at those addresses. */
static inline void tr_head(const struct testring *t, unsigned char *raw, uint64_t descs,
			   uint64_t infos, uint64_t data)
{
	memset(raw, 0, t->l.ring_size);
	tr_put(raw + t->l.count_bits, t->count_bits, 4);
	tr_put(raw + t->l.descs, descs, t->l.word);
	tr_put(raw + t->l.infos, infos, t->l.word);
	tr_put(raw + t->l.head_id, t->head_id, t->l.word);
	tr_put(raw + t->l.tail_id, t->tail_id, t->l.word);
	tr_put(raw + t->l.size_bits, t->size_bits, 4);
	tr_put(raw + t->l.data, data, t->l.word);
	tr_put(raw + t->l.head_lpos, t->head_lpos, t->l.word);
	tr_put(raw + t->l.tail_lpos, t->tail_lpos, t->l.word);
}

#endif
