/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/retaddr.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"
#include "unwind/fgraph.h"

#define NODES_LIMIT 4096
#define LAYERS      2 /* return probes, the function graph tracer */

enum { NODE_LINK, NODE_RET, NODE_FRAME, NODE_TASK, NODE_N };

/* One way of keeping the true addresses; the first whose types this kernel has is used. */
struct keeper {
	struct shape_want node;
	const char *head;    /* in struct task_struct; NULL: a hash table by task */
	const char *table;
	enum list_kind list;
};

static const struct keeper keepers[] = {
	{
		{ "struct rethook_node", NODE_N,
		  { [NODE_LINK] = "llist", [NODE_RET] = "ret_addr", [NODE_FRAME] = "frame" } },
		"rethooks", NULL, LIST_LLIST,
	},
	{
		{ "struct kretprobe_instance", NODE_N,
		  { [NODE_LINK] = "llist", [NODE_RET] = "ret_addr", [NODE_FRAME] = "fp" } },
		"kretprobe_instances", NULL, LIST_LLIST,
	},
	{
		{ "struct kretprobe_instance", NODE_N,
		  { [NODE_LINK] = "hlist", [NODE_RET] = "ret_addr", [NODE_FRAME] = "fp",
		    [NODE_TASK] = "task" } },
		NULL, "kretprobe_inst_table", LIST_HLIST,
	},
};

/* kernel/kprobes.c KPROBE_HASH_BITS; include/linux/hash.h hash_ptr() */
#define TABLE_BITS   6
#define GOLDEN_RATIO UINT64_C(0x61c8864680b583eb)

static uint64_t list_head(struct cairn *c, const struct keeper *k, const struct task *task)
{
	uint64_t table, offset, size;

	if (k->head)
		return cairn_member(c, "struct task_struct", k->head, &offset, &size, NULL) ?
			       0 : task->addr + offset;
	if (c->arch->word != 8 || sym_addr(&c->syms, k->table, &table, NULL))
		return 0;
	return table + (task->addr * GOLDEN_RATIO >> (64 - TABLE_BITS)) * c->arch->word;
}

static bool node_matches(const struct object *o, const struct task *task, uint64_t slot,
			 uint64_t trampoline)
{
	return object_get(o, NODE_FRAME) == slot && object_get(o, NODE_RET) != trampoline &&
	       (!shape_has(o->shape, NODE_TASK) || object_get(o, NODE_TASK) == task->addr);
}

/* Several probes of one function leave a node each; only the oldest has the true address. */
static bool find_node(struct cairn *c, const struct shape *shape, const struct keeper *k,
		      uint64_t head, const struct task *task, uint64_t slot, uint64_t trampoline,
		      uint64_t *ret)
{
	struct list_walk list;
	struct object o;
	bool found = false;

	list_begin(&list, &c->kernel, k->list, head, NODES_LIMIT);
	while (list_next(&list)) {
		uint64_t addr = list.node - shape->m[NODE_LINK].offset;

		if (!object_read(&o, shape, &c->kernel, addr, NULL) &&
		    node_matches(&o, task, slot, trampoline)) {
			*ret = object_get(&o, NODE_RET);
			found = true;
		}
		object_done(&o);
	}
	list_end(&list, NULL);
	return found;
}

static bool find_true_address(struct cairn *c, const struct task *task, uint64_t slot,
			      uint64_t trampoline, uint64_t *ret)
{
	static const unsigned needed[] = { NODE_LINK, NODE_RET, NODE_FRAME };
	struct shape shape;
	uint64_t head;

	for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
		if (shape_resolve(&shape, &keepers[i].node, &c->types, NULL) ||
		    shape_require(&shape, needed, 3, NULL))
			continue;
		head = list_head(c, &keepers[i], task);
		if (head && find_node(c, &shape, &keepers[i], head, task, slot, trampoline, ret))
			return true;
	}
	return false;
}

static enum frame_rule trampoline_rule(const char *name)
{
	static const struct {
		const char *name;
		enum frame_rule rule;
	} known[] = {
		{ "arch_rethook_trampoline", RULE_RETHOOK },
		{ "__kretprobe_trampoline", RULE_RETHOOK },
		{ "kretprobe_trampoline", RULE_RETHOOK },
		{ "return_to_handler", RULE_FGRAPH },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return known[i].rule;
	return FRAME_RULES;
}

/* arch_rethook_prepare(), arch_prepare_kretprobe(), function_graph_enter(): x86 keeps the slot's
 * address, the others the frame pointer that the caller had. */
static uint64_t key_of(const struct tracer *t, const struct walk_state *next)
{
	return t->u->arch->probes_by_fp ? next->fp : next->slot;
}

static bool find_by(struct tracer *t, const struct walk_state *next, enum frame_rule rule,
		    uint64_t *ret)
{
	struct cairn *c = t->u->c;
	uint64_t key = key_of(t, next);

	if (!c || !t->task)
		return false;
	return rule == RULE_FGRAPH ? fgraph_find(c, t->task->addr, key, next->pc, ret)
				   : find_true_address(c, t->task, key, next->pc, ret);
}

/* Frame pointers lead past the caller that is not known; nothing else does. */
static enum trace_end go_past(struct tracer *t, struct walk_state *next, const char *name)
{
	if (next->rule != RULE_FP || !t->u->arch->probes_by_fp)
		return tracer_end(t, TRACE_TRAMPOLINE, "by %s; the true one is not found", name);
	next->label = true;
	next->grade = 'C';
	next->note = "the true caller, whose address is replaced, is not found";
	return TRACE_GOES_ON;
}

static enum trace_end recover(struct tracer *t, struct walk_state *next, enum frame_rule rule,
			      const char *name)
{
	uint64_t pc;

	if (!find_by(t, next, rule, &pc))
		return go_past(t, next, name);
	next->pc = pc;
	/* of both, the return probe: the kernel's own traces are lost there */
	if (next->rule != RULE_RETHOOK)
		next->rule = rule;
	if (next->grade < 'B')
		next->grade = 'B';
	next->note = rule == RULE_FGRAPH ? "the function graph tracer had replaced the address"
					 : "a return probe had replaced the address";
	return TRACE_GOES_ON;
}

/* A probed function that is also traced has a trampoline for the true address of the other's. */
enum trace_end retaddr_recover(struct tracer *t, struct walk_state *next)
{
	enum trace_end end = TRACE_GOES_ON;
	enum frame_rule rule;
	uint64_t offset;
	struct sym sym;

	for (unsigned layer = 0; !end && !next->label && layer < LAYERS; layer++) {
		if (!sym_at(t->u->syms, next->pc, &sym, &offset) || offset)
			break;
		rule = trampoline_rule(sym.name);
		if (rule == FRAME_RULES)
			break;
		end = recover(t, next, rule, sym.name);
	}
	return end;
}
