/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module - loaded modules: where they lie, their symbols (mod->kallsyms) and types (BTF).
 *
 * Sources: include/linux/module.h (module_layout up to 6.3, module_memory since 6.4),
 * kernel/module/kallsyms.c and procfs.c, kernel/bpf/btf.c (btf_modules).
 */
#ifndef CAIRN_KERN_MODULE_H
#define CAIRN_KERN_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kern/session.h"

#define MODULE_RANGES 7 /* MOD_MEM_NUM_TYPES; two (core, init) before 6.4 */

struct module {
	uint64_t addr;           /* struct module */
	char name[64];
	const char *state;       /* as /proc/modules: "Live" "Loading" "Unloading"; "Unformed",
				    which that does not show */
	uint64_t base;           /* as /proc/modules: start of its core text */
	uint64_t size;           /* as /proc/modules: bytes of all its memory */
	struct range mem[MODULE_RANGES]; /* all its memory; begin == end: unused */
	struct range text;       /* core text */
	struct range init_text;  /* empty once its init function has returned */
	uint32_t taints;         /* bits as in the kernel's taint mask */
	char build_id[42];       /* hexadecimal, "" if not known */
	struct cairn_err fault;  /* code not CAIRN_OK: addr is all that is known */
};

struct modules {
	struct module *module;   /* in list order, as /proc/modules */
	size_t n;
	bool partial;            /* the list is damaged: reason in `err`; what could be found
				    from its other end is there all the same */
	struct cairn_err err;
};

/** Read on the first call; kept in the session. Also adds every module's symbols and text
 *  ranges, and those of code made at run time (jit.h), to c->syms. */
enum cairn_code modules_get(struct cairn *c, const struct modules **ret, struct cairn_err *err);

/** Types of one module: adds its split BTF (kept in the dump's btf_modules) to c->types;
 *  again is no error. CAIRN_NOTFOUND: no such module; CAIRN_MISSING: it carries none. */
enum cairn_code module_types(struct cairn *c, const char *module, struct cairn_err *err);

/** Types of the modules, one module after the other, until `enough` says so. Modules whose types
 *  cannot be had are passed over. */
void module_types_until(struct cairn *c, bool (*enough)(void *arg), void *arg);

/** Whether a struct module lies there: one that says it lies in its own memory. For finding
 *  the list where no symbol names it. */
bool module_is_at(struct cairn *c, uint64_t addr);

/** A function's name for an address that is no code: of a module that keeps no names of data (a kernel
 *  without CONFIG_KALLSYMS_ALL), the last function in front of it is all that is found. */
bool module_sym_misleads(const struct module *m, const struct sym *s, uint64_t addr);

/** The module that owns an address, or NULL. */
const struct module *module_at(const struct modules *ms, uint64_t addr);

/** The module of that name, or NULL. */
const struct module *module_by_name(const struct modules *ms, const char *name);

#endif
