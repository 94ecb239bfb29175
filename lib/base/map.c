/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/map.h"

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

uint64_t hash_u64(uint64_t x)
{
	/* the finaliser of splitmix64 (Steele, Lea, Flood 2014) */
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t hash_bytes(const void *p, size_t n)
{
	/* FNV-1a, 64 bit */
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

uint64_t hash_text(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = n, last = 0;
	size_t i;

	for (i = 0; n - i > 8; i += 8) {
		h = (h ^ le64(b + i)) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	/* the last eight, some of them again where that is simpler */
	if (n >= 8)
		last = le64(b + n - 8);
	else
		for (; i < n; i++)
			last = last << 8 | b[i];
	return hash_u64((h ^ last) * 0x9e3779b97f4a7c15u);
}

uint64_t hash_bulk(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t lane[4] = { n, 1, 2, 3 }, h = 0;
	size_t i, at = 0;

	/* four independent multiply chains keep the multiplier busy */
	for (; n - at >= 32; at += 32)
		for (i = 0; i < 4; i++) {
			lane[i] = (lane[i] ^ le64(b + at + 8 * i)) * 0x9e3779b97f4a7c15u;
			lane[i] ^= lane[i] >> 29;
		}
	for (i = 0; i < 4; i++)
		h = hash_u64(h ^ lane[i]);
	return hash_u64(h ^ hash_bytes(b + at, n - at));
}

void map_deinit(struct map *m)
{
	mem_free(m->slots);
	*m = (struct map){ 0 };
}

static struct map_slot *slot_of(const struct map *m, uint64_t key)
{
	size_t i = hash_u64(key) & (m->cap - 1);

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static bool grow(struct map *m)
{
	struct map bigger = { .cap = m->cap ? m->cap * 2 : 64, .count = m->count };
	size_t i;

	bigger.slots = mem_zalloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (i = 0; i < m->cap; i++)
		if (m->slots[i].used)
			*slot_of(&bigger, m->slots[i].key) = m->slots[i];
	mem_free(m->slots);
	*m = bigger;
	return true;
}

bool map_put(struct map *m, uint64_t key, uint64_t value)
{
	struct map_slot *s = m->cap ? slot_of(m, key) : NULL;

	if (!s || (!s->used && m->count >= m->cap - m->cap / 4)) {
		if (!grow(m))
			return false;
		s = slot_of(m, key);
	}
	m->count += !s->used;
	*s = (struct map_slot){ .key = key, .value = value, .used = true };
	return true;
}

bool map_get(const struct map *m, uint64_t key, uint64_t *ret)
{
	const struct map_slot *s;

	if (!m->cap)
		return false;
	s = slot_of(m, key);
	if (s->used && ret)
		*ret = s->value;
	return s->used;
}

bool map_visit(struct map *m, uint64_t key)
{
	return !map_get(m, key, NULL) && map_put(m, key, 0);
}
