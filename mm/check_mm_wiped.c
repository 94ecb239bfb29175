/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An area that was overwritten as a whole: what leads to it is right, and no word of it is. Where areas
 * are linked by words of their own (before 6.1), all that lies behind it is out of reach, and what its
 * words say of its neighbours is no finding. In a maple tree the checker maple tells of it.
 */
#include <inttypes.h>
#include <string.h>

#include "mm/check_mm.h"
#include "mm/vma_tree.h"

#define AREA_BYTES 512
#define TRIES 16

/* Whose it is, where it is and what it is for: these are written by different hands, and at once by none
 * that means it. */
static bool is_wiped(const struct mm_look *l, const struct vma *v)
{
	return !v->fault && vma_has(&l->vs, VMA_MM) && v->mm != l->mm.addr &&
	       (v->start >= v->end || (v->start | v->end) % l->page) && mm_flags_contradict(v->flags);
}

static const char *with_what(struct mm_look *l, const struct vma *v)
{
	unsigned char raw[AREA_BYTES];
	size_t len = l->vs.s.size < sizeof(raw) ? l->vs.s.size : sizeof(raw);

	if (!len || space_read(&l->c->kernel, v->addr, raw, len, NULL) || memcmp(raw, raw + 1, len - 1))
		return "it has the address, bounds and flags of no area: it was overwritten";
	return arena_printf(&l->arena, "every byte of it is 0x%02x: it was overwritten%s", raw[0],
			    raw[0] == 0x6b ? ", as what is freed is" : "");
}

static void report(struct mm_look *l, const struct vma *v)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.vma.overwritten", .severity = CAIRN_ERROR, .object = v->addr, .addr = v->addr,
		.len = l->vs.s.size, .field = "vm_area_struct", .found = v->start, .untold = true,
		.because = with_what(l, v),
	});
}

/* What one word leads to may be that word's fault. */
static bool do_both_lead_to(const struct mm_look *l, uint64_t area)
{
	bool in[2] = { false, false };

	for (unsigned list = 0; list < 2; list++) {
		struct vmas v = { 0 };

		if (!(list ? vma_tree_list : vma_tree_rb)(&l->vs, &l->mm, &v, NULL))
			for (size_t i = 0; i < v.n && !in[list]; i++)
				in[list] = v.range[i].addr == area;
		vmas_free(&v);
	}
	return in[0] && in[1];
}

bool mm_check_wiped(struct mm_look *l)
{
	struct cairn_err err;
	size_t n = 0, tries = 0;

	if (mm_has(&l->vs.mm, MM_TREE) || l->written)
		return false;
	for (size_t i = 0; i < l->areas.n && tries < TRIES && cairn_go_on(l->run); i++)
		if (is_wiped(l, &l->areas.vma[i]) && ++tries &&
		    do_both_lead_to(l, l->areas.vma[i].addr)) {
			report(l, &l->areas.vma[i]);
			n++;
		}
	if (!n)
		return false;
	l->all_seen = false;
	cairn_fail(&err, CAIRN_CORRUPT, "what the overwritten area led to is out of reach");
	cairn_unseen(l->run, mm_whose(l), &err);
	return true;
}
