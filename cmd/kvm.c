/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/error_out.h"
#include "cmd/kvm_out.h"

enum { OPT_STATS };

static const struct opt opts[] = {
	[OPT_STATS] = { 's', "stats", NULL, "what KVM counts: exits, faults, flushes" },
	{ 0, NULL, NULL, NULL },
};

static void whole(struct call *call, const struct kvms *k, const struct kvm_vm *vm,
		  enum verdict *verdict)
{
	out_record(call->out, "kvm");
	kvm_whole(call->out, k, vm, call->opt[OPT_STATS].set, call->scratch);
	out_end(call->out);
	kvm_partial(call, vm, verdict);
}

static enum cairn_code one(struct call *call, const struct kvms *k, const char *word,
			   enum verdict *verdict, struct cairn_err *err)
{
	const struct kvm_vm *vm;
	enum cairn_code code = kvm_operand(k, word, &vm, err);

	if (code)
		return code;
	kvm_heading(call->out);
	whole(call, k, vm, verdict);
	return CAIRN_OK;
}

/* JSON has everything of each. */
static void list(struct call *call, const struct kvms *k, enum verdict *verdict)
{
	if (k->n)
		kvm_heading(call->out);
	else
		error_none(call, "no virtual machines");
	for (size_t i = 0; i < k->n && !out_broken(call->out); i++) {
		if (call->out->mode == OUT_JSON || call->opt[OPT_STATS].set) {
			whole(call, k, &k->vm[i], verdict);
			continue;
		}
		out_record(call->out, "kvm");
		kvm_row(call->out, k, &k->vm[i]);
		out_end(call->out);
		kvm_partial(call, &k->vm[i], verdict);
	}
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct kvms k;
	enum cairn_code code = kvm_get(&k, call, err);

	if (code)
		return kvm_none(call, code, err);
	if (!call->argc)
		list(call, &k, verdict);
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++)
		code = one(call, &k, call->argv[i], verdict, err);
	if (k.err.code)
		error_partial(call, "the list of virtual machines is not whole", &k.err, verdict);
	if (k.lack.code)
		error_partial(call, "page tables of guests", &k.lack, verdict);
	return code;
}

static const struct cmd kvm_cmd = {
	.name = "kvm",
	.synopsis = "[-s] [KVM | PID | COMM]...",
	.summary = "virtual machines that run on this kernel",
	.help = "Lists the virtual machines, or shows one, named by the address of its struct kvm or by\n"
		"the pid of its process: vCPUs with their threads and page-table roots, memory slots,\n"
		"and the roots of its TDP (EPT or NPT) tables. `tdp` walks these, `apf` shows page\n"
		"faults that wait for the host.\n"
		"\n"
		"KVM's types are read from the dump (the BTF of module kvm). Where that has none, the\n"
		"module's debug file helps: -s kvm.ko.debug.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&kvm_cmd);
