/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testxarray - for tests: XArrays in a test kernel's memory. */
#ifndef CAIRN_KERN_TESTXARRAY_H
#define CAIRN_KERN_TESTXARRAY_H

#include "lib/kern/testkern.h"
#include "lib/kern/xarray.h"

#define TX_HEAD  8 /* offset of xa_head */
#define TX_SHIFT 0 /* offsets in struct xa_node */
#define TX_SLOTS 40

/** Declare the types, with nodes of so many slots. Before tk_open(). */
static inline void tx_types(struct testkern *k, uint32_t word, uint32_t slots)
{
	const struct tk_member array[] = {
		{ .name = "xa_head", .offset = TX_HEAD, .size = word }, { .name = NULL },
	};
	const struct tk_member node[] = {
		{ .name = "shift", .offset = TX_SHIFT, .size = 1 },
		{ .name = "slots", .offset = TX_SLOTS, .size = word, .count = slots },
		{ .name = NULL },
	};

	tk_struct(k, "xarray", 16, array);
	tk_struct(k, "xa_node", TX_SLOTS + word * slots, node);
}

/** What a slot or a head that leads to a node has. */
static inline uint64_t tx_link(uint64_t node)
{
	return node | 2;
}

static inline void tx_slot(struct testkern *k, uint64_t node, unsigned slot, uint64_t entry,
			   size_t word)
{
	tk_put(k, node + TX_SLOTS + slot * word, entry, word);
}

#endif
