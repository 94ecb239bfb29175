/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/orc_tables.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/module.h"

#define ENTRIES_LIMIT (16u << 20)
#define SAMPLE        256 /* entries looked at to tell the version */

/* ---- the kernel's table ---- */

static enum cairn_code find_arrays(struct orc_table *t, struct syms *syms, struct cairn_err *err)
{
	enum cairn_code code;
	uint64_t stop;

	code = sym_addr(syms, "__start_orc_unwind_ip", &t->ips, err);
	if (!code)
		code = sym_addr(syms, "__stop_orc_unwind_ip", &stop, err);
	if (!code)
		code = sym_addr(syms, "__start_orc_unwind", &t->entries, err);
	if (code)
		return code;
	if (stop <= t->ips || (stop - t->ips) / 4 > ENTRIES_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "ORC addresses from %#llx to %#llx",
				  (unsigned long long)t->ips, (unsigned long long)stop);
	t->n = (uint32_t)((stop - t->ips) / 4);
	return CAIRN_OK;
}

/* Filled at boot by orc_init(); without it the table is searched as a whole. */
static void find_lookup(struct orc_table *t, struct syms *syms)
{
	uint64_t begin, end, base;

	if (sym_addr(syms, "orc_lookup", &begin, NULL) ||
	    sym_addr(syms, "orc_lookup_end", &end, NULL) || sym_addr(syms, "_stext", &base, NULL) ||
	    end <= begin || (end - begin) / 4 > UINT32_MAX)
		return;
	t->lookup = begin;
	t->lookup_base = base;
	t->lookup_n = (uint32_t)((end - begin) / 4);
}

static enum cairn_code slot_ip(const struct orc_table *t, const struct reader *r, uint32_t i,
			       uint64_t *ret, struct cairn_err *err)
{
	uint64_t slot = t->ips + 4 * (uint64_t)i;
	uint32_t distance;
	enum cairn_code code = reader_u32(r, slot, &distance, err);

	if (!code)
		*ret = slot + (uint64_t)(int64_t)(int32_t)distance;
	return code;
}

/* The kernel's speaks for what lies between its first and its last address. */
static enum cairn_code kernel_range(struct orc_table *t, const struct reader *r,
				  struct cairn_err *err)
{
	enum cairn_code code = slot_ip(t, r, 0, &t->begin, err);

	if (!code)
		code = slot_ip(t, r, t->n - 1, &t->end, err);
	if (code)
		return cairn_context(err, code, "ORC address table");
	if (t->end <= t->begin)
		return cairn_fail(err, CAIRN_CORRUPT, "ORC table from %#llx to %#llx",
				  (unsigned long long)t->begin, (unsigned long long)t->end);
	return CAIRN_OK;
}

static enum orc_version version_by_sample(const struct orc_table *t, const struct reader *r)
{
	unsigned char entries[SAMPLE * ORC_ENTRY_SIZE];
	uint32_t n = t->n < SAMPLE ? t->n : SAMPLE;

	if (reader_bytes(r, t->entries + (uint64_t)(t->n - n) / 2 * ORC_ENTRY_SIZE, entries,
			 n * ORC_ENTRY_SIZE, NULL))
		return ORC_NONE;
	return orc_version_by_sample(entries, n);
}

static enum orc_version find_version(const struct orc_table *t, struct syms *syms,
				     const struct reader *r)
{
	unsigned char hash[ORC_HASH_SIZE];
	enum orc_version v = ORC_NONE;
	uint64_t header;

	if (!sym_addr(syms, "__start_orc_header", &header, NULL) &&
	    !reader_bytes(r, header, hash, sizeof(hash), NULL))
		v = orc_version_by_hash(hash);
	return v ? v : version_by_sample(t, r);
}

enum cairn_code orc_init(struct orc *o, struct syms *syms, const struct reader *r,
			 struct arena *arena, struct cairn_err *err)
{
	struct orc_table t = { 0 };
	enum cairn_code code;

	*o = (struct orc){ .version = ORC_NONE };
	o->cache = arena_array(arena, ORC_CACHE, sizeof(*o->cache));
	if (!o->cache)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for ORC rows");
	code = find_arrays(&t, syms, err);
	if (!code)
		code = kernel_range(&t, r, err);
	if (code)
		return code;
	find_lookup(&t, syms);
	o->version = find_version(&t, syms, r);
	if (!o->version)
		return cairn_fail(err, CAIRN_MISSING, "ORC entries of an unknown format");
	o->kernel = t;
	return CAIRN_OK;
}

/* ---- modules ---- */

enum { MOD_N, MOD_IPS, MOD_ENTRIES, MOD_MEMBERS };
static const struct shape_want mod_want = {
	"struct module", MOD_MEMBERS,
	{
		[MOD_N] = "arch.num_orcs", [MOD_IPS] = "arch.orc_unwind_ip",
		[MOD_ENTRIES] = "arch.orc_unwind",
	},
};

/* A module's speaks for all its text; the range that is noted is the one that holds ip. */
static struct range module_range(const struct module *m, uint64_t ip)
{
	for (size_t i = 0; i < MODULE_RANGES; i++)
		if (ip >= m->mem[i].begin && ip < m->mem[i].end)
			return m->mem[i];
	return m->text;
}

static enum cairn_code read_module(struct orc_table *t, struct cairn *c, const struct module *m,
				   uint64_t ip, struct cairn_err *err)
{
	static const unsigned all[] = { MOD_N, MOD_IPS, MOD_ENTRIES };
	struct shape shape;
	struct object o;
	enum cairn_code code;

	code = shape_resolve(&shape, &mod_want, &c->types, err);
	if (!code)
		code = shape_require(&shape, all, 3, err);
	if (code)
		return code;
	code = object_read(&o, &shape, &c->kernel, m->addr, err);
	if (!code)
		*t = (struct orc_table){
			.begin = module_range(m, ip).begin, .end = module_range(m, ip).end,
			.n = (uint32_t)object_get(&o, MOD_N), .ips = object_get(&o, MOD_IPS),
			.entries = object_get(&o, MOD_ENTRIES),
		};
	object_done(&o);
	if (code)
		return code;
	if (!t->n || !t->ips || !t->entries || t->n > ENTRIES_LIMIT)
		return cairn_fail(err, CAIRN_MISSING, "module %s has no ORC table", m->name);
	return CAIRN_OK;
}

static enum cairn_code keep_table(struct orc *o, const struct orc_table *t, struct arena *arena,
				  struct cairn_err *err)
{
	if (o->nmodules == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 8;
		struct orc_table *all = arena_array(arena, cap, sizeof(*all));

		if (!all)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for ORC tables");
		if (o->nmodules)
			memcpy(all, o->module, o->nmodules * sizeof(*all));
		o->module = all;
		o->cap = cap;
	}
	o->module[o->nmodules++] = *t;
	return CAIRN_OK;
}

enum cairn_code orc_add_module(struct orc *o, struct cairn *c, uint64_t ip, struct arena *arena,
			       struct cairn_err *err)
{
	const struct modules *ms;
	const struct module *m;
	struct orc_table t;
	enum cairn_code code = modules_get(c, &ms, err);

	if (code)
		return code;
	m = o->version ? module_at(ms, ip) : NULL;
	if (!m)
		return cairn_fail(err, CAIRN_NOTFOUND, "%#llx is in no module",
				  (unsigned long long)ip);
	code = read_module(&t, c, m, ip, err);
	return code ? code : keep_table(o, &t, arena, err);
}

/* ---- rows ---- */

static const struct orc_table *table_of(const struct orc *o, uint64_t ip)
{
	if (ip >= o->kernel.begin && ip < o->kernel.end)
		return &o->kernel;
	for (size_t i = 0; i < o->nmodules; i++)
		if (ip >= o->module[i].begin && ip < o->module[i].end)
			return &o->module[i];
	return NULL;
}

enum cairn_code orc_row_at(struct orc *o, const struct reader *r, uint64_t ip,
			   struct orc_row *ret, struct cairn_err *err)
{
	struct orc_cached *kept = &o->cache[ip & (ORC_CACHE - 1)];
	const struct orc_table *t = table_of(o, ip);
	unsigned char entry[ORC_ENTRY_SIZE];
	enum cairn_code code;

	if (!t)
		return cairn_fail(err, CAIRN_NOTFOUND, "no ORC table covers %#llx",
				  (unsigned long long)ip);
	if (!kept->ip || kept->ip != ip) {
		code = orc_find(t, r, ip, entry, err);
		if (code)
			return code;
		*kept = (struct orc_cached){ .ip = ip, .row = orc_decode(o->version, entry) };
	}
	*ret = kept->row;
	return CAIRN_OK;
}
