// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "scen.h"

struct scen_outer {
	long pad[2];
	struct {
		int x, y;
	} *inner;
};

/* never set: the compiler must not know that it is NULL */
static struct scen_outer scen_null;
static struct scen_outer *volatile scen_null_at = &scen_null;
static volatile int sink;

static scen_frame int scen_wq_inner(struct scen_outer *outer)
{
	return READ_ONCE(outer->inner->y);
}

static scen_frame void scen_wq_outer(void)
{
	sink += scen_wq_inner(scen_null_at);
}

static void scen_wq_fn(struct work_struct *work)
{
	scen_wq_outer();
	SCEN_FRAME_END();
}

static DECLARE_WORK(scen_work, scen_wq_fn);

/* NULL pointer in a workqueue's worker */
void scen_wqnull(int pid)
{
	schedule_work_on(0, &scen_work);
	ssleep(5);
}

static scen_frame int scen_recurse(int depth)
{
	volatile char frame[400];
	int below;

	frame[depth & 255] = depth;
	below = depth < 0 ? 0 : scen_recurse(depth + 1);
	return below + frame[below & 127];
}

static int scen_overflow_thread(void *data)
{
	return scen_recurse(0);
}

/* overflow of a kernel thread's stack */
void scen_overflow(int pid)
{
	scen_thread(scen_overflow_thread, "scen_overflow");
	ssleep(5);
}

static scen_frame void scen_spin_inner(void)
{
	for (;;)
		cpu_relax();
}

static scen_frame void scen_spin_outer(void)
{
	scen_spin_inner();
	SCEN_FRAME_END();
}

static int scen_spin_thread(void *data)
{
	local_irq_disable();
	pr_emerg(ORACLE "spinner with interrupts off pid %d cpu %d\n", current->pid,
		 smp_processor_id());
	scen_spin_outer();
	return 0;
}

/* panic while another CPU spins with its interrupts off */
void scen_irqsoff(int pid)
{
	struct task_struct *task = kthread_create(scen_spin_thread, NULL, "scen_spin");

	if (IS_ERR(task))
		return;
	kthread_bind(task, 1);
	wake_up_process(task);
	mdelay(1500);
	scen_panic("scen: panic while cpu 1 spins with interrupts off");
	SCEN_FRAME_END();
}
