/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms - the kernel's own symbol table, read from the dumped memory.
 *
 * Sources: scripts/kallsyms.c (writes the tables), kernel/kallsyms.c (reads them).
 *
 *   names       per symbol: length (one byte; since 6.1 a set bit 7 makes it a two-byte
 *               ULEB128), then that many token numbers
 *   token_index 256 x u16 -> offsets of NUL-terminated strings in token_table; the first
 *               character of a symbol's text is its type letter
 *   addresses   in one of the encodings below
 *
 * Where VMCOREINFO does not export the tables (before 6.0) they are found by pattern:
 * the tokens of '0' to '9' stand side by side and for themselves.
 */
#ifndef CAIRN_DEBUG_KALLSYMS_H
#define CAIRN_DEBUG_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/debug/nameindex.h"
#include "lib/debug/sym.h"
#include "lib/image/space.h"
#include "lib/image/vmcoreinfo.h"

/** How addresses are written; chosen by which one puts `_stext` where VMCOREINFO has it. */
enum kallsyms_encoding {
	KALLSYMS_ABSOLUTE,        /* a word each; no BASE_RELATIVE, gone in 6.11 */
	KALLSYMS_BASE_RELATIVE,   /* u32 + relative_base */
	KALLSYMS_ABSOLUTE_PERCPU, /* s32: v >= 0 is v, else relative_base - 1 - v; x86_64 to 6.14 */
	KALLSYMS_PLACE_RELATIVE,  /* s32 + address of the entry itself; 7.0+ */
	KALLSYMS_VALUE32,         /* u32, the value itself; 32-bit kernels that do not relocate */
};

/** A token's text, borrowed from the table, and its first bytes. */
struct kallsyms_token {
	const char *text;
	uint32_t len;
	char head[8]; /* zeros behind the end */
};

/** The decoded table. Everything a KASLR slide moves is relative to `base`, so that the
 *  same table serves every dump of the build. All arrays have `n` entries. */
struct kallsyms {
	uint64_t base;          /* runtime address of _stext */
	uint32_t n;
	enum kallsyms_encoding encoding;
	const uint8_t *names;   /* as in the dump, names_len bytes */
	uint32_t names_len;
	const char *tokens;     /* token_table, tokens_len bytes, NUL at the end */
	uint32_t tokens_len;
	const uint16_t *token_index; /* 256, host order, rising, each inside tokens */
	const struct kallsyms_token *token; /* the same, ready for use */
	const uint32_t *start;  /* offset of each symbol's entry in names, or KALLSYMS_LOST */
	const int32_t *rel;     /* address - base, or the value itself where absolute; rising.
				   Of a lost address: one above the last that is known */
	const uint8_t *absolute; /* bitmap */
	struct nameindex by_name; /* symbol numbers */
	uint64_t end;           /* runtime address one past the image (_end) */
	uint32_t lost;          /* symbols without name or address, for the damage in `why` */
	struct cairn_err why;
	struct arena *arena;
	const char **text;      /* names handed out so far, by symbol number */
};

/** Longest symbol text, type letter included (KSYM_NAME_LEN is 512 since 6.1). */
#define KALLSYMS_NAME_MAX 1024

/** In start[]: the dump lacks the symbol's name or its address. */
#define KALLSYMS_LOST UINT32_MAX

/** Read and decode. `kernel` is the kernel's address space. Memory from the arena. Pages of
 *  names or addresses that cannot be read, and entries that make no sense, cost the symbols
 *  on them (names: up to the next that kallsyms_markers points to), which are counted in
 *  `lost`; an address among them has no symbol. Fails if none is left, or one of the small
 *  tables cannot be read. */
enum cairn_code kallsyms_load(struct kallsyms *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct arena *arena,
			      struct cairn_err *err);

/** Length of the entry of names at offset `at` and, in *head, of its length field; 0 if it is
 *  empty or does not end within names. */
uint32_t kallsyms_entry(const struct kallsyms *k, uint32_t at, uint32_t *head);

/** Text of symbol i into buf, its type letter in *type. Returns the length. */
size_t kallsyms_text(const struct kallsyms *k, uint32_t i, char buf[KALLSYMS_NAME_MAX],
		     char *type);

/** Runtime address (or per-CPU offset) of symbol i. */
uint64_t kallsyms_addr(const struct kallsyms *k, uint32_t i);

/** Check tokens and token_index, and fill `token` from them: CAIRN_CORRUPT if the index does
 *  not rise or leaves the table. */
enum cairn_code kallsyms_tokens(struct kallsyms *k, struct arena *arena, struct cairn_err *err);

/** Build the index of names (kallsyms_load does; the index cache brings its own). */
enum cairn_code kallsyms_hash(struct kallsyms *k, struct arena *arena, struct cairn_err *err);

/** Make it a source of symbols, and note the kernel's text ranges. */
enum cairn_code kallsyms_register(struct kallsyms *k, struct syms *syms, struct cairn_err *err);

#endif
