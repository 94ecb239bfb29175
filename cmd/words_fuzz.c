/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of any bytes is taken apart without reading past it; words are not longer
 * together than the line, and putting every word in quotes gives the same words again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/words.h"
#include "lib/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(struct str *s, const char *word)
{
	str_addc(s, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			str_addc(s, '\\');
		str_addc(s, *word);
	}
	str_add(s, "\" ");
}

static void check_words(const struct line *line, size_t size, struct arena *a)
{
	struct line again;
	struct str quoted;
	size_t total = 0;
	int i;

	str_init(&quoted);
	for (i = 0; i < line->nwords; i++) {
		total += strlen(line->words[i]);
		quote(&quoted, line->words[i]);
	}
	if (total > size || line_split(&again, a, quoted.buf, NULL) ||
	    again.nwords != line->nwords || again.to != LINE_PLAIN)
		abort();
	for (i = 0; i < line->nwords; i++)
		if (strcmp(line->words[i], again.words[i]))
			abort();
	str_deinit(&quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct line line;
	char *text = arena_strndup(&a, (const char *)data, size);

	if (text && !line_split(&line, &a, text, NULL))
		check_words(&line, size, &a);
	arena_deinit(&a);
	return 0;
}
