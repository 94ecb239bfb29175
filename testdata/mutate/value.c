/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value - what a word is changed to. */
#include "testdata/mutate/mutate.h"

#define TRIES 16

uint64_t mutate_random(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * UINT64_C(2685821657736338717);
}

uint64_t mutate_below(uint64_t *s, uint64_t n)
{
	return n ? mutate_random(s) % n : 0;
}

/* Within the word. */
static struct change any(const struct mutable_word *w, uint64_t *random)
{
	uint64_t mask = w->size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * w->size) - 1;

	switch (mutate_below(random, 8)) {
	case 0: return (struct change){ mutate_random(random) & mask, "random" };
	case 1: return (struct change){ 0, "zero" };
	case 2: return (struct change){ mask, "ones" };
	case 3: return (struct change){ (w->old + 1) & mask, "one more" };
	case 4: return (struct change){ (w->old + 0x1000) & mask, "one page more" };
	default: return (struct change){ w->old ^ (uint64_t)1 << mutate_below(random, 8 * w->size),
					 "one bit" };
	}
}

bool mutate_until(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret,
		  bool (*breaks)(const void *state, const struct mutable_word *w, uint64_t value))
{
	for (unsigned i = 0; i < TRIES; i++) {
		*ret = any(w, random);
		if (ret->value != w->old && breaks(state, w, ret->value))
			return true;
	}
	return false;
}

static struct change other(const struct cairn *c, const struct mutable_word *w, uint64_t *random,
			   const uint64_t *others, size_t n, const char *how)
{
	uint64_t page = UINT64_C(1) << c->kernel.page_shift;

	switch (mutate_below(random, 8)) {
	case 0: return (struct change){ 0, "zero" };
	case 1: return (struct change){ mutate_random(random), "random" };
	case 2: return (struct change){ w->old + page, "a page more" };
	case 3: return (struct change){ w->old - 1, "one less" };
	case 4: return (struct change){ n ? others[mutate_below(random, n)] : 1, how };
	default: return (struct change){ w->old ^ UINT64_C(1) << mutate_below(random, 8 * w->size),
					 "one bit" };
	}
}

struct change mutate_other(const struct cairn *c, const struct mutable_word *w, uint64_t *random,
			   const uint64_t *others, size_t n, const char *how)
{
	struct change ret = other(c, w, random, others, n, how);

	ret.value &= UINT64_MAX >> (64 - 8 * w->size);
	return ret;
}
