/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_shelf.h"

#include "lib/base/mem.h"
#include "lib/image/overlay.h"

struct maple_shelf {
	struct shelf pages;
	size_t users;
	uint64_t changes; /* of the memory that the pages were got from */
};

struct shelf *maple_shelf_take(struct cairn *c)
{
	struct maple_shelf *s = c->maple_shelf;

	if (!s) {
		c->maple_shelf = s = mem_zalloc(1, sizeof(*s));
		if (!s)
			return NULL;
		shelf_init(&s->pages, &c->kernel);
	}
	if (!s->users++ && s->changes != overlay_changes(c->img)) {
		shelf_clear(&s->pages);
		s->changes = overlay_changes(c->img);
	}
	return &s->pages;
}

void maple_shelf_give(struct cairn *c)
{
	struct maple_shelf *s = c->maple_shelf;

	if (s && !--s->users && s->pages.bytes > MAPLE_SHELF_KEPT)
		shelf_clear(&s->pages);
}

void maple_shelf_free(struct cairn *c)
{
	if (c->maple_shelf)
		shelf_deinit(&c->maple_shelf->pages);
	mem_free(c->maple_shelf);
	c->maple_shelf = NULL;
}
