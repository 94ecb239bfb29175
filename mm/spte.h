/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spte - the entries of KVM's TDP page tables, their encoding as data.
 *
 * An entry is an EPT entry (Intel), or an NPT entry (AMD), with KVM's own marks in the bits that
 * the hardware ignores. The masks are those that the dumped KVM uses (its shadow_* variables); what
 * no variable tells (where the type of A/D tracking stands, what an empty and a frozen entry are)
 * goes with which of these variables and members there are.
 *
 * Sources: arch/x86/kvm/mmu/spte.h and spte.c, mmu.h, tdp_mmu.c.
 */
#ifndef CAIRN_MM_SPTE_H
#define CAIRN_MM_SPTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kern/session.h"

#define SPTE_LARGE (UINT64_C(1) << 7)
#define SPTE_WRITABLE UINT64_C(2)
#define SPTE_ENTRIES 512

enum spte_kind {
	SPTE_EMPTY,
	SPTE_TABLE,   /* leads to a table of the next level */
	SPTE_LEAF,    /* maps guest memory */
	SPTE_MMIO,    /* guest memory that is a device's: makes the guest trap */
	SPTE_FROZEN,  /* being changed by somebody (REMOVED_SPTE before 6.12) */
	SPTE_OTHER,   /* none of these */
};

/** What the type field of A/D tracking says. */
enum spte_ad { SPTE_AD_ENABLED, SPTE_AD_DISABLED, SPTE_AD_WRPROT, SPTE_AD_BAD };

struct spte_form {
	bool ept;                     /* else NPT */
	uint64_t present_bit;         /* KVM's own mark; 0 (5.10): all that is not 0 and not MMIO */
	uint64_t empty, frozen;       /* frozen 0: there is none */
	uint64_t present, user, nx, x; /* as the kernel's masks; x also with 7.x's second bit */
	uint64_t accessed, dirty;     /* 0: the processor does not set them */
	uint64_t host_writable, mmu_writable;
	uint64_t mmio_value, mmio_mask; /* mask 0: none is cached */
	uint64_t mmio_access;         /* permissions in such an entry */
	uint64_t acc_track;
	uint64_t me_value, me_mask;   /* memory encryption's */
	uint64_t l1tf, lower_gfn;     /* of an MMIO entry's gfn: bits that are moved up by 5 */
	uint64_t address;             /* bits 51:12 */
	uint64_t reserved;            /* bits of the address that the processor has not */
	uint8_t ad_shift;             /* 2 bits */
	uint64_t saved;               /* R and X of an entry whose access is tracked */
	uint8_t gen_low, gen_low_bits, gen_high, gen_high_bits;
	bool nx_huge;                 /* huge pages are not to be executable */
	uint8_t maxphyaddr;           /* 0: not told */
};

/** From the dump's KVM. CAIRN_MISSING names the variable that is not there. */
enum cairn_code spte_form_init(struct spte_form *f, struct cairn *c, bool per_vm_mmio,
			       struct cairn_err *err);

/** level: 1 the lowest. */
enum spte_kind spte_kind(const struct spte_form *f, uint64_t e, unsigned level);

/** Of a TABLE or LEAF: the page frame. */
uint64_t spte_pfn(const struct spte_form *f, uint64_t e);

/** Of an MMIO entry: the guest's frame, and the generation of memory slots it is of. */
uint64_t spte_mmio_gfn(const struct spte_form *f, uint64_t e);
uint64_t spte_mmio_generation(const struct spte_form *f, uint64_t e);
uint64_t spte_generation_mask(const struct spte_form *f);

/** The bits that an MMIO entry may have set. */
uint64_t spte_mmio_bits(const struct spte_form *f);

enum spte_ad spte_ad(const struct spte_form *f, uint64_t e);
bool spte_executable(const struct spte_form *f, uint64_t e);

/** The guest can read it without a fault: not so while its access is tracked. */
bool spte_readable(const struct spte_form *f, uint64_t e);

/** What every entry that leads to a table is, but for the address. */
uint64_t spte_table_bits(const struct spte_form *f, bool ad_disabled);

/** The bits that a leaf may have set, the address left out. */
uint64_t spte_leaf_bits(const struct spte_form *f, unsigned level, bool ad_disabled);

/** Guest frames that an entry of a level maps, and an entry's place in its table. */
static inline uint64_t spte_span(unsigned level)
{
	return level ? (uint64_t)1 << 9 * (level - 1) : 0;
}

static inline unsigned spte_index(uint64_t gfn, unsigned level)
{
	return (unsigned)(gfn >> 9 * (level - 1)) & (SPTE_ENTRIES - 1);
}

/** "4k", "2m", "1g", "512g", "256t". */
const char *spte_size_name(unsigned level);

/** "empty", "table", ... */
const char *spte_kind_name(enum spte_kind kind);

/** The names of an entry's flags, always terminated. Returns buf. */
const char *spte_describe(const struct spte_form *f, uint64_t e, unsigned level, char *buf,
			  size_t size);

#endif
