/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session - one opened vmcore: what every later stage works on.
 *
 * Opening makes the image, the kernel's address space, symbols and types; everything else
 * is made when it is first asked for. A part that cannot be made is recorded in `degraded`
 * with its reason, and the rest goes on.
 */
#ifndef CAIRN_KERN_SESSION_H
#define CAIRN_KERN_SESSION_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/debug/sym.h"
#include "lib/debug/symlist.h"
#include "lib/debug/type.h"
#include "lib/image/image.h"
#include "lib/image/layout.h"
#include "lib/image/space.h"

#define DEGRADED_LIMIT 32

struct cairn {
	struct arena arena;        /* lives until close */
	uint64_t opened_ns;        /* CLOCK_MONOTONIC when opening began */
	struct image *img;
	const struct arch *arch;
	struct layout layout;
	struct space kernel;       /* kernel virtual memory; .tlb NULL: no layout was found */
	struct syms syms;
	struct types types;
	struct index *index;       /* what is known of this build; NULL: no cache */
	struct kallsyms *kallsyms; /* the kernel's own symbols; NULL: none */
	struct symlist known;      /* named by VMCOREINFO, or inferred from memory */
	struct btf_provider *btf;  /* the kernel's own; base of its modules'. NULL: none */
	char release[66];          /* OSRELEASE, "" if not known */
	char build_id[42];         /* hexadecimal, "" if not known */
	struct cairn_degraded degraded[DEGRADED_LIMIT];
	size_t ndegraded;
	struct cairn_opts opts_copy; /* debug_files in the arena */
	const struct cairn_opts *opts;
	struct debuginfo *debuginfo; /* NULL: none was asked for */
	bool (*stop)(void);          /* the user wants no more: long walks end with
					CAIRN_INTERRUPTED and keep nothing; NULL: never */
	/* made on demand, each by the file of its name in lib/kern */
	struct cpus *cpus;
	struct tasks *tasks;
	struct modules *modules;
	struct log *log;
	const struct maple_layout *maple;
	struct maple_shelf *maple_shelf;
};

/** Note that a part is missing. The reason is copied; once per `what`. Returns the reason
 *  that is kept, as long as the session lives. */
const char *session_degrade(struct cairn *c, const char *what, const struct cairn_err *err);

#endif
