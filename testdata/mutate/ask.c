/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask - what checkers that look at the whole dump say. */
#include <stdio.h>

#include "lib/kern/finding.h"
#include "testdata/mutate/mutate.h"

enum cairn_code mutate_ask(struct cairn *c, struct arena *a, const char *only,
			   const struct mutable_word *w, struct answer *ret, struct cairn_err *err)
{
	const struct check_limits limits = { .only = only };
	struct findings found;
	enum cairn_code code = findings_get(&found, c, &limits, a, err);

	*ret = (struct answer){ .findings = code ? 0 : found.n,
				 .unseen = code ? 0 : found.nunseen };
	for (size_t i = 0; !code && i < found.n; i++) {
		const struct cairn_finding *f = &found.said[i].f;

		if (w && f->addr >= (w->addr & ~UINT64_C(7)) && f->addr < w->addr + w->size)
			ret->named = true;
		if (!i)
			snprintf(ret->first, sizeof(ret->first), "%s 0x%llx", f->id,
				 (unsigned long long)f->addr);
	}
	arena_reset(a);
	return code;
}
