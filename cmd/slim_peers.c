/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other tools read when they open a dump and walk its stacks, as kernel objects; found by
 * tracing the reads of crash 9.0 and drgn 0.3 on dumps of 5.10, 6.1 and 6.12. All is read with
 * the session, so that it gets recorded.
 */
#include <elf.h>
#include <string.h>

#include "cmd/slim.h"
#include "cmd/slim_touch.h"
#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "lib/kern/module_sect.h"
#include "lib/kern/xarray.h"
#include "unwind/start.h"

#define RANGE_LIMIT ((uint64_t)256 << 20) /* of one range: more is a wrong symbol */
#define PIDS_LIMIT  ((size_t)4 << 20)     /* PID_MAX_LIMIT */
#define READS_LIMIT ((uint64_t)1 << 26)
#define STOP_EVERY  1024
#define MODULE_SYMBOLS (1u << 20)
#define ORC_IP      4u /* bytes of one entry, arch/x86/kernel/unwind_orc.c */
#define ORC_ENTRY   6u
#define STRING      1500                  /* bytes that crash reads where it expects a text */

bool touch_may_read(struct touch *t)
{
	if (t->reads >= READS_LIMIT)
		t->missed = true;
	else if (++t->reads % STOP_EVERY == 0 && t->c->stop && t->c->stop())
		t->reads = READS_LIMIT;
	return t->reads < READS_LIMIT;
}

void touch_range(struct touch *t, uint64_t va, uint64_t len)
{
	uint64_t page = (uint64_t)1 << t->sp->page_shift, at = va & ~(page - 1), end = va + len;
	size_t left;

	for (; len && len <= RANGE_LIMIT && at < end && touch_may_read(t); at += page)
		space_peek(t->sp, at, &left, NULL);
}

void touch_string(struct touch *t, uint64_t va)
{
	touch_range(t, va, STRING);
}

void touch_between(struct touch *t, const char *first, const char *last)
{
	uint64_t begin, end;

	if (sym_addr(&t->c->syms, first, &begin, NULL) == CAIRN_OK &&
	    sym_addr(&t->c->syms, last, &end, NULL) == CAIRN_OK && end > begin)
		touch_range(t, begin, end - begin);
	else
		t->missed = true;
}

void touch_symbol(struct touch *t, const char *name, uint64_t len)
{
	struct sym sym;

	if (sym_find(&t->c->syms, name, &sym))
		touch_range(t, sym.addr, sym.size > len ? sym.size : len);
}

void touch_object(struct touch *t, const char *type, uint64_t addr)
{
	const struct type *found = addr ? type_find(&t->c->types, type, NULL) : NULL;

	if (found)
		touch_range(t, addr, type_strip(found)->size);
}

void touch_pointers(struct touch *t, uint64_t va, uint64_t len,
		    void (*fn)(struct touch *t, uint64_t word))
{
	uint64_t word, step = t->sp->word;

	for (uint64_t at = 0; len <= RANGE_LIMIT && at + step <= len && touch_may_read(t); at += step)
		if (space_word(t->sp, va + at, &word, NULL) == CAIRN_OK && word >= t->text &&
		    word < t->end)
			fn(t, word);
}

/* ---- what both read ---- */

static void touch_data(struct touch *t)
{
	touch_between(t, "_sdata", "_edata");
	touch_between(t, "__bss_start", "__bss_stop");
	touch_between(t, "__start_ro_after_init", "__end_ro_after_init");
	touch_symbol(t, "linux_banner", STRING);
	touch_symbol(t, "init_uts_ns", 512);
}

static void touch_percpu(struct touch *t)
{
	const struct cpus *cpus;
	uint64_t begin, end;

	if (cpus_get(t->c, &cpus, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "__per_cpu_start", &begin, NULL) != CAIRN_OK ||
	    sym_addr(&t->c->syms, "__per_cpu_end", &end, NULL) != CAIRN_OK || end <= begin) {
		t->missed = true;
		return;
	}
	for (size_t i = 0; i < cpus->n; i++)
		if (cpus->cpu[i].offset)
			touch_range(t, cpus->cpu[i].offset + begin, end - begin);
}

/* libkdumpfile translates by the page tables that the CPUs were using. Of a process's only the
 * root is its own as far as the kernel goes. */
static void touch_roots(struct touch *t)
{
	const struct image_info *info = image_info(t->c->img);
	struct vcpu_notes notes = { 0 };

	if (regs_read_notes(&notes, t->c->arch, info->notes, info->notes_len, t->call->scratch,
			    NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < notes.n; i++)
		if (notes.note[i].have_qemu)
			image_put(t->c->img,
				  image_pin(t->c->img, layout_register_root(&t->c->layout,
									    notes.note[i].cr3)));
}

/* Tasks are found through the nodes of init_pid_ns.idr, whose entries are struct pid. */
static void touch_pids(struct touch *t)
{
	struct xarray_walk w;
	uint64_t ns, offset;

	if (sym_addr(&t->c->syms, "init_pid_ns", &ns, NULL) != CAIRN_OK ||
	    cairn_member(t->c, "struct pid_namespace", "idr", &offset, &(uint64_t){ 0 }, NULL) !=
		    CAIRN_OK ||
	    xarray_begin(&w, t->c, ns + offset, PIDS_LIMIT, NULL) != CAIRN_OK) {
		t->missed = true;
		return;
	}
	while (xarray_next(&w)) {
		touch_object(t, "struct xa_node", w.node);
		touch_object(t, "struct pid", w.entry);
	}
	xarray_end(&w, NULL);
}

/* A frame's function is disassembled up to where it stands. */
static void touch_frames(struct touch *t, const struct task *task, struct arena *arena)
{
	struct trace tr;

	trace_task(&tr, &t->u, task, arena);
	for (size_t i = 0; i < tr.n; i++)
		if (tr.frame[i].named)
			touch_range(t, tr.frame[i].sym.addr, tr.frame[i].offset + 16);
	arena_reset(arena);
}

static void touch_tasks(struct touch *t)
{
	struct arena one = { 0 };
	const struct tasks *ts;

	if (tasks_get(t->c, &ts, NULL) != CAIRN_OK) {
		t->missed = true;
		return;
	}
	for (size_t i = 0; i < ts->n; i++) {
		const struct task *task = &ts->task[i];

		touch_object(t, "struct task_struct", task->addr);
		touch_range(t, task->stack, task->stack ? ts->stack_size : 0);
		if (t->unwinds)
			touch_frames(t, task, &one);
	}
	arena_deinit(&one);
}

enum { M_KALLSYMS, M_ORC_IP, M_ORC, M_ORCS, M_N };
static const struct shape_want module_want = {
	"struct module", M_N,
	{ [M_KALLSYMS] = "kallsyms", [M_ORC_IP] = "arch.orc_unwind_ip", [M_ORC] = "arch.orc_unwind",
	  [M_ORCS] = "arch.num_orcs" },
};

enum { K_SYMTAB, K_COUNT, K_STRTAB, K_TYPETAB, K_N };
static const struct shape_want kallsyms_want = {
	"struct mod_kallsyms", K_N,
	{ [K_SYMTAB] = "symtab", [K_COUNT] = "num_symtab", [K_STRTAB] = "strtab",
	  [K_TYPETAB] = "typetab" },
};

/* The names lie between the symbols and their types (kernel/module/kallsyms.c). */
static void touch_module_symbols(struct touch *t, uint64_t kallsyms)
{
	uint64_t symbol = t->sp->word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym), n, names;
	struct shape shape;
	struct object o;

	if (!kallsyms || shape_resolve(&shape, &kallsyms_want, &t->c->types, NULL))
		return;
	if (object_read(&o, &shape, t->sp, kallsyms, NULL) == CAIRN_OK) {
		n = object_get(&o, K_COUNT);
		names = object_get(&o, K_STRTAB);
		if (n < MODULE_SYMBOLS) {
			touch_range(t, object_get(&o, K_SYMTAB), n * symbol);
			touch_range(t, object_get(&o, K_TYPETAB), n);
			touch_range(t, names, object_get(&o, K_TYPETAB) - names);
		}
	}
	object_done(&o);
}

/* Where drgn steps by ORC, it sorts a module's whole table first. */
static void touch_module_tables(struct touch *t, uint64_t module)
{
	struct shape shape;
	struct object o;
	uint64_t n;

	if (shape_resolve(&shape, &module_want, &t->c->types, NULL))
		return;
	if (object_read(&o, &shape, t->sp, module, NULL) == CAIRN_OK) {
		n = object_get(&o, M_ORCS);
		touch_range(t, object_get(&o, M_ORC_IP), n * ORC_IP);
		touch_range(t, object_get(&o, M_ORC), n * ORC_ENTRY);
		touch_module_symbols(t, object_get(&o, M_KALLSYMS));
	}
	object_done(&o);
}

static void touch_modules(struct touch *t)
{
	const struct modules *ms;

	if (modules_get(t->c, &ms, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < ms->n; i++) {
		struct module_sections sections;
		uint64_t unused;

		touch_object(t, "struct module", ms->module[i].addr);
		touch_module_tables(t, ms->module[i].addr);
		/* a name that no section has leads past all of them */
		if (module_sections_find(&sections, t->c, &ms->module[i], NULL) == CAIRN_OK)
			module_section_at(&sections, "", &unused);
	}
}

/* ---- who reads what ---- */

static const struct {
	const char *name;
	void (*more)(struct touch *t); /* beyond the above; NULL: nothing */
} peers[] = {
	{ "crash", touch_crash },
	{ "drgn", NULL },
};

static enum cairn_code touch_all(struct touch *t, void (*more)(struct touch *t),
				 struct cairn_err *err)
{
	if (!t->c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated");
	sym_addr(&t->c->syms, "_text", &t->text, NULL);
	sym_addr(&t->c->syms, "_etext", &t->etext, NULL);
	sym_addr(&t->c->syms, "_end", &t->end, NULL);
	t->unwinds = unwinder_init(&t->u, t->c, t->call->scratch, NULL) == CAIRN_OK && t->u.arch;
	touch_data(t);
	touch_percpu(t);
	touch_roots(t);
	touch_pids(t);
	touch_tasks(t);
	touch_modules(t);
	if (more)
		more(t);
	unwinder_deinit(&t->u);
	if (t->c->stop && t->c->stop())
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	return CAIRN_OK;
}

enum cairn_code slim_touch_for(struct call *call, struct cairn *c, const char *peer, bool *missed,
			       struct cairn_err *err)
{
	struct touch t = { .call = call, .c = c, .sp = &c->kernel };
	enum cairn_code code;

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		if (strcmp(peers[i].name, peer))
			continue;
		code = touch_all(&t, peers[i].more, err);
		*missed = t.missed;
		return code;
	}
	return cairn_fail(err, CAIRN_USAGE, "--for %s: crash, which takes in what drgn reads, or drgn",
			  peer);
}
