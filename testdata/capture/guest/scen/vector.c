// SPDX-License-Identifier: GPL-2.0-or-later
/* Panics in the handlers of interrupts and exceptions that came in somewhere special; x86_64. */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/hw_breakpoint.h>
#include <linux/io.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/smp.h>
#include <linux/version.h>
#include <asm/asm.h>
#include <asm/irq_regs.h>
#include <asm/nmi.h>

#include "scen.h"

#define TIMER_NS 1000000
#define SPIN_MS 5000
#define SERIAL 0x3f8

static void vector_timer(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = fn;
#endif
	hrtimer_start(timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
}

static scen_frame void scen_vector_spin(void)
{
	int i;

	for (i = 0; i < SPIN_MS; i++)
		udelay(1000);
}

/* ---- an NMI in an NMI ---- */

/* What is printed in an NMI comes out when it ends: past the kernel, to the serial port. */
static void say_at_once(const char *text)
{
	for (; *text; text++)
		outb(*text, SERIAL);
}

/* Any exception's iret lets NMIs in again. */
static scen_frame void scen_fault_and_return(void)
{
	unsigned long value, nothing = -4096ul;

	asm volatile("1: mov (%1), %0\n2:\n" _ASM_EXTABLE(1b, 2b)
		     : "=r"(value) : "r"(nothing));
}

static scen_frame void scen_nmi_inner(void)
{
	scen_fault_and_return();
	say_at_once("\r\nscen: ready for an NMI in an NMI\r\n");
	mdelay(1000);
	scen_panic("scen: panic in an NMI's handler");
	SCEN_FRAME_END();
}

static int scen_nmi_handler(unsigned int type, struct pt_regs *regs)
{
	scen_nmi_inner();
	SCEN_FRAME_END();
	return NMI_HANDLED;
}

/* an NMI comes in while the handler of another one runs, which then panics */
void scen_nestednmi(int pid)
{
	register_nmi_handler(NMI_UNKNOWN, scen_nmi_handler, 0, "scen");
	pr_emerg("scen: ready for the first NMI on cpu %d\n", smp_processor_id());
	scen_vector_spin();
	SCEN_FRAME_END();
}

/* ---- a machine check ---- */

/* sent by the kit */
void scen_mce(int pid)
{
	pr_emerg("scen: ready for a machine check on cpu %d\n", smp_processor_id());
	scen_vector_spin();
	SCEN_FRAME_END();
}

/* ---- a hardware breakpoint ---- */

static volatile unsigned long scen_watched;
static struct hrtimer db_timer;

static scen_frame void scen_watch_inner(void)
{
	scen_panic("scen: panic in a breakpoint's handler");
	SCEN_FRAME_END();
}

static void scen_watch(struct perf_event *event, struct perf_sample_data *data,
		       struct pt_regs *regs)
{
	scen_watch_inner();
	SCEN_FRAME_END();
}

static scen_frame void scen_watched_write(void)
{
	scen_watched++;
	SCEN_FRAME_END();
}

static enum hrtimer_restart scen_db_timer(struct hrtimer *timer)
{
	scen_watched_write();
	SCEN_FRAME_END();
	return HRTIMER_NORESTART;
}

/* an interrupt writes to what a hardware breakpoint watches, whose handler panics */
void scen_db(int pid)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&scen_watched;
	attr.bp_len = HW_BREAKPOINT_LEN_8;
	attr.bp_type = HW_BREAKPOINT_W;
	if (IS_ERR((void __force *)register_wide_hw_breakpoint(&attr, scen_watch, NULL)))
		pr_emerg(ORACLE "failed: no hardware breakpoint\n");
	vector_timer(&db_timer, scen_db_timer);
	scen_vector_spin();
	SCEN_FRAME_END();
}

/* ---- an interrupt in user mode ---- */

static struct hrtimer user_timer;

static scen_frame void scen_user_inner(void)
{
	if (scen_always)
		BUG();
}

static enum hrtimer_restart scen_user_timer(struct hrtimer *timer)
{
	if (user_mode(get_irq_regs())) {
		scen_user_inner();
		SCEN_FRAME_END();
	}
	hrtimer_forward_now(timer, ns_to_ktime(TIMER_NS));
	return HRTIMER_RESTART;
}

static void scen_user_start(void *info)
{
	vector_timer(&user_timer, scen_user_timer);
}

/* BUG() in a timer that came in while the other CPU was in user mode */
void scen_usermodeirq(int pid)
{
	smp_call_function_single(1, scen_user_start, NULL, 1);
	mdelay(5000);
	SCEN_FRAME_END();
}
