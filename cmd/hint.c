/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/hint.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

#define NAME_MAX_LEN 31

static const struct { const char *name, *here; } commands[] = {
	{ "alias", "a script of commands: -x FILE; the shell has its history" },
	{ "ascii", "rd -a" },
	{ "bpf", "tree -t xarray prog_idr; foreach bt shows programs that run" },
	{ "btop", "p -x ADDRESS >> 12" },
	{ "dev", "list and tree, from chrdevs, major_names or bus_kset on" },
	{ "dmesg", "log" },
	{ "eval", "p, and p -x" },
	{ "extend", "the commands that are there: help" },
	{ "fuser", "foreach files -R PATH, foreach vm -R PATH" },
	{ "gcore", "rd -u, vm -p" },
	{ "gdb", "p, struct" },
	{ "ipcs", "tree, from init_ipc_ns.ids on" },
	{ "mach", "sys, stacks" },
	{ "mount", "foreach files, and p; struct mount for the type" },
	{ "net", "p and list; struct net for the type" },
	{ "pd", "p" },
	{ "ptob", "p -x PAGE << 12" },
	{ "ptov", "rd -p, search -p" },
	{ "px", "p -x" },
	{ "rcu", "p rcu_state; bt -a" },
	{ "repeat", "a dump does not change" },
	{ "sbitmapq", "struct sbitmap_queue ADDRESS" },
	{ "sig", "task -R pending,blocked,signal PID" },
	{ "swap", "vm -p" },
	{ "trace", "bt and log; ftrace's buffers are not read" },
	{ "waitq", "wait -a" },
	{ "workqueue", "wait -a, foreach bt -f worker_thread" },
	{ "wr", "a dump is not written to" },
};

static const struct { const char *command, *option, *here; } options[] = {
	{ "bt", "-f", "bt -r: every word of the stacks; -f GLOB: only traces with that function" },
	{ "bt", "-F", "bt -r: every word of the stacks, and what it is" },
	{ "bt", "-n", "stacks" },
	{ "bt", "-p", "bt, without it" },
	{ "bt", "-R", "foreach bt -f SYMBOL" },
	{ "bt", "-t", "bt -s: what else looks like a return address" },
	{ "bt", "-T", "bt -s: what else looks like a return address" },
	{ "dis", "-s", "dis -l" },
	{ "irq", "-a", "struct irq_common_data.affinity DESC" },
	{ "irq", "-b", "p softirq_vec" },
	{ "irq", "-c", "irq -s" },
	{ "irq", "-d", "rd idt_table" },
	{ "irq", "-u", "irq, without it" },
	{ "kmem", "-f", "whatis ADDRESS says whether it is free" },
	{ "kmem", "-n", "list from node_data or contig_page_data on, struct pglist_data" },
	{ "kmem", "-o", "p -x __per_cpu_offset" },
	{ "kmem", "-p", "whatis ADDRESS: its page, and whose it is" },
	{ "kmem", "-S", "kmem -s; whatis ADDRESS for one object" },
	{ "kmem", "-v", "tree from vmap_area_root on, struct vm_struct" },
	{ "kmem", "-V", "kmem -i, p vm_node_stat, p vm_zone_stat" },
	{ "kmem", "-z", "kmem -i, struct zone" },
	{ "log", "-a", "log; audit records are not read" },
	{ "mod", "-s", "start with cairn -s FILE" },
	{ "mod", "-S", "start with cairn -s FILE" },
	{ "mod", "-t", "mod shows taints" },
	{ "ps", "-a", "struct mm_struct.arg_start MM, rd -u -c PID -a" },
	{ "ps", "-c", "PPID is a column" },
	{ "ps", "-g", "foreach ps; task -R tgid PID" },
	{ "ps", "-G", "foreach task -R pid,tgid" },
	{ "ps", "-l", "wait -a tells for how long each sleeps" },
	{ "ps", "-m", "wait -a tells for how long each sleeps" },
	{ "ps", "-p", "PPID is a column" },
	{ "ps", "-r", "task -R signal PID, struct signal_struct.rlim" },
	{ "ps", "-S", "ps -s LETTERS | wc -l" },
	{ "rd", "-8", "rd -w 1" },
	{ "rd", "-16", "rd -w 2" },
	{ "rd", "-32", "rd -w 4" },
	{ "rd", "-64", "rd -w 8" },
	{ "rd", "-x", "rd, without it" },
	{ "rd", "-S", "rd -s, whatis" },
	{ "search", "-k", "search, without it" },
	{ "runq", "-d", "runq" },
	{ "runq", "-g", "runq -j: the queue that each task is on" },
	{ "runq", "-m", "runq: FOR" },
	{ "runq", "-t", "runq: CLOCK" },
	{ "runq", "-T", "runq: how far clocks are behind" },
	{ "search", "-u", "rd -u -c PID" },
	{ "struct", "-r", "rd" },
	{ "struct", "-u", "rd -u" },
	{ "sys", "-c", "p sys_call_table, sym -q __x64_sys_" },
	{ "sys", "-i", "log" },
	{ "sys", "-t", "sys shows taints" },
	{ "sys", "config", "rd -a kernel_config_data, and zcat, where the kernel has it" },
	{ "sym", "-M", "sym -l" },
	{ "timer", "-C", "timer -c CPU" },
	{ "vm", "-P", "vm -p" },
};

const char *hint_crash_command(const char *name)
{
	if (name[0] == '*')
		return "p *NAME, struct TYPE ADDRESS";
	if (!strncmp(name, "p/", 2))
		return "p -x for hexadecimal";
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].here;
	return NULL;
}

const char *hint_crash_option(const char *command, const char *option)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].command, command) && !strcmp(options[i].option, option))
			return options[i].here;
	return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Letters left out, put in, taken for others, or swapped with the next. */
static unsigned slips(const char *a, const char *b)
{
	unsigned row[3][NAME_MAX_LEN + 1], *two = row[0], *one = row[1], *now = row[2], *old;
	size_t n = strlen(a), m = strlen(b);

	for (unsigned j = 0; j <= m; j++)
		one[j] = j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(one[j] + 1, now[j - 1] + 1,
				       one[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two[j - 2] + 1 < now[j])
				now[j] = two[j - 2] + 1;
		}
		old = two;
		two = one;
		one = now;
		now = old;
	}
	return one[m];
}

const char *hint_command(const char *name)
{
	size_t n = strlen(name);
	unsigned best = n > 4 ? 3 : 2, found;
	const char *ret = NULL;

	if (n < 2 || n > NAME_MAX_LEN)
		return NULL;
	SET_EACH(cairn_cmds, const struct cmd, p) {
		if (strlen((*p)->name) < 3 || strlen((*p)->name) > NAME_MAX_LEN)
			continue;
		found = slips(name, (*p)->name);
		if (found < best)
			ret = (*p)->name;
		else if (found == best)
			ret = NULL;
		best = found < best ? found : best;
	}
	return ret;
}
