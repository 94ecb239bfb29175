/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_tdp - what it costs to walk and verify the page tables of a large guest: a million entries
 * in 2,000 tables of their own, each entry held against memory slot, process and struct page. The
 * page frames repeat; the tables, and what KVM has of each, do not.
 */
#include <stdio.h>
#include <time.h>

#include "mm/tdp.h"
#include "mm/testkvm.h"

#define LOW_TABLES 2000u
#define LEAVES (LOW_TABLES * 512u)
#define MORE UINT64_C(0xc00000)      /* bytes of memory beside testkvm's */
#define SPS TP_SIZE                  /* kvm_mmu_pages, then tables, then the process's tables */
#define TABLES (TP_SIZE + 0x50000)
#define PROCESS (TABLES + (LOW_TABLES + 16) * 0x1000)
#define HVA (UINT64_C(1) << 40)
#define FRAMES 256u

static uint64_t frame(unsigned i)
{
	return TKV_MEMORY + (uint64_t)(i % FRAMES) * 0x1000;
}

/* PGD, PUD, four PMDs; each entry of these is the same table of PTEs. */
static void process(struct testkvm *k)
{
	uint64_t pud = PROCESS + 0x1000, pmd = PROCESS + 0x2000, pte = PROCESS + 0x6000;

	tkv_put(k, TKV_MM, PROCESS, 8);
	tkv_put(k, PROCESS + 2 * 8, pud | 0x67, 8);
	for (unsigned i = 0; i < 4; i++)
		tkv_put(k, pud + i * 8, (pmd + i * 0x1000) | 0x67, 8);
	for (unsigned i = 0; i < LOW_TABLES; i++)
		tkv_put(k, pmd + i * 8, pte | 0x67, 8);
	for (unsigned i = 0; i < 512; i++) {
		tkv_put(k, pte + i * 8, frame(i) | 0x67, 8);
		tp_page(k->t, frame(i) >> 12, 64, 52, 1, 4);
	}
}

static uint64_t child(struct testkvm *k, unsigned level, uint64_t gfn, uint64_t above,
		      unsigned index)
{
	uint64_t table = k->next_table;

	tkv_table(k, TKV_ROLE(level), gfn, above ? above + index * 8 : 0);
	return table;
}

static void guest(struct testkvm *k)
{
	uint64_t root_sp = k->next_sp, root = child(k, 4, 0, 0, 0), l3 = child(k, 3, 0, root, 0),
		 l2 = 0;

	tkv_put(k, root_sp + TKV_SP_REFS, 2, 4);
	tkv_put(k, TKV_VM + TKV_VM_ROOTS, root_sp, 8);
	tkv_put(k, TKV_VM + TKV_VM_ROOTS + 8, root_sp, 8);
	tkv_put(k, root_sp, TKV_VM + TKV_VM_ROOTS, 8);
	tkv_put(k, root_sp + 8, TKV_VM + TKV_VM_ROOTS, 8);
	tkv_put(k, TKV_VCPU + TKV_VCPU_ROOT_MMU + TKV_MMU_HPA, root, 8);
	for (unsigned i = 0; i < LOW_TABLES; i++) {
		uint64_t l1;

		if (i % 512 == 0)
			l2 = child(k, 2, (uint64_t)i * 512, l3, i / 512);
		l1 = child(k, 1, (uint64_t)i * 512, l2, i % 512);
		for (unsigned j = 0; j < 512; j++)
			tkv_put(k, l1 + j * 8, frame(j) | TKV_LEAF, 8);
	}
	tkv_put(k, TKV_VM + TKV_VM_PAGES, LEAVES, 8);
	tkv_put(k, TKV_VM + TKV_VM_NPAGES, LEAVES, 8);
	tkv_put(k, TKV_SLOT + TKV_SLOT_NPAGES, LEAVES, 8);
	tkv_put(k, TKV_SLOT + TKV_SLOT_HVA, HVA, 8);
}

static double now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t walk(struct testkvm *k)
{
	struct kvms vms;
	struct tdp_walk w;
	size_t n = 0;

	if (kvms_read(&vms, k->c, &k->arena, NULL) ||
	    tdp_begin(&w, &vms, &vms.vm[0], &vms.vm[0].root[0].sp, NULL, NULL, &k->arena, NULL))
		return 0;
	while (tdp_next(&w))
		for (unsigned i = 0; w.table->entries && i < SPTE_ENTRIES; i++)
			n += spte_kind(&w.form, tdp_entry(w.table, i), w.table->level) == SPTE_LEAF;
	tdp_end(&w, NULL);
	return n;
}

static size_t verify(struct testkvm *k)
{
	const struct check_limits limits = { .only = "kvm" };
	struct findings f;

	if (findings_get(&f, k->c, &limits, &k->arena, NULL) || f.n)
		printf("  not sound: %s\n", f.n ? f.said[0].f.message : "not checked");
	return f.nchecks;
}

static void measure(struct testkvm *k, const char *what, size_t (*fn)(struct testkvm *))
{
	double wall = 1e9, cpu = 1e9;
	size_t n = 0;

	for (unsigned i = 0; i < 5; i++) {
		double w = now_ms(CLOCK_MONOTONIC), c = now_ms(CLOCK_PROCESS_CPUTIME_ID);

		n = fn(k);
		w = now_ms(CLOCK_MONOTONIC) - w;
		c = now_ms(CLOCK_PROCESS_CPUTIME_ID) - c;
		wall = w < wall ? w : wall;
		cpu = c < cpu ? c : cpu;
		arena_reset(&k->arena);
	}
	printf("  %-46s %8.0f ms wall %8.0f ms CPU  (%zu)\n", what, wall, cpu, n);
}

int main(void)
{
	struct testkvm *k = tkv_begin();

	testmem_add(&k->t->mem, TP_SIZE, MORE);
	for (uint64_t i = 2; i < (TP_SIZE + MORE) >> 21; i++)
		tkv_put(k, 0x3000 + i * 8, (i << 21) | 0xe3, 8);
	k->next_sp = SPS;
	k->next_table = TABLES;
	process(k);
	guest(k);
	tkv_open(k);
	printf("page tables of a guest, %u entries\n", LEAVES);
	measure(k, "walked", walk);
	measure(k, "walked and verified", verify);
	tkv_free(k);
	return 0;
}
