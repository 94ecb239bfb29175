/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check.h"
#include "mm/check_mm.h"
#include "mm/vma_tree.h"

#define MMF_UNSTABLE (UINT64_C(1) << 22)        /* include/linux/sched/coredump.h, mm_types.h */

/* A fork that fails leaves its mark behind the areas that it has copied, and behind the mark those of the
 * parent, in nodes that were copied as they were. */
static bool is_of_fork(const struct mm_look *l, uint64_t at)
{
	size_t own = 0, others = 0;

	for (size_t i = l->areas.n; i-- && l->areas.vma[i].first > at;) {
		const struct vma *v = &l->areas.vma[i];

		own += !v->fault && v->mm == l->mm.addr;
		others += !v->fault && v->mm != l->mm.addr;
	}
	return !own && (others || l->mm.v[MM_FLAGS] & MMF_UNSTABLE);
}

/* A process that still runs is one that readers go to: uprobes, swapoff, /proc. */
static void report_zero(struct mm_look *l, const struct maple_layout *layout,
			const struct maple_walk *w)
{
	char field[MAPLE_FIELD] = "maple_tree.ma_root";
	bool fork = is_of_fork(l, w->last), told = !fork && l->zero_told && l->zero_at == w->slot_at;

	if (w->node)
		maple_field(layout, MAPLE_LEAF, (unsigned)(w->slot_at - w->node), field, sizeof(field));
	mm_bad(l, &(struct mm_bad){
		.id = "mm.xa_zero", .severity = CAIRN_ERROR, .object = w->node, .addr = w->slot_at,
		.grade = l->written ? CAIRN_IN_FLIGHT : CAIRN_CERTAIN, .untold = !told,
		.expected = l->zero_expected, .field = field, .found = w->entry,
		.because = fork ? "left by a fork that failed: who takes it for an area faults at 0x406 "
				  "and a member's offset" :
				  "a fork that fails leaves such a mark, but not with the process's own "
				  "areas behind it: it was written there",
	});
	if (fork)
		l->forked = w->last;
	l->count_bad++;
}

static void check_rcu(struct mm_look *l, const struct maple_layout *layout)
{
	uint64_t at = mm_at(&l->vs.mm, &l->mm, MM_TREE) + layout->flags;
	uint32_t flags;

	/* fork and exit switch it off; an empty tree has nothing to read */
	if (!l->free || !l->areas.n || space_u32(&l->c->kernel, at, &flags, NULL))
		return;
	if (flags & MAPLE_FLAG_RCU) {
		l->n_rcu++;
		l->rcu_flags = flags;
	} else if (l->n_no_rcu < MM_NO_RCU) {
		l->no_rcu[l->n_no_rcu].mm = l->mm.addr;
		l->no_rcu[l->n_no_rcu++].task = l->task;
	}
}

void mm_check_tree(struct mm_look *l)
{
	const struct maple_layout *layout;
	struct maple_walk w;
	enum cairn_code code;

	if (!mm_has(&l->vs.mm, MM_TREE) || maple_layout_get(l->c, &layout, NULL))
		return;
	check_rcu(l, layout);
	if (!l->areas.others)
		return;
	code = maple_begin(&w, l->c, mm_at(&l->vs.mm, &l->mm, MM_TREE), 0, UINT64_MAX, VMAS_LIMIT,
			   NULL);
	while (!code && maple_next(&w) && cairn_go_on(l->run))
		if (w.entry == MAPLE_XA_ZERO)
			report_zero(l, layout, &w);
	maple_end(&w, NULL);
}

/* Kernels before 6.1.23 never use it: nothing to tell apart. */
void mm_report_rcu(struct mm_look *l)
{
	const struct maple_layout *layout;

	if (!l->n_rcu || maple_layout_get(l->c, &layout, NULL))
		return;
	for (size_t i = 0; i < l->n_no_rcu; i++) {
		uint32_t flags = 0;
		uint64_t at;

		l->mm = (struct mm){ .addr = l->no_rcu[i].mm };
		l->task = l->no_rcu[i].task;
		at = mm_at(&l->vs.mm, &l->mm, MM_TREE) + layout->flags;
		space_u32(&l->c->kernel, at, &flags, NULL);
		/* one that is off in more is another finding (maple.flags) */
		if ((flags ^ l->rcu_flags) & ~(MAPLE_FLAG_HEIGHT | MAPLE_FLAG_RCU))
			continue;
		mm_bad(l, &(struct mm_bad){
			.id = "mm.rcu", .severity = CAIRN_ERROR, .object = l->mm.addr, .addr = at,
			.len = 4, .field = "mm_struct.mm_mt.ma_flags", .found = flags,
			.expected = flags | MAPLE_FLAG_RCU,
			.because = "page faults walk the tree under RCU while it is changed in place",
		});
	}
}
