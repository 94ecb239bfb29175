/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/jsonrec.h"

#include <fnmatch.h>
#include <string.h>

#include "lib/base/map.h"

const char *jsonrec_str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Mix in a member, whatever it is; true if it is a number. */
static bool mark(uint64_t *ret, const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	double number = json_number_value(v);
	const char *text = json_string_value(v);

	*ret = hash_u64(*ret ^ (text ? hash_bytes(text, strlen(text)) :
				json_is_number(v) ? hash_bytes(&number, sizeof(number)) : 0));
	return json_is_number(v);
}

static uint64_t mark_of_dump(const struct jsonrec *r, const json_t *crash)
{
	uint64_t ret = 1;
	bool timed = r->date != NULL;

	timed |= mark(&ret, crash, "time");
	timed |= mark(&ret, crash, "panic_time");
	mark(&ret, r->json, "build_id");
	return timed ? ret | 1 : 0;
}

/* A log of which several reports are of one moment has them on different lines. */
static uint64_t mark_of_log(const struct jsonrec *r)
{
	uint64_t ret = 2;
	bool timed = mark(&ret, r->json, "time");

	mark(&ret, r->json, "first_line");
	mark(&ret, r->json, "last_line");
	mark(&ret, r->json, "head");
	return timed ? ret | 1 : 0;
}

static void triage_fields(struct jsonrec *r)
{
	const json_t *crash = json_object_get(r->json, "crash");

	r->file = jsonrec_str(r->json, "file");
	r->class = jsonrec_str(crash, "class");
	r->title = jsonrec_str(crash, "bug");
	if (!r->title)
		r->title = jsonrec_str(crash, "title");
	r->function = jsonrec_str(crash, "function");
	r->date = jsonrec_str(crash, "date");
	r->fate = jsonrec_str(r->json, "fate");
	if (r->fate && !strcmp(r->fate, "done"))
		r->fate = NULL;
	r->mark = mark_of_dump(r, crash);
}

static void oops_fields(struct jsonrec *r)
{
	r->file = jsonrec_str(r->json, "log");
	r->class = jsonrec_str(r->json, "class");
	r->title = jsonrec_str(r->json, "title");
	r->function = jsonrec_str(r->json, "function");
	r->blamed = jsonrec_str(r->json, "guilty");
	r->mark = mark_of_log(r);
}

enum cairn_code jsonrec_read(struct jsonrec *ret, const char *line, size_t len, struct cairn_err *err)
{
	json_error_t e;

	*ret = (struct jsonrec){ .json = json_loadb(line, len, JSON_ALLOW_NUL, &e) };
	if (!ret->json)
		return cairn_fail(err, CAIRN_FORMAT, "not JSON: %s", e.text);
	ret->schema = jsonrec_str(ret->json, "schema");
	if (!ret->schema) {
		jsonrec_deinit(ret);
		return cairn_fail(err, CAIRN_FORMAT, "JSON, but no record: it has no schema");
	}
	if (!strcmp(ret->schema, "cairn.triage/1"))
		triage_fields(ret);
	else if (!strcmp(ret->schema, "cairn.oops/1"))
		oops_fields(ret);
	else
		ret->other = true;
	if (ret->other)
		return CAIRN_OK;
	ret->release = jsonrec_str(ret->json, "release");
	ret->signature = jsonrec_str(ret->json, "signature");
	ret->fuzzy = jsonrec_str(ret->json, "signature_fuzzy");
	ret->cause = jsonrec_str(ret->json, "cause");
	ret->cause_log = jsonrec_str(ret->json, "cause_log");
	return CAIRN_OK;
}

void jsonrec_deinit(struct jsonrec *r)
{
	json_decref(r->json);
	r->json = NULL;
}

bool jsonrec_fits(const char *pattern, const char *s)
{
	return s && (!strcmp(pattern, s) || !fnmatch(pattern, s, 0));
}

bool jsonrec_fits_any(const json_t *patterns, const char *s)
{
	for (size_t i = 0; i < json_array_size(patterns); i++) {
		const char *pattern = json_string_value(json_array_get(patterns, i));

		if (pattern && jsonrec_fits(pattern, s))
			return true;
	}
	return false;
}
