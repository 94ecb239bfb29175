/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * note - the notes of an ELF core, which kdump-compressed files carry as well.
 *
 * A note is a header of three 32-bit words (name size, data size, type), the name and the
 * data, each padded to 4 bytes. Source: include/uapi/linux/elf.h, Elf32_Nhdr.
 */
#ifndef CAIRN_IMAGE_NOTE_H
#define CAIRN_IMAGE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/image/arch.h"

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

/** Which machine wrote these notes, by the size of its NT_PRSTATUS: 336 bytes x86_64,
 *  392 arm64, 144 i386, 148 ARM. NULL: no such note, or of another size. */
const struct arch *note_guess_arch(const void *notes, size_t len);

#endif
