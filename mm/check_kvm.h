/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_kvm - what the files of the checker "kvm" share; nobody else includes it.
 *
 * check_kvm.c runs it; one file per idea looks at roots, tables, entries, leaves, sums and
 * memory slots. Ids and what they mean are in check_kvm_ids.c.
 */
#ifndef CAIRN_MM_CHECK_KVM_H
#define CAIRN_MM_CHECK_KVM_H

#include "lib/kern/finding.h"
#include "mm/kvm_gmem.h"
#include "mm/kvm_guest.h"
#include "mm/kvm_leaf.h"

/** A finding in the making; unset members do not apply. */
struct kvm_bad {
	const char *id;
	enum cairn_severity severity;
	enum cairn_grade grade;
	bool often;               /* one cause may make many of it: see struct kvm_many */
	bool transient;           /* whoever holds mmu_lock may be about to put it right */
	uint64_t object, addr;
	uint64_t len;             /* of the word at addr; 0: 8 */
	const char *field, *why;  /* why: of the word, as evidence */
	const char *expected, *found;
};

/** Findings of one id, where one bad word makes many: kept until kvm_say_rest(), which says the
 *  first few, and how many more there were. */
#define KVM_SAID_EACH 3
struct kvm_many {
	const char *id;
	size_t n;
	struct kvm_bad bad[KVM_SAID_EACH];
	const char *text[KVM_SAID_EACH];
};

/** A leaf that is not as its memory slot would have it: base_gfn of the slot may be the cause. */
#define KVM_STRAYS 32
struct kvm_stray { uint64_t gfn, pfn; };

/** One look at one VM. */
struct kvm_look {
	struct cairn *c;
	struct cairn_run *run;
	const struct kvms *k;
	const struct kvm_vm *vm;  /* NULL: none in particular */
	struct kvm_vm own;        /* a copy, with the direct bit that its tables speak for */
	struct arena arena;
	struct kvm_guest guest;
	struct kvm_gmem gmem;
	struct kvm_hva hva;       /* the process's tables, remembered where they were last */
	bool busy;                /* somebody is at work in the tables: mmu_lock is held */
	bool roots_off; /* a root of a vCPU was not what it should: counts prove nothing */
	bool slots_off;           /* memory slots are damaged */
	bool tables_off;          /* likewise, of tables and entries */
	bool tdx;                 /* a TDX guest, by what most of it says */
	bool incomplete;          /* not all of them could be read */
	struct map seen;          /* pages of tables, over all roots */
	uint64_t leaves[6];       /* present ones by level, over all roots */
	struct kvm_many many[16];
	bool *fits[KVM_SPACES];   /* by slot: a leaf is as the slot would have it */
	struct kvm_stray stray[KVM_STRAYS];
	size_t nstrays;           /* as many as there were */
	uint64_t looked;          /* pages looked at for what explains them */
	uint64_t ntables;         /* tables below the roots */
	unsigned searches;        /* for tables that entries led to */
};

/** What all tables below one root have in common, told by majority. */
struct kvm_tree {
	const struct kvm_root *root;
	uint32_t role;            /* of any table but for its level */
	bool mirror, invalid;
	bool by_entry;            /* a table's level is that of the entry that leads to it (5.10) */
	const struct kvm_set *set;
};

void kvm_say_rest(struct kvm_look *l);

/** What was kept of an id is not to be said. */
void kvm_say_not(struct kvm_look *l, const char *id);

/** Say it; the format is of the one sentence. Always false: `return kvm_say(...)`. */
bool kvm_say(struct kvm_look *l, const struct kvm_bad *bad, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Text that lives until the look is over; never NULL. */
const char *kvm_text(struct kvm_look *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *kvm_hex(struct kvm_look *l, uint64_t value);

/** The process of the VM, for messages: "VM of qemu (117)". */
const char *kvm_name(struct kvm_look *l);

void check_kvm_roots(struct kvm_look *l);
void check_kvm_refs(struct kvm_look *l);
struct kvm_tree check_kvm_tree(struct kvm_look *l, const struct kvm_root *root);
void check_kvm_table(struct kvm_look *l, const struct tdp_walk *w, const struct kvm_tree *tree);
void check_kvm_entries(struct kvm_look *l, const struct tdp_walk *w, const struct kvm_tree *tree);

/** An entry, by its index in the walk's table. */
struct kvm_entry {
	const struct tdp_walk *w;
	const struct kvm_tree *tree;
	unsigned index, level;
	uint64_t e, gfn;
	enum spte_kind kind;
};

/** False if something was said of it. */
bool check_kvm_leaf(struct kvm_look *l, const struct kvm_entry *en);
bool kvm_say_entry(struct kvm_look *l, const struct kvm_entry *en, struct kvm_bad *bad,
		   const char *what);

/** What an entry of table `t` was before it was overwritten, as text: a table that is in use and
 *  that nothing leads to says that this entry does. NULL: there is none among the kvm_mmu_pages
 *  beside those that are known, or enough were looked for. */
const char *check_kvm_lost(struct kvm_look *l, const struct tdp_walk *w,
			   const struct kvm_tree *tree, const struct tdp_table *t, unsigned index);

void check_kvm_slots(struct kvm_look *l);

/** Whether leaves that their slots do not explain are explained by another base_gfn of one. */
void check_kvm_base(struct kvm_look *l);
void check_kvm_orphans(struct kvm_look *l);
void check_kvm_sums(struct kvm_look *l);

/** Over all VMs: `tables` below their roots, and shadow pages. */
void check_kvm_secondary(struct kvm_look *l, uint64_t tables, uint64_t shadow);

extern const struct cairn_explanation check_kvm_ids[];

#endif
