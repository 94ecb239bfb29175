/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/expectation_unseen.h"

#include <string.h>

#include "cmd/jsonrec.h"
#include "lib/kern/finding.h"

static const struct cairn_check *check_called(const char *name)
{
	SET_EACH(cairn_checks, const struct cairn_check, p)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

static bool may_say(const char *name, const char *pattern)
{
	const struct cairn_check *check = name ? check_called(name) : NULL;

	return !check || check_matches(check, pattern);
}

static const char *in_words(const json_t *unseen, size_t others, struct arena *a)
{
	const char *check = jsonrec_str(unseen, "check"), *what = jsonrec_str(unseen, "what");
	const char *reason = jsonrec_str(unseen, "reason");
	const char *more = others ? arena_printf(a, ", and %zu more", others) : "";

	return arena_printf(a, "%s%s%s: %s%s", check ? check : "a checker", what ? ": " : "",
			    what ? what : "", reason ? reason : "no reason is given", more ? more : "");
}

const char *unseen_why(const json_t *record, const char *pattern, const json_t *allowed,
		       struct arena *a)
{
	const json_t *list = json_object_get(record, "unchecked"), *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *unseen = json_array_get(list, i);
		const char *name = jsonrec_str(unseen, "check");

		if (!may_say(name, pattern) || jsonrec_fits_any(allowed, name))
			continue;
		if (!n++)
			first = unseen;
	}
	if (first)
		return in_words(first, n - 1, a);
	return json_is_true(json_object_get(record, "checked")) ? NULL :
								  "the checks did not come to their end";
}

json_t *unseen_checks(const json_t *record)
{
	const json_t *list = json_object_get(record, "unchecked");
	json_t *names = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = jsonrec_str(json_array_get(list, i), "check");

		if (name && !jsonrec_fits_any(names, name))
			json_array_append_new(names, json_string(name));
	}
	if (json_array_size(names))
		return names;
	json_decref(names);
	return NULL;
}

/* The log before all else, which tells of a crash. */
static const char *what_is_missing(const json_t *record, struct arena *a)
{
	const json_t *list = json_object_get(record, "degraded"), *first = json_array_get(list, 0);
	const char *what, *reason;

	for (size_t i = 0; i < json_array_size(list); i++) {
		what = jsonrec_str(json_array_get(list, i), "what");
		if (what && !strcmp(what, "log"))
			first = json_array_get(list, i);
	}
	what = jsonrec_str(first, "what");
	reason = jsonrec_str(first, "reason");
	return what ? arena_printf(a, "%s: %s", what, reason ? reason : "no reason is given") : NULL;
}

const char *unknown_why(const json_t *record, const char *found, struct arena *a)
{
	const char *class = jsonrec_str(json_object_get(record, "crash"), "class"), *missing;

	if (found && strcmp(found, "unknown"))
		return NULL;
	missing = what_is_missing(record, a);
	if (missing)
		return missing;
	return class && !strcmp(class, "unknown") ? "what crashed is not known" : NULL;
}

const char *unwound_why(const json_t *record, struct arena *a)
{
	const json_t *stack = json_object_get(record, "stack");
	const char *end = jsonrec_str(stack, "end");

	if (json_is_null(stack))
		return unknown_why(record, NULL, a);
	if (!json_is_false(json_object_get(stack, "complete")))
		return NULL;
	return arena_printf(a, "the stack is not unwound to its end: %s", end ? end : "no reason is given");
}
