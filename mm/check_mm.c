/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_mm - address spaces: areas, their bounds, their links, their totals and their lock.
 */
#include "mm/check_mm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/sysinfo.h"

#define AREAS_LIMIT ((size_t)1 << 26) /* of all address spaces together: no area is of two */
#define MAX_MAP_COUNT 65530u /* include/linux/mm.h, DEFAULT_MAX_MAP_COUNT */
#define GUARD_PAGES 256u /* mm/mmap.c stack_guard_gap, as it is compiled in */

static const struct shape_want area_want = {
	"struct vm_area_struct", CK_N,
	{
		[CK_NEXT] = "vm_next", [CK_PREV] = "vm_prev",
		[CK_PARENT] = "vm_rb.__rb_parent_color", [CK_LEFT] = "vm_rb.rb_left",
		[CK_RIGHT] = "vm_rb.rb_right", [CK_GAP] = "rb_subtree_gap",
		[CK_DETACHED] = "detached", [CK_REFCNT] = "vm_refcnt.refs.counter",
		[CK_SEQ] = "vm_lock_seq",
		[CK_CHAIN] = "anon_vma_chain.next",
		[CK_PROT] = "vm_page_prot.pgprot|vm_page_prot",
	},
};

static const struct shape_want link_want = {
	"struct anon_vma_chain", 3, { "vma", "anon_vma", "same_vma" },
};

/* ---- saying it ---- */

const char *mm_whose(const struct mm_look *l)
{
	const char *ret = arena_printf((struct arena *)&l->arena, "address space 0x%" PRIx64
				       " of PID %" PRId32 " (%s)", l->mm.addr, l->task->pid,
				       l->task->comm);

	return ret ? ret : "an address space";
}

static const char *value_text(struct mm_look *l, const struct mm_bad *bad, uint64_t v)
{
	const char *ret = arena_printf(&l->arena, bad->decimal ? "%" PRIu64 : "0x%" PRIx64, v);

	return ret ? ret : "?";
}

void mm_bad(struct mm_look *l, const struct mm_bad *bad)
{
	uint64_t diff = bad->expected ^ bad->found;
	bool flip = !bad->untold && diff && !(diff & (diff - 1));
	struct cairn_evidence e[2] = {
		{ bad->addr, bad->len ? bad->len : l->c->arch->word, "the bad word" },
		{ l->mm.addr, l->vs.mm.s.size, "the address space" },
	};
	struct cairn_finding f = {
		.id = bad->id, .severity = bad->severity, .grade = bad->grade, .object = bad->object,
		.addr = bad->addr, .field = bad->field, .evidence = e, .nevidence = 2,
	};

	/* as the checker maple has it: a writer may be about to put it right */
	if (f.grade == CAIRN_IN_FLIGHT && f.severity == CAIRN_ERROR)
		f.severity = CAIRN_WARNING;
	f.found = value_text(l, bad, bad->found);
	if (!bad->untold)
		f.expected = value_text(l, bad, bad->expected);
	f.message = arena_printf(&l->arena, "%s: %s is %s%s%s%s%s%s", mm_whose(l), bad->field, f.found,
				 f.expected ? ", and should be " : "", f.expected ? f.expected : "",
				 flip ? " (one bit differs)" : "", bad->because ? ": " : "",
				 bad->because ? bad->because : "");
	if (!f.message)
		f.message = bad->id;
	cairn_report(l->run, &f);
}

/* ---- one address space ---- */

/* What could not be read is told once. */
static void tell_unseen(struct mm_look *l)
{
	const struct cairn_err *why = l->areas.partial ? &l->areas.err : NULL;

	for (size_t i = 0; !why && i < l->areas.n; i++)
		why = l->areas.vma[i].fault;
	l->whole = !why && !l->broken;
	if (why) {
		l->all_seen = false;
		cairn_unseen(l->run, mm_whose(l), why);
	}
}

static void look_at_areas(struct mm_look *l)
{
	struct cairn_err err;
	struct web *links;

	if (vmas_get(&l->vs, &l->mm, &l->areas, &err)) {
		l->all_seen = false;
		cairn_unseen(l->run, mm_whose(l), &err);
		return;
	}
	l->looked += l->areas.n;
	if (mm_check_wiped(l))
		return;
	mm_check_maple(l);
	mm_check_tree(l);
	links = mm_check_links(l);
	tell_unseen(l);
	mm_check_bounds(l);
	if (links)
		mm_check_gaps(links);
	mm_links_done(links);
	mm_check_areas(l);
	mm_check_sums(l);
	mm_check_marks(l);
}

static void look_at(struct mm_look *l, const struct task *t)
{
	struct cairn_err err;

	l->task = t;
	l->count_bad = 0;
	l->forked = 0;
	if (mm_read(&l->vs.mm, t->mm, &l->mm, &err)) {
		l->all_seen = false;
		cairn_unseen(l->run, mm_whose(l), &err);
		return;
	}
	if (mm_check_users(l)) {
		mm_check_lock(l);
		look_at_areas(l);
	}
	vmas_free(&l->areas);
	arena_reset(&l->arena);
}

/* Address spaces that share areas, as broken ones may, are not to be looked at for ever. */
static bool has_looked_enough(struct mm_look *l)
{
	struct cairn_err err;

	if (l->looked <= AREAS_LIMIT)
		return false;
	cairn_fail(&err, CAIRN_LIMIT, "more than %zu areas", AREAS_LIMIT);
	cairn_unseen(l->run, "the rest of the address spaces", &err);
	l->all_seen = false;
	return true;
}

/* A kernel thread borrows one, and counts or not. */
static void count_users(struct mm_look *l)
{
	for (size_t i = 0; i < l->tasks->n; i++) {
		const struct task *t = &l->tasks->task[i];
		uint64_t n = 0;

		if (t->fault || !t->mm || t->kernel_thread)
			continue;
		map_get(&l->users, t->mm, &n);
		map_put(&l->users, t->mm, n + 1);
	}
}

static void look_at_all(struct mm_look *l)
{
	struct map seen = { 0 };

	count_users(l);
	for (size_t i = 0; i < l->tasks->n && cairn_go_on(l->run) && !has_looked_enough(l); i++) {
		const struct task *t = &l->tasks->task[i];

		if (!t->fault && t->mm && map_visit(&seen, t->mm))
			look_at(l, t);
	}
	map_deinit(&seen);
	mm_report_held(l);
	mm_report_rcu(l);
	mm_report_anon(l);
	if (l->tasks->partial)
		cairn_unseen(l->run, "tasks", &l->tasks->err);
}

/* mm/mmap.c, cmdline_parse_stack_guard_gap() */
uint64_t mm_guard_pages(const char *cmdline)
{
	static const char name[] = "stack_guard_gap=";
	const char *said = cmdline ? strstr(cmdline, name) : NULL;
	unsigned long pages;
	char *end;

	while (said && said != cmdline && said[-1] != ' ')
		said = strstr(said + 1, name);
	if (!said)
		return GUARD_PAGES;
	pages = strtoul(said + sizeof(name) - 1, &end, 10);
	return *end && *end != ' ' ? GUARD_PAGES : pages;
}

static void read_globals(struct mm_look *l)
{
	struct sysinfo info;
	uint32_t areas;
	uint64_t at;

	l->max_map_count = MAX_MAP_COUNT;
	if (!sym_addr(&l->c->syms, "sysctl_max_map_count", &at, NULL) &&
	    !space_u32(&l->c->kernel, at, &areas, NULL) && areas > MAX_MAP_COUNT)
		l->max_map_count = areas;

	l->page = UINT64_C(1) << mm_page_shift(l->c);
	if (!sym_addr(&l->c->syms, "stack_guard_gap", &at, NULL) &&
	    !space_word(&l->c->kernel, at, &l->guard, NULL))
		return;
	sysinfo_get(l->c, &info);
	l->guard = mm_guard_pages(info.cmdline) * l->page;
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct mm_look *l = mem_zalloc(1, sizeof(*l));
	enum cairn_code code;

	if (!l)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to check address spaces");
	l->c = c;
	l->run = run_;
	l->all_seen = true;
	code = tasks_get(c, &l->tasks, err);
	if (!code)
		code = vma_shape_init(&l->vs, c, err);
	if (!code)
		code = shape_resolve(&l->area, &area_want, &c->types, err);
	if (!code) {
		l->has_link = !shape_resolve(&l->link, &link_want, &c->types, NULL) &&
			      shape_has(&l->link, 0) && shape_has(&l->link, 1) &&
			      shape_has(&l->link, 2);
		rwsem_layout_init(&l->rwsem, &c->types);
		read_globals(l);
		/* kernel/fork.c, or mm/vma_init.c */
		slab_use_init(&l->slabs, c, "vm_area_cachep");
		look_at_all(l);
		if (l->slabs.lack.code)
			cairn_unseen(l->run, "which areas CPUs keep for reuse", &l->slabs.lack);
	}
	mm_maple_done(l);
	slab_use_deinit(&l->slabs);
	map_deinit(&l->anon);
	map_deinit(&l->users);
	arena_deinit(&l->arena);
	mem_free(l);
	return code;
}

static const struct cairn_check check = {
	.name = "mm",
	.summary = "address spaces: areas, their bounds and totals, and who holds them",
	.ids = mm_check_ids,
	.run = run,
};
CAIRN_CHECK(&check);
