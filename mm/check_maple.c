/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_maple - broken words of maple trees: of all address spaces, and of the trees that the
 * kernel names.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/str.h"
#include "lib/kern/finding.h"
#include "mm/check_maple_slab.h"
#include "mm/maple_explain.h"
#include "mm/maple_mm.h"

#define NODES_LIMIT (1u << 24) /* of all trees together: no node is of two */
#define TREE_LIMIT  (1u << 22) /* of one */
#define TRIALS      (1u << 24) /* nodes that are looked at again, to try repairs */
#define BECAUSE 6 /* contradictions that a finding shows */
#define LOST 3    /* trees that could not be looked at and that are told one by one */

struct look {
	struct cairn *c;
	struct cairn_run *run;
	const char *whose;       /* "mm_mt of mm 0x... (PID 1 \"init\")" */
	bool of_task;            /* it is the address space of one: the checker "mm" looks, too */
	size_t nodes, trials;    /* that may still be looked at */
	struct maple_slabs slabs;
	size_t lost;             /* trees that could not be looked at, or not wholly */
	struct cairn_err last_lost;
};

static void value_text(struct str *s, uint64_t v)
{
	str_addf(s, "0x%" PRIx64, v);
}

#define FREED 0x6b /* POISON_FREE, include/linux/poison.h */

static bool is_freed(const struct look *k, uint64_t found)
{
	for (unsigned i = 0; i < k->c->kernel.word; i++)
		if ((found >> 8 * i & 0xff) != FREED)
			return false;
	return true;
}

/* An object as a whole. */
static void overwritten(struct str *s, const struct look *k, const struct maple_verdict *v)
{
	str_addf(s, "%s: the %s at 0x%" PRIx64 " is overwritten, %s 0x%" PRIx64, k->whose, v->field,
		 v->addr, v->filled ? "all of it with" : "its first word is", v->found);
	if (is_freed(k, v->found))
		str_add(s, ", which is what the slab allocator puts into what is freed");
}

static void message(struct str *s, const struct look *k, const struct maple_verdict *v)
{
	if (v->rule == MAPLE_RULE_NODE_OVERWRITTEN || v->rule == MAPLE_RULE_ENTRY_OVERWRITTEN) {
		overwritten(s, k, v);
		return;
	}
	str_addf(s, "%s: %s is 0x%" PRIx64, k->whose, v->field, v->found);
	if (v->told)
		str_addf(s, " and should be 0x%" PRIx64, v->expected);
	if (v->bit >= 0)
		str_addf(s, ": bit %d has flipped", v->bit);
	if (v->neighbour)
		str_addf(s, ": overwritten by the neighbour in front of it, 0x%" PRIx64
			 ", which is full of nodes' addresses: this tree is the victim, who wrote "
			 "there the culprit",
			 v->neighbour);
}

static bool said_before(const struct maple_verdict *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (v->because[k].rule == v->because[i].rule &&
		    v->because[k].addr == v->because[i].addr)
			return true;
	return false;
}

static size_t evidence(struct cairn_evidence *e, struct str *s, size_t texts[BECAUSE + 1],
		       const struct maple_verdict *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nbecause && n < BECAUSE; i++) {
		const struct maple_wrong *w = &v->because[i];

		if (said_before(v, i))
			continue;
		texts[n] = s->len;
		str_addf(s, "%s: 0x%" PRIx64, maple_rule_id(w->rule), w->found);
		if (w->told)
			str_addf(s, ", not 0x%" PRIx64, w->expected);
		str_addc(s, '\0');
		e[n++] = (struct cairn_evidence){ w->addr, w->size, NULL };
	}
	if (v->neighbour) {
		texts[n] = s->len;
		str_add(s, "the node in front of it: full of addresses of nodes");
		str_addc(s, '\0');
		e[n++] = (struct cairn_evidence){ v->neighbour, v->node - v->neighbour, NULL };
	}
	return n;
}

static void tell(void *arg, const struct maple_verdict *v)
{
	struct look *k = arg;
	struct cairn_evidence e[BECAUSE + 1];
	size_t texts[BECAUSE + 1];
	struct str text, expected, found, why;
	struct cairn_finding f = {
		.id = maple_rule_id(v->rule), .grade = v->grade, .addr = v->addr,
		.severity = v->grade == CAIRN_CERTAIN ? CAIRN_ERROR : CAIRN_WARNING,
		.object = v->node ? v->node : v->tree, .field = v->field, .evidence = e,
		.overrun = v->neighbour,
	};

	if (v->of_object || (k->of_task && maple_mm_is_told_by_mm(v)))
		return;
	str_init(&text);
	str_init(&expected);
	str_init(&found);
	str_init(&why);
	message(&text, k, v);
	value_text(&found, v->found);
	value_text(&expected, v->expected);
	f.nevidence = evidence(e, &why, texts, v);
	for (size_t i = 0; i < f.nevidence; i++)
		e[i].why = why.failed ? "" : why.buf + texts[i];
	f.message = text.failed ? "a word of a maple tree is bad" : text.buf;
	f.found = found.failed ? NULL : found.buf;
	f.expected = v->told && !expected.failed ? expected.buf : NULL;
	cairn_report(k->run, &f);
	str_deinit(&text);
	str_deinit(&expected);
	str_deinit(&found);
	str_deinit(&why);
}

static void note_lost(struct look *k, const struct cairn_err *why)
{
	if (++k->lost <= LOST)
		cairn_unseen(k->run, k->whose, why);
	k->last_lost = *why;
}

static void note_rest(struct look *k)
{
	char what[64];

	snprintf(what, sizeof(what), "%zu more maple trees", k->lost - LOST);
	if (k->lost > LOST)
		cairn_unseen(k->run, what, &k->last_lost);
}

/* A tree that cannot be read is a part that was not seen; the rest goes on. */
static enum cairn_code note_end(struct look *k, enum cairn_code code,
				const struct maple_checked *done, const struct cairn_err *err)
{
	k->nodes -= done->nodes < k->nodes ? done->nodes : k->nodes;
	if (code == CAIRN_INTERRUPTED || code == CAIRN_NOMEM)
		return code;
	if (code || done->lost.code)
		note_lost(k, code ? err : &done->lost);
	return CAIRN_OK;
}

static void name_mm(struct look *k, const struct maple_mm *mm, struct arena *a)
{
	const struct task *t = mm->task;

	k->of_task = t;
	if (t)
		k->whose = arena_printf(a, "mm_mt of mm 0x%" PRIx64 " (PID %d \"%s\")", mm->mm, t->pid,
					t->comm);
	else
		k->whose = arena_printf(a, "mm_mt of mm 0x%" PRIx64 ", which no task has any more",
					mm->mm);
	if (!k->whose)
		k->whose = "mm_mt";
}

/* Trees that share nodes, as broken ones may, are not to be looked at for ever. */
static size_t tree_limit(const struct look *k)
{
	return k->nodes < TREE_LIMIT ? k->nodes : TREE_LIMIT;
}

static enum cairn_code each_mm(struct look *k, struct maple_mms *s, struct arena *a,
			       struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; !code && i < s->n && cairn_go_on(k->run); i++) {
		struct maple_checked done;

		name_mm(k, &s->mm[i], a);
		s->limit = tree_limit(k);
		code = maple_mm_verify(s, &s->mm[i], tell, k, &done, err);
		maple_slabs_check(&k->slabs, k->run, k->whose, k->of_task);
		code = note_end(k, code, &done, err);
	}
	return code;
}

/* ---- trees that have a name ---- */

/* kernel/irq/irqdesc.c, lib/alloc_tag.c: variables of the type struct maple_tree. */
static const char *const named[] = { "sparse_irqs", "mod_area_mt" };

static enum cairn_code each_other(struct look *k, struct maple_mms *s, struct arena *a,
				  struct cairn_err *err)
{
	const struct maple_entries e = maple_mms_entries(s);
	struct maple_subject of = {
		.c = k->c, .layout = s->layout, .shelf = s->nodes, .entries = &e,
		.trials = &k->trials,
	};
	size_t names = sizeof(named) / sizeof(named[0]);
	struct maple_checked done;
	enum cairn_code code = CAIRN_OK;

	k->of_task = false;
	for (size_t i = 0; !code && i < names + s->nother && cairn_go_on(k->run); i++) {
		if (i < names) {
			k->whose = named[i];
			if (sym_addr(&k->c->syms, named[i], &of.tree, NULL))
				continue;
		} else {
			of.tree = s->other[i - names];
			k->whose = arena_printf(a, "the maple tree at 0x%" PRIx64, of.tree);
			if (!k->whose)
				k->whose = "a maple tree";
		}
		of.limit = tree_limit(k);
		code = maple_verify(&of, tell, k, &done, err);
		code = note_end(k, code, &done, err);
	}
	return code;
}

static enum cairn_code run(struct cairn *c, struct cairn_run *r, struct cairn_err *err)
{
	struct look k = { .c = c, .run = r, .nodes = NODES_LIMIT, .trials = TRIALS };
	struct arena a = { 0 };
	struct maple_mms s;
	enum cairn_code code = maple_mms_init(&s, c, &a, err);

	if (!code) {
		maple_mms_want(&s, &a);
		maple_slabs_init(&k.slabs, c, s.nodes);
		s.trials = &k.trials;
		s.node = maple_slabs_node;
		s.node_arg = &k.slabs;
		code = each_mm(&k, &s, &a, err);
	}
	if (!code)
		code = each_other(&k, &s, &a, err);
	note_rest(&k);
	if (k.slabs.use.lack.code)
		cairn_unseen(r, "which nodes CPUs keep for reuse", &k.slabs.use.lack);
	maple_slabs_deinit(&k.slabs);
	maple_mms_deinit(&s);
	arena_deinit(&a);
	/* a kernel without maple trees has none to look at */
	return code == CAIRN_MISSING && c->types.first ? CAIRN_OK : code;
}

static const struct cairn_check check = {
	.name = "maple",
	.summary = "broken words in maple trees: address spaces, interrupts",
	.ids = maple_explanations,
	.run = run,
};
CAIRN_CHECK(&check);
