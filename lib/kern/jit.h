/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jit - code that the kernel made at run time: BPF programs, trampolines and dispatchers,
 * ftrace trampolines, the instruction slots of kprobes.
 *
 * Each kind is a list in the kernel, and becomes a source of symbols under the name that
 * /proc/kallsyms prints in brackets: "bpf", "__builtin__ftrace", "__builtin__kprobes".
 * Sources: kernel/bpf/core.c (bpf_kallsyms), kernel/trace/ftrace.c
 * (ftrace_ops_trampoline_list), kernel/kprobes.c (struct kprobe_insn_cache).
 */
#ifndef CAIRN_KERN_JIT_H
#define CAIRN_KERN_JIT_H

#include "lib/kern/session.h"

/** Add what there is to c->syms: symbols and text ranges. A kernel without one of the kinds
 *  is fine; a list that cannot be read to its end is noted in `degraded`. */
void jit_add_symbols(struct cairn *c);

#endif
