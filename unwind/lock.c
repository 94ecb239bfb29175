/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/lock.h"

/* kernel/locking/mutex.h: MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP */
#define MUTEX_FLAGS UINT64_C(7)
#define MUTEX_FLAG_PICKUP UINT64_C(4)

#define RT_MUTEX_HAS_WAITERS UINT64_C(1) /* kernel/locking/rtmutex_common.h */
#define BLOCKER_TYPE_MASK UINT64_C(3)    /* include/linux/hung_task.h */

enum { HEAD, FIRST, OWNER, COUNT, N };

static const struct shape_want wants[LOCK_FORMS] = {
	[LOCK_MUTEX] = { "struct mutex", N,
			 { [HEAD] = "wait_list", [FIRST] = "first_waiter",
			   [OWNER] = "owner.counter", [COUNT] = "owner.counter" } },
	[LOCK_RWSEM] = { "struct rw_semaphore", N,
			 { [HEAD] = "wait_list", [FIRST] = "first_waiter",
			   [OWNER] = "owner.counter|owner", [COUNT] = "count.counter" } },
	[LOCK_SEM] = { "struct semaphore", N,
		       { [HEAD] = "wait_list", [FIRST] = "first_waiter",
			 [OWNER] = "last_holder", [COUNT] = "count" } },
	[LOCK_RT_MUTEX] = { "struct rt_mutex_base|struct rt_mutex", N,
			    { [HEAD] = "waiters", [FIRST] = "waiters", [OWNER] = "owner",
			      [COUNT] = "owner" } },
};

enum { TASK_BLOCKED_ON, TASK_BLOCKER, TASK_PI, TASK_N };
static const struct shape_want task_want = {
	"struct task_struct", TASK_N,
	{ [TASK_BLOCKED_ON] = "blocked_on", [TASK_BLOCKER] = "blocker",
	  [TASK_PI] = "pi_blocked_on" },
};

enum { RT_TASK, RT_LOCK, RT_N };
static const struct shape_want rt_want = {
	"struct rt_mutex_waiter", RT_N,
	{ [RT_TASK] = "task", [RT_LOCK] = "lock" },
};

static const enum waiter_form waiter_of[LOCK_FORMS] = {
	[LOCK_MUTEX] = WAITER_MUTEX, [LOCK_RWSEM] = WAITER_RWSEM, [LOCK_SEM] = WAITER_SEM,
};

void locks_init(struct locks *l, struct waiters *waiters)
{
	struct types *ts = &waiters->c->types;

	*l = (struct locks){ .waiters = waiters };
	for (unsigned i = 0; i < LOCK_FORMS; i++)
		l->has[i] = !shape_resolve(&l->shape[i], &wants[i], ts, NULL);
	rwsem_layout_init(&l->rwsem, ts);
	l->has_task = !shape_resolve(&l->task, &task_want, ts, NULL);
	l->has_rt = !shape_resolve(&l->waiter_rt, &rt_want, ts, NULL) &&
		    shape_has(&l->waiter_rt, RT_TASK) && shape_has(&l->waiter_rt, RT_LOCK);
}

static bool word(struct locks *l, uint64_t addr, uint64_t *ret)
{
	return space_word(&l->waiters->c->kernel, addr, ret, NULL) == CAIRN_OK;
}

static bool get(struct locks *l, const struct shape *s, uint64_t addr, unsigned m, uint64_t *ret)
{
	return shape_has(s, m) &&
	       shape_get(s, &l->waiters->c->kernel, addr, m, ret, NULL) == CAIRN_OK;
}

/* ---- who holds it ---- */

static void mutex_owner(struct lock *ret)
{
	ret->owner = ret->owner_word & ~MUTEX_FLAGS;
	ret->hold = !ret->owner ? LOCK_FREE :
		    ret->owner_word & MUTEX_FLAG_PICKUP ? LOCK_PASSED : LOCK_HELD;
}

static void rwsem_owner(struct locks *l, struct lock *ret)
{
	struct rwsem r;

	if (rwsem_read(&l->rwsem, &l->waiters->c->kernel, ret->addr, &r, NULL))
		return;
	ret->owner = r.owner;
	ret->readers = r.readers;
	ret->hold = r.hold == RWSEM_WRITER && r.is_signed ? LOCK_HELD :
		    r.hold == RWSEM_READERS		  ? LOCK_READERS :
		    r.hold == RWSEM_FREE		  ? LOCK_FREE :
							    LOCK_UNTOLD;
}

static void find_owner(struct locks *l, struct lock *ret)
{
	const struct shape *s = &l->shape[ret->form];

	if (!shape_has(s, OWNER) || !word(l, ret->addr + s->m[OWNER].offset, &ret->owner_word))
		return;
	ret->owner_at = ret->addr + s->m[OWNER].offset;
	switch (ret->form) {
	case LOCK_MUTEX: mutex_owner(ret); break;
	case LOCK_RWSEM: rwsem_owner(l, ret); break;
	case LOCK_SEM: /* a hint: whoever got it last, and anybody may give it back */
		ret->owner = ret->owner_word;
		ret->owner_at = 0;
		break;
	default:
		ret->owner = ret->owner_word & ~RT_MUTEX_HAS_WAITERS;
		ret->hold = ret->owner ? LOCK_HELD : LOCK_FREE;
	}
}

static void fill(struct locks *l, enum lock_form form, uint64_t addr, struct lock *ret)
{
	const struct shape *s = &l->shape[form];

	*ret = (struct lock){ .form = form, .addr = addr, .size = s->size };
	ret->type = form == LOCK_MUTEX ? "struct mutex" :
		    form == LOCK_RWSEM ? "struct rw_semaphore" :
		    form == LOCK_SEM   ? "struct semaphore" :
					 "struct rt_mutex";
	find_owner(l, ret);
}

/* ---- where it is ---- */

/* A lock without a list head is right when it points to a waiter of the list. */
static bool points_into(struct locks *l, enum lock_form form, uint64_t addr,
			const struct waiter *waiter)
{
	const struct shape *s = &l->shape[form];
	uint64_t first;

	return addr && addr % l->waiters->c->arch->word == 0 &&
	       word(l, addr + s->m[FIRST].offset, &first) && first &&
	       waiter_has_node(l->waiters, waiter, first + (waiter->link - waiter->addr));
}

/* The task says so itself; what it says is proved all the same. */
static bool by_task(struct locks *l, enum lock_form form, const struct task *task,
		    const struct waiter *waiter, struct lock *ret)
{
	static const unsigned members[] = { TASK_BLOCKED_ON, TASK_BLOCKER };
	uint64_t v;

	for (unsigned i = 0; l->has_task && i < 2; i++)
		if (get(l, &l->task, task->addr, members[i], &v) &&
		    points_into(l, form, v & ~BLOCKER_TYPE_MASK, waiter)) {
			fill(l, form, v & ~BLOCKER_TYPE_MASK, ret);
			return true;
		}
	return false;
}

/* The lock's address was saved on the stack; then its owner, too, must make sense. */
static bool by_stack(struct locks *l, enum lock_form form, uint64_t from, uint64_t to,
		     const struct waiter *waiter, struct lock *ret)
{
	unsigned step = l->waiters->c->arch->word;
	uint64_t v;

	for (; from < to; from += step) {
		if (!word(l, from, &v) || !points_into(l, form, v, waiter))
			continue;
		fill(l, form, v, ret);
		if (!ret->owner || task_by_addr(l->waiters->tasks, ret->owner))
			return true;
	}
	return false;
}

static bool of_waiter(struct locks *l, enum lock_form form, const struct task *task, uint64_t from,
		      uint64_t to, const struct waiter *waiter, struct lock *ret)
{
	const struct shape *s = &l->shape[form];

	if (shape_has(s, FIRST))
		return by_task(l, form, task, waiter, ret) ||
		       by_stack(l, form, from, to, waiter, ret);
	if (!waiter->head || !shape_has(s, HEAD))
		return false;
	fill(l, form, waiter->head - s->m[HEAD].offset, ret);
	return true;
}

/* The task names its waiter itself. */
static bool find_rt_mutex(struct locks *l, const struct task *task, struct waiter *waiter,
			  struct lock *ret)
{
	uint64_t at, who, lock;

	if (!l->has_task || !l->has_rt || !l->has[LOCK_RT_MUTEX] ||
	    !get(l, &l->task, task->addr, TASK_PI, &at) || !at ||
	    !get(l, &l->waiter_rt, at, RT_TASK, &who) || who != task->addr ||
	    !get(l, &l->waiter_rt, at, RT_LOCK, &lock) || !lock)
		return false;
	*waiter = (struct waiter){ .form = WAITER_FORMS, .addr = at, .size = l->waiter_rt.size };
	fill(l, LOCK_RT_MUTEX, lock, ret);
	return true;
}

bool lock_find(struct locks *l, enum lock_form form, const struct task *task, uint64_t from,
	       uint64_t to, struct waiter *waiter, struct lock *ret)
{
	uint64_t at = from;

	if (form == LOCK_RT_MUTEX)
		return find_rt_mutex(l, task, waiter, ret);
	while (l->has[form] && waiter_find(l->waiters, waiter_of[form], task, at, to, waiter)) {
		if (of_waiter(l, form, task, from, to, waiter, ret))
			return true;
		at = waiter->resume;
	}
	return false;
}
