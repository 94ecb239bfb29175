/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms_find - where the tables of kallsyms lie in memory.
 */
#ifndef CAIRN_DEBUG_KALLSYMS_FIND_H
#define CAIRN_DEBUG_KALLSYMS_FIND_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/space.h"
#include "lib/image/vmcoreinfo.h"

/** Virtual addresses of the tables. 0: not there, or not known. */
struct kallsyms_tables {
	uint64_t names, num_syms, token_table, token_index;
	uint64_t offsets;       /* u32 or s32 entries */
	uint64_t addresses;     /* word entries */
	uint64_t relative_base;
};

/** From VMCOREINFO (6.0+), else by pattern in the kernel image. */
enum cairn_code kallsyms_find(struct kallsyms_tables *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct cairn_err *err);

#endif
