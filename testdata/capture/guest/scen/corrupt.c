// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes wrong with a stack or with where to go next; x86. */
#include <linux/delay.h>
#include <linux/objtool.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/asm.h>

#include "scen.h"

/* Canonical, in no kernel's map, and told from an address at a glance. */
#define NOT_CODE  0x41414141ul
#ifdef CONFIG_X86_64
#define NOT_STACK 0xfffff00000001000ul
#else
#define NOT_STACK 0xf7001000ul
#endif

static void (*volatile scen_nowhere)(void);
static volatile unsigned long scen_garbage = NOT_CODE;
static volatile int sink;

static scen_frame void scen_nullcall_inner(void)
{
	scen_nowhere();
	SCEN_FRAME_END();
}

static scen_frame void scen_nullcall_outer(void)
{
	scen_nullcall_inner();
	SCEN_FRAME_END();
}

/* call through a function pointer that is NULL */
void scen_nullcall(int pid)
{
	scen_nullcall_outer();
	SCEN_FRAME_END();
}

static volatile unsigned long scen_data[8];

static scen_frame void scen_execdata_inner(void)
{
	((void (*)(void))scen_data)();
	SCEN_FRAME_END();
}

/* call what is data */
void scen_execdata(int pid)
{
	scen_execdata_inner();
	SCEN_FRAME_END();
}

/* The return address and the two words above it, as a copy that is too long leaves them. */
static scen_frame void scen_badret_inner(void)
{
	volatile unsigned long *slot = (unsigned long *)__builtin_frame_address(0) + 1;
	int i;

	for (i = 0; i < 3; i++)
		slot[i] = scen_garbage;
}

static scen_frame void scen_badret_outer(void)
{
	scen_badret_inner();
	sink++;
	SCEN_FRAME_END();
}

/* return to what was written over the return address */
void scen_badret(int pid)
{
	scen_badret_outer();
	SCEN_FRAME_END();
}

static scen_frame void scen_badsp_inner(void)
{
	asm volatile("mov %0, %%" _ASM_SP "\n\tpush %0" : : "r"(NOT_STACK) : "memory");
}
STACK_FRAME_NON_STANDARD(scen_badsp_inner);	/* or objtool refuses it */

static scen_frame void scen_badsp_outer(void)
{
	scen_badsp_inner();
	SCEN_FRAME_END();
}

/* the stack pointer is garbage: the page fault cannot be delivered */
void scen_badsp(int pid)
{
	scen_badsp_outer();
	SCEN_FRAME_END();
}

/* Downwards from a local variable: what is below the stack pointer may be written to. */
static scen_frame void scen_underrun(void)
{
	volatile unsigned long first = 0, *at = &first;

	while (scen_always)
		*--at = scen_garbage;
	sink += first;
}

static int scen_overflowsw_thread(void *data)
{
	scen_underrun();
	SCEN_FRAME_END();
	return 0;
}

/* a kernel thread writes below its stack: the page fault has room, the overflow's report is
 * given on the double fault's stack */
void scen_overflowsw(int pid)
{
	scen_thread(scen_overflowsw_thread, "scen_underrun");
	ssleep(5);
}
