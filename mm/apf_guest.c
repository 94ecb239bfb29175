/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/apf_guest.h"

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/asleep.h"
#include "lib/kern/cpu.h"
#include "lib/kern/list.h"

#define SLEEPERS_LIMIT 65536

enum { AREA_FLAGS, AREA_TOKEN, AREA_READY, AREA_PAD, AREA_ENABLED, AREA_N };
static const struct shape_want area_want = {
	"struct kvm_vcpu_pv_apf_data", AREA_N,
	{ [AREA_FLAGS] = "flags|reason", [AREA_TOKEN] = "token", [AREA_READY] = "ready_flags",
	  [AREA_PAD] = "pad", [AREA_ENABLED] = "enabled" },
};

enum { NODE_LINK, NODE_WAITERS, NODE_TOKEN, NODE_CPU, NODE_DUMMY, NODE_ERR, NODE_N };
static const struct shape_want node_want = {
	"struct kvm_task_sleep_node", NODE_N,
	{ [NODE_LINK] = "link", [NODE_WAITERS] = "wq.task_list", [NODE_TOKEN] = "token",
	  [NODE_CPU] = "cpu", [NODE_DUMMY] = "dummy", [NODE_ERR] = "is_err" },
};

static const struct shape_want head_want = { "struct kvm_task_sleep_head", 1, { "list" } };

enum { WAITER_TASK, WAITER_LINK, WAITER_N };
static const struct shape_want waiter_want = {
	"struct swait_queue", WAITER_N, { [WAITER_TASK] = "task", [WAITER_LINK] = "task_list" },
};

struct look {
	struct cairn *c;
	struct arena *arena;
	struct apf_guest *to;
	const struct tasks *tasks;
	struct shape area, node, head, waiter;
	uint64_t now;
	size_t cap;
};

unsigned apf_bucket(uint32_t token)
{
	return (token * UINT32_C(0x61C88647)) >> 24; /* hash_32(token, 8), include/linux/hash.h */
}

/* ---- areas ---- */

static void take_area(struct apf_area *a, const struct object *o)
{
	uint32_t size = 0;
	const unsigned char *pad = object_bytes(o, AREA_PAD, &size);

	a->flags = (uint32_t)object_get(o, AREA_FLAGS);
	a->token = (uint32_t)object_get(o, AREA_TOKEN);
	a->has_ready_flags = shape_has(o->shape, AREA_READY);
	a->ready_flags = (uint32_t)object_get(o, AREA_READY);
	if (size >= 4 && !a->has_ready_flags)
		a->pad = le32(pad);
	for (uint32_t i = 0; i < size; i++)
		a->pad_dirty |= pad[i] != 0;
}

/* In the area itself, or since 6.9 in a variable of its own. */
static void read_enabled(struct look *l, struct apf_area *a, const struct cpu *cpu,
			 const struct object *o)
{
	uint8_t byte = 0;

	if (shape_has(&l->area, AREA_ENABLED)) {
		a->has_enabled = true;
		a->enabled = (uint32_t)object_get(o, AREA_ENABLED);
		a->enabled_at = object_addr(o, AREA_ENABLED);
	} else if (!percpu_symbol(l->c, cpu, "async_pf_enabled", &a->enabled_at, NULL)) {
		a->has_enabled = !space_u8(&l->c->kernel, a->enabled_at, &byte, NULL);
		a->enabled = byte;
	}
}

static void read_area(struct look *l, struct apf_area *a, const struct cpu *cpu)
{
	struct object o;

	*a = (struct apf_area){ .cpu = cpu->id };
	if (percpu_symbol(l->c, cpu, "apf_reason", &a->addr, &a->err))
		return;
	if (!object_read(&o, &l->area, &l->c->kernel, a->addr, &a->err)) {
		take_area(a, &o);
		read_enabled(l, a, cpu, &o);
		l->to->on |= a->enabled;
	}
	object_done(&o);
}

static enum cairn_code read_areas(struct look *l, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(l->c, &cpus, err);

	if (code)
		return code;
	l->to->area = arena_array(l->arena, cpus->n + 1, sizeof(*l->to->area));
	if (!l->to->area)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for CPUs");
	for (size_t i = 0; i < cpus->n; i++)
		if (!cpus->by_notes)
			read_area(l, &l->to->area[l->to->nareas++], &cpus->cpu[i]);
	return CAIRN_OK;
}

/* ---- sleepers ---- */

/* Who is on its wait queue. */
static void read_waiter(struct look *l, struct apf_sleeper *s)
{
	uint64_t head = s->addr + l->node.m[NODE_WAITERS].offset, next, prev, back, forth;

	if (!shape_has(&l->node, NODE_WAITERS) || space_word(&l->c->kernel, head, &next, NULL)) {
		s->waited = true; /* not known */
		return;
	}
	s->waited = next != head;
	s->next_off = space_word(&l->c->kernel, next + 8, &back, NULL) || back != head;
	s->prev_off = space_word(&l->c->kernel, head + 8, &prev, NULL) ||
		      space_word(&l->c->kernel, prev, &forth, NULL) || forth != head;
	if (s->waited && !s->next_off && shape_has(&l->waiter, WAITER_TASK) &&
	    shape_has(&l->waiter, WAITER_LINK))
		shape_get(&l->waiter, &l->c->kernel, next - l->waiter.m[WAITER_LINK].offset,
			  WAITER_TASK, &s->waiter, NULL);
}

static void read_sleeper(struct look *l, struct apf_sleeper *s, uint64_t addr, unsigned bucket)
{
	uint64_t since;
	struct object o;

	*s = (struct apf_sleeper){ .addr = addr, .bucket = bucket };
	if (!object_read(&o, &l->node, &l->c->kernel, addr, &s->err)) {
		s->token = (uint32_t)object_get(&o, NODE_TOKEN);
		s->cpu = (int32_t)object_get(&o, NODE_CPU);
		s->has_is_err = shape_has(&l->node, NODE_ERR);
		s->is_err = object_get(&o, NODE_ERR) & 0xff;
		s->task = l->tasks ? task_by_stack(l->tasks, addr) : NULL;
		s->dummy = shape_has(&l->node, NODE_DUMMY) ? object_get(&o, NODE_DUMMY) & 0xff
							   : !s->task;
		read_waiter(l, s);
	}
	object_done(&o);
	if (s->task && l->now && asleep_since(l->c, s->task->addr, &since)) {
		s->has_since = true;
		s->asleep_ns = l->now > since ? l->now - since : 0;
	}
}

static enum cairn_code read_bucket(struct look *l, uint64_t head, unsigned bucket,
				   struct cairn_err *err)
{
	struct list_walk w;
	struct cairn_err why;
	uint64_t last = head;
	enum cairn_code code = CAIRN_OK;

	list_begin(&w, &l->c->kernel, LIST_HLIST, head, SLEEPERS_LIMIT);
	w.stop = l->c->stop;
	while (!code && list_next(&w)) {
		struct apf_sleeper *p =
			arena_room(l->arena, l->to->sleeper, l->to->nsleepers, &l->cap, sizeof(*p));

		if (!p) {
			code = cairn_fail(err, CAIRN_NOMEM, "no memory for sleepers");
			break;
		}
		l->to->sleeper = p;
		last = w.node;
		read_sleeper(l, &p[l->to->nsleepers++], w.node - l->node.m[NODE_LINK].offset,
			     bucket);
	}
	if (list_end(&w, &why) && !l->to->err.code) {
		l->to->err = why;
		l->to->err_at = last;
	} else if (w.doubt.code && !l->to->err.code) {
		l->to->err = w.doubt;
		l->to->err_at = w.doubt.addr + 8;
	}
	return code;
}

static enum cairn_code read_hash(struct look *l, uint64_t table, struct cairn_err *err)
{
	uint64_t at = table + l->head.m[0].offset, first;
	enum cairn_code code = CAIRN_OK;

	for (unsigned i = 0; !code && i < APF_BUCKETS; i++, at += l->head.size) {
		struct cairn_err why;

		if (space_word(&l->c->kernel, at, &first, &why)) {
			if (!l->to->err.code)
				l->to->err = why;
		} else if (first) {
			code = read_bucket(l, at, i, err);
		}
	}
	return code;
}

static enum cairn_code resolve(struct look *l, struct cairn_err *err)
{
	static const unsigned area[] = { AREA_FLAGS, AREA_TOKEN };
	static const unsigned node[] = { NODE_LINK, NODE_TOKEN, NODE_CPU };
	struct types *ts = &l->c->types;
	enum cairn_code code = shape_resolve(&l->area, &area_want, ts, err);

	if (!code)
		code = shape_require(&l->area, area, 2, err);
	if (!code)
		code = shape_resolve(&l->node, &node_want, ts, err);
	if (!code)
		code = shape_require(&l->node, node, 3, err);
	if (!code)
		code = shape_resolve(&l->head, &head_want, ts, err);
	if (!code)
		code = shape_require(&l->head, &(unsigned){ 0 }, 1, err);
	shape_resolve(&l->waiter, &waiter_want, ts, NULL);
	return code;
}

enum cairn_code apf_guest_read(struct apf_guest *ret, struct cairn *c, struct arena *arena,
			       struct cairn_err *err)
{
	struct look l = { .c = c, .arena = arena, .to = ret };
	uint64_t table;
	enum cairn_code code;

	*ret = (struct apf_guest){ 0 };
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated");
	if (sym_addr(&c->syms, "async_pf_sleepers", &table, NULL))
		return cairn_fail(err, CAIRN_NOTFOUND,
				  "this kernel has no asynchronous page faults: "
				  "no symbol async_pf_sleepers");
	code = resolve(&l, err);
	if (code)
		return code;
	tasks_get(c, &l.tasks, NULL);
	asleep_now(c, &l.now);
	code = read_areas(&l, err);
	return code ? code : read_hash(&l, table, err);
}
