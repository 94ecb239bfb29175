/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/memstat.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "lib/debug/sym.h"
#include "lib/image/image.h"
#include "lib/kern/task.h"
#include "mm/memstat_huge.h"

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
	[MEMSTAT_UNEVICTABLE] = { "unevictable", "vm_node_stat", "enum node_stat_item",
				  "NR_UNEVICTABLE", false },
	[MEMSTAT_SLAB] = { "slab_reclaimable", "vm_node_stat", "enum node_stat_item",
			   "NR_SLAB_RECLAIMABLE_B", false },
	[MEMSTAT_SLAB_KEPT] = { "slab_unreclaimable", "vm_node_stat", "enum node_stat_item",
				"NR_SLAB_UNRECLAIMABLE_B", false },
	[MEMSTAT_PAGETABLE] = { "page_tables", "vm_node_stat", "enum node_stat_item",
				"NR_PAGETABLE", false },
	[MEMSTAT_STACK] = { "kernel_stacks", "vm_node_stat", "enum node_stat_item",
			    "NR_KERNEL_STACK_KB", true },
	[MEMSTAT_HUGE] = { .json = "huge_pages" },
	[MEMSTAT_HUGE_FREE] = { .json = "huge_pages_free" },
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

/* ---- the nodes' own counters ---- */

#define NODES 64
#define ZONES 8

enum { K_DATA, K_N };
static const struct shape_want kthread_want = { "struct kthread", K_N, { [K_DATA] = "data" } };
enum { T_KTHREAD, T_N };
static const struct shape_want task_want = {
	"struct task_struct", T_N, { [T_KTHREAD] = "worker_private|set_child_tid" },
};

/* Each node has a thread that reclaims its memory: what it was given is the node, which names the
 * thread. mm/vmscan.c kswapd_run(), kernel/kthread.c */
static size_t nodes_of_kswapd(struct cairn *c, uint64_t node[NODES])
{
	const struct type *pgdat = type_find(&c->types, "struct pglist_data", NULL);
	struct shape kthread, task;
	const struct tasks *ts;
	struct member kswapd;
	uint64_t at, back;
	size_t n = 0;

	if (!pgdat || !type_member(pgdat, "kswapd", &kswapd) ||
	    shape_resolve(&kthread, &kthread_want, &c->types, NULL) ||
	    shape_resolve(&task, &task_want, &c->types, NULL) || tasks_get(c, &ts, NULL))
		return 0;
	for (size_t i = 0; i < ts->n && n < NODES; i++) {
		const struct task *t = &ts->task[i];

		if (t->fault || !t->kernel_thread || strncmp(t->comm, "kswapd", 6))
			continue;
		if (!shape_get(&task, &c->kernel, t->addr, T_KTHREAD, &at, NULL) &&
		    !shape_get(&kthread, &c->kernel, at, K_DATA, &node[n], NULL) &&
		    !space_word(&c->kernel, node[n] + kswapd.offset, &back, NULL) && back == t->addr)
			n++;
	}
	return n;
}

/* From VMCOREINFO's symbols: kallsyms may leave out data. */
static size_t nodes_of(struct cairn *c, uint64_t node[NODES])
{
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	uint64_t at;
	size_t n = 0;

	if (!sym_addr(&c->syms, "contig_page_data", node, NULL) ||
	    vmcoreinfo_symbol(v, "contig_page_data", node))
		return 1;
	if (sym_addr(&c->syms, "node_data", &at, NULL) && !vmcoreinfo_symbol(v, "node_data", &at))
		return nodes_of_kswapd(c, node);
	/* of nodes that are possible, those that are online stand first */
	while (n < NODES && !space_word(&c->kernel, at + n * c->arch->word, &node[n], NULL) &&
	       node[n])
		n++;
	return n;
}

static bool add_word(struct cairn *c, uint64_t at, uint64_t *sum)
{
	uint64_t word;

	if (space_word(&c->kernel, at, &word, NULL))
		return false;
	*sum += c->arch->word == 8 ? word : (uint64_t)(int64_t)(int32_t)word;
	return true;
}

/* A member of each zone of a node. */
static bool add_zones(struct cairn *c, uint64_t node, const struct type *pgdat, const char *member,
		      uint64_t index, uint64_t *sum)
{
	const struct type *zone = type_find(&c->types, "struct zone", NULL);
	struct member zones, m;
	uint64_t size;

	if (!zone || !type_member(pgdat, "node_zones", &zones) || !type_member(zone, member, &m))
		return false;
	size = type_strip(zone)->size;
	for (uint64_t z = 0; size && z < zones.size / size && z < ZONES; z++)
		if (!add_word(c, node + zones.offset + z * size + m.offset + index * c->arch->word,
			      sum))
			return false;
	return true;
}

static bool add_node(struct cairn *c, uint64_t node, const struct type *pgdat,
		     const struct source *s, uint64_t *sum)
{
	const struct type *t = s->index ? type_find(&c->types, s->index, NULL) : NULL;
	struct member m;
	int64_t index = 0;

	if (s->name && (!t || !type_enum_value(t, s->name, &index) || index < 0))
		return false;
	if (!s->name)
		return add_zones(c, node, pgdat, "managed_pages", 0, sum);
	if (!strcmp(s->variable, "vm_zone_stat"))
		return add_zones(c, node, pgdat, "vm_stat", (uint64_t)index, sum);
	return type_member(pgdat, "vm_stat", &m) &&
	       add_word(c, node + m.offset + (uint64_t)index * c->arch->word, sum);
}

static bool sum_nodes(struct cairn *c, const struct source *s, uint64_t *ret)
{
	const struct type *pgdat = type_find(&c->types, "struct pglist_data", NULL);
	uint64_t node[NODES];
	size_t n = pgdat && strcmp(s->json, "swap") && strcmp(s->json, "swap_free") ?
			   nodes_of(c, node) : 0;

	*ret = 0;
	for (size_t i = 0; i < n; i++)
		if (!add_node(c, node[i], pgdat, s, ret))
			return false;
	return n;
}

/* ---- */

static enum cairn_code read_one(struct cairn *c, const struct source *s, uint64_t *ret,
				struct cairn_err *err)
{
	unsigned shift = s->kib ? 10 : c->kernel.page_shift;
	uint64_t at, raw;
	int64_t n;
	enum cairn_code code = place(c, s, &at, err);

	if (!code)
		code = space_word(&c->kernel, at, &raw, err);
	if (code && !sum_nodes(c, s, &raw))
		return code;
	n = c->arch->word == 8 ? (int64_t)raw : (int64_t)(int32_t)raw;
	/* what is not folded in yet may take a counter below zero */
	*ret = n < 0 ? 0 : (uint64_t)n << shift;
	if (*ret >> shift != (uint64_t)(n < 0 ? 0 : n))
		return cairn_fail(err, CAIRN_CORRUPT, "%s: no machine has as many pages", s->json);
	return CAIRN_OK;
}

static void get_huge(struct cairn *c, struct memstat *ret)
{
	struct memstat_huge huge;

	ret->has[MEMSTAT_HUGE] = ret->has[MEMSTAT_HUGE_FREE] =
		!memstat_huge(c, &huge, &ret->huge_lack);
	ret->bytes[MEMSTAT_HUGE] = huge.bytes;
	ret->bytes[MEMSTAT_HUGE_FREE] = huge.free;
}

void memstat_get(struct cairn *c, struct memstat *ret)
{
	struct cairn_err err;

	*ret = (struct memstat){ .lack = { .code = CAIRN_OK }, .huge_lack = { .code = CAIRN_OK } };
	get_huge(c, ret);
	for (unsigned i = 0; i < MEMSTAT_ITEMS; i++) {
		if (i == MEMSTAT_HUGE || i == MEMSTAT_HUGE_FREE)
			continue;
		ret->has[i] = !read_one(c, &sources[i], &ret->bytes[i], &err);
		if (!ret->has[i] && ret->lack.code == CAIRN_OK)
			ret->lack = err;
	}
}

const char *memstat_name(enum memstat_item item)
{
	return sources[item].json;
}
