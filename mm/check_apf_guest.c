/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "lib/kern/cpu.h"
#include "mm/check_apf.h"
#include "mm/page.h"

#define EFLAGS_IF (UINT64_C(1) << 9)

struct at {
	struct apf_look *l;
	const struct apf_guest *g;
	const struct apf_sleeper *s;
	const struct page_map *pages; /* NULL: not known */
};

/* Where a member of the sleeper lies. */
static uint64_t member_at(const struct at *a, const char *path)
{
	const struct type *t = type_find(&a->l->c->types, "struct kvm_task_sleep_node", NULL);
	struct member m;

	return t && type_member(t, path, &m) ? a->s->addr + m.offset : a->s->addr;
}

static const char *who(const struct at *a)
{
	const struct task *t = a->s->task;

	return t ? apf_text(a->l, "%s (%d)", t->comm, t->pid) : "no task";
}

static void say(const struct at *a, struct apf_bad *bad, const char *member, const char *expected,
		const char *found, const char *what)
{
	bad->severity = bad->severity ? bad->severity : CAIRN_ERROR;
	bad->object = a->s->addr;
	bad->addr = member_at(a, member);
	bad->field = apf_text(a->l, "kvm_task_sleep_node.%s", member);
	apf_say(a->l, bad, expected, found, "%s: token 0x%" PRIx32 " of vCPU %u, %s", what,
		a->s->token, apf_vcpu(a->s->token), who(a));
}

/* ---- a sleeper ---- */

static bool check_token(const struct at *a)
{
	uint32_t token = a->s->token;
	struct apf_bad bad = { .id = "apf.guest.token-zero", .len = 4 };

	if (!(token >> 12) || token == APF_WAKE_ALL) {
		say(a, &bad, "token", "a count of at least 1 above the vCPU's number",
		    apf_text(a->l, "0x%" PRIx32, token),
		    "a sleeper has a token that no host sends");
		return false;
	}
	bad.id = "apf.guest.bucket";
	if (apf_bucket(token) == a->s->bucket)
		return true;
	say(a, &bad, "token", apf_text(a->l, "a token of bucket %u", a->s->bucket),
	    apf_text(a->l, "0x%" PRIx32 ", of bucket %u", token, apf_bucket(token)),
	    "a sleeper is not where its wake-up will look for it");
	return false;
}

/* A sleeper lies on the stack of the task that sleeps; a dummy in memory from kmalloc(). */
static bool check_place(const struct at *a)
{
	const struct task *t = a->s->task;
	enum page_owner owner = PAGE_SLAB;
	struct apf_bad bad = { .id = "apf.guest.node-stack" };
	uint64_t paddr;

	if (t && !a->s->dummy && !t->fault) {
		if (!t->on_cpu && t->state != 'R' && t->state != 'D') {
			say(a, &bad, "link", "the stack of a task in uninterruptible sleep",
			    apf_text(a->l, "state %c", t->state),
			    "a sleeper's task does something else");
			return false;
		}
		return true;
	}
	if (a->pages && !space_translate(&a->l->c->kernel, a->s->addr, &paddr, NULL) &&
	    page_owner_of(a->pages, paddr >> 12, &owner, NULL))
		return true;
	if (!t && owner == PAGE_SLAB)
		return true;
	say(a, &bad, "link", "the stack of a task that sleeps, or memory from kmalloc()",
	    apf_text(a->l, "0x%" PRIx64, a->s->addr), "a sleeper lies where none can");
	return false;
}

static void check_cpu(const struct at *a, const struct cpus *cpus)
{
	const struct cpu *cpu =
		cpus && a->s->cpu >= 0 ? cpu_by_id(cpus, (unsigned)a->s->cpu) : NULL;
	struct apf_bad bad = { .id = "apf.guest.cpu", .len = 4 };

	if (!cpus || cpus->by_notes || cpu)
		return;
	say(a, &bad, "cpu", "a CPU of this machine", apf_text(a->l, "%d", a->s->cpu),
	    "a sleeper is of a CPU that there is not");
}

static void check_dummy(const struct at *a)
{
	struct apf_bad bad = { .id = "apf.guest.dummy-leftover", .severity = CAIRN_WARNING,
			       .grade = CAIRN_SUSPICIOUS };

	say(a, &bad, "token", "a fault that takes the dummy away",
	    apf_text(a->l, "0x%" PRIx32, a->s->token),
	    "a page was ready, and the fault that it is for has not come");
}

static void check_waiter(const struct at *a)
{
	const struct task *t = a->s->task;
	struct apf_bad bad = { .id = "apf.guest.stuck-sleeper" };

	if (a->s->next_off || a->s->prev_off) {
		say(a, &bad, a->s->next_off ? "wq.task_list.next" : "wq.task_list.prev",
		    "a list that leads around", "one that does not",
		    "a task sleeps on a wait queue that is damaged");
		return;
	}
	if (t && t->state == 'D' && !t->on_cpu &&
	    (!a->s->waited || (a->s->waiter && a->s->waiter != t->addr))) {
		say(a, &bad, "wq", apf_text(a->l, "task 0x%" PRIx64 " on its wait queue", t->addr),
		    a->s->waited ? apf_text(a->l, "0x%" PRIx64, a->s->waiter) : "nobody",
		    "a task sleeps and its wake-up will not reach it");
		return;
	}
	bad.severity = CAIRN_WARNING;
	bad.grade = CAIRN_SUSPICIOUS;
	if (a->s->has_since && a->s->asleep_ns >= APF_LONG_NS)
		say(a, &bad, "token", "a page from the host within two minutes",
		    apf_text(a->l, "%.1f s", (double)a->s->asleep_ns / 1e9),
		    "a task waits and waits for a page from the host");
	bad.id = "apf.guest.error-lost";
	bad.severity = CAIRN_ERROR;
	bad.grade = CAIRN_CERTAIN;
	bad.len = 1;
	if (a->s->is_err)
		say(a, &bad, "is_err", "false, or a task that was woken and sent SIGBUS", "true",
		    "the host reported an error for a task that was not told");
}

static void check_duplicate(const struct at *a)
{
	struct apf_bad bad = { .id = "apf.guest.dup-token", .len = 4 };

	for (const struct apf_sleeper *p = a->g->sleeper; p < a->s; p++)
		if (!p->err.code && p->token == a->s->token)
			say(a, &bad, "token", "a token that only one has",
			    apf_text(a->l, "0x%" PRIx32 ", as 0x%" PRIx64, p->token, p->addr),
			    "two sleepers have one token");
}

static void check_sleeper(const struct at *a, const struct cpus *cpus)
{
	if (a->s->err.code) {
		cairn_unseen(a->l->run, "a sleeper", &a->s->err);
		return;
	}
	check_duplicate(a);
	if (check_token(a) && check_place(a)) {
		if (a->s->dummy)
			check_dummy(a);
		else
			check_waiter(a);
	}
	check_cpu(a, cpus);
}

/* ---- a CPU's area ---- */

/* With interrupts off, what the host has put there may be waiting to be seen; and it may where
 * nothing tells whether they are. */
enum pending { PENDING_NO, PENDING_PERHAPS, PENDING_MAY };

static enum pending may_be_pending(struct apf_look *l, const struct cpus *cpus, unsigned id)
{
	const struct cpu *cpu = cpus ? cpu_by_id(cpus, id) : NULL;

	if (!cpu || cpu->regs_source == CPU_REGS_NONE)
		return PENDING_PERHAPS;
	return cpu->regs.r[l->c->arch->flags] & EFLAGS_IF ? PENDING_NO : PENDING_MAY;
}

/* An online CPU that has not enabled what others have. */
static bool is_odd_one_out(const struct apf_guest *g, const struct cpus *cpus,
			   const struct apf_area *a)
{
	const struct cpu *cpu = cpus ? cpu_by_id(cpus, a->cpu) : NULL;

	return g->on && cpu && cpu->online;
}

static void check_area(struct apf_look *l, const struct apf_guest *g, const struct apf_area *a,
		       const struct cpus *cpus)
{
	struct apf_bad bad = { .severity = CAIRN_WARNING, .grade = CAIRN_SUSPICIOUS, .len = 4,
			       .object = a->addr };
	enum pending pending = may_be_pending(l, cpus, a->cpu);

	if (a->err.code) {
		cairn_unseen(l->run, "a CPU's area for asynchronous page faults", &a->err);
		return;
	}
	if (pending == PENDING_PERHAPS)
		bad.severity = CAIRN_INFO;
	bad.id = "apf.guest.ready-unacked";
	bad.addr = a->addr + 4;
	bad.field = "kvm_vcpu_pv_apf_data.token";
	if (a->token && pending != PENDING_MAY)
		apf_say(l, &bad, "0x0 outside its interrupt", apf_text(l, "0x%" PRIx32, a->token),
			"CPU %u was told that a page is ready and has not taken notice", a->cpu);
	bad.id = "apf.guest.flags-pending";
	bad.addr = a->addr;
	bad.field = "kvm_vcpu_pv_apf_data.flags";
	if (a->flags && (pending != PENDING_MAY || a->flags & ~APF_PAGE_NOT_PRESENT))
		apf_say(l, &bad, "0x0 outside its page fault", apf_text(l, "0x%" PRIx32, a->flags),
			"CPU %u was told that a page is not there and has not taken notice", a->cpu);
	bad.severity = CAIRN_WARNING;
	bad.id = "apf.guest.area";
	bad.addr = a->addr + 8;
	bad.field = "kvm_vcpu_pv_apf_data.pad";
	if (a->pad_dirty)
		apf_say(l, &bad, "zeroes", apf_text(l, "0x%" PRIx32 " at its beginning", a->pad),
			"CPU %u's area has something where nothing belongs", a->cpu);
	bad.addr = a->enabled_at;
	bad.field = "async_pf_enabled";
	if (a->has_enabled && a->enabled > 1)
		apf_say(l, &bad, "0 or 1", apf_text(l, "%" PRIu32, a->enabled),
			"CPU %u's area is neither enabled nor not", a->cpu);
	else if (a->has_enabled && !a->enabled &&
		 (a->token || a->flags || is_odd_one_out(g, cpus, a)))
		apf_say(l, &bad, "enabled, as on the other CPUs", "not enabled",
			"CPU %u's area is not enabled", a->cpu);
}

void check_apf_guest(struct apf_look *l, const struct apf_guest *g)
{
	const struct cpus *cpus = NULL;
	struct page_map pages;
	bool mapped = !page_map_init(&pages, l->c, NULL);
	struct apf_bad bad = {
		.id = "apf.guest.list", .severity = CAIRN_ERROR, .object = g->err.addr,
		.addr = g->err_at, .field = "kvm_task_sleep_node.link",
	};

	cpus_get(l->c, &cpus, NULL);
	for (size_t i = 0; i < g->nareas; i++)
		check_area(l, g, &g->area[i], cpus);
	for (size_t i = 0; i < g->nsleepers && cairn_go_on(l->run); i++) {
		struct at a = { l, g, &g->sleeper[i], mapped ? &pages : NULL };

		check_sleeper(&a, cpus);
	}
	if (g->err.code == CAIRN_CORRUPT || g->err.fault == CAIRN_FAULT_NONCANONICAL ||
	    g->err.fault == CAIRN_FAULT_UNMAPPED)
		apf_say(l, &bad, "a list that ends", g->err.text,
			"the hash of sleepers is damaged");
	else if (g->err.code)
		cairn_unseen(l->run, "sleepers", &g->err);
}
