/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_growth - stacks of processes that grow while only readers hold mmap_lock.
 *
 * It is here and not beside the other checkers of address spaces because it rests on stacks.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "lib/kern/rwsem.h"
#include "lib/kern/task.h"
#include "unwind/start.h"
#include "unwind/trace.h"
#include "unwind/unwinder.h"

enum { MM_TREE, MM_LOCK, MM_N };
static const struct shape_want mm_want = {
	"struct mm_struct", MM_N, { [MM_TREE] = "mm_mt", [MM_LOCK] = "mmap_lock|mmap_sem" },
};

struct look {
	struct cairn *c;
	struct cairn_run *run;
	struct unwinder u;
	struct shape mm;
	struct rwsem_layout rwsem;
	struct arena arena, one;
};

/* mm/mmap.c: what changes the area and its tree when a stack grows. Since 8d7071af8907 (6.5) the
 * lock is held for writing then. */
static const struct frame *growing(const struct trace *tr)
{
	static const char *const names[] = { "expand_downwards", "expand_upwards",
					     "acct_stack_growth" };

	for (size_t i = 0; i < tr->n; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (tr->frame[i].named && tr->frame[i].grade <= 'B' &&
			    !strcmp(tr->frame[i].sym.name, names[k]))
				return &tr->frame[i];
	return NULL;
}

static void report(struct look *l, const struct task *t, uint64_t lock, const struct rwsem *sem,
		   const struct frame *f)
{
	struct cairn_evidence e[2] = {
		{ lock, l->rwsem.shape.size, "mmap_lock: readers hold it" },
		{ f->slot ? f->slot : f->sp, l->c->arch->word, "the stack that has the function" },
	};
	struct cairn_finding finding = {
		.id = "mm.stackrot", .severity = CAIRN_ERROR, .object = t->mm, .addr = lock,
		.field = "mm_struct.mmap_lock", .expected = "a writer", .evidence = e,
		.nevidence = 2,
	};

	finding.found = arena_printf(&l->arena, "%" PRIu64 " readers", sem->readers);
	finding.message = arena_printf(
		&l->arena, "the stack of PID %" PRId32 " (%s) grows in %s() with mmap_lock held for "
		"reading: others read the tree that it changes", t->pid, t->comm, f->sym.name);
	cairn_report(l->run, &finding);
}

/* Most locks are free: few stacks are traced for it. */
static void look_at(struct look *l, const struct task *t)
{
	uint64_t lock = t->mm + l->mm.m[MM_LOCK].offset;
	const struct frame *f;
	struct rwsem sem;
	struct trace tr;

	if (rwsem_read(&l->rwsem, &l->c->kernel, lock, &sem, NULL) || sem.hold != RWSEM_READERS)
		return;
	trace_task(&tr, &l->u, t, &l->one);
	f = growing(&tr);
	if (f)
		report(l, t, lock, &sem, f);
	arena_reset(&l->one);
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct look l = { .c = c, .run = run_ };
	const struct tasks *ts;
	enum cairn_code code = tasks_get(c, &ts, err);

	/* before 6.1 a lock of its own kept readers of the red-black tree away */
	if (code || shape_resolve(&l.mm, &mm_want, &c->types, NULL) || !shape_has(&l.mm, MM_TREE) ||
	    !shape_has(&l.mm, MM_LOCK))
		return code;
	rwsem_layout_init(&l.rwsem, &c->types);
	code = unwinder_init(&l.u, c, &l.arena, err);
	for (size_t i = 0; !code && i < ts->n && cairn_go_on(run_); i++)
		if (!ts->task[i].fault && ts->task[i].mm)
			look_at(&l, &ts->task[i]);
	unwinder_deinit(&l.u);
	arena_deinit(&l.one);
	arena_deinit(&l.arena);
	return code;
}

static const struct cairn_explanation ids[] = {
	{
		.id = "mm.stackrot",
		.title = "a process's stack grows under a lock that is held for reading (StackRot)",
		.meaning =
			"When a page below a stack is touched, the kernel makes the stack's area larger and stores\n"
			"it anew in the maple tree. Here that is done with mmap_lock held for reading only: others\n"
			"who hold it likewise walk the tree meanwhile, and nodes that are replaced are freed under\n"
			"them. They then read freed memory.",
		.causes =
			"CVE-2023-3269: kernels from 6.1 on before 6.1.37, 6.3.11 and 6.4.1 (8d7071af8907 in 6.5\n"
			"takes the lock for writing).",
		.next =
			"`maple -t PID`: is a node of the tree dead (maple.node.dead-linked)? `bt` of the other\n"
			"readers; faults in mas_walk() or mtree_load() in `log`. The kernel's release.",
	},
	{ .id = NULL },
};

static const struct cairn_check check = {
	.name = "growth",
	.summary = "stacks of processes that grow while others read the tree",
	.ids = ids,
	.run = run,
};
CAIRN_CHECK(&check);
