/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of an ARM CPU besides those of tasks.
 *
 * IRQ: since 5.18 (CONFIG_IRQSTACKS, d4664b6c987f) a per-CPU pointer to its end, as large as a
 * task's; softirqs run there too. Overflow (CONFIG_VMAP_STACK, a1c510d0adc6): a per-CPU pointer
 * to the end of one of 4 KiB, at whose top the stack pointer of the one that ran over is
 * kept (entry-armv.S __bad_stack). Before, everything ran on the task's stack. Neither says
 * whether it is in use.
 */
#include "unwind/stack_arch.h"

#define GUARD         8192u /* stacks are aligned to twice their size, THREAD_ALIGN */
#define OVERFLOW_SIZE 4096u /* asm/thread_info.h OVERFLOW_STACK_SIZE */

static void add(struct stack_finder *f, enum stack_type type, const char *pointer, uint64_t size,
		bool has_link)
{
	struct stack_info info = { .type = type };

	if (!size || percpu_word(f->c, f->cpu, pointer, &info.end, NULL) || info.end < size)
		return;
	info.begin = info.end - size;
	if (has_link && reader_word(f->mem, info.end - 4, &info.next_sp, NULL))
		info.next_sp = 0;
	if (!has_link)
		info.guard = GUARD;
	stack_finder_add(f, info);
}

static void cpu_stacks(struct stack_finder *f)
{
	add(f, STACK_IRQ, "irq_stack_ptr", f->task_stack_size, false);
	add(f, STACK_OVERFLOW, "overflow_stack_ptr", OVERFLOW_SIZE, true);
}

static const struct stack_arch arm = {
	.id = ARCH_ARM, .cpu_stacks = cpu_stacks, .usual_size = 8192, .task_guard = GUARD,
};
STACK_ARCH(&arm);
