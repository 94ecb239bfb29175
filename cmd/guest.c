/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/guest.h"

#include "cmd/kvm_out.h"

enum cairn_code guest_open(struct guest *g, struct call *call, const char *word,
			   struct cairn_err *err)
{
	const struct kvm_vm *vm;
	enum cairn_code code = kvm_get(&g->kvms, call, err);

	if (!code)
		code = kvm_operand(&g->kvms, word, &vm, err);
	if (!code && !g->kvms.has_tdp)
		code = cairn_fail(err, CAIRN_MISSING, "%s", g->kvms.lack.text);
	if (code)
		return code;
	kvm_guest_init(&g->memory, &g->kvms, vm);
	return space_init_sized(&g->space, call->cairn->img, &g->memory.form, 0, 8,
				"guest-physical address", SPACE_TLB_USER, err);
}

void guest_close(struct guest *g)
{
	space_deinit(&g->space);
}

bool guest_root(struct guest *g, uint64_t gpa)
{
	uint64_t root = kvm_guest_root(&g->memory, gpa);

	if (root == KVM_NO_ROOT)
		return false;
	space_switch(&g->space, &g->memory.form, root);
	return true;
}

const char *guest_describe(const struct guest *g, const struct paging_walk *w, char *buf,
			   size_t size)
{
	struct spte_form f = tdp_form(&g->kvms, g->memory.vm);
	unsigned level = w->form->nlevels - (unsigned)(w->level - w->form->level);

	return spte_describe(&f, w->entry, level, buf, size);
}

void guest_slot(const struct guest *g, struct out *o, uint64_t gpa)
{
	const struct kvm_vm *vm = g->memory.vm;
	uint64_t gfn = (gpa >> 12) & ~vm->direct_bits;
	const struct kvm_slot *s = kvm_slot_at(&vm->set[0], gfn);
	bool private = vm->direct_bits && !((gpa >> 12) & vm->direct_bits);
	struct paging_result r;
	uint64_t hva;

	if (!s) {
		out_null(o, "slot", "  no memory slot\n");
		return;
	}
	hva = s->hva + ((gfn - s->gfn) << 12) + (gpa & 0xfff);
	r = kvm_guest_hva(&g->memory, hva);
	out_num(o, "slot", "  memory slot %s", s->id);
	out_hex(o, "user_address", private ? ", user address of the shared half %s" :
					     ", user address %s", hva);
	if (r.fault == CAIRN_FAULT_NONE)
		out_hex(o, "user_paddr", ", physical %s\n", r.paddr);
	else
		out_str(o, "user_paddr", ": %s\n", cairn_fault_name(r.fault));
}
