/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/line.h"

#include <string.h>

#include "lib/base/map.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/scope.h"

/* What was found for one address. */
struct known {
	struct line_frame *frame;
	size_t n;
};

struct lines {
	struct map found; /* address of the file -> struct known */
};

static char *name_before(char *begin, char *end)
{
	while (end > begin && end[-1] != '/')
		end--;
	return end;
}

/* Without "./", and without "a/../" wherever a is a name. */
static const char *clean_path(struct arena *a, const char *path)
{
	char *clean = strstr(path, "./") ? arena_strdup(a, path) : NULL, *to = clean;

	if (!clean)
		return path;
	while (*path) {
		size_t n = strcspn(path, "/"), all = n + (path[n] == '/');
		char *before = name_before(clean, to > clean ? to - 1 : clean);
		bool named = to - before > 1 && strncmp(before, "../", 3);

		if (n == 2 && !strncmp(path, "..", 2) && named) {
			to = before;
		} else if (n != 1 || path[0] != '.') {
			memcpy(to, path, all);
			to += all;
		}
		path += all;
	}
	*to = '\0';
	return clean;
}

/* The folders that both are in: bytes up to the '/' behind them, and how many they are. */
static size_t common(const char *dir, const char *path, unsigned *folders)
{
	size_t n = 0;

	*folders = 0;
	for (size_t i = 0; dir[i] == path[i] || (!dir[i] && path[i] == '/'); i++) {
		if (path[i] == '/' && i) {
			n = i;
			++*folders;
		}
		if (!dir[i])
			break;
	}
	return n;
}

const char *line_below(const char *dir, const char *path)
{
	enum { DEEP = 3 };
	unsigned folders = 0;
	size_t n = dir && dir[0] == '/' ? common(dir, path, &folders) : 0;

	return n && (!dir[n] || folders >= DEEP) ? path + n + 1 : path;
}

static const char *short_path(struct arena *a, Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute mem;

	if (!path)
		return NULL;
	return clean_path(a, line_below(dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &mem)),
					path));
}

static void set_line(struct line_frame *frame, struct arena *a, Dwarf_Die *unit, uint64_t addr)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, addr);
	int n;

	if (!line)
		return;
	frame->file = short_path(a, unit, dwarf_linesrc(line, NULL, NULL));
	if (!dwarf_lineno(line, &n) && n > 0)
		frame->line = (unsigned)n;
}

/* Where an inlined function was called from stands at the inlined one. */
static void set_call(struct line_frame *frame, struct arena *a, Dwarf_Die *unit,
		     Dwarf_Die *inlined)
{
	uint64_t file, line;
	Dwarf_Files *files;
	size_t n;

	if (die_number(inlined, DW_AT_call_file, &file) &&
	    !dwarf_getsrcfiles(unit, &files, &n) && file < n)
		frame->file = short_path(a, unit, dwarf_filesrc(files, file, NULL, NULL));
	if (die_number(inlined, DW_AT_call_line, &line) && line <= UINT32_MAX)
		frame->line = (unsigned)line;
}

static void set_frames(struct known *k, struct arena *a, const struct scope *s, uint64_t addr)
{
	Dwarf_Die unit = s->unit, inlined = { 0 };

	set_line(&k->frame[0], a, &unit, addr);
	for (size_t i = scope_function(s, s->n); i < s->n; i = i ? scope_function(s, i) : s->n) {
		struct line_frame *frame = &k->frame[k->n];

		if (k->n++)
			set_call(frame, a, &unit, &inlined);
		inlined = s->die[i];
		frame->function = die_name(&inlined);
		frame->inlined = i > 0;
	}
	if (!k->n && k->frame[0].file)
		k->n = 1;
}

static struct known *find_lines(struct debugfile *f, uint64_t addr)
{
	const struct scope *s = scope_at(f, addr);
	struct known *k = arena_alloc(&f->arena, sizeof(*k));

	if (!k || !s)
		return k;
	k->frame = arena_array(&f->arena, s->n + 1, sizeof(*k->frame));
	if (k->frame) {
		k->frame[0].function = "";
		set_frames(k, &f->arena, s, addr);
	}
	return k;
}

static const struct known *lines_at(struct debugfile *f, uint64_t addr)
{
	struct known *k;
	uint64_t known;

	if (!f->lines)
		f->lines = arena_alloc(&f->arena, sizeof(*f->lines));
	if (!f->lines)
		return NULL;
	if (map_get(&f->lines->found, addr, &known))
		return (const struct known *)(uintptr_t)known;
	k = find_lines(f, addr);
	map_put(&f->lines->found, addr, (uintptr_t)k);
	return k;
}

size_t line_lookup(struct debugfile *f, uint64_t addr, struct line_frame *frames, size_t max)
{
	const struct known *k;
	uint64_t own;
	size_t n;

	if (!max || !debugfile_file_addr(f, addr, &own))
		return 0;
	k = lines_at(f, own);
	n = !k ? 0 : k->n < max ? k->n : max;
	if (n)
		memcpy(frames, k->frame, n * sizeof(*frames));
	return n;
}

void line_free(struct debugfile *f)
{
	if (f->lines)
		map_deinit(&f->lines->found);
	f->lines = NULL;
}
