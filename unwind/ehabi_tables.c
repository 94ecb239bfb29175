/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/ehabi_tables.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/list.h"
#include "lib/kern/module.h"

#define ENTRY         8u
#define PAGE          4096u
#define ENTRIES_LIMIT (1u << 22)
#define TABLES_LIMIT  16
#define BEHIND        ((uint64_t)16 << 20) /* read-only data begins with it, or nearly so */
#define HOLES         256 /* pages in a row that may be missing from an index */
#define PROOF         256 /* entries that make an index */
#define SAMPLE        64  /* entries in a row that are enough to look closer */

/* ---- the search ---- */

/* A page of what may be the index. Its entries begin at a `phase` of 0 or 4. */
struct leaf {
	uint64_t at;
	unsigned char bytes[PAGE];
};

static bool read_leaf(const struct reader *r, uint64_t at, struct leaf *ret)
{
	ret->at = at;
	return !reader_bytes(r, at, ret->bytes, PAGE, NULL);
}

static uint64_t function_at(const struct leaf *l, unsigned at)
{
	uint32_t word = le32(l->bytes + at);

	return (uint32_t)(l->at + at + (uint64_t)(int64_t)((int32_t)(word << 1) >> 1));
}

static bool is_second_word(uint32_t word)
{
	return word == 1 || !(word & 0x80000000) || word >> 24 == 0x80;
}

/* Entries from `at` on, ascending from `after`, that lead into the text: how many bytes. */
static unsigned good_entries(const struct leaf *l, unsigned at, struct range text, uint64_t after)
{
	unsigned from = at;

	for (; at + 4 <= PAGE; at += ENTRY) {
		uint64_t f = function_at(l, at);

		if (f < text.begin || f >= text.end || f < after || le32(l->bytes + at) >> 31 ||
		    (at + ENTRY <= PAGE && !is_second_word(le32(l->bytes + at + 4))))
			break;
		after = f;
	}
	return at - from;
}

/* Behind the whole of a page of entries, more of them follow: up to where? */
static uint64_t end_of(const struct reader *r, struct leaf *l, unsigned phase, struct range text,
		       uint64_t limit)
{
	uint64_t end = l->at + phase, after = 0;
	unsigned holes = 0, good;

	for (uint64_t at = l->at; at < limit && holes < HOLES; at += PAGE) {
		if (!read_leaf(r, at, l)) {
			holes++;
			continue;
		}
		good = good_entries(l, phase, text, after);
		if (good) {
			end = at + phase + good;
			after = function_at(l, phase + good - ENTRY);
		}
		if (phase + good + 4 <= PAGE)
			break;
		holes = 0;
	}
	return end;
}

/* Entries of the page that end at its end: from where? PAGE: none. */
static unsigned tail_of(const struct leaf *l, unsigned phase, struct range text, uint64_t before)
{
	unsigned at = phase + (PAGE - 4 - phase) / ENTRY * ENTRY, begin = PAGE;

	for (;; at -= ENTRY) {
		uint64_t f = function_at(l, at);

		if (f < text.begin || f >= text.end || f > before || le32(l->bytes + at) >> 31)
			break;
		before = f;
		begin = at;
		if (at < ENTRY)
			break;
	}
	return begin;
}

static uint64_t begin_of(const struct reader *r, struct leaf *l, unsigned phase,
			 struct range text, uint64_t limit)
{
	uint64_t first = l->at, begin = l->at + phase, before = function_at(l, phase);
	unsigned holes = 0, tail;

	for (uint64_t at = first - PAGE; at >= limit && at < first && holes < HOLES; at -= PAGE) {
		if (!read_leaf(r, at, l)) {
			holes++;
			continue;
		}
		tail = tail_of(l, phase, text, before);
		if (tail == PAGE)
			break;
		begin = at + tail;
		before = function_at(l, tail);
		if (tail >= ENTRY)
			break;
		holes = 0;
	}
	return begin;
}

/* Other tables lead into the text in pairs, too (exceptions, jump labels); but the instructions of most
 * functions fit into their entry. */
static bool is_index(const struct leaf *l, unsigned phase)
{
	unsigned in_place = 0;

	for (unsigned i = 0; i < SAMPLE; i++)
		in_place += le32(l->bytes + phase + i * ENTRY + 4) >> 24 == 0x80;
	return in_place > SAMPLE / 4;
}

static bool try_page(struct ehabi_index *ret, const struct reader *r, struct leaf *l,
		     struct range text, struct range in)
{
	for (unsigned phase = 0; phase < ENTRY; phase += 4) {
		struct leaf here = *l;
		uint64_t begin, end;

		if (good_entries(l, phase, text, 0) < SAMPLE * ENTRY || !is_index(l, phase))
			continue;
		end = end_of(r, &here, phase, text, in.end);
		here = *l;
		begin = begin_of(r, &here, phase, text, in.begin);
		if (end - begin < PROOF * ENTRY || end - begin > (uint64_t)ENTRIES_LIMIT * ENTRY)
			continue;
		*ret = (struct ehabi_index){ .begin = text.begin, .end = text.end,
					     .entries = begin, .n = (uint32_t)((end - begin) / ENTRY) };
		return true;
	}
	return false;
}

enum cairn_code ehabi_search(struct ehabi_index *ret, const struct reader *r, struct range text,
			     struct range in, struct cairn_err *err)
{
	struct leaf l;

	for (uint64_t at = in.begin & ~(uint64_t)(PAGE - 1); at < in.end; at += PAGE)
		if (read_leaf(r, at, &l) && try_page(ret, r, &l, text, in))
			return CAIRN_OK;
	return cairn_fail(err, CAIRN_MISSING, "no unwind index is found behind the text");
}

/* Text and init text: the index speaks for both, and the latter lies behind it. */
static struct range kernel_text(struct cairn *c)
{
	struct range t = { 0, 0 };
	uint64_t init_end;

	if (sym_addr(&c->syms, "_stext", &t.begin, NULL) || sym_addr(&c->syms, "_etext", &t.end, NULL))
		return (struct range){ 0, 0 };
	if (!sym_addr(&c->syms, "_einittext", &init_end, NULL) && init_end > t.end)
		t.end = init_end;
	return t;
}

/* What was found is read once more, so that whoever records what is read has both its ends. */
static enum cairn_code search_kernel(struct ehabi *e, struct cairn *c, const struct reader *r,
				     struct range text, struct cairn_err *err)
{
	enum cairn_code code;
	uint64_t etext;
	uint32_t word;

	if (sym_addr(&c->syms, "_etext", &etext, err))
		return CAIRN_MISSING;
	space_search_begin(&c->kernel);
	code = ehabi_search(&e->kernel, r, text, (struct range){ etext, etext + BEHIND }, err);
	space_search_end(&c->kernel);
	if (code)
		return code;
	reader_u32(r, e->kernel.entries, &word, NULL);
	reader_u32(r, e->kernel.entries + (uint64_t)(e->kernel.n - 1) * ENTRY, &word, NULL);
	return CAIRN_OK;
}

enum cairn_code ehabi_init(struct ehabi *e, struct cairn *c, const struct reader *r,
			   struct cairn_err *err)
{
	struct range text = kernel_text(c);
	uint64_t start, stop;

	*e = (struct ehabi){ 0 };
	if (text.begin >= text.end)
		return cairn_fail(err, CAIRN_MISSING, "no symbols say where the kernel's text is");
	if (sym_addr(&c->syms, "__start_unwind_idx", &start, NULL) ||
	    sym_addr(&c->syms, "__stop_unwind_idx", &stop, NULL))
		return search_kernel(e, c, r, text, err);
	if (stop <= start || (stop - start) / ENTRY > ENTRIES_LIMIT)
		return cairn_fail(err, CAIRN_MISSING, "this kernel has no unwind index");
	e->kernel = (struct ehabi_index){ text.begin, text.end, start,
					  (uint32_t)((stop - start) / ENTRY) };
	return CAIRN_OK;
}

/* ---- modules ---- */

enum { TAB_START, TAB_STOP, TAB_BEGIN, TAB_END, TAB_LINK, TAB_N };
static const struct shape_want table_want = {
	"struct unwind_table", TAB_N,
	{ [TAB_START] = "start", [TAB_STOP] = "stop", [TAB_BEGIN] = "begin_addr",
	  [TAB_END] = "end_addr", [TAB_LINK] = "mod_list" },
};

enum { MOD_LIST, MOD_ARRAY, MOD_N };
static const struct shape_want mod_want = {
	"struct module", MOD_N, { [MOD_LIST] = "arch.unwind_list", [MOD_ARRAY] = "arch.unwind" },
};

static bool keep(struct ehabi *e, const struct ehabi_index *t, struct arena *arena)
{
	if (e->nmodules == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 8;
		struct ehabi_index *all = arena_array(arena, cap, sizeof(*all));

		if (!all)
			return false;
		if (e->nmodules)
			memcpy(all, e->module, e->nmodules * sizeof(*all));
		e->module = all;
		e->cap = cap;
	}
	e->module[e->nmodules++] = *t;
	return true;
}

static void add_table(struct ehabi *e, struct cairn *c, const struct shape *shape, uint64_t addr,
		      struct arena *arena)
{
	struct ehabi_index t;
	struct object o;
	uint64_t stop;

	if (addr && !object_read(&o, shape, &c->kernel, addr, NULL)) {
		stop = object_get(&o, TAB_STOP);
		t = (struct ehabi_index){ .begin = object_get(&o, TAB_BEGIN),
					  .end = object_get(&o, TAB_END),
					  .entries = object_get(&o, TAB_START) };
		t.n = stop > t.entries ? (uint32_t)((stop - t.entries) / ENTRY) : 0;
		if (t.n && t.n <= ENTRIES_LIMIT && t.begin < t.end)
			keep(e, &t, arena);
		object_done(&o);
	}
}

static void add_list(struct ehabi *e, struct cairn *c, const struct shape *shape, uint64_t head,
		     struct arena *arena)
{
	struct list_walk list;

	list_begin(&list, &c->kernel, LIST_DOUBLE, head, TABLES_LIMIT);
	while (list_next(&list))
		add_table(e, c, shape, list.node - shape->m[TAB_LINK].offset, arena);
	list_end(&list, NULL);
}

static void add_array(struct ehabi *e, struct cairn *c, const struct shape *shape, uint64_t at,
		      uint32_t bytes, struct arena *arena)
{
	uint64_t addr;

	for (uint32_t i = 0; i < bytes / c->arch->word && i < TABLES_LIMIT; i++)
		if (!space_word(&c->kernel, at + (uint64_t)i * c->arch->word, &addr, NULL))
			add_table(e, c, shape, addr, arena);
}

static bool speaks_for(const struct ehabi_index *t, uint64_t pc)
{
	return t->n && pc >= t->begin && pc < t->end;
}

enum cairn_code ehabi_add_module(struct ehabi *e, struct cairn *c, uint64_t pc,
				 struct arena *arena, struct cairn_err *err)
{
	static const unsigned needed[] = { TAB_START, TAB_STOP, TAB_BEGIN, TAB_END };
	struct shape table, mod;
	const struct modules *ms;
	const struct module *m;
	enum cairn_code code = modules_get(c, &ms, err);

	for (size_t i = 0; i < e->nmodules; i++)
		if (e->module[i].begin == pc && !e->module[i].n)
			return cairn_fail(err, CAIRN_NOTFOUND, "asked before");
	if (!code)
		code = shape_resolve(&table, &table_want, &c->types, err);
	if (!code)
		code = shape_require(&table, needed, 4, err);
	if (!code)
		code = shape_resolve(&mod, &mod_want, &c->types, err);
	if (code)
		return code;
	m = module_at(ms, pc);
	if (m && shape_has(&mod, MOD_LIST) && shape_has(&table, TAB_LINK))
		add_list(e, c, &table, m->addr + mod.m[MOD_LIST].offset, arena);
	else if (m && shape_has(&mod, MOD_ARRAY))
		add_array(e, c, &table, m->addr + mod.m[MOD_ARRAY].offset, mod.m[MOD_ARRAY].size,
			  arena);
	for (size_t i = 0; i < e->nmodules; i++)
		if (speaks_for(&e->module[i], pc))
			return CAIRN_OK;
	keep(e, &(struct ehabi_index){ .begin = pc, .end = pc + 1 }, arena);
	return cairn_fail(err, CAIRN_NOTFOUND, "no module has an unwind index for %#llx",
			  (unsigned long long)pc);
}

enum cairn_code ehabi_entry_at(const struct ehabi *e, const struct reader *r, uint64_t pc,
			       struct ehabi_entry *ret, struct cairn_err *err)
{
	if (speaks_for(&e->kernel, pc))
		return ehabi_find(&e->kernel, r, pc, ret, err);
	for (size_t i = 0; i < e->nmodules; i++)
		if (speaks_for(&e->module[i], pc))
			return ehabi_find(&e->module[i], r, pc, ret, err);
	return cairn_fail(err, CAIRN_NOTFOUND, "no unwind index covers %#llx",
			  (unsigned long long)pc);
}
