/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/globals.h"

#include <stdlib.h>
#include <string.h>

struct global {
	const char *name, *type;
};

/* Sorted by name (globals_test.c holds it to that). The per-CPU ones are in BTF as well, but
 * for that of old pahole (Debian 5.10). */
static const struct global globals[] = {
	{ "__cpu_online_mask", "struct cpumask" },
	{ "__cpu_possible_mask", "struct cpumask" },
	{ "__cpu_present_mask", "struct cpumask" },
	{ "_totalram_pages", "atomic_long_t" },
	{ "bpf_kallsyms", "struct list_head" },
	{ "btf_modules", "struct list_head" },
	{ "cgrp_dfl_root", "struct cgroup_root" },
	{ "crashing_cpu", "int" },
	{ "ftrace_ops_list", "struct ftrace_ops *" },
	{ "init_mm", "struct mm_struct" },
	{ "init_nsproxy", "struct nsproxy" },
	{ "init_pid_ns", "struct pid_namespace" },
	{ "init_task", "struct task_struct" },
	{ "init_uts_ns", "struct uts_namespace" },
	{ "jiffies", "unsigned long" },
	{ "jiffies_64", "u64" },
	{ "kernel_params", "char *" },
	{ "loops_per_jiffy", "unsigned long" },
	{ "modules", "struct list_head" },
	{ "nr_cpu_ids", "unsigned int" },
	{ "nr_threads", "int" },
	{ "panic_cpu", "atomic_t" },
	{ "pcpu_hot", "struct pcpu_hot" },
	{ "prb", "struct printk_ringbuffer *" },
	{ "root_task_group", "struct task_group" },
	{ "runqueues", "struct rq" },
	{ "saved_command_line", "char *" },
	{ "slab_caches", "struct list_head" },
	{ "sparse_irqs", "struct maple_tree" },
	{ "super_blocks", "struct list_head" },
	{ "system_state", "enum system_states" },
	{ "tainted_mask", "unsigned long" },
	{ "timekeeper_data", "struct tk_data" },
	{ "vm_list", "struct list_head" },
	{ "vmap_area_list", "struct list_head" },
	{ "workqueues", "struct list_head" },
};

const char *global_name(size_t i)
{
	return i < sizeof(globals) / sizeof(globals[0]) ? globals[i].name : NULL;
}

static int compare(const void *name, const void *g)
{
	return strcmp(name, ((const struct global *)g)->name);
}

const char *global_declaration(const char *name)
{
	const struct global *g = bsearch(name, globals, sizeof(globals) / sizeof(globals[0]),
					 sizeof(globals[0]), compare);

	return g ? g->type : NULL;
}
