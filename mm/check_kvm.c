/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_kvm - virtual machines: their memory slots, and the page tables that map guests. */
#include "mm/check_kvm.h"
#include "mm/tdp_count.h"

static void check_root(struct kvm_look *l, const struct kvm_root *root)
{
	struct kvm_tree tree = check_kvm_tree(l, root);
	struct cairn_err err;
	struct tdp_walk w;
	enum cairn_code code =
		tdp_begin(&w, l->k, l->vm, &root->sp, NULL, &l->seen, &l->arena, &err);

	while (!code && cairn_go_on(l->run) && tdp_next(&w)) {
		check_kvm_table(l, &w, &tree);
		check_kvm_entries(l, &w, &tree);
	}
	if (!code)
		code = tdp_end(&w, &err);
	if (code && code != CAIRN_INTERRUPTED) {
		l->incomplete = true;
		cairn_unseen(l->run, kvm_text(l, "page tables of the %s", kvm_name(l)), &err);
	}
}

static void check_tables(struct kvm_look *l)
{
	check_kvm_roots(l);
	for (size_t i = 0; i < l->vm->nroots && cairn_go_on(l->run); i++)
		if (!l->vm->root[i].err.code && l->vm->root[i].sp.hpa != KVM_NO_ROOT)
			check_root(l, &l->vm->root[i]);
	check_kvm_refs(l);
	check_kvm_orphans(l);
}

/* What was read of the VM, as far as it was. */
static void tell_unseen(struct kvm_look *l)
{
	const struct kvm_vm *vm = l->vm;

	for (unsigned i = 0; i < KVM_SPACES; i++)
		if (vm->set[i].err.code == CAIRN_FAULT || vm->set[i].err.code == CAIRN_MISSING)
			cairn_unseen(l->run, "memory slots", &vm->set[i].err);
	if (l->gmem.err.code)
		cairn_unseen(l->run, "which guest memory is private", &l->gmem.err);
	for (size_t i = 0; i < l->gmem.nfiles; i++)
		if (l->gmem.file[i].err.code)
			cairn_unseen(l->run, "guest_memfd", &l->gmem.file[i].err);
}

/* False if something was off or could not be read: then sums over all VMs prove nothing. */
static bool check_vm(struct kvm_look *l)
{
	bool whole;

	l->own = *l->vm;
	l->own.root = arena_array(&l->arena, l->own.nroots + 1, sizeof(*l->own.root));
	if (!l->own.root)
		l->own.nroots = 0;
	for (size_t i = 0; i < l->own.nroots; i++)
		l->own.root[i] = l->vm->root[i];
	for (unsigned as = 0; as < KVM_SPACES; as++)
		l->fits[as] = arena_array(&l->arena, l->own.set[as].n + 1, sizeof(bool));
	l->vm = &l->own;
	l->busy = kvm_lock_held(&l->vm->lock);
	kvm_guest_init(&l->guest, l->k, l->vm);
	kvm_gmem_init(&l->gmem, l->k, l->vm);
	kvm_hva_init(&l->hva, &l->guest);
	check_kvm_slots(l);
	if (l->k->has_tdp)
		check_tables(l);
	check_kvm_sums(l);
	check_kvm_base(l);
	kvm_say_rest(l);
	tell_unseen(l);
	whole = l->k->has_tdp && !l->tables_off && !l->incomplete && !l->busy;
	kvm_hva_deinit(&l->hva);
	kvm_gmem_deinit(&l->gmem);
	map_deinit(&l->seen);
	arena_deinit(&l->arena);
	return whole;
}

static void check_all(struct cairn *c, struct cairn_run *run, const struct kvms *k)
{
	uint64_t tables = 0, shadow = 0, n = 0;
	struct kvm_look all = { .c = c, .run = run, .k = k };
	bool whole = !k->err.code;

	for (size_t i = 0; i < k->n && cairn_go_on(run); i++) {
		struct kvm_look l = { .c = c, .run = run, .k = k, .vm = &k->vm[i] };

		if (k->vm[i].err.code) {
			cairn_unseen(run, "a virtual machine", &k->vm[i].err);
			whole = false;
			continue;
		}
		whole &= check_vm(&l);
		tables += l.ntables;
		whole &= !kvm_shadow_pages(k, &k->vm[i], &n, NULL);
		shadow += n;
	}
	if (whole && cairn_go_on(run))
		check_kvm_secondary(&all, tables, shadow);
	arena_deinit(&all.arena);
}

/* A list that is damaged is a finding; one that is not in the dump is not. */
static void check_list(struct cairn *c, struct cairn_run *run, const struct kvms *k)
{
	struct kvm_look l = { .c = c, .run = run, .k = k };
	struct kvm_bad bad = {
		.id = "kvm.list",
		.severity = CAIRN_ERROR,
		.object = k->err.addr,
		.addr = k->err.addr,
		.field = "kvm.vm_list",
		.expected = "a list that leads around",
		.found = k->err.text,
	};

	if (k->err.code == CAIRN_CORRUPT)
		kvm_say(&l, &bad, "the list of virtual machines is damaged");
	else if (k->err.code)
		cairn_unseen(run, "virtual machines", &k->err);
	arena_deinit(&l.arena);
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct arena arena = { 0 };
	struct kvms k;
	enum cairn_code code = kvms_read(&k, c, &arena, err);

	if (!code) {
		check_list(c, run_, &k);
		if (k.n && k.lack.code)
			cairn_unseen(run_, "page tables of guests", &k.lack);
		check_all(c, run_, &k);
	}
	arena_deinit(&arena);
	return code == CAIRN_NOTFOUND ? CAIRN_OK : code; /* no KVM is nothing to look at */
}

static const struct cairn_check check = {
	.name = "kvm",
	.summary = "virtual machines: memory slots, and the page tables that map their memory",
	.ids = check_kvm_ids,
	.run = run,
};
CAIRN_CHECK(&check);
