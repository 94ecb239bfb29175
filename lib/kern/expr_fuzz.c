/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary text as an expression, over a few objects. What it yields has a type, and is the same
 * again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/kern/expr.h"
#include "lib/kern/testkern.h"

static struct testkern *world(void)
{
	static const struct tk_member item[] = {
		{ .name = "id", .offset = 0, .size = 4 },
		{ .name = "next", .offset = 8, .size = 8, .nested = "*item" },
		{ .name = "row", .offset = 16, .size = 4, .count = 4 }, { .name = NULL },
	};
	struct testkern *k = tk_small();

	tk_struct(k, "item", 0x20, item);
	tk_symbol(k, "a", TK_BASE);
	tk_symbol(k, "word", TK_BASE + 0x100);
	tk_typed(k, "a", "item");
	tk_put(k, TK_BASE + 8, TK_BASE + 0x40, 8);
	return k;
}

static void same_again(struct cairn *c, const char *text)
{
	struct arena one = { 0 };
	struct expr a = { 0 }, b = { 0 };
	struct cairn_err err = { 0 };
	enum cairn_code code = expr_eval(&a, c, text, 0, &one, &err);

	if (code != expr_eval(&b, c, text, 0, &one, NULL))
		abort();
	if (code ? err.code != code || !err.text[0]
		 : !a.type || a.place != b.place || a.addr != b.addr || a.number != b.number)
		abort();
	arena_deinit(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = world();
	struct cairn *c = tk_open(k, 8);
	char *text = strndup((const char *)data, size);

	c->opts_copy.no_debug_search = true;
	c->opts = &c->opts_copy;
	if (text)
		same_again(c, text);
	free(text);
	tk_free(k);
	return 0;
}
