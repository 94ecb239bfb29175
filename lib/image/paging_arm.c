/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/paging.h"

#include <stdio.h>

#define BITS(hi, lo) (((UINT64_MAX >> (63 - (hi))) >> (lo)) << (lo))
#define BIT(n)       (UINT64_C(1) << (n))

#define FLAG(bit, name) { BIT(bit), BIT(bit), name }
#define END { 0, 0, NULL }

#define EMPTY { .mask = UINT64_MAX, .value = 0, .kind = PAGING_NONE }

/* ---- ARM32, short descriptors ---- */

/* arch/arm/include/asm/pgtable-2level-hwdef.h: PMD_SECT_* and PMD_* */
static const struct paging_flag section_flags[] = {
	FLAG(0, "PXN"), FLAG(2, "B"), FLAG(3, "C"), FLAG(4, "XN"), FLAG(10, "AP0"),
	FLAG(11, "AP1"), FLAG(12, "TEX0"), FLAG(13, "TEX1"), FLAG(14, "TEX2"), FLAG(15, "APX"),
	FLAG(16, "S"), FLAG(17, "nG"), FLAG(18, "SUPER"), FLAG(19, "NS"), END,
};
static const struct paging_flag coarse_flags[] = {
	FLAG(2, "PXN"), FLAG(3, "NS"), END,
};
/* ... and PTE_EXT_* */
static const struct paging_flag small_flags[] = {
	FLAG(0, "XN"), FLAG(2, "B"), FLAG(3, "C"), FLAG(4, "AP0"), FLAG(5, "AP1"),
	FLAG(6, "TEX0"), FLAG(7, "TEX1"), FLAG(8, "TEX2"), FLAG(9, "APX"), FLAG(10, "S"),
	FLAG(11, "nG"), END,
};
static const struct paging_flag large_flags[] = {
	FLAG(2, "B"), FLAG(3, "C"), FLAG(4, "AP0"), FLAG(5, "AP1"), FLAG(9, "APX"),
	FLAG(10, "S"), FLAG(11, "nG"), FLAG(12, "TEX0"), FLAG(13, "TEX1"), FLAG(14, "TEX2"),
	FLAG(15, "XN"), END,
};
/* pgtable-2level.h: L_PTE_* */
static const struct paging_flag linux_flags[] = {
	FLAG(0, "PRESENT"), FLAG(1, "YOUNG"), FLAG(6, "DIRTY"), FLAG(7, "RDONLY"),
	FLAG(8, "USER"), FLAG(9, "XN"), FLAG(10, "SHARED"), FLAG(11, "NONE"), END,
};

/* A page of page table holds two hardware tables in its upper half and, 2048 bytes before
 * each hardware entry, the kernel's own. A page that is PROT_NONE or has become old has an
 * empty hardware entry (arch/arm/mm/proc-v7-2level.S, cpu_v7_set_pte_ext): whether there
 * is a page, only the kernel's entry says. */
static const struct paging_level linux_pte = {
	.name = "Linux PTE", .nrules = 3, .rules = {
		{ .mask = 1, .value = 1, .kind = PAGING_PAGE, .page_shift = 12,
		  .addr_mask = BITS(31, 12), .flags = linux_flags },
		EMPTY,
		{ .mask = 1, .value = 0, .kind = PAGING_SWAPPED },
	},
};

/* PGD: the hardware's 4096 entries; the kernel's pgd_t is a pair of them. An implementation
 * with PXN uses bit 0 of a section for it. */
const struct paging_form paging_arm_short = {
	.name = "ARM short descriptors", .entry_size = 4, .nlevels = 2, .va_bits = 32,
	.level = {
		{ .name = "PGD", .shift = 20, .bits = 12, .nrules = 3, .rules = {
			{ .mask = 3, .value = 1, .kind = PAGING_TABLE, .addr_mask = BITS(31, 10),
			  .flags = coarse_flags },
			{ .mask = 2 | BIT(18), .value = 2, .kind = PAGING_PAGE, .page_shift = 20,
			  .addr_mask = BITS(31, 20), .flags = section_flags },
			{ .mask = 2 | BIT(18), .value = 2 | BIT(18), .kind = PAGING_PAGE,
			  .page_shift = 24, .addr_mask = BITS(31, 24),
			  .moved = { { BITS(23, 20), 12 }, { BITS(8, 5), 31 } },
			  .flags = section_flags } } },
		{ .name = "PTE", .shift = 12, .bits = 8, .shadow_back = 2048,
		  .shadow = &linux_pte, .nrules = 2, .rules = {
			{ .mask = 3, .value = 1, .kind = PAGING_PAGE, .page_shift = 16,
			  .addr_mask = BITS(31, 16), .flags = large_flags },
			{ .mask = 2, .value = 2, .kind = PAGING_PAGE, .page_shift = 12,
			  .addr_mask = BITS(31, 12), .flags = small_flags } } },
	},
};

/* ---- ARM32, long descriptors ---- */

/* pgtable-3level.h: L_PTE_*, L_PMD_SECT_* */
static const struct paging_flag lpae_flags[] = {
	FLAG(0, "VALID"), FLAG(6, "USER"), FLAG(7, "AP2"), { BITS(9, 8), BITS(9, 8), "SHARED" },
	FLAG(10, "YOUNG"), FLAG(11, "nG"), FLAG(52, "CONT"), FLAG(53, "PXN"), FLAG(54, "XN"),
	FLAG(55, "DIRTY"), FLAG(56, "SPECIAL"), FLAG(57, "NONE"), FLAG(58, "RDONLY"), END,
};
static const struct paging_flag long_table_flags[] = {
	FLAG(0, "VALID"), FLAG(59, "PXN"), FLAG(60, "XN"), END,
};

#define LPAE(rule_mask, rule_value, rule_kind, shift, names) \
	{ .mask = (rule_mask), .value = (rule_value), .kind = (rule_kind), \
	  .page_shift = (shift), .addr_mask = BITS(39, (shift) ? (shift) : 12), .flags = (names) }

/* A PROT_NONE page keeps bit 1 and L_PTE_NONE but loses bit 0 (proc-v7-3level.S); a block
 * loses bit 0 and has L_PMD_SECT_NONE. Swap entries have neither of bits 0 and 1. */
const struct paging_form paging_arm_lpae = {
	.name = "ARM long descriptors (LPAE)", .entry_size = 8, .nlevels = 3, .va_bits = 32,
	.level = {
		{ .name = "PGD", .shift = 30, .bits = 2, .nrules = 2, .rules = {
			LPAE(3, 3, PAGING_TABLE, 0, long_table_flags),
			LPAE(3, 1, PAGING_PAGE, 30, lpae_flags) } },
		{ .name = "PMD", .shift = 21, .bits = 9, .nrules = 5, .rules = {
			LPAE(3, 3, PAGING_TABLE, 0, long_table_flags),
			LPAE(3, 1, PAGING_PAGE, 21, lpae_flags),
			EMPTY,
			LPAE(1 | BIT(57), BIT(57), PAGING_PAGE, 21, lpae_flags),
			LPAE(1, 0, PAGING_SWAPPED, 0, NULL) } },
		{ .name = "PTE", .shift = 12, .bits = 9, .nrules = 4, .rules = {
			LPAE(3, 3, PAGING_PAGE, 12, lpae_flags),
			EMPTY,
			LPAE(3, 2, PAGING_PAGE, 12, lpae_flags),
			LPAE(3, 0, PAGING_SWAPPED, 0, NULL) } },
	},
};

/* ---- arm64 ---- */

/* pgtable-hwdef.h, pgtable-prot.h */
static const struct paging_flag arm64_flags[] = {
	FLAG(0, "VALID"), FLAG(6, "USER"), FLAG(7, "RDONLY"), FLAG(10, "AF"), FLAG(11, "NG"),
	FLAG(50, "GP"), FLAG(51, "WRITE"), FLAG(52, "CONT"), FLAG(53, "PXN"), FLAG(54, "UXN"),
	FLAG(55, "DIRTY"), FLAG(56, "SPECIAL"), END,
};
static const struct paging_flag arm64_none_flags[] = {
	{ 0, 0, "PROTNONE" }, FLAG(6, "USER"), FLAG(7, "RDONLY"), FLAG(10, "AF"),
	FLAG(51, "WRITE"), FLAG(53, "PXN"), FLAG(54, "UXN"), FLAG(55, "DIRTY"),
	FLAG(56, "SPECIAL"), END,
};

static const struct paging_flag arm64_table_flags[] = {
	FLAG(0, "VALID"), FLAG(59, "PXN"), FLAG(60, "UXN"), END,
};

#define VALID        BIT(0)
#define NG           BIT(11) /* since 6.11 PTE_PRESENT_INVALID where not valid */
#define PXN          BIT(53)
#define PROT_NONE    BIT(58) /* before: PTE_PROT_NONE */
#define PMD_INVALID  BIT(59) /* before: PMD_PRESENT_INVALID */

static void set_address(struct paging_rule *r, unsigned page_shift, unsigned shift, bool lpa2)
{
	if (page_shift == 16) { /* LPA: bits 15 to 12 are address bits 51 to 48, or zero */
		r->addr_mask = BITS(47, shift);
		r->moved[0] = (struct paging_moved){ BITS(15, 12), 36 };
	} else if (lpa2) { /* bits 9 and 8 are address bits 51 and 50 */
		r->addr_mask = BITS(49, shift);
		r->moved[0] = (struct paging_moved){ BITS(9, 8), 42 };
	} else {
		r->addr_mask = BITS(47, shift);
	}
}

/* What the processor does not see is told apart by bits that swap entries never set: a
 * process's page is never executable by the kernel, so a PROT_NONE page has PXN, which in
 * a swap entry of either encoding would be an offset of 2^41 pages or more. */
static void add_invalid(struct paging_level *level, const struct paging_rule *page)
{
	static const struct { uint64_t mask, value; } kept[] = {
		{ VALID | PROT_NONE, PROT_NONE },
		{ VALID | PMD_INVALID, PMD_INVALID },
		{ VALID | NG | PXN, NG | PXN },
	};

	level->rules[level->nrules++] = (struct paging_rule)EMPTY;
	for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct paging_rule *r = &level->rules[level->nrules++];

		*r = *page;
		r->mask = kept[i].mask;
		r->value = kept[i].value;
		r->flags = arm64_none_flags;
	}
	level->rules[level->nrules++] = (struct paging_rule){
		.mask = VALID, .value = 0, .kind = PAGING_SWAPPED,
	};
}

/* DDI 0487 D8.3: which levels may hold a block. */
static bool has_blocks(unsigned page_shift, unsigned shift, bool lpa2)
{
	switch (page_shift) {
	case 12: return shift == 21 || shift == 30 || (lpa2 && shift == 39);
	case 14: return shift == 25 || (lpa2 && shift == 36);
	default: return shift == 29 || shift == 42;
	}
}

static void fill_level(struct paging_level *level, unsigned page_shift, unsigned shift, bool lpa2)
{
	struct paging_rule page = {
		.mask = 3, .value = 3, .kind = PAGING_PAGE, .page_shift = (uint8_t)shift,
		.flags = arm64_flags,
	};

	set_address(&page, page_shift, shift, lpa2);
	if (shift > page_shift) {
		struct paging_rule *table = &level->rules[level->nrules++];

		*table = (struct paging_rule){
			.mask = 3, .value = 3, .kind = PAGING_TABLE, .flags = arm64_table_flags,
		};
		set_address(table, page_shift, page_shift, lpa2);
		if (!has_blocks(page_shift, shift, lpa2))
			return;
		page.value = 1;
	}
	level->rules[level->nrules++] = page;
	add_invalid(level, &page);
}

bool paging_arm64(struct paging_form *ret, unsigned page_shift, unsigned va_bits)
{
	static const char *const names[] = { "PTE", "PMD", "PUD", "P4D" };
	static const struct { uint8_t page_shift; const char *name; } forms[] = {
		{ 12, "arm64, 4K pages" }, { 14, "arm64, 16K pages" }, { 16, "arm64, 64K pages" },
	};
	unsigned bits = page_shift - 3, i, n;

	for (i = 0; i < 3 && forms[i].page_shift != page_shift; i++)
		;
	if (i == 3 || va_bits < 36 || va_bits > 52)
		return false;
	n = (va_bits - page_shift + bits - 1) / bits;
	*ret = (struct paging_form){
		.name = forms[i].name, .entry_size = 8, .nlevels = (uint8_t)n,
		.va_bits = (uint8_t)va_bits, .canonical = true,
	};
	for (i = 0; i < n; i++) {
		struct paging_level *level = &ret->level[n - 1 - i];

		level->shift = (uint8_t)(page_shift + i * bits);
		level->bits = (uint8_t)(i == n - 1 ? va_bits - level->shift : bits);
		level->name = i == n - 1 ? "PGD" : names[i];
		fill_level(level, page_shift, level->shift, va_bits == 52);
	}
	return true;
}
