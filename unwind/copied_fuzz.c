/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracers' structures that say anything: the shadow stack of the function graph tracer, ops,
 * kprobes, BPF images. A lookup must end.
 */
#include "lib/kern/jit.h"
#include "lib/kern/testkern.h"
#include "unwind/copied.h"
#include "unwind/fgraph.h"
#include "unwind/fp_x86.h"

#define FILLED 0x1000u

static void declare(struct testkern *k)
{
	static const struct type top = { .kind = TYPE_INT, .name = "int", .size = 4,
					 .is_signed = true, .complete = true };

	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "task_struct", 0x40, (const struct tk_member[]){
		{ "curr_ret_stack", 0, 4, 0, NULL }, { "ret_stack", 8, 8, 0, NULL }, { 0 } });
	k->type[1].member[0].type = &top;
	tk_struct(k, "ftrace_ret_stack", 24, (const struct tk_member[]){
		{ "ret", 0, 8, 0, NULL }, { "retp", 16, 8, 0, NULL }, { 0 } });
	tk_struct(k, "ftrace_ops", 64, (const struct tk_member[]){
		{ "trampoline", 0, 8, 0, NULL }, { "trampoline_size", 8, 8, 0, NULL },
		{ "list", 16, 0, 0, "list_head" }, { "flags", 32, 8, 0, NULL }, { 0 } });
	tk_struct(k, "kprobe_insn_cache", 64, (const struct tk_member[]){
		{ "pages", 8, 0, 0, "list_head" }, { 0 } });
	tk_struct(k, "kprobe_insn_page", 64, (const struct tk_member[]){
		{ "list", 0, 0, 0, "list_head" }, { "insns", 16, 8, 0, NULL }, { 0 } });
	tk_struct(k, "arch_specific_insn", 16, (const struct tk_member[]){
		{ "insn", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "kprobe", 64, (const struct tk_member[]){
		{ "hlist", 0, 0, 0, "list_head" }, { "addr", 16, 8, 0, NULL },
		{ "flags", 24, 4, 0, NULL }, { "ainsn", 32, 0, 0, "arch_specific_insn" }, { 0 } });
	tk_struct(k, "arch_optimized_insn", 24, (const struct tk_member[]){
		{ "insn", 0, 8, 0, NULL }, { "size", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "optimized_kprobe", 128, (const struct tk_member[]){
		{ "kp", 0, 0, 0, "kprobe" }, { "optinsn", 72, 0, 0, "arch_optimized_insn" }, { 0 } });
	tk_struct(k, "bpf_ksym", 0x100, (const struct tk_member[]){
		{ "start", 0, 8, 0, NULL }, { "end", 8, 8, 0, NULL },
		{ "fp_start", 16, 4, 0, NULL }, { "fp_end", 24, 4, 0, NULL },
		{ "lnode", 0x90, 0, 0, "list_head" }, { 0 } });
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
	declare(k);
	k->type[1].member[1].type = &stacks[data[0] & 1];
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
