/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paging - page tables as data, and one walker for all of them.
 *
 * A form describes a page-table format: its levels from the root down, and for each level
 * how an entry is read (an ordered list of rules, the first that matches wins). A walk is
 * a cursor that can be stepped and printed; translation is stepping it to the end.
 */
#ifndef CAIRN_IMAGE_PAGING_H
#define CAIRN_IMAGE_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/image.h"

#define PAGING_LEVELS 5
#define PAGING_RULES 6

enum paging_kind {
	PAGING_NONE,    /* nothing mapped */
	PAGING_TABLE,   /* points to a table of the next level */
	PAGING_PAGE,    /* maps memory */
	PAGING_SWAPPED, /* not present; the kernel keeps a swap entry here */
};

/** Entry matches if (entry & mask) == value. */
struct paging_rule {
	uint64_t mask, value;
	enum paging_kind kind;
	uint64_t addr_mask;  /* physical address bits of the entry */
	uint8_t page_shift;  /* PAGE: log2 of the mapped size */
	bool inverted;       /* address bits are stored inverted (x86 PROT_NONE, L1TF) */
};

struct paging_level {
	const char *name;    /* "PGD" "P4D" "PUD" "PMD" "PTE", as the kernel calls it */
	uint8_t shift, bits; /* index = va >> shift & (1 << bits) - 1 */
	uint8_t nrules;
	struct paging_rule rules[PAGING_RULES];
};

/** A named bit of an entry, for printing. */
struct paging_flag {
	uint64_t mask, value; /* shown if (entry & mask) == value */
	const char *name;
};

struct paging_form {
	const char *name;    /* "x86_64, 4 levels", ... */
	uint8_t entry_size;  /* bytes: 4 or 8 */
	uint8_t nlevels;
	uint8_t va_bits;     /* address bits that are translated */
	bool canonical;      /* 64-bit addresses whose bits above va_bits are all equal;
				where false, addresses are 32 bit */
	bool sign_extended;  /* ... and equal bit va_bits-1 (x86_64, not arm64) */
	struct paging_level level[PAGING_LEVELS]; /* root first */
	const struct paging_flag *flags; /* ends with name NULL */
};

/** The forms. Those that depend on parameters are filled into caller's memory; false if
 *  the parameters make no sense. Sources: arch/x86/include/asm/pgtable_types.h,
 *  Intel SDM vol. 3 ch. 4; arch/arm/include/asm/pgtable-[23]level-hwdef.h, ARM DDI 0406
 *  B3.5 and B3.6; arch/arm64/include/asm/pgtable-hwdef.h, ARM DDI 0487 D8. */
extern const struct paging_form paging_x86_64_l4, paging_x86_64_l5;
extern const struct paging_form paging_i386, paging_i386_pae;
extern const struct paging_form paging_arm_short, paging_arm_lpae;
bool paging_arm64(struct paging_form *ret, unsigned page_shift, unsigned va_bits);

/** A walk in progress. */
struct paging_walk {
	const struct paging_form *form;
	struct image *img;
	uint64_t va;
	uint64_t table;  /* physical address of the table that the next step reads */
	unsigned depth;  /* level that the next step reads; 0: root */
	/* set by each step: */
	uint64_t entry_addr, entry;
	const struct paging_rule *rule; /* NULL: no rule matched, treat as NONE */
	enum paging_kind kind;
	uint64_t paddr;  /* kind PAGE: physical address of va */
};

struct paging_walk paging_begin(const struct paging_form *form, struct image *img,
				uint64_t root, uint64_t va);

/** Read one entry. CAIRN_OK with kind TABLE: step again; PAGE: paddr is set; NONE and
 *  SWAPPED: the walk is over. A failure is a table entry that could not be read. */
enum cairn_code paging_step(struct paging_walk *w, struct cairn_err *err);

/** Step to the end. The fault of an address that is not mapped is UNMAPPED, SWAPPED or
 *  NONCANONICAL. *size (may be NULL) gets the bytes of the page from paddr on. */
enum cairn_code paging_translate(const struct paging_form *form, struct image *img,
				 uint64_t root, uint64_t va, uint64_t *paddr, uint64_t *size,
				 struct cairn_err *err);

/** Whether va is an address that the form can translate. */
bool paging_canonical(const struct paging_form *form, uint64_t va);

#endif
