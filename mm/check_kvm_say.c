/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mm/check_kvm.h"

const char *kvm_text(struct kvm_look *l, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&l->arena, fmt, ap);
	va_end(ap);
	return text ? text : "";
}

const char *kvm_hex(struct kvm_look *l, uint64_t value)
{
	return kvm_text(l, "0x%" PRIx64, value);
}

const char *kvm_name(struct kvm_look *l)
{
	const struct kvm_vm *vm = l->vm;

	if (!vm)
		return "all VMs";
	return vm->task ? kvm_text(l, "VM of %s (%d)", vm->task->comm, vm->pid)
			: kvm_text(l, "VM 0x%" PRIx64 " of process %d", vm->addr, vm->pid);
}

static void report(struct kvm_look *l, const struct kvm_bad *bad, const char *text)
{
	struct cairn_evidence e[2] = {
		{ bad->addr, bad->len ? bad->len : 8, bad->why ? bad->why : "the word" },
	};
	struct cairn_finding f = {
		.id = bad->id, .severity = bad->severity, .grade = bad->grade,
		.object = bad->object, .addr = bad->addr, .field = bad->field, .message = text,
		.expected = bad->expected, .found = bad->found, .evidence = e,
		.nevidence = bad->addr != 0,
	};

	if (l->busy && bad->transient) {
		f.grade = CAIRN_IN_FLIGHT;
		e[f.nevidence++] = (struct cairn_evidence){
			l->vm ? l->vm->addr + l->k->layout.vm.m[VM_LOCK].offset : 0, 4,
			"mmu_lock is held",
		};
	}
	cairn_report(l->run, &f);
}

static bool keep(struct kvm_look *l, const struct kvm_bad *bad, const char *text)
{
	struct kvm_many *m = l->many, *end = l->many + sizeof(l->many) / sizeof(l->many[0]);

	while (m < end && m->id && strcmp(m->id, bad->id))
		m++;
	if (!bad->often || m == end)
		return false;
	m->id = bad->id;
	if (m->n < KVM_SAID_EACH) {
		m->bad[m->n] = *bad;
		m->text[m->n] = kvm_text(l, "%s", text);
	}
	m->n++;
	return true;
}

void kvm_say_rest(struct kvm_look *l)
{
	for (size_t i = 0; i < sizeof(l->many) / sizeof(l->many[0]); i++) {
		const struct kvm_many *m = &l->many[i];

		for (size_t j = 0; j < m->n && j < KVM_SAID_EACH; j++)
			report(l, &m->bad[j], j + 1 == KVM_SAID_EACH && m->n > KVM_SAID_EACH
				? kvm_text(l, "%s; and %zu more like it", m->text[j], m->n - j - 1)
				: m->text[j]);
	}
}

void kvm_say_not(struct kvm_look *l, const char *id)
{
	for (size_t i = 0; i < sizeof(l->many) / sizeof(l->many[0]); i++)
		if (l->many[i].id && !strcmp(l->many[i].id, id))
			l->many[i].n = 0;
}

bool kvm_say(struct kvm_look *l, const struct kvm_bad *bad, const char *fmt, ...)
{
	char text[320];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%s: ", kvm_name(l));

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	if (!keep(l, bad, text))
		report(l, bad, text);
	return false;
}
