// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "scen.h"

static DEFINE_MUTEX(scen_mutex);
static DECLARE_COMPLETION(scen_never);
static DECLARE_WAIT_QUEUE_HEAD(scen_never_wq);
static bool scen_stop;

static scen_frame void scen_deep_sleep(void)
{
	wait_event_interruptible(scen_never_wq, READ_ONCE(scen_stop));
	SCEN_FRAME_END();
}

static scen_frame void scen_deep_recurse(int depth)
{
	if (depth)
		scen_deep_recurse(depth - 1);
	else
		scen_deep_sleep();
	SCEN_FRAME_END();
}

/* A large frame: the distance to the caller is not a small one. */
static scen_frame void scen_deep_wide(int depth)
{
	char buffer[512];

	memset(buffer, depth, sizeof(buffer));
	OPTIMIZER_HIDE_VAR(depth);
	scen_deep_recurse(depth);
	barrier_data(buffer);
}

static int scen_deep_thread(void *data)
{
	scen_deep_wide(12);
	return 0;
}

static scen_frame void scen_hold_mutex(void)
{
	mutex_lock(&scen_mutex);
	scen_deep_sleep();
	mutex_unlock(&scen_mutex);
}

static int scen_holder_thread(void *data)
{
	scen_hold_mutex();
	return 0;
}

static int scen_dwait_thread(void *data)
{
	wait_for_completion(&scen_never);
	return 0;
}

scen_frame void scen_stand_dstate(void)
{
	mutex_lock(&scen_mutex);
	mutex_unlock(&scen_mutex);
}

static scen_frame void scen_probed(bool die)
{
	if (die)
		scen_panic("scen: panic in a kretprobed function");
	scen_deep_sleep();
	SCEN_FRAME_END();
}

scen_frame void scen_stand_kretwait(void)
{
	scen_probed(false);
	SCEN_FRAME_END();
}

unsigned long scen_stand_probed(void)
{
	return (unsigned long)scen_probed;
}

scen_frame void scen_stand_kretpanic(void)
{
	scen_probed(true);
	SCEN_FRAME_END();
}

/* panic in a function whose return address on the stack is a trampoline's */
void scen_kretprobe(int pid)
{
	scen_probed(true);
	SCEN_FRAME_END();
}

static int scen_probed_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

static struct kretprobe probe = {
	.handler = scen_probed_return,
	.kp.symbol_name = "scen_probed",
	.maxactive = 8,
};

int scen_stand_init(void)
{
	int ret = register_kretprobe(&probe);

	pr_emerg(ORACLE "kretprobe on scen_probed: %d\n", ret);
	scen_thread(scen_deep_thread, "scen_deep");
	scen_thread(scen_holder_thread, "scen_holder");
	scen_thread(scen_dwait_thread, "scen_dwait");
	return 0;
}
