/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paging - page tables as data, and one walker for all of them.
 *
 * A form describes a page-table format: its levels from the root down, and for each level
 * how an entry is read (an ordered list of rules, the first that matches wins). A walk is
 * a cursor that can be stepped and printed; translation is stepping it to the end. A walk
 * takes at most one step per level, so tables that point at themselves cannot hold it.
 *
 * The addresses that a form translates are those of the kernel's tables and of a process's
 * alike. "Mapped" means that the kernel keeps a page there, not that the processor may
 * touch it: a PROT_NONE page and one that is merely old are mapped.
 */
#ifndef CAIRN_IMAGE_PAGING_H
#define CAIRN_IMAGE_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/image.h"

#define PAGING_LEVELS 5
#define PAGING_RULES 8
#define PAGING_MOVED 2

enum paging_kind {
	PAGING_NONE,    /* nothing mapped */
	PAGING_TABLE,   /* points to a table of the next level */
	PAGING_PAGE,    /* maps memory */
	PAGING_SWAPPED, /* not present; the kernel keeps a swap or migration entry here */
};

/** A named bit of an entry, for printing. */
struct paging_flag {
	uint64_t mask, value; /* shown if (entry & mask) == value */
	const char *name;
};

/** Address bits that do not stand where they belong: (entry & mask) << left. */
struct paging_moved {
	uint64_t mask;
	uint8_t left;
};

/** Entry matches if (entry & mask) == value. */
struct paging_rule {
	uint64_t mask, value;
	enum paging_kind kind;
	uint8_t page_shift;  /* PAGE: log2 of the mapped size */
	bool inverted;       /* address bits are stored inverted (x86 PROT_NONE, L1TF) */
	uint64_t addr_mask;  /* physical address bits of the entry that stand in place */
	struct paging_moved moved[PAGING_MOVED];
	const struct paging_flag *flags; /* ends with name NULL; NULL: none */
};

struct paging_level {
	const char *name;    /* "PGD" "P4D" "PUD" "PMD" "PTE", as the kernel calls it */
	uint8_t shift, bits; /* index = va >> shift & (1 << bits) - 1 */
	/* The kernel's own entry lies this many bytes before the hardware's and is read, by
	   the rules of `shadow`, where the hardware's is empty; 0: there is none. */
	uint16_t shadow_back;
	const struct paging_level *shadow;
	uint8_t nrules;
	struct paging_rule rules[PAGING_RULES];
};

/** Which addresses a table of this form holds, where the machine has one root for the low
 *  and another for the high addresses. Those of the other half are unmapped. */
enum paging_half { PAGING_BOTH, PAGING_LOW, PAGING_HIGH };

struct paging_form {
	const char *name;    /* "x86_64, 4 levels", ... */
	uint8_t entry_size;  /* bytes: 4 or 8 */
	uint8_t nlevels;
	uint8_t va_bits;     /* address bits that are translated */
	bool canonical;      /* 64-bit addresses whose bits above va_bits are all equal;
				where false, addresses are 32 bit */
	bool sign_extended;  /* ... and equal bit va_bits-1 (x86_64, not arm64) */
	enum paging_half half;
	struct paging_level level[PAGING_LEVELS]; /* root first */
};

/** The forms. Those that depend on parameters are filled into caller's memory; false if
 *  the parameters make no sense. Sources: arch/x86/include/asm/pgtable_types.h,
 *  pgtable-[23]level.h, pgtable_64.h, Intel SDM vol. 3 ch. 4; arch/arm/include/asm/
 *  pgtable-[23]level.h and -hwdef.h, ARM DDI 0406 B3.5 and B3.6; arch/arm64/include/asm/
 *  pgtable-hwdef.h and -prot.h, ARM DDI 0487 D8. */
extern const struct paging_form paging_x86_64_l4, paging_x86_64_l5;
extern const struct paging_form paging_i386, paging_i386_pae;
extern const struct paging_form paging_arm_short, paging_arm_lpae;

/** page_shift 12, 14 or 16; va_bits 36 to 52. With 52 bits the descriptors of 4K and 16K
 *  tables are those of LPA2. The form's half is PAGING_BOTH: the caller sets it. */
bool paging_arm64(struct paging_form *ret, unsigned page_shift, unsigned va_bits);

/** Take bits out of the address of every entry: memory encryption's (x86 SME, SEV). */
void paging_ignore(struct paging_form *form, uint64_t bits);

/** log2 of the smallest page that the form maps. */
unsigned paging_page_shift(const struct paging_form *form);

/** Whether va is an address that the form can translate. */
bool paging_canonical(const struct paging_form *form, uint64_t va);

/** A walk in progress. */
struct paging_walk {
	const struct paging_form *form;
	struct image *img;
	uint64_t va;
	uint64_t table;  /* physical address of the table that the next step reads */
	unsigned depth;  /* level that the next step reads; 0: root */
	/* set by each step: */
	const struct paging_level *level;
	uint64_t entry_addr, entry;
	const struct paging_rule *rule; /* NULL: no rule matched, treated as NONE */
	enum paging_kind kind;
	uint64_t paddr;  /* kind PAGE: physical address of va */
};

/** A walk of the other half's address is over before its first step, with kind NONE. */
struct paging_walk paging_begin(const struct paging_form *form, struct image *img,
				uint64_t root, uint64_t va);

/** Read one entry. CAIRN_OK with kind TABLE: step again; PAGE: paddr is set; NONE and
 *  SWAPPED: the walk is over. A failure is a table entry that could not be read; the
 *  address of the error is then the entry's physical address. */
enum cairn_code paging_step(struct paging_walk *w, struct cairn_err *err);

/** The names of the entry's flags, "PRESENT RW ACCESSED", always terminated; "" for an
 *  entry that maps nothing. Returns buf. */
const char *paging_describe(const struct paging_walk *w, char *buf, size_t size);

/** What an entry at that depth says, as if a walk had read it there: level, rule, kind, and in
 *  paddr where its page or table is. */
struct paging_walk paging_entry(const struct paging_form *form, unsigned depth, uint64_t entry);

/** What became of a translation. */
struct paging_result {
	enum cairn_fault fault; /* NONE: mapped. UNMAPPED, SWAPPED, NONCANONICAL are of the
				   address; any other is of a table entry that was not read */
	uint64_t paddr;         /* mapped: physical address of va */
	uint64_t size;          /* mapped: bytes from paddr to the end of its page or block */
	uint64_t hole;          /* UNMAPPED, SWAPPED, NONCANONICAL: bytes from va on of which the
				   same entry, or the form, says the same */
	uint64_t entry_addr;    /* physical address of the last entry read, or not read */
};

/** Step to the end without forming messages. */
struct paging_result paging_lookup(const struct paging_form *form, struct image *img,
				   uint64_t root, uint64_t va);

#endif
