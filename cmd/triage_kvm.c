/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual machines: those that run here, and this one as another's guest. */
#include "cmd/triage.h"
#include "mm/apf_guest.h"
#include "mm/kvm.h"

static void vm_line(struct out *o, const struct kvm_vm *vm)
{
	const char *type = kvm_type_name(vm->type);

	out_object(o, NULL);
	out_addr(o, "kvm", "  %s", vm->addr, 16);
	if (vm->err.code) {
		out_fault(o, "fault", "  %s\n", &vm->err);
		out_end(o);
		return;
	}
	out_num(o, "pid", "  %6s", vm->pid);
	out_str(o, "comm", " %-15s", vm->task ? vm->task->comm : NULL);
	if (vm->type == KVM_NOT_TOLD)
		out_null(o, "vm_type", NULL);
	else
		out_count(o, "vm_type", NULL, vm->type);
	out_str(o, "vm_type_name", type && vm->type ? "  %s," : NULL, type);
	out_count(o, "vcpus", "  vCPUs: %s", vm->nvcpus);
	out_num(o, "mapped_4k", vm->has_pages ? ", mapped as KVM counts: %s of 4K" : NULL,
		vm->pages[0]);
	out_num(o, "mapped_2m", vm->has_pages ? ", %s of 2M" : NULL, vm->pages[1]);
	out_num(o, "mapped_1g", vm->has_pages ? ", %s of 1G" : NULL, vm->pages[2]);
	out_bool(o, "bugged", vm->bugged ? "  BUGGED: %s" : NULL, vm->bugged);
	out_text(o, "\n");
	out_end(o);
}

/* Why they cannot be told is what the checkers say as well. */
static bool show_vms(struct report *r)
{
	struct kvms k;
	enum cairn_code code = kvms_read(&k, r->c, r->call->scratch, NULL);

	out_array(r->o, "vms");
	if (!code && k.n)
		out_text(r->o, "\nVirtual machines\n");
	for (size_t i = 0; !code && i < k.n; i++)
		vm_line(r->o, &k.vm[i]);
	out_end(r->o);
	return !code && k.n;
}

static bool show_sleepers(struct report *r)
{
	struct apf_guest g;
	enum cairn_code code = apf_guest_read(&g, r->c, r->call->scratch, NULL);

	if (code) {
		out_null(r->o, "waiting_for_host", NULL);
		return false;
	}
	out_num(r->o, "waiting_for_host", g.nsleepers ? "\n%s tasks wait for memory from the host\n"
						      : NULL, (int64_t)g.nsleepers);
	return g.nsleepers;
}

void triage_kvm(struct report *r)
{
	r->has_vms = show_vms(r);
	r->waits_for_host = show_sleepers(r);
}
