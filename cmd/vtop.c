/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/guest.h"
#include "cmd/operand.h"
#include "cmd/user.h"
#include "mm/swap.h"

enum { OPT_USER, OPT_CONTEXT, OPT_GUEST };

static const struct opt opts[] = {
	{ 'u', "user", NULL, "user addresses, of the task that panicked or of -c" },
	{ 'c', "context", "TASK", "by this task's page tables: a pid, task_struct or name" },
	{ 'g', "guest", "KVM", "guest-physical addresses of this VM, or of this process's" },
	{ 0, NULL, NULL, NULL },
};

/* Whose addresses: the kernel's, a process's, or a guest's. */
struct tables {
	struct cairn *c;
	struct space *space;
	struct user *user; /* NULL: not a process's */
	struct guest *guest; /* NULL: not a guest's */
	int width;         /* digits of an address */
};

static const char *kind_name(enum paging_kind kind)
{
	switch (kind) {
	case PAGING_TABLE: return "table";
	case PAGING_PAGE: return "page";
	case PAGING_SWAPPED: return "swapped";
	case PAGING_NONE: break;
	}
	return "none";
}

static const char *describe(const struct tables *t, const struct paging_walk *w, char *buf,
			    size_t size)
{
	return t->guest ? guest_describe(t->guest, w, buf, size) : paging_describe(w, buf, size);
}

static void show_level(struct out *o, const struct tables *t, const struct paging_walk *w)
{
	char flags[256];

	out_object(o, NULL);
	out_str(o, "level", "  %-9s", w->level->name);
	out_addr(o, "entry", "  %s:", w->entry_addr, t->width);
	out_addr(o, "value", " %s", w->entry, w->form->entry_size * 2);
	out_str(o, "kind", NULL, kind_name(w->kind));
	out_str(o, "flags", *describe(t, w, flags, sizeof(flags)) ? "  %s" : NULL, flags);
	out_text(o, "\n");
	out_end(o);
}

/* The steps; what is left in *w says how it ended. */
static enum cairn_code show_levels(struct out *o, const struct tables *t, struct paging_walk *w,
				   struct cairn_err *fault)
{
	enum cairn_code code = CAIRN_OK;

	out_array(o, "levels");
	while (code == CAIRN_OK && w->kind == PAGING_TABLE && w->depth < w->form->nlevels) {
		code = paging_step(w, fault);
		if (code == CAIRN_OK)
			show_level(o, t, w);
	}
	out_end(o);
	return code;
}

/* shift 0: the size of the page is not known */
static void show_page(struct out *o, const struct tables *t, uint64_t paddr, unsigned shift)
{
	static const char units[] = "BKMGT";
	struct page *page = image_pin(t->space->img, paddr);
	struct cairn_err fault;

	out_addr(o, "paddr", "  physical %s", paddr, t->width);
	out_bool(o, "linear", NULL, !shift);
	if (shift) {
		out_hex(o, "page_size", NULL, (uint64_t)1 << shift);
		out_text(o, ", in a page of %u%c", 1u << shift % 10, units[shift / 10]);
	} else {
		out_null(o, "page_size", NULL);
		out_text(o, ", by the linear map");
	}
	if (page->data) {
		out_null(o, "fault", NULL);
	} else {
		cairn_fail_read(&fault, page->fault, paddr, "physical address");
		out_fault(o, "fault", ": %s", &fault);
	}
	out_text(o, "\n");
	image_put(t->space->img, page);
}

static void show_fault(struct out *o, const struct cairn_err *fault)
{
	out_null(o, "paddr", NULL);
	out_fault(o, "fault", "  %s", fault);
	if (fault->fault != CAIRN_FAULT_NONCANONICAL && fault->fault != CAIRN_FAULT_UNMAPPED &&
	    fault->fault != CAIRN_FAULT_SWAPPED)
		out_text(o, "  %s", fault->text);
	out_text(o, "\n");
}

/* Where a table is not in the dump, a linear map of the kernel may still answer. */
static void show_end(struct out *o, const struct tables *t, const struct paging_walk *w,
		     enum cairn_code code, const struct cairn_err *fault)
{
	uint64_t paddr;

	if (code == CAIRN_OK && w->kind == PAGING_PAGE) {
		show_page(o, t, w->paddr, w->rule->page_shift);
	} else if (code != CAIRN_OK &&
		   space_translate(t->space, w->va, &paddr, NULL) == CAIRN_OK) {
		out_text(o, "  %s\n", fault->text);
		show_page(o, t, paddr, 0);
	} else {
		show_fault(o, fault);
	}
}

/* Of a page that is not in memory: where it is. */
static void show_swap(struct out *o, const struct tables *t, const struct paging_walk *w)
{
	struct swap_entry e;

	if (w->kind != PAGING_SWAPPED || !swap_decode(t->c, w->entry, &e))
		return;
	out_num(o, "swap_type", "  swap type %s", e.type);
	out_count(o, "swap_offset", ", offset %s", e.offset);
	out_str(o, "swap_kind", swap_kind_name(e.kind) ? ", %s\n" : "\n", swap_kind_name(e.kind));
}

/* A TDX guest has memory that is not mapped as private at another address, with the direct bit. */
static void other_half(struct out *o, const struct tables *t, uint64_t va)
{
	uint64_t bit = t->guest->memory.vm->direct_bits << 12;

	if (bit)
		out_text(o, "  this is %s memory; the other half of the frame is at 0x%" PRIx64
			    "\n",
			 va & bit ? "shared" : "private", va ^ bit);
}

/* The lower half, if that is how the machine parts them. */
static bool is_of_user(const struct tables *t, uint64_t va)
{
	return va && va >> (t->width * 4 - 1) == 0;
}

static void show(struct out *o, const struct tables *t, uint64_t va, enum verdict *verdict)
{
	const struct space *s = t->space;
	struct paging_walk w = paging_begin(s->form, s->img, s->root, va);
	struct cairn_err fault;
	enum cairn_code code;

	out_record(o, "vtop");
	out_addr(o, "address", "%s\n", va, t->width);
	if (!paging_canonical(s->form, va)) {
		cairn_fail_read(&fault, CAIRN_FAULT_NONCANONICAL, va, s->what);
		out_array(o, "levels");
		out_end(o);
		show_fault(o, &fault);
	} else {
		code = show_levels(o, t, &w, &fault);
		if (code == CAIRN_OK && w.kind != PAGING_PAGE)
			cairn_fail_read(&fault, w.kind == PAGING_SWAPPED ? CAIRN_FAULT_SWAPPED
									 : CAIRN_FAULT_UNMAPPED,
					va, s->what);
		if (code != CAIRN_OK)
			*verdict = VERDICT_PARTIAL;
		show_end(o, t, &w, code, &fault);
		show_swap(o, t, &w);
		if (!t->user && !t->guest && code == CAIRN_OK && w.kind == PAGING_NONE &&
		    is_of_user(t, va))
			out_text(o, "  if it is a process's: -u, or -c TASK\n");
	}
	if (t->user)
		user_area(t->user, o, va);
	if (t->guest) {
		guest_slot(t->guest, o, va);
		other_half(o, t, va);
	}
	out_end(o);
}

static enum cairn_code each(struct call *call, const struct tables *t, enum verdict *verdict,
			    struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	uint64_t va;

	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		code = operand_address(call->cairn, call->argv[i], &va, err);
		if (!code && t->guest && !guest_root(t->guest, va))
			code = cairn_fail(err, CAIRN_NOTFOUND,
					  "the guest has no page tables for that");
		if (!code)
			show(call->out, t, va, verdict);
	}
	return code;
}

static enum cairn_code of_guest(struct call *call, struct tables *t, enum verdict *verdict,
				struct cairn_err *err)
{
	struct guest guest;
	enum cairn_code code;

	if (call->opt[OPT_USER].set || call->opt[OPT_CONTEXT].set)
		return cairn_fail(err, CAIRN_USAGE, "-g has no task");
	code = guest_open(&guest, call, call->opt[OPT_GUEST].value, err);
	if (code)
		return code;
	t->guest = &guest;
	t->space = &guest.space;
	code = each(call, t, verdict, err);
	guest_close(&guest);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct cairn *c = call->cairn;
	struct tables t = { .c = c, .space = &c->kernel };
	struct user user;
	enum cairn_code code;

	if (!call->argc)
		return cairn_fail(err, CAIRN_USAGE, "name an address");
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated: %s",
				  c->ndegraded ? c->degraded[0].reason : "no layout");
	t.width = c->kernel.word * 2;
	if (call->opt[OPT_GUEST].set)
		return of_guest(call, &t, verdict, err);
	if (!call->opt[OPT_USER].set && !call->opt[OPT_CONTEXT].set)
		return each(call, &t, verdict, err);
	code = user_open(&user, call, call->opt[OPT_CONTEXT].value, err);
	if (code)
		return code;
	t.user = &user;
	t.space = &user.space;
	code = each(call, &t, verdict, err);
	user_close(&user);
	return code;
}

static const struct cmd vtop = {
	.name = "vtop",
	.synopsis = "[-u] [-c TASK] [-g KVM] ADDRESS...",
	.summary = "translate addresses, showing each page-table entry",
	.help = "Each line is one level of the page tables: the physical address of the entry,\n"
		"its value and its flags. The last line is the physical address, the size of the\n"
		"page that maps it, and why that page cannot be read if it is not in the dump.\n"
		"Where a page table is missing itself, the kernel's linear maps may still know\n"
		"the address.\n"
		"\n"
		"-u takes the addresses of a process, and also shows the area that they are in. -g takes\n"
		"those of a guest's memory, by its EPT or NPT tables, and shows the memory slot.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&vtop);
