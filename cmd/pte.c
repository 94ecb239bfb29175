/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <strings.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "mm/swap.h"

enum { OPT_LEVEL };

static const struct opt opts[] = {
	{ 'l', "level", "NAME", "an entry of this level: PGD P4D PUD PMD PTE; by default the last" },
	{ 0, NULL, NULL, NULL },
};

static enum cairn_code find_level(const struct paging_form *form, const char *name, unsigned *ret,
				  struct cairn_err *err)
{
	*ret = form->nlevels - 1u;
	if (!name)
		return CAIRN_OK;
	for (unsigned i = 0; i < form->nlevels; i++)
		if (!strcasecmp(form->level[i].name, name)) {
			*ret = i;
			return CAIRN_OK;
		}
	return cairn_fail(err, CAIRN_USAGE, "tables of this machine (%s) have no level %s",
			  form->name, name);
}

static void show_kind(struct out *o, struct cairn *c, const struct paging_walk *w)
{
	struct swap_entry e;

	switch (w->kind) {
	case PAGING_PAGE:
		out_str(o, "kind", "  %s", "page");
		out_hex(o, "paddr", " at %s", w->paddr);
		out_hex(o, "page_size", ", %s bytes", UINT64_C(1) << w->rule->page_shift);
		break;
	case PAGING_TABLE:
		out_str(o, "kind", "  %s", "table");
		out_hex(o, "paddr", " at %s", w->paddr);
		break;
	case PAGING_SWAPPED:
		out_str(o, "kind", "  %s", "swapped");
		if (swap_decode(c, w->entry, &e)) {
			out_num(o, "swap_type", ": type %s", e.type);
			out_count(o, "swap_offset", ", offset %s", e.offset);
			out_str(o, "swap_kind", swap_kind_name(e.kind) ? ", %s" : NULL,
				swap_kind_name(e.kind));
		}
		break;
	case PAGING_NONE: out_str(o, "kind", "  %s", "none"); break;
	}
}

static void show(struct out *o, struct cairn *c, unsigned depth, uint64_t entry)
{
	const struct paging_form *form = &c->layout.form;
	struct paging_walk w = paging_entry(form, depth, entry);
	char flags[256];

	out_record(o, "pte");
	out_addr(o, "value", "%s:", entry, form->entry_size * 2);
	out_str(o, "level", "  %s", w.level->name);
	show_kind(o, c, &w);
	out_str(o, "flags", *paging_describe(&w, flags, sizeof(flags)) ? "  (%s)" : NULL, flags);
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct cairn *c = call->cairn;
	enum cairn_code code;
	uint64_t entry;
	unsigned depth;

	(void)verdict;
	if (!call->argc)
		return cairn_fail(err, CAIRN_USAGE, "give the value of a page-table entry");
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "the form of page tables is not known: %s",
				  c->ndegraded ? c->degraded[0].reason : "no layout");
	code = find_level(&c->layout.form, call->opt[OPT_LEVEL].value, &depth, err);
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		code = operand_address(c, call->argv[i], &entry, err);
		if (!code)
			show(call->out, c, depth, entry);
	}
	return code;
}

static const struct cmd pte = {
	.name = "pte",
	.synopsis = "[-l LEVEL] VALUE...",
	.summary = "what a page-table entry says",
	.help = "Decodes the value of a page-table entry by the form of this machine's page tables:\n"
		"where its page or table is, its flags, or where it is swapped to. `vtop` shows the\n"
		"entries of an address. A swap entry that names no swap area says why the page is not\n"
		"there (JSON swap_kind): \"migration\" (it is being moved), \"poisoned\", \"device\" (a\n"
		"device has it), each with a page frame as offset, or \"marker\" (a note, and no page). On\n"
		"ARM and arm64 the code of do_swap_page(), if it is in the dump, tells where the fields are.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&pte);
