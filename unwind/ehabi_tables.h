/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ehabi_tables - where ARM's unwind indexes are: the kernel's, and each module's.
 *
 * The kernel's is named by __start_unwind_idx and __stop_unwind_idx. Where no symbol names data it
 * is searched for behind the text: entries by the hundred that lead, ascending, into it prove
 * themselves. Modules keep theirs as struct unwind_table (arch/arm/kernel/module.c,
 * asm/module.h: an array of them in mod->arch, since 5.18 a list).
 */
#ifndef CAIRN_UNWIND_EHABI_TABLES_H
#define CAIRN_UNWIND_EHABI_TABLES_H

#include "lib/base/arena.h"
#include "lib/debug/sym.h"
#include "lib/kern/session.h"
#include "unwind/ehabi.h"

struct ehabi {
	struct ehabi_index kernel;  /* n 0: none */
	struct ehabi_index *module; /* n 0: there is none for the one address it begins at */
	size_t nmodules, cap;
};

/** Find the kernel's index. CAIRN_MISSING: it has none. */
enum cairn_code ehabi_init(struct ehabi *e, struct cairn *c, const struct reader *r,
			   struct cairn_err *err);

/** The same where symbols are missing: in [from, to), for text in [text, text_end). */
enum cairn_code ehabi_search(struct ehabi_index *ret, const struct reader *r, struct range text,
			     struct range in, struct cairn_err *err);

/** Add the indexes of the module that owns pc. CAIRN_NOTFOUND: no module does, or its index
 *  does not speak for pc. */
enum cairn_code ehabi_add_module(struct ehabi *e, struct cairn *c, uint64_t pc,
				 struct arena *arena, struct cairn_err *err);

/** As ehabi_find(), of whatever index speaks for pc. */
enum cairn_code ehabi_entry_at(const struct ehabi *e, const struct reader *r, uint64_t pc,
			       struct ehabi_entry *ret, struct cairn_err *err);

#endif
