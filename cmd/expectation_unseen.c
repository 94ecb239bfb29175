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
