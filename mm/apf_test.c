/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides of asynchronous page faults. No kernel at hand has the members of the proposal of 2020
 * (ready_flags, is_err, error_gfn, send_pf_error): here they are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testmachine.h"
#include "mm/apf_match.h"
#include "mm/testapf.h"

static const struct said *only(const struct findings *f, const char *id)
{
	if (!f->n)
		fail_msg("%s is not found", id);
	if (f->n > 1 || strcmp(f->said[0].f.id, id))
		fail_msg("for %s: %zu, %s: %s", id, f->n, f->said[0].f.id, f->said[0].f.message);
	return &f->said[0];
}

static struct findings ask(struct cairn *c, struct arena *a)
{
	const struct check_limits limits = { .only = "apf" };
	struct findings f;
	struct cairn_err err;

	if (findings_get(&f, c, &limits, a, &err))
		fail_msg("%s", err.text);
	return f;
}

/* ---- a guest ---- */

/* struct kvm_task_sleep_node, and the places of things in the CPUs' areas */
enum { NODE_LINK = 0, NODE_WQ = 0x18, NODE_TOKEN = 0x28, NODE_CPU = 0x2c, NODE_ERR = 0x30,
       AREA = 0x800, SLEEPERS = TK_BASE + 0x20000, TOKEN = 0x1000 };

struct guest {
	struct testmachine m;
	struct cairn *c;
	struct arena arena;
	uint64_t node, task;
};

static void put(struct guest *g, uint64_t addr, uint64_t value, size_t bytes)
{
	tk_put(g->m.k, addr, value, bytes);
}

static void guest_types(struct testkern *k, bool proposal)
{
	static const struct tk_member head[] = {
		{ "lock", 0, 4, 0, NULL }, { "list", 8, 8, 0, NULL }, { 0 } };
	static const struct tk_member wq[] = {
		{ "lock", 0, 4, 0, NULL }, { "task_list", 8, 0, 0, "list_head" }, { 0 } };
	static const struct tk_member waiter[] = {
		{ "task", 0, 8, 0, NULL }, { "task_list", 8, 0, 0, "list_head" }, { 0 } };
	const struct tk_member node[] = { { "link", NODE_LINK, 0, 0, "list_head" },
					  { "wq", NODE_WQ - 8, 0, 0, "swait_queue_head" },
					  { "token", NODE_TOKEN, 4, 0, NULL },
					  { "cpu", NODE_CPU, 4, 0, NULL },
					  { proposal ? "is_err" : NULL, NODE_ERR, 1, 0, NULL },
					  { 0 } };
	const struct tk_member area[] = { { "flags", 0, 4, 0, NULL },
					  { "token", 4, 4, 0, NULL },
					  { "enabled", 64, 4, 0, NULL },
					  { "pad", proposal ? 12u : 8u, 1,
					    proposal ? 52u : 56u, NULL },
					  { proposal ? "ready_flags" : NULL, 8, 4, 0, NULL },
					  { 0 } };

	tk_struct(k, "kvm_task_sleep_head", 16, head);
	tk_struct(k, "swait_queue_head", 24, wq);
	tk_struct(k, "swait_queue", 24, waiter);
	tk_struct(k, "kvm_task_sleep_node", 0x38, node);
	tk_struct(k, "kvm_vcpu_pv_apf_data", 68, area);
}

/* A task whose stack is in memory sleeps for TOKEN. */
static void guest_sleeper(struct guest *g, bool is_err)
{
	uint64_t stack = TK_BASE + 0x40000, waiter = stack + 0x3e00;

	g->task = tm_task(&g->m, 42, "reader");
	tm_set(&g->m, g->task, TM_STACK_PTR, stack, 8);
	tm_set(&g->m, g->task, TM_STATE, 2, 4);
	g->node = stack + 0x3e80;
	put(g, SLEEPERS + 136 * 16 + 8, g->node, 8); /* the bucket of TOKEN */
	put(g, g->node + NODE_LINK + 8, SLEEPERS + 136 * 16 + 8, 8);
	put(g, g->node + NODE_WQ, waiter + 8, 8);
	put(g, g->node + NODE_WQ + 8, waiter + 8, 8);
	put(g, waiter, g->task, 8);
	put(g, waiter + 8, g->node + NODE_WQ, 8);
	put(g, waiter + 16, g->node + NODE_WQ, 8);
	put(g, g->node + NODE_TOKEN, TOKEN, 4);
	put(g, g->node + NODE_ERR, is_err, 1);
}

static void guest_begin(struct guest *g, bool proposal, bool is_err)
{
	*g = (struct guest){ .m = tm_new(2) };
	guest_types(g->m.k, proposal);
	tk_symbol(g->m.k, "async_pf_sleepers", SLEEPERS);
	tk_symbol(g->m.k, "apf_reason", AREA);
	for (unsigned i = 0; i < 2; i++)
		put(g, TM_AREA(i) + AREA + 64, 1, 4);
	guest_sleeper(g, is_err);
}

static void guest_open(struct guest *g)
{
	g->c = tm_open(&g->m);
}

static void guest_end(struct guest *g)
{
	tasks_free(g->c);
	arena_deinit(&g->arena);
	tk_free(g->m.k);
}

static void guest_side(void **state)
{
	struct guest g;
	struct apf_guest a;
	struct findings f;

	(void)state;
	guest_begin(&g, false, false);
	guest_open(&g);
	assert_int_equal(apf_guest_read(&a, g.c, &g.arena, NULL), CAIRN_OK);
	assert_int_equal(a.nareas, 2);
	assert_true(a.on && a.area[1].enabled);
	assert_int_equal(a.nsleepers, 1);
	assert_int_equal(a.sleeper[0].token, TOKEN);
	assert_int_equal(a.sleeper[0].bucket, apf_bucket(TOKEN));
	assert_int_equal(a.sleeper[0].task->pid, 42);
	assert_int_equal(a.sleeper[0].waiter, g.task);
	assert_false(a.sleeper[0].dummy || a.sleeper[0].has_is_err || a.area[0].has_ready_flags);
	f = ask(g.c, &g.arena);
	assert_int_equal(f.n, 0);
	guest_end(&g);
}

struct word {
	uint64_t addr, value, bytes;
	const char *id;
};

static void guest_words(void **state)
{
	uint64_t node = TK_BASE + 0x40000 + 0x3e80;
	const struct word w[] = {
		{ node + NODE_TOKEN, 0x2000, 4, "apf.guest.bucket" },
		{ node + NODE_TOKEN, 5, 4, "apf.guest.token-zero" },
		{ node + NODE_TOKEN, UINT32_MAX, 4, "apf.guest.token-zero" },
		{ node + NODE_CPU, 9, 4, "apf.guest.cpu" },
		{ node + NODE_LINK + 8, 0, 8, "apf.guest.list" },
		{ node + NODE_LINK, 0x500001, 8, "apf.guest.list" },
		{ node + NODE_WQ, node + NODE_WQ, 8, "apf.guest.stuck-sleeper" },
		{ TM_AREA(1) + AREA + 4, 0x3000, 4, "apf.guest.ready-unacked" },
		{ TM_AREA(1) + AREA, 1, 4, "apf.guest.flags-pending" },
		{ TM_AREA(1) + AREA + 8, 1, 4, "apf.guest.area" },
		{ TM_AREA(1) + AREA + 64, 0, 4, "apf.guest.area" },
		{ TM_AREA(1) + AREA + 64, 3, 4, "apf.guest.area" },
	};
	struct guest g;
	struct findings f;

	(void)state;
	for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++) {
		guest_begin(&g, false, false);
		put(&g, w[i].addr, w[i].value, w[i].bytes);
		guest_open(&g);
		f = ask(g.c, &g.arena);
		assert_int_equal(only(&f, w[i].id)->f.addr, w[i].addr);
		guest_end(&g);
	}
}

/* One that lies in no task's stack, and a second of the same token. */
static void guest_nodes(void **state)
{
	uint64_t second = TK_BASE + 0x60000;
	struct guest g;
	struct apf_guest a;
	struct findings f;

	(void)state;
	guest_begin(&g, false, false);
	put(&g, g.node + NODE_LINK, second, 8);
	put(&g, second + NODE_LINK + 8, g.node, 8);
	put(&g, second + NODE_TOKEN, TOKEN, 4);
	put(&g, second + NODE_WQ, second + NODE_WQ, 8);
	put(&g, second + NODE_WQ + 8, second + NODE_WQ, 8);
	guest_open(&g);
	assert_int_equal(apf_guest_read(&a, g.c, &g.arena, NULL), CAIRN_OK);
	assert_true(a.sleeper[1].dummy);
	f = ask(g.c, &g.arena);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.said[0].f.id, "apf.guest.dup-token");
	assert_string_equal(f.said[1].f.id, "apf.guest.dummy-leftover");
	guest_end(&g);
}

static void guest_of_the_proposal(void **state)
{
	struct guest g;
	struct apf_guest a;
	struct findings f;

	(void)state;
	guest_begin(&g, true, true);
	put(&g, TM_AREA(0) + AREA + 8, APF_PAGE_ERROR, 4);
	guest_open(&g);
	assert_int_equal(apf_guest_read(&a, g.c, &g.arena, NULL), CAIRN_OK);
	assert_true(a.area[0].has_ready_flags && a.sleeper[0].has_is_err && a.sleeper[0].is_err);
	assert_int_equal(a.area[0].ready_flags, APF_PAGE_ERROR);
	assert_false(a.area[0].pad_dirty);
	f = ask(g.c, &g.arena);
	only(&f, "apf.guest.error-lost");
	guest_end(&g);
	/* without the member, the host's mark is in the padding */
	guest_begin(&g, false, false);
	put(&g, TM_AREA(0) + AREA + 8, APF_PAGE_ERROR, 4);
	guest_open(&g);
	assert_int_equal(apf_guest_read(&a, g.c, &g.arena, NULL), CAIRN_OK);
	assert_int_equal(a.area[0].pad, APF_PAGE_ERROR);
	guest_end(&g);
}

/* ---- a host ---- */

static struct apf_vcpu host_vcpu(struct testkvm *k, struct kvms *vms, struct apf_host *h)
{
	struct kvm_guest g;
	struct apf_vcpu v;
	struct cairn_err err;

	if (kvms_read(vms, k->c, &k->arena, &err) || apf_host_init(h, vms, &k->arena, &err))
		fail_msg("%s", err.text);
	kvm_guest_init(&g, vms, &vms->vm[0]);
	apf_vcpu_read(&v, h, &g, &vms->vm[0].vcpu[0]);
	return v;
}

static void host_side(void **state)
{
	struct testkvm *k = ta_host(false);
	struct kvms vms;
	struct apf_host h;
	struct apf_vcpu v = host_vcpu(k, &vms, &h);
	struct findings f;

	(void)state;
	assert_int_equal(v.nqueue, 1);
	assert_int_equal(v.ndone, 0);
	assert_int_equal(v.work[0].gfn, GFN);
	assert_int_equal(v.work[0].token, 0x3000);
	assert_int_equal(apf_gfn_slot(&v, GFN), SLOT);
	assert_int_equal(apf_gfn_slot(&v, 0x29ee), 1); /* as a kernel had them */
	assert_int_equal(apf_gfn_slot(&v, 0x29ec), 16);
	assert_int_equal(apf_gfn_slot(&v, 0x29f2), 35);
	assert_int_equal(apf_gfn_slot(&v, 0x29f0), 50);
	assert_true(apf_is_on(v.en));
	assert_false(v.has_error_gfn || v.has_send_error || v.work[0].has_error_code);
	f = ask(k->c, &k->arena);
	if (f.n)
		fail_msg("%s: %s", f.said[0].f.id, f.said[0].f.message);
	apf_host_deinit(&h);
	tkv_free(k);
}

static void host_words(void **state)
{
	static const struct word w[] = {
		{ ASYNC, 3, 4, "apf.host.queued-count" },
		{ QUEUE, 0x500000, 8, "apf.host.list" },
		{ QUEUE + 8, QUEUE, 8, "apf.host.list" },
		{ DONE + 8, 0, 8, "apf.host.list" },
		{ APF_AT + HASH + 3 * 8, 77, 8, "apf.host.gfn-hash" },
		{ ITEM + ITEM_VCPU, 0, 8, "apf.host.work-vcpu" },
		{ ITEM + ITEM_TOKEN, 0x3001, 4, "apf.host.token" },
		{ ITEM + ITEM_TOKEN, 0x9000, 4, "apf.host.token" },
		{ ITEM + ITEM_HVA, TKV_MEMORY + 0x5000, 8, "apf.host.work-address" },
		{ ITEM + ITEM_GPA, 0x5000, 8, "apf.host.work-address" },
		{ ITEM + ITEM_GFN, 5, 8, "apf.host.work-address" },
		{ ITEM + ITEM_DIRECT, 2, 1, "apf.host.flag" },
		{ APF_AT + EN, 0x1040 | 0x19, 8, "apf.host.msr-reserved" },
		{ APF_AT + EN, 0x2040 | 9, 8, "apf.host.area" },
		{ APF_AT + DATA + 8, 0x3040, 8, "apf.host.area" },
		{ APF_AT + DATA + 16, 0x3040, 8, "apf.host.area" },
		{ APF_AT + DATA + 24, 4, 8, "apf.host.area" },
		{ APF_AT + DATA, 9, 8, "apf.host.area" },
		{ APF_AT + EN, 0x1048, 8, "apf.host.disabled-with-work" },
		{ APF_AT + VEC, 0xf2, 2, "apf.host.vector" },
		{ APF_AT + INT, 0x1f3, 8, "apf.host.vector" },
		{ APF_AT + PENDING, 1, 1, "apf.host.slot-busy" },
	};
	struct testkvm *k = ta_host(false);
	struct findings f;

	(void)state;
	for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++) {
		tkv_change(k, w[i].addr, w[i].value, w[i].bytes);
		f = ask(k->c, &k->arena);
		assert_int_equal(only(&f, w[i].id)->f.addr, w[i].addr);
		tkv_undo(k);
		arena_reset(&k->arena);
	}
	f = ask(k->c, &k->arena);
	assert_int_equal(f.n, 0);
	tkv_free(k);
}

/* What is done stays on the queue; nobody makes the vCPU look. */
static void host_progress(void **state)
{
	struct testkvm *k = ta_host(false);
	struct findings f;

	(void)state;
	tkv_change(k, DONE, ITEM + ITEM_LINK, 8);
	tkv_change(k, DONE + 8, ITEM + ITEM_LINK, 8);
	tkv_change(k, ITEM + ITEM_LINK, DONE, 8);
	tkv_change(k, ITEM + ITEM_LINK + 8, DONE, 8);
	f = ask(k->c, &k->arena);
	assert_int_equal(f.n, 0); /* it runs */
	tkv_change(k, TKV_VCPU + TKV_VCPU_MP, 3, 4);
	f = ask(k->c, &k->arena);
	only(&f, "apf.host.ready-stuck");
	tkv_change(k, TKV_VCPU + TKV_VCPU_REQUESTS, UINT64_C(1) << 36, 8);
	f = ask(k->c, &k->arena);
	assert_int_equal(f.n, 0);
	tkv_undo(k);
	tkv_change(k, APF_AT, 1, 1);
	f = ask(k->c, &k->arena);
	assert_int_equal(f.n, 0); /* its page is being read in */
	tkv_change(k, QUEUE, QUEUE, 8);
	tkv_change(k, QUEUE + 8, QUEUE, 8);
	tkv_change(k, ASYNC, 0, 4);
	tkv_change(k, APF_AT + HASH + SLOT * 8, UINT64_MAX, 8);
	f = ask(k->c, &k->arena);
	only(&f, "apf.host.halted-forever");
	tkv_free(k);
}

static void host_of_the_proposal(void **state)
{
	struct testkvm *k = ta_host(true);
	struct kvms vms;
	struct apf_host h;
	struct apf_vcpu v;
	struct findings f;

	(void)state;
	tkv_change(k, APF_AT + EN, 0x1040 | APF_EN_ENABLED | APF_EN_INT | APF_EN_SEND_ERROR, 8);
	tkv_change(k, APF_AT + SEND, 1, 1);
	tkv_change(k, APF_AT + DATA + 24, 12, 8);
	v = host_vcpu(k, &vms, &h);
	assert_true(v.has_error_gfn && v.has_send_error && v.send_error &&
		    v.work[0].has_error_code);
	f = ask(k->c, &k->arena);
	assert_int_equal(f.n, 0); /* bit 4 is none of the reserved ones there */
	tkv_change(k, APF_AT + ERROR_AT, GFN, 8);
	f = ask(k->c, &k->arena);
	assert_int_equal(only(&f, "apf.host.error-loop")->f.addr, APF_AT + ERROR_AT);
	apf_host_deinit(&h);
	tkv_free(k);
}

/* ---- both ---- */

static void matched(void **state)
{
	struct testkvm *k = ta_host(false);
	struct kvms vms;
	struct apf_host h;
	struct apf_vcpu v = host_vcpu(k, &vms, &h);
	struct apf_sleeper s[] = { { .token = 0x2000 }, { .token = 0x3000 }, { .token = 0x3001 } };
	const struct apf_guest g = { .sleeper = s, .nsleepers = 3 };
	size_t n;
	struct apf_match *m = apf_match(&g, &v, 1, &k->arena, &n);

	(void)state;
	assert_int_equal(n, 3);
	assert_null(m[0].work);
	assert_ptr_equal(m[1].work, &v.work[0]);
	assert_null(m[2].work); /* another vCPU's */
	m = apf_match(&(const struct apf_guest){ 0 }, &v, 1, &k->arena, &n);
	assert_int_equal(n, 1);
	assert_null(m[0].sleeper);
	apf_host_deinit(&h);
	tkv_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_side), cmocka_unit_test(guest_words),
		cmocka_unit_test(guest_nodes), cmocka_unit_test(guest_of_the_proposal),
		cmocka_unit_test(host_side), cmocka_unit_test(host_words),
		cmocka_unit_test(host_progress), cmocka_unit_test(host_of_the_proposal),
		cmocka_unit_test(matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
