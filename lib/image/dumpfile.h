/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dumpfile - what the header of a dump file says: format, machine, notes, VMCOREINFO, and
 * where its pages lie.
 *
 * Nothing here grows with the machine: of the page tables of a kdump-compressed file only
 * a few blocks are looked at, to tell whether the file is all there.
 *
 * Sources: kdump-compressed: makedumpfile's IMPLEMENTATION and diskdump_mod.h; ELF cores:
 * fs/proc/vmcore.c, QEMU's dump/dump.c; notes: include/linux/elfcore.h.
 */
#ifndef CAIRN_IMAGE_DUMPFILE_H
#define CAIRN_IMAGE_DUMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/image/arch.h"
#include "lib/image/note.h"
#include "lib/image/rawfile.h"
#include "lib/image/vmcoreinfo.h"

struct kdump_head;

enum dumpfile_format { DUMPFILE_KDUMP, DUMPFILE_ELF };

/** Physical memory [phys, phys + memsz), of which the first filesz bytes lie at `off`. */
struct dumpfile_load {
	uint64_t phys, off, filesz, memsz;
};

struct dumpfile {
	enum dumpfile_format format;
	const struct arch *arch; /* NULL: neither the file nor its notes say */
	uint64_t file_size;      /* of the plain file */
	uint64_t promised;       /* size that the headers promise, at least; 0: they do not say */
	bool incomplete;         /* the writer itself noted that it ran out of space */
	const void *notes;       /* in the arena; NULL: none */
	size_t notes_len;
	const char *vmcoreinfo;  /* in the arena, NUL-terminated; NULL: none */
	size_t vmcoreinfo_len;

	/* kdump */
	const struct kdump_head *kdump; /* in the arena; NULL: of a version before 1 */
	uint32_t block_size;     /* page size; else 0 */
	uint64_t phys_base;      /* pfn 0 of the file is this physical address (ARM) */
	uint64_t max_pfn;        /* pages that the bitmaps cover */
	uint64_t memory_map;     /* offset of the bitmap of pages of RAM; 0: none */
	uint64_t dump_map;       /* offset of the bitmap of pages in the dump */
	uint64_t map_size;       /* bytes of each */
	uint64_t descs;          /* offset of the page descriptors, one for each page in the dump */
	bool split;              /* one of a set: holds pages [start_pfn, end_pfn) only */
	uint64_t start_pfn, end_pfn;
	uint64_t set_id;         /* equal in all files of one set */

	/* ELF */
	const char *foreign;     /* what the header calls a machine that is not read; NULL: none */
	const struct dumpfile_load *loads; /* in the arena, in the order of the file */
	size_t nloads;
};

/** Read the header of a plain file. CAIRN_FORMAT if it is no dump, with a text that says
 *  what it looks like instead. */
enum cairn_code dumpfile_read(struct dumpfile *ret, const struct rawfile *f, struct arena *arena,
			      struct cairn_err *err);

/** Which machine it is, where the header does not say (QEMU leaves utsname empty): by the
 *  size of the register notes, else by what only one machine writes into VMCOREINFO. */
const struct arch *dumpfile_guess_arch(const void *notes, size_t len,
				       const struct vmcoreinfo *v);

/* ---- for the files of dumpfile alone ---- */

/** What must be there of struct disk_dump_header: up to max_mapnr, in either layout. What
 *  follows is padding that a flattened file may leave out. */
#define DUMPFILE_KDUMP_HEAD 444u

enum cairn_code dumpfile_read_kdump(struct dumpfile *d, const struct rawfile *f,
				    const unsigned char head[512], struct arena *arena,
				    struct cairn_err *err);
enum cairn_code dumpfile_read_elf(struct dumpfile *d, const struct rawfile *f,
				  const unsigned char head[512], struct arena *arena,
				  struct cairn_err *err);

/** Refuse a dump of the machine of this name (arch_foreign_elf). */
enum cairn_code dumpfile_foreign(const char *name, struct cairn_err *err);

/** All of [off, off + len), or an error that says where the file ends. */
enum cairn_code dumpfile_bytes(const struct rawfile *f, uint64_t off, void *buf, size_t len,
			       struct cairn_err *err);

/** Append the notes at `off` to those read so far, as far as the file and a limit go;
 *  take VMCOREINFO from among them. */
enum cairn_code dumpfile_notes(struct dumpfile *d, const struct rawfile *f, uint64_t off,
			       uint64_t len, struct arena *arena, struct cairn_err *err);

/** Keep a copy of the text as VMCOREINFO, up to its first NUL. */
enum cairn_code dumpfile_vmcoreinfo(struct dumpfile *d, const void *text, size_t len,
				    struct arena *arena, struct cairn_err *err);

/** The most that is believed of the size of notes or VMCOREINFO: the largest machines have
 *  8192 CPUs with 0.5 KiB each. */
#define DUMPFILE_NOTES_LIMIT ((uint64_t)16 << 20)

#endif
