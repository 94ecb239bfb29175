/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarfkept - the names of a DWARF file, kept on disk between runs.
 *
 * An index file (index.h) of its own beside that of the dump, called after the file's
 * build-id with a "d" behind it. Files of one build-id can differ in their DWARF (dwz, a
 * kept and a stripped copy): the size of .debug_info must be the same.
 *
 *   head, entries, name index (nameindex.h), texts        in one section
 *
 * What was kept is untrusted: offsets are checked here, and what is found at the DIE's
 * place is for the caller to check.
 */
#ifndef CAIRN_DEBUG_DWARFKEPT_H
#define CAIRN_DEBUG_DWARFKEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/debug/index.h"
#include "lib/debug/nameindex.h"

/** A name, in memory as on disk. */
struct dwarfname {
	uint64_t die;     /* offset in .debug_info */
	uint32_t name;    /* offset in the texts */
	uint8_t space;    /* enum type_kind, see dwarfindex.h */
	uint8_t declared; /* no unit defines it */
	uint16_t unused;
};

/** Names and their texts; where they are written from, hash[] as well. */
struct dwarfnames {
	struct dwarfname *entry;
	uint32_t *hash;    /* nameindex_hash of each, by its space */
	char *text;        /* NUL-terminated, one after the other */
	uint32_t n, text_len;
};

struct dwarfkept {
	struct index *idx; /* NULL: nothing was kept */
	const struct dwarfname *entry;
	const char *text;  /* the last byte is a NUL */
	uint32_t n, text_len;
	struct nameindex by_name;
};

/** Open what was kept for that build-id and size of .debug_info. */
bool dwarfkept_open(struct dwarfkept *k, const char *build_id, uint64_t info_size);
void dwarfkept_close(struct dwarfkept *k);

/** The text of the i-th name; "" if it is damaged. */
const char *dwarfkept_text(const struct dwarfkept *k, uint32_t i);

/** The entry of a name, or NULL. */
const struct dwarfname *dwarfkept_find(const struct dwarfkept *k, unsigned space,
				       const char *name);

/** Keep names. A cache that cannot be written is no error. */
void dwarfkept_save(const struct dwarfnames *names, const char *build_id, uint64_t info_size);

#endif
