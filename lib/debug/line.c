/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/line.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/dwarfdie.h"

/* Functions inlined into each other, and blocks between them: a dozen is a lot. */
#define DEPTH 64
/* A kernel has a few ten thousand. */
#define RANGE_LIMIT ((size_t)1 << 24)

/* Code of one unit. A unit has many, where functions have sections of their own. */
struct unit_range {
	uint64_t begin, end;
	Dwarf_Off unit; /* its DIE */
};

/* All code of the file by address. */
struct line_units {
	struct unit_range *range;
	size_t n, cap;
};

/* ---- which unit ---- */

static bool add_range(struct line_units *u, uint64_t begin, uint64_t end, Dwarf_Off unit)
{
	if (begin >= end)
		return true;
	if (u->n == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 1024;
		void *range = cap <= RANGE_LIMIT ? mem_resize(u->range, cap, sizeof(*u->range))
						 : NULL;

		if (!range)
			return false;
		u->range = range;
		u->cap = cap;
	}
	u->range[u->n++] = (struct unit_range){ begin, end, unit };
	return true;
}

static bool add_unit(struct line_units *u, Dwarf_Die *unit)
{
	Dwarf_Addr base, begin, end;
	ptrdiff_t pos = 0;

	while ((pos = dwarf_ranges(unit, pos, &base, &begin, &end)) > 0)
		if (!add_range(u, begin, end, dwarf_dieoffset(unit)))
			return false;
	return true;
}

static int by_begin(const void *pa, const void *pb)
{
	const struct unit_range *a = pa, *b = pb;

	return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Units that come after memory has run out, or a damaged one, are not known. */
static struct line_units *units_of(struct debugfile *f, Dwarf *dwarf)
{
	struct line_units *u = f->lines, found = { 0 };
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	if (u)
		return u;
	u = arena_alloc(&f->arena, sizeof(*u));
	if (!u)
		return NULL;
	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) && add_unit(&found, &unit))
		;
	qsort(found.range, found.n, sizeof(*found.range), by_begin);
	u->range = arena_array(&f->arena, found.n, sizeof(*u->range));
	if (u->range && found.n) {
		memcpy(u->range, found.range, found.n * sizeof(*u->range));
		u->n = found.n;
	}
	mem_free(found.range);
	f->lines = u;
	return u;
}

static bool find_unit(struct debugfile *f, Dwarf *dwarf, uint64_t addr, Dwarf_Die *ret)
{
	const struct line_units *u;
	size_t lo = 0, hi;

	/* by .debug_aranges, which clang does not write */
	if (dwarf_addrdie(dwarf, addr, ret))
		return true;
	u = units_of(f, dwarf);
	hi = u ? u->n : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->range[mid].begin <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < u->range[lo - 1].end && dwarf_offdie(dwarf, u->range[lo - 1].unit, ret);
}

/* ---- which functions ---- */

static bool holds_code(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
	       tag == DW_TAG_lexical_block;
}

static bool child_at(Dwarf_Die *parent, uint64_t addr, Dwarf_Die *ret)
{
	for (bool more = die_child(parent, ret); more; more = die_next(ret))
		if (holds_code(dwarf_tag(ret)) && dwarf_haspc(ret, addr) > 0)
			return true;
	return false;
}

/* The functions at addr, outermost first. */
static size_t find_chain(Dwarf_Die *unit, uint64_t addr, Dwarf_Die chain[DEPTH])
{
	Dwarf_Die at = *unit, next;
	size_t n = 0;

	for (int depth = 0; depth < DEPTH && child_at(&at, addr, &next); depth++) {
		at = next;
		if (dwarf_tag(&at) != DW_TAG_lexical_block)
			chain[n++] = at;
	}
	return n;
}

/* ---- which lines ---- */

/* Below the folder where the compiler ran, the rest of the path is enough. */
static const char *short_path(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute mem;
	const char *dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &mem));
	size_t n = dir ? strlen(dir) : 0;

	return path && n && !strncmp(path, dir, n) && path[n] == '/' ? path + n + 1 : path;
}

static void set_line(struct line_frame *frame, Dwarf_Die *unit, uint64_t addr)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, addr);
	int n;

	if (!line)
		return;
	frame->file = short_path(unit, dwarf_linesrc(line, NULL, NULL));
	if (!dwarf_lineno(line, &n) && n > 0)
		frame->line = (unsigned)n;
}

/* Where an inlined function was called from stands at the inlined one. */
static void set_call(struct line_frame *frame, Dwarf_Die *unit, Dwarf_Die *inlined)
{
	uint64_t file, line;
	Dwarf_Files *files;
	size_t n;

	if (die_number(inlined, DW_AT_call_file, &file) &&
	    !dwarf_getsrcfiles(unit, &files, &n) && file < n)
		frame->file = short_path(unit, dwarf_filesrc(files, file, NULL, NULL));
	if (die_number(inlined, DW_AT_call_line, &line) && line <= UINT32_MAX)
		frame->line = (unsigned)line;
}

size_t line_lookup(struct debugfile *f, uint64_t addr, struct line_frame *frames, size_t max)
{
	Dwarf_Die unit, chain[DEPTH];
	Dwarf *dwarf;
	uint64_t own;
	size_t n, i;

	if (!max || !debugfile_file_addr(f, addr, &own) ||
	    debugfile_dwarf(f, &dwarf, NULL) != CAIRN_OK || !find_unit(f, dwarf, own, &unit))
		return 0;
	n = find_chain(&unit, own, chain);
	frames[0] = (struct line_frame){ .function = "" };
	set_line(&frames[0], &unit, own);
	for (i = 0; i < n && i < max; i++) {
		Dwarf_Die *die = &chain[n - 1 - i];

		if (i) {
			frames[i] = (struct line_frame){ 0 };
			set_call(&frames[i], &unit, die + 1);
		}
		frames[i].function = die_name(die);
		frames[i].inlined = i + 1 < n;
	}
	if (n)
		return i;
	return frames[0].file ? 1 : 0;
}
