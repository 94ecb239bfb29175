/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracers' structures that say anything: the shadow stack of the function graph tracer, ops,
 * kprobes, BPF images. A lookup must end.
 */
#include "lib/kern/jit.h"
#include "unwind/copied.h"
#include "unwind/fgraph.h"
#include "unwind/fp_x86.h"
#include "unwind/testcopied.h"

#define FILLED 0x1000u

/* The type of tasks: its second member is the shadow stack. */
static struct tk_type *declare(struct testkern *k)
{
	struct tk_type *task;

	copied_types(k);
	task = &k->type[k->ntypes];
	tk_struct(k, "task_struct", 0x40, (const struct tk_member[]){
		{ .name = "curr_ret_stack", .size = 4, .nested = "-" },
		{ .name = "ret_stack", .offset = 8, .size = 8 }, { 0 } });
	tk_struct(k, "ftrace_ret_stack", 24, (const struct tk_member[]){
		{ .name = "ret", .size = 8 }, { .name = "retp", .offset = 16, .size = 8 }, { 0 } });
	return task;
}

static void name_all(struct testkern *k)
{
	tk_symbol(k, "ftrace_ops_trampoline_list", TK_BASE);
	tk_symbol(k, "kprobe_insn_slots", TK_BASE + 0x10);
	tk_symbol(k, "kprobe_optinsn_slots", TK_BASE + 0x30);
	tk_symbol(k, "bpf_kallsyms", TK_BASE + 0x50);
	tk_symbol(k, "kprobe_table", TK_BASE + 0x100);
	tk_symbol(k, "ftrace_caller", TK_BASE + 0x8000);
	tk_symbol(k, "ftrace_regs_caller", TK_BASE + 0x8400);
	tk_symbol(k, "optprobe_template_entry", TK_BASE + 0x8800);
	tk_symbol(k, "optprobe_template_end", TK_BASE + 0x8860);
}

/* Two bytes make a word: an address in the filled memory, or a small number. */
static void fill(struct testkern *k, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 2 <= size && i / 2 * 8 < FILLED; i += 2) {
		uint64_t v = (uint64_t)data[i] | (uint64_t)data[i + 1] << 8;

		tk_put(k, TK_BASE + i / 2 * 8, v & 1 ? v >> 1 : TK_BASE + (v & (FILLED - 1)), 8);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct type to_entry = { .kind = TYPE_STRUCT, .name = "ftrace_ret_stack" };
	static const struct type stacks[] = {
		{ .kind = TYPE_PTR, .size = 8, .target = &to_entry },
		{ .kind = TYPE_PTR, .size = 8, .target = &tk_integers[3] },
	};
	struct testkern *k;
	struct unwinder u;
	uint64_t got;

	if (size < 2)
		return 0;
	k = tk_small();
	declare(k)->member[1].type = &stacks[data[0] & 1];
	name_all(k);
	fill(k, data + 1, size - 1);
	tk_open(k, 8);
	jit_add_symbols(&k->c);
	u = (struct unwinder){ .c = &k->c, .arena = &k->c.arena, .mem = reader_of_space(&k->c.kernel),
			       .syms = &k->c.syms };
	for (uint64_t ip = TK_BASE; ip < TK_BASE + FILLED; ip += 0x155) {
		copied_find(&u, ip, &got);
		fp_x86_stage(&u, ip, ip & 1);
		fgraph_find(&k->c, ip & ~UINT64_C(7), ip & ~UINT64_C(7), 0, &got);
	}
	tk_free(k);
	return 0;
}
