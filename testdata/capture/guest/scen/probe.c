// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/version.h>

#ifdef CONFIG_FPROBE
#include <linux/fprobe.h>
#endif

#include "scen.h"

#ifdef CONFIG_64BIT
#define POINTER ".quad"
#else
#define POINTER ".long"
#endif

/* A word that holds the address of the assembler's label 1. */
#define LABEL_AT(word) ".pushsection .data\n\t" #word ": " POINTER " 1b\n\t.popsection"

extern unsigned long scen_kprobe_at, scen_null_read_at;

static int scen_pre(struct kprobe *kp, struct pt_regs *regs)
{
	scen_panic("scen: panic in a kprobe's handler");
	return 0;
}

static int scen_pre_silent(struct kprobe *kp, struct pt_regs *regs)
{
	return 0;
}

/* a kprobe with such a handler is never optimised into a jump */
static void scen_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

/* Instructions that can be replaced by a jump stand at label 1. */
static scen_frame void scen_kprobed(void)
{
	asm volatile("1: .rept 8\n\tnop\n\t.endr\n\t" LABEL_AT(scen_kprobe_at));
	SCEN_FRAME_END();
}

static scen_frame void scen_kprobed_outer(void)
{
	scen_kprobed();
	SCEN_FRAME_END();
}

static void probe(struct kprobe *kp)
{
	int ret = register_kprobe(kp);

	if (ret)
		pr_emerg(ORACLE "failed: kprobe: %d\n", ret);
}

static struct kprobe kp;

/* panic in the handler of a kprobe that is a breakpoint */
void scen_kprobe(int pid)
{
	kp.addr = (kprobe_opcode_t *)scen_kprobe_at;
	kp.pre_handler = scen_pre;
	kp.post_handler = scen_post;
	probe(&kp);
	scen_kprobed_outer();
}

/* panic in the handler of a kprobe at a function's entry, where ftrace calls */
void scen_kprobe_ftrace(int pid)
{
	kp.symbol_name = "scen_kprobed";
	kp.pre_handler = scen_pre;
	probe(&kp);
	scen_kprobed_outer();
}

/* panic in the handler of a kprobe that became a jump */
void scen_kprobe_opt(int pid)
{
	kp.addr = (kprobe_opcode_t *)scen_kprobe_at;
	kp.pre_handler = scen_pre;
	probe(&kp);
	ssleep(2);
	scen_kprobed_outer();
}

#ifdef CONFIG_X86
static scen_frame void scen_null_read(unsigned long at)
{
	asm volatile("1: mov (%0), %0\n\t.rept 8\n\tnop\n\t.endr\n\t" LABEL_AT(scen_null_read_at)
		     : "+r" (at));
	SCEN_FRAME_END();
}

/* NULL pointer in an instruction that a kprobe runs elsewhere; the kernel moves the fault back */
void scen_kprobe_slot(int pid)
{
	kp.addr = (kprobe_opcode_t *)scen_null_read_at;
	kp.pre_handler = scen_pre_silent;
	probe(&kp);
	scen_null_read(pid);
	SCEN_FRAME_END();
}
#else
void scen_kprobe_slot(int pid)
{
	pr_emerg(ORACLE "failed: only written for x86\n");
}
#endif

static int scen_pre_bpf(struct kprobe *kp, struct pt_regs *regs)
{
	if (!strcmp(current->comm, "zoo-bpf"))
		scen_panic("scen: panic in what a BPF program calls");
	return 0;
}

/* panic in what a BPF program calls: the process zoo-bpf brings the program */
void scen_bpf(int pid)
{
	kp.symbol_name = "bpf_get_current_uid_gid";
	kp.pre_handler = scen_pre_bpf;
	probe(&kp);
}

#ifdef CONFIG_FPROBE
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define FPROBE_REGS struct ftrace_regs
#else
#define FPROBE_REGS struct pt_regs
#endif

static void scen_fprobe_exit(struct fprobe *fp, unsigned long entry_ip, unsigned long ret_ip,
			     FPROBE_REGS *regs, void *data)
{
}

static struct fprobe fprobe = { .exit_handler = scen_fprobe_exit };
static bool fprobe_on;

static void fprobe_begin(void)
{
	unsigned long at = scen_stand_probed();
	int ret = 0;

	if (!fprobe_on)
		ret = register_fprobe_ips(&fprobe, &at, 1);
	fprobe_on = true;
	if (ret)
		pr_emerg(ORACLE "failed: fprobe: %d\n", ret);
}

/* sleep for good in a function that has both an fprobe and a kretprobe */
void scen_fprobe_sleep(int pid)
{
	fprobe_begin();
	scen_stand_kretwait();
	SCEN_FRAME_END();
}

/* panic in such a one */
void scen_fprobe(int pid)
{
	fprobe_begin();
	scen_stand_kretpanic();
	SCEN_FRAME_END();
}
#else
void scen_fprobe_sleep(int pid)
{
	pr_emerg(ORACLE "failed: no fprobe\n");
}

void scen_fprobe(int pid)
{
	scen_fprobe_sleep(pid);
}
#endif
