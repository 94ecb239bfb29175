/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cmd/error_out.h"
#include "cmd/kvm_out.h"
#include "cmd/operand.h"
#include "mm/tdp_compare.h"
#include "mm/tdp_count.h"

enum { OPT_LIST, OPT_GFN, OPT_PFN, OPT_TABLES, OPT_ROOT, OPT_MIRROR, OPT_DIRECT, OPT_VALID,
       OPT_SLOTS, OPT_COMPARE, OPT_N };

static const struct opt opts[] = {
	[OPT_LIST] = { 'l', "list", NULL, "every entry that maps memory, or is MMIO or frozen" },
	[OPT_GFN] = { 'g', "gfn", "GFN[-GFN]", "list only the entries of these guest frames" },
	[OPT_PFN] = { 'p', "pfn", "PFN", "list only the entries that map this page frame" },
	[OPT_TABLES] = { 't', "tables", NULL, "list the entries that lead to tables as well" },
	[OPT_ROOT] = { 'r', "root", "ADDRESS",
		       "only this root: its struct kvm_mmu_page, or physical" },
	[OPT_MIRROR] = { 'm', "mirror", NULL, "only mirror roots" },
	[OPT_DIRECT] = { 'd', "direct", NULL, "only direct roots" },
	[OPT_VALID] = { 'v', "valid", NULL, "only roots that are valid" },
	[OPT_SLOTS] = { 's', "slots", NULL, "what is mapped of each memory slot" },
	[OPT_COMPARE] = { 'c', "compare", NULL,
			  "guest frames that only the mirror half maps, or that both do" },
	{ 0, NULL, NULL, NULL },
};

/* What is wanted of the entries. */
struct wanted {
	struct call *call;
	const struct kvms *k;
	enum verdict *verdict;
	struct tdp_range range;
	uint64_t pfn;   /* UINT64_MAX: any */
	uint64_t root;  /* 0: any */
	bool list, tables;
	size_t *shown;  /* roots, entries, or runs of frames */
};

/* ---- one root ---- */

static bool is_wanted(const struct wanted *w, const struct kvm_root *r)
{
	const struct opt_value *opt = w->call->opt;
	bool mirror = kvm_sp_role(w->k, &r->sp, ROLE_MIRROR);

	if (w->root && w->root != r->sp.addr && w->root != r->sp.hpa)
		return false;
	if ((opt[OPT_MIRROR].set && !opt[OPT_DIRECT].set && !mirror) ||
	    (opt[OPT_DIRECT].set && !opt[OPT_MIRROR].set && mirror))
		return false;
	return !opt[OPT_VALID].set || !kvm_sp_role(w->k, &r->sp, ROLE_INVALID);
}

static void show_counts(struct out *o, const struct tdp_counts *c)
{
	out_object(o, "counts");
	for (unsigned i = 1; i <= 3; i++) {
		out_count(o, spte_size_name(i), "  %6s", c->leaves[i]);
		out_text(o, " %s", spte_size_name(i));
	}
	out_end(o);
	out_array(o, "tables");
	for (unsigned i = 2; i <= 5; i++)
		out_count(o, NULL, NULL, c->tables[i]);
	out_end(o);
	out_text(o, "  %6llu tables", (unsigned long long)(c->tables[2] + c->tables[3] +
							     c->tables[4] + c->tables[5]));
	out_count(o, "mmio", c->mmio ? "  %s MMIO" : NULL, c->mmio);
	out_count(o, "frozen", c->frozen ? "  %s frozen" : NULL, c->frozen);
	out_count(o, "other", c->other ? "  %s unknown" : NULL, c->other);
	out_count(o, "nx_huge_page_tables", c->nx ? "  %s for NX" : NULL, c->nx);
	out_count(o, "outside", c->outside ? "  %s frames in no slot" : NULL, c->outside);
	out_text(o, "\n");
}

static void show_slots(struct out *o, const struct kvm_set *set, const struct tdp_counts *c,
		       bool text)
{
	out_array(o, "memslots");
	for (size_t i = 0; c->slot && i < set->n; i++) {
		out_object(o, NULL);
		out_num(o, "id", text ? "      slot %5s" : NULL, set->slot[i].id);
		out_hex(o, "base_gfn", text ? "  gfn %12s" : NULL, set->slot[i].gfn);
		out_count(o, "mapped", text ? "  %10s" : NULL, c->slot[i]);
		out_count(o, "npages", text ? " of %s frames\n" : NULL, set->slot[i].npages);
		out_end(o);
	}
	out_end(o);
}

static void show_root(const struct wanted *w, const struct kvm_vm *vm, const struct kvm_root *r)
{
	struct out *o = w->call->out;
	struct cairn_err err;
	struct tdp_counts c;
	enum cairn_code code = tdp_count(&c, w->k, vm, &r->sp, w->call->scratch, &err);
	bool mirror = kvm_sp_role(w->k, &r->sp, ROLE_MIRROR);
	bool invalid = kvm_sp_role(w->k, &r->sp, ROLE_INVALID);

	++*w->shown;
	out_record(o, "tdp.root");
	out_addr(o, "kvm", "%s", vm->addr, 16);
	out_addr(o, "root", "  %s", r->sp.addr, 16);
	out_hex(o, "hpa", "  %12s", r->sp.hpa);
	out_bool(o, "mirror", NULL, mirror);
	out_bool(o, "invalid", NULL, invalid);
	out_text(o, "  %-7s %-7s", mirror ? "mirror" : "direct", invalid ? "invalid" : "valid");
	out_num(o, "level", "  %s", tdp_root_level(w->k, vm, &r->sp));
	out_num(o, "as_id", NULL, kvm_sp_role(w->k, &r->sp, ROLE_SMM) & 1);
	out_num(o, "refcount", "  %4s", r->sp.refs);
	show_counts(o, &c);
	show_slots(o, tdp_root_set(w->k, vm, &r->sp), &c, w->call->opt[OPT_SLOTS].set);
	out_bool(o, "complete", NULL, !code);
	out_end(o);
	if (code)
		error_partial(w->call, "page tables", &err, w->verdict);
}

/* ---- entries ---- */

static void show_entry(const struct wanted *w, const struct tdp_walk *t, unsigned i,
		       enum spte_kind kind, uint64_t root)
{
	const struct tdp_table *table = t->table;
	uint64_t e = tdp_entry(table, i);
	struct out *o = w->call->out;
	char flags[200];

	++*w->shown;
	out_record(o, "tdp.spte");
	out_addr(o, "root", NULL, root, 16);
	out_num(o, "level", "  %s", table->level);
	out_hex(o, "gfn", "  %12s", tdp_entry_gfn(t, table, i));
	if (kind == SPTE_LEAF || kind == SPTE_TABLE)
		out_hex(o, "pfn", "  %12s", spte_pfn(&t->form, e));
	else
		out_null(o, "pfn", "  %12s");
	out_addr(o, "spte", "  %s", e, 16);
	out_hex(o, "sptep", NULL, tdp_entry_va(table, i));
	out_hex(o, "sptep_phys", "  %12s", tdp_entry_hpa(table, i));
	out_str(o, "kind", "  %-6s", spte_kind_name(kind));
	out_str(o, "flags", "  %s\n",
		spte_describe(&t->form, e, table->level, flags, sizeof(flags)));
	out_end(o);
}

static bool wants_entry(const struct wanted *w, const struct tdp_walk *t, unsigned i,
			enum spte_kind kind)
{
	uint64_t gfn = tdp_entry_gfn(t, t->table, i), span = spte_span(t->table->level);
	uint64_t pfn = spte_pfn(&t->form, tdp_entry(t->table, i));

	if (kind == SPTE_EMPTY || (kind == SPTE_TABLE && !w->tables))
		return false;
	if (gfn > w->range.last || gfn + span - 1 < w->range.first)
		return false;
	if (w->pfn != UINT64_MAX && (kind != SPTE_LEAF || w->pfn < pfn || w->pfn - pfn >= span))
		return false;
	return true;
}

static enum cairn_code list_root(const struct wanted *w, const struct kvm_vm *vm,
				 const struct kvm_root *r, struct cairn_err *err)
{
	struct out *o = w->call->out;
	struct tdp_walk t;
	enum cairn_code code =
		tdp_begin(&t, w->k, vm, &r->sp, &w->range, NULL, w->call->scratch, err);

	if (code)
		return code;
	out_text(o, "root %016llx of %016llx, %s\n", (unsigned long long)r->sp.addr,
		 (unsigned long long)vm->addr,
		 kvm_sp_role(w->k, &r->sp, ROLE_MIRROR) ? "mirror" : "direct");
	while (!out_broken(o) && tdp_next(&t)) {
		for (unsigned i = 0; t.table->entries && i < SPTE_ENTRIES; i++) {
			enum spte_kind kind =
				spte_kind(&t.form, tdp_entry(t.table, i), t.table->level);

			if (wants_entry(w, &t, i, kind))
				show_entry(w, &t, i, kind, r->sp.addr);
		}
	}
	code = tdp_end(&t, err);
	if (code && code != CAIRN_INTERRUPTED) {
		error_partial(w->call, "page tables", err, w->verdict);
		return CAIRN_OK;
	}
	return code;
}

/* ---- both halves ---- */

static void show_lacking(struct out *o, const struct kvm_vm *vm, const char *has, const char *lacks,
			 const struct tdp_runs *runs)
{
	for (size_t i = 0; i < runs->n && !out_broken(o); i++) {
		out_record(o, "tdp.compare");
		out_addr(o, "kvm", NULL, vm->addr, 16);
		out_str(o, "has", "%s", has);
		out_str(o, "lacks", lacks ? ", not %s:" : NULL, lacks);
		out_text(o, lacks ? "" : ":");
		out_hex(o, "gfn", "  gfn %12s", runs->run[i].first);
		out_hex(o, "last", " - %s", runs->run[i].last);
		out_count(o, "frames", "  %s frames\n", runs->run[i].last - runs->run[i].first + 1);
		out_end(o);
	}
}

static enum cairn_code compare(const struct wanted *w, const struct kvm_vm *vm,
			       struct cairn_err *err)
{
	bool direct = w->call->opt[OPT_DIRECT].set;
	struct tdp_compare cmp;
	struct cairn_err why;
	enum cairn_code code = tdp_compare(&cmp, w->k, vm, w->call->scratch, err);

	if (code == CAIRN_FAULT) {
		why = *err;
		error_partial(w->call, "page tables", &why, w->verdict);
		code = CAIRN_OK;
	}
	if (code)
		return code;
	if (!direct || w->call->opt[OPT_MIRROR].set)
		show_lacking(w->call->out, vm, "mirror", "direct", &cmp.mirror_only);
	if (direct)
		show_lacking(w->call->out, vm, "direct", "mirror", &cmp.direct_only);
	show_lacking(w->call->out, vm, "mirror and direct", NULL, &cmp.common);
	out_text(w->call->out, "%016llx: mirror maps %llu frames, direct %llu, both %llu\n",
		 (unsigned long long)vm->addr, (unsigned long long)cmp.mirror,
		 (unsigned long long)cmp.direct, (unsigned long long)cmp.both);
	return CAIRN_OK;
}

/* ---- the command ---- */

static enum cairn_code each_root(const struct wanted *w, const struct kvm_vm *vm,
				 struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	if (vm->roots_err.code)
		error_partial(w->call, "the list of roots is not whole", &vm->roots_err,
			      w->verdict);
	for (size_t i = 0; !code && i < vm->nroots && !out_broken(w->call->out); i++) {
		const struct kvm_root *r = &vm->root[i];

		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (r->err.code)
			error_partial(w->call, "root", &r->err, w->verdict);
		else if (is_wanted(w, r) && w->list)
			code = list_root(w, vm, r, err);
		else if (is_wanted(w, r))
			show_root(w, vm, r);
	}
	return code;
}

static enum cairn_code one_vm(const struct wanted *w, const struct kvm_vm *vm,
			      struct cairn_err *err)
{
	if (vm->err.code) {
		error_partial(w->call, "virtual machine", &vm->err, w->verdict);
		return CAIRN_OK;
	}
	if (w->call->opt[OPT_COMPARE].set)
		return vm->direct_bits || w->call->argc ? compare(w, vm, err) : CAIRN_OK;
	return each_root(w, vm, err);
}

static enum cairn_code read_range(struct tdp_range *ret, const char *word, struct cairn_err *err)
{
	char *end;

	*ret = (struct tdp_range){ 0, UINT64_MAX };
	if (!word)
		return CAIRN_OK;
	ret->first = ret->last = strtoull(word, &end, 16);
	if (*end == '-')
		ret->last = strtoull(end + 1, &end, 16);
	if (end == word || *end || ret->last < ret->first)
		return cairn_fail(err, CAIRN_USAGE, "%s is no range of guest frames (hexadecimal)",
				  word);
	return CAIRN_OK;
}

static enum cairn_code read_options(struct wanted *w, struct cairn_err *err)
{
	const struct opt_value *opt = w->call->opt;
	enum cairn_code code = read_range(&w->range, opt[OPT_GFN].value, err);

	w->pfn = UINT64_MAX;
	w->tables = opt[OPT_TABLES].set;
	w->list = opt[OPT_LIST].set || opt[OPT_GFN].set || opt[OPT_PFN].set || w->tables;
	if (!code && opt[OPT_PFN].set)
		code = operand_address(w->call->cairn, opt[OPT_PFN].value, &w->pfn, err);
	if (!code && opt[OPT_ROOT].set)
		code = operand_address(w->call->cairn, opt[OPT_ROOT].value, &w->root, err);
	return code;
}

static void heading(const struct wanted *w)
{
	struct out *o = w->call->out;

	out_paint(o, OUT_BOLD);
	if (w->list)
		out_text(o, "  L  %12s  %12s  %-16s  %12s  KIND\n", "GFN", "PFN", "SPTE",
			 "AT PHYSICAL");
	else if (!w->call->opt[OPT_COMPARE].set)
		out_text(o, "%-16s  %-16s  %12s  %-15s  L  %4s  MAPS\n", "KVM", "ROOT", "PHYSICAL",
			 "KIND", "REFS");
	out_paint(o, OUT_PLAIN);
}

static enum cairn_code each_vm(const struct wanted *w, struct cairn_err *err)
{
	const struct kvm_vm *vm;
	enum cairn_code code = CAIRN_OK;

	for (int i = 0; !code && i < w->call->argc; i++) {
		code = kvm_operand(w->k, w->call->argv[i], &vm, err);
		if (!code)
			code = one_vm(w, vm, err);
	}
	for (size_t i = 0; !code && !w->call->argc && i < w->k->n; i++)
		code = one_vm(w, &w->k->vm[i], err);
	return code;
}

/* A root that is named and is none is a word that is off. */
static enum cairn_code nothing(const struct wanted *w, struct cairn_err *err)
{
	const struct opt_value *root = &w->call->opt[OPT_ROOT];

	if (root->set && !w->list)
		return cairn_fail(err, CAIRN_NOTFOUND, "no root is at %s", root->value);
	error_none(w->call, w->list ? "no such entries" : "no such roots");
	return CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct kvms k;
	size_t shown = 0;
	struct wanted w = { .call = call, .k = &k, .verdict = verdict, .shown = &shown };
	enum cairn_code code = read_options(&w, err);

	if (code)
		return code;
	code = kvm_get(&k, call, err);
	if (code)
		return kvm_none(call, code, err);
	if (k.n && !k.has_tdp)
		code = cairn_fail(err, CAIRN_MISSING, "%s", k.lack.text);
	if (code)
		return code;
	if (k.n)
		heading(&w);
	else
		error_none(call, "no virtual machines");
	code = each_vm(&w, err);
	if (!code && k.n && !shown && !call->opt[OPT_COMPARE].set)
		code = nothing(&w, err);
	if (k.err.code)
		error_partial(call, "the list of virtual machines is not whole", &k.err, verdict);
	return code;
}

static const struct cmd tdp = {
	.name = "tdp",
	.synopsis =
		"[-m | -d] [-v] [-r ROOT] [-s] [-l] [-t] [-g GFN[-GFN]] [-p PFN] [-c] [KVM | PID | COMM]...",
	.summary = "page tables by which guests' memory is mapped (EPT, NPT)",
	.help = "For each root of the TDP MMU of each virtual machine: how many pages of each size it\n"
		"maps; with -s, of each memory slot. -l lists the entries: guest frame, page frame, the\n"
		"entry and where it lies, and its flags. Tables are walked level by level, in the order\n"
		"of their pages.\n"
		"\n"
		"A TDX guest has two valid roots: the mirror of the tables that the TDX module keeps of\n"
		"its private memory, and the direct one for what it shares. A mirror's table is never\n"
		"used by a processor. -c tells what the mirror half maps and the direct one does not,\n"
		"-c -d the reverse, and both what both map: no frame should be private and shared.\n"
		"\n"
		"`check -o 'tdp.*'` verifies the tables; `rd -g` and `vtop -g` read a guest's memory.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&tdp);
