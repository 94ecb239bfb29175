/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/walk.h"

#include <inttypes.h>

void walk_note(struct cairn_err *first, const struct cairn_err *err)
{
	if (!first->code)
		*first = *err;
}

void walk_note_corrupt(struct cairn_err *first, const char *kind, uint64_t node, const char *what)
{
	struct cairn_err err;

	cairn_fail(&err, CAIRN_CORRUPT, "%s 0x%" PRIx64 " %s", kind, node, what);
	err.addr = node;
	walk_note(first, &err);
}

bool walk_visit(struct cairn_err *first, struct map *seen, const char *kind, uint64_t node)
{
	struct cairn_err err;

	if (map_visit(seen, node))
		return true;
	/* a set that cannot grow does not know the node either */
	if (map_get(seen, node, NULL)) {
		walk_note_corrupt(first, kind, node, "is reached twice");
		return false;
	}
	cairn_fail(&err, CAIRN_NOMEM, "no memory to go to %s 0x%" PRIx64, kind, node);
	err.addr = node;
	walk_note(first, &err);
	return false;
}

bool walk_ends(struct cairn_err *first, size_t done, size_t limit, unsigned every,
	       bool (*stop)(void), const char *tree, const char *things)
{
	if (done >= limit)
		cairn_fail(first, CAIRN_LIMIT, "%s of more than %zu %s", tree, limit, things);
	else if (stop && done % every == 0 && stop())
		cairn_fail(first, CAIRN_INTERRUPTED, "interrupted");
	else
		return false;
	return true;
}
