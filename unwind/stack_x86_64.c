/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of an x86_64 CPU besides those of tasks.
 *
 * IRQ: per-CPU pointer to its end, since 5.12 to the word below; 951c2a51ae75,
 * arch/x86/kernel/irq_64.c, asm/irq_stack.h. The word holds the stack pointer before the
 * switch and is stale while the stack is not in use.
 * Exceptions: struct cea_exception_stacks in the CPU's entry area, a guard page below each;
 * 019b17b3ffe4, asm/cpu_entry_area.h. The hardware's own table of them is tss.ist[].
 * Entry: cpu_entry_area.entry_stack_page.
 */
#include "lib/debug/shape.h"
#include "unwind/stack_arch.h"

#define PAGE        4096u
#define PT_REGS     168u /* sizeof(struct pt_regs), asm/ptrace.h */
#define PT_REGS_SP  152u
#define TSS_IST     36u  /* offsetof(struct x86_hw_tss, ist), asm/processor.h */
#define NMI_RUNS    (7u * 8)  /* "NMI executing", arch/x86/entry/entry_64.S asm_exc_nmi */
#define NMI_OLD_SP  (14u * 8) /* stack pointer of the outermost NMI */

static uint64_t word_at(struct stack_finder *f, uint64_t addr)
{
	uint64_t value = 0;

	return reader_word(f->mem, addr, &value, NULL) ? 0 : value;
}

static uint64_t type_size(struct cairn *c, const char *name)
{
	const struct type *t = type_find(&c->types, name, NULL);

	return t ? type_strip(t)->size : 0;
}

/* ---- IRQ ---- */

static enum stack_use irq_use(struct stack_finder *f)
{
	uint64_t value;

	if (!percpu_word(f->c, f->cpu, "pcpu_hot.hardirq_stack_inuse|hardirq_stack_inuse", &value,
			 NULL))
		return value & 0xff ? STACK_IN_USE : STACK_IDLE;
	if (!percpu_word(f->c, f->cpu, "irq_count", &value, NULL))
		return (uint32_t)value == UINT32_MAX ? STACK_IDLE : STACK_IN_USE;
	return STACK_USE_UNKNOWN;
}

static void irq_stack(struct stack_finder *f)
{
	uint64_t ptr, end, size = type_size(f->c, "struct irq_stack");

	if (percpu_word(f->c, f->cpu,
			"pcpu_hot.hardirq_stack_ptr|hardirq_stack_ptr|irq_stack_ptr", &ptr, NULL) ||
	    !ptr)
		return;
	end = ptr % 16 ? ptr + 8 : ptr;
	if (!size)
		size = f->task_stack_size ? f->task_stack_size : stack_probe(f->mem, end);
	stack_finder_add(f, (struct stack_info){
		.type = STACK_IRQ, .use = irq_use(f), .begin = end - size, .end = end,
		.guard = PAGE, .next_sp = word_at(f, end - 8),
	});
}

/* ---- exceptions ---- */

static const struct {
	const char *member;
	enum stack_type type;
	unsigned ist; /* IST_INDEX_*, asm/page_64_types.h; IST_NONE: not the hardware's */
} exceptions[] = {
#define IST_NONE 7
	{ "DF_stack", STACK_DF, 0 },	  { "NMI_stack", STACK_NMI, 1 },
	{ "DB2_stack", STACK_DB2, IST_NONE }, { "DB1_stack", STACK_DB1, IST_NONE },
	{ "DB_stack", STACK_DB, 2 },	  { "MCE_stack", STACK_MCE, 3 },
	{ "VC_stack", STACK_VC, 4 },	  { "VC2_stack", STACK_VC2, IST_NONE },
};
#define NEXCEPTIONS (sizeof(exceptions) / sizeof(exceptions[0]))

static void exception_stack(struct stack_finder *f, enum stack_type type, uint64_t begin,
			    uint64_t size)
{
	uint64_t end = begin + size;
	struct stack_info info = {
		.type = type, .begin = begin, .end = end, .guard = PAGE,
		.next_sp = word_at(f, end - PT_REGS + PT_REGS_SP),
	};

	if (!size)
		return;
	if (type == STACK_NMI) {
		info.use = word_at(f, end - NMI_RUNS) == 1 ? STACK_IN_USE : STACK_IDLE;
		info.next_sp = word_at(f, end - NMI_OLD_SP);
	}
	stack_finder_add(f, info);
}

static bool exceptions_by_type(struct stack_finder *f, uint64_t base)
{
	const struct type *t = type_find(&f->c->types, "struct cea_exception_stacks", NULL);
	struct member m;

	if (!t || !base)
		return false;
	for (size_t i = 0; i < NEXCEPTIONS; i++)
		if (type_member(type_strip(t), exceptions[i].member, &m))
			exception_stack(f, exceptions[i].type, base + m.offset, m.size);
	return true;
}

/* Without types: each stack ends where the task state segment says; all are equally large,
 * with a guard page between neighbours. */
static void exceptions_by_tss(struct stack_finder *f)
{
	uint64_t top[5], size;

	if (!f->cpu->tr_base || reader_words(f->mem, f->cpu->tr_base + TSS_IST, top, 5, NULL))
		return;
	size = top[1] - top[0] - PAGE;
	if (size != PAGE && size != 2 * PAGE)
		return;
	for (size_t i = 0; i < NEXCEPTIONS; i++)
		if (exceptions[i].ist != IST_NONE && top[exceptions[i].ist] > size)
			exception_stack(f, exceptions[i].type, top[exceptions[i].ist] - size,
					size);
}

/* ---- entry ---- */

static void entry_stack(struct stack_finder *f, uint64_t estacks)
{
	const struct type *t = type_find(&f->c->types, "struct cpu_entry_area", NULL);
	struct member area, entry;

	if (!t || !type_member(type_strip(t), "estacks", &area) ||
	    !type_member(type_strip(t), "entry_stack_page", &entry) || estacks < area.offset)
		return;
	stack_finder_add(f, (struct stack_info){
		.type = STACK_ENTRY,
		.begin = estacks - area.offset + entry.offset,
		.end = estacks - area.offset + entry.offset + entry.size,
	});
}

static void cpu_stacks(struct stack_finder *f)
{
	uint64_t estacks = 0;

	irq_stack(f);
	if (percpu_word(f->c, f->cpu, "cea_exception_stacks", &estacks, NULL))
		estacks = 0;
	if (!exceptions_by_type(f, estacks))
		exceptions_by_tss(f);
	if (estacks)
		entry_stack(f, estacks);
}

/* Up to 5.15 it was kept in a slot of the task state segment that the hardware ignores. */
static uint64_t top_in_tss(struct stack_finder *f)
{
	const struct type *t = type_find(&f->c->types, "struct tss_struct", NULL);
	uint64_t addr;
	struct member m;

	if (!t || !type_member(type_strip(t), "x86_tss.sp1", &m) ||
	    percpu_symbol(f->c, f->cpu, "cpu_tss_rw", &addr, NULL))
		return 0;
	return word_at(f, addr + m.offset);
}

/* The top is at most some words below the end of the stack. */
static uint64_t current_top(struct stack_finder *f)
{
	uint64_t top;

	if (percpu_word(f->c, f->cpu, "pcpu_hot.top_of_stack|cpu_current_top_of_stack", &top, NULL))
		top = top_in_tss(f);
	return (top + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static const struct stack_arch x86_64 = {
	.id = ARCH_X86_64, .cpu_stacks = cpu_stacks, .current_top = current_top,
	.task_guard = PAGE,
};
STACK_ARCH(&x86_64);
