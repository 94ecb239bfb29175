/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index - what was learned of one kernel build, kept on disk between runs.
 *
 * A file of named sections at $XDG_CACHE_HOME/cairn/<build-id> (else ~/.cache/cairn): mapped,
 * not read; each section has a checksum that is verified when it is first asked for. Written
 * to a temporary name and renamed, so a reader sees all of it or nothing. Anything that does
 * not verify is as good as absent.
 *
 *   header   magic "CAIRNIDX", version, number of sections, file size, build-id
 *   table    per section: id, offset, length, checksum
 *   data     sections, each aligned to 64 bytes; host byte order
 */
#ifndef CAIRN_DEBUG_INDEX_H
#define CAIRN_DEBUG_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/** Bumped whenever the meaning of any section changes. */
#define INDEX_VERSION 4

enum index_section {
	INDEX_SYM_HEAD = 1, INDEX_SYM_NAMES, INDEX_SYM_TOKENS, INDEX_SYM_TOKEN_INDEX,
	INDEX_SYM_START, INDEX_SYM_REL, INDEX_SYM_ABSOLUTE, INDEX_SYM_BY_NAME,
	INDEX_BTF, INDEX_BTF_BY_NAME,
	INDEX_DWARF_NAMES,
	INDEX_SECTIONS,
};

/** A section to be written; data NULL: left out. */
struct index_part {
	const void *data;
	size_t len;
};

struct index;

/** Map the index of a build. CAIRN_NOTFOUND when there is none that verifies. */
enum cairn_code index_open(struct index **ret, const char *build_id, struct cairn_err *err);
void index_close(struct index *idx);

/** A section's bytes, borrowed until index_close(), 64-byte aligned; NULL when it is not
 *  there or does not verify. */
const void *index_get(struct index *idx, enum index_section id, size_t *len);

/** Write the index of a build: part[id] for id 1 to INDEX_SECTIONS - 1. */
enum cairn_code index_save(const char *build_id, const struct index_part part[INDEX_SECTIONS],
			   struct cairn_err *err);

#endif
