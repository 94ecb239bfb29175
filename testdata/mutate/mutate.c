/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate [-n N] [-r SEED] [-f FAMILY] [-uv] {[-s TYPES] DUMP}...: N changes of each family, spread
 * over the dumps. Exit 1 if less is found or named than the family promises, or if an untouched
 * dump has a finding.
 *
 * A changed pointer may lead to a page that the dump has not: whether something is wrong there
 * cannot be known, and the checkers tell that they did not see it. With -u, for slim dumps, such
 * changes are counted apart and not as missed, and are not to be many; else they are missed.
 */
#include "testdata/mutate/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/image/overlay.h"

#define DUMPS 32
#define ROWS 64
#define MISSES 40

struct dump {
	const char *path, *types;
};

struct row {
	const char *kind;
	size_t n, found, named, expected, unseen;
};

struct tally {
	struct row row[ROWS];
	size_t rows, false_alarms, misses;
};

static struct dump dumps[DUMPS];
static size_t ndumps, wanted = 5000;
static uint64_t seed = 1;
static const char *only;
static bool verbose, slim;

static struct row *row_of(struct tally *t, const char *kind)
{
	for (size_t i = 0; i < t->rows; i++)
		if (!strcmp(t->row[i].kind, kind))
			return &t->row[i];
	if (t->rows == ROWS)
		abort();
	t->row[t->rows].kind = kind;
	return &t->row[t->rows++];
}

static bool write_word(struct cairn *c, const struct mutable_word *w, uint64_t value)
{
	unsigned char raw[8];
	struct cairn_err err = { 0 };
	uint64_t paddr;

	for (unsigned i = 0; i < 8; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	return !space_translate(&c->kernel, w->addr, &paddr, &err) &&
	       !overlay_write(c->img, paddr, raw, w->size, &err);
}

static void note_miss(struct tally *t, const struct mutable_word *w, const struct change *ch,
		      const struct answer *a, bool unseen)
{
	if (t->misses++ < MISSES || verbose)
		printf("# %s %s: %s 0x%llx: 0x%llx -> 0x%llx%s%s\n",
		       a->findings ? "not named" : unseen ? "unseen" : "missed", w->kind, ch->how,
		       (unsigned long long)w->addr, (unsigned long long)w->old,
		       (unsigned long long)ch->value, a->findings ? ", said " : "", a->first);
}

static void one_change(struct cairn *c, const struct family *f, void *state,
		       const struct mutable_word *w, uint64_t *random, size_t unseen_before,
		       struct tally *t)
{
	struct change ch;
	struct answer a = { 0 };
	struct cairn_err err;
	struct row *r;
	bool unseen;

	if (!f->change(state, w, random, &ch) || !write_word(c, w, ch.value))
		return;
	if (f->ask(state, w, &a, &err))
		printf("# not asked: %s\n", err.text);
	overlay_undo(c->img, 0);
	r = row_of(t, w->kind);
	r->n++;
	r->found += a.findings > 0;
	r->named += a.named;
	r->expected += a.expected;
	unseen = !a.findings && a.unseen > unseen_before;
	r->unseen += unseen;
	if (!a.named && !(slim && unseen))
		note_miss(t, w, &ch, &a, unseen);
}

static size_t done(const struct tally *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->rows; i++)
		n += t->row[i].n;
	return n;
}

/* Every word about as often as any other; the order depends on the seed alone. */
static void family_on_dump(const struct family *f, struct cairn *c, const char *path,
			   size_t until, struct tally *t)
{
	uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	struct mutable_words words = { 0 };
	struct answer a = { 0 };
	struct cairn_err err;
	void *state = NULL;

	if (f->begin(c, &state, &words, &err)) {
		printf("# %s: %s: %s\n", f->name, path, err.text);
		f->end(state);
		return;
	}
	if (f->ask(state, NULL, &a, &err))
		printf("# %s: %s: untouched: %s\n", f->name, path, err.text);
	if (a.findings)
		printf("# %s: %s: untouched, yet %s\n", f->name, path, a.first);
	t->false_alarms += a.findings;
	for (size_t tries = 0; words.n && done(t) < until && tries < 20 * until; tries++)
		one_change(c, f, state, &words.word[mutate_below(&random, words.n)], &random,
			   a.unseen, t);
	printf("# %s: %s: %zu words\n", f->name, path, words.n);
	mem_free(words.word);
	f->end(state);
}

static bool on_dump(size_t i, struct tally *tallies)
{
	const char *paths[] = { dumps[i].path };
	const char *debug[] = { dumps[i].types, NULL };
	const struct cairn_opts opts = { .debug_files = dumps[i].types ? debug : NULL,
					 .no_debug_search = true };
	struct cairn_err err;
	struct cairn *c;
	size_t k = 0;

	if (cairn_open(&c, paths, 1, &opts, &err)) {
		printf("# %s: %s\n", paths[0], err.text);
		return false;
	}
	SET_EACH(mutations, const struct family, f) {
		if (!only || !strcmp(only, (*f)->name))
			family_on_dump(*f, c, paths[0], wanted * (i + 1) / ndumps, &tallies[k]);
		k++;
	}
	cairn_close(c);
	return true;
}

static double percent(size_t part, size_t whole)
{
	return 100.0 * (double)part / (double)(whole ? whole : 1);
}

/* Changes that the dump lets one judge. */
static size_t judged(const struct row *r)
{
	return r->n - (slim ? r->unseen : 0);
}

static bool meets(const struct family *f, const struct row *all, size_t false_alarms)
{
	size_t n = judged(all);

	return n && (double)all->found >= f->found * (double)n &&
	       (double)all->named >= f->named * (double)n && !false_alarms &&
	       (!slim || (double)all->unseen <= f->unseen * (double)all->n);
}

static bool report(const struct family *f, const struct tally *t)
{
	struct row all = { .kind = "all" };
	bool fine;

	if (!t->rows) {
		printf("%s: none of these dumps has such words\n", f->name);
		return true;
	}
	printf("%s\n  %-24s %8s %8s %8s %9s %8s %9s %9s\n", f->name, "word", "changed", "unseen",
	       "found", "", "named", "", "old value");
	for (size_t i = 0; i <= t->rows; i++) {
		const struct row *r = i < t->rows ? &t->row[i] : &all;

		printf("  %-24s %8zu %8zu %8zu %8.2f%% %8zu %8.2f%% %8.2f%%\n", r->kind, r->n, r->unseen,
		       r->found, percent(r->found, judged(r)), r->named, percent(r->named, judged(r)),
		       percent(r->expected, judged(r)));
		if (r == &all)
			break;
		all.n += r->n;
		all.found += r->found;
		all.named += r->named;
		all.expected += r->expected;
		all.unseen += r->unseen;
	}
	fine = meets(f, &all, t->false_alarms);
	printf("  demanded: %.1f%% found, %.1f%% named, ", 100 * f->found, 100 * f->named);
	if (slim)
		printf("at most %.1f%% unseen, which do not count (%.1f%%), ", 100 * f->unseen,
		       percent(all.unseen, all.n));
	printf("nothing on the untouched (%zu): %s\n", t->false_alarms, fine ? "yes" : "NO");
	return fine;
}

static bool parse(int argc, char **argv)
{
	const char *types = NULL;
	int o;

	while ((o = getopt(argc, argv, "-n:r:f:s:uv")) != -1) {
		switch (o) {
		case 'n': wanted = strtoul(optarg, NULL, 10); break;
		case 'r': seed = strtoull(optarg, NULL, 10); break;
		case 'f': only = optarg; break;
		case 's': types = optarg; break;
		case 'u': slim = true; break;
		case 'v': verbose = true; break;
		case 1:
			if (ndumps == DUMPS)
				return false;
			dumps[ndumps++] = (struct dump){ optarg, types };
			types = NULL;
			break;
		default: return false;
		}
	}
	return ndumps;
}

int main(int argc, char **argv)
{
	struct tally *tallies = mem_zalloc(SET_SIZE(mutations) + 1, sizeof(*tallies));
	bool fine = tallies && parse(argc, argv);
	size_t k = 0;

	if (!fine) {
		fprintf(stderr, "mutate [-n N] [-r SEED] [-f FAMILY] [-uv] {[-s TYPES] DUMP}...\n");
		return 2;
	}
	for (size_t i = 0; i < ndumps; i++)
		fine = on_dump(i, tallies) && fine;
	SET_EACH(mutations, const struct family, f) {
		if (!only || !strcmp(only, (*f)->name))
			fine = report(*f, &tallies[k]) && fine;
		k++;
	}
	mem_free(tallies);
	return fine ? 0 : 1;
}
