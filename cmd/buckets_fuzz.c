/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of any bytes as records, and as known issues: what is kept of them is grouped without loss,
 * and every group is looked up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/buckets.h"
#include "cmd/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct sights *s, const char *line, size_t len, struct arena *a)
{
	struct jsonrec r;

	if (jsonrec_read(&r, line, len, NULL))
		return;
	if (!r.other && sights_add(s, &r, a, NULL))
		abort();
	jsonrec_deinit(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nl;
	struct known known = { 0 };
	struct sights s = { 0 };
	struct arena a = { 0 };
	struct buckets b;
	size_t total = 0;

	known_parse(&known, text, size, &a, NULL);
	for (size_t at = 0; at < size; at = (size_t)(nl - text) + 1) {
		nl = memchr(text + at, '\n', size - at);
		if (!nl)
			nl = text + size;
		take(&s, text + at, (size_t)(nl - text) - at, &a);
	}
	if (buckets_make(&b, &s, &a, NULL))
		abort();
	for (size_t i = 0; i < b.n; i++) {
		known_find(&known, s.sight[b.bucket[i].from].signature,
			   s.sight[b.bucket[i].from].fuzzy, s.sight[b.bucket[i].from].cause);
		total += b.bucket[i].n;
	}
	if (total != s.n)
		abort();
	arena_deinit(&a);
	return 0;
}
