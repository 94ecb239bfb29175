/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "lib/kern/cpu.h"
#include "lib/kern/module.h"
#include "mm/kfence.h"
#include "mm/page.h"
#include "mm/slab_state.h"
#include "unwind/start.h"

/* What the answers for one command share. */
struct whatis {
	struct call *call;
	struct unwinder u;
	struct page_map pages;
	bool has_pages;
	const struct tasks *tasks;   /* NULL: none */
	const struct cpus *cpus;     /* NULL: none */
	const struct modules *modules; /* NULL: none */
	uint64_t task_size;          /* of task_struct */
};

/* ---- the kind of address ---- */

static bool word_of_symbol(struct cairn *c, const char *name, uint64_t *ret)
{
	uint64_t at;

	return !sym_addr(&c->syms, name, &at, NULL) && !space_word(&c->kernel, at, ret, NULL) && *ret;
}

/* arch/x86/include/asm/pgtable_64_types.h; elsewhere nothing in memory tells. */
static const char *region(struct cairn *c, uint64_t addr)
{
	uint64_t direct, vmalloc, vmemmap;

	if (!paging_canonical(&c->layout.form, addr))
		return "non-canonical";
	if (c->arch->word == 8 && !(addr >> 63))
		return "user";
	if (!word_of_symbol(c, "page_offset_base", &direct) ||
	    !word_of_symbol(c, "vmalloc_base", &vmalloc) ||
	    !word_of_symbol(c, "vmemmap_base", &vmemmap) || addr < direct)
		return NULL;
	return addr < vmalloc ? "direct map" : addr < vmemmap ? "vmalloc" :
	       addr - vmemmap < UINT64_C(1) << 40 ? "vmemmap" : NULL;
}

/* ---- what lies there ---- */

static const char *section(struct whatis *w, uint64_t addr, const struct module *m)
{
	static const char *const bounds[][3] = {
		{ "_text", "_etext", "text" }, { "__start_rodata", "__end_rodata", "rodata" },
		{ "_sdata", "_edata", "data" }, { "__init_begin", "__init_end", "init" },
		{ "__bss_start", "__bss_stop", "bss" }, { "__brk_base", "__brk_limit", "brk" },
	};
	struct syms *s = &w->call->cairn->syms;
	uint64_t begin, end;

	if (m && addr >= m->text.begin && addr < m->text.end)
		return "text";
	if (m)
		return addr >= m->init_text.begin && addr < m->init_text.end ? "init text" : "data";
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (!sym_addr(s, bounds[i][0], &begin, NULL) &&
		    !sym_addr(s, bounds[i][1], &end, NULL) && addr >= begin && addr < end)
			return bounds[i][2];
	return NULL;
}

static void in_image(struct whatis *w, uint64_t addr)
{
	const struct module *m = w->modules ? module_at(w->modules, addr) : NULL;
	const char *part = section(w, addr, m);
	struct out *o = w->call->out;
	uint64_t off;
	struct sym s;
	bool freed = !m && w->has_pages && page_left_image(&w->pages, addr);
	bool named = sym_at(&w->call->cairn->syms, addr, &s, &off) && !s.percpu &&
		     !(m && module_sym_misleads(m, &s, addr));

	if (!named && !m && !part)
		return;
	out_object(o, "symbol");
	out_text(o, "  ");
	out_str(o, "name", named ? "%s" : NULL, named ? s.name : NULL);
	if (named)
		out_hex(o, "offset", "+%s", off);
	out_str(o, "module", m ? " [%s]" : NULL, m ? m->name : NULL);
	out_str(o, "section", part ? "  %s" : NULL, part);
	out_text(o, m ? " of a module" : " of the kernel");
	out_bool(o, "freed", freed ? ", which it has given away after boot" : NULL, freed);
	out_text(o, "\n");
	out_end(o);
}

static void in_task(struct whatis *w, uint64_t addr)
{
	struct out *o = w->call->out;

	for (size_t i = 0; w->tasks && w->task_size && i < w->tasks->n; i++) {
		const struct task *t = &w->tasks->task[i];

		if (addr - t->addr >= w->task_size)
			continue;
		out_object(o, "task");
		out_num(o, "pid", "  task_struct of %s", t->pid);
		out_str(o, "comm", " \"%s\"", t->fault ? NULL : t->comm);
		out_hex(o, "task", NULL, t->addr);
		out_hex(o, "offset", "+%s\n", addr - t->addr);
		out_end(o);
		return;
	}
}

/* The frame that has the address between its stack pointer and its caller's; tr->n: none. */
static size_t frame_at(const struct trace *tr, const struct stack_info *s, uint64_t addr)
{
	size_t best = tr->n;

	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].stack.begin == s->begin && tr->frame[i].sp <= addr &&
		    (best == tr->n || tr->frame[i].sp >= tr->frame[best].sp))
			best = i;
	return best;
}

static void which_frame(struct whatis *w, const struct stack_info *s, const struct task *t,
			uint64_t addr)
{
	const struct cpu *cpu = w->cpus && s->cpu >= 0 ? cpu_by_id(w->cpus, (unsigned)s->cpu) : NULL;
	struct out *o = w->call->out;
	struct trace tr = { 0 };
	size_t i;

	if (t)
		trace_task(&tr, &w->u, t, w->call->scratch);
	else if (cpu)
		trace_cpu(&tr, &w->u, cpu, w->tasks ? task_on_cpu(w->call->cairn, w->tasks, cpu->id)
						    : NULL, w->call->scratch);
	i = frame_at(&tr, s, addr);
	if (i == tr.n) {
		out_null(o, "frame", NULL);
		out_text(o, ", not in use\n");
		return;
	}
	out_num(o, "frame", ", frame #%s", (int64_t)i);
	out_str(o, "function", " %s\n", tr.frame[i].named ? tr.frame[i].sym.name : NULL);
}

static void on_a_stack(struct whatis *w, uint64_t addr)
{
	struct out *o = w->call->out;
	const struct task *t = NULL;
	struct stack_info s;
	bool guard = false;

	if (!unwinder_task_stack(&w->u, addr, &s) && stacks_find(&w->u.stacks, addr, &s, NULL)) {
		if (stacks_find_guard(&w->u.stacks, addr, &s, NULL))
			return;
		guard = true;
	}
	if (s.task && w->tasks)
		t = task_by_addr(w->tasks, s.task);
	out_object(o, "stack");
	out_str(o, "type", guard ? "  guard of the %s stack" : "  %s stack", stack_type_name(s.type));
	out_num(o, "cpu", " of CPU %s", s.cpu);
	out_hex(o, "begin", NULL, s.begin);
	out_hex(o, "end", NULL, s.end);
	out_bool(o, "guard", NULL, guard);
	if (t) {
		out_num(o, "pid", ", task %s", t->pid);
		out_str(o, "comm", " \"%s\"", t->comm);
	}
	which_frame(w, &s, t, addr);
	out_end(o);
}

/* The variable at an offset into the area: where symbols are such offsets, no range is theirs. */
static bool percpu_at(struct syms *syms, uint64_t at, struct sym *ret, uint64_t *off)
{
	bool found = false;
	struct sym s;

	for (struct sym_source *src = syms->first; src; src = src->next)
		for (size_t i = 0; src->ops->at(src->self, i, &s); i++)
			if (s.percpu && s.addr <= at && (!found || s.addr > ret->addr)) {
				*ret = s;
				found = true;
			}
	*off = found ? at - ret->addr : 0;
	return found || sym_at(syms, at, ret, off);
}

static void in_percpu(struct whatis *w, uint64_t addr)
{
	struct cairn *c = w->call->cairn;
	uint64_t begin, end, off;
	struct sym s;

	if (!w->cpus || sym_addr(&c->syms, "__per_cpu_start", &begin, NULL) ||
	    sym_addr(&c->syms, "__per_cpu_end", &end, NULL))
		return;
	for (size_t i = 0; i < w->cpus->n; i++) {
		const struct cpu *cpu = &w->cpus->cpu[i];
		uint64_t at = addr - cpu->offset;

		if (cpu->fault || !cpu->offset || at < begin || at >= end)
			continue;
		out_object(w->call->out, "percpu");
		out_num(w->call->out, "cpu", "  per-CPU area of CPU %s", cpu->id);
		if (percpu_at(&c->syms, at, &s, &off)) {
			out_str(w->call->out, "name", ": %s", s.name);
			out_hex(w->call->out, "offset", "+%s", off);
		}
		out_text(w->call->out, "\n");
		out_end(w->call->out);
		return;
	}
}

/* Of the object before, the same is not known for the same reason. */
static void free_or_not(struct whatis *w, const struct slab_object *s, bool of_before)
{
	static const char *const texts[] = {
		[SLAB_STATE_USED] = ", in use", [SLAB_STATE_FREE] = ", free",
		[SLAB_STATE_KEPT] = ", free, kept by a CPU",
		[SLAB_STATE_DOUBTFUL] = ", free by a list that is broken",
		[SLAB_STATE_UNTOLD] = ", in use or free: not known",
	};
	const char *name = of_before ? "before_free" : "free";
	const char *reason = of_before ? "before_free_unknown" : "free_unknown";
	struct cairn_err why;
	enum slab_state state = slab_state_of(w->call->cairn, &w->pages, s->cache,
					      of_before ? s->before : s->addr, &why);
	bool told = state < SLAB_STATE_DOUBTFUL;
	struct out *o = w->call->out;

	if (told)
		out_bool(o, name, NULL, state != SLAB_STATE_USED);
	else
		out_null(o, name, NULL);
	out_text(o, "%s\n", texts[state]);
	out_str(o, reason, told || of_before ? NULL : "    %s\n", told ? NULL : why.text);
}

static void in_slab(struct whatis *w, uint64_t addr)
{
	struct out *o = w->call->out;
	struct slab_object s;
	bool inside;

	if (!w->has_pages || slab_object_at(w->call->cairn, &w->pages, addr, &s, NULL))
		return;
	inside = s.offset < s.size;
	out_object(o, "slab");
	out_str(o, "cache", inside ? "  object of %s" : "  beside an object of %s", s.name);
	out_hex(o, "object", " at %s", s.addr);
	out_hex(o, "offset", inside ? "+%s" : NULL, s.offset);
	out_bool(o, "inside", NULL, inside);
	out_count(o, "size", ", %s bytes", s.size);
	free_or_not(w, &s, false);
	out_hex(o, "kmem_cache", NULL, s.cache);
	if (s.before) {
		out_hex(o, "before", "  the object before it: %s", s.before);
		free_or_not(w, &s, true);
	} else {
		out_null(o, "before", NULL);
		out_text(o, "  the first of its slab\n");
	}
	out_end(o);
}

static void in_kfence(struct whatis *w, uint64_t addr)
{
	static const char *const states[] = {
		[KFENCE_OTHER] = "in a state that is not known", [KFENCE_UNUSED] = "never used",
		[KFENCE_ALLOCATED] = "in use", [KFENCE_FREED] = "free",
	};
	struct out *o = w->call->out;
	struct kfence_object k;

	if (kfence_object_at(w->call->cairn, addr, &k, NULL))
		return;
	out_object(o, "kfence");
	out_hex(o, "object", "  guarded by KFENCE: the object at %s", k.addr);
	out_count(o, "size", ", %s bytes", k.size);
	out_bool(o, "inside", NULL, addr - k.addr < k.size);
	out_str(o, "state", ", %s", states[k.state]);
	out_hex(o, "kmem_cache", k.cache ? ", of the cache %s\n" : "\n", k.cache);
	out_hex(o, "metadata", NULL, k.meta);
	out_end(o);
}

static void which_page(struct whatis *w, uint64_t addr)
{
	static const char *const owners[] = {
		[PAGE_KERNEL] = "kernel", [PAGE_SLAB] = "slab", [PAGE_FREE] = "free",
		[PAGE_USER] = "user", [PAGE_CACHE] = "page cache",
	};
	struct out *o = w->call->out;
	uint64_t paddr, page;
	enum page_owner owner;
	struct cairn_err err;

	if (space_translate(&w->call->cairn->kernel, addr, &paddr, &err)) {
		out_fault(o, "physical", "  physical %s\n", &err);
		return;
	}
	out_hex(o, "physical", "  physical %s", paddr);
	if (w->has_pages && !page_of_pfn(&w->pages, paddr >> w->pages.shift, &page, NULL))
		out_hex(o, "page", ", struct page %s", page);
	if (w->has_pages && !page_owner_of(&w->pages, paddr >> w->pages.shift, &owner, NULL))
		out_str(o, "owner", ", %s memory", owners[owner]);
	out_text(o, "\n");
}

/* ---- the command ---- */

static void answer(struct whatis *w, uint64_t addr)
{
	struct cairn *c = w->call->cairn;
	struct out *o = w->call->out;
	const char *where = region(c, addr);

	out_record(o, "address");
	out_addr(o, "address", "%s", addr, c->arch->word * 2);
	out_str(o, "region", where ? "  %s" : NULL, where);
	out_text(o, "\n");
	if (!where || (strcmp(where, "non-canonical") && strcmp(where, "user"))) {
		in_image(w, addr);
		in_task(w, addr);
		on_a_stack(w, addr);
		in_percpu(w, addr);
		in_slab(w, addr);
		in_kfence(w, addr);
		which_page(w, addr);
	}
	out_end(o);
}

static enum cairn_code begin(struct whatis *w, struct call *call, struct cairn_err *err)
{
	const struct type *t = type_find(&call->cairn->types, "struct task_struct", NULL);

	*w = (struct whatis){ .call = call, .task_size = t ? type_strip(t)->size : 0 };
	if (tasks_get(call->cairn, &w->tasks, NULL))
		w->tasks = NULL;
	if (cpus_get(call->cairn, &w->cpus, NULL))
		w->cpus = NULL;
	if (modules_get(call->cairn, &w->modules, NULL))
		w->modules = NULL;
	w->has_pages = !page_map_init(&w->pages, call->cairn, NULL);
	return unwinder_init(&w->u, call->cairn, call->scratch, err);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct whatis w;
	uint64_t addr;
	enum cairn_code code;

	(void)verdict;
	if (!call->argc)
		return cairn_fail(err, CAIRN_USAGE, "name an address");
	code = begin(&w, call, err);
	if (code)
		return code;
	unwinder_add_all_cpus(&w.u);
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		code = operand_address(call->cairn, call->argv[i], &addr, err);
		if (!code)
			answer(&w, addr);
	}
	unwinder_deinit(&w.u);
	return code;
}

static const struct cmd whatis = {
	.name = "whatis",
	.synopsis = "ADDRESS...",
	.summary = "what lies at an address",
	.help = "Says of each address all that is known: the part of the address space; symbol and\n"
		"section of the kernel or a module; whose task_struct; which stack, whose, and in\n"
		"which frame; the per-CPU variable and its CPU; the slab cache, where its object\n"
		"begins, the object before it, and whether these are on the slab's list of free ones\n"
		"or kept by a CPU (not known where such a list is broken: where it leads is said,\n"
		"and free is null in JSON, with free_unknown);\n"
		"the physical address, its struct page and whose memory it is. A line is\n"
		"missing where it does not apply. crash's `kmem ADDRESS` answers the same question.",
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&whatis);
