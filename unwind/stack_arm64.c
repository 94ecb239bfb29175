/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of an arm64 CPU besides those of tasks.
 *
 * IRQ: per-CPU pointer to its beginning, as large as a task's (arch/arm64/kernel/irq.c,
 * asm/memory.h IRQ_STACK_SIZE); without VMAP_STACK and up to 6.12 a per-CPU array. Overflow: a
 * per-CPU array (traps.c). SDEI: per-CPU pointers to the beginning (sdei.c), where firmware
 * has such events. None says whether it is in use, nor holds a link: the frame record of who
 * switched to it leads on.
 * EFI: one for all CPUs, efi_rt_stack_top (arch/arm64/kernel/efi.c, ff7a167961d1). Where no symbol
 * names that, the code that switches to it does (efi-rt-wrapper.S: adrp, ldr).
 */
#include "unwind/stack_arch.h"

#include "lib/debug/shape.h"

#define GUARD      16384u /* stacks are aligned to twice their size, THREAD_ALIGN */
#define EFI_INSNS  32     /* of the wrapper that are looked at */

/* Names, alternatives with '|', of a pointer to the beginning. */
static bool by_pointer(struct stack_finder *f, enum stack_type type, const char *names)
{
	uint64_t begin;

	if (percpu_word(f->c, f->cpu, names, &begin, NULL) || !begin || !f->task_stack_size)
		return false;
	stack_finder_add(f, (struct stack_info){
		.type = type, .begin = begin, .end = begin + f->task_stack_size, .guard = GUARD,
	});
	return true;
}

static void by_array(struct stack_finder *f, enum stack_type type, const char *name)
{
	const struct type *t = type_of_variable(&f->c->types, name);
	uint64_t begin;

	if (!t || !type_strip(t)->size || percpu_symbol(f->c, f->cpu, name, &begin, NULL))
		return;
	stack_finder_add(f, (struct stack_info){
		.type = type, .begin = begin, .end = begin + type_strip(t)->size,
	});
}

/* adrp xN, page; ldr xN, [xN, #low] */
static bool loaded_address(const uint32_t insn[2], uint64_t at, uint64_t *ret)
{
	uint32_t reg = insn[0] & 31;
	uint64_t pages = (insn[0] >> 29 & 3) | (insn[0] >> 5 & 0x7ffff) << 2;

	if ((insn[0] & 0x9f000000) != 0x90000000 ||
	    (insn[1] & 0xffc003ff) != (0xf9400000 | reg << 5 | reg))
		return false;
	pages = (uint64_t)((int64_t)(pages << 43) >> 43);
	*ret = (at & ~UINT64_C(4095)) + (pages << 12) + (insn[1] >> 10 & 0xfff) * 8;
	return true;
}

static bool efi_pointer(struct stack_finder *f, uint64_t *ret)
{
	uint64_t at;
	uint32_t insn[2];

	if (!sym_addr(&f->c->syms, "efi_rt_stack_top", ret, NULL))
		return true;
	if (sym_addr(&f->c->syms, "__efi_rt_asm_wrapper", &at, NULL))
		return false;
	for (unsigned i = 0; i < EFI_INSNS; i++, at += 4)
		if (!reader_u32(f->mem, at, &insn[0], NULL) &&
		    !reader_u32(f->mem, at + 4, &insn[1], NULL) && loaded_address(insn, at, ret))
			return true;
	return false;
}

static void efi_stack(struct stack_finder *f)
{
	uint64_t pointer, end;
	struct stack_info info = { .type = STACK_EFI, .cpu = -1, .guard = GUARD };

	if (!f->task_stack_size || !efi_pointer(f, &pointer) ||
	    reader_word(f->mem, pointer, &end, NULL) || end < f->task_stack_size || end % 16)
		return;
	info.begin = end - f->task_stack_size;
	info.end = end;
	stacks_add(f->stacks, f->arena, &info, NULL); /* again for another CPU: refused */
}

static void cpu_stacks(struct stack_finder *f)
{
	if (!by_pointer(f, STACK_IRQ, "irq_stack_ptr"))
		by_array(f, STACK_IRQ, "irq_stack");
	by_array(f, STACK_OVERFLOW, "overflow_stack");
	by_pointer(f, STACK_SDEI, "sdei_stack_normal_ptr");
	by_pointer(f, STACK_SDEI_CRITICAL, "sdei_stack_critical_ptr");
	efi_stack(f);
}

static const struct stack_arch arm64 = {
	.id = ARCH_ARM64, .cpu_stacks = cpu_stacks, .usual_size = 16384, .task_guard = GUARD,
};
STACK_ARCH(&arm64);
