/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_priv - what the files behind module.h share.
 */
#ifndef CAIRN_KERN_MODULE_PRIV_H
#define CAIRN_KERN_MODULE_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "lib/kern/module.h"

/** Where a module keeps its symbols. All of it untrusted. */
struct module_symtab {
	uint64_t kallsyms;         /* struct mod_kallsyms */
	struct range percpu;       /* of its per-CPU area; empty: none */
	uint64_t exports;          /* struct kernel_symbol[] */
	uint32_t nexports;
};

/** Add a source for the module's symbols to c->syms, read when it is first asked. `m` must
 *  live as long as the session. */
enum cairn_code module_sym_add(struct cairn *c, const struct module *m,
			       const struct module_symtab *at, struct cairn_err *err);

/** The build-id (hexadecimal) among the note sections that sysfs shows of a module:
 *  notes_attrs is its struct module_notes_attrs. False if there is none. */
bool module_note_build_id(struct cairn *c, uint64_t notes_attrs, char *hex, size_t size);

/** Hexadecimal text of n bytes; "" where it does not fit. */
void module_hex(char *hex, size_t size, const unsigned char *bytes, size_t n);

/** The range of the module's memory that holds addr, text taken for itself; an empty one if
 *  none does. */
struct range module_range(const struct module *m, uint64_t addr);

#endif
