/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms_index - the symbol table as sections of the index cache.
 */
#ifndef CAIRN_DEBUG_KALLSYMS_INDEX_H
#define CAIRN_DEBUG_KALLSYMS_INDEX_H

#include "lib/debug/index.h"
#include "lib/debug/kallsyms.h"

/** Describe the table as parts to save. `head` is the caller's and must live until then. */
struct kallsyms_head {
	uint32_t n, names_len, tokens_len, encoding;
};
void kallsyms_parts(const struct kallsyms *k, struct kallsyms_head *head,
		    struct index_part part[INDEX_SECTIONS]);

/** Take the table from an index; arrays are borrowed from it. The index was written by
 *  another dump that claimed the same build-id, so a few pages of this one are held
 *  against it (number of symbols, token_index, the first names): CAIRN_CORRUPT if they
 *  differ, CAIRN_NOTFOUND if the sections are not whole. */
enum cairn_code kallsyms_from_index(struct kallsyms *ret, struct index *idx, struct space *kernel,
				    const struct vmcoreinfo *v, struct arena *arena,
				    struct cairn_err *err);

#endif
