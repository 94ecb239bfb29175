/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/scope.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/debug/aranges.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/dwarfsection.h"

/* Functions inlined into each other, and blocks between them: a dozen is a lot. */
#define DEPTH 64
/* A kernel has a few thousand units, and a few hundred thousand functions. */
#define RANGE_LIMIT ((size_t)1 << 24)
/* Units and addresses of one file that are read before its pages are given back: some 4 MB. */
#define TRIM_UNITS 64u
#define TRIM_ADDRS 8u

/* Code that belongs to one DIE; it has several where it is split. */
struct code {
	uint64_t begin, end;
	Dwarf_Off at; /* of a DIE, or of a unit's head */
};

struct codes {
	struct code *code; /* by address */
	size_t n, cap;
};

/* What is known of a file so far. */
struct scopes {
	struct codes *heads;  /* units by .debug_aranges; NULL: not needed yet */
	struct codes *units;  /* all of them, by their DIEs; likewise */
	Dwarf_CU *last;       /* up to here libdw has read the heads of units */
	Dwarf_Off read;       /* where the next begins */
	struct map functions; /* offset of a unit's DIE -> struct codes of its functions */
	struct map found;     /* address -> struct scope; 0: none */
	size_t asked;         /* of these */
};

/* ---- code by address ---- */

static bool add_code(struct codes *c, uint64_t begin, uint64_t end, Dwarf_Off at)
{
	if (begin >= end)
		return true;
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 256;
		void *code = cap <= RANGE_LIMIT ? mem_resize(c->code, cap, sizeof(*c->code))
						: NULL;

		if (!code)
			return false;
		c->code = code;
		c->cap = cap;
	}
	c->code[c->n++] = (struct code){ begin, end, at };
	return true;
}

static bool add_die(struct codes *c, Dwarf_Die *die)
{
	Dwarf_Addr base, begin, end;
	ptrdiff_t pos = 0;

	while ((pos = dwarf_ranges(die, pos, &base, &begin, &end)) > 0)
		if (!add_code(c, begin, end, dwarf_dieoffset(die)))
			return false;
	return true;
}

static int by_begin(const void *pa, const void *pb)
{
	const struct code *a = pa, *b = pb;

	return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Sort and move what was found into the arena. NULL only without memory. */
static struct codes *keep_codes(struct arena *a, struct codes *found)
{
	struct codes *c = arena_alloc(a, sizeof(*c));

	if (found->n)
		qsort(found->code, found->n, sizeof(*found->code), by_begin);
	if (c)
		c->code = arena_array(a, found->n, sizeof(*c->code));
	if (c && c->code && found->n) {
		memcpy(c->code, found->code, found->n * sizeof(*c->code));
		c->n = found->n;
	}
	mem_free(found->code);
	return c;
}

static bool find_code(const struct codes *c, uint64_t addr, Dwarf_Off *ret)
{
	size_t lo = 0, hi = c ? c->n : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->code[mid].begin <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr >= c->code[lo - 1].end)
		return false;
	*ret = c->code[lo - 1].at;
	return true;
}

/* ---- which unit ---- */

/* libdw reads the heads of all units up to the one that is asked for, and so makes all that lies
 * between resident. False: there are no more. */
static bool read_head(struct debugfile *f, Dwarf *dwarf, size_t n, Dwarf_Die *ret)
{
	if (n % TRIM_UNITS == TRIM_UNITS - 1)
		debugfile_trim(f);
	return !dwarf_get_units(dwarf, f->scopes->last, &f->scopes->last, NULL, NULL, ret, NULL);
}

static bool unit_die(struct debugfile *f, Dwarf *dwarf, Dwarf_Off head, Dwarf_Die *ret)
{
	Dwarf_Off next;
	size_t size;

	for (size_t n = 0; f->scopes->read <= head && read_head(f, dwarf, n, ret); n++)
		f->scopes->read = dwarf_dieoffset(ret) + 1;
	return !dwarf_next_unit(dwarf, head, &next, &size, NULL, NULL, NULL, NULL, NULL, NULL) &&
	       dwarf_offdie(dwarf, head + size, ret);
}

static bool add_head(void *found, uint64_t begin, uint64_t end, uint64_t unit)
{
	return add_code(found, begin, end, unit);
}

static const struct codes *heads_of(struct debugfile *f, Dwarf *dwarf)
{
	struct codes found = { 0 };
	const Elf_Data *table;

	if (f->scopes->heads)
		return f->scopes->heads;
	table = elf_getdata(dwarfsection(dwarf, ".debug_aranges"), NULL);
	if (table)
		aranges_read(table->d_buf, table->d_size, add_head, &found);
	f->scopes->heads = keep_codes(&f->arena, &found);
	return f->scopes->heads;
}

/* Units that come after memory has run out, or a damaged one, are not known. */
static const struct codes *units_of(struct debugfile *f, Dwarf *dwarf)
{
	struct codes found = { 0 };
	Dwarf_Die unit;

	if (f->scopes->units)
		return f->scopes->units;
	f->scopes->last = NULL;
	for (size_t n = 0; read_head(f, dwarf, n, &unit) && add_die(&found, &unit); n++)
		;
	f->scopes->read = UINT64_MAX;
	f->scopes->units = keep_codes(&f->arena, &found);
	return f->scopes->units;
}

static bool find_unit(struct debugfile *f, Dwarf *dwarf, uint64_t addr, Dwarf_Die *ret)
{
	Dwarf_Off at;

	/* the table, which clang does not write */
	if (find_code(heads_of(f, dwarf), addr, &at))
		return unit_die(f, dwarf, at, ret);
	return find_code(units_of(f, dwarf), addr, &at) && dwarf_offdie(dwarf, at, ret);
}

/* ---- which function ---- */

static const struct codes *functions_of(struct debugfile *f, Dwarf_Die *unit)
{
	uint64_t key = dwarf_dieoffset(unit), known;
	struct codes found = { 0 }, *c;
	Dwarf_Die die;

	if (map_get(&f->scopes->functions, key, &known))
		return (const struct codes *)(uintptr_t)known;
	for (bool more = die_child(unit, &die); more; more = die_next(&die))
		if (dwarf_tag(&die) == DW_TAG_subprogram && !add_die(&found, &die))
			break;
	c = keep_codes(&f->arena, &found);
	map_put(&f->scopes->functions, key, (uintptr_t)c);
	return c;
}

static bool holds_code(int tag)
{
	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
}

static bool child_at(Dwarf_Die *parent, uint64_t addr, Dwarf_Die *ret)
{
	for (bool more = die_child(parent, ret); more; more = die_next(ret))
		if (holds_code(dwarf_tag(ret)) && dwarf_haspc(ret, addr) > 0)
			return true;
	return false;
}

/* From outside in. */
static size_t find_chain(struct debugfile *f, Dwarf *dwarf, Dwarf_Die *unit, uint64_t addr,
			 Dwarf_Die chain[DEPTH])
{
	Dwarf_Off function;
	size_t n = 1;

	if (!find_code(functions_of(f, unit), addr, &function) ||
	    !dwarf_offdie(dwarf, function, &chain[0]))
		return 0;
	while (n < DEPTH && child_at(&chain[n - 1], addr, &chain[n]))
		n++;
	return n;
}

/* ---- both ---- */

static struct scope *find_scope(struct debugfile *f, uint64_t addr)
{
	Dwarf_Die unit, chain[DEPTH];
	struct scope *s;
	Dwarf *dwarf;

	if (debugfile_dwarf(f, &dwarf, NULL) || !find_unit(f, dwarf, addr, &unit))
		return NULL;
	s = arena_alloc(&f->arena, sizeof(*s));
	if (!s)
		return NULL;
	s->unit = unit;
	s->n = find_chain(f, dwarf, &unit, addr, chain);
	s->die = arena_array(&f->arena, s->n, sizeof(*s->die));
	if (!s->die)
		s->n = 0;
	if (s->n)
		memcpy(s->die, chain, s->n * sizeof(*s->die));
	return s;
}

const struct scope *scope_at(struct debugfile *f, uint64_t addr)
{
	struct scope *s;
	uint64_t known;

	if (!f->scopes)
		f->scopes = arena_alloc(&f->arena, sizeof(*f->scopes));
	if (!f->scopes)
		return NULL;
	if (map_get(&f->scopes->found, addr, &known))
		return (const struct scope *)(uintptr_t)known;
	s = find_scope(f, addr);
	if (!(++f->scopes->asked % TRIM_ADDRS))
		debugfile_trim(f);
	map_put(&f->scopes->found, addr, (uintptr_t)s);
	return s;
}

size_t scope_function(const struct scope *s, size_t below)
{
	for (size_t i = below; i-- > 0;) {
		Dwarf_Die die = s->die[i];

		if (dwarf_tag(&die) != DW_TAG_lexical_block)
			return i;
	}
	return s->n;
}

void scope_free(struct debugfile *f)
{
	if (!f->scopes)
		return;
	map_deinit(&f->scopes->functions);
	map_deinit(&f->scopes->found);
	f->scopes = NULL;
}
