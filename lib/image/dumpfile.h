/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dumpfile - what the header of a dump file says: format, machine, notes, VMCOREINFO.
 *
 * libkdumpfile reads the pages; the headers are read here as well, because the library
 * has no machine for QEMU's files (their utsname is empty) and misreads the 32-bit
 * sub-header as ARM lays it out.
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

enum dumpfile_format { DUMPFILE_KDUMP, DUMPFILE_ELF, DUMPFILE_OTHER };

struct dumpfile {
	enum dumpfile_format format;
	const struct arch *arch; /* NULL: the file does not say */
	uint32_t block_size;     /* kdump: page size; else 0 */
	uint64_t phys_base;      /* kdump: pfn 0 of the file is this physical address (ARM) */
	uint64_t max_pfn;        /* kdump: pages that the bitmap covers; else 0 */
	uint64_t file_size;
	uint64_t promised;       /* size that the headers promise; 0: they do not say */
	const void *notes;       /* in the arena; NULL: none */
	size_t notes_len;
	const char *vmcoreinfo;  /* in the arena, NUL-terminated; NULL: none */
	size_t vmcoreinfo_len;
};

/** Read the header of the file behind fd. CAIRN_FORMAT if it is no dump, with a text that
 *  says what it looks like instead. DUMPFILE_OTHER: a dump of a kind whose header only
 *  libkdumpfile knows (LKCD, s390, SADUMP). */
enum cairn_code dumpfile_read(struct dumpfile *ret, int fd, struct arena *arena,
			      struct cairn_err *err);

/** One ELF note, borrowed from the buffer. */
struct note {
	uint32_t type;
	const char *name; /* not necessarily terminated: name_len bytes, NULs stripped */
	size_t name_len;
	const unsigned char *desc;
	size_t desc_len;
};

/** The next note of a buffer of notes; *pos starts at 0. False at the end or at
 *  the first note that does not fit. */
bool note_next(const void *notes, size_t len, size_t *pos, struct note *ret);
bool note_is(const struct note *n, const char *name, uint32_t type);

#endif
