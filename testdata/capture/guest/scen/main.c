// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "scen.h"

volatile bool scen_always = true;
void (*volatile scen_panic)(const char *format, ...) = panic;

static const struct {
	const char *name;
	void (*run)(int pid);
} scenarios[] = {
#define SCENARIO(name) { #name, scen_##name },
#include "scen_list.h"
#undef SCENARIO
	{ NULL, NULL }
};

struct task_struct *scen_thread(int (*fn)(void *), const char *name)
{
	struct task_struct *task = kthread_run(fn, NULL, "%s", name);

	if (IS_ERR(task))
		return NULL;
	pr_emerg(ORACLE "kthread %s pid %d task %px\n", name, task->pid, task);
	return task;
}

static void run_scenario(const char *name, int pid)
{
	int i;

	pr_emerg(ORACLE "run %s pid %d current %d cpu %d\n", name, pid, current->pid,
		 raw_smp_processor_id());
	for (i = 0; scenarios[i].name; i++) {
		if (!strcmp(scenarios[i].name, name)) {
			scenarios[i].run(pid);
			return;
		}
	}
	pr_emerg("scen: no scenario %s\n", name);
}

static ssize_t scen_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char line[64] = "", name[40] = "";
	int pid = 0;

	if (size >= sizeof(line) || copy_from_user(line, from, size))
		return -EFAULT;
	if (!strncmp(line, "dstate", 6))
		scen_stand_dstate();
	else if (!strncmp(line, "kretwait", 8))
		scen_stand_kretwait();
	else if (IS_ENABLED(CONFIG_X86_64) && !strncmp(line, "kvm ", 4))
		return scen_kvm(line + 4) ?: size;
	else if (sscanf(line, "run %39s %d", name, &pid) >= 1)
		run_scenario(name, pid);
	else
		return -EINVAL;
	return size;
}

static const struct proc_ops scen_ops = { .proc_write = scen_write };

static int __init scen_init(void)
{
	int ret = scen_stand_init();

	if (ret)
		return ret;
	scen_irq_init();
	return proc_create("scen", 0600, NULL, &scen_ops) ? 0 : -ENOMEM;
}
module_init(scen_init);

MODULE_DESCRIPTION("Ways for a kernel to die");
MODULE_LICENSE("GPL");
