/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_state.h"

struct look { uint64_t object; bool found; };

static void look_for(void *arg, uint64_t object)
{
	struct look *l = arg;

	l->found |= object == l->object;
}

/* A CPU has free objects of its own: what is on no slab's list may still be free. */
enum slab_state slab_state_of(struct cairn *c, const struct page_map *m, uint64_t cache,
			      uint64_t object, struct cairn_err *why)
{
	struct look l = { .object = object };
	struct cairn_err kept_why;
	enum cairn_code code = slab_each_free(c, m, object, look_for, &l, why), kept;

	if (l.found)
		return code == CAIRN_CORRUPT ? SLAB_STATE_DOUBTFUL : SLAB_STATE_FREE;
	kept = slab_each_kept(c, m, cache, look_for, &l, &kept_why);
	if (l.found && kept != CAIRN_CORRUPT)
		return SLAB_STATE_KEPT;
	if (!code && !kept)
		return SLAB_STATE_USED;
	if (!code)
		*why = kept_why;
	return l.found ? SLAB_STATE_DOUBTFUL : SLAB_STATE_UNTOLD;
}
