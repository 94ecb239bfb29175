/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packer - how a page of a kdump-compressed file gets packed: the counterpart of codec.
 */
#ifndef CAIRN_IMAGE_PACKER_H
#define CAIRN_IMAGE_PACKER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/image/codec.h"

/** The compressors' state, made once and used for all pages. One thread at a time. */
struct packer;

/** Packs as CODEC_NONE, CODEC_ZLIB or CODEC_ZSTD; no other kind is written. As small as it
 *  gets: what is written once is sent and stored many times. NULL: out of memory. */
struct packer *packer_new(enum codec_kind kind);
void packer_free(struct packer *p);

/** Pack one page. Returns its packed bytes in *out (borrowed until the next call, or `page`
 *  itself) and their length; *kind says how: CODEC_NONE where packing does not make it
 *  smaller. */
size_t packer_pack(struct packer *p, const void *page, size_t size, const void **out,
		   enum codec_kind *kind);

#endif
