/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crash reads at its start, and for bt, ps and log, beyond what slim_peers.c has. */
#include "cmd/slim_touch.h"
#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "lib/kern/list.h"
#include "lib/kern/module.h"
#include "lib/kern/task.h"
#include "mm/page.h"

#define LIST_LIMIT 65536u
#define INSTRUCTION 6u   /* bytes of one: more than the mean */
#define READ_AHEAD 4096u /* bytes of code that gdb reads beyond what it shows */
#define ORC_BLOCK 256u /* bytes of text for each word of orc_lookup, asm/orc_lookup.h */
#define ORC_ENTRY 6u   /* sizeof(struct orc_entry), asm/orc_types.h */

/* ---- texts: names of flags, states, zones ---- */

static void touch_nodes(struct touch *t)
{
	const struct type *type = type_find(&t->c->types, "struct pglist_data", NULL);
	uint64_t word = t->sp->word, node;
	struct sym sym;

	if (!type || !sym_find(&t->c->syms, "node_data", &sym))
		return;
	for (uint64_t i = 0; i < sym.size / word && touch_may_read(t); i++) {
		if (space_word(t->sp, sym.addr + i * word, &node, NULL) != CAIRN_OK || !node)
			continue;
		touch_object(t, "struct pglist_data", node);
		touch_pointers(t, node, type_strip(type)->size, touch_string);
	}
}

static void touch_names(struct touch *t)
{
	static const char *const tables[] = { "pageflag_names", "task_state_array", "pv_info",
					      "taint_flags" };
	uint64_t cache;
	struct sym sym;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (sym_find(&t->c->syms, tables[i], &sym)) {
			touch_range(t, sym.addr, sym.size);
			touch_pointers(t, sym.addr, sym.size, touch_string);
		}
	if (sym_addr(&t->c->syms, "kmem_cache", &cache, NULL) == CAIRN_OK &&
	    space_word(t->sp, cache, &cache, NULL) == CAIRN_OK)
		touch_object(t, "struct kmem_cache", cache);
}

/* ---- memory ---- */

/* The tables of the memory model, which lead to every struct page. */
static void touch_sections(struct touch *t)
{
	struct page_map m;
	uint64_t root, word = t->sp->word;

	if (page_map_init(&m, t->c, NULL) != CAIRN_OK) {
		t->missed = true;
		return;
	}
	if (m.per_root <= 1) {
		touch_range(t, m.sections, m.roots * m.section_size);
		return;
	}
	touch_range(t, m.sections, m.roots * word);
	for (uint64_t i = 0; i < m.roots && touch_may_read(t); i++)
		if (space_word(t->sp, m.sections + i * word, &root, NULL) == CAIRN_OK && root)
			touch_range(t, root, m.per_root * m.section_size);
}

/* The memory blocks of sysfs: devices of the bus memory_subsys, which is found among all buses
 * (drivers/base/base.h, drivers/base/memory.c). */
enum { B_ENTRY, B_BUS, B_DEVICES, B_N };
static const struct shape_want bus_want = {
	"struct subsys_private", B_N,
	{ [B_ENTRY] = "subsys.kobj.entry", [B_BUS] = "bus", [B_DEVICES] = "klist_devices.k_list" },
};
enum { D_NODE, D_DEVICE, D_N };
static const struct shape_want device_want = {
	"struct device_private", D_N, { [D_NODE] = "knode_bus.n_node", [D_DEVICE] = "device" },
};

static void touch_blocks(struct touch *t, uint64_t klist)
{
	const struct type *block = type_find(&t->c->types, "struct memory_block", NULL);
	struct list_walk w;
	struct shape d;
	struct member dev;
	uint64_t device;

	if (!block || !type_member(block, "dev", &dev) ||
	    shape_resolve(&d, &device_want, &t->c->types, NULL) != CAIRN_OK || !d.has[D_NODE])
		return;
	list_begin(&w, t->sp, LIST_DOUBLE, klist, LIST_LIMIT);
	while (list_next(&w)) {
		uint64_t private = w.node - d.m[D_NODE].offset;

		touch_object(t, "struct device_private", private);
		if (shape_get(&d, t->sp, private, D_DEVICE, &device, NULL) == CAIRN_OK && device)
			touch_object(t, "struct memory_block", device - dev.offset);
	}
	list_end(&w, NULL);
}

static void touch_buses(struct touch *t)
{
	struct list_walk w;
	struct shape s;
	uint64_t kset, memory, bus;

	if (sym_addr(&t->c->syms, "bus_kset", &kset, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "memory_subsys", &memory, NULL) != CAIRN_OK ||
	    shape_resolve(&s, &bus_want, &t->c->types, NULL) != CAIRN_OK || !s.has[B_ENTRY] ||
	    space_word(t->sp, kset, &kset, NULL) != CAIRN_OK)
		return;
	touch_object(t, "struct kset", kset);
	list_begin(&w, t->sp, LIST_DOUBLE, kset, LIST_LIMIT);
	while (list_next(&w)) {
		uint64_t private = w.node - s.m[B_ENTRY].offset;

		touch_object(t, "struct subsys_private", private);
		if (shape_get(&s, t->sp, private, B_BUS, &bus, NULL) == CAIRN_OK && bus == memory)
			touch_blocks(t, private + s.m[B_DEVICES].offset);
	}
	list_end(&w, NULL);
}

/* Since 6.2 the counters of a process are per-CPU ones (f1a7941243c1). */
static void touch_counters(struct touch *t, const struct shape *mm, uint64_t addr)
{
	const struct type *counter = type_find(&t->c->types, "struct percpu_counter", NULL);
	const struct cpus *cpus;
	struct member m;
	uint64_t ptr, size;

	if (!counter || !type_member(counter, "counters", &m) || !mm->has[0] ||
	    cpus_get(t->c, &cpus, NULL) != CAIRN_OK)
		return;
	size = type_strip(counter)->size;
	for (uint64_t at = 0; size && at + m.offset < mm->m[0].size; at += size) {
		if (space_word(t->sp, addr + mm->m[0].offset + at + m.offset, &ptr, NULL) != CAIRN_OK)
			return;
		for (size_t i = 0; i < cpus->n; i++)
			touch_range(t, ptr + cpus->cpu[i].offset, 4);
	}
}

static void touch_mms(struct touch *t)
{
	static const struct shape_want want = { "struct mm_struct", 1, { "rss_stat" } };
	const struct tasks *ts;
	struct shape mm;

	if (tasks_get(t->c, &ts, NULL) != CAIRN_OK ||
	    shape_resolve(&mm, &want, &t->c->types, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < ts->n; i++) {
		touch_object(t, "struct mm_struct", ts->task[i].mm);
		touch_object(t, "struct mm_struct", ts->task[i].active_mm);
		if (ts->task[i].mm)
			touch_counters(t, &mm, ts->task[i].mm);
	}
}

/* ---- stacks ---- */

/* Where the search for the unwind entry of an address goes: a block of the lookup table, then
 * the entries of that block. */
static void touch_orc(struct touch *t, uint64_t pc)
{
	uint64_t lookup, ip, entries, at = (pc - t->text) / ORC_BLOCK * 4;
	uint32_t first, last;

	if (pc >= t->etext || sym_addr(&t->c->syms, "orc_lookup", &lookup, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "__start_orc_unwind_ip", &ip, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "__start_orc_unwind", &entries, NULL) != CAIRN_OK ||
	    space_u32(t->sp, lookup + at, &first, NULL) != CAIRN_OK ||
	    space_u32(t->sp, lookup + at + 4, &last, NULL) != CAIRN_OK || last < first)
		return;
	touch_range(t, ip + 4 * (uint64_t)first, 4 * ((uint64_t)last - first + 1));
	touch_range(t, entries + ORC_ENTRY * (uint64_t)first,
		    ORC_ENTRY * ((uint64_t)last - first + 1));
}

/* crash takes every word for a return address that may be one, and disassembles its function: as
 * many instructions as the address lies bytes behind its start. */
static void touch_return(struct touch *t, uint64_t word)
{
	struct sym sym;
	uint64_t offset;

	touch_orc(t, word);
	touch_orc(t, word - 1);
	if (sym_at(&t->c->syms, word, &sym, &offset) && word < t->etext)
		touch_range(t, sym.addr, offset * INSTRUCTION + READ_AHEAD);
}

static void touch_stacks(struct touch *t)
{
	const struct tasks *ts;

	if (tasks_get(t->c, &ts, NULL) == CAIRN_OK)
		for (size_t i = 0; i < ts->n; i++)
			touch_pointers(t, ts->task[i].stack,
				       ts->task[i].stack ? ts->stack_size : 0,
				       ts->task[i].on_cpu ? touch_return : touch_orc);
	if (!t->unwinds)
		return;
	unwinder_add_all_cpus(&t->u);
	for (size_t i = 0; i < t->u.stacks.n; i++) {
		const struct stack_info *s = &t->u.stacks.stack[i];

		touch_range(t, s->begin, s->end - s->begin);
		touch_pointers(t, s->begin, s->end - s->begin, touch_return);
	}
}

/* How functions begin tells whether there are frame pointers; the scheduler is disassembled. */
static void touch_text(struct touch *t)
{
	static const char *const functions[] = {
		"__schedule", "schedule", "do_futex", "vfs_read", "sys_open", "__x64_sys_open",
		"sys_read", "__x64_sys_read", "sys_fork", "__do_sys_fork", "__x64_sys_fork",
		"asm_sysvec_apic_timer_interrupt", "lookup_num_blocks", "kmem_cache",
		"mt_slots", "mt_pivots",
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		touch_symbol(t, functions[i], 64);
	/* gdb goes on behind their ends, until a call of __switch_to is found */
	touch_symbol(t, "__schedule", 2 * 4096);
	touch_symbol(t, "schedule", 2 * 4096);
}

/* The whole ring, used or not (kernel/printk/printk_ringbuffer.h). */
static void touch_log(struct touch *t)
{
	enum { COUNT, DESCS, INFOS, SIZE, DATA, N };
	static const struct shape_want want = {
		"struct printk_ringbuffer", N,
		{ [COUNT] = "desc_ring.count_bits", [DESCS] = "desc_ring.descs",
		  [INFOS] = "desc_ring.infos", [SIZE] = "text_data_ring.size_bits",
		  [DATA] = "text_data_ring.data" },
	};
	const struct type *desc = type_find(&t->c->types, "struct prb_desc", NULL);
	const struct type *info = type_find(&t->c->types, "struct printk_info", NULL);
	uint64_t prb, count;
	struct shape s;
	struct object o;

	if (!desc || !info || shape_resolve(&s, &want, &t->c->types, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "prb", &prb, NULL) != CAIRN_OK ||
	    space_word(t->sp, prb, &prb, NULL) != CAIRN_OK)
		return;
	if (object_read(&o, &s, t->sp, prb, NULL) == CAIRN_OK && object_get(&o, COUNT) < 32 &&
	    object_get(&o, SIZE) < 32) {
		count = (uint64_t)1 << object_get(&o, COUNT);
		touch_range(t, object_get(&o, DESCS), count * type_strip(desc)->size);
		touch_range(t, object_get(&o, INFOS), count * type_strip(info)->size);
		touch_range(t, object_get(&o, DATA), (uint64_t)1 << object_get(&o, SIZE));
	}
	object_done(&o);
}

static void touch_module_memory(struct touch *t)
{
	const struct modules *ms;

	if (modules_get(t->c, &ms, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < ms->n; i++)
		for (size_t k = 0; k < MODULE_RANGES; k++)
			touch_range(t, ms->module[i].mem[k].begin,
				    ms->module[i].mem[k].end - ms->module[i].mem[k].begin);
}

void touch_crash(struct touch *t)
{
	touch_names(t);
	touch_nodes(t);
	touch_sections(t);
	touch_buses(t);
	touch_mms(t);
	touch_stacks(t);
	touch_text(t);
	touch_module_memory(t);
	touch_log(t);
}
