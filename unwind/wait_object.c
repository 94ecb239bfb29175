/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/wait_priv.h"

#include "lib/base/mem.h"

/* include/linux/futex.h: the low bits of a futex key's offset */
#define FUT_OFF_INODE UINT64_C(1)
#define FUT_OFF_FLAGS UINT64_C(3)

enum { QUEUE_HEAD, QUEUE_N };
static const struct shape_want queue_want = {
	"struct wait_queue_head", QUEUE_N, { [QUEUE_HEAD] = "head" },
};

enum { COMPLETION_HEAD, COMPLETION_N };
static const struct shape_want completion_want = {
	"struct completion", COMPLETION_N, { [COMPLETION_HEAD] = "wait.task_list" },
};

enum { SWAIT_HEAD, SWAIT_N };
static const struct shape_want swait_want = {
	"struct swait_queue_head", SWAIT_N, { [SWAIT_HEAD] = "task_list" },
};

enum { FUTEX_MM, FUTEX_ADDRESS, FUTEX_OFFSET, FUTEX_N };
static const struct shape_want futex_want = {
	"struct futex_q", FUTEX_N,
	{ [FUTEX_MM] = "key.private.mm", [FUTEX_ADDRESS] = "key.private.address",
	  [FUTEX_OFFSET] = "key.both.offset" },
};

/* one queue for both before 5.5 */
enum { PIPE_READ, PIPE_WRITE, PIPE_N };
static const struct shape_want pipe_want = {
	"struct pipe_inode_info", PIPE_N,
	{ [PIPE_READ] = "rd_wait.head|wait.head", [PIPE_WRITE] = "wr_wait.head|wait.head" },
};

enum { EPOLL_HEAD, EPOLL_N };
static const struct shape_want epoll_want = {
	"struct eventpoll", EPOLL_N, { [EPOLL_HEAD] = "wq.head" },
};

/* "filelock: split common fields into struct file_lock_core", 6.9 */
enum { FILE_LOCK_HEAD, FILE_LOCK_BLOCKER, FILE_LOCK_PID, FILE_LOCK_N };
static const struct shape_want file_lock_want = {
	"struct file_lock", FILE_LOCK_N,
	{ [FILE_LOCK_HEAD] = "c.flc_wait.head|fl_wait.head",
	  [FILE_LOCK_BLOCKER] = "c.flc_blocker|fl_blocker",
	  [FILE_LOCK_PID] = "c.flc_pid|fl_pid" },
};

enum { PAGE_ENTRY, PAGE_PAGE, PAGE_BIT, PAGE_N };
static const struct shape_want page_want = {
	"struct wait_page_queue", PAGE_N,
	{ [PAGE_ENTRY] = "wait", [PAGE_PAGE] = "folio|page", [PAGE_BIT] = "bit_nr" },
};

enum { BIT_ENTRY, BIT_WORD, BIT_BIT, BIT_N };
static const struct shape_want bit_want = {
	"struct wait_bit_queue_entry", BIT_N,
	{ [BIT_ENTRY] = "wq_entry", [BIT_WORD] = "key.flags", [BIT_BIT] = "key.bit_nr" },
};

enum { POLL_TASK, POLL_N_INLINE, POLL_TABLE, POLL_FIRST, POLL_N };
static const struct shape_want poll_want = {
	"struct poll_wqueues", POLL_N,
	{ [POLL_TASK] = "polling_task", [POLL_N_INLINE] = "inline_index", [POLL_TABLE] = "table",
	  [POLL_FIRST] = "inline_entries[0].wait.private" },
};

enum { PERCPU_HEAD, PERCPU_N };
static const struct shape_want percpu_want = {
	"struct percpu_rw_semaphore", PERCPU_N, { [PERCPU_HEAD] = "waiters.head" },
};

enum cairn_code wait_shapes(struct waits *w, struct cairn_err *err)
{
	struct waits_shapes *s = mem_zalloc(1, sizeof(*s));
	struct types *ts = &w->c->types;

	if (!s)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for what tasks wait for");
	shape_resolve(&s->queue, &queue_want, ts, NULL);
	shape_resolve(&s->completion, &completion_want, ts, NULL);
	shape_resolve(&s->swait, &swait_want, ts, NULL);
	shape_resolve(&s->futex, &futex_want, ts, NULL);
	shape_resolve(&s->pipe, &pipe_want, ts, NULL);
	shape_resolve(&s->epoll, &epoll_want, ts, NULL);
	shape_resolve(&s->file_lock, &file_lock_want, ts, NULL);
	shape_resolve(&s->page, &page_want, ts, NULL);
	shape_resolve(&s->bit, &bit_want, ts, NULL);
	shape_resolve(&s->poll, &poll_want, ts, NULL);
	shape_resolve(&s->percpu, &percpu_want, ts, NULL);
	w->shapes = s;
	wait_time_shapes(w);
	return CAIRN_OK;
}

bool wait_get(struct waits *w, const struct shape *s, uint64_t addr, unsigned member,
	      uint64_t *ret)
{
	return s->type && shape_has(s, member) &&
	       shape_get(s, &w->c->kernel, addr, member, ret, NULL) == CAIRN_OK;
}

/* ---- what most kinds share ---- */

static bool find_waiter(struct waits *w, const struct wait_place *p, enum waiter_form form,
			struct wait *ret, struct waiter *waiter)
{
	if (!waiter_find(&w->waiters, form, ret->task, p->frame_from, p->frame_to, waiter) &&
	    !waiter_find(&w->waiters, form, ret->task, p->from, p->to, waiter))
		return false;
	ret->waiter = waiter->addr;
	ret->waiter_size = waiter->size;
	ret->nwaiters = waiter->n;
	return true;
}

/* The list's head is inside the object. */
static bool by_head(struct wait *ret, const struct waiter *waiter, const struct shape *s,
		    unsigned head, const char *type)
{
	if (!waiter->head || !s->type || !shape_has(s, head))
		return false;
	ret->object = waiter->head - s->m[head].offset;
	ret->size = s->size;
	ret->type = type;
	return true;
}

static bool queue(struct waits *w, const struct wait_place *p, struct wait *ret,
		  const struct shape *s, unsigned head, const char *type)
{
	struct waiter waiter;

	return find_waiter(w, p, WAITER_QUEUE, ret, &waiter) && by_head(ret, &waiter, s, head, type);
}

static bool any_queue(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	return queue(w, p, ret, &w->shapes->queue, QUEUE_HEAD, "struct wait_queue_head");
}

/* ---- locks ---- */

static void set_owner(struct waits *w, struct wait *ret, uint64_t owner)
{
	ret->owner = owner;
	ret->owner_task = owner ? task_by_addr(w->tasks, owner) : NULL;
}

static bool lock(struct waits *w, const struct wait_place *p, struct wait *ret,
		 enum lock_form form)
{
	struct waiter waiter;
	struct lock l;

	if (!lock_find(&w->locks, form, ret->task, p->frame_from, p->frame_to, &waiter, &l) &&
	    !lock_find(&w->locks, form, ret->task, p->from, p->to, &waiter, &l))
		return false;
	ret->waiter = waiter.addr;
	ret->waiter_size = waiter.size;
	ret->nwaiters = waiter.n;
	ret->object = l.addr;
	ret->size = l.size;
	ret->type = l.type;
	ret->hold = l.hold;
	ret->readers = l.readers;
	ret->owner_at = l.owner_at;
	ret->owner_word = l.owner_word;
	set_owner(w, ret, l.owner);
	return true;
}

/* The request that blocks this one says whose it is. */
static bool file_lock(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	const struct shape *s = &w->shapes->file_lock;
	uint64_t blocker, pid;

	if (!queue(w, p, ret, s, FILE_LOCK_HEAD, "struct file_lock"))
		return false;
	if (!wait_get(w, s, ret->object, FILE_LOCK_BLOCKER, &blocker) || !blocker ||
	    !wait_get(w, s, blocker, FILE_LOCK_PID, &pid))
		return true;
	ret->owner_task = (int32_t)pid > 0 ? task_by_pid(w->tasks, (int32_t)pid) : NULL;
	ret->owner = ret->owner_task ? ret->owner_task->addr : 0;
	ret->hold = ret->owner ? LOCK_HELD : LOCK_UNTOLD;
	return true;
}

/* ---- the others ---- */

static bool completion(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	struct waiter waiter;

	return find_waiter(w, p, WAITER_SWAIT, ret, &waiter) &&
	       by_head(ret, &waiter, &w->shapes->completion, COMPLETION_HEAD, "struct completion");
}

/* A task and a link are too little to tell it from a lock's waiter that has the task's address
 * before it by chance: it counts only below a function that is known to be no lock's. */
static bool simple_queue(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	struct waiter waiter;

	return ret->function && find_waiter(w, p, WAITER_SWAIT, ret, &waiter) &&
	       by_head(ret, &waiter, &w->shapes->swait, SWAIT_HEAD, "struct swait_queue_head");
}

/* The key is what the kernel compares: of a private futex, or a shared one in anonymous memory, a
 * user address; else a place in a file. */
static bool futex(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	const struct shape *s = &w->shapes->futex;
	uint64_t address, offset, mm;
	struct waiter waiter;

	if (!find_waiter(w, p, WAITER_FUTEX, ret, &waiter) ||
	    !wait_get(w, s, waiter.addr, FUTEX_OFFSET, &offset) ||
	    !wait_get(w, s, waiter.addr, FUTEX_ADDRESS, &address) ||
	    !wait_get(w, s, waiter.addr, FUTEX_MM, &mm))
		return false;
	ret->nwaiters = 0; /* its hash chain has those of other futexes, too */
	if (offset & FUT_OFF_INODE) {
		ret->type = "a file's memory";
		return true;
	}
	ret->type = "user memory";
	ret->object = address + (offset & ~FUT_OFF_FLAGS);
	ret->size = 4;
	ret->mm = mm;
	return true;
}

static bool bit(struct waits *w, const struct wait_place *p, struct wait *ret,
		const struct shape *s, unsigned entry, unsigned object, unsigned nr)
{
	uint64_t n;

	if (!any_queue(w, p, ret) || !s->type || !shape_has(s, entry))
		return false;
	ret->waiter -= s->m[entry].offset;
	ret->waiter_size = s->size;
	ret->nwaiters = 0; /* the queue is one of few that all pages share */
	ret->object = 0;
	if (!wait_get(w, s, ret->waiter, object, &ret->object) ||
	    !wait_get(w, s, ret->waiter, nr, &n) || n > INT16_MAX)
		return false;
	ret->bit = (int)n;
	ret->size = w->c->arch->word;
	return true;
}

static bool page(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	bool found = bit(w, p, ret, &w->shapes->page, PAGE_ENTRY, PAGE_PAGE, PAGE_BIT);

	ret->type = found ? "struct page" : NULL;
	return found;
}

static bool word_bit(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	bool found = bit(w, p, ret, &w->shapes->bit, BIT_ENTRY, BIT_WORD, BIT_BIT);

	ret->type = found ? "a word's bit" : NULL;
	return found;
}

static bool pipe_end(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	return queue(w, p, ret, &w->shapes->pipe,
		     ret->access == WAIT_ACCESS_WRITE ? PIPE_WRITE : PIPE_READ,
		     "struct pipe_inode_info");
}

/* The table names the task, its entries name the table. One without entries proves nothing. */
static bool is_poll_table(struct waits *w, const struct task *task, uint64_t addr, uint64_t *n)
{
	const struct shape *s = &w->shapes->poll;
	uint64_t who, first;

	return wait_get(w, s, addr, POLL_TASK, &who) && who == task->addr &&
	       wait_get(w, s, addr, POLL_N_INLINE, n) && *n && *n <= 64 &&
	       wait_get(w, s, addr, POLL_FIRST, &first) && first == addr;
}

static bool poll_table(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	const struct shape *s = &w->shapes->poll;
	uint64_t n, more;

	if (!s->type || !shape_has(s, POLL_TASK))
		return false;
	for (uint64_t at = p->from; at < p->to; at += w->c->arch->word) {
		uint64_t base = at - s->m[POLL_TASK].offset;

		if (base < p->from || !is_poll_table(w, ret->task, base, &n))
			continue;
		ret->object = base;
		ret->size = s->size;
		ret->type = "struct poll_wqueues";
		if (wait_get(w, s, base, POLL_TABLE, &more) && !more)
			ret->nfiles = (uint32_t)n;
		return true;
	}
	return false;
}

static bool find(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	const struct waits_shapes *s = w->shapes;

	switch (ret->kind) {
	case WAIT_MUTEX: return lock(w, p, ret, LOCK_MUTEX);
	case WAIT_RWSEM: return lock(w, p, ret, LOCK_RWSEM);
	case WAIT_SEMAPHORE: return lock(w, p, ret, LOCK_SEM);
	case WAIT_RT_MUTEX: return lock(w, p, ret, LOCK_RT_MUTEX);
	case WAIT_PERCPU_RWSEM:
		return queue(w, p, ret, &s->percpu, PERCPU_HEAD, "struct percpu_rw_semaphore");
	case WAIT_FILE_LOCK: return file_lock(w, p, ret);
	case WAIT_COMPLETION: return completion(w, p, ret);
	case WAIT_FUTEX: return futex(w, p, ret);
	case WAIT_PAGE: return page(w, p, ret);
	case WAIT_BIT: return word_bit(w, p, ret);
	case WAIT_PIPE: return pipe_end(w, p, ret);
	case WAIT_EPOLL: return queue(w, p, ret, &s->epoll, EPOLL_HEAD, "struct eventpoll");
	case WAIT_POLL: return poll_table(w, p, ret);
	case WAIT_SOCKET:
	case WAIT_CHILD:
	case WAIT_QUEUE: return any_queue(w, p, ret);
	case WAIT_UNKNOWN: return any_queue(w, p, ret) || simple_queue(w, p, ret);
	default: return true; /* there is no object */
	}
}

void wait_object(struct waits *w, const struct wait_place *p, struct wait *ret)
{
	bool found = find(w, p, ret);

	if (found && ret->kind == WAIT_UNKNOWN)
		ret->kind = WAIT_QUEUE;
	if (found && ret->kind != WAIT_UNKNOWN)
		ret->grade = CAIRN_CERTAIN;
}
