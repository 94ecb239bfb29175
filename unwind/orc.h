/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * orc - the kernel's own unwind tables for x86_64, as they lie in the dumped memory.
 *
 * A table is two arrays, sorted by instruction address: 32-bit distances from the slot to
 * the instruction (.orc_unwind_ip), and 6-byte entries (.orc_unwind): s16 sp_offset, s16
 * bp_offset, u16 of bit-fields. What the bit-fields mean changed three times; the kernel
 * says which by a hash of the header it was built with (.orc_header, 6.4 and later).
 *
 * Sources: arch/x86/include/asm/orc_types.h, arch/x86/kernel/unwind_orc.c,
 * scripts/orc_hash.sh; ffb1b4a41016 (signal bit), fb799447ae29 (type values); the
 * registers were renumbered once more in 7.1.
 */
#ifndef CAIRN_UNWIND_ORC_H
#define CAIRN_UNWIND_ORC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/reader.h"

#define ORC_ENTRY_SIZE 6
#define ORC_HASH_SIZE 20

enum orc_version {
	ORC_NONE,
	ORC_V1,    /* 4.14: type in 2 bits, end bit (4.19) */
	ORC_V2,    /* 6.3: signal bit before the end bit */
	ORC_V3,    /* 6.4: type in 3 bits with UNDEFINED and END_OF_STACK */
	ORC_V3_AX, /* as V3, register 10 is AX (a backport to stable kernels) */
	ORC_V4,    /* 7.1: registers renumbered */
};

enum orc_reg {
	ORC_REG_UNDEFINED,
	ORC_REG_PREV_SP,
	ORC_REG_AX,
	ORC_REG_DX,
	ORC_REG_DI,
	ORC_REG_BP,
	ORC_REG_SP,
	ORC_REG_R10,
	ORC_REG_R13,
	ORC_REG_BP_INDIRECT,
	ORC_REG_SP_INDIRECT,
	ORC_REG_BAD, /* a number that the version does not know */
};

enum orc_type {
	ORC_TYPE_UNDEFINED,
	ORC_TYPE_END_OF_STACK,
	ORC_TYPE_CALL,         /* return address below the CFA */
	ORC_TYPE_REGS,         /* full pt_regs at the CFA */
	ORC_TYPE_REGS_PARTIAL, /* only the frame of iret at the CFA */
	ORC_TYPE_BAD,
};

/** One entry, whatever its version. */
struct orc_row {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg, bp_reg; /* enum orc_reg */
	uint8_t type;           /* enum orc_type */
	bool signal;            /* the caller's pc is an interrupted instruction */
};

/** Decode an entry. The row is always filled; values that the version does not know
 *  become ORC_REG_BAD and ORC_TYPE_BAD. */
struct orc_row orc_decode(enum orc_version v, const unsigned char entry[ORC_ENTRY_SIZE]);

/** By the header's hash; ORC_NONE for one that is not known. */
enum orc_version orc_version_by_hash(const unsigned char hash[ORC_HASH_SIZE]);

/** By the look of n entries of the table: nearly all say "call, relative to SP", which each
 *  version spells differently. V1 and V2 cannot be told apart: ORC_V1. ORC_NONE when no
 *  spelling has a clear majority. */
enum orc_version orc_version_by_sample(const unsigned char *entries, size_t n);

/** One table of the dump. */
struct orc_table {
	uint64_t begin, end;  /* addresses that it speaks for */
	uint64_t ips;         /* array of s32 */
	uint64_t entries;     /* array of ORC_ENTRY_SIZE bytes */
	uint32_t n;
	uint64_t lookup;      /* u32 for each ORC_LOOKUP_BLOCK bytes from lookup_base; 0: none */
	uint64_t lookup_base; /* LOOKUP_START_IP, _stext */
	uint32_t lookup_n;
};

#define ORC_LOOKUP_BLOCK 256 /* arch/x86/include/asm/orc_lookup.h */

/** The entry that covers ip: the last one that begins at or before it. CAIRN_NOTFOUND if
 *  ip comes before them all; CAIRN_FAULT if the table cannot be read there. */
enum cairn_code orc_find(const struct orc_table *t, const struct reader *r, uint64_t ip,
			 unsigned char entry[ORC_ENTRY_SIZE], struct cairn_err *err);

#endif
