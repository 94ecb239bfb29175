/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testcopied - types of tracers' and of BPF's structures, as 6.1 has them but for their sizes. */
#ifndef CAIRN_UNWIND_TESTCOPIED_H
#define CAIRN_UNWIND_TESTCOPIED_H

#include "lib/kern/testkern.h"

static inline void copied_types(struct testkern *k)
{
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "bpf_ksym", 0x100, (const struct tk_member[]){
		{ "start", 0, 8, 0, NULL }, { "end", 8, 8, 0, NULL },
		{ "fp_start", 16, 4, 0, NULL }, { "fp_end", 24, 4, 0, NULL },
		{ "lnode", 0x90, 0, 0, "list_head" }, { 0 } });
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
}

#endif
