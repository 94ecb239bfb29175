/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testwait - for tests: tasks that sleep in named functions, with what they wait for, over
 * testmachine.
 *
 *   struct testwait w = tw_new(TW_HEADS);
 *   uint64_t a = tw_task(&w, 10, "a", "__mutex_lock");
 *   uint64_t lock = tw_mutex(&w, owner);
 *   tw_wait_mutex(&w, a, lock);
 *   tw_open(&w);    then tw_free(&w)
 *
 * A task's stack has what a switch leaves, a return address into its function, and above that
 * room for its waiter.
 */
#ifndef CAIRN_UNWIND_TESTWAIT_H
#define CAIRN_UNWIND_TESTWAIT_H

#include "lib/kern/finding.h"
#include "lib/kern/task.h"
#include "lib/kern/testmachine.h"

#define TW_TEXT UINT64_C(0xffffffff81000000)
#define TW_TEXT_END (TW_TEXT + 0x10000)
#define TW_STACKS UINT64_C(0x200000)
#define TW_SMALL_STACKS UINT64_C(0x20000)
#define TW_SMALL_TASKS 4u
#define TW_SP 0x3000u       /* of every task, from the beginning of its stack */
#define TW_WAITER 0x60u     /* of the waiter, from there */
#define TW_FUNCTIONS 32
#define TW_TASKS 24

/* struct task_struct, beyond testmachine's */
enum { TW_BLOCKED_ON = 0xf0, TW_PI = 0xf8 };

/* Offsets of the made-up types; unlike any kernel's, so that nothing is right by chance. */
enum {
	TW_MW_LIST = 8, TW_MW_TASK = 24, TW_MW_SIZE = 32,            /* mutex_waiter */
	TW_MUTEX_OWNER = 8, TW_MUTEX_LIST = 24, TW_MUTEX_SIZE = 48,  /* mutex */
	TW_RWSEM_COUNT = 0, TW_RWSEM_OWNER = 8, TW_RWSEM_LIST = 32,  /* rw_semaphore */
	TW_SWAIT_TASK = 0, TW_SWAIT_LIST = 8,                        /* swait_queue */
	TW_DONE_LIST = 16,                                           /* completion */
	TW_WQ_PRIVATE = 8, TW_WQ_FUNC = 16, TW_WQ_ENTRY = 24,        /* wait_queue_entry */
	TW_HEAD_LIST = 8,                                            /* wait_queue_head */
	TW_Q_NODE = 24, TW_Q_TASK = 40, TW_Q_KEY = 56,               /* futex_q */
	TW_PAGE_PAGE = 0, TW_PAGE_BIT = 8, TW_PAGE_WAIT = 16,        /* wait_page_queue */
};

enum tw_locks { TW_HEADS, TW_FIRST_WAITER };

struct testwait {
	struct testmachine m;
	struct cairn *c;
	enum tw_locks locks;
	uint64_t stacks;
	struct { uint64_t task, stack; } task[TW_TASKS];
	unsigned ntasks, nfuncs;
	const char *func[TW_FUNCTIONS];
};

/* ---- symbols of functions ---- */

static inline bool tw_at(void *self, size_t i, struct sym *ret)
{
	struct testwait *w = self;

	if (i >= w->nfuncs)
		return false;
	*ret = (struct sym){ .name = w->func[i], .addr = TW_TEXT + 0x100 * i, .size = 0x100,
			     .type = 't' };
	return true;
}

static inline bool tw_by_addr(void *self, uint64_t addr, struct sym *ret)
{
	return tw_at(self, (size_t)((addr - TW_TEXT) / 0x100), ret);
}

static inline bool tw_by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	for (size_t i = 0; tw_at(self, i, ret); i++)
		if (!strcmp(ret->name, name) && n-- == 0)
			return true;
	return false;
}

/** Address of a function, made when it is first named. */
static inline uint64_t tw_func(struct testwait *w, const char *name)
{
	unsigned i = 0;

	while (i < w->nfuncs && strcmp(w->func[i], name))
		i++;
	if (i >= TW_FUNCTIONS)
		abort();
	if (i == w->nfuncs)
		w->func[w->nfuncs++] = name;
	return TW_TEXT + 0x100 * i;
}

/* ---- types ---- */

#define TW_STRUCT(k, name, size, ...) \
	tk_struct(k, name, size, (const struct tk_member[]){ __VA_ARGS__, { 0 } })
#define TW_WORD(name, at) { name, at, 8, 0, NULL }
#define TW_INT(name, at) { name, at, 4, 0, NULL }
#define TW_IN(name, at, type) { name, at, 0, 0, type }

static inline void tw_lock_types(struct testkern *k, enum tw_locks locks)
{
	const char *list = locks == TW_HEADS ? "wait_list" : "first_waiter";
	const char *of = locks == TW_HEADS ? "list_head" : NULL;

	TW_STRUCT(k, "atomic_long", 8, TW_WORD("counter", 0));
	TW_STRUCT(k, "mutex", TW_MUTEX_SIZE, TW_IN("owner", TW_MUTEX_OWNER, "atomic_long"),
		  { list, TW_MUTEX_LIST, 8, 0, of });
	TW_STRUCT(k, "rw_semaphore", 56, TW_IN("count", TW_RWSEM_COUNT, "atomic_long"),
		  TW_IN("owner", TW_RWSEM_OWNER, "atomic_long"),
		  { list, TW_RWSEM_LIST, 8, 0, of });
	TW_STRUCT(k, "mutex_waiter", TW_MW_SIZE, TW_IN("list", TW_MW_LIST, "list_head"),
		  TW_WORD("task", TW_MW_TASK));
	TW_STRUCT(k, "rwsem_waiter", TW_MW_SIZE, TW_IN("list", TW_MW_LIST, "list_head"),
		  TW_WORD("task", TW_MW_TASK));
}

static inline void tw_queue_types(struct testkern *k)
{
	TW_STRUCT(k, "swait_queue", 24, TW_WORD("task", TW_SWAIT_TASK),
		  TW_IN("task_list", TW_SWAIT_LIST, "list_head"));
	TW_STRUCT(k, "swait_queue_head", 24, TW_IN("task_list", 8, "list_head"));
	TW_STRUCT(k, "completion", 32, TW_INT("done", 0), TW_IN("wait", 8, "swait_queue_head"));
	TW_STRUCT(k, "wait_queue_entry", 40, TW_WORD("private", TW_WQ_PRIVATE),
		  TW_WORD("func", TW_WQ_FUNC), TW_IN("entry", TW_WQ_ENTRY, "list_head"));
	TW_STRUCT(k, "wait_queue_head", 24, TW_IN("head", TW_HEAD_LIST, "list_head"));
	TW_STRUCT(k, "plist_node", 40, TW_IN("node_list", TW_Q_NODE, "list_head"));
	TW_STRUCT(k, "futex_private", 24, TW_WORD("mm", 0), TW_WORD("address", 8));
	TW_STRUCT(k, "futex_both", 24, TW_INT("offset", 16));
	TW_STRUCT(k, "futex_key", 24, TW_IN("private", 0, "futex_private"),
		  TW_IN("both", 0, "futex_both"));
	TW_STRUCT(k, "futex_q", 80, TW_IN("list", 0, "plist_node"), TW_WORD("task", TW_Q_TASK),
		  TW_IN("key", TW_Q_KEY, "futex_key"));
	TW_STRUCT(k, "wait_page_queue", 56, TW_WORD("folio", TW_PAGE_PAGE),
		  TW_INT("bit_nr", TW_PAGE_BIT), TW_IN("wait", TW_PAGE_WAIT, "wait_queue_entry"));
}

/* Members that testmachine's task_struct lacks. */
static inline void tw_task_members(struct testkern *k)
{
	for (unsigned i = 0; i < k->ntypes; i++) {
		struct type *t = &k->type[i].type;

		if (strcmp(t->name, "task_struct"))
			continue;
		k->type[i].member[t->nmembers++] = (struct type_member){
			"blocked_on", tk_integer(8), (uint64_t)TW_BLOCKED_ON * 8, 0 };
	}
}

/* ---- tasks ---- */

static inline struct testwait tw_over(struct testmachine m, enum tw_locks locks, uint64_t stacks)
{
	struct testwait w = { .m = m, .locks = locks, .stacks = stacks };

	tw_task_members(w.m.k);
	tw_lock_types(w.m.k, locks);
	tw_queue_types(w.m.k);
	return w;
}

static inline struct testwait tw_new(enum tw_locks locks)
{
	return tw_over(tm_new(1), locks, TW_STACKS);
}

/** For fuzzing: TW_SMALL_TASKS tasks at most. */
static inline struct testwait tw_small(enum tw_locks locks)
{
	struct testkern *k = tk_begin(TW_SMALL_STACKS + TM_STACK * (TW_SMALL_TASKS + 1));

	return tw_over(tm_over(k, 1), locks, TW_SMALL_STACKS);
}

static inline void tw_word(struct testwait *w, uint64_t addr, uint64_t value)
{
	tk_put(w->m.k, addr, value, 8);
}

static inline uint64_t tw_get(struct testwait *w, uint64_t addr)
{
	return le64(w->m.k->mem.range[0].data + addr);
}

static inline uint64_t tw_stack(struct testwait *w, uint64_t task)
{
	for (unsigned i = 0; i < w->ntasks; i++)
		if (w->task[i].task == task)
			return w->task[i].stack;
	abort();
}

/** Where the task's waiter goes. */
static inline uint64_t tw_waiter(struct testwait *w, uint64_t task)
{
	return tw_stack(w, task) + TW_SP + TW_WAITER;
}

/** A task that sleeps, uninterruptibly, in a function. */
static inline uint64_t tw_task(struct testwait *w, int pid, const char *comm, const char *function)
{
	uint64_t task = tm_task(&w->m, pid, comm), stack = w->stacks + TM_STACK * w->ntasks;

	if (w->ntasks >= TW_TASKS)
		abort();
	w->task[w->ntasks].task = task;
	w->task[w->ntasks++].stack = stack;
	tm_set(&w->m, task, TM_STACK_PTR, stack, 8);
	tm_set(&w->m, task, TM_SP, stack + TW_SP, 8);
	tm_set(&w->m, task, TM_STATE, 2, 4);
	tw_word(w, stack + TW_SP + 48, tw_func(w, function) + 0x10);
	return task;
}

/* ---- what they wait for ---- */

/** An empty list head. */
static inline void tw_list(struct testwait *w, uint64_t head)
{
	tw_word(w, head, head);
	tw_word(w, head + 8, head);
}

/** A waiter of a lock is linked in: behind the list's head, or, where there is none, behind the
 *  one that the lock points to. */
static inline void tw_enqueue(struct testwait *w, uint64_t list, uint64_t link, uint64_t waiter)
{
	uint64_t first;

	if (w->locks == TW_HEADS) {
		tm_link(&w->m, list, link);
		return;
	}
	first = tw_get(w, list);
	if (first) {
		tm_link(&w->m, first + (link - waiter), link);
	} else {
		tw_list(w, link);
		tw_word(w, list, waiter);
	}
}

static inline uint64_t tw_mutex(struct testwait *w, uint64_t owner)
{
	uint64_t lock = tm_alloc(&w->m, TW_MUTEX_SIZE);

	tw_word(w, lock + TW_MUTEX_OWNER, owner);
	if (w->locks == TW_HEADS)
		tw_list(w, lock + TW_MUTEX_LIST);
	return lock;
}

static inline void tw_wait_lock(struct testwait *w, uint64_t task, uint64_t list)
{
	uint64_t at = tw_waiter(w, task);

	tw_word(w, at + TW_MW_TASK, task);
	tw_enqueue(w, list, at + TW_MW_LIST, at);
}

static inline void tw_wait_mutex(struct testwait *w, uint64_t task, uint64_t lock)
{
	tw_wait_lock(w, task, lock + TW_MUTEX_LIST);
	if (w->locks == TW_FIRST_WAITER)
		tm_set(&w->m, task, TW_BLOCKED_ON, lock, 8);
}

static inline uint64_t tw_rwsem(struct testwait *w, uint64_t count, uint64_t owner)
{
	uint64_t lock = tm_alloc(&w->m, 56);

	tw_word(w, lock + TW_RWSEM_COUNT, count);
	tw_word(w, lock + TW_RWSEM_OWNER, owner);
	tw_list(w, lock + TW_RWSEM_LIST);
	return lock;
}

/** An entry of a wait queue at `at`, linked behind `list`. */
static inline void tw_wait_queue(struct testwait *w, uint64_t task, uint64_t at, uint64_t list)
{
	tw_word(w, at + TW_WQ_PRIVATE, task);
	tw_word(w, at + TW_WQ_FUNC, tw_func(w, "autoremove_wake_function"));
	tm_link(&w->m, list, at + TW_WQ_ENTRY);
}

/* ---- the dump ---- */

static inline void tw_open(struct testwait *w)
{
	static const struct sym_source_ops ops = { tw_by_addr, tw_by_name, tw_at };

	w->c = tm_open(&w->m);
	if (syms_add(&w->c->syms, "functions", TW_TEXT, TW_TEXT_END, &ops, w, NULL) ||
	    syms_add_text(&w->c->syms, TW_TEXT, TW_TEXT_END, NULL))
		abort();
}

static inline void tw_free(struct testwait *w)
{
	tasks_free(w->c);
	tk_free(w->m.k);
}

/* ---- what checkers say ---- */

/** What was built so far is the dump: run the checkers that match `only`. */
static inline struct findings tw_findings(struct testwait *w, const char *only, struct arena *a)
{
	const struct check_limits limits = { .only = only };
	struct findings f;

	tw_open(w);
	if (findings_get(&f, w->c, &limits, a, NULL))
		abort();
	return f;
}

static inline void tw_done(struct testwait *w, struct arena *a)
{
	arena_deinit(a);
	tw_free(w);
}

#endif
