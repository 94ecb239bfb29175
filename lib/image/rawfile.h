/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawfile - a dump file as bytes at offsets, whatever it is wrapped in.
 *
 * A plain file is read where it lies. A flattened one (see unwrap.h) is read through an
 * index of its records, so that nothing is copied. Reading is by pread(2) only: a file
 * that is cut short while it is open costs its bytes, not our life.
 *
 * A rawfile does not change once it is open; any number of threads may read it.
 */
#ifndef CAIRN_IMAGE_RAWFILE_H
#define CAIRN_IMAGE_RAWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A run of bytes: [pos, pos + len) of the plain file lies at src of the wrapped one. */
struct rawseg {
	uint64_t pos, len, src;
};

struct rawfile {
	int fd;              /* owned; -1: not open */
	uint64_t size;       /* of the plain file, as far as it arrived */
	uint64_t disk_size;  /* of the file as it lies on disk */
	bool cut;            /* the wrapping ends before the plain file does */
	char how[32];        /* "flattened", "zstd", "zstd, flattened"; "": plain */
	struct rawseg *segs; /* sorted, disjoint; NULL: the file is read where it lies */
	size_t nsegs;
};

/** Read up to len bytes at `off`; returns how many. Fewer: the file ends there, or is cut
 *  there, or could not be read (*error, if not NULL, gets errno, else 0). Bytes that no
 *  record of a whole flattened file holds are zero, as in a file with holes; of one that
 *  was cut they are missing. */
size_t rawfile_read(const struct rawfile *f, uint64_t off, void *buf, size_t len, int *error);

/** The first offset >= off where the file may hold other bytes than zeros; its size if none.
 *  What lies before is a hole (SEEK_DATA), of a file on disk or of a flattened one: a file
 *  of a few blocks can claim any size. */
uint64_t rawfile_data_from(const struct rawfile *f, uint64_t off);

/** Where the last such bytes within [begin, end) end; `begin` if there are none, or the file
 *  ends before. */
uint64_t rawfile_data_end(const struct rawfile *f, uint64_t begin, uint64_t end);

/** Close the descriptor, drop the index. */
void rawfile_close(struct rawfile *f);

#endif
