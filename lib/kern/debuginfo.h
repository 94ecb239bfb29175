/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debuginfo - what files on this machine add to a dump: those the user gave, and the
 * kernel's own vmlinux found by build-id.
 */
#ifndef CAIRN_KERN_DEBUGINFO_H
#define CAIRN_KERN_DEBUGINFO_H

#include "lib/base/map.h"
#include "lib/debug/debugfile.h"
#include "lib/kern/session.h"

#define DEBUGINFO_FILES 64

struct debuginfo {
	struct debugfile *file[DEBUGINFO_FILES];
	size_t n;
	struct type_provider *types[DEBUGINFO_FILES]; /* of file[i]'s DWARF; NULL: none */
	bool searched;        /* for the kernel's vmlinux */
	struct cairn_err lack; /* why it was not found */
	struct map modules;   /* address of a struct module: its file was searched for */
	size_t nmisfits;      /* files of other kernels that were left out */
	struct cairn_err misfit; /* why the first of them was */
};

/** Open the files of c->opts->debug_files. One that belongs to another kernel is refused:
 *  CAIRN_USAGE with both build-ids; with c->opts->skip_misfits it is taken off that list instead. */
enum cairn_code debuginfo_open(struct cairn *c, struct cairn_err *err);

/** Then the modules' files among them: types, and symbols where the module's sections lie.
 *  CAIRN_USAGE if no such module was loaded, or with both build-ids. Where files were left out and none
 *  fits, "debug files" is degraded. */
enum cairn_code debuginfo_open_modules(struct cairn *c, struct cairn_err *err);

/** Look for the kernel's vmlinux by build-id, once; adds its types and symbols. CAIRN_OK
 *  if there is one by now. */
enum cairn_code debuginfo_search(struct cairn *c, struct cairn_err *err);

/** The open file whose DWARF speaks of the code at an address of the dump. NULL: none. */
struct debugfile *debuginfo_at(struct cairn *c, uint64_t addr);

/** Likewise, but where none is open the kernel's or the module's is looked for by build-id,
 *  each once. */
struct debugfile *debuginfo_find_at(struct cairn *c, uint64_t addr);

/** The types of a file's DWARF, NULL if it has none. */
struct type_provider *debuginfo_types(struct cairn *c, const struct debugfile *f);

/** After types_deinit(): types and names are borrowed from the files. */
void debuginfo_close(struct cairn *c);

#endif
