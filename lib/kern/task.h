/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task - every task of the dump: threads, kernel threads, and the idle task of each CPU.
 *
 * Read once, in the kernel's order (init_task's list, each process followed by its other
 * threads), idle tasks first. A task whose struct cannot be read keeps its row, with the
 * fault. Sources: include/linux/sched.h, fs/proc/array.c (state letters).
 */
#ifndef CAIRN_KERN_TASK_H
#define CAIRN_KERN_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/map.h"
#include "lib/kern/session.h"

#define TASK_COMM_LEN 16

struct task {
	uint64_t addr;        /* task_struct */
	int32_t pid, tgid;
	int32_t ppid;         /* tgid of real_parent; 0 for none; -1: it could not be read */
	char comm[TASK_COMM_LEN + 1];
	char state;           /* R S D T t X Z P I, as /proc shows it */
	uint32_t raw_state, exit_state, flags;
	bool kernel_thread;   /* PF_KTHREAD */
	bool idle;            /* swapper/N */
	int32_t cpu;          /* the CPU it runs or last ran on; -1: not known */
	bool on_cpu;          /* a CPU executes it: the owner of the CPU's stack pointer */
	uint64_t stack;       /* lowest address of its kernel stack; 0: freed */
	uint64_t sp;          /* saved stack pointer; stale when on_cpu */
	uint64_t mm, active_mm, parent;
	uint64_t utime, stime, start_time; /* ns; start since boot */
	const struct cairn_err *fault; /* NULL: none; else addr is all that is known */
};

struct tasks {
	struct task *task;
	size_t n;
	uint64_t stack_size;  /* THREAD_SIZE; 0: not known */
	bool partial;         /* the list ended early: reason in `err` */
	struct cairn_err err;
	struct map by_addr, by_stack; /* private: indexes into task */
};

/** Read on the first call; kept in the session. Partial lists are returned with OK. */
enum cairn_code tasks_get(struct cairn *c, const struct tasks **ret, struct cairn_err *err);

/** Free what tasks_get() made; session close calls it. */
void tasks_free(struct cairn *c);

/** The task of that pid (a thread's own id; the first of several idle tasks for 0), by
 *  the address of its task_struct, by an address on its kernel stack; or NULL. */
const struct task *task_by_pid(const struct tasks *ts, int32_t pid);
const struct task *task_by_addr(const struct tasks *ts, uint64_t addr);
const struct task *task_by_stack(const struct tasks *ts, uint64_t sp);

/** The task that runs on a CPU: the owner of its stack pointer, else its current. */
const struct task *task_on_cpu(struct cairn *c, const struct tasks *ts, unsigned cpu);

#endif
