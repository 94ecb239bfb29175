/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/paging.h"

/* arch/x86/include/asm/pgtable_types.h */
#define P  0x001u /* present */
#define A  0x020u /* accessed */
#define D  0x040u /* dirty */
#define PS 0x080u /* large page; in a PTE: PAT */
#define G  0x100u /* global; not present: PROT_NONE */

#define BITS(hi, lo) (((UINT64_MAX >> (63 - (hi))) >> (lo)) << (lo))

#define FLAG(bit, name) { UINT64_C(1) << (bit), UINT64_C(1) << (bit), name }
#define ACCESS FLAG(1, "RW"), FLAG(2, "USER"), FLAG(3, "PWT"), FLAG(4, "PCD")
#define END { 0, 0, NULL }

static const struct paging_flag table_flags[] = {
	FLAG(0, "PRESENT"), ACCESS, FLAG(5, "ACCESSED"), FLAG(63, "NX"), END,
};
static const struct paging_flag pte_flags[] = {
	FLAG(0, "PRESENT"), ACCESS, FLAG(5, "ACCESSED"), FLAG(6, "DIRTY"), FLAG(7, "PAT"),
	FLAG(8, "GLOBAL"), FLAG(9, "SPECIAL"), FLAG(63, "NX"), END,
};
static const struct paging_flag large_flags[] = {
	FLAG(0, "PRESENT"), ACCESS, FLAG(5, "ACCESSED"), FLAG(6, "DIRTY"), FLAG(7, "PSE"),
	FLAG(8, "GLOBAL"), FLAG(9, "SPECIAL"), FLAG(12, "PAT"), FLAG(63, "NX"), END,
};
static const struct paging_flag none_flags[] = {
	FLAG(8, "PROTNONE"), ACCESS, FLAG(5, "ACCESSED"), FLAG(6, "DIRTY"), FLAG(9, "SPECIAL"),
	FLAG(63, "NX"), END,
};

/* pte_none(): the accessed and dirty bits of an empty entry mean nothing (erratum of
 * Knights Landing, _PAGE_KNL_ERRATUM_MASK). */
#define EMPTY { .mask = ~(uint64_t)(A | D), .value = 0, .kind = PAGING_NONE }
#define SWAP  { .mask = P, .value = 0, .kind = PAGING_SWAPPED }

#define TABLE \
	{ .mask = P, .value = P, .kind = PAGING_TABLE, .addr_mask = BITS(51, 12), \
	  .flags = table_flags }
#define PAGE(shift, hi, set, names) \
	{ .mask = (set) | P, .value = (set) | P, .kind = PAGING_PAGE, .page_shift = (shift), \
	  .addr_mask = BITS(hi, shift), .flags = (names) }

/* A page that is mapped without access (PROT_NONE, NUMA hinting) is not present, has the
 * global bit, and since the L1TF mitigation its address bits inverted
 * (arch/x86/include/asm/pgtable-invert.h); a large one that is being split keeps PS alone
 * (pmd_mkinvalid). Swap entries have neither bit (pgtable_64.h). */
#define UNTOUCHABLE(shift, hi, bit, inv) \
	{ .mask = P | (bit), .value = (bit), .kind = PAGING_PAGE, .page_shift = (shift), \
	  .inverted = (inv), .addr_mask = BITS(hi, shift), .flags = none_flags }

#define TABLE_ONLY .nrules = 2, .rules = { TABLE, EMPTY }
#define LARGE_OR_TABLE(shift) \
	.nrules = 5, .rules = { PAGE(shift, 51, PS, large_flags), TABLE, EMPTY, \
				UNTOUCHABLE(shift, 51, PS, true), SWAP }
#define PTE_RULES \
	.nrules = 4, .rules = { PAGE(12, 51, 0, pte_flags), EMPTY, UNTOUCHABLE(12, 51, G, true), \
				SWAP }

const struct paging_form paging_x86_64_l4 = {
	.name = "x86_64, 4 levels", .entry_size = 8, .nlevels = 4, .va_bits = 48,
	.canonical = true, .sign_extended = true,
	.level = {
		{ .name = "PGD", .shift = 39, .bits = 9, TABLE_ONLY },
		{ .name = "PUD", .shift = 30, .bits = 9, LARGE_OR_TABLE(30) },
		{ .name = "PMD", .shift = 21, .bits = 9, LARGE_OR_TABLE(21) },
		{ .name = "PTE", .shift = 12, .bits = 9, PTE_RULES },
	},
};

const struct paging_form paging_x86_64_l5 = {
	.name = "x86_64, 5 levels", .entry_size = 8, .nlevels = 5, .va_bits = 57,
	.canonical = true, .sign_extended = true,
	.level = {
		{ .name = "PGD", .shift = 48, .bits = 9, TABLE_ONLY },
		{ .name = "P4D", .shift = 39, .bits = 9, TABLE_ONLY },
		{ .name = "PUD", .shift = 30, .bits = 9, LARGE_OR_TABLE(30) },
		{ .name = "PMD", .shift = 21, .bits = 9, LARGE_OR_TABLE(21) },
		{ .name = "PTE", .shift = 12, .bits = 9, PTE_RULES },
	},
};

/* An entry of the root has none of the access bits; bits 1 and 2 are reserved. */
const struct paging_form paging_i386_pae = {
	.name = "i386 PAE", .entry_size = 8, .nlevels = 3, .va_bits = 32,
	.level = {
		{ .name = "PGD", .shift = 30, .bits = 2, TABLE_ONLY },
		{ .name = "PMD", .shift = 21, .bits = 9, LARGE_OR_TABLE(21) },
		{ .name = "PTE", .shift = 12, .bits = 9, PTE_RULES },
	},
};

#define TABLE32 \
	{ .mask = P, .value = P, .kind = PAGING_TABLE, .addr_mask = BITS(31, 12), \
	  .flags = table_flags }
#define EMPTY32 { .mask = 0xffffffffu & ~(A | D), .value = 0, .kind = PAGING_NONE }
/* PSE-36: bits 20 to 13 are physical address bits 39 to 32 (SDM vol. 3, 4.3) */
#define PSE36   .moved = { { BITS(20, 13), 19 } }

/* Two levels never invert: protnone_mask() of pgtable-2level.h is 0. */
const struct paging_form paging_i386 = {
	.name = "i386", .entry_size = 4, .nlevels = 2, .va_bits = 32,
	.level = {
		{ .name = "PGD", .shift = 22, .bits = 10, .nrules = 5, .rules = {
			{ .mask = P | PS, .value = P | PS, .kind = PAGING_PAGE, .page_shift = 22,
			  .addr_mask = BITS(31, 22), PSE36, .flags = large_flags },
			TABLE32, EMPTY32,
			{ .mask = P | PS, .value = PS, .kind = PAGING_PAGE, .page_shift = 22,
			  .addr_mask = BITS(31, 22), PSE36, .flags = none_flags },
			SWAP } },
		{ .name = "PTE", .shift = 12, .bits = 10, .nrules = 4, .rules = {
			PAGE(12, 31, 0, pte_flags), EMPTY32,
			UNTOUCHABLE(12, 31, G, false), SWAP } },
	},
};
