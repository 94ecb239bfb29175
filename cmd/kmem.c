/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/memory_out.h"
#include "lib/base/mem.h"
#include "mm/caches.h"

enum { OPT_INFO, OPT_SLABS };

static const struct opt opts[] = {
	[OPT_INFO] = { 'i', "info", NULL, "what memory is used for, by the kernel's counters" },
	[OPT_SLABS] = { 's', "slabs", NULL, "the slab allocator's caches; operands: names, patterns" },
	{ 0, NULL, NULL, NULL },
};

/* ---- memory ---- */

static enum cairn_code info(struct call *call, enum verdict *verdict)
{
	struct memstat m;
	size_t known;

	memstat_get(call->cairn, &m);
	out_record(call->out, "memory");
	known = memory_fields(call->out, &m);
	out_end(call->out);
	if (known && call->out->mode == OUT_TEXT)
		memory_table(call->out, &m, image_info(call->cairn->img)->page_shift);
	if (m.lack.code)
		error_partial(call, known ? "not known of all" : "not known", &m.lack, verdict);
	if (known && m.huge_lack.code)
		error_partial(call, "not known", &m.huge_lack, verdict);
	return CAIRN_OK;
}

/* ---- caches ---- */

struct list {
	struct call *call;
	const struct caches *caches;
	struct row {
		struct slab_cache c;
		enum cairn_code code; /* it could not be read; why is in c.err */
	} *row;
	size_t n, cap;
	bool no_memory;
};

static uint64_t memory_of(const struct slab_cache *c)
{
	return c->err.code ? 0 : c->slabs * c->slab_size;
}

static int by_memory(const void *a, const void *b)
{
	const struct slab_cache *x = &((const struct row *)a)->c, *y = &((const struct row *)b)->c;
	uint64_t m = memory_of(x), n = memory_of(y);
	int name = strcmp(x->name, y->name);

	if (m != n)
		return m < n ? 1 : -1;
	return name ? name : (x->addr > y->addr) - (x->addr < y->addr);
}

static bool is_wanted(const struct call *call, const struct slab_cache *c)
{
	char *end;

	for (int i = 0; i < call->argc; i++)
		if (!fnmatch(call->argv[i], c->name, 0) ||
		    (strtoull(call->argv[i], &end, 16) == c->addr && !*end))
			return true;
	return !call->argc;
}

static void keep(void *arg, uint64_t addr)
{
	struct list *l = arg;
	struct row *row;

	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;

		row = mem_resize(l->row, cap, sizeof(*row));
		l->no_memory |= !row;
		if (!row)
			return;
		l->row = row;
		l->cap = cap;
	}
	row = &l->row[l->n];
	row->code = cache_read(l->caches, addr, &row->c, &row->c.err);
	l->n += row->code || is_wanted(l->call, &row->c);
}

static void counter(struct out *o, const char *name, const char *look, uint64_t value,
		    const struct cairn_err *err)
{
	if (err)
		out_null(o, name, look);
	else
		out_count(o, name, look, value);
}

static void fault(struct out *o, const struct cairn_err *err)
{
	if (err)
		out_fault(o, "fault", "  %s", err);
	else
		out_null(o, "fault", NULL);
}

static void show_row(struct call *call, const struct row *row)
{
	const struct slab_cache *c = &row->c;
	const struct cairn_err *err = c->err.code ? &c->err : NULL;
	const struct cairn_err *free_err = err ? err : c->free_err.code ? &c->free_err : NULL;
	struct out *o = call->out;

	out_record(o, "cache");
	out_addr(o, "cache", "%s", c->addr, call->cairn->arch->word * 2);
	counter(o, "object_size", "  %7s", c->size, row->code ? err : NULL);
	counter(o, "stride", NULL, c->stride, row->code ? err : NULL);
	counter(o, "allocated", "  %9s", c->objects - c->free - c->kept, free_err);
	counter(o, "kept", NULL, c->kept, free_err ? free_err : c->kept_err.code ? &c->kept_err : NULL);
	counter(o, "objects", "  %8s", c->objects, err);
	counter(o, "slabs", "  %6s", c->slabs, err);
	counter(o, "slab_size", "  %6s", c->slab_size, row->code ? err : NULL);
	counter(o, "memory", NULL, memory_of(c), err);
	if (err)
		out_text(o, "  %8s", "-");
	else
		out_text(o, "  %7" PRIu64 "K", memory_of(c) >> 10);
	out_str(o, "name", "  %s", row->code ? NULL : c->name);
	fault(o, free_err);
	out_text(o, "\n");
	out_end(o);
}

static void heading(struct call *call)
{
	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "%-*s  OBJSIZE  ALLOCATED     TOTAL   SLABS   SSIZE    MEMORY  NAME\n",
		 call->cairn->arch->word * 2, "CACHE");
	out_paint(call->out, OUT_PLAIN);
}

static enum cairn_code show(struct list *l, enum verdict *verdict, struct cairn_err *err)
{
	if (l->no_memory)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the caches");
	if (!l->n && l->call->argc)
		return cairn_fail(err, CAIRN_NOTFOUND, "no cache is called %s", l->call->argv[0]);
	if (l->n)
		qsort(l->row, l->n, sizeof(*l->row), by_memory);
	heading(l->call);
	for (size_t i = 0; i < l->n && !out_broken(l->call->out); i++) {
		show_row(l->call, &l->row[i]);
		if (l->row[i].c.err.code || l->row[i].c.free_err.code)
			*verdict = VERDICT_PARTIAL;
	}
	return CAIRN_OK;
}

static enum cairn_code slabs(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct caches caches;
	struct list l = { .call = call, .caches = &caches };
	struct cairn_err broken;
	enum cairn_code code = caches_init(&caches, call->cairn, err), ended;

	if (code)
		return code;
	ended = caches_each(&caches, keep, &l, &broken);
	code = ended && !l.n ? cairn_fail(err, ended, "%s", broken.text) : show(&l, verdict, err);
	if (!code && ended)
		error_partial(call, "the list of caches is not whole", &broken, verdict);
	mem_free(l.row);
	return code;
}

/* ---- the command ---- */

static enum cairn_code addresses(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const char **words = arena_array(call->scratch, (size_t)call->argc + 1, sizeof(*words));

	if (!words)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	words[0] = "whatis";
	memcpy(words + 1, call->argv, (size_t)call->argc * sizeof(*words));
	return cmd_call(call, call->out, call->argc + 1, words, verdict, err);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	if (call->opt[OPT_SLABS].set)
		return slabs(call, verdict, err);
	if (call->argc)
		return addresses(call, verdict, err);
	if (call->opt[OPT_INFO].set)
		return info(call, verdict);
	return cairn_fail(err, CAIRN_USAGE, "say -i, -s, or name an address");
}

static const struct cmd kmem = {
	.name = "kmem",
	.synopsis = "-i | -s [NAME | CACHE]... | ADDRESS...",
	.summary = "the kernel's memory: what it is used for, the slab allocator's caches",
	.help = "-i shows the kernel's counters. Each may be off by some pages for each CPU. The page\n"
		"cache includes shared memory and what lies in ramfs and tmpfs: what of it is\n"
		"unevictable, no lack of memory brings back. Huge pages are those of hugetlbfs.\n"
		"\n"
		"-s lists the caches of the slab allocator, those that take most memory first: bytes of\n"
		"an object, objects that are in use and all there is room for, slabs and the size of\n"
		"one. What CPUs keep at hand is not in use; where it is not known (a kernel that names\n"
		"no data), it counts as if it were, as in /proc/slabinfo. NAME may be a pattern:\n"
		"kmalloc-*.\n"
		"\n"
		"An ADDRESS is for `whatis`: which object of which cache it is, whose page.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&kmem);
