/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/addrset.h"

#include "lib/base/mem.h"

#define BLOCK 4096u
#define BITS  (BLOCK / ADDRSET_ALIGN)

struct addrset_block {
	uint64_t number;
	uint64_t bits[BITS / 64];
};

void addrset_deinit(struct addrset *s)
{
	map_deinit(&s->at);
	map_deinit(&s->odd);
	mem_free(s->block);
	*s = (struct addrset){ 0 };
}

static struct addrset_block *new_block(struct addrset *s, uint64_t number)
{
	size_t cap = s->cap ? 2 * s->cap : 16;
	struct addrset_block *more;

	if (s->n == s->cap) {
		more = mem_resize(s->block, cap, sizeof(*more));
		if (!more)
			return NULL;
		s->block = more;
		s->cap = cap;
	}
	if (!map_put(&s->at, number, s->n))
		return NULL;
	s->last = s->n++;
	s->block[s->last] = (struct addrset_block){ .number = number };
	return &s->block[s->last];
}

static struct addrset_block *block_of(struct addrset *s, uint64_t number)
{
	uint64_t at;

	if (s->n && s->block[s->last].number == number)
		return &s->block[s->last];
	if (!map_get(&s->at, number, &at))
		return new_block(s, number);
	s->last = at;
	return &s->block[at];
}

bool addrset_visit(struct addrset *s, uint64_t addr)
{
	struct addrset_block *b;
	unsigned bit = (unsigned)(addr % BLOCK / ADDRSET_ALIGN);
	uint64_t mask = UINT64_C(1) << bit % 64;

	if (addr % ADDRSET_ALIGN)
		return map_visit(&s->odd, addr);
	b = block_of(s, addr / BLOCK);
	if (!b || b->bits[bit / 64] & mask)
		return false;
	b->bits[bit / 64] |= mask;
	return true;
}
