/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/vm_out.h"
#include "lib/kern/files.h"

enum { OPT_REFERENCE };

static const struct opt opts[] = {
	[OPT_REFERENCE] = { 'R', "reference", "REF",
			    "only files with this descriptor, address, or path (a pattern, or its end)" },
	{ 0, NULL, NULL, NULL },
};

/* What one command needs for all tasks. */
struct look {
	struct call *call;
	struct paths paths;
	const char *ref;
	uint64_t ref_number;
	bool ref_is_number;
	enum verdict *verdict;
	bool any; /* task was shown, which the next stands apart from */
};

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return m <= n && !strcmp(path + n - m, end) &&
	       (m == n || *end == '/' || path[n - m - 1] == '/' || path[n - m - 1] == ':');
}

static bool is_meant(const struct look *l, const struct open_file *f)
{
	if (!l->ref)
		return true;
	if (l->ref_is_number && (f->file == l->ref_number || f->dentry == l->ref_number ||
				 f->inode == l->ref_number))
		return true;
	if (!l->ref[strspn(l->ref, "0123456789")] && strtoull(l->ref, NULL, 10) == f->fd)
		return true;
	return f->path->name && (!fnmatch(l->ref, f->path->name, 0) ||
				 ends_with(f->path->name, l->ref));
}

static bool any_is_meant(const struct look *l, const struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_meant(l, &f->file[i]))
			return true;
	return !l->ref;
}

/* ---- rows ---- */

static void address(struct look *l, const char *name, uint64_t v)
{
	int w = l->call->cairn->arch->word * 2;

	if (v)
		out_addr(l->call->out, name, "  %s", v, w);
	else
		out_null(l->call->out, name, w == 16 ? "  %-16s" : "  %-8s");
}

static void path_field(struct look *l, const char *name, const char *look, const struct path *p)
{
	if (p->name) {
		out_str(l->call->out, name, look, p->name);
	} else if (p->fault.code) {
		out_fault(l->call->out, name, look, &p->fault);
		*l->verdict = VERDICT_PARTIAL;
	} else {
		out_null(l->call->out, name, look);
	}
}

static void row(struct look *l, const struct task *t, const struct open_file *f)
{
	struct out *o = l->call->out;

	out_record(o, "file");
	out_num(o, "pid", NULL, t->pid);
	out_num(o, "fd", "%4s", f->fd);
	address(l, "file", f->file);
	address(l, "dentry", f->dentry);
	address(l, "inode", f->inode);
	out_str(o, "type", "  %-4s", f->type);
	out_hex(o, "flags", NULL, f->flags);
	out_count(o, "position", NULL, f->pos);
	path_field(l, "path", "  %s\n", f->path);
	out_end(o);
}

static void heading(struct look *l, const struct task *t, const struct files *f)
{
	struct out *o = l->call->out;
	int w = l->call->cairn->arch->word * 2;

	if (o->mode == OUT_JSON)
		return;
	vm_out_task(o, l->call->cairn, t);
	if (f->has_dirs) {
		path_field(l, NULL, "ROOT: %s", &f->root);
		path_field(l, NULL, "    CWD: %s\n", &f->cwd);
	}
	if (f->none)
		out_text(o, "no files: a kernel thread, or a task that has ended\n");
	else if (!f->n)
		out_text(o, "no open files\n");
	else
		out_text(o, "  FD  %-*s  %-*s  %-*s  TYPE  PATH\n", w, "FILE", w, "DENTRY", w, "INODE");
}

static enum cairn_code one_task(struct look *l, const struct task *t, struct cairn_err *err)
{
	struct files f;
	enum cairn_code code;

	if (t->fault) {
		*err = *t->fault;
		return t->fault->code;
	}
	code = files_get(&f, &l->paths, t, l->call->scratch, err);
	if (code)
		return cairn_context(err, code, "files of %d", t->pid);
	if (!any_is_meant(l, &f))
		return CAIRN_OK;
	out_text(l->call->out, l->any ? "\n" : "");
	l->any = true;
	heading(l, t, &f);
	for (size_t i = 0; i < f.n && !out_broken(l->call->out); i++)
		if (is_meant(l, &f.file[i]))
			row(l, t, &f.file[i]);
	if (f.partial)
		error_partial(l->call, "files", &f.err, l->verdict);
	return CAIRN_OK;
}

static enum cairn_code each_task(struct look *l, struct cairn_err *err)
{
	struct call *call = l->call;
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	if (!call->argc) {
		code = operand_default(call, &t, err);
		if (!code)
			code = one_task(l, t, err);
	}
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			code = one_task(l, t, err);
	}
	if (!code && !l->any)
		out_text(call->out, "no such file is open\n");
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct look l = { .call = call, .verdict = verdict, .ref = call->opt[OPT_REFERENCE].value };
	enum cairn_code code;

	l.ref_is_number = l.ref && !operand_address(call->cairn, l.ref, &l.ref_number, NULL);
	code = paths_init(&l.paths, call->cairn, call->scratch, err);
	if (code)
		return code;
	code = each_task(&l, err);
	paths_deinit(&l.paths);
	return code;
}

static const struct cmd files = {
	.name = "files",
	.synopsis = "[-R REF] [PID | TASK | COMM]...",
	.summary = "open files, root and working directory of tasks",
	.help = "Of each descriptor of a task, or without operand of the one that panicked: its struct\n"
		"file, dentry and inode, the kind of inode, and the path as /proc/PID/fd has it (pipes,\n"
		"sockets and anonymous inodes by their number or name). `foreach files -R REF` says who\n"
		"has a file open.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&files);
