/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One module's symbols as a source: its cut-down ELF symbol table, read on the first question. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/extent.h"
#include "lib/kern/module_priv.h"

/* ELF: Elf64_Sym and Elf32_Sym of the gABI */
#define SHN_UNDEF 0
#define STT_OBJECT 1
#define STT_FUNC 2

#define NAME_MAX_LEN 512 /* KSYM_NAME_LEN since 6.1, 128 before */

enum { K_SYMTAB, K_NUM, K_STRTAB, K_TYPETAB, K_N };
static const struct shape_want kallsyms_want = {
	"struct mod_kallsyms", K_N,
	{ [K_SYMTAB] = "symtab", [K_NUM] = "num_symtab", [K_STRTAB] = "strtab",
	  [K_TYPETAB] = "typetab" },
};

/* CONFIG_HAVE_ARCH_PREL32_RELOCATIONS: 32-bit distances from the field itself */
enum { E_VALUE_OFFSET, E_NAME_OFFSET, E_VALUE, E_NAME, E_N };
static const struct shape_want export_want = {
	"struct kernel_symbol", E_N,
	{ [E_VALUE_OFFSET] = "value_offset", [E_NAME_OFFSET] = "name_offset",
	  [E_VALUE] = "value", [E_NAME] = "name" },
};

struct entry {
	uint64_t addr;
	const char *name; /* NULL: could not be read, or undefined */
	char type;
};

struct module_syms {
	struct cairn *c;
	const struct module *m;
	struct module_symtab at;
	bool loaded;
	struct entry *entry; /* in table order, the null symbol included */
	size_t n;
	uint32_t *named;     /* of those that have a name, in table order */
	size_t nnamed;
	uint32_t *order;     /* of those that an address may be named by, by (addr, index) */
	size_t norder;
};

/* ---- reading ---- */

struct tables {
	struct extent sym, str, type;
	uint64_t symtab, strtab, typetab;
	size_t n, size; /* number and size of symbols */
};

static uint64_t room(const struct module *m, uint64_t addr)
{
	struct range r = module_range(m, addr);

	return r.end ? r.end - addr : 0;
}

static uint32_t st_name(const unsigned char *p)
{
	return le32(p);
}

/* The string table's size is written nowhere: it reaches as far as the names do. */
static uint64_t names_end(const struct tables *t)
{
	uint64_t last = 0;

	for (size_t i = 0; i < t->n; i++) {
		const unsigned char *p = extent_at(&t->sym, t->symtab + i * t->size, t->size, NULL);

		if (p && st_name(p) > last)
			last = st_name(p);
	}
	return last + NAME_MAX_LEN;
}

static enum cairn_code find_tables(const struct module_syms *s, struct tables *t,
				   struct cairn_err *err)
{
	static const unsigned needed[] = { K_SYMTAB, K_NUM, K_STRTAB };
	struct shape shape;
	struct object o;
	enum cairn_code code = shape_resolve(&shape, &kallsyms_want, &s->c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	if (code != CAIRN_OK)
		return code;
	code = object_read(&o, &shape, &s->c->kernel, s->at.kallsyms, err);
	if (code == CAIRN_OK)
		*t = (struct tables){
			.symtab = object_get(&o, K_SYMTAB), .strtab = object_get(&o, K_STRTAB),
			.typetab = object_get(&o, K_TYPETAB), .n = object_get(&o, K_NUM),
			.size = s->c->kernel.word == 8 ? 24 : 16,
		};
	object_done(&o);
	return code;
}

static enum cairn_code read_tables(const struct module_syms *s, struct tables *t, struct arena *tmp,
				   struct cairn_err *err)
{
	enum cairn_code code = find_tables(s, t, err);
	uint64_t len;

	if (code != CAIRN_OK)
		return code;
	if (t->n > room(s->m, t->symtab) / t->size)
		return cairn_fail(err, CAIRN_CORRUPT, "%zu symbols at 0x%llx are not in its memory",
				  t->n, (unsigned long long)t->symtab);
	code = extent_read(&t->sym, tmp, &s->c->kernel, t->symtab, t->n * t->size, err);
	if (code != CAIRN_OK)
		return code;
	len = names_end(t);
	if (len > room(s->m, t->strtab))
		len = room(s->m, t->strtab);
	/* names are handed out: they stay */
	code = extent_read(&t->str, &s->c->arena, &s->c->kernel, t->strtab, len, err);
	if (code == CAIRN_OK && t->n <= room(s->m, t->typetab))
		code = extent_read(&t->type, tmp, &s->c->kernel, t->typetab, t->n, err);
	return code;
}

static char type_of(const struct tables *t, size_t i, unsigned st_info)
{
	const char *p = t->type.data ? extent_at(&t->type, t->typetab + i, 1, NULL) : NULL;

	if (p && *p > ' ' && *p < 0x7f)
		return *p;
	return (st_info & 15) == STT_FUNC ? 't' : (st_info & 15) == STT_OBJECT ? 'd' : '?';
}

static void read_entry(const struct module_syms *s, const struct tables *t, size_t i)
{
	struct entry *e = &s->entry[i];
	const unsigned char *p = extent_at(&t->sym, t->symtab + i * t->size, t->size, NULL);
	bool wide = t->size == 24;
	unsigned info;

	if (!p)
		return;
	info = p[wide ? 4 : 12];
	e->addr = wide ? le64(p + 8) : le32(p + 4);
	/* HAVE_ARCH_KALLSYMS_SYMBOL_VALUE: bit 0 tells Thumb */
	if (s->c->arch->id == ARCH_ARM && (info & 15) == STT_FUNC)
		e->addr &= ~(uint64_t)1;
	e->type = type_of(t, i, info);
	if (le16(p + (wide ? 6 : 14)) != SHN_UNDEF)
		e->name = extent_text(&t->str, t->strtab + st_name(p), NAME_MAX_LEN, NULL);
}

/* include/linux/module_symbol.h is_mapping_symbol() */
static bool is_mapping_symbol(const char *name)
{
	return name[0] == '$' || (name[0] == '.' && name[1] == 'L');
}

static int by_addr_then_index(const void *pa, const void *pb, void *arg)
{
	const struct entry *entry = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (entry[a].addr != entry[b].addr)
		return entry[a].addr > entry[b].addr ? 1 : -1;
	return (a > b) - (a < b);
}

static void sort(struct module_syms *s)
{
	for (size_t i = 1; i < s->n; i++) {
		const char *name = s->entry[i].name;

		if (!name || !*name)
			continue;
		s->named[s->nnamed++] = (uint32_t)i;
		if (!is_mapping_symbol(name))
			s->order[s->norder++] = (uint32_t)i;
	}
	qsort_r(s->order, s->norder, sizeof(*s->order), by_addr_then_index, s->entry);
}

/* How many of the order lie at or below addr. */
static size_t upto(const struct module_syms *s, uint64_t addr)
{
	size_t lo = 0, hi = s->norder;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->entry[s->order[mid]].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* /proc/kallsyms shows exported symbols in upper case (is_exported()). */
static void mark_export(struct module_syms *s, uint64_t addr, uint64_t name_at)
{
	char name[NAME_MAX_LEN];

	if (space_text(&s->c->kernel, name_at, name, sizeof(name), NULL) != CAIRN_OK)
		return;
	for (size_t i = upto(s, addr); i > 0 && s->entry[s->order[i - 1]].addr == addr; i--) {
		struct entry *e = &s->entry[s->order[i - 1]];

		if (e->type >= 'a' && e->type <= 'z' && !strcmp(e->name, name))
			e->type = (char)(e->type - 'a' + 'A');
	}
}

static uint64_t relative(const struct object *o, unsigned member)
{
	return object_addr(o, member) + (uint64_t)(int32_t)object_get(o, member);
}

static void mark_exports(struct module_syms *s)
{
	struct shape shape;
	struct object o;

	if (shape_resolve(&shape, &export_want, &s->c->types, NULL) != CAIRN_OK || !shape.size ||
	    s->at.nexports > room(s->m, s->at.exports) / shape.size)
		return;
	for (uint32_t i = 0; i < s->at.nexports; i++) {
		uint64_t at = s->at.exports + i * shape.size;
		enum cairn_code code = object_read(&o, &shape, &s->c->kernel, at, NULL);

		if (code == CAIRN_OK && shape_has(&shape, E_VALUE_OFFSET))
			mark_export(s, relative(&o, E_VALUE_OFFSET), relative(&o, E_NAME_OFFSET));
		else if (code == CAIRN_OK)
			mark_export(s, object_get(&o, E_VALUE), object_get(&o, E_NAME));
		object_done(&o);
	}
}

static enum cairn_code read_all(struct module_syms *s, struct arena *tmp, struct cairn_err *err)
{
	struct tables t;
	enum cairn_code code = read_tables(s, &t, tmp, err);

	if (code != CAIRN_OK)
		return code;
	s->entry = arena_array(&s->c->arena, t.n ? t.n : 1, sizeof(*s->entry));
	s->named = arena_array(&s->c->arena, t.n ? t.n : 1, sizeof(*s->named));
	s->order = arena_array(&s->c->arena, t.n ? t.n : 1, sizeof(*s->order));
	if (!s->entry || !s->named || !s->order)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu symbols", t.n);
	s->n = t.n;
	for (size_t i = 0; i < s->n; i++)
		read_entry(s, &t, i);
	sort(s);
	mark_exports(s);
	return CAIRN_OK;
}

/* Once, whatever comes of it. */
static void load(struct module_syms *s)
{
	struct arena tmp = { 0 };
	struct cairn_err err;

	if (s->loaded)
		return;
	s->loaded = true;
	if (read_all(s, &tmp, &err) != CAIRN_OK) {
		cairn_context(&err, err.code, "module %s", s->m->name);
		session_degrade(s->c, "symbols of modules", &err);
	}
	arena_deinit(&tmp);
}

/* ---- answering ---- */

static uint64_t next_addr(const struct module_syms *s, uint64_t addr)
{
	size_t i = upto(s, addr);
	uint64_t end = module_range(s->m, addr).end;

	if (i < s->norder && (!end || s->entry[s->order[i]].addr < end))
		return s->entry[s->order[i]].addr;
	return end > addr ? end : addr;
}

static void answer(const struct module_syms *s, const struct entry *e, struct sym *ret)
{
	*ret = (struct sym){
		.name = e->name, .addr = e->addr, .type = e->type, .module = s->m->name,
		.percpu = e->addr >= s->at.percpu.begin && e->addr < s->at.percpu.end,
		.size = next_addr(s, e->addr) - e->addr,
	};
}

/* find_kallsyms_symbol(): the first in the table of those with the greatest address. */
static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	struct module_syms *s = self;
	struct range r = module_range(s->m, addr);
	uint64_t best;
	size_t i;

	load(s);
	i = upto(s, addr);
	if (i == 0)
		return false;
	best = s->entry[s->order[i - 1]].addr;
	if (best < r.begin)
		return false;
	while (i > 1 && s->entry[s->order[i - 2]].addr == best)
		i--;
	answer(s, &s->entry[s->order[i - 1]], ret);
	return true;
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	struct module_syms *s = self;

	load(s);
	for (size_t i = 0; i < s->nnamed; i++) {
		const struct entry *e = &s->entry[s->named[i]];

		if (!strcmp(e->name, name) && n-- == 0) {
			answer(s, e, ret);
			return true;
		}
	}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	struct module_syms *s = self;

	load(s);
	if (i >= s->nnamed)
		return false;
	answer(s, &s->entry[s->named[i]], ret);
	return true;
}

static bool no_name(void *self, const char *name, size_t n, struct sym *ret)
{
	(void)self;
	(void)name;
	(void)n;
	(void)ret;
	return false;
}

static bool no_index(void *self, size_t i, struct sym *ret)
{
	(void)self;
	(void)i;
	(void)ret;
	return false;
}

enum cairn_code module_sym_add(struct cairn *c, const struct module *m,
			       const struct module_symtab *where, struct cairn_err *err)
{
	/* names are asked of the first range's source, addresses of each range's own */
	static const struct sym_source_ops all = { by_addr, by_name, at };
	static const struct sym_source_ops addresses = { by_addr, no_name, no_index };
	const struct sym_source_ops *ops = &all;
	struct module_syms *s = arena_alloc(&c->arena, sizeof(*s));
	enum cairn_code code = CAIRN_OK;

	if (!s)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the symbols of %s", m->name);
	*s = (struct module_syms){ .c = c, .m = m, .at = *where };
	for (size_t i = 0; i < MODULE_RANGES && code == CAIRN_OK; i++) {
		if (m->mem[i].begin == m->mem[i].end)
			continue;
		code = syms_add(&c->syms, m->name, m->mem[i].begin, m->mem[i].end, ops, s, err);
		ops = &addresses;
	}
	return code;
}
