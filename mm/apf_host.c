/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/apf_host.h"

#include <inttypes.h>

#include "lib/kern/asleep.h"
#include "lib/kern/list.h"

#define ITEMS_LIMIT 4096 /* a vCPU has ASYNC_PF_PER_VCPU, 64, at most */
#define PF_WQ_WORKER 0x20u /* include/linux/sched.h */

static const struct shape_want vcpu_want = {
	"struct kvm_vcpu",
	APF_MEMBERS,
	{
		[APF_QUEUED] = "async_pf.queued",
		[APF_QUEUE] = "async_pf.queue",
		[APF_DONE] = "async_pf.done",
		[APF_HALTED] = "arch.apf.halted",
		[APF_HASH] = "arch.apf.gfns",
		[APF_DATA_GPA] = "arch.apf.data.gpa",
		[APF_DATA_HVA] = "arch.apf.data.hva",
		[APF_DATA_LEN] = "arch.apf.data.len",
		[APF_DATA_GENERATION] = "arch.apf.data.generation",
		[APF_EN] = "arch.apf.msr_en_val|arch.apf.msr_val",
		[APF_INT] = "arch.apf.msr_int_val",
		[APF_VEC] = "arch.apf.vec",
		[APF_ID] = "arch.apf.id",
		[APF_HOST_FLAGS] = "arch.apf.host_apf_flags|arch.apf.host_apf_reason",
		[APF_PENDING] = "arch.apf.pageready_pending",
		[APF_ERROR_GFN] = "arch.apf.error_gfn",
		[APF_SEND_ERROR] = "arch.apf.send_pf_error",
	},
};

static const struct shape_want work_want = {
	"struct kvm_async_pf", WORK_MEMBERS, {
		[WORK_LINK] = "link", [WORK_QUEUE] = "queue", [WORK_VCPU] = "vcpu",
		[WORK_GPA] = "cr2_or_gpa|gva", [WORK_HVA] = "addr", [WORK_TOKEN] = "arch.token",
		[WORK_GFN] = "arch.gfn", [WORK_CR3] = "arch.cr3", [WORK_DIRECT] = "arch.direct_map",
		[WORK_ERROR] = "arch.error_code", [WORK_FAILED] = "error_code",
		[WORK_WAKE_ALL] = "wakeup_all", [WORK_INJECTED] = "notpresent_injected",
		[WORK_WORK] = "work",
	},
};

/* ---- who does which work ---- */

enum { T_KTHREAD, T_N };
static const struct shape_want task_want = {
	"struct task_struct", T_N, { [T_KTHREAD] = "worker_private|set_child_tid" },
};
static const struct shape_want kthread_want = { "struct kthread", 1, { "data" } };
static const struct shape_want worker_want = { "struct worker", 1, { "current_work" } };

/* A task's kthread has its worker as data, and that says what it is at. */
static void find_workers(struct apf_host *h)
{
	struct cairn *c = h->k->c;
	const struct tasks *ts;
	struct shape task, kthread, worker;
	uint64_t at, work;

	if (tasks_get(c, &ts, NULL) || shape_resolve(&task, &task_want, &c->types, NULL) ||
	    shape_resolve(&kthread, &kthread_want, &c->types, NULL) ||
	    shape_resolve(&worker, &worker_want, &c->types, NULL) || !shape_has(&task, 0) ||
	    !shape_has(&kthread, 0) || !shape_has(&worker, 0))
		return;
	for (size_t i = 0; i < ts->n; i++) {
		const struct task *t = &ts->task[i];

		if (t->fault || !(t->flags & PF_WQ_WORKER) ||
		    shape_get(&task, &c->kernel, t->addr, 0, &at, NULL) ||
		    shape_get(&kthread, &c->kernel, at, 0, &at, NULL) ||
		    shape_get(&worker, &c->kernel, at, 0, &work, NULL) || !work)
			continue;
		map_put(&h->workers, work, (uintptr_t)t);
	}
}

enum cairn_code apf_host_init(struct apf_host *h, const struct kvms *k, struct arena *arena,
			      struct cairn_err *err)
{
	static const unsigned vcpu[] = { APF_QUEUED, APF_QUEUE, APF_DONE, APF_EN };
	static const unsigned work[] = { WORK_LINK, WORK_QUEUE, WORK_TOKEN };
	enum cairn_code code = shape_resolve(&h->vcpu, &vcpu_want, &k->c->types, err);

	h->k = k;
	h->arena = arena;
	h->workers = (struct map){ 0 };
	if (!code)
		code = shape_require(&h->vcpu, vcpu, 4, err);
	if (!code)
		code = shape_resolve(&h->work, &work_want, &k->c->types, err);
	if (!code)
		code = shape_require(&h->work, work, 3, err);
	if (!code) {
		find_workers(h);
		asleep_now(k->c, &h->now);
	}
	return code;
}

void apf_host_deinit(struct apf_host *h)
{
	map_deinit(&h->workers);
}

/* ---- items ---- */

static void find_worker(struct apf_host *h, struct apf_work *w)
{
	uint64_t task, since;

	if (!shape_has(&h->work, WORK_WORK) ||
	    !map_get(&h->workers, w->addr + h->work.m[WORK_WORK].offset, &task))
		return;
	w->worker = (const struct task *)(uintptr_t)task;
	w->has_since = h->now && asleep_since(h->k->c, w->worker->addr, &since);
	if (w->has_since)
		w->asleep_ns = h->now > since ? h->now - since : 0;
}

static void read_work(struct apf_work *w, struct apf_host *h, uint64_t addr)
{
	struct object o;

	*w = (struct apf_work){ .addr = addr };
	if (!object_read(&o, &h->work, &h->k->c->kernel, addr, &w->err)) {
		w->vcpu = object_get(&o, WORK_VCPU);
		w->gpa = object_get(&o, WORK_GPA);
		w->hva = object_get(&o, WORK_HVA);
		w->token = (uint32_t)object_get(&o, WORK_TOKEN);
		w->gfn = object_get(&o, WORK_GFN);
		w->cr3 = object_get(&o, WORK_CR3);
		w->direct = object_get(&o, WORK_DIRECT) & 0xff;
		w->error_code = object_get(&o, WORK_ERROR);
		w->has_error_code = shape_has(&h->work, WORK_FAILED);
		if (w->has_error_code)
			w->error_code = object_get(&o, WORK_FAILED);
		w->wakeup_all = object_get(&o, WORK_WAKE_ALL) & 0xff;
		w->injected = object_get(&o, WORK_INJECTED) & 0xff;
		find_worker(h, w);
	}
	object_done(&o);
}

static struct apf_work *find_item(struct apf_vcpu *v, uint64_t addr)
{
	for (size_t i = 0; i < v->nwork; i++)
		if (v->work[i].addr == addr)
			return &v->work[i];
	return NULL;
}

static struct apf_work *add_item(struct apf_vcpu *v, struct apf_host *h, size_t *cap, uint64_t addr)
{
	struct apf_work *p = find_item(v, addr);

	if (p)
		return p;
	p = arena_room(h->arena, v->work, v->nwork, cap, sizeof(*p));
	if (!p)
		return NULL;
	v->work = p;
	read_work(&p[v->nwork], h, addr);
	return &p[v->nwork++];
}

/* `link` is the member that the list goes through. */
static void read_items(struct apf_vcpu *v, struct apf_host *h, size_t *cap, enum apf_member list,
		       enum apf_work_member link)
{
	bool queue = list == APF_QUEUE;
	struct cairn_err *err = queue ? &v->queue_err : &v->done_err;
	uint64_t head = apf_vcpu_at(h, v, list), *at = queue ? &v->queue_at : &v->done_at, back;
	struct list_walk w;

	*at = head;
	list_begin(&w, &h->k->c->kernel, LIST_DOUBLE, head, ITEMS_LIMIT);
	w.stop = h->k->c->stop;
	while (list_next(&w)) {
		struct apf_work *p = add_item(v, h, cap, w.node - h->work.m[link].offset);

		if (!p)
			break;
		p->queued |= queue;
		p->done |= !queue;
		v->nqueue += queue;
		v->ndone += !queue;
		*at = w.backward ? *at : w.node;
	}
	if (list_end(&w, err))
		return;
	if (w.doubt.code) {
		*err = w.doubt;
		*at = w.doubt.addr + 8;
	} else if (!space_word(&h->k->c->kernel, head + 8, &back, NULL) && back != *at) {
		cairn_fail(err, CAIRN_CORRUPT, "the list's prev is 0x%" PRIx64, back);
		*at = head + 8;
	}
}

/* ---- a vCPU ---- */

static void take_hash(struct apf_vcpu *v, const struct object *o)
{
	uint32_t size = 0;
	const unsigned char *p = object_bytes(o, APF_HASH, &size);

	v->ngfns = size / 8 < APF_GFNS ? size / 8 : APF_GFNS;
	for (unsigned i = 0; i < v->ngfns; i++)
		v->gfns[i] = le64(p + i * 8);
}

static void take_members(struct apf_vcpu *v, const struct object *o)
{
	v->en = object_get(o, APF_EN);
	v->en_at = object_addr(o, APF_EN);
	v->msr_int = object_get(o, APF_INT);
	v->vec = object_get(o, APF_VEC) & 0xffff;
	v->queued = (uint32_t)object_get(o, APF_QUEUED);
	v->id = (uint32_t)object_get(o, APF_ID);
	v->halted = object_get(o, APF_HALTED) & 0xff;
	v->pending = object_get(o, APF_PENDING) & 0xff;
	v->host_flags = (uint32_t)object_get(o, APF_HOST_FLAGS);
	v->data_gpa = object_get(o, APF_DATA_GPA);
	v->data_hva = object_get(o, APF_DATA_HVA);
	v->data_len = object_get(o, APF_DATA_LEN);
	v->data_generation = object_get(o, APF_DATA_GENERATION);
	v->has_error_gfn = shape_has(o->shape, APF_ERROR_GFN);
	v->error_gfn = object_get(o, APF_ERROR_GFN);
	v->has_send_error = shape_has(o->shape, APF_SEND_ERROR);
	v->send_error = object_get(o, APF_SEND_ERROR) & 0xff;
	take_hash(v, o);
}

void apf_vcpu_read(struct apf_vcpu *ret, struct apf_host *h, const struct kvm_guest *guest,
		   const struct kvm_vcpu *vcpu)
{
	unsigned char area[8];
	struct object o;
	size_t cap = 0;

	*ret = (struct apf_vcpu){ .vcpu = vcpu };
	if (!object_read(&o, &h->vcpu, &h->k->c->kernel, vcpu->addr, &ret->err)) {
		take_members(ret, &o);
		read_items(ret, h, &cap, APF_QUEUE, WORK_QUEUE);
		read_items(ret, h, &cap, APF_DONE, WORK_LINK);
	}
	object_done(&o);
	if (ret->err.code || !apf_is_on(ret->en) || !guest)
		return;
	ret->has_area = !kvm_guest_read(guest, ret->en & ~UINT64_C(0x3f), area, sizeof(area), NULL);
	if (ret->has_area) {
		ret->area_flags = le32(area);
		ret->area_token = le32(area + 4);
	}
}

unsigned apf_gfn_slot(const struct apf_vcpu *v, uint64_t gfn)
{
	unsigned bits = 0;

	while ((1u << bits) < v->ngfns)
		bits++;
	/* hash_32(gfn & 0xffffffff, order_base_2(ASYNC_PF_PER_VCPU)) */
	return bits ? ((uint32_t)gfn * UINT32_C(0x61C88647)) >> (32 - bits) : 0;
}

uint64_t apf_vcpu_at(const struct apf_host *h, const struct apf_vcpu *v, enum apf_member m)
{
	return v->vcpu->addr + h->vcpu.m[m].offset;
}

uint64_t apf_work_at(const struct apf_host *h, const struct apf_work *w, enum apf_work_member m)
{
	return w->addr + h->work.m[m].offset;
}
