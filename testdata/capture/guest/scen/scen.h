/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scenario module: ways for a kernel to die, and tasks that wait for it in known states.
 *
 * A scenario is one function `void scen_NAME(int pid)` in any file here and one line in tables.py.
 * It runs in the context of the process that writes "run NAME [PID]" to /proc/scen. Chains of calls
 * are named scen_*, are never inlined and never end in a tail call, so that each is one frame.
 */
#ifndef SCEN_H
#define SCEN_H

#include <linux/compiler.h>
#include <linux/printk.h>
#include <linux/rbtree.h>	/* mutexes of 5.10's real-time kernel are made of it */
#include <linux/types.h>

/* Starts a line on the console that the oracle's reader takes up. */
#define ORACLE "ORACLE "

/* A function with a frame of its own; SCEN_FRAME_END() behind its last call keeps it a call. */
#define scen_frame noinline __attribute__((__noclone__))
#define SCEN_FRAME_END() barrier()

/*
 * True, and panic(): the compiler must not know. It would leave out what follows a call that does
 * not return, and an unwinder that goes by return addresses would name the function behind.
 */
extern volatile bool scen_always;
extern void (*volatile scen_panic)(const char *format, ...);

#define SCENARIO(name) void scen_##name(int pid);
#include "scen_list.h"
#undef SCENARIO

struct task_struct;

/* Start a kernel thread, say its pid and address; NULL if it could not be had. */
struct task_struct *scen_thread(int (*fn)(void *), const char *name);

/* Standing threads: scen_deep, scen_holder (owns scen_mutex), scen_dwait. */
int scen_stand_init(void);

/* Blocks for good in D state on scen_mutex, called by the process that wants to. */
void scen_stand_dstate(void);

/* Sleep for good (interruptibly) under a kretprobed function. */
void scen_stand_kretwait(void);

/* Where that function lies; panic in it. */
unsigned long scen_stand_probed(void);
void scen_stand_kretpanic(void);

/*
 * What a VMM of this guest asks for (x86_64, from 6.14 on), as errno or 0:
 *   mirror FD BIT	the VM of this file is one of TDX, its direct half told by BIT of an address
 *   hook N		the N-th leaf that gets into a mirror root from now on panics there
 *   huge FD GFN	an entry of the VM's mirror root, where this frame is, becomes a huge page
 *   gmem FD PAGES SLOT GFN NAME	say where the pages of a guest_memfd lie
 */
int scen_kvm(const char *text);

/* Timers of the interrupt scenarios. */
void scen_irq_init(void);

#endif
