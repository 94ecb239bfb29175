/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_sect - where the sections of a loaded module lie: what /sys/module/NAME/sections
 * shows.
 *
 * Source: kernel/module/sysfs.c. struct module_sect_attr has the address beside its attribute;
 * since 6.14 (b83815afae62) the attribute's own `private` is the address.
 */
#ifndef CAIRN_KERN_MODULE_SECT_H
#define CAIRN_KERN_MODULE_SECT_H

#include "lib/kern/module.h"

struct module_sections {
	struct cairn *c;
	const struct module *module;
	uint64_t attrs;    /* address of the first attribute; 0: none are known */
	uint64_t size;     /* of one */
	uint32_t n;        /* how many; a limit where the kernel keeps no count */
	uint32_t name, address; /* offsets in one */
};

/** Find the table. CAIRN_MISSING if the kernel keeps none. */
enum cairn_code module_sections_find(struct module_sections *ret, struct cairn *c,
				     const struct module *m, struct cairn_err *err);

/** Run-time address of a section by name; false if the module has none of that name. `arg` is
 *  a struct module_sections: a debugfile_section_fn. */
bool module_section_at(void *arg, const char *section, uint64_t *ret);

#endif
