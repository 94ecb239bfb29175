/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_slab - lists of free objects that are broken: of each slab that has some, and of CPUs.
 *
 * It reads every slab that is not full, which is much: it does so where the kernel died in the
 * allocator, or where it is asked for by name.
 */
#include "mm/check_slab.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/kern/crashpc.h"
#include "lib/kern/finding.h"
#include "lib/kern/panic.h"
#include "mm/caches.h"
#include "mm/slab_cpu.h"
#include "mm/slab_list.h"

#define TEXT 320

enum { C_NAME, C_CPU, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_NAME] = "name", [C_CPU] = "cpu_slab" },
};

enum { S_FREELIST, S_INUSE, S_OBJECTS, S_N };
static const struct shape_want slab_want = {
	"struct slab|struct page", S_N,
	{ [S_FREELIST] = "freelist", [S_INUSE] = "inuse", [S_OBJECTS] = "objects" },
};

/* What is 0 when nobody holds it; of other locks nothing is known. */
static const struct shape_want lock_want = {
	"struct kmem_cache_node", 1,
	{ "list_lock.rlock.raw_lock.val.counter|list_lock.raw_lock.val.counter|"
	  "list_lock.lock.rtmutex.owner|list_lock.lock.owner" },
};

struct look {
	struct cairn *c;
	struct cairn_run *run;
	struct caches caches;
	struct shape cache_shape, slab_shape, lock_shape;
	/* the cache at hand */
	uint64_t cache;
	char name[64];
	struct slab_links links;
	bool node_is_free;     /* nobody held the lock of the node at hand */
	/* what could not be read */
	size_t unread;
	struct cairn_err why, cpus_why;
};

static void note_unread(struct look *l, const struct cairn_err *why)
{
	if (!l->unread++)
		l->why = *why;
}

/* ---- what is said ---- */

static void say(struct look *l, struct cairn_finding *f, const struct slab_list_end *end)
{
	char expected[64] = "an object of the slab", found[32];
	struct cairn_evidence e[] = {
		{ end->place, l->c->arch->word, "the word" },
		{ end->object, 1, "the free object that it lies in" },
	};

	if (end->begin)
		snprintf(expected, sizeof(expected), "an object of the slab at 0x%" PRIx64 ", or none",
			 end->begin);
	snprintf(found, sizeof(found), "0x%" PRIx64, end->found);
	f->severity = CAIRN_ERROR;
	f->addr = end->place;
	f->expected = expected;
	f->found = found;
	f->evidence = e;
	f->nevidence = end->object ? 2 : 1;
	cairn_report(l->run, f);
}

static void bad_head(struct look *l, const char *whose, const struct slab_list *list,
		     const struct slab_list_end *end)
{
	char text[TEXT];
	struct cairn_finding f = { .id = "slab.freelist.head", .object = list->head,
				   .field = "freelist", .message = text };

	snprintf(text, sizeof(text), "%s list of free objects of %s begins with 0x%" PRIx64
		 ", which is no object of its slab 0x%" PRIx64, whose, l->name, end->found,
		 list->head);
	say(l, &f, end);
}

static void bad_link(struct look *l, const struct slab_list_end *end)
{
	char text[TEXT];
	struct cairn_finding f = { .id = "slab.freelist.link", .object = end->object,
				   .field = "the link of a free object", .message = text };

	snprintf(text, sizeof(text), "the free object 0x%" PRIx64 " of %s leads to 0x%" PRIx64
		 ", which is no object of its slab, or was on the list before", end->object, l->name,
		 end->found);
	say(l, &f, end);
}

static bool follow(struct look *l, const char *whose, const struct slab_list *list, uint64_t *n)
{
	struct slab_list_end end;
	struct cairn_err why;
	enum slab_list_state state = slab_list_walk(&l->links, &l->caches.pages, list, &end, &why);

	*n = end.n;
	if (state == SLAB_LIST_HEAD)
		bad_head(l, whose, list, &end);
	else if (state == SLAB_LIST_LINK)
		bad_link(l, &end);
	else if (state == SLAB_LIST_UNREAD)
		note_unread(l, &why);
	return state == SLAB_LIST_WHOLE;
}

/* ---- slabs ---- */

/* slab_lock() is bit 0 of the first page's flags. */
static bool is_at_rest(struct look *l, uint64_t slab)
{
	uint64_t flags;

	return l->node_is_free &&
	       !space_word(&l->c->kernel, slab + l->caches.pages.flags, &flags, NULL) && !(flags & 1);
}

static void bad_count(struct look *l, uint64_t slab, uint64_t free, uint64_t n)
{
	char text[TEXT], expected[24], found[24];
	struct cairn_evidence e = { slab, l->slab_shape.size, "the slab's own data" };
	struct cairn_finding f = {
		.id = "slab.freelist.count", .severity = CAIRN_ERROR, .object = slab,
		.addr = slab + l->slab_shape.m[S_FREELIST].offset, .field = "slab.inuse",
		.grade = is_at_rest(l, slab) ? CAIRN_CERTAIN : CAIRN_IN_FLIGHT, .message = text,
		.expected = expected, .found = found, .evidence = &e, .nevidence = 1,
	};

	snprintf(expected, sizeof(expected), "%" PRIu64 " free objects", n);
	snprintf(found, sizeof(found), "%" PRIu64, free);
	snprintf(text, sizeof(text), "the slab 0x%" PRIx64 " of %s counts %" PRIu64
		 " free objects, and has %" PRIu64 " on its list", slab, l->name, free, n);
	cairn_report(l->run, &f);
}

static enum cairn_code one_slab(void *arg, uint64_t slab, struct cairn_err *err)
{
	struct look *l = arg;
	struct object o;
	uint64_t free = 0, n;
	struct slab_list list = { slab + l->slab_shape.m[S_FREELIST].offset, 0, slab };
	struct cairn_err why;
	enum cairn_code code;

	if (!cairn_go_on(l->run))
		return cairn_fail(err, CAIRN_LIMIT, "no more");
	code = object_read(&o, &l->slab_shape, &l->c->kernel, slab, &why);
	if (code) {
		note_unread(l, &why);
	} else {
		list.first = object_get(&o, S_FREELIST);
		free = object_get(&o, S_OBJECTS) - object_get(&o, S_INUSE);
		if (follow(l, "a slab's", &list, &n) && n != free)
			bad_count(l, slab, free, n);
	}
	object_done(&o);
	return CAIRN_OK;
}

static enum cairn_code one_node(void *arg, uint64_t node, struct cairn_err *err)
{
	struct look *l = arg;
	struct cairn_err why;
	uint64_t lock;

	(void)err;
	l->node_is_free = shape_has(&l->lock_shape, 0) &&
			  !shape_get(&l->lock_shape, &l->c->kernel, node, 0, &lock, NULL) && !lock;
	if (cache_each_partial(&l->caches, node, one_slab, l, &why) && why.code != CAIRN_LIMIT)
		note_unread(l, &why);
	return CAIRN_OK;
}

/* ---- CPUs ---- */

/* The list that a CPU has taken from the slab that it allocates from. */
static enum cairn_code list_of_cpu(struct look *l, const struct shape *s, const struct cpu *cpu,
				   uint64_t ptr, struct cairn_err *err)
{
	struct slab_list list = { 0 };
	struct space *sp = &l->c->kernel;
	uint64_t at = 0, n;
	enum cairn_code code = slab_percpu(l->c, cpu, ptr, &at, err);

	if (!code)
		code = shape_get(s, sp, at, SLAB_CPU_FREELIST, &list.first, err);
	if (!code)
		code = shape_get(s, sp, at, SLAB_CPU_SLAB, &list.head, err);
	list.at = at + s->m[SLAB_CPU_FREELIST].offset;
	/* without a slab it has none: what it had is being given back */
	if (!code && list.head)
		follow(l, "a CPU's", &list, &n);
	return code;
}

static enum cairn_code lists_of_cpus(struct look *l, uint64_t ptr, struct cairn_err *err)
{
	const struct cpus *cpus;
	struct shape s;
	enum cairn_code code = slab_cpu_shape(&s, l->c, err);

	if (!code)
		code = cpus_get(l->c, &cpus, err);
	for (size_t i = 0; !code && i < cpus->n; i++)
		code = list_of_cpu(l, &s, &cpus->cpu[i], ptr, err);
	return code;
}

/* ---- the whole ---- */

static void look_at_cache(struct look *l, uint64_t name)
{
	struct space *sp = &l->c->kernel;
	struct cairn_err why;
	uint64_t ptr = 0;

	if (space_text(sp, name, l->name, sizeof(l->name), NULL))
		snprintf(l->name, sizeof(l->name), "a cache");
	if (cache_each_node(&l->caches, l->cache, one_node, l, &why))
		note_unread(l, &why);
	l->node_is_free = false;
	if (!shape_has(&l->cache_shape, C_CPU))
		return;
	if (shape_get(&l->cache_shape, sp, l->cache, C_CPU, &ptr, &why) || lists_of_cpus(l, ptr, &why))
		l->cpus_why = why;
	else if (cache_each_cpu_slab(&l->caches, l->cache, one_slab, l, &why) &&
		 why.code != CAIRN_LIMIT)
		note_unread(l, &why);
}

static void one_cache(void *arg, uint64_t cache)
{
	struct look *l = arg;
	struct cairn_err why;
	uint64_t name;

	if (!cairn_go_on(l->run))
		return;
	l->cache = cache;
	if (shape_get(&l->cache_shape, &l->c->kernel, cache, C_NAME, &name, &why) ||
	    slab_links_open(&l->links, l->c, cache, &why)) {
		note_unread(l, &why);
		return;
	}
	look_at_cache(l, name);
	slab_links_close(&l->links);
}

/* mm/slub.c, mm/slab_common.c; names that compilers made of them end with .something */
static const char *const allocator[] = {
	"*kmem_cache_alloc*", "*kmem_cache_free*", "*kmalloc*", "kfree*", "*slab_alloc*",
	"*slab_free*", "*get_partial*", "get_from_partial*", "*deactivate_slab*",
	"*unfreeze_partials*", "put_cpu_partial*", "get_freelist*", "free_to_p*", "*refill_*sheaf*",
	"*refill_objects*", "*sheaf_flush*", "setup_object*", "*ksize*",
};

static bool died_in_allocator(struct cairn *c)
{
	const struct log_record *from;
	struct crashpc pc;
	struct panic p;

	if (panic_get(c, &p, NULL))
		return false;
	from = p.cause ? p.cause : p.record;
	if (!from || !crashpc_find(&pc, from, p.record ? p.record : from) || pc.module[0])
		return false;
	for (size_t i = 0; i < sizeof(allocator) / sizeof(allocator[0]); i++)
		if (!fnmatch(allocator[i], pc.function, 0))
			return true;
	return false;
}

static enum cairn_code get_shapes(struct look *l, struct cairn_err *err)
{
	static const unsigned name = C_NAME, of_slab[] = { S_FREELIST, S_INUSE, S_OBJECTS };
	enum cairn_code code = shape_resolve(&l->cache_shape, &cache_want, &l->c->types, err);

	if (!code)
		code = shape_require(&l->cache_shape, &name, 1, err);
	if (!code)
		code = shape_resolve(&l->slab_shape, &slab_want, &l->c->types, err);
	if (!code)
		code = shape_require(&l->slab_shape, of_slab, S_N, err);
	if (!code)
		code = shape_resolve(&l->lock_shape, &lock_want, &l->c->types, err);
	if (!code)
		code = caches_init(&l->caches, l->c, err);
	if (!code && l->caches.lack.code)
		code = cairn_fail(err, l->caches.lack.code, "%s", l->caches.lack.text);
	if (!code && !l->caches.has_pages)
		code = cairn_fail(err, CAIRN_MISSING, "nothing is known of pages");
	return code;
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run, struct cairn_err *err)
{
	struct look l = { .c = c, .run = run, .cpus_why = { .code = CAIRN_OK } };
	enum cairn_code code;
	char what[64];

	code = get_shapes(&l, err);
	if (!code)
		code = caches_each(&l.caches, one_cache, &l, err);
	if (l.cpus_why.code)
		cairn_unseen(run, "what CPUs allocate from", &l.cpus_why);
	snprintf(what, sizeof(what), "%zu list%s of free objects", l.unread, l.unread == 1 ? "" : "s");
	if (l.unread)
		cairn_unseen(run, what, &l.why);
	return code;
}

static const struct cairn_check check = {
	.name = "slab",
	.summary = "lists of free objects, where the kernel died in the slab allocator, or by -o slab",
	.ids = check_slab_ids,
	.run = run,
	.is_worth_it = died_in_allocator,
};
CAIRN_CHECK(&check);
