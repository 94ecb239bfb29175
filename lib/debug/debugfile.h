/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugfile - a file that adds types, symbols and source lines to a dump: a vmlinux, a
 * module's debug file (.ko, .ko.debug), or bare BTF.
 *
 * Opening reads headers and notes only. Whether the file belongs to the dump, and where its
 * sections lay in the dumped machine, are questions of their own: debugplace.h. DWARF is
 * opened when it is first asked for.
 *
 * Sources: ELF gABI; build-id: the GNU note of type NT_GNU_BUILD_ID (3); module files:
 * kernel/module/main.c (.gnu.linkonce.this_module), scripts/mod/modpost.c (.modinfo);
 * BTF: Documentation/bpf/btf.rst. debugfind.h looks for a file by its build-id.
 */
#ifndef CAIRN_DEBUG_DEBUGFILE_H
#define CAIRN_DEBUG_DEBUGFILE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/image/arch.h"

enum debugfile_kind {
	DEBUGFILE_KERNEL, /* a linked image: vmlinux */
	DEBUGFILE_MODULE, /* relocatable, with the sections of a kernel module */
	DEBUGFILE_BTF,    /* BTF and nothing else */
};

/** What debugfile_match() could compare (debugplace.h). */
enum debugfile_proof { DEBUGFILE_UNPROVEN, DEBUGFILE_BY_RELEASE, DEBUGFILE_BY_BUILD_ID };

/** One section that is loaded at run time. The others have size 0. */
struct debugfile_section {
	const char *name;
	uint64_t addr, size; /* as symbols and DWARF of the file have it; modules: our own layout */
	uint64_t run;        /* where it lay in the dumped machine, if `placed` */
	bool placed;
	bool percpu;         /* run is an offset into the per-CPU area */
	char type;           /* as nm calls its symbols: t text, d data, r read-only, b zeroed */
};

/** An open file. What is not marked private may be read. */
struct debugfile {
	enum debugfile_kind kind;
	enum debugfile_proof proof; /* set by debugfile_match() */
	const char *path;
	const struct arch *arch;    /* NULL: BTF, or a machine that cairn does not know */
	char build_id[42];          /* hexadecimal, "" if it has none */
	char module[64];            /* MODULE: its name as the kernel has it, else "" */
	char release[66];           /* as uname -r; "" if not known (yet: see _match) */
	bool has_dwarf, has_symbols;
	const void *btf;            /* section .BTF or the whole file; NULL: none. A module's
				       is split BTF: ids go on where the kernel's end */
	size_t btf_size;
	struct debugfile_section *section; /* by ELF section number */
	size_t nsections;
	/* private */
	struct arena arena;
	void *image;                /* BTF, or a whole file in memory */
	void *mapped;               /* the file; NULL: it is not mapped, or by libelf */
	size_t mapped_size;
	int fd;                     /* -1: in memory */
	Elf *elf;
	Dwarf *dwarf;
	struct Dwfl *dwfl;          /* MODULE: owner of `dwarf`, see reldwarf.h */
	struct scopes *scopes;      /* made by scope.c */
	struct lines *lines;        /* made by line.c */
	struct cfi *cfi;            /* made by cfi.c */
};

/** Open what the user named; it may be in a zstd file. CAIRN_FORMAT with a text that says what it looks like if it
 *  is none of the kinds. */
enum cairn_code debugfile_open(struct debugfile **ret, const char *path, struct cairn_err *err);

/** The same over bytes in memory (copied); `path` is for messages. No DWARF for modules. */
enum cairn_code debugfile_open_memory(struct debugfile **ret, const char *path, const void *data,
				      size_t size, struct cairn_err *err);
void debugfile_close(struct debugfile *f);

/** Give the file's pages that were read back to the page cache, whence they come again when they
 *  are asked for. Nothing that points into the file changes. */
void debugfile_trim(struct debugfile *f);

/** Its DWARF, opened on the first call; for modules relocated to section[].addr. Belongs to
 *  the file. CAIRN_MISSING if it has none. */
enum cairn_code debugfile_dwarf(struct debugfile *f, Dwarf **ret, struct cairn_err *err);

#endif
