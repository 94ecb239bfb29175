/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/wait_text.h"

#include <inttypes.h>
#include <string.h>

/* Where the kernel names no data, the nearest symbol is some function's. */
bool wait_object_symbol(struct cairn *c, const struct wait *w, struct sym *ret, uint64_t *offset)
{
	*ret = (struct sym){ 0 };
	return w->object && !w->mm && sym_at(&c->syms, w->object, ret, offset) &&
	       !strchr("tTwW", ret->type);
}

void wait_object_text(struct str *s, struct cairn *c, const struct wait *w)
{
	struct sym sym;
	uint64_t offset;

	if (wait_object_symbol(c, w, &sym, &offset)) {
		str_add(s, sym.name);
		if (offset)
			str_addf(s, "+0x%" PRIx64, offset);
	} else {
		str_addf(s, "0x%" PRIx64, w->object);
	}
	if (sym.module)
		str_addf(s, " [%s]", sym.module);
}

void wait_text(struct str *s, struct cairn *c, const struct wait *w)
{
	const char *kind = wait_kind_name(w->kind);

	str_add(s, kind ? kind : "something not known");
	if (w->object && w->kind != WAIT_POLL) {
		str_addc(s, ' ');
		wait_object_text(s, c, w);
	}
	if (w->bit >= 0)
		str_addf(s, " bit %d", w->bit);
	if (w->nfiles)
		str_addf(s, " of %" PRIu32 " file%s", w->nfiles, w->nfiles == 1 ? "" : "s");
	if (w->access != WAIT_ACCESS_NONE && (wait_kind_is_lock(w->kind) || w->kind == WAIT_PIPE))
		str_add(s, w->access == WAIT_ACCESS_READ ? " to read" : " to write");
}

void wait_task_text(struct str *s, const struct task *t)
{
	str_addf(s, "%s (%" PRId32 ")", t->comm, t->pid);
}
