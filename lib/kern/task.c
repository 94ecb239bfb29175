/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/task.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "lib/kern/list.h"
#include "lib/kern/stack_size.h"

#define TASKS_LIMIT (4u << 20) /* PID_MAX_LIMIT, include/linux/threads.h */

/* include/linux/sched.h */
#define STATE_REPORT 0x7fu       /* TASK_REPORT */
#define STATE_UNINTERRUPTIBLE 0x2u
#define STATE_NOLOAD 0x400u
#define STATE_RTLOCK_WAIT 0x1000u
#define STATE_FROZEN 0x8000u
#define PF_KTHREAD 0x00200000u

#define STACK_SHIFT 12 /* stacks are pages */

enum {
	T_TASKS, T_PID, T_TGID, T_COMM, T_STATE, T_EXIT_STATE, T_FLAGS, T_CPU, T_ON_CPU, T_STACK,
	T_SP, T_MM, T_ACTIVE_MM, T_PARENT, T_SIGNAL, T_THREAD_NODE, T_UTIME, T_STIME, T_START, T_N,
};

static const struct shape_want task_want = {
	"struct task_struct", T_N,
	{
		[T_TASKS] = "tasks", [T_PID] = "pid", [T_TGID] = "tgid", [T_COMM] = "comm",
		[T_STATE] = "__state|state", [T_EXIT_STATE] = "exit_state", [T_FLAGS] = "flags",
		/* RHEL 9 keeps an unused thread_info.cpu beside the true one */
		[T_CPU] = "cpu|thread_info.cpu", [T_ON_CPU] = "on_cpu", [T_STACK] = "stack",
		[T_SP] = "thread.sp|thread.cpu_context.sp|thread_info.cpu_context.sp",
		[T_MM] = "mm", [T_ACTIVE_MM] = "active_mm", [T_PARENT] = "real_parent",
		[T_SIGNAL] = "signal", [T_THREAD_NODE] = "thread_node", [T_UTIME] = "utime",
		[T_STIME] = "stime", [T_START] = "start_boottime|real_start_time|start_time",
	},
};

/* ARM, up to 5.15 (18ed1c01a7dd), keeps it at the bottom of the task's stack. */
enum { INFO_CPU, INFO_SP, INFO_N };
static const struct shape_want info_want = {
	"struct thread_info", INFO_N, { [INFO_CPU] = "cpu", [INFO_SP] = "cpu_context.sp" },
};

enum { SIGNAL_THREADS, SIGNAL_N };
static const struct shape_want signal_want = {
	"struct signal_struct", SIGNAL_N, { [SIGNAL_THREADS] = "thread_head" },
};

/* What the walk carries. */
struct walk {
	struct cairn *c;
	struct tasks *ts;
	struct shape shape, signal;
	struct shape info; /* of what lies at the bottom of stacks; want NULL: nothing does */
	struct map seen;
	size_t cap;
	bool full, interrupted;
};

/* fs/proc/array.c get_task_state(), include/linux/sched.h __task_state_index() */
static char state_letter(uint32_t state, uint32_t exit_state)
{
	static const char letters[] = "RSDTtXZPI";
	uint32_t report = (state | exit_state) & STATE_REPORT;
	unsigned n = 0;

	if ((state & (STATE_UNINTERRUPTIBLE | STATE_NOLOAD)) ==
	    (STATE_UNINTERRUPTIBLE | STATE_NOLOAD))
		return 'I';
	if (state & (STATE_RTLOCK_WAIT | STATE_FROZEN))
		report = STATE_UNINTERRUPTIBLE;
	for (; report; report >>= 1)
		n++;
	return n < sizeof(letters) - 1 ? letters[n] : '?';
}

static struct task *add_task(struct walk *w, uint64_t addr)
{
	struct tasks *ts = w->ts;
	struct task *t;

	if (ts->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 256;

		t = mem_resize(ts->task, cap, sizeof(*t));
		if (!t)
			return NULL;
		ts->task = t;
		w->cap = cap;
	}
	t = &ts->task[ts->n++];
	*t = (struct task){ .addr = addr, .cpu = -1, .state = '?' };
	return t;
}

static void fill_task(struct task *t, const struct object *o)
{
	uint32_t len = 0;
	const unsigned char *comm = object_bytes(o, T_COMM, &len);

	t->pid = (int32_t)object_get(o, T_PID);
	t->tgid = (int32_t)object_get(o, T_TGID);
	if (comm)
		memcpy(t->comm, comm, len < TASK_COMM_LEN ? len : TASK_COMM_LEN);
	t->raw_state = (uint32_t)object_get(o, T_STATE);
	t->exit_state = (uint32_t)object_get(o, T_EXIT_STATE);
	t->state = state_letter(t->raw_state, t->exit_state);
	t->flags = (uint32_t)object_get(o, T_FLAGS);
	t->kernel_thread = t->flags & PF_KTHREAD;
	if (shape_has(o->shape, T_CPU))
		t->cpu = (int32_t)object_get(o, T_CPU);
	t->on_cpu = object_get(o, T_ON_CPU);
	t->stack = object_get(o, T_STACK);
	t->sp = object_get(o, T_SP);
	t->mm = object_get(o, T_MM);
	t->active_mm = object_get(o, T_ACTIVE_MM);
	t->parent = object_get(o, T_PARENT);
	t->utime = object_get(o, T_UTIME);
	t->stime = object_get(o, T_STIME);
	t->start_time = object_get(o, T_START);
}

static void fill_from_stack(struct walk *w, struct task *t)
{
	struct space *sp = &w->c->kernel;
	uint64_t cpu;

	if (!w->info.want || !t->stack)
		return;
	if (!shape_get(&w->info, sp, t->stack, INFO_CPU, &cpu, NULL))
		t->cpu = (int32_t)cpu;
	if (shape_get(&w->info, sp, t->stack, INFO_SP, &t->sp, NULL))
		t->sp = 0;
}

/* The list ends early: what was found stays, with the first reason. */
static void cut(struct walk *w, const struct cairn_err *err)
{
	if (!w->ts->partial)
		w->ts->err = *err;
	w->ts->partial = true;
}

/* The walk as a whole ends: there is no room for more. */
static void stop(struct walk *w, enum cairn_code code, const char *what)
{
	struct cairn_err err = { 0 };

	cairn_fail(&err, code, "%s %zu tasks", what, w->ts->n);
	cut(w, &err);
	w->full = true;
}

static const struct cairn_err *keep_fault(struct cairn *c, const struct cairn_err *err)
{
	static const struct cairn_err no_memory = {
		.code = CAIRN_NOMEM, .text = "no memory for the reason why a task is not known",
	};
	struct cairn_err *kept = arena_alloc(&c->arena, sizeof(*kept));

	if (!kept)
		return &no_memory;
	*kept = *err;
	return kept;
}

/* NULL, and the reason noted, for a task that came before or has no room. */
static struct task *read_task(struct walk *w, uint64_t addr, struct object *o)
{
	struct cairn_err err = { 0 };
	struct task *t;

	o->bytes = NULL;
	if (map_get(&w->seen, addr, NULL)) {
		cairn_fail(&err, CAIRN_CORRUPT, "the task list comes back to 0x%" PRIx64, addr);
		cut(w, &err);
		return NULL;
	}
	if (w->ts->n >= TASKS_LIMIT) {
		stop(w, CAIRN_LIMIT, "more than");
		return NULL;
	}
	t = map_put(&w->seen, addr, 0) ? add_task(w, addr) : NULL;
	if (!t) {
		stop(w, CAIRN_NOMEM, "no memory for more than");
		return NULL;
	}
	if (object_read(o, &w->shape, &w->c->kernel, addr, &err) == CAIRN_OK) {
		fill_task(t, o);
		fill_from_stack(w, t);
	} else {
		t->fault = keep_fault(w->c, &err);
	}
	return t;
}

/* A process whose threads are read. */
struct process {
	uint64_t leader, signal;
};

static void walk_list(struct walk *w, uint64_t head, uint64_t link, const struct process *of);

/* The other threads of a process, by signal->thread_head: the one list that all kernels
 * from 3.14 (0c740d0afc3b) to 7.2 have. */
static void read_threads(struct walk *w, const struct process *p)
{
	if (p->signal && shape_has(&w->signal, SIGNAL_THREADS) &&
	    shape_has(&w->shape, T_THREAD_NODE))
		walk_list(w, p->signal + w->signal.m[SIGNAL_THREADS].offset,
			  w->shape.m[T_THREAD_NODE].offset, p);
}

/* Threads share their process's signal_struct: what has another one was not meant to be on
 * this list. */
static bool astray(struct walk *w, const struct process *p, uint64_t addr)
{
	struct cairn_err err = { 0 };
	uint64_t signal;

	if (shape_get(&w->shape, &w->c->kernel, addr, T_SIGNAL, &signal, NULL) != CAIRN_OK ||
	    signal == p->signal)
		return false;
	cairn_fail(&err, CAIRN_CORRUPT, "0x%" PRIx64 " is among the threads of 0x%" PRIx64
		   " and is none", addr, p->leader);
	cut(w, &err);
	return true;
}

/* A task that cannot be read has its place before those that are found from the list's other end.
 * True if there is one. */
static bool keep_lost(struct walk *w, const struct list_walk *list, uint64_t link)
{
	struct object o;

	if (!list->lost)
		return false;
	if (!w->full && !map_get(&w->seen, list->lost - link, NULL)) {
		read_task(w, list->lost - link, &o);
		object_done(&o);
	}
	return true;
}

/* The list of processes, or of the threads of one. A list of threads ends where it goes
 * astray, so that each of its steps yields a task. */
static void walk_list(struct walk *w, uint64_t head, uint64_t link, const struct process *of)
{
	struct list_walk list;
	struct cairn_err err;
	struct object o;
	bool lost = false;

	list_begin(&list, &w->c->kernel, LIST_DOUBLE, head, TASKS_LIMIT);
	list.stop = w->c->stop;
	while (!w->full && list_next(&list)) {
		struct process p = { .leader = list.node - link };
		struct task *t;

		lost = lost || keep_lost(w, &list, link);
		if (of && p.leader == of->leader)
			continue;
		if (of && astray(w, of, p.leader))
			break;
		t = read_task(w, p.leader, &o);
		if (t && !t->fault)
			p.signal = object_get(&o, T_SIGNAL);
		object_done(&o);
		if (!t && of)
			break;
		if (!of)
			read_threads(w, &p);
	}
	if (!lost)
		keep_lost(w, &list, link);
	if (list_end(&list, &err) != CAIRN_OK)
		cut(w, &err);
	w->interrupted |= list.err.code == CAIRN_INTERRUPTED;
}

/* The idle tasks are on no list; each CPU's runqueue names its own. */
static void read_idle(struct walk *w)
{
	const struct cpus *cpus;
	struct object o;
	uint64_t addr;

	if (cpus_get(w->c, &cpus, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < cpus->n; i++) {
		struct task *t;

		if (percpu_word(w->c, &cpus->cpu[i], "runqueues.idle", &addr, NULL) != CAIRN_OK ||
		    map_get(&w->seen, addr, NULL))
			continue;
		t = read_task(w, addr, &o);
		object_done(&o);
		if (t)
			t->idle = true;
	}
}

/* init_task is CPU 0's idle task and the head of the list of all others. */
static enum cairn_code read_all(struct walk *w, struct cairn_err *err)
{
	static const unsigned needed[] = { T_TASKS, T_PID, T_COMM, T_STACK };
	uint64_t init_task;
	enum cairn_code code;
	struct object o;

	/* without types init_task is not found either, where the kernel names no data */
	code = shape_resolve(&w->shape, &task_want, &w->c->types, err);
	if (code == CAIRN_OK)
		code = shape_require(&w->shape, needed, 4, err);
	if (code == CAIRN_OK)
		code = sym_addr(&w->c->syms, "init_task", &init_task, err);
	if (code != CAIRN_OK)
		return code;
	if (shape_resolve(&w->signal, &signal_want, &w->c->types, NULL) != CAIRN_OK)
		w->signal = (struct shape){ 0 };
	if (shape_has(&w->shape, T_SP) ||
	    shape_resolve(&w->info, &info_want, &w->c->types, NULL) != CAIRN_OK ||
	    !shape_has(&w->info, INFO_SP))
		w->info.want = NULL;
	read_idle(w);
	if (!map_get(&w->seen, init_task, NULL)) {
		struct task *t = read_task(w, init_task, &o);

		object_done(&o);
		if (t)
			t->idle = true;
	}
	walk_list(w, init_task + w->shape.m[T_TASKS].offset, w->shape.m[T_TASKS].offset, NULL);
	return w->interrupted ? cairn_fail(err, CAIRN_INTERRUPTED, "interrupted") : CAIRN_OK;
}

/* ---- what is derived ---- */

static void put_first(struct map *m, uint64_t key, size_t value)
{
	if (!map_get(m, key, NULL))
		map_put(m, key, value);
}

static void index_tasks(struct tasks *ts)
{
	for (size_t i = 0; i < ts->n; i++) {
		put_first(&ts->by_addr, ts->task[i].addr, i);
		if (ts->task[i].stack)
			put_first(&ts->by_stack, ts->task[i].stack >> STACK_SHIFT, i);
	}
}

static void set_parents(struct tasks *ts)
{
	for (size_t i = 0; i < ts->n; i++) {
		const struct task *parent = task_by_addr(ts, ts->task[i].parent);

		if (parent && !parent->fault)
			ts->task[i].ppid = parent->tgid;
		else if (ts->task[i].parent)
			ts->task[i].ppid = -1;
	}
}

static int32_t cpu_of_stack(void *arg, uint64_t sp)
{
	const struct task *t = task_by_stack(arg, sp);

	return t ? t->cpu : -1;
}

/* A CPU that is known by its note alone, with a stack pointer that is on no task's stack: the
 * one task that the kernel says runs there. */
static void set_current_by_flags(struct cairn *c, const struct tasks *ts)
{
	for (size_t i = 0; i < c->cpus->n; i++) {
		struct cpu *cpu = &c->cpus->cpu[i];
		size_t hits = 0;

		for (size_t j = 0; j < ts->n; j++)
			if (ts->task[j].on_cpu && ts->task[j].cpu == (int32_t)cpu->id) {
				cpu->current = ts->task[j].addr;
				hits++;
			}
		if (hits != 1)
			cpu->current = 0;
	}
}

/* The kernel's own on_cpu is set for both sides of a context switch, and for the stopped
 * CPUs of a panic; where registers are known, the owner of the stack pointer runs. */
static void set_running(struct cairn *c, struct tasks *ts)
{
	const struct cpus *cpus;

	if (cpus_get(c, &cpus, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < ts->n; i++)
		ts->task[i].on_cpu = false;
	for (size_t i = 0; i < cpus->n; i++) {
		const struct task *t = task_on_cpu(c, ts, cpus->cpu[i].id);

		if (t) {
			ts->task[t - ts->task].on_cpu = true;
			ts->task[t - ts->task].cpu = (int32_t)cpus->cpu[i].id;
		}
	}
}

static void derive(struct cairn *c, struct tasks *ts)
{
	index_tasks(ts);
	ts->stack_size = stack_size(c, ts);
	if (c->cpus && c->cpus->by_notes) {
		cpus_number(c, cpu_of_stack, ts);
		set_current_by_flags(c, ts);
	}
	set_parents(ts);
	set_running(c, ts);
	if (ts->partial)
		session_degrade(c, "task list", &ts->err);
}

enum cairn_code tasks_get(struct cairn *c, const struct tasks **ret, struct cairn_err *err)
{
	struct walk w = { .c = c };
	const struct cpus *cpus;
	enum cairn_code code;

	/* where CPUs are known by their notes, this comes back here to number them */
	if (!c->tasks && cpus_get(c, &cpus, NULL) == CAIRN_INTERRUPTED)
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (!c->tasks) {
		w.ts = mem_zalloc(1, sizeof(*w.ts));
		if (!w.ts)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for tasks");
		code = read_all(&w, err);
		map_deinit(&w.seen);
		if (code != CAIRN_OK) {
			mem_free(w.ts->task);
			mem_free(w.ts);
			return code;
		}
		c->tasks = w.ts;
		derive(c, w.ts);
	}
	*ret = c->tasks;
	return CAIRN_OK;
}

void tasks_free(struct cairn *c)
{
	if (!c->tasks)
		return;
	map_deinit(&c->tasks->by_addr);
	map_deinit(&c->tasks->by_stack);
	mem_free(c->tasks->task);
	mem_free(c->tasks);
	c->tasks = NULL;
}

const struct task *task_by_pid(const struct tasks *ts, int32_t pid)
{
	for (size_t i = 0; i < ts->n; i++)
		if (ts->task[i].pid == pid && !ts->task[i].fault)
			return &ts->task[i];
	return NULL;
}

const struct task *task_by_addr(const struct tasks *ts, uint64_t addr)
{
	uint64_t at;

	return map_get(&ts->by_addr, addr, &at) ? &ts->task[at] : NULL;
}

const struct task *task_by_stack(const struct tasks *ts, uint64_t sp)
{
	uint64_t pages = (ts->stack_size >> STACK_SHIFT) + 1, at;

	for (uint64_t i = 0; i < pages; i++)
		if (map_get(&ts->by_stack, (sp >> STACK_SHIFT) - i, &at) &&
		    sp - ts->task[at].stack < ts->stack_size)
			return &ts->task[at];
	return NULL;
}

const struct task *task_on_cpu(struct cairn *c, const struct tasks *ts, unsigned id)
{
	const struct cpus *cpus;
	const struct cpu *cpu;
	const struct task *t = NULL;

	if (cpus_get(c, &cpus, NULL) != CAIRN_OK)
		return NULL;
	cpu = cpu_by_id(cpus, id);
	if (cpu && cpu->regs_source != CPU_REGS_NONE)
		t = task_by_stack(ts, regs_sp(&cpu->regs));
	return t || !cpu ? t : task_by_addr(ts, cpu->current);
}
