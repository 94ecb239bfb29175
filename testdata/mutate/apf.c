/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf - words of asynchronous page faults: a host's queues and what it keeps of its guest's wishes,
 * a guest's areas and sleepers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/kern/cpu.h"
#include "lib/kern/finding.h"
#include "mm/apf_guest.h"
#include "mm/apf_host.h"
#include "testdata/mutate/mutate.h"

/* What a change has to be to break something; for mutable_word.more. */
enum rule { ANY, BOOLEAN, GFN_PART, HIGHER, RESERVED, AREA_WORD };

struct state {
	struct cairn *c;
	struct arena arena, ask;
	struct kvms k;
	struct apf_host h;
};

static void add(struct state *s, struct mutable_words *to, const char *kind, uint64_t addr,
		unsigned size, enum rule rule)
{
	mutate_word_at(to, &s->c->kernel, kind, addr, size, rule);
}

/* ---- a host ---- */

struct word {
	const char *kind;
	unsigned member, size;
	enum rule rule;
};

static void add_items(struct state *s, struct mutable_words *to, const struct apf_vcpu *v)
{
	static const struct word m[] = {
		{ "kvm_async_pf.cr2_or_gpa", WORK_GPA, 8, GFN_PART },
		{ "kvm_async_pf.addr", WORK_HVA, 8, ANY },
		{ "kvm_async_pf.arch.token", WORK_TOKEN, 4, HIGHER },
		{ "kvm_async_pf.arch.gfn", WORK_GFN, 8, ANY },
		{ "kvm_async_pf.arch.direct_map", WORK_DIRECT, 1, BOOLEAN },
		{ "kvm_async_pf.notpresent_injected", WORK_INJECTED, 1, BOOLEAN },
		{ "kvm_async_pf.wakeup_all", WORK_WAKE_ALL, 1, ANY },
	};

	for (size_t i = 0; i < v->nwork; i++) {
		uint64_t at = v->work[i].addr;

		for (size_t j = 0; j < sizeof(m) / sizeof(m[0]); j++)
			add(s, to, m[j].kind, at + s->h.work.m[m[j].member].offset, m[j].size,
			    m[j].rule);
		add(s, to, "kvm_async_pf.queue", at + s->h.work.m[WORK_QUEUE].offset, 8, ANY);
		add(s, to, "kvm_async_pf.queue", at + s->h.work.m[WORK_QUEUE].offset + 8, 8, ANY);
		if (!v->work[i].done)
			add(s, to, "kvm_async_pf.vcpu", at + s->h.work.m[WORK_VCPU].offset, 8, ANY);
	}
}

static void add_vcpu(struct state *s, struct mutable_words *to, const struct apf_vcpu *v)
{
	static const struct word m[] = {
		{ "async_pf.queued", APF_QUEUED, 4, ANY }, { "async_pf.queue", APF_QUEUE, 8, ANY },
		{ "async_pf.done", APF_DONE, 8, ANY }, { "apf.halted", APF_HALTED, 1, BOOLEAN },
		{ "apf.pageready_pending", APF_PENDING, 1, BOOLEAN },
		{ "apf.data.gpa", APF_DATA_GPA, 8, ANY }, { "apf.data.hva", APF_DATA_HVA, 8, ANY },
		{ "apf.data.len", APF_DATA_LEN, 8, ANY },
		{ "apf.data.generation", APF_DATA_GENERATION, 8, HIGHER },
		{ "apf.msr_en_val", APF_EN, 8, RESERVED }, { "apf.msr_int_val", APF_INT, 8, ANY },
		{ "apf.vec", APF_VEC, 2, ANY },
	};
	uint64_t hash = apf_vcpu_at(&s->h, v, APF_HASH);

	if (!apf_is_on(v->en))
		return;
	for (size_t j = 0; j < sizeof(m) / sizeof(m[0]); j++)
		add(s, to, m[j].kind, v->vcpu->addr + s->h.vcpu.m[m[j].member].offset, m[j].size,
		    m[j].rule);
	add(s, to, "async_pf.queue", apf_vcpu_at(&s->h, v, APF_QUEUE) + 8, 8, ANY);
	add(s, to, "async_pf.done", apf_vcpu_at(&s->h, v, APF_DONE) + 8, 8, ANY);
	for (unsigned i = 0; i < v->ngfns; i++)
		add(s, to, v->gfns[i] == APF_NO_GFN ? "apf.gfns, empty" : "apf.gfns", hash + i * 8,
		    8, ANY);
	add_items(s, to, v);
}

static void add_host(struct state *s, struct mutable_words *to)
{
	struct kvm_guest guest;

	for (size_t i = 0; i < s->k.n; i++) {
		kvm_guest_init(&guest, &s->k, &s->k.vm[i]);
		for (size_t j = 0; j < s->k.vm[i].nvcpus; j++) {
			struct apf_vcpu v;

			apf_vcpu_read(&v, &s->h, &guest, &s->k.vm[i].vcpu[j]);
			add_vcpu(s, to, &v);
		}
	}
}

/* ---- a guest ---- */

static uint64_t at(struct state *s, const char *path)
{
	const struct type *t = type_find(&s->c->types, "struct kvm_task_sleep_node", NULL);
	struct member m;

	return t && type_member(t, path, &m) ? m.offset : 0;
}

#define EFLAGS_IF 0x200u

/* With interrupts off, the host may have put anything there that is not seen yet. */
static bool is_masked(const struct state *s, unsigned id)
{
	const struct cpus *cpus;
	const struct cpu *cpu = cpus_get(s->c, &cpus, NULL) ? NULL : cpu_by_id(cpus, id);

	return cpu && cpu->regs_source != CPU_REGS_NONE &&
	       !(cpu->regs.r[s->c->arch->flags] & EFLAGS_IF);
}

static void add_guest(struct state *s, struct mutable_words *to, const struct apf_guest *g)
{
	for (size_t i = 0; i < g->nareas; i++) {
		if (!is_masked(s, g->area[i].cpu)) {
			add(s, to, "apf_reason.flags", g->area[i].addr, 4, AREA_WORD);
			add(s, to, "apf_reason.token", g->area[i].addr + 4, 4, AREA_WORD);
		}
		add(s, to, "apf_reason.pad", g->area[i].addr + 8, 4, ANY);
		add(s, to, "apf_reason.enabled", g->area[i].enabled_at, 1, ANY);
	}
	for (size_t i = 0; i < g->nsleepers; i++) {
		uint64_t node = g->sleeper[i].addr;

		add(s, to, "kvm_task_sleep_node.link", node + at(s, "link"), 8, ANY);
		add(s, to, "kvm_task_sleep_node.link", node + at(s, "link") + 8, 8, ANY);
		add(s, to, "kvm_task_sleep_node.wq", node + at(s, "wq.task_list"), 8, ANY);
		add(s, to, "kvm_task_sleep_node.wq", node + at(s, "wq.task_list") + 8, 8, ANY);
		add(s, to, "kvm_task_sleep_node.token", node + at(s, "token"), 4, ANY);
		add(s, to, "kvm_task_sleep_node.cpu", node + at(s, "cpu"), 4, HIGHER);
	}
}

static enum cairn_code begin(struct cairn *c, void **state, struct mutable_words *words,
			     struct cairn_err *err)
{
	struct state *s = calloc(1, sizeof(*s));
	struct apf_guest g;

	if (!s)
		abort();
	*state = s;
	s->c = c;
	if (!apf_guest_read(&g, c, &s->arena, NULL) && g.on)
		add_guest(s, words, &g);
	if (!kvms_read(&s->k, c, &s->arena, NULL) && s->k.n &&
	    !apf_host_init(&s->h, &s->k, &s->arena, NULL))
		add_host(s, words);
	return words->n ? CAIRN_OK : cairn_fail(err, CAIRN_MISSING, "no asynchronous page faults");
}

static void end(void *state)
{
	struct state *s = state;

	apf_host_deinit(&s->h);
	arena_deinit(&s->arena);
	arena_deinit(&s->ask);
	free(s);
}

/* ---- changes ---- */

static bool breaks(const void *state, const struct mutable_word *w, uint64_t value)
{
	(void)state;
	switch ((enum rule)w->more) {
	case ANY: break;
	case BOOLEAN: return value > 1;
	case GFN_PART: return value >> 12 != w->old >> 12;
	case HIGHER: return value > w->old + 64;
	case RESERVED: return (value ^ w->old) & ~UINT64_C(6);
	case AREA_WORD: return value;
	}
	return true;
}

static bool change(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret)
{
	return mutate_until(state, w, random, ret, breaks);
}

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	struct state *s = state;

	return mutate_ask(s->c, &s->ask, "apf", w, ret, err);
}

static const struct family family = {
	.name = "apf", .found = 0.99, .named = 0.95, .unseen = .05, .begin = begin, .end = end, .change = change,
	.ask = ask,
};
MUTATIONS(&family);
