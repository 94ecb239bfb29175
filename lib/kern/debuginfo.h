/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debuginfo - what files on this machine add to a dump: those the user gave, and the
 * kernel's own vmlinux found by build-id.
 */
#ifndef CAIRN_KERN_DEBUGINFO_H
#define CAIRN_KERN_DEBUGINFO_H

#include "lib/debug/debugfile.h"
#include "lib/kern/session.h"

#define DEBUGINFO_FILES 64

struct debuginfo {
	struct debugfile *file[DEBUGINFO_FILES];
	size_t n;
	bool searched; /* for the kernel's vmlinux */
};

/** Open the files of c->opts->debug_files. One that belongs to another kernel is refused:
 *  CAIRN_USAGE with both build-ids. */
enum cairn_code debuginfo_open(struct cairn *c, struct cairn_err *err);

/** Then the modules' files among them: types, and symbols where the module's sections lie.
 *  CAIRN_USAGE if no such module was loaded, or with both build-ids. */
enum cairn_code debuginfo_open_modules(struct cairn *c, struct cairn_err *err);

/** Look for the kernel's vmlinux by build-id, once; adds its types and symbols. CAIRN_OK
 *  if there is one by now. */
enum cairn_code debuginfo_search(struct cairn *c, struct cairn_err *err);

/** After types_deinit(): types and names are borrowed from the files. */
void debuginfo_close(struct cairn *c);

#endif
