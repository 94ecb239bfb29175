/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_out - what the kernel's memory was used for, as fields and as a table.
 */
#ifndef CAIRN_CMD_MEMORY_OUT_H
#define CAIRN_CMD_MEMORY_OUT_H

#include "lib/base/out.h"
#include "mm/memstat.h"

/** A field for each of the counters, in bytes, null where it is not known; JSON only, inside a
 *  record. Returns how many are known. */
size_t memory_fields(struct out *o, const struct memstat *m);

/** Text only: a line for each that is known, in pages of 1 << page_shift bytes, MB and percent. */
void memory_table(struct out *o, const struct memstat *m, unsigned page_shift);

#endif
