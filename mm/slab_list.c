/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_list.h"

#include <inttypes.h>

/* That no page is behind an address is told by the page tables, not by what the dump lacks. */
static bool leads_nowhere(enum cairn_code code, const struct cairn_err *why)
{
	return code == CAIRN_NOTFOUND ||
	       (code == CAIRN_FAULT && (why->fault == CAIRN_FAULT_NONCANONICAL ||
					why->fault == CAIRN_FAULT_UNMAPPED));
}

static enum slab_list_state follow(const struct slab_links *l, const struct slab *slab,
				   uint64_t at, struct slab_list_end *ret, struct cairn_err *why)
{
	uint64_t count = slab_count(l->c, slab);

	if (count == UINT64_MAX) {
		cairn_fail(why, CAIRN_MISSING, "how many objects the slab at 0x%" PRIx64
			   " has is not known", slab->begin);
		return SLAB_LIST_UNREAD;
	}
	if (!slab_begins(&l->layout, slab, count, at))
		return SLAB_LIST_HEAD;
	ret->begin = slab->begin;
	while (at) {
		if (ret->n == count || !slab_begins(&l->layout, slab, count, at))
			return SLAB_LIST_LINK;
		ret->n++;
		ret->object = at;
		if (slab_link_next(l, at, &ret->place, &ret->found, why))
			return SLAB_LIST_UNREAD;
		at = ret->found;
	}
	return SLAB_LIST_WHOLE;
}

enum slab_list_state slab_list_walk(const struct slab_links *l, const struct page_map *m,
				    const struct slab_list *list, struct slab_list_end *ret,
				    struct cairn_err *why)
{
	struct cairn_err why_not;
	enum cairn_code code;
	struct slab slab;

	*ret = (struct slab_list_end){ .place = list->at, .found = list->first };
	if (!list->first)
		return SLAB_LIST_WHOLE;
	code = slab_find(l->c, m, list->first, &slab, &why_not);
	if (code && why)
		*why = why_not;
	if (code)
		return leads_nowhere(code, &why_not) ? SLAB_LIST_HEAD : SLAB_LIST_UNREAD;
	return slab.head == list->head ? follow(l, &slab, list->first, ret, why) : SLAB_LIST_HEAD;
}
