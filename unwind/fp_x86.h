/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fp_x86 - where in code that was made at run time (BPF) the frame pointer is set up.
 *
 * Its functions and trampolines begin with push %rbp; mov %rsp, %rbp, behind a landing pad and
 * room for a call, and end with leave and a return. Sources: arch/x86/net/bpf_jit_comp.c
 * emit_prologue(), bpf_jit_build_body(), arch_prepare_bpf_trampoline(); struct bpf_ksym,
 * kernel/bpf/core.c bpf_has_frame_pointer() (7.x: the kernel's own word for it).
 */
#ifndef CAIRN_UNWIND_FP_X86_H
#define CAIRN_UNWIND_FP_X86_H

#include "unwind/unwinder.h"

enum fp_stage {
	FP_UNKNOWN,  /* no such beginning is seen */
	FP_NOT_YET,  /* the return address lies at the stack pointer: before push, after leave */
	FP_PUSHED,   /* the caller's frame pointer lies there */
	FP_SEEN,     /* %rbp is set up: the beginning says so */
	FP_TOLD,     /* %rbp is set up: the kernel says so */
};

/** How far the code at pc is. */
enum fp_stage fp_x86_stage(struct unwinder *u, uint64_t pc, bool interrupted);

#endif
