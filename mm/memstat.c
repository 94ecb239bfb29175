/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/memstat.h"

#include "lib/debug/sym.h"

/* Index `name` of the array `variable`, as `index` has it; a variable alone if there is no name. */
static const struct source {
	const char *json, *variable, *index, *name;
	bool kib; /* counted in KiB, else in pages */
} sources[] = {
	[MEMSTAT_TOTAL] = { .json = "total", .variable = "_totalram_pages" },
	[MEMSTAT_FREE] = { "free", "vm_zone_stat", "enum zone_stat_item", "NR_FREE_PAGES", false },
	[MEMSTAT_FILE] = { "page_cache", "vm_node_stat", "enum node_stat_item", "NR_FILE_PAGES",
			   false },
	[MEMSTAT_SHMEM] = { "shmem", "vm_node_stat", "enum node_stat_item", "NR_SHMEM", false },
	[MEMSTAT_ANON] = { "anon", "vm_node_stat", "enum node_stat_item", "NR_ANON_MAPPED", false },
	[MEMSTAT_SLAB] = { "slab_reclaimable", "vm_node_stat", "enum node_stat_item",
			   "NR_SLAB_RECLAIMABLE_B", false },
	[MEMSTAT_SLAB_KEPT] = { "slab_unreclaimable", "vm_node_stat", "enum node_stat_item",
				"NR_SLAB_UNRECLAIMABLE_B", false },
	[MEMSTAT_PAGETABLE] = { "page_tables", "vm_node_stat", "enum node_stat_item",
				"NR_PAGETABLE", false },
	[MEMSTAT_STACK] = { "kernel_stacks", "vm_node_stat", "enum node_stat_item",
			    "NR_KERNEL_STACK_KB", true },
	[MEMSTAT_SWAP] = { .json = "swap", .variable = "total_swap_pages" },
	[MEMSTAT_SWAP_FREE] = { .json = "swap_free", .variable = "nr_swap_pages" },
};

/* The counters' places in the array. */
static enum cairn_code place(struct cairn *c, const struct source *s, uint64_t *ret,
			     struct cairn_err *err)
{
	const struct type *t;
	int64_t index = 0;
	enum cairn_code code = sym_addr(&c->syms, s->variable, ret, err);

	if (code || !s->name)
		return code;
	t = type_find(&c->types, s->index, err);
	if (!t)
		return CAIRN_MISSING;
	if (!type_enum_value(t, s->name, &index) || index < 0)
		return cairn_fail(err, CAIRN_MISSING, "%s has no %s", s->index, s->name);
	*ret += (uint64_t)index * c->arch->word;
	return CAIRN_OK;
}

static enum cairn_code read_one(struct cairn *c, const struct source *s, uint64_t *ret,
				struct cairn_err *err)
{
	unsigned shift = s->kib ? 10 : c->kernel.page_shift;
	uint64_t at, raw;
	int64_t n;
	enum cairn_code code = place(c, s, &at, err);

	if (!code)
		code = space_word(&c->kernel, at, &raw, err);
	if (code)
		return code;
	n = c->arch->word == 8 ? (int64_t)raw : (int64_t)(int32_t)raw;
	/* what is not folded in yet may take a counter below zero */
	*ret = n < 0 ? 0 : (uint64_t)n << shift;
	if (*ret >> shift != (uint64_t)(n < 0 ? 0 : n))
		return cairn_fail(err, CAIRN_CORRUPT, "%s: no machine has as many pages", s->json);
	return CAIRN_OK;
}

void memstat_get(struct cairn *c, struct memstat *ret)
{
	struct cairn_err err;

	*ret = (struct memstat){ .lack = { .code = CAIRN_OK } };
	for (unsigned i = 0; i < MEMSTAT_ITEMS; i++) {
		ret->has[i] = !read_one(c, &sources[i], &ret->bytes[i], &err);
		if (!ret->has[i] && ret->lack.code == CAIRN_OK)
			ret->lack = err;
	}
}

const char *memstat_name(enum memstat_item item)
{
	return sources[item].json;
}
