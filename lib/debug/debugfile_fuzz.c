/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a debug file: telling what it is, whose it is, where it lay, and its
 * symbols. What is found must hang together. DWARF is libdw's to parse, and left out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/elfsym.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool place(void *arg, const char *section, uint64_t *ret)
{
	*ret = *(uint64_t *)arg += 0x10000;
	return section[0] != '_';
}

static void check(const struct debugfile *f)
{
	uint64_t addr;

	if (!memchr(f->build_id, 0, sizeof(f->build_id)) ||
	    !memchr(f->module, 0, sizeof(f->module)) ||
	    !memchr(f->release, 0, sizeof(f->release)))
		abort();
	for (size_t i = 0; i < f->nsections; i++) {
		const struct debugfile_section *s = &f->section[i];

		if (!s->name || (s->placed && !s->size))
			abort();
		if (s->placed && !s->percpu && !debugfile_file_addr(f, s->run, &addr))
			abort();
	}
}

static void check_symbols(struct debugfile *f)
{
	struct arena arena = { 0 };
	struct syms s;
	struct sym sym, again;

	syms_init(&s, &arena);
	if (elfsym_add(&s, f, NULL) == CAIRN_OK) {
		const struct sym_source *first = s.first;

		for (size_t i = 0; i < 64 && first->ops->at(first->self, i, &sym); i++) {
			if (!sym.name[0] || !first->ops->by_name(first->self, sym.name, 0, &again) ||
			    strcmp(sym.name, again.name))
				abort();
			sym_at(&s, sym.addr, &again, NULL);
		}
	}
	arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t base = 0xffffffffc0000000;
	struct debugfile *f;
	struct cairn_err err;

	if (debugfile_open_memory(&f, "/lib/debug/fuzz-ed.ko.debug", data, size, &err) != CAIRN_OK)
		return 0;
	debugfile_match(f, NULL, "6.1.0", &err);
	debugfile_match(f, "0123", NULL, &err);
	if (f->kind == DEBUGFILE_MODULE)
		debugfile_place_module(f, place, &base);
	else
		debugfile_place_kernel(f, size << 12);
	check(f);
	check_symbols(f);
	debugfile_close(f);
	return 0;
}
