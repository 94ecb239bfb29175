/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/copied.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"

#define LIST_LIMIT     (1u << 16)
#define SLOT_SIZE      16u /* arch/x86/include/asm/kprobes.h MAX_INSN_SIZE, rounded up */
#define TABLE_SIZE     64u /* kernel/kprobes.c KPROBE_TABLE_SIZE */
#define OPS_SAVE_REGS  4u  /* include/linux/ftrace.h FTRACE_OPS_FL_SAVE_REGS */
#define PROBE_OPTIMIZED 4u /* include/linux/kprobes.h KPROBE_FLAG_OPTIMIZED */

enum { OPS_LINK, OPS_CODE, OPS_SIZE, OPS_FLAGS, OPS_N };
enum { PROBE_LINK, PROBE_ADDR, PROBE_FLAGS, PROBE_SLOT, PROBE_N };
enum { OPT_CODE, OPT_SIZE, OPT_N };

static const struct shape_want ops_want = {
	"struct ftrace_ops", OPS_N,
	{ [OPS_LINK] = "list", [OPS_CODE] = "trampoline", [OPS_SIZE] = "trampoline_size",
	  [OPS_FLAGS] = "flags" },
};

static const struct shape_want probe_want = {
	"struct kprobe", PROBE_N,
	{ [PROBE_LINK] = "hlist", [PROBE_ADDR] = "addr", [PROBE_FLAGS] = "flags",
	  [PROBE_SLOT] = "ainsn.insn" },
};

/* begins with its struct kprobe */
static const struct shape_want opt_want = {
	"struct optimized_kprobe", OPT_N, { [OPT_CODE] = "optinsn.insn", [OPT_SIZE] = "optinsn.size" },
};

static bool resolve(struct unwinder *u, struct shape *s, const struct shape_want *want)
{
	static const unsigned all[] = { 0, 1, 2, 3 };

	return !shape_resolve(s, want, &u->c->types, NULL) && !shape_require(s, all, want->n, NULL);
}

/* ---- ftrace ---- */

static bool in_ops(struct unwinder *u, const struct object *o, uint64_t ip, uint64_t *original)
{
	bool all = object_get(o, OPS_FLAGS) & OPS_SAVE_REGS;
	uint64_t at = ip - object_get(o, OPS_CODE), from;

	if (at >= object_get(o, OPS_SIZE) ||
	    sym_addr(u->syms, all ? "ftrace_regs_caller" : "ftrace_caller", &from, NULL))
		return false;
	*original = from + at;
	return true;
}

static enum copied_kind find_ops(struct unwinder *u, uint64_t ip, uint64_t *original)
{
	struct list_walk list;
	struct shape shape;
	bool found = false;
	uint64_t head;

	if (sym_addr(u->syms, "ftrace_ops_trampoline_list", &head, NULL) ||
	    !resolve(u, &shape, &ops_want))
		return COPIED_NOT;
	list_begin(&list, &u->c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	while (!found && list_next(&list)) {
		struct object o;

		found = !object_read(&o, &shape, &u->c->kernel,
				     list.node - shape.m[OPS_LINK].offset, NULL) &&
			in_ops(u, &o, ip, original);
		object_done(&o);
	}
	list_end(&list, NULL);
	return found ? COPIED_FTRACE : COPIED_NOT;
}

/* ---- kprobes ---- */

/* What a probe has to do with the code at ip. */
typedef enum copied_kind probe_fn(struct unwinder *u, const struct object *probe, uint64_t ip,
				  uint64_t *original);

static enum copied_kind in_slot(struct unwinder *u, const struct object *probe, uint64_t ip,
				uint64_t *original)
{
	uint64_t at = ip - object_get(probe, PROBE_SLOT);

	(void)u;
	*original = object_get(probe, PROBE_ADDR) + at;
	return at < SLOT_SIZE ? COPIED_SLOT : COPIED_NOT;
}

static enum copied_kind in_detour(struct unwinder *u, const struct object *probe, uint64_t ip,
				  uint64_t *original)
{
	uint64_t begin, end, code, size, at;
	struct shape shape;

	if (!(object_get(probe, PROBE_FLAGS) & PROBE_OPTIMIZED) || !resolve(u, &shape, &opt_want) ||
	    sym_addr(u->syms, "optprobe_template_entry", &begin, NULL) ||
	    sym_addr(u->syms, "optprobe_template_end", &end, NULL) ||
	    shape_get(&shape, &u->c->kernel, probe->addr, OPT_CODE, &code, NULL) ||
	    shape_get(&shape, &u->c->kernel, probe->addr, OPT_SIZE, &size, NULL))
		return COPIED_NOT;
	at = ip - code;
	if (at < end - begin)
		return COPIED_REGS;
	*original = object_get(probe, PROBE_ADDR) + (at - (end - begin));
	return at - (end - begin) <= size ? COPIED_DETOUR : COPIED_NOT;
}

static enum copied_kind find_in_chain(struct unwinder *u, const struct shape *shape, uint64_t head,
				      probe_fn *fn, uint64_t ip, uint64_t *original)
{
	enum copied_kind kind = COPIED_NOT;
	struct list_walk list;

	list_begin(&list, &u->c->kernel, LIST_HLIST, head, LIST_LIMIT);
	while (kind == COPIED_NOT && list_next(&list)) {
		uint64_t addr = list.node - shape->m[PROBE_LINK].offset;
		struct object o;

		if (!object_read(&o, shape, &u->c->kernel, addr, NULL))
			kind = fn(u, &o, ip, original);
		object_done(&o);
	}
	list_end(&list, NULL);
	return kind;
}

static enum copied_kind find_probe(struct unwinder *u, probe_fn *fn, uint64_t ip,
				   uint64_t *original)
{
	enum copied_kind kind = COPIED_NOT;
	struct shape shape;
	uint64_t table;

	if (sym_addr(u->syms, "kprobe_table", &table, NULL) || !resolve(u, &shape, &probe_want))
		return COPIED_NOT;
	for (unsigned i = 0; kind == COPIED_NOT && i < TABLE_SIZE; i++)
		kind = find_in_chain(u, &shape, table + i * u->mem.word, fn, ip, original);
	return kind;
}

enum copied_kind copied_find(struct unwinder *u, uint64_t ip, uint64_t *original)
{
	struct sym sym;

	if (!u->c || !sym_at(u->syms, ip, &sym, NULL) || !sym.module)
		return COPIED_NOT;
	if (!strcmp(sym.module, "__builtin__ftrace"))
		return find_ops(u, ip, original);
	if (!strcmp(sym.module, "__builtin__kprobes"))
		return find_probe(u, !strcmp(sym.name, "kprobe_optinsn_page") ? in_detour : in_slot,
				  ip, original);
	return COPIED_NOT;
}
