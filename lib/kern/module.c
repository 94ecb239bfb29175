/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/module.h"

#include <inttypes.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/anchor.h"
#include "lib/kern/jit.h"
#include "lib/kern/list.h"
#include "lib/kern/module_priv.h"

#define MODULES_LIMIT 65536
#define MEMORY_LIMIT ((uint64_t)1 << 30) /* of one range of a module */

enum {
	M_LIST, M_NAME, M_STATE, M_BUILD_ID, M_TAINTS, M_KALLSYMS, M_NOTES, M_PERCPU,
	M_PERCPU_SIZE, M_SYMS, M_NUM_SYMS, M_TEXT_SIZE, M_INIT_TEXT_SIZE, M_BASE,
	M_SIZE = M_BASE + MODULE_RANGES, M_N = M_SIZE + MODULE_RANGES,
};

/* Since 6.4 memory is by type (enum mod_mem_type), before that it is core and init. */
static const struct shape_want module_want = {
	"struct module", M_N,
	{
		[M_LIST] = "list", [M_NAME] = "name", [M_STATE] = "state",
		[M_BUILD_ID] = "build_id", [M_TAINTS] = "taints", [M_KALLSYMS] = "kallsyms",
		[M_NOTES] = "notes_attrs", [M_PERCPU] = "percpu",
		[M_PERCPU_SIZE] = "percpu_size", [M_SYMS] = "syms", [M_NUM_SYMS] = "num_syms",
		[M_TEXT_SIZE] = "core_layout.text_size",
		[M_INIT_TEXT_SIZE] = "init_layout.text_size",
		[M_BASE + 0] = "mem[0].base|core_layout.base",
		[M_SIZE + 0] = "mem[0].size|core_layout.size",
		[M_BASE + 1] = "mem[1].base|init_layout.base",
		[M_SIZE + 1] = "mem[1].size|init_layout.size",
		[M_BASE + 2] = "mem[2].base|data_layout.base",
		[M_SIZE + 2] = "mem[2].size|data_layout.size",
		[M_BASE + 3] = "mem[3].base", [M_SIZE + 3] = "mem[3].size",
		[M_BASE + 4] = "mem[4].base", [M_SIZE + 4] = "mem[4].size",
		[M_BASE + 5] = "mem[5].base", [M_SIZE + 5] = "mem[5].size",
		[M_BASE + 6] = "mem[6].base", [M_SIZE + 6] = "mem[6].size",
	},
};

/* What reading carries. */
struct reader {
	struct cairn *c;
	struct shape shape;
	size_t text, init_text; /* indexes into mem */
};

static const char *state_name(uint64_t state)
{
	/* enum module_state, words of m_show() */
	static const char *const names[] = { "Live", "Loading", "Unloading", "Unformed" };

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

void module_hex(char *hex, size_t size, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	*hex = '\0';
	if (2 * n >= size)
		return;
	for (size_t i = 0; i < n; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 15];
	}
	*hex = '\0';
}

static bool in(const struct range *r, uint64_t addr)
{
	return addr >= r->begin && addr < r->end;
}

struct range module_range(const struct module *m, uint64_t addr)
{
	if (in(&m->text, addr))
		return m->text;
	if (in(&m->init_text, addr))
		return m->init_text;
	for (size_t i = 0; i < MODULE_RANGES; i++)
		if (in(&m->mem[i], addr))
			return m->mem[i];
	return (struct range){ 0, 0 };
}

/* ---- one module ---- */

/* Module memory is allocated in pages, in 32 bits of address space at most. */
static bool plausible(const struct cairn *c, uint64_t base, uint64_t size)
{
	uint64_t page = (uint64_t)1 << c->kernel.page_shift;
	uint64_t last = c->kernel.word == 4 ? UINT32_MAX : UINT64_MAX;

	return base && size && !(base & (page - 1)) && size <= MEMORY_LIMIT &&
	       size - 1 <= last - base;
}

static void fill_memory(struct module *m, const struct reader *r, const struct object *o)
{
	bool by_type = !shape_has(&r->shape, M_TEXT_SIZE);

	for (unsigned i = 0; i < MODULE_RANGES; i++) {
		uint64_t base = object_get(o, M_BASE + i), size = object_get(o, M_SIZE + i);

		if (!plausible(r->c, base, size))
			continue;
		m->mem[i] = (struct range){ base, base + size };
		m->size += size;
	}
	m->text = m->mem[r->text];
	m->init_text = m->mem[r->init_text];
	m->base = m->text.begin;
	if (by_type)
		return;
	if (object_get(o, M_TEXT_SIZE) < m->text.end - m->text.begin)
		m->text.end = m->text.begin + object_get(o, M_TEXT_SIZE);
	if (object_get(o, M_INIT_TEXT_SIZE) < m->init_text.end - m->init_text.begin)
		m->init_text.end = m->init_text.begin + object_get(o, M_INIT_TEXT_SIZE);
}

static void fill_build_id(struct module *m, struct cairn *c, const struct object *o)
{
	static const unsigned char none[20];
	uint32_t size;
	const unsigned char *id = object_bytes(o, M_BUILD_ID, &size);
	uint64_t notes = object_get(o, M_NOTES);

	if (id && size == sizeof(none) && memcmp(id, none, size))
		module_hex(m->build_id, sizeof(m->build_id), id, size);
	else if (notes && !module_note_build_id(c, notes, m->build_id, sizeof(m->build_id)))
		m->build_id[0] = '\0';
}

static enum cairn_code fill(struct module *m, const struct reader *r, const struct object *o)
{
	uint32_t size;
	const unsigned char *name = object_bytes(o, M_NAME, &size);

	memcpy(m->name, name, size < sizeof(m->name) ? size : sizeof(m->name) - 1);
	m->state = state_name(object_get(o, M_STATE));
	m->taints = (uint32_t)object_get(o, M_TAINTS);
	fill_memory(m, r, o);
	/* .gnu.linkonce.this_module is a section of the module */
	if (module_range(m, m->addr).end)
		return CAIRN_OK;
	*m = (struct module){ .addr = m->addr, .state = "?" };
	cairn_fail(&m->fault, CAIRN_CORRUPT,
		   "module 0x%" PRIx64 " does not lie in its own memory", m->addr);
	m->fault.addr = m->addr;
	return CAIRN_CORRUPT;
}

static enum cairn_code add_symbols(const struct module *m, const struct reader *r,
				   const struct object *o, struct cairn_err *err)
{
	uint64_t percpu = object_get(o, M_PERCPU);
	struct module_symtab at = {
		.kallsyms = object_get(o, M_KALLSYMS),
		.percpu = { percpu, percpu + object_get(o, M_PERCPU_SIZE) },
		.exports = object_get(o, M_SYMS), .nexports = (uint32_t)object_get(o, M_NUM_SYMS),
	};
	enum cairn_code code = syms_add_text(&r->c->syms, m->text.begin, m->text.end, err);

	if (code == CAIRN_OK)
		code = syms_add_text(&r->c->syms, m->init_text.begin, m->init_text.end, err);
	if (code != CAIRN_OK || !at.kallsyms || !strcmp(m->state, "Unformed"))
		return code;
	return module_sym_add(r->c, m, &at, err);
}

static enum cairn_code read_module(struct module *m, const struct reader *r, uint64_t addr,
				   struct cairn_err *err)
{
	struct object o;
	enum cairn_code code = CAIRN_OK;

	m->addr = addr;
	m->state = "?";
	if (object_read(&o, &r->shape, &r->c->kernel, addr, &m->fault) != CAIRN_OK) {
		cairn_context(&m->fault, m->fault.code, "module 0x%" PRIx64, addr);
	} else if (fill(m, r, &o) == CAIRN_OK) {
		fill_build_id(m, r->c, &o);
		code = add_symbols(m, r, &o, err);
	}
	object_done(&o);
	return code;
}

/* ---- all of them ---- */

/* Addresses of struct module, in list order. */
struct found {
	uint64_t *addr;
	size_t n, cap;
};

static bool add_found(struct found *f, struct arena *a, uint64_t addr)
{
	size_t bigger = f->cap ? 2 * f->cap : 64;
	uint64_t *more;

	if (f->n == f->cap) {
		more = arena_array(a, bigger, sizeof(*more));
		if (!more)
			return false;
		if (f->n)
			memcpy(more, f->addr, f->n * sizeof(*more));
		f->addr = more;
		f->cap = bigger;
	}
	f->addr[f->n++] = addr;
	return true;
}

/* Addresses first: struct module is read into memory that does not move afterwards. A module that
 * cannot be read has its place before those that are found from the list's other end. */
static uint64_t *collect(struct reader *r, struct modules *ms, uint64_t head)
{
	uint64_t offset = r->shape.m[M_LIST].offset, lost = 0;
	struct found f = { 0 };
	struct list_walk w;
	bool more = true, room = true;

	list_begin(&w, &r->c->kernel, LIST_DOUBLE, head, MODULES_LIMIT);
	w.stop = r->c->stop;
	while (more && room) {
		more = list_next(&w);
		if (w.lost != lost) {
			lost = w.lost;
			room = add_found(&f, &r->c->arena, lost - offset);
		}
		if (more && room)
			room = add_found(&f, &r->c->arena, w.node - offset);
	}
	ms->n = f.n;
	ms->partial = list_end(&w, &ms->err) != CAIRN_OK;
	if (!room) {
		ms->partial = true;
		cairn_fail(&ms->err, CAIRN_NOMEM, "no memory for more than %zu modules", f.n);
	}
	return f.addr;
}

static size_t mem_index(struct types *ts, const char *enumerator, size_t otherwise)
{
	const struct type *t = type_find(ts, "enum mod_mem_type", NULL);
	int64_t v;

	return t && type_enum_value(t, enumerator, &v) && v >= 0 && v < MODULE_RANGES
		       ? (size_t)v : otherwise;
}

static enum cairn_code prepare(struct reader *r, struct cairn_err *err)
{
	static const unsigned needed[] = { M_LIST, M_NAME, M_STATE, M_BASE, M_SIZE };
	enum cairn_code code = shape_resolve(&r->shape, &module_want, &r->c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&r->shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	if (code != CAIRN_OK)
		return code;
	if (shape_has(&r->shape, M_TEXT_SIZE)) {
		r->init_text = 1;
		return CAIRN_OK;
	}
	r->text = mem_index(&r->c->types, "MOD_TEXT", 0);
	r->init_text = mem_index(&r->c->types, "MOD_INIT_TEXT", 4);
	return CAIRN_OK;
}

static void cut(struct modules *ms, size_t n, const struct cairn_err *err)
{
	ms->n = n;
	ms->partial = true;
	ms->err = *err;
}

static enum cairn_code load(struct cairn *c, struct modules *ms, struct cairn_err *err)
{
	struct reader r = { .c = c };
	struct cairn_err fault;
	uint64_t head, *addr;
	enum cairn_code code;

	anchor_find_modules(c, &c->known);
	code = sym_addr(&c->syms, "modules", &head, err);
	if (code == CAIRN_OK)
		code = prepare(&r, err);
	if (code != CAIRN_OK)
		return code;
	addr = collect(&r, ms, head);
	if (ms->partial && ms->err.code == CAIRN_INTERRUPTED)
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	ms->module = arena_array(&c->arena, ms->n ? ms->n : 1, sizeof(*ms->module));
	if (!ms->module)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu modules", ms->n);
	/* what has been added to the session's symbols stays, so from here on no failure */
	for (size_t i = 0; i < ms->n; i++)
		if (read_module(&ms->module[i], &r, addr[i], &fault) != CAIRN_OK)
			cut(ms, i, &fault);
	return CAIRN_OK;
}

enum cairn_code modules_get(struct cairn *c, const struct modules **ret, struct cairn_err *err)
{
	struct modules *ms = c->modules;
	enum cairn_code code;

	if (!ms) {
		ms = arena_alloc(&c->arena, sizeof(*ms));
		if (!ms)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for modules");
		code = load(c, ms, err);
		if (code != CAIRN_OK)
			return cairn_context(err, code, "modules");
		c->modules = ms;
		jit_add_symbols(c);
	}
	*ret = ms;
	return CAIRN_OK;
}

bool module_is_at(struct cairn *c, uint64_t addr)
{
	struct reader r = { .c = c };
	struct module m = { .addr = addr };
	struct object o;
	bool ok;

	if (prepare(&r, NULL) != CAIRN_OK)
		return false;
	ok = object_read(&o, &r.shape, &c->kernel, addr, NULL) == CAIRN_OK &&
	     fill(&m, &r, &o) == CAIRN_OK;
	object_done(&o);
	return ok;
}

static bool is_in(const struct range *r, uint64_t addr)
{
	return addr >= r->begin && addr < r->end;
}

bool module_sym_misleads(const struct module *m, const struct sym *s, uint64_t addr)
{
	return (s->type == 't' || s->type == 'T') && m->text.end > m->text.begin &&
	       !is_in(&m->text, addr) && !is_in(&m->init_text, addr);
}

const struct module *module_at(const struct modules *ms, uint64_t addr)
{
	for (size_t i = 0; i < ms->n; i++)
		for (size_t k = 0; k < MODULE_RANGES; k++)
			if (in(&ms->module[i].mem[k], addr))
				return &ms->module[i];
	return NULL;
}

const struct module *module_by_name(const struct modules *ms, const char *name)
{
	for (size_t i = 0; i < ms->n; i++)
		if (ms->module[i].fault.code == CAIRN_OK && !strcmp(ms->module[i].name, name))
			return &ms->module[i];
	return NULL;
}
