/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/apf_match.h"

static void find(struct apf_match *m, const struct apf_vcpu *vcpu, size_t nvcpus)
{
	for (size_t i = 0; i < nvcpus; i++) {
		if (vcpu[i].err.code || (uint32_t)vcpu[i].vcpu->id != apf_vcpu(m->token))
			continue;
		for (size_t j = 0; j < vcpu[i].nwork; j++) {
			const struct apf_work *w = &vcpu[i].work[j];

			if (w->err.code || w->wakeup_all || w->token != m->token)
				continue;
			m->vcpu = &vcpu[i];
			m->work = w;
			return;
		}
	}
}

static bool has_sleeper(const struct apf_guest *g, uint32_t token)
{
	for (size_t i = 0; i < g->nsleepers; i++)
		if (!g->sleeper[i].err.code && g->sleeper[i].token == token)
			return true;
	return false;
}

static size_t count(const struct apf_guest *g, const struct apf_vcpu *vcpu, size_t nvcpus)
{
	size_t n = g->nsleepers;

	for (size_t i = 0; i < nvcpus; i++)
		n += vcpu[i].nwork;
	return n;
}

struct apf_match *apf_match(const struct apf_guest *guest, const struct apf_vcpu *vcpu,
			    size_t nvcpus, struct arena *arena, size_t *n)
{
	struct apf_match *ret = arena_array(arena, count(guest, vcpu, nvcpus) + 1, sizeof(*ret));

	*n = 0;
	for (size_t i = 0; ret && i < guest->nsleepers; i++) {
		const struct apf_sleeper *s = &guest->sleeper[i];

		if (s->err.code)
			continue;
		ret[*n] = (struct apf_match){ .sleeper = s, .token = s->token };
		find(&ret[(*n)++], vcpu, nvcpus);
	}
	for (size_t i = 0; ret && i < nvcpus; i++) {
		for (size_t j = 0; j < vcpu[i].nwork; j++) {
			const struct apf_work *w = &vcpu[i].work[j];

			if (w->err.code || w->wakeup_all || !w->injected ||
			    has_sleeper(guest, w->token))
				continue;
			ret[(*n)++] = (struct apf_match){ .vcpu = &vcpu[i],
							  .work = w,
							  .token = w->token };
		}
	}
	return ret;
}
