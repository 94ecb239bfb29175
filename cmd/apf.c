/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/apf_out.h"
#include "cmd/error_out.h"
#include "cmd/kvm_out.h"

enum { OPT_GUEST, OPT_HOST, OPT_STACKS, OPT_PEER };

static const struct opt opts[] = {
	[OPT_GUEST] = { 'g', "guest", NULL, "only as a guest" },
	[OPT_HOST] = { 'H', "host", NULL, "only as a host" },
	[OPT_STACKS] = { 'n', "no-stacks", NULL, "without the stacks of tasks" },
	[OPT_PEER] = { 'p', "peer", "FILE",
		       "the dump of the host (of the guest) at the same time: match tokens" },
	{ 0, NULL, NULL, NULL },
};

/* ---- one side ---- */

/* CAIRN_NOTFOUND: it is no guest, or was not set up as one. */
static enum cairn_code show_guest(struct call *call, const struct apf_out *to,
				  enum verdict *verdict, struct cairn_err *err)
{
	struct apf_guest g;
	enum cairn_code code = apf_guest_read(&g, call->cairn, call->scratch, err);

	if (code)
		return code;
	if (!g.on && !g.nsleepers && !g.err.code)
		return cairn_fail(err, CAIRN_NOTFOUND,
				  "it has not enabled asynchronous page faults");
	for (size_t i = 0; i < g.nareas; i++)
		apf_area_record(to, &g.area[i]);
	for (size_t i = 0; i < g.nsleepers; i++)
		apf_sleeper_record(to, &g.sleeper[i]);
	out_text(to->o, "%zu tasks wait for pages from the host\n", g.nsleepers);
	if (g.err.code)
		error_partial(call, "sleepers", &g.err, verdict);
	return CAIRN_OK;
}

static void show_vm(const struct apf_out *to, struct apf_host *h, const struct kvm_vm *vm,
		    struct call *call, enum verdict *verdict)
{
	struct kvm_guest guest;

	if (vm->err.code) {
		error_partial(call, "virtual machine", &vm->err, verdict);
		return;
	}
	kvm_guest_init(&guest, h->k, vm);
	for (size_t i = 0; i < vm->nvcpus; i++) {
		struct apf_vcpu v;

		apf_vcpu_read(&v, h, &guest, &vm->vcpu[i]);
		apf_vcpu_record(to, vm, &v);
		if (v.queue_err.code)
			error_partial(call, "queue", &v.queue_err, verdict);
		if (v.done_err.code)
			error_partial(call, "done", &v.done_err, verdict);
	}
}

static enum cairn_code show_host(struct call *call, const struct apf_out *to, enum verdict *verdict,
				 struct cairn_err *err)
{
	struct apf_host h;
	struct kvms k;
	const struct kvm_vm *vm;
	enum cairn_code code = kvm_get(&k, call, err);

	if (!code && !k.n)
		code = cairn_fail(err, CAIRN_NOTFOUND, "it has no virtual machines");
	if (code)
		return code;
	code = apf_host_init(&h, &k, call->scratch, err);
	for (size_t i = 0; !code && !call->argc && i < k.n; i++)
		show_vm(to, &h, &k.vm[i], call, verdict);
	for (int i = 0; !code && i < call->argc; i++) {
		code = kvm_operand(&k, call->argv[i], &vm, err);
		if (!code)
			show_vm(to, &h, vm, call, verdict);
	}
	apf_host_deinit(&h);
	return code;
}

static enum cairn_code both_sides(struct call *call, const struct apf_out *to,
				  enum verdict *verdict, struct cairn_err *err)
{
	const struct opt_value *opt = call->opt;
	struct cairn_err guest, host;
	enum cairn_code g = CAIRN_NOTFOUND, h = CAIRN_NOTFOUND;

	if (!opt[OPT_HOST].set && !call->argc)
		g = show_guest(call, to, verdict, &guest);
	else
		cairn_fail(&guest, CAIRN_NOTFOUND, "not asked for");
	if (!opt[OPT_GUEST].set)
		h = show_host(call, to, verdict, &host);
	else
		cairn_fail(&host, CAIRN_NOTFOUND, "not asked for");
	if (h && h != CAIRN_NOTFOUND) {
		*err = host;
		return h;
	}
	if (g && g != CAIRN_NOTFOUND)
		error_partial(call, "as a guest", &guest, verdict);
	if (g && h)
		error_none(call, arena_printf(call->scratch, "as a guest: %s; as a host: %s", guest.text,
					      host.text));
	return CAIRN_OK;
}

/* ---- two dumps ---- */

/* The VM of the host that has the guest's tokens; or the only one, or the one named. */
static enum cairn_code match_in(struct call *call, const struct apf_out *to, struct cairn *host,
				const struct apf_guest *g, enum verdict *verdict,
				struct cairn_err *err)
{
	struct kvms k;
	struct apf_host h;
	struct kvm_guest guest;
	const struct kvm_vm *vm;
	struct apf_vcpu *v = NULL;
	size_t n = 0;
	enum cairn_code code = kvms_read(&k, host, call->scratch, err);

	if (!code)
		code = call->argc ? kvm_operand(&k, call->argv[0], &vm, err)
				  : kvm_only(&k, &vm, err);
	if (code)
		return code;
	code = apf_host_init(&h, &k, call->scratch, err);
	v = arena_array(call->scratch, vm->nvcpus + 1, sizeof(*v));
	if (!code && !v)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for vCPUs");
	if (!code) {
		struct apf_match *m;

		kvm_guest_init(&guest, &k, vm);
		for (size_t i = 0; i < vm->nvcpus; i++)
			apf_vcpu_read(&v[i], &h, &guest, &vm->vcpu[i]);
		m = apf_match(g, v, vm->nvcpus, call->scratch, &n);
		for (size_t i = 0; m && i < n; i++)
			if (apf_match_record(to, &m[i]))
				*verdict = VERDICT_FINDINGS;
	}
	apf_host_deinit(&h);
	return code;
}

static enum cairn_code match(struct call *call, const struct apf_out *to, enum verdict *verdict,
			     struct cairn_err *err)
{
	const char *const path[] = { call->opt[OPT_PEER].value };
	struct cairn *peer, *here = call->cairn;
	struct apf_guest g;
	enum cairn_code code = cairn_open(&peer, path, 1, here->opts, err);

	if (code)
		return cairn_context(err, code, "%s", path[0]);
	/* the guest is whichever of the two has sleepers */
	code = apf_guest_read(&g, here, call->scratch, err);
	if (!code && g.nsleepers) {
		code = match_in(call, to, peer, &g, verdict, err);
	} else {
		code = apf_guest_read(&g, peer, call->scratch, err);
		if (!code)
			code = match_in(call, to, here, &g, verdict, err);
	}
	cairn_close(peer);
	return code;
}

/* ---- the command ---- */

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct apf_out to = { call->out, call->cairn, NULL };
	struct unwinder u;
	bool unwinds = !call->opt[OPT_STACKS].set &&
		       !unwinder_init(&u, call->cairn, call->scratch, NULL);
	enum cairn_code code;

	if (unwinds)
		to.unwinder = &u;
	code = call->opt[OPT_PEER].set ? match(call, &to, verdict, err)
				       : both_sides(call, &to, verdict, err);
	if (unwinds)
		unwinder_deinit(&u);
	return code;
}

static const struct cmd apf = {
	.name = "apf",
	.synopsis = "[-g | -H] [-n] [-p FILE] [KVM | PID | COMM]...",
	.summary = "asynchronous page faults, of a guest and of its host",
	.help = "As a guest: each CPU's area that it shares with the host, and each task that sleeps until\n"
		"the host has read in a page of the guest's memory, with its token, its stack, and for\n"
		"how long it has slept. A dummy is a page that was ready before the fault came.\n"
		"\n"
		"As a host: for each vCPU what the guest asked for (the MSR bit by bit), the faults that\n"
		"are queued or done, the kworker that reads in each page, and where that waits.\n"
		"\n"
		"-p takes the other side's dump and matches both by token; a task whose token the host does\n"
		"not have will sleep for ever (apf.guest.lost-wakeup). `check -o 'apf.*'` verifies.",
	.opts = opts,
	.complete = COMPLETE_FILE,
	.run = run,
};
CAIRN_CMD(&apf);
