/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/memory_out.h"

#include <inttypes.h>

size_t memory_fields(struct out *o, const struct memstat *m)
{
	size_t known = 0;

	for (unsigned i = 0; i < MEMSTAT_ITEMS; i++) {
		known += m->has[i];
		if (m->has[i])
			out_count(o, memstat_name(i), NULL, m->bytes[i]);
		else
			out_null(o, memstat_name(i), NULL);
	}
	return known;
}

static const struct line {
	const char *name;
	enum memstat_item item, of; /* of: what it is a part of; item itself: of nothing */
	bool rest;                  /* what is not item of that */
} lines[] = {
	{ "TOTAL", MEMSTAT_TOTAL, MEMSTAT_TOTAL, false },
	{ "FREE", MEMSTAT_FREE, MEMSTAT_TOTAL, false },
	{ "USED", MEMSTAT_FREE, MEMSTAT_TOTAL, true },
	{ "PAGE CACHE", MEMSTAT_FILE, MEMSTAT_TOTAL, false },
	{ "SHARED", MEMSTAT_SHMEM, MEMSTAT_TOTAL, false },
	{ "ANONYMOUS", MEMSTAT_ANON, MEMSTAT_TOTAL, false },
	{ "UNEVICTABLE", MEMSTAT_UNEVICTABLE, MEMSTAT_TOTAL, false },
	{ "SLAB", MEMSTAT_SLAB_KEPT, MEMSTAT_TOTAL, false },
	{ "SLAB RECLAIMABLE", MEMSTAT_SLAB, MEMSTAT_TOTAL, false },
	{ "PAGE TABLES", MEMSTAT_PAGETABLE, MEMSTAT_TOTAL, false },
	{ "KERNEL STACKS", MEMSTAT_STACK, MEMSTAT_TOTAL, false },
	{ "HUGE PAGES", MEMSTAT_HUGE, MEMSTAT_TOTAL, false },
	{ "HUGE PAGES FREE", MEMSTAT_HUGE_FREE, MEMSTAT_TOTAL, false },
	{ "SWAP", MEMSTAT_SWAP, MEMSTAT_SWAP, false },
	{ "SWAP FREE", MEMSTAT_SWAP_FREE, MEMSTAT_SWAP, false },
	{ "SWAP USED", MEMSTAT_SWAP_FREE, MEMSTAT_SWAP, true },
};

static void show_line(struct out *o, const struct line *l, const struct memstat *m,
		      unsigned page_shift)
{
	uint64_t whole = m->bytes[l->of], n = m->bytes[l->item];

	if (l->rest)
		n = whole > n ? whole - n : 0;
	out_text(o, "%16s  %10" PRIu64 "  %10.1f", l->name, n >> page_shift,
		 (double)n / (1 << 20));
	if (l->item != l->of && whole)
		out_text(o, "  %3.0f%% of %s", 100.0 * (double)n / (double)whole,
			 l->of == MEMSTAT_SWAP ? "SWAP" : "TOTAL");
	out_text(o, "\n");
}

void memory_table(struct out *o, const struct memstat *m, unsigned page_shift)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "%16s  %10s  %10s\n", "", "PAGES", "MB");
	out_paint(o, OUT_PLAIN);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (m->has[lines[i].item] && m->has[lines[i].of])
			show_line(o, &lines[i], m, page_shift);
}
