/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of an i386 CPU besides those of tasks.
 *
 * IRQ, softirq: two per-CPU pointers to the beginning, as large as a task's; the lowest word is
 * the stack pointer before the switch, stale while the stack is not in use, which nothing
 * says (arch/x86/kernel/irq_32.c, dumpstack_32.c).
 * #DF: entered through a task gate, so the hardware leaves the registers of what it interrupted in
 * the CPU's task state segment (doublefault_32.c, dc4e0021b00b). Entry: where sysenter and
 * interrupts from user mode land (cpu_entry_area.entry_stack_page); its end is the segment's sp0.
 */
#include "unwind/stack_arch.h"

#include "lib/debug/shape.h"

#define GUARD 4096u /* pages between the stacks of the entry area are not mapped */

static void irq_stack(struct stack_finder *f, enum stack_type type, const char *names)
{
	struct stack_info info = { .type = type };

	if (!f->task_stack_size || percpu_word(f->c, f->cpu, names, &info.begin, NULL) || !info.begin)
		return;
	info.end = info.begin + f->task_stack_size;
	if (reader_word(f->mem, info.begin, &info.next_sp, NULL))
		info.next_sp = 0;
	stack_finder_add(f, info);
}

enum { CEA_TSS, CEA_DF_STACK, CEA_ENTRY, CEA_N };
static const struct shape_want area_want = {
	"struct cpu_entry_area", CEA_N,
	{ [CEA_TSS] = "tss",
	  [CEA_DF_STACK] = "doublefault_stack.stack", [CEA_ENTRY] = "entry_stack_page" },
};

enum { TSS_SP0, TSS_SP, TSS_N };
static const struct shape_want tss_want = {
	"struct tss_struct", TSS_N, { [TSS_SP0] = "x86_tss.sp0", [TSS_SP] = "x86_tss.sp" },
};

static uint64_t from_tss(struct stack_finder *f, unsigned member)
{
	struct shape tss;
	uint64_t addr, value;

	if (shape_resolve(&tss, &tss_want, &f->c->types, NULL) || !shape_has(&tss, member) ||
	    percpu_symbol(f->c, f->cpu, "cpu_tss_rw", &addr, NULL) ||
	    shape_get(&tss, &f->c->kernel, addr, member, &value, NULL))
		return 0;
	return value;
}

/* The entry area: the task register's base is in it, and so is the end of the entry stack. */
static uint64_t entry_area(struct stack_finder *f, const struct shape *area)
{
	uint64_t sp0 = from_tss(f, TSS_SP0);

	if (f->cpu->tr_base && shape_has(area, CEA_TSS))
		return f->cpu->tr_base - area->m[CEA_TSS].offset;
	if (!sp0 || !shape_has(area, CEA_ENTRY))
		return 0;
	return sp0 - area->m[CEA_ENTRY].size - area->m[CEA_ENTRY].offset;
}

static void entry_stacks(struct stack_finder *f)
{
	struct shape area;
	uint64_t base;

	if (shape_resolve(&area, &area_want, &f->c->types, NULL))
		return;
	base = entry_area(f, &area);
	if (!base)
		return;
	if (shape_has(&area, CEA_DF_STACK))
		stack_finder_add(f, (struct stack_info){
			.type = STACK_DF, .guard = GUARD, .next_sp = from_tss(f, TSS_SP),
			.begin = base + area.m[CEA_DF_STACK].offset,
			.end = base + area.m[CEA_DF_STACK].offset + area.m[CEA_DF_STACK].size,
		});
	if (shape_has(&area, CEA_ENTRY))
		stack_finder_add(f, (struct stack_info){
			.type = STACK_ENTRY, .guard = GUARD,
			.begin = base + area.m[CEA_ENTRY].offset,
			.end = base + area.m[CEA_ENTRY].offset + area.m[CEA_ENTRY].size,
		});
}

static void cpu_stacks(struct stack_finder *f)
{
	irq_stack(f, STACK_IRQ, "pcpu_hot.hardirq_stack_ptr|hardirq_stack_ptr|hardirq_stack");
	irq_stack(f, STACK_SOFTIRQ, "pcpu_hot.softirq_stack_ptr|softirq_stack_ptr|softirq_stack");
	entry_stacks(f);
}

static const struct stack_arch i386 = {
	.id = ARCH_I386, .cpu_stacks = cpu_stacks, .usual_size = 8192, .task_guard = 0,
};
STACK_ARCH(&i386);
