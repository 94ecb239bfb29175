/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codec - how a page of a kdump-compressed file is packed.
 *
 * The numbers are the flags of a page descriptor. Source: makedumpfile's diskdump_mod.h.
 */
#ifndef CAIRN_IMAGE_CODEC_H
#define CAIRN_IMAGE_CODEC_H

#include <stdbool.h>
#include <stddef.h>

enum codec_kind {
	CODEC_NONE = 0,
	CODEC_ZLIB = 0x1,
	CODEC_LZO = 0x2,
	CODEC_SNAPPY = 0x4,
	CODEC_ZSTD = 0x20,
};

/** The decompressors' state, made once and used for all pages. One thread at a time. */
struct codec;

/** NULL: out of memory. */
struct codec *codec_new(void);
void codec_free(struct codec *c);

/** Room for the packed bytes of one page, CODEC_INPUT of them. */
#define CODEC_INPUT 65536u
void *codec_input(struct codec *c);

/** Whether a kind is one of the above. */
bool codec_known(unsigned kind);

/** Unpack `len` bytes to exactly `size`; false if they are damaged. `out` then holds
 *  anything. CODEC_NONE is a copy and needs len == size. */
bool codec_unpack(struct codec *c, enum codec_kind kind, const void *in, size_t len, void *out,
		  size_t size);

#endif
