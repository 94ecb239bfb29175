/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/paging.h"

/* arch/x86/include/asm/pgtable_types.h */
#define P  0x001u /* present */
#define PS 0x080u /* large page; in a PTE: PAT */
#define G  0x100u /* global; not present: PROT_NONE */

#define BITS(hi, lo) (((UINT64_MAX >> (63 - (hi))) >> (lo)) << (lo))

/* A page that is mapped without access (PROT_NONE, NUMA hinting) is not present, has the
 * global bit, and since the L1TF mitigation its address bits inverted
 * (arch/x86/include/asm/pgtable-invert.h). Anything else that is not present and not
 * zero is a swap entry. */
#define RULES(large_shift) \
	.nrules = 5, .rules = { \
		{ P | PS, P | PS, PAGING_PAGE, BITS(51, large_shift), large_shift, false }, \
		{ P, P, PAGING_TABLE, BITS(51, 12), 0, false }, \
		{ UINT64_MAX, 0, PAGING_NONE, 0, 0, false }, \
		{ P | PS | G, PS | G, PAGING_PAGE, BITS(51, large_shift), large_shift, true }, \
		{ P, 0, PAGING_SWAPPED, 0, 0, false }, \
	}
#define TABLE_ONLY \
	.nrules = 1, .rules = { { P, P, PAGING_TABLE, BITS(51, 12), 0, false } }
#define PTE_RULES \
	.nrules = 4, .rules = { \
		{ P, P, PAGING_PAGE, BITS(51, 12), 12, false }, \
		{ UINT64_MAX, 0, PAGING_NONE, 0, 0, false }, \
		{ P | G, G, PAGING_PAGE, BITS(51, 12), 12, true }, \
		{ P, 0, PAGING_SWAPPED, 0, 0, false }, \
	}

static const struct paging_flag flags[] = {
	{ 0x001, 0x001, "PRESENT" }, { 0x002, 0x002, "RW" },	 { 0x004, 0x004, "USER" },
	{ 0x008, 0x008, "PWT" },     { 0x010, 0x010, "PCD" },	 { 0x020, 0x020, "ACCESSED" },
	{ 0x040, 0x040, "DIRTY" },   { 0x080, 0x080, "PSE/PAT" }, { 0x100, 0x100, "GLOBAL" },
	{ BITS(63, 63), BITS(63, 63), "NX" },
	{ 0, 0, NULL },
};

const struct paging_form paging_x86_64_l4 = {
	.name = "x86_64, 4 levels", .entry_size = 8, .nlevels = 4, .va_bits = 48,
	.canonical = true, .sign_extended = true, .flags = flags,
	.level = {
		{ .name = "PGD", .shift = 39, .bits = 9, TABLE_ONLY },
		{ .name = "PUD", .shift = 30, .bits = 9, RULES(30) },
		{ .name = "PMD", .shift = 21, .bits = 9, RULES(21) },
		{ .name = "PTE", .shift = 12, .bits = 9, PTE_RULES },
	},
};

const struct paging_form paging_x86_64_l5 = {
	.name = "x86_64, 5 levels", .entry_size = 8, .nlevels = 5, .va_bits = 57,
	.canonical = true, .sign_extended = true, .flags = flags,
	.level = {
		{ .name = "PGD", .shift = 48, .bits = 9, TABLE_ONLY },
		{ .name = "P4D", .shift = 39, .bits = 9, TABLE_ONLY },
		{ .name = "PUD", .shift = 30, .bits = 9, RULES(30) },
		{ .name = "PMD", .shift = 21, .bits = 9, RULES(21) },
		{ .name = "PTE", .shift = 12, .bits = 9, PTE_RULES },
	},
};
