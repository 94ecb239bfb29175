/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/buckets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/kern/crashclass.h"
#include "unwind/cause.h"

static const char *copy(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static const char *key_of(const struct sights *s, const struct jsonrec *r, const char *cause,
			  struct arena *a)
{
	const char *signature = s->by_fuzzy ? r->fuzzy : r->signature;

	if (s->any_cause || !signature || !(cause_is_needed(signature) || crash_class_is_stall(r->class)))
		cause = NULL;
	if (signature)
		return arena_printf(a, "%s%s%s", signature, cause ? " " : "", cause ? cause : "");
	if (r->fate)
		return arena_printf(a, "~fate:%s", r->fate);
	return arena_printf(a, "~class:%s", r->class ? r->class : "unknown");
}

/* The function of c1:CLASS:FUNCTION:HASH. */
static const char *whom(const char *signature, struct arena *a)
{
	const char *from = signature ? strchr(signature, ':') : NULL;

	from = from ? strchr(from + 1, ':') : NULL;
	return from && from[1] != '-' ? arena_strndup(a, from + 1, strcspn(from + 1, ":")) : NULL;
}

/* A log's title may blame another than a dump's of the same bug. */
static const char *title(const struct jsonrec *r, struct arena *a)
{
	const char *told = copy(a, r->title);

	return told ? oops_retitle(told, r->blamed, whom(r->signature, a), a) : NULL;
}

static bool is_named(const char *file)
{
	return file && strcmp(file, "-");
}

enum cairn_code sights_add(struct sights *s, const struct jsonrec *r, struct arena *a,
			   struct cairn_err *err)
{
	void *room = arena_room(a, s->sight, s->n, &s->cap, sizeof(*s->sight));
	const char *key = key_of(s, r, r->cause, a);

	if (!room || !key)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	s->sight = room;
	s->sight[s->n++] = (struct sight){
		.key = key,
		.log_key = r->cause_log ? key_of(s, r, r->cause_log, a) : NULL,
		.joins = r->signature && !r->cause && !cause_is_wanted(r->class, NULL),
		.signature = copy(a, r->signature), .fuzzy = copy(a, r->fuzzy),
		.cause = copy(a, r->cause),
		.class = copy(a, r->class),         .title = title(r, a),
		.release = copy(a, r->release),     .date = copy(a, r->date),
		.file = copy(a, r->file),           .fate = copy(a, r->fate),
		.mark = is_named(r->file) ? r->mark : 0,
		.nth = s->n + s->doubles,
	};
	return CAIRN_OK;
}

/* What is not known comes last. */
static int compare(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int same(const struct sight *x, const struct sight *y)
{
	int order = x->mark != y->mark ? (x->mark < y->mark ? -1 : 1) : compare(x->file, y->file);

	if (!order)
		order = compare(x->date, y->date);
	return order ? order : compare(x->release, y->release);
}

static int by_mark(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;
	int order = same(x, y);

	return order ? order : x->nth < y->nth ? -1 : x->nth > y->nth;
}

/* Of each dump the last record. */
static void drop_doubles(struct sights *s)
{
	size_t kept = 0;

	if (s->n)
		qsort(s->sight, s->n, sizeof(*s->sight), by_mark);
	for (size_t i = 0; i < s->n; i++) {
		struct sight *before = kept ? &s->sight[kept - 1] : NULL, *here = &s->sight[i];

		if (before && here->mark && !same(before, here)) {
			here->doubles += before->doubles + 1;
			kept--;
		}
		s->sight[kept++] = *here;
	}
	s->doubles += s->n - kept;
	s->n = kept;
}

static int by_key(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	if (!order)
		order = compare(x->date, y->date);
	return order ? order : compare(x->file, y->file);
}

static void sort(struct sights *s)
{
	if (s->n)
		qsort(s->sight, s->n, sizeof(*s->sight), by_key);
}

static int by_size(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	if (x->recent != y->recent)
		return x->recent < y->recent ? 1 : -1;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->from < y->from ? -1 : x->from > y->from;
}

bool sight_is_recent(const struct sights *s, const struct sight *sight)
{
	return !s->since || !sight->date || strcmp(sight->date, s->since) >= 0;
}

static size_t end_of(const struct sights *s, size_t from)
{
	size_t to = from;

	while (to < s->n && !strcmp(s->sight[to].key, s->sight[from].key))
		to++;
	return to;
}

static bool is_with_cause(const struct sights *s, size_t i, const char *key)
{
	size_t n = strlen(key);

	return i < s->n && !strncmp(s->sight[i].key, key, n) && s->sight[i].key[n] == ' ';
}

static int by_log_key(const void *a, const void *b)
{
	const struct sight *const *x = a, *const *y = b;
	int order = strcmp((*x)->log_key, (*y)->log_key);

	return order ? order : strcmp((*x)->key, (*y)->key);
}

static int against_log_key(const void *key, const void *b)
{
	const struct sight *const *y = b;

	return strcmp(key, (*y)->log_key);
}

/* Dumps whose logs have another key, one for each such key; not where they are of several bugs. */
static size_t told_by_logs(const struct sights *s, const struct sight **ret)
{
	size_t n = 0, kept = 0, same;

	for (size_t i = 0; i < s->n; i++)
		if (s->sight[i].log_key)
			ret[n++] = &s->sight[i];
	if (n)
		qsort(ret, n, sizeof(*ret), by_log_key);
	for (size_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n && !strcmp(ret[i + same]->log_key, ret[i]->log_key); same++)
			;
		if (!strcmp(ret[i]->key, ret[i + same - 1]->key))
			ret[kept++] = ret[i];
	}
	return kept;
}

/* A log tells of who hangs, its dump of why. */
static enum cairn_code join_logs(struct sights *s, struct arena *a, struct cairn_err *err)
{
	const struct sight **dump = arena_array(a, s->n + 1, sizeof(*dump)), **of;
	size_t n = dump ? told_by_logs(s, dump) : 0;

	for (size_t i = 0; n && i < s->n; i++) {
		of = s->sight[i].log_key ? NULL :
		     bsearch(s->sight[i].key, dump, n, sizeof(*dump), against_log_key);
		if (of)
			s->sight[i].key = (*of)->key;
	}
	return dump ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "out of memory");
}

/* Behind the records of a signature without a cause lie those with each. */
static void join(struct sights *s)
{
	for (size_t i = 0, next, end; i < s->n; i = next) {
		const char *key = s->sight[i].key;

		next = end_of(s, i);
		if (!is_with_cause(s, next, key))
			continue;
		end = end_of(s, next);
		if (is_with_cause(s, end, key))
			continue;
		for (size_t k = i; k < next; k++)
			if (s->sight[k].joins)
				s->sight[k].key = s->sight[next].key;
	}
}

static struct bucket bucket_at(const struct sights *s, size_t from)
{
	struct bucket b = { .from = from, .first = s->sight[from].date };

	for (; from + b.n < s->n && !strcmp(s->sight[from + b.n].key, s->sight[from].key); b.n++) {
		const struct sight *sight = &s->sight[from + b.n];

		b.recent += sight_is_recent(s, sight);
		b.doubles += sight->doubles;
		if (sight->date)
			b.last = sight->date;
	}
	return b;
}

enum cairn_code buckets_make(struct buckets *ret, struct sights *s, struct arena *a,
			     struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct buckets){ .bucket = arena_array(a, s->n + 1, sizeof(*ret->bucket)) };
	if (!ret->bucket)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	drop_doubles(s);
	code = join_logs(s, a, err);
	if (code)
		return code;
	sort(s);
	join(s);
	sort(s);
	for (size_t i = 0; i < s->n; i += ret->bucket[ret->n++].n)
		ret->bucket[ret->n] = bucket_at(s, i);
	if (ret->n)
		qsort(ret->bucket, ret->n, sizeof(*ret->bucket), by_size);
	return CAIRN_OK;
}
