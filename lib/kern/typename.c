/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/typename.h"

#include <stdio.h>
#include <string.h>

#include "lib/kern/module.h"

#define NAME_MAX_LEN 192

/* A type that is looked for. */
struct wanted {
	struct cairn *c;
	const char *name;
	const struct type *type; /* NULL: not found */
};

const struct type *typename_find_kernel(struct cairn *c, const char *name)
{
	static const char *const tags[] = { "struct ", "union ", "", "enum " };
	char spelled[NAME_MAX_LEN + 8];
	const struct type *t;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		snprintf(spelled, sizeof(spelled), "%s%s", tags[i], name);
		t = type_find(&c->types, spelled, NULL);
		if (t && type_strip(t)->kind != TYPE_FWD)
			return t;
	}
	return NULL;
}

static bool find_now(void *arg)
{
	struct wanted *w = arg;

	w->type = typename_find_kernel(w->c, w->name);
	return w->type || (w->c->stop && w->c->stop());
}

const struct type *typename_find(struct cairn *c, const char *name)
{
	struct wanted w = { .c = c, .name = name };

	if (strlen(name) < NAME_MAX_LEN && !find_now(&w))
		module_types_until(c, find_now, &w);
	return w.type;
}
