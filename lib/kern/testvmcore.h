/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testvmcore - for tests: the whole ELF core of a small made-up x86_64 kernel, with all that
 * cairn_open() looks for: page tables, VMCOREINFO, kallsyms, BTF; and CPUs and tasks.
 *
 *   struct testvmcore v;
 *   tv_make(&v, 0);
 *   tv_finish(&v, SIZE_MAX);         v.path can be opened
 *   tv_free(&v);
 *
 * Between the two, memory may be damaged with tv_put(). 2 MB of RAM hold the image; the
 * kernel maps them as its image and again as its map of all memory.
 */
#ifndef CAIRN_KERN_TESTVMCORE_H
#define CAIRN_KERN_TESTVMCORE_H

#include "lib/debug/testsyms.h"
#include "lib/debug/testtypes.h"
#include "lib/kern/testmachine.h"

#define TV_IMAGE UINT64_C(0xffffffff81000000)
#define TV_DIRECT UINT64_C(0xffff888000000000)
#define TV_PHYS UINT64_C(0x1000000)
#define TV_SIZE UINT64_C(0x200000)

/* offsets in the image */
#define TV_STEXT UINT64_C(0x1000)
#define TV_PGD UINT64_C(0x2000)
#define TV_INFO UINT64_C(0x7000)     /* the kernel's own copy of VMCOREINFO */
#define TV_DATA UINT64_C(0x8000)
#define TV_INIT_TASK UINT64_C(0x9000)
#define TV_SYMS UINT64_C(0x20000)
#define TV_BTF UINT64_C(0x80000)
#define TV_EXCLUDED UINT64_C(0x100000) /* a page of RAM that is not in the dump */
#define TV_AREAS UINT64_C(0x110000)
#define TV_TASKS UINT64_C(0x120000)
#define TV_END UINT64_C(0x1f0000)

#define TV_CPUS 2u
#define TV_NTASKS 3u /* besides the idle ones */

/* flags of tv_make() */
enum {
	TV_NO_INFO = 1,   /* no VMCOREINFO anywhere */
	TV_INFO_IN_MEMORY = 2, /* ... but in memory */
	TV_NO_BTF = 4,
	TV_NO_SYMS = 8,
	TV_NO_REGS = 16,
};

struct testvmcore {
	struct testmem mem;
	char info[4096];
	struct tsyms tables;
	uint64_t btf_size;
	int fd;
	char path[32];
};

static inline void tv_put(struct testvmcore *v, uint64_t off, uint64_t value, size_t bytes)
{
	testmem_put(&v->mem, TV_PHYS + off, value, bytes);
}

/* A field that points to what lies at `to` in the image, by the map of all memory. */
static inline uint64_t tv_direct(uint64_t to)
{
	return TV_DIRECT + TV_PHYS + to;
}

static inline void tv_tables(struct testvmcore *v)
{
	const struct { uint64_t va, pud, pmd; } maps[] = {
		{ TV_IMAGE, TV_PGD + 0x1000, TV_PGD + 0x2000 },
		{ TV_DIRECT + TV_PHYS, TV_PGD + 0x3000, TV_PGD + 0x4000 },
	};

	for (size_t i = 0; i < 2; i++) {
		tv_put(v, TV_PGD + (maps[i].va >> 39 & 511) * 8, (TV_PHYS + maps[i].pud) | 0x63, 8);
		tv_put(v, maps[i].pud + (maps[i].va >> 30 & 511) * 8,
		       (TV_PHYS + maps[i].pmd) | 0x63, 8);
		tv_put(v, maps[i].pmd + (maps[i].va >> 21 & 511) * 8, TV_PHYS | 0xe3, 8);
	}
}

static inline void tv_types(struct testvmcore *v)
{
	struct btf *b = tt_new();
	const struct { const char *name; unsigned off; int type; } words[] = {
		{ "__state", TM_STATE, TT_UINT }, { "stack", TM_STACK_PTR, TT_ULONG },
		{ "flags", TM_FLAGS, TT_UINT }, { "on_cpu", TM_ON_CPU, TT_INT },
		{ "cpu", TM_CPU, TT_UINT }, { "tasks", TM_TASKS, TT_LIST_HEAD },
		{ "exit_state", TM_EXIT_STATE, TT_INT }, { "pid", TM_PID, TT_INT },
		{ "tgid", TM_TGID, TT_INT }, { "real_parent", TM_PARENT, TT_ULONG },
		{ "signal", TM_SIGNAL, TT_ULONG }, { "thread_node", TM_THREAD_NODE, TT_LIST_HEAD },
	};
	int comm = tt_array(b, TT_CHAR, 16);
	const void *raw;
	uint32_t size;

	tt(btf__add_struct(b, "task_struct", TM_TASK_SIZE));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		tt(btf__add_field(b, words[i].name, words[i].type, words[i].off * 8, 0));
	tt(btf__add_field(b, "comm", comm, TM_COMM * 8, 0));
	tt(btf__add_struct(b, "signal_struct", TM_SIGNAL_SIZE));
	tt(btf__add_field(b, "thread_head", TT_LIST_HEAD, TM_THREAD_HEAD * 8, 0));
	tt(btf__add_struct(b, "rq", 16));
	tt(btf__add_field(b, "curr", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "idle", TT_ULONG, 64, 0));
	tt_zoo(b);
	raw = btf__raw_data(b, &size);
	testmem_write(&v->mem, TV_PHYS + TV_BTF, raw, size);
	v->btf_size = size;
	btf__free(b);
}

static inline void tv_symbols(struct testvmcore *v, unsigned flags)
{
	const struct tsym all[] = {
		{ "fixed_percpu_data", 'A', 0 }, { "runqueues", 'A', TM_RQ },
		{ "current_task", 'A', TM_CURRENT }, { "irq_stack_ptr", 'A', TM_IRQ_STACK },
		{ "_text", 'T', TV_IMAGE }, { "_stext", 'T', TV_IMAGE + TV_STEXT },
		{ "do_something", 'T', TV_IMAGE + TV_STEXT + 0x100 },
		{ "_etext", 'T', TV_IMAGE + TV_PGD }, { "init_top_pgt", 'D', TV_IMAGE + TV_PGD },
		{ "__per_cpu_offset", 'D', TV_IMAGE + TV_DATA },
		{ "__cpu_possible_mask", 'D', TV_IMAGE + TV_DATA + 0x40 },
		{ "__cpu_online_mask", 'D', TV_IMAGE + TV_DATA + 0x48 },
		{ "nr_cpu_ids", 'D', TV_IMAGE + TV_DATA + 0x50 },
		{ "init_task", 'D', TV_IMAGE + TV_INIT_TASK },
		{ "__start_init_stack", 'D', TV_IMAGE + 0x10000 },
		{ "__end_init_stack", 'D', TV_IMAGE + 0x14000 },
		{ flags & TV_NO_BTF ? "nothing_a" : "__start_BTF", 'R', TV_IMAGE + TV_BTF },
		{ flags & TV_NO_BTF ? "nothing_b" : "__stop_BTF", 'R',
		  TV_IMAGE + TV_BTF + v->btf_size },
		{ "_end", 'B', TV_IMAGE + TV_END },
	};

	v->tables = (struct tsyms){
		.encoding = KALLSYMS_ABSOLUTE_PERCPU, .word = 8, .relative_base = TV_IMAGE,
		.va = TV_IMAGE + TV_SYMS, .delta = TV_IMAGE - TV_PHYS,
	};
	tsyms_write(&v->tables, &v->mem, all, sizeof(all) / sizeof(all[0]));
}

/* The kernel's address of a task_struct. */
static inline uint64_t tv_task_addr(uint64_t at)
{
	return at == TV_INIT_TASK ? TV_IMAGE + at : tv_direct(at);
}

/* Link tasks to a list that goes around in the order of `at`. */
static inline void tv_list(struct testvmcore *v, const uint64_t *at, size_t n, unsigned field)
{
	for (size_t i = 0; i < n; i++) {
		tv_put(v, at[i] + field, tv_task_addr(at[(i + 1) % n]) + field, 8);
		tv_put(v, at[i] + field + 8, tv_task_addr(at[(i + n - 1) % n]) + field, 8);
	}
}

static inline void tv_task(struct testvmcore *v, uint64_t at, unsigned pid, const char *comm)
{
	uint64_t signal = at + TM_TASK_SIZE, head = tv_direct(signal + TM_THREAD_HEAD);

	tv_put(v, at + TM_PID, pid, 4);
	tv_put(v, at + TM_TGID, pid, 4);
	tv_put(v, at + TM_SIGNAL, tv_direct(signal), 8);
	tv_put(v, signal + TM_THREAD_HEAD, head, 8);
	tv_put(v, signal + TM_THREAD_HEAD + 8, head, 8);
	tv_put(v, at + TM_STACK_PTR, 0xffffc90000000000 + pid * TM_STACK, 8);
	tv_put(v, at + TM_PARENT, TV_IMAGE + TV_INIT_TASK, 8);
	testmem_write(&v->mem, TV_PHYS + at + TM_COMM, comm, strlen(comm) + 1);
}

static inline void tv_machine(struct testvmcore *v)
{
	uint64_t list[1 + TV_NTASKS] = { TV_INIT_TASK };
	const char *const comm[TV_NTASKS] = { "init", "kthreadd", "shell" };

	tv_task(v, TV_INIT_TASK, 0, "swapper/0");
	tv_task(v, TV_TASKS, 0, "swapper/1");
	for (unsigned i = 0; i < TV_NTASKS; i++) {
		list[1 + i] = TV_TASKS + 0x200 * (1 + i);
		tv_task(v, list[1 + i], 1 + i, comm[i]);
	}
	tv_list(v, list, 1 + TV_NTASKS, TM_TASKS);
	tv_put(v, TV_DATA + 0x40, (1u << TV_CPUS) - 1, 8);
	tv_put(v, TV_DATA + 0x48, (1u << TV_CPUS) - 1, 8);
	tv_put(v, TV_DATA + 0x50, TV_CPUS, 4);
	for (unsigned i = 0; i < TV_CPUS; i++) {
		uint64_t area = TV_AREAS + 0x1000 * i;
		uint64_t idle = i ? tv_direct(TV_TASKS) : TV_IMAGE + TV_INIT_TASK;

		tv_put(v, TV_DATA + 8 * i, tv_direct(area), 8);
		tv_put(v, area + TM_RQ, idle, 8);
		tv_put(v, area + TM_RQ + 8, idle, 8);
		tv_put(v, area + TM_CURRENT, idle, 8);
	}
}

static inline void tv_vmcoreinfo(struct testvmcore *v, unsigned flags)
{
	snprintf(v->info, sizeof(v->info),
		 "OSRELEASE=6.1.0-test\nBUILD-ID=00112233445566778899aabbccddeeff00112233\n"
		 "PAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\nSYMBOL(_stext)=%llx\n"
		 "SYMBOL(swapper_pg_dir)=%llx\nNUMBER(phys_base)=0\n"
		 "NUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=0\n",
		 (unsigned long long)(TV_IMAGE + TV_END), (unsigned long long)(TV_IMAGE + TV_STEXT),
		 (unsigned long long)(TV_IMAGE + TV_PGD));
	if (!(flags & TV_NO_SYMS))
		tsyms_export(&v->tables, v->info, sizeof(v->info));
	if (flags & TV_INFO_IN_MEMORY)
		testmem_write(&v->mem, TV_PHYS + TV_INFO, v->info, strlen(v->info));
	else if (!(flags & TV_NO_INFO))
		testmem_vmcoreinfo(&v->mem, v->info);
}

static inline void tv_registers(struct testvmcore *v)
{
	const struct arch *a = arch_by_id(ARCH_X86_64);
	unsigned char desc[336] = { 0 };

	for (unsigned i = 0; i < TV_CPUS; i++) {
		uint64_t sp = 0xffffc90000000100 + (2 + i) * TM_STACK; /* of pids 2 and 3 */

		for (unsigned j = 0; j < 8; j++)
			desc[a->prstatus_regs + 8 * a->sp + j] = (unsigned char)(sp >> 8 * j);
		testmem_note(&v->mem, "CORE", 1, desc, sizeof(desc));
	}
}

static inline void tv_make(struct testvmcore *v, unsigned flags)
{
	*v = (struct testvmcore){ .fd = -1 };
	testmem_add(&v->mem, TV_PHYS, TV_EXCLUDED);
	testmem_exclude(&v->mem, TV_PHYS + TV_EXCLUDED, 0x1000);
	testmem_add(&v->mem, TV_PHYS + TV_EXCLUDED + 0x1000, TV_SIZE - TV_EXCLUDED - 0x1000);
	tv_tables(v);
	tv_types(v);
	tv_symbols(v, flags);
	tv_machine(v);
	if (!(flags & TV_NO_REGS))
		tv_registers(v);
	tv_vmcoreinfo(v, flags);
}

/** Make the file, of which only the first `keep` bytes are there. */
static inline void tv_finish(struct testvmcore *v, size_t keep)
{
	v->fd = testmem_core(&v->mem, keep);
	snprintf(v->path, sizeof(v->path), "/proc/self/fd/%d", v->fd);
}

static inline void tv_free(struct testvmcore *v)
{
	if (v->fd >= 0)
		close(v->fd);
	testmem_free(&v->mem);
}

static inline enum cairn_code tv_open(const struct testvmcore *v, struct cairn **ret,
				      struct cairn_err *err)
{
	static const struct cairn_opts opts = { .no_cache = true, .no_debug_search = true };
	const char *const paths[] = { v->path };

	return cairn_open(ret, paths, 1, &opts, err);
}

#endif
