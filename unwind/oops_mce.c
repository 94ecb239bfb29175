/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_priv.h"

/* The banks that a report tells of, each with the line behind it. */
void oops_mce_read(struct oops *o, const struct oops_report *r, struct arena *a)
{
	struct mce m, *mce = NULL;
	size_t cap = 0;

	if (strcmp(o->class, "machine-check"))
		return;
	for (size_t i = 0; i < r->n && o->nmce < OOPS_MCE; i++) {
		struct piece t = r->row[i].text;

		if (mce_read(&m, t.p, t.len)) {
			mce = arena_room(a, mce, o->nmce, &cap, sizeof(*mce));
			if (!mce)
				return;
			mce[o->nmce++] = m;
			o->mce = mce;
		} else if (o->nmce) {
			mce_read_address(&mce[o->nmce - 1], t.p, t.len);
		}
	}
}
