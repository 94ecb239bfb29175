/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "lib/kern/module.h"
#include "lib/kern/taint.h"

static void heading(struct call *call)
{
	int w = call->cairn->arch->word * 2;

	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "%-*s  %-24s  %-*s  %9s  %-9s  TAINT", w, "MODULE", "NAME", w, "BASE",
		 "SIZE", "STATE");
	out_paint(call->out, OUT_PLAIN);
	out_text(call->out, "\n");
}

/* The same fields as of any other module: scripts rely on them. */
static void show_unread(struct out *o, const struct module *m)
{
	static const char *const fields[] = { "name", "base", "size", "state", "taints",
					      "build_id" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		out_fault(o, fields[i], NULL, &m->fault);
	out_fault(o, "fault", "%s", &m->fault);
}

static void row(struct call *call, const struct module *m, enum verdict *verdict)
{
	struct out *o = call->out;
	int w = call->cairn->arch->word * 2;
	char taint[TAINT_TEXT];

	out_record(o, "module");
	out_addr(o, "address", "%s  ", m->addr, w);
	if (m->fault.code != CAIRN_OK) {
		show_unread(o, m);
		*verdict = VERDICT_PARTIAL;
	} else {
		out_str(o, "name", "%-24s  ", m->name);
		out_addr(o, "base", "%s  ", m->base, w);
		out_count(o, "size", "%9s  ", m->size);
		out_str(o, "state", "%-9s  ", m->state);
		out_str(o, "taints", "%s", taint_letters(m->taints, taint));
		out_str(o, "build_id", NULL, m->build_id[0] ? m->build_id : NULL);
	}
	out_newline(o);
	out_end(o);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct modules *ms;
	const struct module *m;
	enum cairn_code code = modules_get(call->cairn, &ms, err);

	if (code != CAIRN_OK)
		return code;
	for (int i = 0; i < call->argc; i++)
		if (!module_by_name(ms, call->argv[i]))
			return cairn_fail(err, CAIRN_NOTFOUND, "no module %s", call->argv[i]);
	heading(call);
	for (int i = 0; i < call->argc; i++)
		row(call, module_by_name(ms, call->argv[i]), verdict);
	for (m = ms->module; !call->argc && m < ms->module + ms->n && !out_broken(call->out); m++)
		row(call, m, verdict);
	if (ms->partial)
		error_partial(call, "modules may be missing", &ms->err, verdict);
	return CAIRN_OK;
}

static const struct cmd mod = {
	.name = "mod",
	.synopsis = "[NAME]...",
	.summary = "list modules",
	.help = "Lists the kernel's modules in the order of /proc/modules: struct module, name,\n"
		"where the code begins, size of all its memory, state, and the letters of the\n"
		"taints that it brought (O: out of tree, E: unsigned, P: proprietary ...).",
	.complete = COMPLETE_MODULE,
	.run = run,
};
CAIRN_CMD(&mod);
