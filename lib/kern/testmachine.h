/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testmachine - for tests: CPUs and tasks of a made-up x86_64 kernel over testkern.
 *
 *   struct testmachine m = tm_new(2);
 *   uint64_t init = tm_task(&m, 1, "init");
 *   tm_thread(&m, init, 7, "worker");
 *   tm_run(&m, 0, init);
 *   struct cairn *c = tm_open(&m);     then tm_free(&m)
 *
 * Each CPU has an idle task; CPU 0's is init_task. Fields are written over with tm_set().
 */
#ifndef CAIRN_KERN_TESTMACHINE_H
#define CAIRN_KERN_TESTMACHINE_H

#include "lib/kern/testkern.h"

#define TM_CPUS 4
#define TM_STACK UINT64_C(0x4000)

/* struct task_struct */
enum {
	TM_STATE = 0x18, TM_STACK_PTR = 0x20, TM_FLAGS = 0x2c, TM_ON_CPU = 0x34, TM_CPU = 0x40,
	TM_TASKS = 0x50, TM_MM = 0x60, TM_ACTIVE_MM = 0x68, TM_EXIT_STATE = 0x70, TM_PID = 0x80,
	TM_TGID = 0x84, TM_PARENT = 0x88, TM_SIGNAL = 0x90, TM_THREAD_NODE = 0xa0, TM_UTIME = 0xb0,
	TM_STIME = 0xb8, TM_START = 0xc0, TM_COMM = 0xd0, TM_SP = 0xe0, TM_TASK_SIZE = 0x100,
};

/* struct signal_struct */
enum { TM_THREAD_HEAD = 0x10, TM_SIGNAL_SIZE = 0x40 };

/* the per-CPU area; symbols are offsets into it */
enum { TM_RQ = 0x100, TM_CURRENT = 0x200, TM_IRQ_STACK = 0x208, TM_CRASH_NOTE = 0x400 };

/* ordinary variables */
#define TM_OFFSETS (TK_BASE + 0x000)
#define TM_POSSIBLE (TK_BASE + 0x100)
#define TM_ONLINE (TK_BASE + 0x108)
#define TM_NR_IDS (TK_BASE + 0x110)
#define TM_CRASH_NOTES (TK_BASE + 0x118)
#define TM_BOOTED (TK_BASE + 0x120) /* for cpus_booted_once_mask, where a test names it */
#define TM_AREA(cpu) (TK_BASE + 0x1000 * (1 + (uint64_t)(cpu)))
#define TM_TASKS_FROM TM_AREA(TM_CPUS)
#define TM_STACKS_FROM UINT64_C(0x40000000) /* never read: only their addresses count */

struct testmachine {
	struct testkern *k;
	unsigned ncpus, ntasks;
	uint64_t next; /* free memory */
	uint64_t idle[TM_CPUS];
};

static inline void tm_set(struct testmachine *m, uint64_t task, unsigned field, uint64_t value,
			  size_t bytes)
{
	tk_put(m->k, task + field, value, bytes);
}

/* Put a link at the end of a list; the head's prev says where that is. */
static inline void tm_link(struct testmachine *m, uint64_t head, uint64_t node)
{
	const unsigned char *data = m->k->mem.range[0].data;
	uint64_t last = le64(data + head + 8);

	tk_put(m->k, last, node, 8);
	tk_put(m->k, node, head, 8);
	tk_put(m->k, node + 8, last, 8);
	tk_put(m->k, head + 8, node, 8);
}

static inline uint64_t tm_alloc(struct testmachine *m, uint64_t size)
{
	uint64_t at = m->next;

	m->next += size;
	return at;
}

static inline uint64_t tm_make(struct testmachine *m, int pid, const char *comm)
{
	uint64_t task = tm_alloc(m, TM_TASK_SIZE), signal = tm_alloc(m, TM_SIGNAL_SIZE);

	tm_set(m, task, TM_PID, (uint32_t)pid, 4);
	tm_set(m, task, TM_TGID, (uint32_t)pid, 4);
	tk_text(m->k, task + TM_COMM, comm);
	tm_set(m, task, TM_STACK_PTR, TM_STACKS_FROM + TM_STACK * m->ntasks++, 8);
	tm_set(m, task, TM_SIGNAL, signal, 8);
	tk_put(m->k, signal + TM_THREAD_HEAD, signal + TM_THREAD_HEAD, 8);
	tk_put(m->k, signal + TM_THREAD_HEAD + 8, signal + TM_THREAD_HEAD, 8);
	tm_link(m, signal + TM_THREAD_HEAD, task + TM_THREAD_NODE);
	return task;
}

/** Lowest address of the n-th task's stack, idle tasks counted. */
static inline uint64_t tm_stack(unsigned n)
{
	return TM_STACKS_FROM + TM_STACK * n;
}

/** A process; returns its task_struct. */
static inline uint64_t tm_task(struct testmachine *m, int pid, const char *comm)
{
	uint64_t task = tm_make(m, pid, comm);

	tm_set(m, task, TM_PARENT, m->idle[0], 8);
	tm_link(m, m->idle[0] + TM_TASKS, task + TM_TASKS);
	return task;
}

/** Another thread of a process. */
static inline uint64_t tm_thread(struct testmachine *m, uint64_t leader, int pid, const char *comm)
{
	const unsigned char *data = m->k->mem.range[0].data;
	uint64_t task = tm_make(m, pid, comm), signal = le64(data + leader + TM_SIGNAL);

	tm_set(m, task, TM_TGID, le32(data + leader + TM_PID), 4);
	tm_set(m, task, TM_SIGNAL, signal, 8);
	tm_link(m, signal + TM_THREAD_HEAD, task + TM_THREAD_NODE);
	return task;
}

/** A task is current on a CPU. */
static inline void tm_run(struct testmachine *m, unsigned cpu, uint64_t task)
{
	tk_put(m->k, TM_AREA(cpu) + TM_CURRENT, task, 8);
	tk_put(m->k, TM_AREA(cpu) + TM_RQ, task, 8);
	tm_set(m, task, TM_CPU, cpu, 4);
	tm_set(m, task, TM_ON_CPU, 1, 4);
}

static inline void tm_types(struct testkern *k)
{
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "thread_struct", 16, (const struct tk_member[]){
		{ "sp", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "signal_struct", TM_SIGNAL_SIZE, (const struct tk_member[]){
		{ "thread_head", TM_THREAD_HEAD, 0, 0, "list_head" }, { 0 } });
	tk_struct(k, "rq", 0x40, (const struct tk_member[]){
		{ "curr", 0, 8, 0, NULL }, { "idle", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "task_struct", TM_TASK_SIZE, (const struct tk_member[]){
		{ "__state", TM_STATE, 4, 0, NULL }, { "stack", TM_STACK_PTR, 8, 0, NULL },
		{ "flags", TM_FLAGS, 4, 0, NULL }, { "on_cpu", TM_ON_CPU, 4, 0, NULL },
		{ "cpu", TM_CPU, 4, 0, NULL }, { "tasks", TM_TASKS, 0, 0, "list_head" },
		{ "mm", TM_MM, 8, 0, NULL }, { "active_mm", TM_ACTIVE_MM, 8, 0, NULL },
		{ "exit_state", TM_EXIT_STATE, 4, 0, NULL }, { "pid", TM_PID, 4, 0, NULL },
		{ "tgid", TM_TGID, 4, 0, NULL }, { "real_parent", TM_PARENT, 8, 0, NULL },
		{ "signal", TM_SIGNAL, 8, 0, NULL },
		{ "thread_node", TM_THREAD_NODE, 0, 0, "list_head" },
		{ "utime", TM_UTIME, 8, 0, NULL }, { "stime", TM_STIME, 8, 0, NULL },
		{ "start_boottime", TM_START, 8, 0, NULL }, { "comm", TM_COMM, 1, 16, NULL },
		{ "thread", TM_SP, 0, 0, "thread_struct" }, { 0 } });
}

static inline void tm_symbols(struct testkern *k)
{
	tk_symbol(k, "__per_cpu_offset", TM_OFFSETS);
	tk_symbol(k, "__cpu_possible_mask", TM_POSSIBLE);
	tk_symbol(k, "__cpu_online_mask", TM_ONLINE);
	tk_symbol(k, "nr_cpu_ids", TM_NR_IDS);
	tk_symbol(k, "crash_notes", TM_CRASH_NOTES);
	tk_symbol(k, "runqueues", TM_RQ);
	tk_symbol(k, "current_task", TM_CURRENT);
	tk_symbol(k, "irq_stack_ptr", TM_IRQ_STACK);
	tk_symbol(k, "init_task", TM_TASKS_FROM);
	tk_symbol(k, "__start_init_stack", 0x10000000);
	tk_symbol(k, "__end_init_stack", 0x10000000 + TM_STACK);
}

/** Over memory that was begun already, from 0 on. */
static inline struct testmachine tm_over(struct testkern *k, unsigned ncpus)
{
	struct testmachine m = { .k = k, .ncpus = ncpus, .next = TM_TASKS_FROM };
	char comm[32];

	tm_types(m.k);
	tm_symbols(m.k);
	tk_put(m.k, TM_POSSIBLE, (1u << ncpus) - 1, 8);
	tk_put(m.k, TM_ONLINE, (1u << ncpus) - 1, 8);
	tk_put(m.k, TM_NR_IDS, ncpus, 4);
	for (unsigned i = 0; i < ncpus; i++) {
		tk_put(m.k, TM_OFFSETS + 8 * i, TM_AREA(i), 8);
		snprintf(comm, sizeof(comm), "swapper/%u", i);
		m.idle[i] = tm_make(&m, 0, comm);
		tm_set(&m, m.idle[i], TM_PARENT, m.idle[0], 8);
		tk_put(m.k, TM_AREA(i) + TM_RQ + 8, m.idle[i], 8);
		tk_put(m.k, TM_AREA(i) + TM_IRQ_STACK, 0x20000000 + 0x100000 * (uint64_t)i, 8);
		tm_run(&m, i, m.idle[i]);
	}
	tk_put(m.k, m.idle[0] + TM_TASKS, m.idle[0] + TM_TASKS, 8);
	tk_put(m.k, m.idle[0] + TM_TASKS + 8, m.idle[0] + TM_TASKS, 8);
	return m;
}

static inline struct testmachine tm_new(unsigned ncpus)
{
	return tm_over(tk_new(), ncpus);
}

/** A CPU's registers as a dump's notes have them: NT_PRSTATUS with that stack pointer, and
 *  QEMU's own with that GS base unless `gs` is 0. */
static inline void tm_note(struct testmachine *m, uint64_t sp, uint64_t gs)
{
	const struct arch *a = arch_by_id(ARCH_X86_64);
	unsigned char prstatus[336] = { 0 }, qemu[440] = { 0 };

	for (unsigned i = 0; i < 8; i++) {
		prstatus[a->prstatus_regs + 8 * a->sp + i] = (unsigned char)(sp >> 8 * i);
		qemu[8 + 7 * 8 + i] = (unsigned char)(sp >> 8 * i); /* rsp */
		qemu[8 + 18 * 8 + 4 * 24 + 16 + i] = (unsigned char)(gs >> 8 * i);
	}
	qemu[0] = 1; /* version */
	qemu[4] = 440 & 0xff;
	qemu[5] = 440 >> 8;
	testmem_note(&m->k->mem, "CORE", 1, prstatus, sizeof(prstatus));
	if (gs)
		testmem_note(&m->k->mem, "QEMU", 0, qemu, sizeof(qemu));
}

static inline struct cairn *tm_open(struct testmachine *m)
{
	return tk_open(m->k, 8);
}

#endif
