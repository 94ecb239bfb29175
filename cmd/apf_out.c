/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/apf_out.h"

#include "cmd/chain_out.h"
#include "unwind/start.h"

static void task_fields(struct out *o, const struct task *t)
{
	if (!t) {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
		out_null(o, "task", NULL);
		return;
	}
	out_num(o, "pid", "  %6s", t->pid);
	out_str(o, "comm", " %-15s", t->comm);
	out_addr(o, "task", NULL, t->addr, 16);
}

static void age_field(struct out *o, bool has, uint64_t ns)
{
	if (has)
		out_real(o, "asleep", "  for %s s", (double)ns / 1e9, 1);
	else
		out_null(o, "asleep", NULL);
}

static void stack_field(const struct apf_out *to, const struct task *t)
{
	struct arena one = { 0 };
	struct trace tr;

	if (!to->unwinder || !t || t->fault) {
		out_null(to->o, "stack", NULL);
		return;
	}
	trace_task(&tr, to->unwinder, t, &one);
	out_object(to->o, "stack");
	out_text(to->o, "\n     ");
	chain_fields(to->o, &tr);
	out_end(to->o);
	arena_deinit(&one);
}

/* ---- the guest ---- */

void apf_area_record(const struct apf_out *to, const struct apf_area *a)
{
	struct out *o = to->o;

	out_record(o, "apf");
	out_str(o, "side", NULL, "guest");
	out_num(o, "cpu", "CPU %-3s", a->cpu);
	if (a->err.code) {
		out_fault(o, "fault", "  %s\n", &a->err);
		out_end(o);
		return;
	}
	out_addr(o, "apf_reason", " %s", a->addr, 16);
	if (a->has_enabled)
		out_bool(o, "enabled", "  enabled %s", a->enabled != 0);
	else
		out_null(o, "enabled", "  enabled %s");
	out_hex(o, "flags", "  flags %s", a->flags);
	out_hex(o, "token", "  token %s", a->token);
	if (a->has_ready_flags)
		out_hex(o, "ready_flags", "  ready_flags %s", a->ready_flags);
	if (a->ready_flags & APF_PAGE_ERROR)
		out_text(o, " (error)");
	if (!a->has_ready_flags && a->pad)
		out_hex(o, "pad", "  bytes 8-11 are %s: the host may be patched to report errors",
			a->pad);
	out_text(o, "%s\n", a->flags & APF_PAGE_NOT_PRESENT ? "  (page not present)" : "");
	out_end(o);
}

void apf_sleeper_record(const struct apf_out *to, const struct apf_sleeper *s)
{
	struct out *o = to->o;

	out_record(o, "apf");
	out_str(o, "side", NULL, "guest");
	out_addr(o, "sleeper", "  %s", s->addr, 16);
	out_num(o, "bucket", NULL, s->bucket);
	if (s->err.code) {
		out_fault(o, "fault", "  %s\n", &s->err);
		out_end(o);
		return;
	}
	out_hex(o, "token", "  token %10s", s->token);
	out_num(o, "vcpu", "  vCPU %-3s", apf_vcpu(s->token));
	out_num(o, "cpu", "  CPU %-3s", s->cpu);
	out_bool(o, "dummy", NULL, s->dummy);
	if (s->has_is_err)
		out_bool(o, "is_err", "  error %s", s->is_err);
	task_fields(o, s->task);
	age_field(o, s->has_since, s->asleep_ns);
	if (s->dummy)
		out_text(o, "  no task: the page was ready before the fault");
	stack_field(to, s->task);
	out_text(o, "\n");
	out_end(o);
}

/* ---- the host ---- */

static void bits_text(struct out *o, uint64_t en, bool has_send_error)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ APF_EN_ENABLED, "enabled" }, { APF_EN_SEND_ALWAYS, "send-always" },
		{ APF_EN_VMEXIT, "delivery-as-vmexit" }, { APF_EN_INT, "delivery-as-int" },
	};

	out_array(o, "msr_en_bits");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (en & names[i].bit)
			out_str(o, NULL, " %s", names[i].name);
	if (en & APF_EN_SEND_ERROR)
		out_str(o, NULL, " %s",
			has_send_error ? "send-error" : "reserved-bit-4 (SEND_ERROR?)");
	if (en & APF_EN_RESERVED & ~(uint64_t)APF_EN_SEND_ERROR)
		out_str(o, NULL, " %s", "reserved-bit-5");
	out_end(o);
}

static void work_record(const struct apf_out *to, const struct apf_work *w)
{
	struct out *o = to->o;

	out_object(o, NULL);
	out_addr(o, "work", "    %s", w->addr, 16);
	out_bool(o, "queued", NULL, w->queued);
	out_bool(o, "done", NULL, w->done);
	out_text(o, "  %-5s", w->done ? "done" : "queue");
	if (w->err.code) {
		out_fault(o, "fault", "  %s\n", &w->err);
		out_end(o);
		return;
	}
	out_hex(o, "token", "  token %10s", w->token);
	out_hex(o, "gfn", "  gfn %10s", w->gfn);
	out_hex(o, "gpa", NULL, w->gpa);
	out_hex(o, "hva", "  user address %s", w->hva);
	out_hex(o, "error_code", w->has_error_code ? "  failed with %s" : NULL, w->error_code);
	out_bool(o, "direct", NULL, w->direct);
	out_bool(o, "wakeup_all", NULL, w->wakeup_all);
	out_bool(o, "notpresent_injected", NULL, w->injected);
	out_text(o, "%s%s", w->wakeup_all ? "  wake all" : "", w->worker ? "\n      done by" : "");
	task_fields(o, w->worker);
	age_field(o, w->has_since, w->asleep_ns);
	stack_field(to, w->worker);
	out_text(o, "\n");
	out_end(o);
}

static void state_fields(struct out *o, const struct apf_vcpu *v)
{
	out_hex(o, "msr_en", v->en ? "  EN %s:" : NULL, v->en);
	bits_text(o, v->en, v->has_send_error);
	out_hex(o, "area", v->en ? ", area %s" : NULL, v->en & ~UINT64_C(0x3f));
	out_hex(o, "msr_int", NULL, v->msr_int);
	out_hex(o, "vec", v->en ? ", vector %s\n" : NULL, v->vec);
	out_text(o, v->en ? "" : "  not enabled by the guest\n");
	out_num(o, "queued", "    queued %s", v->queued);
	out_num(o, "id", "  next count %s", v->id);
	out_bool(o, "halted", "  halted %s", v->halted);
	out_bool(o, "pageready_pending", "  page ready pending %s", v->pending);
	out_hex(o, "host_apf_flags", NULL, v->host_flags);
	out_hex(o, "data_gpa", NULL, v->data_gpa);
	out_hex(o, "data_hva", NULL, v->data_hva);
	if (v->has_send_error)
		out_bool(o, "send_pf_error", "  send errors %s", v->send_error);
	if (v->has_error_gfn)
		out_hex(o, "error_gfn", "  failed gfn %s", v->error_gfn);
	if (v->has_area) {
		out_hex(o, "guest_flags", "  guest's flags %s", v->area_flags);
		out_hex(o, "guest_token", " token %s", v->area_token);
	} else {
		out_null(o, "guest_flags", NULL);
		out_null(o, "guest_token", NULL);
	}
}

static void hash_field(struct out *o, const struct apf_vcpu *v)
{
	out_array(o, "gfns");
	for (unsigned i = 0; i < v->ngfns; i++) {
		if (v->gfns[i] == APF_NO_GFN)
			continue;
		out_object(o, NULL);
		out_num(o, "slot", NULL, i);
		out_hex(o, "gfn", NULL, v->gfns[i]);
		out_end(o);
	}
	out_end(o);
}

void apf_vcpu_record(const struct apf_out *to, const struct kvm_vm *vm, const struct apf_vcpu *v)
{
	struct out *o = to->o;

	out_record(o, "apf");
	out_str(o, "side", NULL, "host");
	out_addr(o, "kvm", "VM %s", vm->addr, 16);
	out_num(o, "vcpu", " vCPU %s", v->vcpu->id);
	out_addr(o, "vcpu_address", NULL, v->vcpu->addr, 16);
	if (v->err.code) {
		out_fault(o, "fault", "  %s\n", &v->err);
		out_end(o);
		return;
	}
	state_fields(o, v);
	out_text(o, "\n");
	hash_field(o, v);
	out_array(o, "items");
	for (size_t i = 0; i < v->nwork; i++)
		work_record(to, &v->work[i]);
	out_end(o);
	out_end(o);
}

/* ---- both ---- */

bool apf_match_record(const struct apf_out *to, const struct apf_match *m)
{
	bool lost = m->sleeper && !m->work && !m->sleeper->dummy;
	struct out *o = to->o;

	out_record(o, "apf.match");
	out_hex(o, "token", "token %10s", m->token);
	if (m->sleeper)
		out_addr(o, "sleeper", "  guest %s", m->sleeper->addr, 16);
	else
		out_null(o, "sleeper", "  guest %-16s");
	task_fields(o, m->sleeper ? m->sleeper->task : NULL);
	if (m->work)
		out_addr(o, "work", "  host %s", m->work->addr, 16);
	else
		out_null(o, "work", "  host %-16s");
	if (m->work)
		out_hex(o, "gfn", "  gfn %s", m->work->gfn);
	else
		out_null(o, "gfn", NULL);
	out_bool(o, "matched", NULL, m->sleeper && m->work);
	out_str(o, "finding", lost ? "  %s: the host will not wake it" : NULL,
		lost ? "apf.guest.lost-wakeup" : NULL);
	out_text(o, "%s\n", m->sleeper ? "" : "  nobody sleeps for it");
	out_end(o);
	return lost;
}
