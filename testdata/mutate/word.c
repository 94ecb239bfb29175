/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word - which words there are. */
#include <stdlib.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/kern/task.h"
#include "testdata/mutate/mutate.h"

void mutate_word(struct mutable_words *to, struct mutable_word w)
{
	if (to->n == to->cap) {
		to->cap = to->cap ? to->cap * 2 : 1024;
		to->word = mem_resize(to->word, to->cap, sizeof(w));
		if (!to->word)
			abort();
	}
	to->word[to->n++] = w;
}

void mutate_word_at(struct mutable_words *to, struct space *sp, const char *kind, uint64_t addr,
		    unsigned size, uint64_t more)
{
	unsigned char raw[8] = { 0 };

	if (addr && !space_read(sp, addr, raw, size, NULL))
		mutate_word(to,
			    (struct mutable_word){ addr, size, le_uint(raw, size), kind, 0, more });
}

enum cairn_code mutate_each_mm(struct cairn *c, void (*each)(void *arg, uint64_t mm), void *arg,
			       struct cairn_err *err)
{
	struct map seen = { 0 };
	const struct tasks *ts;
	enum cairn_code code = tasks_get(c, &ts, err);

	for (size_t i = 0; !code && i < ts->n; i++)
		if (!ts->task[i].fault && ts->task[i].mm && map_visit(&seen, ts->task[i].mm))
			each(arg, ts->task[i].mm);
	map_deinit(&seen);
	return code;
}
