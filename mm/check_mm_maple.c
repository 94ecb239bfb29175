/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where areas and their maple tree disagree, the tree is asked first: one bad word of it leads to
 * areas of others, past some, or to ranges that no area has. The checker "maple" tells of the word;
 * what it makes of areas that are sound is no finding of its own, and no judge of them.
 */
#include "lib/base/mem.h"
#include "mm/check_mm.h"
#include "mm/maple_mm.h"

#define TRIALS ((size_t)1 << 22) /* nodes that are looked at again, to try repairs */

struct mm_maple {
	struct arena arena;
	struct maple_mms s;
	size_t trials;
	bool fine;
};

/* ---- whether there is anything to ask ---- */

static bool is_as_told(const struct mm_look *l, const struct vma *v)
{
	return v->start == v->first && v->end == v->last + 1 &&
	       (!vma_has(&l->vs, VMA_MM) || v->mm == l->mm.addr);
}

/* What cannot be read tells nothing. */
static bool do_contradict(const struct mm_look *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		if (!v->fault && !is_as_told(l, v))
			return true;
		sum += v->last + 1 - v->first;
	}
	return l->areas.partial || l->areas.others ||
	       (l->free && mm_has(&l->vs.mm, MM_TOTAL) && sum / l->page != l->mm.v[MM_TOTAL]) ||
	       (l->free && mm_has(&l->vs.mm, MM_MAP_COUNT) &&
		(l->mm.v[MM_MAP_COUNT] & UINT32_MAX) != l->areas.n);
}

/* ---- what is said of the tree ---- */

struct hearing {
	struct mm_look *l;
	struct map accused; /* areas of which a word is bad, and not the tree's */
	size_t twice;
};

/* CVE-2024-50200: the last entry of a leaf is written twice, the second time for no index. */
static void report_twice(struct mm_look *l, const struct maple_verdict *v)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.spanning-store", .severity = CAIRN_ERROR, .object = v->node,
		.addr = v->addr, .grade = v->grade, .field = v->field, .expected = v->expected,
		.found = v->found,
		.because = "the leaf's last entry stands there twice, the second time for no address: "
			   "what a spanning store left before bea07fd63192 (CVE-2024-50200)",
	});
}

static void hear(void *arg, const struct maple_verdict *v)
{
	struct hearing *h = arg;

	if (v->of_object) {
		map_put(&h->accused, v->found, 0);
	} else if (v->twice) {
		report_twice(h->l, v);
		h->twice++;
	} else if (maple_mm_is_told_by_mm(v)) {
		h->l->zero_at = v->addr;
		h->l->zero_told = v->told;
		h->l->zero_expected = v->expected;
	} else if (v->of_entries) {
		h->l->broken = true;
	} else if (maple_rule_is_outside(v->rule)) {
		h->l->lost_told = true;
	}
}

static struct mm_maple *get_ready(struct mm_look *l)
{
	struct mm_maple *m = l->maple;

	if (m)
		return m;
	m = l->maple = mem_zalloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->trials = TRIALS;
	m->fine = !maple_mms_init(&m->s, l->c, &m->arena, NULL);
	m->s.trials = &m->trials;
	return m;
}

static void ask(struct mm_look *l, struct hearing *h)
{
	struct mm_maple *m = get_ready(l);
	struct maple_mm mm;
	struct maple_checked done;

	if (m && m->fine && maple_mm_of(&m->s, l->mm.addr, &mm))
		maple_mm_verify(&m->s, &mm, hear, h, &done, NULL);
}

/* ---- what becomes of the areas ---- */

static void keep_sound(struct mm_look *l, const struct hearing *h)
{
	size_t n = 0;

	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		if (v->fault || is_as_told(l, v) || map_get(&h->accused, v->addr, NULL))
			l->areas.vma[n++] = *v;
	}
	l->areas.n = n;
}

static void note_unseen(struct mm_look *l)
{
	struct cairn_err why;

	l->all_seen = false;
	if (l->areas.partial)
		return;
	cairn_fail(&why, CAIRN_CORRUPT, "what its maple tree leads to is not all sound: how many "
		   "areas it has is not known");
	cairn_unseen(l->run, mm_whose(l), &why);
}

void mm_check_maple(struct mm_look *l)
{
	struct hearing h = { .l = l };

	l->broken = l->zero_told = l->lost_told = false;
	if (!mm_has(&l->vs.mm, MM_TREE) || !do_contradict(l))
		return;
	ask(l, &h);
	if (l->broken) {
		keep_sound(l, &h);
		note_unseen(l);
	} else if (h.twice && l->areas.err.code == CAIRN_CORRUPT) {
		/* it has no address: nothing is missing for it */
		l->areas.partial = false;
	}
	map_deinit(&h.accused);
}

void mm_maple_done(struct mm_look *l)
{
	if (!l->maple)
		return;
	maple_mms_deinit(&l->maple->s);
	arena_deinit(&l->maple->arena);
	mem_free(l->maple);
}
