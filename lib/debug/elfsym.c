/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/elfsym.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/nameindex.h"

/* A hundred times the largest kernel has. */
#define SYMBOL_LIMIT ((size_t)1 << 24)

/* Sections of one file that lie so close together form one range. A module's neighbours
 * lie on pages of their own, so within a page there is nobody else; the kernel image has
 * larger holes, but ARM puts its vectors at the far end of the address space. */
#define MODULE_GAP ((uint64_t)4096)
#define KERNEL_GAP ((uint64_t)64 << 20)

struct entry {
	uint64_t addr;
	const char *name;
	uint32_t order;   /* in the symbol table */
	uint32_t section; /* 0: none */
	char type;
	bool absolute;    /* not an address of memory */
	bool percpu;
};

struct elfsym {
	struct debugfile *file;
	struct arena *arena;
	struct entry *entry; /* absolute ones first, then by address */
	uint32_t n, nabsolute;
	struct nameindex names; /* by_name's first call makes it */
	bool loaded;
	struct range linked; /* addresses that a kernel was linked to, and what it was moved by */
	uint64_t offset;
};

/* One source: an address range over the table. Names are asked of the first alone. */
struct elfsym_range {
	struct elfsym *table;
	uint64_t begin;
	bool first;
};

/* ---- reading the table ---- */

/* As scripts/kallsyms.c, is_ignored_symbol(): mapping symbols ($a $d $t $x), local labels,
 * checksums and strings of exports, copies of code that run elsewhere. */
static bool ignored(const char *name)
{
	static const char *const prefixes[] = {
		"$", ".L", "__crc_", "__kstrtab", "__efistub_", "__kvm_nvhe_$", "__kvm_nvhe_.L",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool wanted(const char *name, const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return name && name[0] && sym->st_shndx != SHN_UNDEF && type != STT_SECTION &&
	       type != STT_FILE && type != STT_TLS && !ignored(name);
}

static char letter(const struct debugfile_section *s, const GElf_Sym *sym, bool percpu)
{
	int bind = GELF_ST_BIND(sym->st_info);

	if (!s)
		return bind == STB_LOCAL ? 'a' : 'A';
	if (percpu)
		return 'A';
	if (bind == STB_WEAK)
		return s->type == 't' ? 'W' : 'V';
	return bind == STB_LOCAL ? s->type : (char)(s->type - 'a' + 'A');
}

static bool is_linked(const struct elfsym *t, uint64_t value)
{
	return value >= t->linked.begin && value < t->linked.end;
}

/* Linker scripts make some addresses (__per_cpu_load, __init_begin) look like absolute
 * numbers, or as if they were in the per-CPU section. */
static bool is_address(const struct elfsym *t, const struct debugfile_section *s,
		       const GElf_Sym *sym)
{
	if (!s)
		return is_linked(t, sym->st_value);
	return !s->percpu || (sym->st_value > s->size && is_linked(t, sym->st_value));
}

static void take(struct elfsym *t, const GElf_Sym *sym, const char *name, uint32_t order)
{
	struct entry *e = &t->entry[t->n];
	const struct debugfile_section *s = NULL;

	if (!wanted(name, sym))
		return;
	*e = (struct entry){ .name = name, .order = order, .addr = sym->st_value };
	if (sym->st_shndx != SHN_ABS) {
		if (!debugfile_symbol_addr(t->file, sym->st_shndx, sym->st_value, &e->addr))
			return;
		s = &t->file->section[sym->st_shndx];
		e->section = sym->st_shndx;
		/* bit 0 says that a function is Thumb code */
		if (t->file->arch && t->file->arch->id == ARCH_ARM &&
		    GELF_ST_TYPE(sym->st_info) == STT_FUNC)
			e->addr &= ~(uint64_t)1;
	}
	e->absolute = !is_address(t, s, sym);
	e->percpu = e->absolute && s;
	e->type = letter(s, sym, e->percpu);
	if (!e->absolute && (!s || s->percpu))
		e->addr = sym->st_value + t->offset;
	t->nabsolute += e->absolute;
	t->n++;
}

static Elf_Scn *symbol_table(Elf *elf, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, sh) && sh->sh_type == SHT_SYMTAB)
			return scn;
	return NULL;
}

static void set_linked(struct elfsym *t)
{
	const struct debugfile *f = t->file;

	for (size_t i = 0; i < f->nsections && f->kind == DEBUGFILE_KERNEL; i++) {
		const struct debugfile_section *s = &f->section[i];

		if (!s->placed || s->percpu)
			continue;
		if (!t->linked.end || s->addr < t->linked.begin)
			t->linked.begin = s->addr;
		if (s->addr + s->size > t->linked.end)
			t->linked.end = s->addr + s->size;
		t->offset = s->run - s->addr;
	}
}

static bool read_table(struct elfsym *t)
{
	struct debugfile *f = t->file;
	GElf_Shdr sh;
	Elf_Scn *scn = symbol_table(f->elf, &sh);
	Elf_Data *d = scn ? elf_getdata(scn, NULL) : NULL;
	size_t n, i;
	GElf_Sym sym;

	if (!d || !sh.sh_entsize)
		return false;
	n = d->d_size / sh.sh_entsize;
	if (n > SYMBOL_LIMIT)
		n = SYMBOL_LIMIT;
	t->entry = arena_array(t->arena, n, sizeof(*t->entry));
	if (!t->entry)
		return false;
	set_linked(t);
	for (i = 0; i < n && gelf_getsym(d, (int)i, &sym); i++)
		take(t, &sym, elf_strptr(f->elf, sh.sh_link, sym.st_name), (uint32_t)i);
	return true;
}

/* ---- order ---- */

static bool ends(const char *name, const char *tail)
{
	size_t n = strlen(name), m = strlen(tail);

	return n >= m && !strcmp(name + n - m, tail);
}

/* What a linker script may have provided is a bound of something, not its name. */
static bool is_bound(const char *name)
{
	return !strncmp(name, "__", 2) && strlen(name) >= 8 &&
	       (!strncmp(name + 2, "start_", 6) || !strncmp(name + 2, "stop_", 5) ||
		!strncmp(name + 2, "end_", 4) || ends(name, "_start") || ends(name, "_end"));
}

static int sign(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->absolute != b->absolute)
		return b->absolute - a->absolute;
	return a->addr != b->addr ? sign(a->addr, b->addr) : sign(a->order, b->order);
}

static int by_kallsyms(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	bool wa = a->type == 'W' || a->type == 'V', wb = b->type == 'W' || b->type == 'V';

	if (a->absolute != b->absolute || a->addr != b->addr)
		return by_place(pa, pb);
	if (wa != wb)
		return wa - wb;
	wa = is_bound(a->name);
	wb = is_bound(b->name);
	if (wa != wb)
		return wa - wb;
	if (strspn(a->name, "_") != strspn(b->name, "_"))
		return sign(strspn(a->name, "_"), strspn(b->name, "_"));
	if (strcmp(a->name, b->name))
		return strcmp(a->name, b->name);
	return by_place(pa, pb);
}

/* ---- asking ---- */

/* Where kallsyms has all the answers the table is never read. */
static bool ready(struct elfsym *t)
{
	if (!t->loaded && read_table(t))
		qsort(t->entry, t->n, sizeof(*t->entry),
		      t->file->kind == DEBUGFILE_MODULE ? by_place : by_kallsyms);
	t->loaded = true;
	return t->n;
}

/* Up to the next symbol, and not beyond the section. */
static uint64_t size_of(const struct elfsym *t, uint32_t i)
{
	const struct entry *e = &t->entry[i];
	const struct debugfile_section *s = &t->file->section[e->section];
	uint64_t size = 0;

	while (++i < t->n && t->entry[i].absolute == e->absolute && !size)
		size = t->entry[i].addr - e->addr;
	if (e->section && e->addr - s->run < s->size &&
	    (!size || size > s->size - (e->addr - s->run)))
		size = s->size - (e->addr - s->run);
	return size;
}

static void fill(const struct elfsym *t, uint32_t i, struct sym *ret)
{
	const struct entry *e = &t->entry[i];

	*ret = (struct sym){
		.name = e->name, .addr = e->addr, .size = size_of(t, i), .type = e->type,
		.percpu = e->percpu,
		.module = t->file->kind == DEBUGFILE_MODULE ? t->file->module : NULL,
	};
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	const struct elfsym_range *r = self;
	struct elfsym *t = r->table;
	uint32_t lo, hi;

	if (!ready(t))
		return false;
	lo = t->nabsolute;
	hi = t->n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->entry[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo-- == t->nabsolute || t->entry[lo].addr < r->begin)
		return false;
	while (lo > t->nabsolute && t->entry[lo - 1].addr == t->entry[lo].addr)
		lo--;
	fill(t, lo, ret);
	return true;
}

static bool index_names(struct elfsym *t)
{
	uint32_t *hash = mem_zalloc(t->n, sizeof(*hash)), i;
	enum cairn_code code;

	if (!hash)
		return false;
	for (i = 0; i < t->n; i++)
		hash[i] = nameindex_hash(t->entry[i].name, strlen(t->entry[i].name), 0);
	code = nameindex_build(&t->names, hash, t->n, t->arena, NULL);
	mem_free(hash);
	return code == CAIRN_OK;
}

static bool by_name(void *self, const char *name, size_t nth, struct sym *ret)
{
	const struct elfsym_range *r = self;
	struct elfsym *t = r->table;
	const uint32_t *number;
	uint32_t n, i;

	if (!r->first || !ready(t) || (!t->names.block && !index_names(t)))
		return false;
	number = nameindex_bucket(&t->names, nameindex_hash(name, strlen(name), 0), &n);
	for (i = 0; i < n; i++) {
		if (strcmp(t->entry[number[i]].name, name) || nth--)
			continue;
		fill(t, number[i], ret);
		return true;
	}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	const struct elfsym_range *r = self;

	if (!r->first || !ready(r->table) || i >= r->table->n)
		return false;
	fill(r->table, (uint32_t)i, ret);
	return true;
}

static const struct sym_source_ops ops = { .by_addr = by_addr, .by_name = by_name, .at = at };

/* ---- ranges ---- */

static int by_begin(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	return sign(a->begin, b->begin);
}

/* The file's placed sections, those close together as one. Returns their number. */
static size_t join_sections(const struct debugfile *f, struct range *r, uint64_t gap)
{
	size_t n = 0, kept = 0, i;

	for (i = 0; i < f->nsections; i++) {
		const struct debugfile_section *s = &f->section[i];

		if (s->placed && !s->percpu && s->run + s->size > s->run)
			r[n++] = (struct range){ s->run, s->run + s->size };
	}
	qsort(r, n, sizeof(*r), by_begin);
	for (i = 1; i < n; i++) {
		if (r[i].begin > r[kept].end && r[i].begin - r[kept].end >= gap)
			r[++kept] = r[i];
		else if (r[i].end > r[kept].end)
			r[kept].end = r[i].end;
	}
	return n ? kept + 1 : 0;
}

static enum cairn_code add_ranges(struct syms *s, struct elfsym *t, struct cairn_err *err)
{
	struct debugfile *f = t->file;
	bool module = f->kind == DEBUGFILE_MODULE;
	struct range *r = arena_array(s->arena, f->nsections, sizeof(*r));
	struct elfsym_range *range;
	enum cairn_code code;
	size_t n, i;

	n = r ? join_sections(f, r, module ? MODULE_GAP : KERNEL_GAP) : 0;
	range = arena_array(s->arena, n, sizeof(*range));
	if (!r || !range)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the symbols of %s", f->path);
	if (!n)
		return cairn_fail(err, CAIRN_MISSING, "%s: not known where it was loaded", f->path);
	for (i = 0; i < n; i++) {
		range[i] = (struct elfsym_range){ t, r[i].begin, i == 0 };
		code = syms_add(s, module ? f->module : f->path, r[i].begin, r[i].end, &ops,
				&range[i], err);
		if (code != CAIRN_OK)
			return code;
	}
	return CAIRN_OK;
}

static enum cairn_code add_text(struct syms *s, const struct debugfile *f, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; i < f->nsections && code == CAIRN_OK; i++)
		if (f->section[i].placed && f->section[i].type == 't')
			code = syms_add_text(s, f->section[i].run,
					     f->section[i].run + f->section[i].size, err);
	return code;
}

enum cairn_code elfsym_add(struct syms *s, struct debugfile *f, struct cairn_err *err)
{
	struct elfsym *t = arena_alloc(s->arena, sizeof(*t));
	enum cairn_code code;

	if (!f->has_symbols)
		return cairn_fail(err, CAIRN_MISSING, "%s has no symbol table", f->path);
	if (!t)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the symbols of %s", f->path);
	t->file = f;
	t->arena = s->arena;
	code = add_ranges(s, t, err);
	return code == CAIRN_OK ? add_text(s, f, err) : code;
}
