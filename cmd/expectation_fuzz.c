/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes up to a line `--` as an expectation, what is behind it as a record: each is refused, or one
 * is held against the other; and a record meets what was made from it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/expectation.h"
#include "cmd/junit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(const json_t *want, const json_t *record, struct arena *a)
{
	struct held held;
	struct str s;

	if (expectation_hold(&held, want, record, a, NULL) || held.failed + held.unseen > held.n)
		abort();
	str_init(&s);
	junit_add(&s, "dump", &held);
	github_add(&s, "dump", "file", &held);
	str_deinit(&s);
}

static void make(const json_t *record)
{
	json_t *made = expectation_make(record), *again;
	char *text = json_dumps(made, 0);

	if (!text || expectation_parse(&again, text, strlen(text), NULL))
		abort();
	json_decref(again);
	free(text);
	json_decref(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "\n--\n", 4);
	size_t n = cut ? (size_t)(cut - data) : size, behind = cut ? n + 4 : size;
	struct arena a = { 0 };
	json_t *want, *record;

	record = json_loadb((const char *)data + behind, size - behind, JSON_ALLOW_NUL, NULL);
	if (record)
		make(record);
	if (!expectation_parse(&want, (const char *)data, n, NULL)) {
		hold(want, record, &a);
		json_decref(want);
	}
	json_decref(record);
	arena_deinit(&a);
	return 0;
}
