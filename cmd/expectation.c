/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/expectation.h"

#include <string.h>

#include "cmd/expectation_unseen.h"
#include "cmd/jsonrec.h"
#include "unwind/guilty.h"

#define SCHEMA "cairn.expect/1"
#define FRAMES_MADE 3
#define NAMES 12 /* of a list, told */

/* A text of the record: inside `of`, or (NULL) at the top. */
static const struct member {
	const char *name, *of;
	bool list;
} members[] = {
	{ "class", "crash", false },          { "signature", NULL, false },
	{ "signature_fuzzy", NULL, false },   { "cause", NULL, false },
	{ "function", "crash", false },       { "guilty", "crash", false },
	{ "frames", NULL, true },
	{ "require", NULL, true },            { "forbid", NULL, true },
	{ "unchecked", NULL, true },
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

/* What would be met by any dump is no expectation. */
static bool expects(const json_t *o)
{
	for (size_t i = 0; i < NMEMBERS; i++) {
		const json_t *value = json_object_get(o, members[i].name);

		if (strcmp(members[i].name, "unchecked") &&
		    (members[i].list ? json_array_size(value) > 0 : value != NULL))
			return true;
	}
	return false;
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
		if (m && !m->list && !json_is_string(value) && !json_is_null(value))
			return cairn_fail(err, CAIRN_FORMAT, "%s: neither a text nor null", name);
	}
	if (!expects(o))
		return cairn_fail(err, CAIRN_FORMAT, "nothing is expected: any dump would pass");
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

static enum cairn_code note(struct held *h, const struct expected *e, struct arena *a,
			    struct cairn_err *err)
{
	void *room = arena_room(a, h->item, h->n, &h->cap, sizeof(*h->item));

	if (!room)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	h->item = room;
	h->item[h->n] = *e;
	if (!e->want)
		h->item[h->n].want = "none";
	if (!e->found)
		h->item[h->n].found = "none";
	h->n++;
	h->failed += !e->ok && !e->unseen;
	h->unseen += !e->ok && e->unseen;
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

	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < NAMES; i++) {
		const char *s = member ? jsonrec_str(json_array_get(list, i), member)
				       : text_at(list, i);

		all = arena_printf(a, all ? "%s < %s" : "%s%s", all ? all : "", s ? s : "?");
	}
	return all && n > NAMES ? arena_printf(a, "%s < ... (%zu more)", all, n - NAMES) : all;
}

/* Names of functions are the same whatever compilers append to them, and system calls' whatever
   machines put in front of them. */
static const char *plain(const char *name, struct arena *a)
{
	struct piece p = { name, name ? strlen(name) : 0 };

	p = guilty_plain(guilty_base(p));
	return name && p.len ? arena_strndup(a, p.p, p.len) : name;
}

/* A pattern is what was meant: without its "__x64_", or its ".cold", it would be another. */
static bool fits_function(const char *pattern, const char *name, struct arena *a)
{
	bool named = pattern && !strpbrk(pattern, "*?[");

	return jsonrec_fits(pattern, name) ||
	       jsonrec_fits(named ? plain(pattern, a) : pattern, plain(name, a));
}

static bool in_order(const json_t *want, const json_t *frames, struct arena *a)
{
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(frames) && at < json_array_size(want); i++)
		at += fits_function(text_at(want, at),
				    jsonrec_str(json_array_get(frames, i), "function"), a);
	return at == json_array_size(want);
}

static const char *finding_that(const json_t *findings, const char *pattern, const json_t *but)
{
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const char *id = jsonrec_str(json_array_get(findings, i), "id");

		if (jsonrec_fits(pattern, id) && !jsonrec_fits_any(but, id))
			return id;
	}
	return NULL;
}

static enum cairn_code hold_required(struct held *h, const json_t *want, const json_t *record,
				     struct arena *a, struct cairn_err *err)
{
	const json_t *findings = json_object_get(record, "findings");
	const json_t *require = json_object_get(want, "require");
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; i < json_array_size(require) && !code; i++) {
		struct expected e = { .what = "require", .want = text_at(require, i) };

		e.found = finding_that(findings, e.want, NULL);
		e.ok = e.found != NULL;
		if (!e.ok) {
			e.found = joined(findings, "id", a);
			e.unseen = unseen_why(record, e.want, json_object_get(want, "unchecked"), a);
		}
		code = note(h, &e, a, err);
	}
	return code;
}

static enum cairn_code hold_forbidden(struct held *h, const json_t *want, const json_t *record,
				      struct arena *a, struct cairn_err *err)
{
	const json_t *findings = json_object_get(record, "findings");
	const json_t *require = json_object_get(want, "require");
	const json_t *forbid = json_object_get(want, "forbid");
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; i < json_array_size(forbid) && !code; i++) {
		struct expected e = { .what = "forbid", .want = text_at(forbid, i) };

		e.found = finding_that(findings, e.want, require);
		if (!e.found)
			e.unseen = unseen_why(record, e.want, json_object_get(want, "unchecked"), a);
		e.ok = !e.found && !e.unseen;
		code = note(h, &e, a, err);
	}
	return code;
}

static enum cairn_code hold_frames(struct held *h, const json_t *want, const json_t *record,
				   struct arena *a, struct cairn_err *err)
{
	const json_t *list = json_object_get(want, "frames");
	const json_t *frames = json_object_get(json_object_get(record, "stack"), "frames");
	struct expected e = { .what = "frames", .ok = in_order(list, frames, a) };

	if (!json_array_size(list))
		return CAIRN_OK;
	e.want = joined(list, NULL, a);
	e.found = joined(frames, "function", a);
	if (!e.ok)
		e.unseen = unwound_why(record, a);
	return note(h, &e, a, err);
}

/* A cause that is a finding, "c1c:ID:FIELD", may be one that could not be found. */
static const char *unseen_cause(const json_t *want, const json_t *record, const char *cause,
				struct arena *a)
{
	const char *id = cause + strcspn(cause, ":"), *end = id + strcspn(id, ".");
	char *pattern;

	if (!*end)
		return NULL;
	pattern = arena_strndup(a, id + 1, strcspn(id + 1, ":"));
	return pattern ? unseen_why(record, pattern, json_object_get(want, "unchecked"), a) : NULL;
}

static bool is_function(const struct member *m)
{
	return !strcmp(m->name, "function") || !strcmp(m->name, "guilty");
}

static enum cairn_code hold_text(struct held *h, const struct member *m, const json_t *want,
				 const json_t *record, struct arena *a, struct cairn_err *err)
{
	const json_t *of = m->of ? json_object_get(record, m->of) : record;
	const json_t *value = json_object_get(want, m->name);
	struct expected e = { .what = m->name, .want = json_string_value(value),
			      .found = jsonrec_str(of, m->name) };

	if (m->list || !value)
		return CAIRN_OK;
	e.ok = !e.want ? !e.found : is_function(m) ? fits_function(e.want, e.found, a)
						   : jsonrec_fits(e.want, e.found);
	if (!e.ok && e.want && !strcmp(m->name, "cause"))
		e.unseen = unseen_cause(want, record, e.want, a);
	if (!e.ok && e.want && !e.unseen)
		e.unseen = unknown_why(record, e.found, a);
	/* a stack that is cut may name a helper of the one that is blamed */
	if (!e.ok && e.want && !e.unseen && !strcmp(m->name, "function"))
		e.unseen = unwound_why(record, a);
	return note(h, &e, a, err);
}

enum cairn_code expectation_hold(struct held *ret, const json_t *want, const json_t *record,
				 struct arena *a, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	*ret = (struct held){ 0 };
	for (size_t i = 0; i < NMEMBERS && !code; i++)
		code = hold_text(ret, &members[i], want, record, a, err);
	if (!code)
		code = hold_frames(ret, want, record, a, err);
	if (!code)
		code = hold_required(ret, want, record, a, err);
	return code ? code : hold_forbidden(ret, want, record, a, err);
}

/* Without what compilers append, as the record's function is. */
static json_t *base_name(const char *name)
{
	struct piece p = guilty_base((struct piece){ name, strlen(name) });

	return json_stringn(p.p, p.len);
}

static bool is_same(const char *name, const char *function)
{
	struct piece p = guilty_base((struct piece){ name, strlen(name) });

	return p.len == strlen(function) && !memcmp(p.p, function, p.len);
}

static json_t *frames_made(const json_t *record, const char *function)
{
	const json_t *frames = json_object_get(json_object_get(record, "stack"), "frames");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(frames) && json_array_size(list) < FRAMES_MADE; i++) {
		const char *name = jsonrec_str(json_array_get(frames, i), "function");

		if (name && function && (json_array_size(list) || is_same(name, function)))
			json_array_append_new(list, base_name(name));
	}
	return list;
}

static json_t *findings_made(const json_t *record)
{
	const json_t *findings = json_object_get(record, "findings");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(findings); i++) {
		const char *id = jsonrec_str(json_array_get(findings, i), "id");

		if (id && !jsonrec_fits_any(list, id))
			json_array_append_new(list, json_string(id));
	}
	return list;
}

enum cairn_code expectation_may_make(const json_t *record, struct arena *a, struct cairn_err *err)
{
	const char *class = jsonrec_str(json_object_get(record, "crash"), "class");
	const char *why = unknown_why(record, NULL, a);

	if (!class || !strcmp(class, "unknown"))
		return cairn_fail(err, CAIRN_MISSING, "not written: what crashed is not known%s%s",
				  why ? ": " : "", why ? why : "");
	if (strcmp(class, "none") && !jsonrec_str(record, "signature"))
		return cairn_fail(err, CAIRN_MISSING, "not written: there is no signature, any other %s "
				  "would pass%s%s", class, why ? ": " : "", why ? why : "");
	return CAIRN_OK;
}

json_t *expectation_make(const json_t *record)
{
	json_t *o = json_object(), *unseen = unseen_checks(record), *frames;

	json_object_set_new(o, "schema", json_string(SCHEMA));
	for (size_t i = 0; i < NMEMBERS; i++) {
		const struct member *m = &members[i];
		const char *s = jsonrec_str(m->of ? json_object_get(record, m->of) : record, m->name);

		if (!m->list && s)
			json_object_set_new(o, m->name, json_string(s));
	}
	/* a dump about which nothing is known is another when something is */
	if (json_is_null(json_object_get(record, "cause")))
		json_object_set_new(o, "cause", json_null());
	frames = frames_made(record, jsonrec_str(o, "function"));
	if (json_array_size(frames))
		json_object_set(o, "frames", frames);
	json_decref(frames);
	json_object_set_new(o, "require", findings_made(record));
	json_object_set_new(o, "forbid", json_pack("[s]", "*"));
	if (unseen)
		json_object_set_new(o, "unchecked", unseen);
	return o;
}
