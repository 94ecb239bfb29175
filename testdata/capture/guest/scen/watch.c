// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's watchdogs are for. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <asm/processor.h>

#include "scen.h"

static volatile unsigned long turns;

/* Until then the CPU takes interrupts and does not schedule. */
static scen_frame void scen_lockup_inner(unsigned long until)
{
	while (time_before(jiffies, until)) {
		turns++;
		cpu_relax();
	}
	SCEN_FRAME_END();
}

static scen_frame void scen_lockup_outer(unsigned long seconds)
{
	preempt_disable();
	scen_lockup_inner(jiffies + seconds * HZ);
	preempt_enable();
	SCEN_FRAME_END();
}

/* a loop in which a CPU does not schedule, without end */
void scen_lockup(int pid)
{
	scen_lockup_outer(1000);
	SCEN_FRAME_END();
}

/* the same with an end, so that a watchdog tells of it and the machine goes on */
void scen_lockup_short(int pid)
{
	scen_lockup_outer(6);
	SCEN_FRAME_END();
}
