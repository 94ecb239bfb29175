// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/smp.h>
#include <linux/version.h>

#include "scen.h"

/* Long enough for a timer on a slow emulated machine, short enough to end if it never fires. */
#define SPIN_MS 5000
#define TIMER_NS 300000

static struct hrtimer to_softirq, to_bug;
static bool wait_for_nmi, in_timer;

static scen_frame void scen_spin(void)
{
	int i;

	for (i = 0; i < SPIN_MS; i++)
		udelay(1000);
}

static void start_timer(struct hrtimer *timer)
{
	hrtimer_start(timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
}

static scen_frame void scen_irq_inner(void)
{
	if (scen_always)
		BUG();
}

static scen_frame void scen_irq_spin(void)
{
	pr_emerg("scen: ready for an NMI on cpu %d in a timer\n", smp_processor_id());
	scen_spin();
	SCEN_FRAME_END();
}

static scen_frame void scen_irq_outer(void)
{
	scen_irq_inner();
	SCEN_FRAME_END();
}

static enum hrtimer_restart scen_irq_timer(struct hrtimer *timer)
{
	if (in_timer)
		scen_irq_spin();
	else
		scen_irq_outer();
	SCEN_FRAME_END();
	return HRTIMER_NORESTART;
}

static scen_frame void scen_soft_inner(void)
{
	if (wait_for_nmi)
		pr_emerg("scen: ready for an NMI on cpu %d in softirq\n", smp_processor_id());
	else
		start_timer(&to_bug);
	scen_spin();
	SCEN_FRAME_END();
}

static scen_frame void scen_soft_outer(void)
{
	scen_soft_inner();
	SCEN_FRAME_END();
}

static void scen_tasklet(unsigned long data)
{
	scen_soft_outer();
	SCEN_FRAME_END();
}

static struct tasklet_struct tasklet = { .func = scen_tasklet };

static enum hrtimer_restart scen_softirq_timer(struct hrtimer *timer)
{
	tasklet_hi_schedule(&tasklet);
	return HRTIMER_NORESTART;
}

static scen_frame void scen_task_spin(void)
{
	start_timer(&to_softirq);
	scen_spin();
	SCEN_FRAME_END();
}

/* hard IRQ (hrtimer) over softirq (tasklet) over task */
void scen_irqbug(int pid)
{
	scen_task_spin();
	SCEN_FRAME_END();
}

/* NMI (sent by the kit; unknown_nmi_panic) over softirq over task */
void scen_nmi(int pid)
{
	wait_for_nmi = true;
	scen_task_spin();
	SCEN_FRAME_END();
}

/* NMI over hard IRQ over softirq over task */
void scen_nmitimer(int pid)
{
	in_timer = true;
	scen_task_spin();
	SCEN_FRAME_END();
}

static void setup_timer(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = fn;
#endif
}

void scen_irq_init(void)
{
	setup_timer(&to_softirq, scen_softirq_timer);
	setup_timer(&to_bug, scen_irq_timer);
}
