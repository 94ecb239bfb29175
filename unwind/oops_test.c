/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "unwind/oops.h"

static struct arena arena;
static struct oopses all;

static const struct oops *parse(const char *text)
{
	assert_int_equal(oops_parse(&all, text, strlen(text), &arena, NULL), CAIRN_OK);
	return all.n ? &all.oops[0] : NULL;
}

/* As it was mailed: quoted, without times, and with a line broken. A real report of 2022,
   lists.openwall.net, "[PATCH v12 22/69] mm/mmap: change do_brk_flags()". */
static const char maple_arm[] =
	">>> ------------[ cut here ]------------\n"
	">>> kernel BUG at lib/maple_tree.c:911!\n"
	">>> Internal error: Oops - BUG: 0 [#1] SMP ARM\n"
	">>> Modules linked in:\n"
	">>> CPU: 1 PID: 692 Comm: kwin_x11 Not tainted\n"
	">>> 5.19.0-rc7-next-20220722-00130-g1583ab12487b #21\n"
	">>> Hardware name: NVIDIA Tegra SoC (Flattened Device Tree)\n"
	">>> PC is at mas_update_gap+0xac/0x1a8\n"
	">>> LR is at 0xcc343e00\n"
	">>> pc : [<c0747314>]    lr : [<cc343e00>]    psr: 60080013\n"
	">>> sp : f1299ac8  ip : 999b6000  fp : f1299ae4\n"
	">>> r10: c1062588  r9 : 00000023  r8 : 00000001\n"
	">>> r7 : 0000001f  r6 : cc0ea6a8  r5 : 00000000  r4 : f1299f54\n"
	">>> Register r6 information: slab maple_node start cc0ea600 pointer offset 168\n"
	">>> Process kwin_x11 (pid: 692, stack limit = 0x976e11bf)\n"
	">>> ...\n"
	">>> Backtrace:\n"
	">>>  mas_update_gap from mas_wr_modify+0x1b4/0x1898\n"
	">>>  r7:0000001f r6:00000000 r5:f1299e90 r4:f1299f54\n"
	">>>  mas_wr_modify from mas_wr_store_entry+0x138/0x4d8\n"
	">>>  r10:cd26febc r9:00000023 r8:f1299f54 r7:00000cc0 r6:cd21d600 r5:f1299f54\n"
	">>>  r4:f1299e90\n"
	">>>  mas_wr_store_entry from mas_store_gfp+0x64/0x154\n"
	">>>  mas_store_gfp from do_brk_flags+0x21c/0x318\n"
	">>>  do_brk_flags from sys_brk+0x27c/0x3c8\n"
	">>>  r4:c25a2000\n"
	">>>  sys_brk from ret_fast_syscall+0x0/0x1c\n"
	">> Thanks for the report.\n";

static uint64_t reg(const struct oops *o, const char *name)
{
	for (size_t i = 0; i < o->nregs; i++)
		if (!strcmp(o->reg[i].name, name))
			return o->reg[i].value;
	return UINT64_MAX;
}

static void maple_on_arm(void **state)
{
	static const char *const names[] = { "mas_update_gap", "mas_wr_modify", "mas_wr_store_entry",
					     "mas_store_gfp", "do_brk_flags", "sys_brk",
					     "ret_fast_syscall" };
	const struct oops *o = parse(maple_arm);

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "bug");
	assert_string_equal(o->title, "kernel BUG in mas_update_gap");
	assert_string_equal(o->function, "mas_update_gap");
	assert_int_equal(o->offset, 0xac);
	assert_string_equal(o->file, "lib/maple_tree.c");
	assert_int_equal(o->line, 911);
	assert_string_equal(o->arch, "arm");
	assert_string_equal(o->comm, "kwin_x11");
	assert_int_equal(o->pid, 692);
	assert_int_equal(o->cpu, 1);
	assert_string_equal(o->release, "5.19.0-rc7-next-20220722-00130-g1583ab12487b");
	assert_string_equal(o->hardware, "NVIDIA Tegra SoC (Flattened Device Tree)");
	assert_int_equal(o->n, 7);
	for (size_t i = 0; i < o->n; i++)
		assert_string_equal(o->frame[i].function, names[i]);
	assert_true(o->frame[0].interrupted && o->frame[0].reliable);
	assert_int_equal(reg(o, "pc"), 0xc0747314);
	assert_int_equal(reg(o, "r6"), 0xcc0ea6a8);
	assert_string_equal(o->signature.fuzzy,
			    "c1f:bug:mas_update_gap:mas_wr_modify:mas_wr_store_entry");
	assert_non_null(strstr(o->advice, "parent word"));
	assert_non_null(strstr(o->check, "maple"));
}

#define STAMP(c) "[    1.000000][" c "] "

/* On ARM: a function had not saved the link register; its caller is there alone. */
static void caller_in_lr(void **state)
{
	static const char format[] =
		"kernel BUG at a.c:1!\n"
		"Internal error: Oops - BUG: 00000000f2000800 [#1] SMP\n"
		"pstate: 000000c5 (nzcv daIF -PAN -UAO -TCO -DIT -SSBS BTYPE=--)\n"
		"pc : inner+0x24/0x30 [m]\n"
		"lr : %s/0x24 [m]\n"
		"Call trace:\n"
		" inner+0x24/0x30 [m]\n"
		" timer+0x18/0x2c [m]\n"
		" __hrtimer_run_queues+0x148/0x304\n";
	static const struct {
		const char *lr;
		bool counts;
	} rows[] = {
		{ "outer+0x18", true },
		{ "inner+0x10", false }, /* it had called */
		{ "timer+0x18", false }, /* it is the next frame */
		{ "outer+0x0", false },  /* no call lies before a function's beginning */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct oops *o = parse(arena_printf(&arena, format, rows[i].lr));

		assert_int_equal(o->n, rows[i].counts ? 4 : 3);
		assert_string_equal(o->frame[1].function, rows[i].counts ? "outer" : "timer");
		assert_string_equal(o->signature.fuzzy, rows[i].counts ? "c1f:bug:inner:outer:timer"
								       : "c1f:bug:inner:timer");
	}
}

/* Who jumped to where no code is: known where the kernel goes on from NULL, else by the first word of
   the stack. Nobody's otherwise, but the first that the stack holds tells it from others. */
static void bad_jumps(void **state)
{
	static const char format[] =
		"%s\nOops: 0010 [#1] SMP\nRIP: 0010:%s\nCall Trace:\n"
		" %sinner+0xa/0x10 [m]\n %souter+0xa/0x10 [m]\n ? vfs_write+0xc7/0x3f0\n"
		"---[ end trace 0000000000000000 ]---\n";
	static const struct {
		const char *says, *at, *first, *second, *function, *fuzzy;
	} rows[] = {
		{ "BUG: kernel NULL pointer dereference, address: 0", "0x0", "", "", "inner",
		  "c1f:access:inner:outer" },
		{ "BUG: kernel NULL pointer dereference, address: 0", "0x0", "? ", "", "outer",
		  "c1f:access:outer" },
		{ "kernel tried to execute NX-protected page", "data+0x0/0x40 [m]", "? ", "? ", "inner",
		  "c1f:access:inner" },
		{ "kernel tried to execute NX-protected page", "data+0x0/0x40 [m]", "", "", "inner",
		  "c1f:access:inner" },
		{ "BUG: unable to handle page fault for address: 41", "0x41", "? ", "? ", NULL,
		  "c1f:access:inner" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct oops *o = parse(arena_printf(&arena, format, rows[i].says, rows[i].at,
							  rows[i].first, rows[i].second));

		if (rows[i].function)
			assert_string_equal(o->function, rows[i].function);
		else
			assert_null(o->function);
		assert_string_equal(o->signature.fuzzy, rows[i].fuzzy);
	}
}

/* Of tasks that hang: each by itself, the last with the panic and without the watchdog's CPU. */
static void hung_tasks(void **state)
{
	const struct oops *o = parse(
		"INFO: task a:93 blocked for more than 2 seconds.\n"
		"task:a      state:D stack:0     pid:93    ppid:2      flags:0x00004000\n"
		"Call Trace:\n __schedule+0x1/0x2\n one+0x1/0x2 [m]\n kthread+0x1/0x2\n"
		"INFO: task b:94 blocked for more than 2 seconds.\n"
		"Call Trace:\n __schedule+0x1/0x2\n two+0x1/0x2 [m]\n kthread+0x1/0x2\n"
		"INFO: task b:94 blocked on a mutex likely owned by task a:93.\n"
		"Kernel panic - not syncing: hung_task: blocked tasks\n"
		"CPU: 0 PID: 29 Comm: khungtaskd Not tainted 6.1.0 #1\n"
		"Call Trace:\n dump_stack+0x1/0x2\n panic+0x1/0x2\n watchdog+0x1/0x2\n");

	(void)state;
	assert_int_equal(all.n, 2);
	assert_string_equal(o->signature.fuzzy, "c1f:stall:one");
	o++;
	assert_string_equal(o->signature.fuzzy, "c1f:stall:two");
	assert_string_equal(o->function, "two");
	assert_string_equal(o->comm, "b");
	assert_int_equal(o->cpu, -1);
	assert_string_equal(o->message, "hung_task: blocked tasks");
}

/* ARM32 begins no trace with words of its own. */
static void hung_on_arm(void **state)
{
	const struct oops *o = parse(
		"INFO: task a:93 blocked for more than 2 seconds.\n"
		"task:a      state:D stack:0     pid:93    ppid:2      flags:0x00000000\n"
		" __schedule from schedule+0x54/0xe8\n schedule from one+0x14/0x20 [m]\n"
		" one [m] from kthread+0xd8/0xf4\n"
		"Kernel panic - not syncing: hung_task: blocked tasks\n"
		"CPU: 1 PID: 27 Comm: khungtaskd Not tainted 6.1.0 #1\n"
		" dump_stack_lvl from panic+0x110/0x370\n panic from watchdog+0x2f8/0x4e8\n"
		" watchdog from kthread+0xd8/0xf4\n");

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->title, "INFO: task hung in one");
	assert_string_equal(o->signature.fuzzy, "c1f:stall:one");
}

/* One CPU tells of another that does not go on. */
static void stuck_elsewhere(void **state)
{
	const struct oops *o = parse(
		"rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
		"rcu: \t3-....: (464 ticks this GP) idle=abfc/1/0x4000000000000000 softirq=293/293 fqs=238\n"
		"\t(detected by 1, t=752 jiffies, g=-715, q=20 ncpus=4)\n"
		"Task dump for CPU 3:\n"
		"task:a               state:R  running task     stack:0     pid:125   ppid:1      flags:0x2\n"
		"Call trace:\n"
		" __switch_to+0xe8/0x120\n"
		" 0xffffcf3003003008\n"
		"Kernel panic - not syncing: RCU Stall\n"
		"CPU: 1 PID: 123 Comm: b Not tainted 6.1.0 #1\n");

	(void)state;
	assert_int_equal(o->stuck, 3);
	assert_int_equal(o->cpu, 1);
	assert_null(o->guilty);
	o = parse("NMI watchdog: Watchdog detected hard LOCKUP on cpu 2\n");
	assert_int_equal(o->stuck, 2);
	o = parse("kernel BUG at a.c:1!\n");
	assert_int_equal(o->stuck, -1);
}

/* ARM32 says what is wrong behind the line that says that something is. */
static void warned_on_arm(void **state)
{
	const struct oops *o = parse(
		"------------[ cut here ]------------\n"
		"WARNING: CPU: 0 PID: 118 at lib/refcount.c:25 get+0x5c/0x60 [m]\n"
		"refcount_t: addition on 0; use-after-free.\n"
		"Modules linked in: m(OE)\n"
		"CPU: 0 PID: 118 Comm: a Tainted: G           OE      6.1.0 #1\n"
		" dump_stack_lvl from __warn+0x7c/0x11c\n"
		" __warn from warn_slowpath_fmt+0x128/0x198\n"
		" warn_slowpath_fmt from get+0x5c/0x60 [m]\n"
		" get [m] from outer+0x10/0x14 [m]\n"
		"---[ end trace 0000000000000000 ]---\n");

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "refcount");
	assert_string_equal(o->head, "refcount_t: addition on 0; use-after-free.");
	assert_string_equal(o->title, "WARNING: refcount bug in get");
	assert_string_equal(o->signature.guilty, "get");
}

/* Two CPUs write at a time. */
static void interleaved(void **state)
{
	const struct oops *o = parse(
		STAMP("  T10") "BUG: KASAN: slab-use-after-free in foo+0x1/0x2\n"
		STAMP("  T20") "general protection fault, probably for non-canonical address 0x1: 0000 [#1]\n"
		STAMP("  T10") "Read of size 8 at addr ffff888000000000 by task a/10\n"
		STAMP("  T20") "CPU: 3 PID: 20 Comm: b c Tainted: G        W  O      6.1.0 #1\n"
		STAMP("  T10") "Call Trace:\n"
		STAMP("  T20") "RIP: 0010:bar+0x3/0x4 [mod]\n"
		STAMP("  T10") " dump_stack+0x1/0x2\n"
		STAMP("  T10") " kasan_report+0x1/0x2\n"
		STAMP("  T20") "Call Trace:\n"
		STAMP("  T20") " <TASK>\n"
		STAMP("  T10") " memcpy+0x1/0x2\n"
		STAMP("  T20") " bar_caller+0x1/0x2\n"
		STAMP("  T10") " foo+0x1/0x2\n"
		STAMP("  T20") " ? noise+0x1/0x2\n"
		STAMP("  T20") "Modules linked in: mod\n"
		STAMP("  T20") "---[ end trace 0000000000000000 ]---\n"
		STAMP("  T20") "Kernel panic - not syncing: Fatal exception\n");

	(void)state;
	assert_int_equal(all.n, 2);
	assert_string_equal(o->title, "KASAN: slab-use-after-free Read in foo");
	assert_true(o->complaint);
	assert_int_equal(o->n, 4);
	o++;
	assert_string_equal(o->title, "general protection fault in bar");
	assert_string_equal(o->class, "gp-fault");
	assert_string_equal(o->message, "Fatal exception");
	assert_string_equal(o->module, "mod");
	assert_string_equal(o->comm, "b c");
	assert_string_equal(o->tainted, "G        W  O");
	assert_string_equal(o->release, "6.1.0");
	assert_int_equal(o->cpu, 3);
	assert_int_equal(o->n, 3);
	assert_false(o->frame[2].reliable);
	assert_string_equal(o->frame[1].stack, "task");
	assert_ptr_equal(oops_last(&all), o);
	assert_false(o->complaint);
}

/* Equal ones are two, once the first has ended. */
static void twice(void **state)
{
	static const char text[] = "WARNING: CPU: 0 PID: 1 at a/b.c:12 one+0x1/0x2\n"
				   "RIP: 0010:one+0x1/0x2\nCall Trace:\n two+0x1/0x2\n"
				   "---[ end trace 0 ]---\n"
				   "WARNING: CPU: 0 PID: 1 at a/b.c:12 one+0x1/0x2\n"
				   "RIP: 0010:one+0x1/0x2\nCall Trace:\n two+0x1/0x2\n";
	const struct oops *o = parse(text);

	(void)state;
	assert_int_equal(all.n, 2);
	assert_int_equal(o[0].last, 5);
	assert_int_equal(o[1].n, 2);
	assert_string_equal(o[0].signature.strict, o[1].signature.strict);
}

/* One after the other, without callers. */
static void several(void **state)
{
	static const char *const titles[] = {
		"WARNING in first", "WARNING: refcount bug in user", "INFO: task hung in stuck_here",
		"INFO: rcu detected stall in looper", "UBSAN: shift-out-of-bounds in shifty",
		"BUG: corrupted list in owner",
		"kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)",
	};
	static const char *const classes[] = { "warning", "refcount", "hung-task", "rcu-stall", "ubsan",
					       "list-corruption", "no-root" };

	(void)state;
	parse("WARNING: CPU: 0 PID: 1 at a/b.c:12 first+0x1/0x2\n"
	      "RIP: 0010:first+0x1/0x2\nCall Trace:\n second+0x1/0x2\n"
	      "---[ end trace 0 ]---\n"
	      "refcount_t: underflow; use-after-free.\n"
	      "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2\n"
	      "RIP: 0010:refcount_warn_saturate+0x1/0x2\nCall Trace:\n user+0x1/0x2\n"
	      "---[ end trace 0 ]---\n"
	      "INFO: task kworker/0:1:14 blocked for more than 120 seconds.\n"
	      "Call Trace:\n __schedule+0x1/0x2\n schedule+0x1/0x2\n stuck_here+0x1/0x2\n"
	      "rcu: INFO: rcu_sched self-detected stall on CPU\n"
	      "Call Trace:\n <IRQ>\n dump_stack+0x1/0x2\n apic_timer_interrupt+0x1/0x2\n"
	      "RIP: 0010:inner+0x1/0x2\n looper+0x1/0x2\n vfs_write+0x1/0x2\n"
	      "UBSAN: shift-out-of-bounds in x/y.c:5:6\n"
	      "Call Trace:\n dump_stack+0x1/0x2\n ubsan_epilogue+0x1/0x2\n shifty+0x1/0x2\n"
	      "list_del corruption. prev->next should be 1, but was 2\n"
	      "kernel BUG at lib/list_debug.c:51!\ninvalid opcode: 0000 [#1] SMP\n"
	      "RIP: 0010:__list_del_entry_valid+0x1/0x2\nCall Trace:\n owner+0x1/0x2\n"
	      "---[ end trace 0 ]---\n"
	      "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
	      "Call Trace:\n dump_stack+0x1/0x2\n panic+0x1/0x2\n mount_root+0x1/0x2\n");
	assert_int_equal(all.n, 7);
	for (size_t i = 0; i < all.n; i++) {
		assert_string_equal(all.oops[i].title, titles[i]);
		assert_string_equal(all.oops[i].class, classes[i]);
	}
	assert_string_equal(all.oops[2].comm, "kworker/0:1");
	assert_int_equal(all.oops[2].pid, 14);
	assert_string_equal(all.oops[4].file, "x/y.c");
	assert_string_equal(all.oops[5].function, "owner");
	assert_string_equal(all.oops[6].function, "mount_root");
	assert_string_equal(oops_last(&all)->class, "no-root");
}

/* 5.10's real-time kernel has a panic's message on a line of its own. */
static void message_behind(void **state)
{
	const struct oops *o = parse(STAMP("  T10") "Kernel panic - not syncing:\n"
				     STAMP("  T20") "sysrq: Show State\n"
				     STAMP("  T10") "sysrq triggered crash\n"
				     STAMP("  T10") "CPU: 0 PID: 10 Comm: sh Not tainted 5.10.0\n");

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "sysrq");
	assert_string_equal(o->head, "Kernel panic - not syncing: sysrq triggered crash");
	assert_int_equal(o->pid, 10);
	o = parse("Kernel panic - not syncing:\n");
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "panic");
}

/* It is not looked for to the end of a log in which every line begins a panic. */
static void message_far_behind(void **state)
{
	struct str log = { 0 };

	(void)state;
	str_add(&log, STAMP("  T10") "Kernel panic - not syncing:\n");
	for (int i = 0; i < 100; i++)
		str_add(&log, STAMP("  T20") "sysrq: Show State\n");
	str_add(&log, STAMP("  T10") "sysrq triggered crash\n");
	assert_string_equal(parse(log.buf)->class, "panic");
	str_deinit(&log);
}

/* A call through a NULL pointer: its caller. The traces of who allocated and freed are not the
   report's. */
static void whose_frames(void **state)
{
	const struct oops *o = parse("BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
				     "Oops: 0010 [#1] SMP\nRIP: 0010:0x0\nCode: Bad RIP value.\n"
				     "RAX: 0000000000000001 RBX: ffff88b0c7225e40\n"
				     "RSP: 0018:ffffd1b000003d78 EFLAGS: 00000002\n"
				     "Call Trace:\n jumper+0x1/0x2\n outer+0x1/0x2\n");

	(void)state;
	assert_string_equal(o->function, "jumper");
	assert_string_equal(o->title, "BUG: unable to handle kernel NULL pointer dereference in jumper");
	assert_int_equal(reg(o, "rsp"), 0xffffd1b000003d78);
	assert_int_equal(reg(o, "rbx"), 0xffff88b0c7225e40);
	o = parse("BUG kmalloc-64 (Not tainted): Poison overwritten\n"
		  "Allocated in maker+0x1/0x2 age=1 cpu=0 pid=1\n maker+0x1/0x2\n"
		  "CPU: 0 PID: 9 Comm: x Not tainted 6.1.0 #1\n"
		  "Call Trace:\n dump_stack+0x1/0x2\n check_object+0x1/0x2\n taker+0x1/0x2\n");
	assert_int_equal(o->n, 3);
	assert_string_equal(o->function, "taker");
	assert_string_equal(o->title, "BUG: slab corruption: Poison overwritten in taker");
}

static const char *module(const struct oops *o, size_t i)
{
	return i < o->nmodules ? arena_printf(&arena, "%s %s", o->module_list[i].name, o->module_list[i].flags)
			       : "none";
}

/* None, and not told, are not the same. */
static void modules_and_taints(void **state)
{
	const struct oops *o = parse("kernel BUG at a.c:1!\nModules linked in:\n"
				     "CPU: 0 PID: 9 Comm: x Not tainted 6.1.0 #1\n");

	(void)state;
	assert_true(o->has_modules);
	assert_int_equal(o->nmodules, 0);
	assert_string_equal(o->taints, "");
	o = parse("kernel BUG at a.c:1!\nCPU: 0 PID: 9 Comm: x\n");
	assert_false(o->has_modules);
	assert_null(o->taints);
	o = parse("kernel BUG at a.c:1!\nModules linked in: scen(OE+) qemu_fw_cfg [last unloaded: gone(O)]\n"
		  "CPU: 0 PID: 9 Comm: x Tainted: G           OE      6.1.0 #1\n");
	assert_int_equal(o->nmodules, 2);
	assert_string_equal(module(o, 0), "scen OE+");
	assert_string_equal(module(o, 1), "qemu_fw_cfg ");
	assert_string_equal(o->last_unloaded, "gone(O)");
	assert_string_equal(o->taints, "OE");
	/* broken by a mail; a line that is not of the list ends it */
	o = parse("kernel BUG at a.c:1!\n"
		  "Modules linked in: aaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbb cccccccccccccc\n"
		  "dddd eeee(O)\nffff\nCPU: 0 PID: 9 Comm: x Not tainted 6.1.0 #1\n");
	assert_int_equal(o->nmodules, 5);
	assert_string_equal(module(o, 4), "eeee O");
}

static void must_advise(const struct oops *o, const char *const *commands)
{
	size_t n = 0;

	for (; commands[n]; n++) {
		assert_true(n < o->ncommands);
		assert_string_equal(o->command[n], commands[n]);
		assert_non_null(strstr(o->check, commands[n]));
	}
	assert_int_equal(o->ncommands, n);
}

/* With what the log has; without what it does not. */
static void advised(void **state)
{
	static const char *const list[] = { "whatis 0xffffffffc02a02a0", "whatis 0xffff888000000040", NULL };
	static const char *const slot[] = { "check --only 'maple.*'", "check --only 'mm.*'",
					    "dis -r exit_mmap+0x307", NULL };
	static const char *const walk[] = { "check --only 'maple.*'", "check --only 'mm.*'", "maple -t 7", NULL };

	(void)state;
	must_advise(parse("list_del corruption. prev->next should be ffffffffc02a02a0, but was dead000000000100. "
			  "(prev=ffff888000000040)\nRIP: 0010:foo+0x1/0x2\n"), list);
	must_advise(parse("kernel BUG at mm/mmap.c:3277!\nCPU: 0 PID: 110 Comm: x Not tainted 6.1.0 #1\n"
			  "RIP: 0010:exit_mmap+0x307/0x310\n"), slot);
	must_advise(parse("general protection fault: 0000 [#1] SMP\nCPU: 0 PID: 7 Comm: x Not tainted 6.1.0 #1\n"
			  "RIP: 0010:mas_walk+0x1/0x2\n"), walk);
	/* whose address space is gone */
	must_advise(parse("general protection fault: 0000 [#1] SMP\nCPU: 0 PID: 7 Comm: x Not tainted 6.1.0 #1\n"
			  "RIP: 0010:mas_walk+0x1/0x2\nCall Trace:\n mas_find+0x1/0x2\n exit_mmap+0x1/0x2\n"),
		    (const char *const[]){ walk[0], walk[1], NULL });
	assert_int_equal(parse("BUG kmalloc-64 (Not tainted): Poison overwritten\n")->ncommands, 0);
	assert_non_null(all.oops[0].check);
}

/* Who allocated what a register leads to, and words of the stack, are of no trace and no register. */
static void not_the_trace(void **state)
{
	const struct oops *o = parse(
		"Internal error: Oops: 817 [#1] SMP ARM\nPC is at foo+0x1/0x2\n"
		"pc : [<c0d05bf4>]    lr : [<00000000>]    psr: 600c0013\nsp : c8b71e88  ip : b59e6000\n"
		"Register r0 information: slab kmalloc-64 start c1 pointer offset 0 size 64 allocated at maker+0x1/0x2\n"
		"    maker+0x1/0x2\n    its_caller+0x1/0x2\n"
		" Free path:\n    breaker+0x1/0x2\n"
		"Register r1 information: NULL pointer\n"
		"Process a (pid: 3, stack limit = 0x1)\nStack: (0xc8b3de88 to 0xc8b3e000)\n"
		"dea0: c1c33240 00000000 c1c3325c\n"
		" foo from bar+0x1/0x2\n");

	(void)state;
	assert_int_equal(o->n, 2);
	assert_string_equal(o->frame[1].function, "bar");
	assert_int_equal(o->npoints, 2);
	assert_int_equal(reg(o, "dea0"), UINT64_MAX);
	assert_int_equal(reg(o, "sp"), 0xc8b71e88);
}

static void retitled(void **state)
{
	static const char stall[] = "BUG: soft lockup in caller", none[] = "INFO: stall in corrupted";
	static const char panic[] = "kernel panic: panic in a handler";

	(void)state;
	assert_string_equal(oops_retitle(stall, "caller", "inner", &arena), "BUG: soft lockup in inner");
	assert_string_equal(oops_retitle(none, NULL, "inner", &arena), "INFO: stall in inner");
	assert_ptr_equal(oops_retitle(stall, "caller", NULL, &arena), stall);
	assert_ptr_equal(oops_retitle(stall, "aller", "inner", &arena), stall);
	assert_ptr_equal(oops_retitle(panic, NULL, "inner", &arena), panic);
	assert_string_equal(oops_retitle("", "", "inner", &arena), "");
}

static void no_reports(void **state)
{
	static const char *const logs[] = {
		"", "\n", "\n\n\n", "WARNING: foo\n", "WARNING: x is deprecated\nCall Trace:\n",
		"<12>[    1.000000] kernel BUG at user.c:1!\n", "Oops, I did it\n",
		"a BUG\nfoo+0x1/0x2\n", "INFO: lockdep is turned off.\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (parse(logs[i]))
			fail_msg("a report in: %s", logs[i]);
	assert_null(oops_last(&all));
}

/* Each allocation fails in turn: an error, nothing half. */
static void out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;
	struct cairn_err err;

	(void)state;
	for (long n = 0; code && n < 1000; n++) {
		struct arena a = { 0 };
		struct oopses o;

		mem_fail_after(n);
		code = oops_parse(&o, maple_arm, sizeof(maple_arm) - 1, &a, &err);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		arena_deinit(&a);
	}
	assert_int_equal(code, CAIRN_OK);
}

/* Each bank with the line behind it; who told of it is no bank. */
static void machine_checks(void **state)
{
	const struct oops *o = parse(
		"mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 3: be00000000800400\n"
		"mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff81000000> {foo+0x10/0x20}\n"
		"mce: [Hardware Error]: TSC 1 ADDR 12345678 MISC 86\n"
		"mce: [Hardware Error]: CPU 2: Machine Check Exception: 4 Bank 1: b200000000000134\n"
		"mce: [Hardware Error]: TSC 2\n"
		"Kernel panic - not syncing: Fatal machine check\n");

	(void)state;
	assert_string_equal(o->class, "machine-check");
	assert_int_equal(o->nmce, 2);
	assert_int_equal(o->mce[0].bank, 3);
	assert_true(o->mce[0].has_addr);
	assert_int_equal(o->mce[0].addr, 0x12345678);
	assert_int_equal(o->mce[1].cpu, 2);
	assert_false(o->mce[1].has_addr);
	assert_null(o->signature.guilty);
}

static int tear_down(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maple_on_arm), cmocka_unit_test(interleaved), cmocka_unit_test(caller_in_lr),
		cmocka_unit_test(hung_tasks), cmocka_unit_test(bad_jumps),
		cmocka_unit_test(hung_on_arm), cmocka_unit_test(warned_on_arm), cmocka_unit_test(stuck_elsewhere),
		cmocka_unit_test(twice),        cmocka_unit_test(several),
		cmocka_unit_test(message_behind), cmocka_unit_test(message_far_behind),
		cmocka_unit_test(whose_frames), cmocka_unit_test(modules_and_taints),
		cmocka_unit_test(advised),      cmocka_unit_test(not_the_trace), cmocka_unit_test(retitled),
		cmocka_unit_test(no_reports),   cmocka_unit_test(out_of_memory),
		cmocka_unit_test(machine_checks),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
