/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cairn.h - the one public header: what plugins and embedders may use.
 *
 * It reads as a tour in the order the data flows: errors, the session, memory,
 * symbols, types. It includes nothing of cairn's own, so it can be installed alone.
 *
 * Ownership: what a function returns through a pointer argument named `ret` belongs
 * to the session and lives until cairn_close(), unless its comment says otherwise.
 * A session is used by one thread at a time.
 */
#ifndef CAIRN_H
#define CAIRN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- 1. errors -------------------------------------------------------------- */

/** What became of a call. CAIRN_OK is 0; everything else is a failure. */
enum cairn_code {
	CAIRN_OK = 0,
	CAIRN_NOMEM,       /* an allocation failed, or a size was over its limit */
	CAIRN_IO,          /* the operating system refused a file operation */
	CAIRN_FORMAT,      /* the file is not a dump that cairn knows */
	CAIRN_FAULT,       /* memory of the dump could not be read; see cairn_err.fault */
	CAIRN_NOTFOUND,    /* no such symbol, task, type, file, ... */
	CAIRN_MISSING,     /* this kernel (or its types) lacks what the feature needs */
	CAIRN_CORRUPT,     /* the data was read and contradicts itself */
	CAIRN_LIMIT,       /* a walk reached its visit limit or deadline */
	CAIRN_USAGE,       /* the caller's or the user's words are off */
	CAIRN_INTERRUPTED, /* the user pressed Ctrl-C */
};

/** Why memory of the dump could not be read. A fault is data: it is shown in
 *  the place of the value that could not be read. */
enum cairn_fault {
	CAIRN_FAULT_NONE = 0,
	CAIRN_FAULT_EXCLUDED,     /* the page was filtered out when the dump was made */
	CAIRN_FAULT_ABSENT,       /* no such physical memory in the dump */
	CAIRN_FAULT_TRUNCATED,    /* the file ends before the page */
	CAIRN_FAULT_CORRUPT,      /* the page does not decompress */
	CAIRN_FAULT_UNMAPPED,     /* no page-table entry maps the address */
	CAIRN_FAULT_NONCANONICAL, /* no address of this machine */
	CAIRN_FAULT_SWAPPED,      /* a user page that is in swap, not in memory */
};

/** An error by value, on the caller's stack. `addr` is the address in the dump that
 *  the error is about (0: none). `text` is one line without a full stop. Every
 *  function takes NULL for its err argument: "only probing", nothing is formatted. */
struct cairn_err {
	enum cairn_code code;
	enum cairn_fault fault;
	uint64_t addr;
	char text[256];
};

/** The word for a fault: "excluded", "absent", ... as text and JSON show it. */
const char *cairn_fault_name(enum cairn_fault fault);

/* ---- 2. the session ---------------------------------------------------------- */

/** One opened vmcore with everything learned from it so far. */
struct cairn;

/** How to open. Zero-initialise, then set what is wanted. */
struct cairn_opts {
	const char *const *debug_files; /* vmlinux, .ko.debug or BTF files, NULL-terminated, or NULL */
	bool no_cache;                  /* neither read nor write the index cache */
	bool no_debug_search;           /* do not look for debug files by build-id */
};

/** Open the vmcore in `paths` (several files: a split set). Damage that leaves
 *  something to show is no error: see cairn_degraded(). */
enum cairn_code cairn_open(struct cairn **ret, const char *const *paths, size_t npaths,
			   const struct cairn_opts *opts, struct cairn_err *err);
void cairn_close(struct cairn *c);

/** One part of the session that is missing or damaged, and why. */
struct cairn_degraded {
	const char *what;   /* "symbols", "types", "registers", ... */
	const char *reason; /* one line */
};

/** The n-th degraded part, NULL past the last. */
const struct cairn_degraded *cairn_degraded(const struct cairn *c, size_t n);

/* ---- 3. memory --------------------------------------------------------------- */

/** Read kernel virtual memory. All or nothing: on failure err->addr is the first
 *  address that could not be read. */
enum cairn_code cairn_read(struct cairn *c, uint64_t addr, void *buf, size_t len,
			   struct cairn_err *err);

/** Read physical memory, likewise. */
enum cairn_code cairn_read_phys(struct cairn *c, uint64_t paddr, void *buf, size_t len,
				struct cairn_err *err);

/* ---- 4. symbols -------------------------------------------------------------- */

/** Address of a symbol of the kernel or a module. */
enum cairn_code cairn_symbol(struct cairn *c, const char *name, uint64_t *ret,
			     struct cairn_err *err);

/** Name of the symbol that covers `addr`, with the distance from its start in
 *  *offset. NULL if none does. */
const char *cairn_symbolize(struct cairn *c, uint64_t addr, uint64_t *offset);

/* ---- 5. types ---------------------------------------------------------------- */

/** Byte offset and size of a member by path ("se.sum_exec_runtime") in a type
 *  ("struct task_struct"). */
enum cairn_code cairn_member(struct cairn *c, const char *type, const char *path,
			     uint64_t *offset, uint64_t *size, struct cairn_err *err);

#endif
