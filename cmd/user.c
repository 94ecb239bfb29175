/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/user.h"

#include <inttypes.h>

#include "cmd/operand.h"

static enum cairn_code find_task(struct user *u, const char *word, struct cairn_err *err)
{
	struct cairn *c = u->call->cairn;
	enum cairn_code code = word ? operand_task(c, word, &u->task, err)
				    : operand_default(u->call, &u->task, err);

	if (code)
		return code;
	if (u->task->fault) {
		if (err)
			*err = *u->task->fault;
		return u->task->fault->code;
	}
	if (!u->task->mm)
		return cairn_fail(err, CAIRN_USAGE, "task %" PRId32 " (%s) has no address space of its "
				  "own", u->task->pid, u->task->comm);
	return CAIRN_OK;
}

enum cairn_code user_open(struct user *u, struct call *call, const char *word,
			  struct cairn_err *err)
{
	struct cairn *c = call->cairn;
	uint64_t root;
	enum cairn_code code;

	*u = (struct user){ .call = call };
	code = find_task(u, word, err);
	if (!code)
		code = vma_shape_init(&u->vs, c, err);
	if (!code)
		code = mm_read(&u->vs.mm, u->task->mm, &u->mm, err);
	if (!code)
		code = layout_user_root(&c->kernel, u->mm.v[MM_PGD], &root, err);
	if (!code)
		code = layout_user_space(&c->layout, c->img, root, &u->space, err);
	if (!code) {
		code = vma_namer_init(&u->namer, &u->vs, call->scratch, err);
		if (code)
			space_deinit(&u->space);
	}
	return code;
}

void user_close(struct user *u)
{
	vma_namer_deinit(&u->namer);
	space_deinit(&u->space);
}

void user_area(struct user *u, struct out *o, uint64_t va)
{
	const struct cairn_err *fault = NULL;
	const struct path *file;
	const char *name;
	struct vma v;
	char perms[5];

	if (vma_find(&u->vs, &u->mm, va, &v, NULL)) {
		out_null(o, "vma", NULL);
		return;
	}
	vma_perms(v.flags, perms);
	name = vma_name(&u->namer, &u->mm, &v, &file, &fault);
	out_addr(o, "vma", "  area %s", v.addr, u->call->cairn->arch->word * 2);
	out_addr(o, "start", "  %s", v.start, 0);
	out_addr(o, "end", "-%s", v.end, 0);
	out_str(o, "perms", "  %s", perms);
	if (fault)
		out_fault(o, "file", "  %s", fault);
	else
		out_str(o, "file", name ? "  %s" : NULL, name);
	out_text(o, "\n");
}
