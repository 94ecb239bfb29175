/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/map.h"

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
	struct map_slot *s;

	if (m->count >= m->cap - m->cap / 4 && !grow(m))
		return false;
	s = slot_of(m, key);
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
