/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_apf - asynchronous page faults, of a guest and of its host. */
#include "mm/check_apf.h"

#include <stdio.h>

const char *apf_text(struct apf_look *l, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&l->arena, fmt, ap);
	va_end(ap);
	return text ? text : "";
}

void apf_say(struct apf_look *l, const struct apf_bad *bad, const char *expected, const char *found,
	     const char *fmt, ...)
{
	struct cairn_evidence e = { bad->addr, bad->len ? bad->len : 8, "the word" };
	struct cairn_finding f = {
		.id = bad->id,
		.severity = bad->severity,
		.grade = bad->grade,
		.object = bad->object,
		.addr = bad->addr,
		.field = bad->field,
		.expected = expected,
		.found = found,
		.evidence = &e,
		.nevidence = bad->addr != 0,
		.mark = bad->mark,
	};
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f.message = text;
	cairn_report(l->run, &f);
}

/* ---- as a guest ---- */

static enum cairn_code as_guest(struct apf_look *l, struct cairn_err *err)
{
	struct apf_guest g;
	enum cairn_code code = apf_guest_read(&g, l->c, &l->arena, err);

	if (code == CAIRN_NOTFOUND || code == CAIRN_MISSING)
		return CAIRN_OK; /* no guest of KVM, or none that could tell */
	if (!code)
		check_apf_guest(l, &g);
	return code;
}

/* ---- as a host ---- */

static void check_vm(struct apf_look *l, struct apf_host *h, const struct kvm_vm *vm)
{
	struct kvm_guest guest;

	kvm_guest_init(&guest, h->k, vm);
	for (size_t i = 0; i < vm->nvcpus && cairn_go_on(l->run); i++) {
		struct apf_vcpu v;

		if (vm->vcpu[i].err.code)
			continue; /* the checker "kvm" tells */
		apf_vcpu_read(&v, h, &guest, &vm->vcpu[i]);
		if (v.err.code)
			cairn_unseen(l->run, "a vCPU", &v.err);
		else
			check_apf_vcpu(l, h, &guest, &v);
	}
}

static enum cairn_code as_host(struct apf_look *l, struct cairn_err *err)
{
	struct kvms k;
	struct apf_host h;
	enum cairn_code code = kvms_read(&k, l->c, &l->arena, err);

	if (code == CAIRN_NOTFOUND || (!code && !k.n))
		return CAIRN_OK;
	if (code)
		return code;
	code = apf_host_init(&h, &k, &l->arena, err);
	for (size_t i = 0; !code && i < k.n && cairn_go_on(l->run); i++)
		if (!k.vm[i].err.code)
			check_vm(l, &h, &k.vm[i]);
	apf_host_deinit(&h);
	return code;
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct apf_look l = { .c = c, .run = run_ };
	struct cairn_err why;
	enum cairn_code code = as_guest(&l, &why);

	if (code)
		cairn_unseen(run_, "as a guest", &why);
	code = as_host(&l, err);
	arena_deinit(&l.arena);
	return code;
}

static const struct cairn_check check = {
	.name = "apf",
	.summary = "asynchronous page faults, of a guest and of its host",
	.ids = check_apf_ids,
	.run = run,
};
CAIRN_CHECK(&check);
