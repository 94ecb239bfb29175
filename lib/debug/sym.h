/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sym - one symbol table over several sources: the kernel's kallsyms, its modules, BPF,
 * an ELF file that was given.
 *
 * A source is a block of symbols over an address range. Lookup by address asks the source
 * whose range covers it; by name, the sources in the order they were added. The answer to
 * an address is the kernel's own (kernel/kallsyms.c, get_symbol_pos and
 * kernel/module/kallsyms.c, find_kallsyms_symbol): of several names at one address, the
 * first in the table.
 */
#ifndef CAIRN_DEBUG_SYM_H
#define CAIRN_DEBUG_SYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/** One symbol. `name` and `module` are borrowed from the table and live as long as it. */
struct sym {
	const char *name;
	uint64_t addr;
	uint64_t size;      /* to the next symbol; 0: not known */
	char type;          /* as /proc/kallsyms prints it; text is told by sym_is_text() */
	bool percpu;        /* addr is an offset into the per-CPU area, not an address */
	const char *module; /* NULL: the kernel image */
};

/** What a source can do; any of the functions may be called many times. */
struct sym_source_ops {
	/* The symbol that covers addr, which is inside the source's range. */
	bool (*by_addr)(void *self, uint64_t addr, struct sym *ret);
	/* The n-th symbol (from 0) of that name; false when there are no more. */
	bool (*by_name)(void *self, const char *name, size_t n, struct sym *ret);
	/* The i-th symbol in table order; false past the end. */
	bool (*at)(void *self, size_t i, struct sym *ret);
};

struct sym_source {
	const char *name;    /* "kallsyms", a module's name, "bpf", a file's path */
	uint64_t begin, end; /* addresses that by_addr answers for */
	const struct sym_source_ops *ops;
	void *self;
	struct sym_source *next;
};

struct range { uint64_t begin, end; };

struct syms {
	struct arena *arena;
	struct sym_source *first, **last;
	const char *missing; /* why there are none, or not all; for messages. NULL: all there */
	/* address ranges that hold instructions: the kernel's text and init text, each
	   module's text, BPF images */
	struct range *text;
	size_t ntext, captext;
};

void syms_init(struct syms *s, struct arena *arena);

/** Add a source, memory from the arena. `begin`..`end` may be empty: then it is only
 *  asked by name. */
enum cairn_code syms_add(struct syms *s, const char *name, uint64_t begin, uint64_t end,
			 const struct sym_source_ops *ops, void *self, struct cairn_err *err);
enum cairn_code syms_add_text(struct syms *s, uint64_t begin, uint64_t end,
			      struct cairn_err *err);

/** The symbol that covers addr, and how far addr is into it. */
bool sym_at(struct syms *s, uint64_t addr, struct sym *ret, uint64_t *offset);

/** The symbol of that name; "module:name" asks one module only. */
bool sym_find(struct syms *s, const char *name, struct sym *ret);

/** The n-th symbol of that name over all sources. */
bool sym_find_nth(struct syms *s, const char *name, size_t n, struct sym *ret);

/** Address of a symbol that must exist: CAIRN_MISSING names it otherwise. */
enum cairn_code sym_addr(struct syms *s, const char *name, uint64_t *ret, struct cairn_err *err);

/** Whether addr lies where instructions lie. */
bool sym_is_text(const struct syms *s, uint64_t addr);

#endif
