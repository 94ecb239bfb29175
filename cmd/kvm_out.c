/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/kvm_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "mm/kvm_stat.h"
#include "mm/tdp_count.h"

/* ---- one line ---- */

void kvm_heading(struct out *o)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "%-16s  %7s  %-15s  %-12s  %5s  %5s  %5s  %s\n", "KVM", "PID", "COMM", "TYPE",
		 "VCPUS", "SLOTS", "ROOTS", "MMU LOCK");
	out_paint(o, OUT_PLAIN);
}

static void show_lock(struct out *o, const struct kvm_lock *l)
{
	const char *text = l->kind == KVM_LOCK_UNKNOWN ? NULL :
			   l->writer		       ? "held for write" :
			   l->readers		       ? "held for read" :
							 "free";

	out_str(o, "mmu_lock", "  %s", text);
	out_count(o, "mmu_lock_readers", NULL, l->readers);
}

static size_t count_slots(const struct kvm_vm *vm)
{
	return vm->set[0].n + vm->set[1].n;
}

static void show_type(struct out *o, const struct kvm_vm *vm)
{
	const char *name = kvm_type_name(vm->type);

	if (vm->type == KVM_NOT_TOLD)
		out_null(o, "vm_type", "  %-12s");
	else
		out_count(o, "vm_type", name ? NULL : "  %-12s", vm->type);
	out_str(o, "vm_type_name", name ? "  %-12s" : NULL, name);
}

static void show_head(struct out *o, const struct kvm_vm *vm)
{
	out_addr(o, "kvm", "%s", vm->addr, 16);
	if (vm->err.code) {
		out_fault(o, "fault", "  %s", &vm->err);
		return;
	}
	out_num(o, "pid", "  %7s", vm->pid);
	out_str(o, "comm", "  %-15s", vm->task ? vm->task->comm : NULL);
	show_type(o, vm);
	out_count(o, "online_vcpus", "  %5s", vm->online);
}

void kvm_row(struct out *o, const struct kvms *k, const struct kvm_vm *vm)
{
	(void)k;
	show_head(o, vm);
	if (!vm->err.code) {
		out_text(o, "  %5zu  %5zu", count_slots(vm), vm->nroots);
		show_lock(o, &vm->lock);
		if (vm->bugged || vm->dead)
			out_text(o, ", %s", vm->bugged ? "BUGGED" : "DEAD");
	}
	out_text(o, "\n");
}

/* ---- all of it ---- */

static const char *mode_name(int32_t mode)
{
	/* enum in include/linux/kvm_host.h */
	static const char *const names[] = { "outside", "in-guest", "exiting", "reading-tables" };

	return mode >= 0 && mode < 4 ? names[mode] : NULL;
}

static const char *mp_state_name(int32_t state)
{
	/* KVM_MP_STATE_*, include/uapi/linux/kvm.h */
	static const char *const names[] = { "runnable", "uninitialized", "init-received", "halted",
					     "sipi-received", "stopped", "check-stop", "operating",
					     "load", "ap-reset-hold", "suspended" };

	return state >= 0 && state < 11 ? names[state] : NULL;
}

static void root_field(struct out *o, const char *name, const char *look, uint64_t hpa)
{
	if (hpa == KVM_NO_ROOT)
		out_null(o, name, look);
	else
		out_hex(o, name, look, hpa);
}

static void show_vcpu(struct out *o, const struct kvm_vcpu *v)
{
	out_object(o, NULL);
	out_addr(o, "vcpu", "  %s", v->addr, 16);
	if (v->err.code) {
		out_fault(o, "fault", "  %s", &v->err);
	} else {
		out_num(o, "id", "  %3s", v->id);
		out_num(o, "pid", "  %7s", v->pid);
		out_num(o, "cpu", "  %3s", v->cpu);
		out_str(o, "mode", "  %-8s", mode_name(v->mode));
		out_str(o, "mp_state", "  %-8s", mp_state_name(v->mp_state));
		root_field(o, "root", "  %12s", v->root_mmu.hpa);
		root_field(o, "mirror_root", "  %12s", v->root_mmu.mirror);
		out_hex(o, "role", "  %8s", v->root_mmu.role);
		root_field(o, "nested_root", NULL, v->guest_mmu.hpa);
		out_bool(o, "nested", NULL, v->current_mmu == v->guest_mmu.addr);
		out_hex(o, "requests", "  %s", v->requests);
	}
	out_text(o, "\n");
	out_end(o);
}

static void show_vcpus(struct out *o, const struct kvm_vm *vm)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "\n  %-16s  %3s  %7s  %3s  %-8s  %-8s  %12s  %12s  %8s  %s\n", "VCPU", "ID",
		 "PID", "CPU", "MODE", "STATE", "ROOT", "MIRROR ROOT", "ROLE", "REQUESTS");
	out_paint(o, OUT_PLAIN);
	out_array(o, "vcpus");
	for (size_t i = 0; i < vm->nvcpus; i++)
		show_vcpu(o, &vm->vcpu[i]);
	out_end(o);
}

static void slot_flags(struct out *o, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ KVM_SLOT_LOG_DIRTY, "log-dirty" }, { KVM_SLOT_READONLY, "read-only" },
		{ KVM_SLOT_GMEM, "guest-memfd" }, { KVM_SLOT_INVALID, "invalid" },
		{ KVM_SLOT_GMEM_ONLY, "gmem-only" },
	};

	out_hex(o, "flags", NULL, flags);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			out_text(o, " %s", names[i].name);
}

static void show_slot(struct out *o, const struct kvm_slot *s, unsigned as)
{
	out_object(o, NULL);
	out_addr(o, "memslot", "  %s", s->addr, 16);
	out_num(o, "as_id", "  %2s", as);
	out_num(o, "id", "  %5s", s->id);
	out_hex(o, "base_gfn", "  %12s", s->gfn);
	out_hex(o, "npages", "  %10s", s->npages);
	out_addr(o, "userspace_addr", "  %s ", s->hva, 16);
	if (s->gmem)
		out_hex(o, "gmem_file", NULL, s->gmem);
	else
		out_null(o, "gmem_file", NULL);
	slot_flags(o, s->flags);
	out_text(o, "\n");
	out_end(o);
}

static void show_slots(struct out *o, const struct kvm_vm *vm)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "\n  %-16s  %2s  %5s  %12s  %10s  %-16s  %s\n", "MEMSLOT", "AS", "ID",
		 "BASE GFN", "PAGES", "USER ADDRESS", "FLAGS");
	out_paint(o, OUT_PLAIN);
	out_array(o, "memslots");
	for (unsigned as = 0; as < KVM_SPACES; as++)
		for (size_t i = 0; i < vm->set[as].n; i++)
			show_slot(o, &vm->set[as].slot[i], as);
	out_end(o);
}

static void show_root(struct out *o, const struct kvms *k, const struct kvm_root *r)
{
	out_object(o, NULL);
	out_addr(o, "root", "  %s", r->sp.addr, 16);
	if (r->err.code) {
		out_fault(o, "fault", "  %s", &r->err);
	} else {
		root_field(o, "hpa", "  %12s", r->sp.hpa);
		out_bool(o, "mirror", NULL, kvm_sp_role(k, &r->sp, ROLE_MIRROR));
		out_bool(o, "invalid", NULL, kvm_sp_role(k, &r->sp, ROLE_INVALID));
		out_num(o, "level", "  %5s", kvm_sp_role(k, &r->sp, ROLE_LEVEL));
		out_num(o, "as_id", "  %2s", kvm_sp_role(k, &r->sp, ROLE_SMM) & 1);
		out_hex(o, "role", "  %8s", r->sp.role);
		out_num(o, "refcount", "  %4s  ", r->sp.refs);
		out_text(o, "%s%s", kvm_sp_role(k, &r->sp, ROLE_MIRROR) ? "mirror" : "direct",
			 kvm_sp_role(k, &r->sp, ROLE_INVALID) ? " invalid" : "");
	}
	out_text(o, "\n");
	out_end(o);
}

static void show_roots(struct out *o, const struct kvms *k, const struct kvm_vm *vm)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "\n  %-16s  %12s  %5s  %2s  %8s  %4s  KIND\n", "ROOT", "PHYSICAL", "LEVEL",
		 "AS", "ROLE", "REFS");
	out_paint(o, OUT_PLAIN);
	out_array(o, "roots");
	for (size_t i = 0; i < vm->nroots; i++)
		show_root(o, k, &vm->root[i]);
	out_end(o);
}

static void show_pages(struct out *o, const struct kvm_vm *vm)
{
	static const char *const names[] = { "4k", "2m", "1g" };

	out_object(o, "pages");
	out_text(o, "  pages mapped by kvm.stat:");
	for (unsigned i = 0; i < 3; i++) {
		if (!vm->has_pages)
			out_null(o, names[i], " %s");
		else
			out_num(o, names[i], " %s", vm->pages[i]);
		out_text(o, " of %s%s", names[i], i < 2 ? "," : "\n");
	}
	out_end(o);
}

static void show_state(struct out *o, const struct kvm_vm *vm)
{
	out_hex(o, "mm", NULL, vm->mm);
	out_hex(o, "gfn_direct_bits", vm->direct_bits ? "  direct bit of a gfn: %s\n" : NULL,
		vm->direct_bits);
	out_hex(o, "generation", NULL, vm->set[0].generation);
	out_count(o, "invalidations", vm->invalidating ? "  invalidations under way: %s\n" : NULL,
		  vm->invalidating);
	out_bool(o, "bugged", NULL, vm->bugged);
	out_bool(o, "dead", NULL, vm->dead);
	show_pages(o, vm);
}

/* Text has those that are not 0. */
static void show_stats(struct out *o, const char *name, enum cairn_code code,
		       const struct kvm_stats *s, const struct cairn_err *err)
{
	unsigned column = 0;

	out_text(o, "\n  %s\n", name);
	if (code && !s->n) {
		out_fault(o, name, "    %s\n", err);
		return;
	}
	out_object(o, name);
	for (size_t i = 0; i < s->n; i++) {
		bool shown = s->stat[i].value;

		if (shown)
			out_text(o, "    %-32s", s->stat[i].name);
		out_count(o, s->stat[i].name, shown ? "%12s" : NULL, s->stat[i].value);
		if (shown && column++ % 2)
			out_text(o, "\n");
	}
	out_text(o, column % 2 ? "\n" : "");
	out_end(o);
}

static void show_counters(struct out *o, const struct kvms *k, const struct kvm_vm *vm,
			  struct arena *arena)
{
	struct kvm_stats s;
	struct cairn_err err;
	enum cairn_code code = kvm_vm_stats(&s, k, vm, arena, &err);

	show_stats(o, "stat", code, &s, &err);
	code = kvm_vcpu_stats(&s, k, vm, arena, &err);
	show_stats(o, "vcpu_stat", code, &s, &err);
}

static void show_shadow(struct out *o, const struct kvms *k, const struct kvm_vm *vm)
{
	uint64_t n;

	if (kvm_shadow_pages(k, vm, &n, NULL))
		out_null(o, "shadow_pages", NULL);
	else
		out_count(o, "shadow_pages", n ? "  shadow pages: %s\n" : NULL, n);
}

void kvm_whole(struct out *o, const struct kvms *k, const struct kvm_vm *vm, bool stats,
	       struct arena *arena)
{
	show_head(o, vm);
	if (vm->err.code) {
		out_text(o, "\n");
		return;
	}
	out_text(o, "  %5zu  %5zu", count_slots(vm), vm->nroots);
	show_lock(o, &vm->lock);
	out_text(o, "%s\n", vm->bugged ? ", BUGGED" : vm->dead ? ", DEAD" : "");
	show_state(o, vm);
	show_shadow(o, k, vm);
	show_vcpus(o, vm);
	show_slots(o, vm);
	show_roots(o, k, vm);
	if (stats)
		show_counters(o, k, vm, arena);
}

/* ---- operands ---- */

void kvm_partial(struct call *call, const struct kvm_vm *vm, enum verdict *verdict)
{
	const struct cairn_err *errs[] = { &vm->err, &vm->vcpus_err, &vm->set[0].err,
					   &vm->set[1].err, &vm->roots_err };
	static const char *const what[] = { "virtual machine", "vCPUs", "memory slots",
					    "memory slots of system management mode", "roots" };

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (errs[i]->code)
			error_partial(call, what[i], errs[i], verdict);
}

enum cairn_code kvm_operand(const struct kvms *k, const char *word, const struct kvm_vm **ret,
			    struct cairn_err *err)
{
	char *end;
	uint64_t v = strtoull(word, &end, 10);
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	*ret = *end ? NULL : kvms_find(k, v);
	if (*ret)
		return CAIRN_OK;
	if (!operand_task(k->c, word, &t, NULL) && !t->fault)
		*ret = kvms_find(k, (uint64_t)t->tgid);
	if (*ret)
		return CAIRN_OK;
	code = operand_address(k->c, word, &v, err);
	if (code)
		return code;
	*ret = kvms_find(k, v);
	return *ret ? CAIRN_OK : cairn_fail(err, CAIRN_NOTFOUND, "no virtual machine %s: `kvm` "
					    "lists them", word);
}

enum cairn_code kvm_only(const struct kvms *k, const struct kvm_vm **ret, struct cairn_err *err)
{
	if (!k->n)
		return cairn_fail(err, CAIRN_NOTFOUND, "there are no virtual machines");
	if (k->n > 1)
		return cairn_fail(err, CAIRN_USAGE,
				  "there are %zu virtual machines: name one (`kvm` "
				  "lists them)",
				  k->n);
	*ret = &k->vm[0];
	return CAIRN_OK;
}

enum cairn_code kvm_none(struct call *call, enum cairn_code code, const struct cairn_err *err)
{
	if (code != CAIRN_NOTFOUND || call->argc)
		return code;
	error_none(call, err->text);
	return CAIRN_OK;
}

enum cairn_code kvm_get(struct kvms *k, struct call *call, struct cairn_err *err)
{
	return kvms_read(k, call->cairn, call->scratch, err);
}
