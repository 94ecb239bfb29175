/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/expectation.h"

#include <string.h>

#include "cmd/jsonrec.h"

#define SCHEMA "cairn.expect/1"
#define FRAMES_MADE 3

/* A text of the record: inside `of`, or (NULL) at the top. */
static const struct member {
	const char *name, *of;
	bool list;
} members[] = {
	{ "class", "crash", false },          { "signature", NULL, false },
	{ "signature_fuzzy", NULL, false },   { "function", "crash", false },
	{ "frames", NULL, true },             { "require", NULL, true },
	{ "forbid", NULL, true },
};

#define NMEMBERS (sizeof(members) / sizeof(members[0]))

static const struct member *member_find(const char *name)
{
	for (size_t i = 0; i < NMEMBERS; i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static bool is_texts(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)))
			return false;
	return json_is_array(list);
}

static enum cairn_code verify(json_t *o, struct cairn_err *err)
{
	const char *name, *schema = jsonrec_str(o, "schema");
	json_t *value;

	if (!schema || strcmp(schema, SCHEMA))
		return cairn_fail(err, CAIRN_FORMAT, "no expectation: its schema is not " SCHEMA);
	json_object_foreach(o, name, value) {
		const struct member *m = member_find(name);

		if (!m && strcmp(name, "schema"))
			return cairn_fail(err, CAIRN_FORMAT, "%s: nothing of that name is looked at", name);
		if (m && m->list && !is_texts(value))
			return cairn_fail(err, CAIRN_FORMAT, "%s: not a list of texts", name);
		if (m && !m->list && !json_is_string(value))
			return cairn_fail(err, CAIRN_FORMAT, "%s: not a text", name);
	}
	return CAIRN_OK;
}

enum cairn_code expectation_parse(json_t **ret, const char *text, size_t len, struct cairn_err *err)
{
	json_error_t e;
	enum cairn_code code;

	*ret = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!*ret)
		return cairn_fail(err, CAIRN_FORMAT, "line %d: not JSON: %s", e.line, e.text);
	code = verify(*ret, err);
	if (code) {
		json_decref(*ret);
		*ret = NULL;
	}
	return code;
}

static enum cairn_code note(struct held *h, const char *what, const char *want, const char *found,
			    bool ok, struct arena *a, struct cairn_err *err)
{
	void *room = arena_room(a, h->item, h->n, &h->cap, sizeof(*h->item));

	if (!room)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	h->item = room;
	h->item[h->n++] = (struct expected){ what, want ? want : "none", found ? found : "none", ok };
	h->failed += !ok;
	return CAIRN_OK;
}

static const char *text_at(const json_t *list, size_t i)
{
	return json_string_value(json_array_get(list, i));
}

/* Texts of a list, or one member of each of its objects, in words. */
static const char *joined(const json_t *list, const char *member, struct arena *a)
{
	char *all = NULL;

	for (size_t i = 0; i < json_array_size(list) && i < 64; i++) {
		const char *s = member ? jsonrec_str(json_array_get(list, i), member)
				       : text_at(list, i);

		all = arena_printf(a, all ? "%s < %s" : "%s%s", all ? all : "", s ? s : "?");
	}
	return all;
}

static bool in_order(const json_t *want, const json_t *frames)
{
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(frames) && at < json_array_size(want); i++)
		at += jsonrec_fits(text_at(want, at), jsonrec_str(json_array_get(frames, i), "function"));
	return at == json_array_size(want);
}

static bool any_fits(const json_t *patterns, const char *id)
{
	for (size_t i = 0; i < json_array_size(patterns); i++)
		if (jsonrec_fits(text_at(patterns, i), id))
			return true;
	return false;
}

static const char *finding_that(const json_t *findings, const char *pattern, const json_t *but)
{
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const char *id = jsonrec_str(json_array_get(findings, i), "id");

		if (jsonrec_fits(pattern, id) && !any_fits(but, id))
			return id;
	}
	return NULL;
}

static enum cairn_code hold_findings(struct held *h, const json_t *want, const json_t *findings,
				     struct arena *a, struct cairn_err *err)
{
	const json_t *require = json_object_get(want, "require");
	const json_t *forbid = json_object_get(want, "forbid");
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; i < json_array_size(require) && !code; i++) {
		const char *id = finding_that(findings, text_at(require, i), NULL);

		code = note(h, "require", text_at(require, i), id ? id : joined(findings, "id", a),
			    id != NULL, a, err);
	}
	for (size_t i = 0; i < json_array_size(forbid) && !code; i++) {
		const char *id = finding_that(findings, text_at(forbid, i), require);

		code = note(h, "forbid", text_at(forbid, i), id, !id, a, err);
	}
	return code;
}

enum cairn_code expectation_hold(struct held *ret, const json_t *want, const json_t *record,
				 struct arena *a, struct cairn_err *err)
{
	const json_t *list = json_object_get(want, "frames");
	const json_t *frames = json_object_get(json_object_get(record, "stack"), "frames");
	enum cairn_code code = CAIRN_OK;

	*ret = (struct held){ 0 };
	for (size_t i = 0; i < NMEMBERS && !code; i++) {
		const struct member *m = &members[i];
		const char *pattern = jsonrec_str(want, m->name), *found;

		if (m->list || !pattern)
			continue;
		found = jsonrec_str(m->of ? json_object_get(record, m->of) : record, m->name);
		code = note(ret, m->name, pattern, found, jsonrec_fits(pattern, found), a, err);
	}
	if (!code && list)
		code = note(ret, "frames", joined(list, NULL, a), joined(frames, "function", a),
			    in_order(list, frames), a, err);
	return code ? code : hold_findings(ret, want, json_object_get(record, "findings"), a, err);
}

static json_t *frames_made(const json_t *record, const char *function)
{
	const json_t *frames = json_object_get(json_object_get(record, "stack"), "frames");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(frames) && json_array_size(list) < FRAMES_MADE; i++) {
		const char *name = jsonrec_str(json_array_get(frames, i), "function");

		if (name && function && (json_array_size(list) || !strcmp(name, function)))
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static json_t *findings_made(const json_t *record)
{
	const json_t *findings = json_object_get(record, "findings");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(findings); i++) {
		const char *id = jsonrec_str(json_array_get(findings, i), "id");

		if (id && !any_fits(list, id))
			json_array_append_new(list, json_string(id));
	}
	return list;
}

json_t *expectation_make(const json_t *record)
{
	json_t *o = json_object();

	json_object_set_new(o, "schema", json_string(SCHEMA));
	for (size_t i = 0; i < NMEMBERS; i++) {
		const struct member *m = &members[i];
		const char *s = jsonrec_str(m->of ? json_object_get(record, m->of) : record, m->name);

		if (!m->list && s)
			json_object_set_new(o, m->name, json_string(s));
	}
	json_object_set_new(o, "frames", frames_made(record, jsonrec_str(o, "function")));
	json_object_set_new(o, "require", findings_made(record));
	json_object_set_new(o, "forbid", json_pack("[s]", "*"));
	return o;
}
