/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwrap - from a file as it was sent to the plain dump file in it.
 *
 * Two wrappings are known, by what the file says, not by its name; a compressed file may
 * hold a flattened one.
 *
 * Flattened (makedumpfile -F; QEMU's kdump-zlib, -lzo and -snappy): a dump file for a pipe,
 * as records to be written at offsets. Indexed, not copied: one 16-byte read a record
 * (about 30,000 in 1 GB). Source: makedumpfile.h, struct makedumpfile_header and
 * makedumpfile_data_header; all fields big-endian.
 *
 *	0      "makedumpfile\0", padded to 16; int64 type 1; int64 version 1
 *	4096   records: int64 offset, int64 size, then `size` bytes
 *	       offset -1: the end. Of bytes that were written twice the last ones count.
 *
 * zstd (RFC 8878): any number of frames, decompressed once into an unnamed file, in memory
 * as long as that takes no more than a quarter of what is free, and no more than half of what the
 * process may still take where RLIMIT_RSS says how much (`triage --max-rss` does), else in $TMPDIR: of
 * what is free then, as others may be unpacking at the same time. Stretches of zeros stay holes.
 */
#ifndef CAIRN_IMAGE_UNWRAP_H
#define CAIRN_IMAGE_UNWRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/rawfile.h"

/** Compressed files in compressed files. */
#define UNWRAP_DEPTH 3

/** Open what is behind fd, which becomes the rawfile's (it is closed on failure too).
 *  A wrapping that ends early, or is damaged, gives what arrived, with `cut` set. What
 *  cannot be a dump at all (directory, pipe, empty file) is refused with a text. */
enum cairn_code unwrap(struct rawfile *ret, int fd, struct cairn_err *err);

/** As unwrap(); CAIRN_LIMIT: what is in a compressed file is larger than `max` bytes. */
enum cairn_code unwrap_at_most(struct rawfile *ret, int fd, uint64_t max, struct cairn_err *err);

/** How what is in a compressed file begins, without unpacking it: up to len bytes. 0: the file is not
 *  compressed, or nothing can be told. */
size_t unwrap_head(int fd, void *buf, size_t len);

/** A file that begins with these n bytes is compressed as a whole. */
bool zstd_is(const unsigned char *head, size_t n);

/* ---- the two wrappings, for unwrap.c and its tests ---- */

bool flat_probe(const struct rawfile *f);
bool zstd_probe(const struct rawfile *f);

/** Turn a rawfile over a plain file into one over its contents. `room`: bytes of memory that these
 *  may take, asked again and again; `max`: bytes of them, CAIRN_LIMIT if there are more. */
enum cairn_code flat_open(struct rawfile *f, struct cairn_err *err);
enum cairn_code zstd_open(struct rawfile *f, uint64_t max, uint64_t (*room)(void),
			  struct cairn_err *err);

#endif
