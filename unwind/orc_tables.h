/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * orc_tables - the ORC tables of a dump: the kernel's and those of its modules.
 *
 * Sources: arch/x86/kernel/unwind_orc.c (__start_orc_unwind_ip and friends; unwind_
 * module_init sorts a module's tables in place), struct mod_arch_specific.
 */
#ifndef CAIRN_UNWIND_ORC_TABLES_H
#define CAIRN_UNWIND_ORC_TABLES_H

#include "lib/base/arena.h"
#include "lib/debug/sym.h"
#include "lib/kern/session.h"
#include "unwind/orc.h"

#define ORC_CACHE 1024 /* rows kept by address; a power of two */

struct orc_cached {
	uint64_t ip; /* 0: empty */
	struct orc_row row;
};

struct orc {
	enum orc_version version;
	struct orc_table kernel;
	struct orc_table *module;
	size_t nmodules, cap;
	struct orc_cached *cache;
};

/** Find the kernel's table and its version. CAIRN_MISSING: this kernel has none; then *o is
 *  valid and knows no rows. */
enum cairn_code orc_init(struct orc *o, struct syms *syms, const struct reader *r,
			 struct arena *arena, struct cairn_err *err);

/** Find the table of the module that owns ip. CAIRN_NOTFOUND: no module does;
 *  CAIRN_MISSING: it has no table. */
enum cairn_code orc_add_module(struct orc *o, struct cairn *c, uint64_t ip, struct arena *arena,
			       struct cairn_err *err);

/** The row that covers ip. CAIRN_NOTFOUND: no table speaks for ip. */
enum cairn_code orc_row_at(struct orc *o, const struct reader *r, uint64_t ip,
			   struct orc_row *ret, struct cairn_err *err);

#endif
