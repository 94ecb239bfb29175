/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm.h"

#include <inttypes.h>

#include "lib/base/cursor.h"
#include "lib/kern/list.h"
#include "lib/kern/module.h"
#include "lib/kern/xarray.h"

#define VMS_LIMIT 65536
#define VCPUS_LIMIT 65536
#define ROOTS_LIMIT 4096 /* valid ones differ in their role, of a few bits */

/* ---- struct kvm_mmu_page ---- */

enum cairn_code kvm_sp_read(struct kvm_sp *ret, const struct kvms *k, uint64_t addr,
			    struct cairn_err *err)
{
	const struct kvm_layout *l = &k->layout;
	struct object o;
	enum cairn_code code = object_read(&o, &l->sp, &k->c->kernel, addr, err);

	*ret = (struct kvm_sp){ .addr = addr, .hpa = KVM_NO_ROOT };
	if (!code) {
		ret->tdp = object_get(&o, SP_TDP) & 0xff;
		ret->scheduled = object_get(&o, SP_SCHEDULED) & 0xff;
		ret->nx = object_get(&o, SP_NX) & 0xff;
		ret->role = (uint32_t)object_get(&o, SP_ROLE);
		ret->gfn = object_get(&o, SP_GFN);
		ret->spt = object_get(&o, SP_SPT);
		ret->ptep = object_get(&o, SP_PTEP);
		ret->external = object_get(&o, SP_EXTERNAL);
		ret->refs = (int32_t)object_get(&o, SP_REFS);
		space_translate(&k->c->kernel, ret->spt, &ret->hpa, NULL);
	}
	object_done(&o);
	return code;
}

uint64_t kvm_sp_of(const struct kvms *k, uint64_t hpa)
{
	uint64_t page, sp;

	if (page_of_pfn(&k->pages, hpa >> 12, &page, NULL) ||
	    space_word(&k->c->kernel, page + k->pages.private, &sp, NULL))
		return 0;
	return sp;
}

uint32_t kvm_sp_role(const struct kvms *k, const struct kvm_sp *sp, unsigned part)
{
	return kvm_role(&k->layout, sp->role, part);
}

/* ---- vCPUs ---- */

static enum cairn_code read_mmu(struct kvm_mmu *ret, const struct kvms *k, uint64_t addr,
				struct cairn_err *err)
{
	const struct shape *s = &k->layout.mmu;
	struct object o;
	enum cairn_code code = object_read(&o, s, &k->c->kernel, addr, err);

	*ret = (struct kvm_mmu){ .addr = addr, .mirror = KVM_NO_ROOT };
	if (!code) {
		ret->hpa = object_get(&o, MMU_HPA);
		if (shape_has(s, MMU_MIRROR))
			ret->mirror = object_get(&o, MMU_MIRROR);
		for (unsigned i = 0; i < KVM_PREV_ROOTS; i++)
			ret->prev[i] = shape_has(s, MMU_PREV + i) ? object_get(&o, MMU_PREV + i)
								  : KVM_NO_ROOT;
		for (unsigned i = 0; i < 3; i++)
			ret->special[i] = object_get(&o, MMU_PAE + i);
		ret->role = (uint32_t)object_get(&o, MMU_ROLE);
		ret->level = (unsigned)object_get(&o, MMU_LEVEL) & 15;
	}
	object_done(&o);
	return code;
}

static enum cairn_code read_mmus(struct kvm_vcpu *v, const struct kvms *k)
{
	const struct shape *s = &k->layout.vcpu;
	enum cairn_code code = read_mmu(&v->root_mmu, k, v->addr + s->m[VCPU_ROOT_MMU].offset,
					&v->err);

	v->guest_mmu = (struct kvm_mmu){ .hpa = KVM_NO_ROOT, .mirror = KVM_NO_ROOT,
					 .prev = { KVM_NO_ROOT, KVM_NO_ROOT, KVM_NO_ROOT } };
	if (!code && shape_has(s, VCPU_GUEST_MMU))
		code = read_mmu(&v->guest_mmu, k, v->addr + s->m[VCPU_GUEST_MMU].offset, &v->err);
	return code;
}

static void read_vcpu(struct kvm_vcpu *v, const struct kvms *k, uint64_t addr)
{
	struct space *sp = &k->c->kernel;
	uint64_t pid = 0, nr = 0;
	struct object o;

	*v = (struct kvm_vcpu){ .addr = addr };
	if (!object_read(&o, &k->layout.vcpu, sp, addr, &v->err)) {
		v->id = (int32_t)object_get(&o, VCPU_ID);
		v->idx = shape_has(&k->layout.vcpu, VCPU_IDX) ? (int32_t)object_get(&o, VCPU_IDX)
							      : -1;
		v->cpu = (int32_t)object_get(&o, VCPU_CPU);
		v->mode = (int32_t)object_get(&o, VCPU_MODE);
		v->mp_state = (int32_t)object_get(&o, VCPU_MP);
		v->requests = object_get(&o, VCPU_REQUESTS);
		v->current_mmu = object_get(&o, VCPU_MMU);
		pid = object_get(&o, VCPU_PID);
		read_mmus(v, k);
	}
	object_done(&o);
	if (pid && shape_has(&k->layout.pid, 0) &&
	    !shape_get(&k->layout.pid, sp, pid, 0, &nr, NULL))
		v->pid = (int32_t)nr;
}

static bool add_vcpu(struct kvm_vm *vm, size_t *cap, struct kvms *k, uint64_t addr)
{
	struct kvm_vcpu *p = arena_room(k->arena, vm->vcpu, vm->nvcpus, cap, sizeof(*p));

	if (!p)
		return false;
	vm->vcpu = p;
	read_vcpu(&p[vm->nvcpus++], k, addr);
	return true;
}

static void read_vcpu_xarray(struct kvm_vm *vm, struct kvms *k)
{
	struct xarray_walk w;
	size_t cap = 0;
	bool room = true;
	enum cairn_code code = xarray_begin(&w, k->c, vm->addr + k->layout.vm.m[VM_VCPU_XA].offset,
					    VCPUS_LIMIT, &vm->vcpus_err);

	while (!code && room && xarray_next(&w))
		room = !(w.entry & 3) && w.entry ? add_vcpu(vm, &cap, k, w.entry) : true;
	if (!code)
		xarray_end(&w, &vm->vcpus_err);
}

static void read_vcpu_array(struct kvm_vm *vm, struct kvms *k)
{
	const struct member *m = &k->layout.vm.m[VM_VCPU_ARRAY];
	uint64_t n = m->size / 8, addr;
	size_t cap = 0;

	for (uint64_t i = 0; i < n && i < vm->online; i++) {
		if (space_word(&k->c->kernel, vm->addr + m->offset + i * 8, &addr, &vm->vcpus_err))
			return;
		if (addr && !add_vcpu(vm, &cap, k, addr))
			return;
	}
}

/* ---- roots ---- */

static void read_roots(struct kvm_vm *vm, struct kvms *k)
{
	const struct kvm_layout *l = &k->layout;
	uint64_t head = vm->addr + l->vm.m[VM_ROOTS].offset, last = head, back;
	struct list_walk w;
	size_t cap = 0;

	list_begin(&w, &k->c->kernel, LIST_DOUBLE, head, ROOTS_LIMIT);
	w.stop = k->c->stop;
	while (list_next(&w)) {
		struct kvm_root *p = arena_room(k->arena, vm->root, vm->nroots, &cap, sizeof(*p));

		if (!p)
			break;
		vm->root = p;
		p[vm->nroots] = (struct kvm_root){ 0 };
		kvm_sp_read(&p[vm->nroots].sp, k, w.node - l->sp.m[SP_LINK].offset,
			    &p[vm->nroots].err);
		vm->nroots++;
		last = w.backward ? last : w.node;
	}
	if (list_end(&w, &vm->roots_err)) {
		vm->roots_at = last;
	} else if (w.doubt.code) {
		vm->roots_err = w.doubt;
		vm->roots_at = w.doubt.addr + 8;
	} else if (!space_word(&k->c->kernel, head + 8, &back, NULL) && back != last) {
		vm->roots_at = head + 8;
		cairn_fail(&vm->roots_err, CAIRN_CORRUPT, "the list's prev is 0x%" PRIx64, back);
	}
}

/* ---- VMs ---- */

static uint64_t told(const struct object *o, unsigned member)
{
	return shape_has(o->shape, member) ? object_get(o, member) : KVM_NOT_TOLD;
}

static void take_members(struct kvm_vm *vm, const struct object *o)
{
	uint32_t size = 0;
	const unsigned char *pages = object_bytes(o, VM_PAGES, &size);

	vm->mm = object_get(o, VM_MM);
	vm->pid = (int32_t)object_get(o, VM_PID);
	vm->type = told(o, VM_TYPE);
	vm->direct_bits = object_get(o, VM_DIRECT);
	vm->mmio_value = told(o, VM_MMIO);
	vm->nx_off = object_get(o, VM_NX_OFF) & 0xff;
	vm->private_mem = object_get(o, VM_PRIVATE) & 0xff;
	vm->bugged = object_get(o, VM_BUGGED) & 0xff;
	vm->dead = object_get(o, VM_DEAD) & 0xff;
	vm->invalidating = object_get(o, VM_INVAL);
	vm->invalid_start = object_get(o, VM_INVAL_START);
	vm->invalid_end = object_get(o, VM_INVAL_END);
	vm->attrs = object_addr(o, VM_ATTRS);
	vm->npages = object_get(o, VM_NPAGES);
	vm->logging = object_get(o, VM_LOGGING) & UINT32_MAX;
	vm->manual_log = object_get(o, VM_MANUAL);
	vm->dirty_ring = object_get(o, VM_RING);
	vm->pml = object_get(o, VM_PML);
	vm->users = object_get(o, VM_USERS);
	vm->online = (uint32_t)object_get(o, VM_ONLINE);
	vm->has_pages = pages && size == 24;
	for (unsigned i = 0; vm->has_pages && i < 3; i++)
		vm->pages[i] = (int64_t)le64(pages + i * 8);
}

static enum cairn_code read_sets(struct kvm_vm *vm, struct kvms *k, const struct object *o,
				 struct cairn_err *err)
{
	uint32_t size = 0;
	const unsigned char *p = object_bytes(o, VM_SLOTS, &size);
	enum cairn_code code = CAIRN_OK;

	for (unsigned as = 0; !code && as < KVM_SPACES && (as + 1) * 8 <= size; as++)
		if (le64(p + as * 8))
			code = kvm_set_read(&vm->set[as], &k->layout, k->c, le64(p + as * 8),
					    k->arena, err);
	return code;
}

static enum cairn_code read_vm(struct kvm_vm *vm, struct kvms *k, const struct tasks *ts,
			       uint64_t addr, struct cairn_err *err)
{
	struct object o;
	enum cairn_code code = object_read(&o, &k->layout.vm, &k->c->kernel, addr, &vm->err);

	vm->addr = addr;
	if (code) {
		object_done(&o);
		return CAIRN_OK;
	}
	take_members(vm, &o);
	vm->task = ts ? task_by_pid(ts, vm->pid) : NULL;
	code = read_sets(vm, k, &o, err);
	object_done(&o);
	kvm_lock_read(&vm->lock, k->c, addr, NULL);
	if (shape_has(&k->layout.vm, VM_VCPU_XA))
		read_vcpu_xarray(vm, k);
	else if (shape_has(&k->layout.vm, VM_VCPU_ARRAY))
		read_vcpu_array(vm, k);
	if (k->has_tdp)
		read_roots(vm, k);
	return code;
}

/* Whether there can be TDP page tables, and whether they can be read. */
static void init_tdp(struct kvms *k)
{
	enum cairn_code code;

	if (!shape_has(&k->layout.vm, VM_ROOTS)) {
		cairn_fail(&k->lack, CAIRN_MISSING, "this KVM has no TDP MMU");
		return;
	}
	code = spte_form_init(&k->form, k->c, shape_has(&k->layout.vm, VM_MMIO), &k->lack);
	if (!code)
		code = page_map_init(&k->pages, k->c, &k->lack);
	k->has_tdp = !code;
}

static enum cairn_code read_list(struct kvms *k, uint64_t head, struct cairn_err *err)
{
	const struct tasks *ts = NULL;
	struct list_walk w;
	size_t cap = 0;
	enum cairn_code code = CAIRN_OK;

	tasks_get(k->c, &ts, NULL);
	list_begin(&w, &k->c->kernel, LIST_DOUBLE, head, VMS_LIMIT);
	w.stop = k->c->stop;
	while (!code && list_next(&w)) {
		struct kvm_vm *p = arena_room(k->arena, k->vm, k->n, &cap, sizeof(*p));

		if (!p) {
			code = cairn_fail(err, CAIRN_NOMEM, "no memory for virtual machines");
			break;
		}
		k->vm = p;
		p[k->n] = (struct kvm_vm){ 0 };
		code = read_vm(&p[k->n++], k, ts, w.node - k->layout.vm.m[VM_LINK].offset, err);
	}
	if (list_end(&w, &k->err) == CAIRN_INTERRUPTED && !code)
		code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	return code;
}

/* Without types it can still be told that there are none. */
static bool is_empty(struct cairn *c)
{
	const struct modules *ms;
	uint64_t head, next;

	modules_get(c, &ms, NULL); /* for its symbols */
	return !sym_addr(&c->syms, "vm_list", &head, NULL) &&
	       !space_word(&c->kernel, head, &next, NULL) && next == head;
}

enum cairn_code kvms_read(struct kvms *ret, struct cairn *c, struct arena *arena,
			  struct cairn_err *err)
{
	uint64_t head = 0;
	enum cairn_code code;

	*ret = (struct kvms){ .c = c, .arena = arena };
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated");
	if (is_empty(c))
		return CAIRN_OK;
	code = kvm_layout_init(&ret->layout, c, &head, err);
	if (code)
		return code;
	init_tdp(ret);
	return read_list(ret, head, err);
}

const struct kvm_vm *kvms_find(const struct kvms *k, uint64_t addr_or_pid)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->vm[i].addr == addr_or_pid ||
		    (k->vm[i].pid > 0 && (uint64_t)k->vm[i].pid == addr_or_pid))
			return &k->vm[i];
	return NULL;
}

const char *kvm_type_name(uint64_t type)
{
	/* KVM_X86_*_VM, arch/x86/include/uapi/asm/kvm.h */
	static const char *const names[] = { "default", "sw-protected", "sev",
					     "sev-es",  "snp",          "tdx" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}
