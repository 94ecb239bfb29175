// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Panics over the interrupt of a device. Unlike the local timer's, its handler has a stack of its own
 * on i386, and the softirq that it raises another one; x86.
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "scen.h"

#define SPARE_IRQ 3 /* of the second serial port, which nobody opens */
#define SPIN_MS 1000

enum { SETTLE, TO_SOFTIRQ, TO_BUG };
static volatile int device_step = SETTLE;
static volatile int device_cpu = -1;
static bool device_twice;

/* As if the device did: the interrupt controller sends its vector. */
static void raise_device(void)
{
	struct irq_data *data = irq_get_irq_data(SPARE_IRQ);

	if (data && data->chip->irq_retrigger)
		data->chip->irq_retrigger(data);
}

static scen_frame void scen_device_spin(void)
{
	int i;

	raise_device();
	for (i = 0; i < SPIN_MS; i++)
		udelay(1000);
	SCEN_FRAME_END();
}

static scen_frame void scen_device_inner(void)
{
	if (scen_always)
		BUG();
}

static scen_frame void scen_device_outer(void)
{
	scen_device_inner();
	SCEN_FRAME_END();
}

static scen_frame void scen_bottom_bug(void)
{
	if (scen_always)
		BUG();
}

static scen_frame void scen_bottom_inner(void)
{
	if (!device_twice)
		scen_bottom_bug();
	device_step = TO_BUG;
	scen_device_spin();
	SCEN_FRAME_END();
}

static scen_frame void scen_bottom_outer(void)
{
	scen_bottom_inner();
	SCEN_FRAME_END();
}

static void scen_bottom_half(unsigned long data)
{
	scen_bottom_outer();
	SCEN_FRAME_END();
}

static struct tasklet_struct bottom = { .func = scen_bottom_half };

static irqreturn_t scen_device_irq(int irq, void *data)
{
	if (device_step == SETTLE)
		device_cpu = smp_processor_id();
	else if (device_step == TO_SOFTIRQ)
		tasklet_hi_schedule(&bottom);
	else
		scen_device_outer();
	SCEN_FRAME_END();
	return IRQ_HANDLED;
}

/* Which CPU gets the interrupt: to be on it when it comes. */
static void settle(void)
{
	int i;

	raise_device();
	for (i = 0; i < SPIN_MS && device_cpu < 0; i++)
		mdelay(1);
	if (device_cpu < 0)
		pr_emerg(ORACLE "failed: no interrupt\n");
	else
		set_cpus_allowed_ptr(current, cpumask_of(device_cpu));
}

static scen_frame void scen_device_start(void)
{
	if (request_irq(SPARE_IRQ, scen_device_irq, 0, "scen", NULL))
		pr_emerg(ORACLE "failed: no spare interrupt\n");
	settle();
	device_step = TO_SOFTIRQ;
	scen_device_spin();
	SCEN_FRAME_END();
}

/* BUG() in a softirq that a device's interrupt raised */
void scen_softirq(int pid)
{
	scen_device_start();
	SCEN_FRAME_END();
}

/* BUG() in the handler of a device's interrupt over a softirq */
void scen_hardirq(int pid)
{
	device_twice = true;
	scen_device_start();
	SCEN_FRAME_END();
}
