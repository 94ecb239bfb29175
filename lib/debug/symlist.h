/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symlist - a handful of named addresses as a source of symbols: what VMCOREINFO names, and
 * what was inferred from memory where kallsyms has text only (kernels without
 * CONFIG_KALLSYMS_ALL).
 */
#ifndef CAIRN_DEBUG_SYMLIST_H
#define CAIRN_DEBUG_SYMLIST_H

#include "lib/debug/sym.h"
#include "lib/image/vmcoreinfo.h"

#define SYMLIST_MAX 128

struct symlist {
	struct {
		const char *name;
		uint64_t addr;
	} entry[SYMLIST_MAX];
	size_t n;
};

/** Add one. The name is borrowed; beyond SYMLIST_MAX it is left out. */
void symlist_add(struct symlist *l, const char *name, uint64_t addr);

/** All of VMCOREINFO's SYMBOL() lines; names are copied to the arena. */
void symlist_add_vmcoreinfo(struct symlist *l, const struct vmcoreinfo *v, struct arena *arena);

/** Make it a source, asked by name only. Entries may still be added later. */
enum cairn_code symlist_register(struct symlist *l, const char *source, struct syms *syms,
				 struct cairn_err *err);

#endif
