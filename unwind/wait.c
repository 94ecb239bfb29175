/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/wait.h"

#include <string.h>

#include "lib/base/mem.h"
#include "unwind/start.h"
#include "unwind/wait_priv.h"

#define FRAMES_AROUND 4         /* callers of the waiting function whose frames are searched */
#define BYTES_AROUND 4096       /* ... and how much of the stack at most */

#define STATE_DEAD 0x80u        /* TASK_DEAD, include/linux/sched.h */

enum cairn_code waits_init(struct waits *w, struct cairn *c, struct unwinder *u,
			   const struct tasks *tasks, struct cairn_err *err)
{
	enum cairn_code code;

	*w = (struct waits){ .c = c, .unwinder = u, .tasks = tasks };
	waiters_init(&w->waiters, c, tasks);
	locks_init(&w->locks, &w->waiters);
	code = wait_shapes(w, err);
	if (!code)
		wait_now(w);
	return code;
}

void waits_deinit(struct waits *w)
{
	waiters_deinit(&w->waiters);
	mem_free(w->shapes);
}

enum cairn_code waits_complete(const struct waits *w, struct cairn_err *err)
{
	if (waiters_gave_up(&w->waiters))
		return cairn_fail(err, CAIRN_LIMIT, "lists of waiters have more than %zu elements",
				  WAITER_STEPS);
	return CAIRN_OK;
}

bool wait_is_waiting(const struct task *task)
{
	return !task->fault && !task->on_cpu && !task->idle && task->stack && task->raw_state &&
	       !(task->raw_state & STATE_DEAD) && !task->exit_state;
}

static uint64_t frame_end(const struct trace *tr, size_t i, uint64_t otherwise)
{
	return i < tr->n && tr->frame[i].sp ? tr->frame[i].sp : otherwise;
}

/* As far as frames and their stack pointers are known; without them, what is near the saved one. */
static struct wait_place place_of(const struct waits *w, const struct task *task,
				  const struct trace *tr, size_t frame)
{
	uint64_t end = task->stack + w->tasks->stack_size;
	struct wait_place p = { .from = task->sp, .to = end };

	if (tr->n && tr->frame[0].sp)
		p.from = tr->frame[0].sp;
	p.to = frame_end(tr, frame + FRAMES_AROUND, end);
	if (p.to < p.from || p.to - p.from > BYTES_AROUND)
		p.to = p.from + BYTES_AROUND < end ? p.from + BYTES_AROUND : end;
	p.frame_from = frame_end(tr, frame, p.from);
	p.frame_to = frame_end(tr, frame + 1, p.to);
	return p;
}

static const char *name_of(const struct trace *tr, size_t i)
{
	return i < tr->n && tr->frame[i].named ? tr->frame[i].sym.name : NULL;
}

/* The kind of the function that jumped on stands for the one that it jumped to. */
static void names(const struct trace *tr, size_t frame, struct wait *ret)
{
	ret->function = name_of(tr, frame);
	ret->caller = name_of(tr, frame + 1);
	if (!ret->function)
		return;
	ret->access = wait_access_of(ret->function);
	ret->backs_off = strstr(ret->function, "ww_mutex");
}

void wait_of_trace(struct waits *w, const struct task *task, const struct trace *tr,
		   struct wait *ret)
{
	struct wait_place p;
	size_t frame;

	*ret = (struct wait){ .task = task, .grade = CAIRN_SUSPICIOUS, .bit = -1 };
	ret->kind = wait_kind_of(tr, &frame);
	names(tr, frame, ret);
	wait_since(w, ret);
	p = place_of(w, task, tr, frame);
	wait_object(w, &p, ret);
	if (ret->kind != WAIT_IDLE)
		wait_until(w, &p, ret);
	/* nothing but a timer */
	if (ret->kind == WAIT_UNKNOWN && ret->has_until) {
		ret->kind = WAIT_SLEEP;
		ret->grade = CAIRN_CERTAIN;
	}
}

void wait_find(struct waits *w, const struct task *task, struct wait *ret)
{
	struct arena one = { 0 };
	struct trace tr;

	trace_task(&tr, w->unwinder, task, &one);
	wait_of_trace(w, task, &tr, ret);
	arena_deinit(&one);
}
