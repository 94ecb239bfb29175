/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testpages - for tests: kernel memory of 4 MB with an array of struct page in it, and the
 * lines of VMCOREINFO by which real kernels tell of these.
 *
 * Addresses are physical ones (an identity map) from `base`, a multiple of 2 MB, on. The
 * struct pages are those of the frames from `first` on, one after the other from TP_MAP.
 */
#ifndef CAIRN_MM_TESTPAGES_H
#define CAIRN_MM_TESTPAGES_H

#include "lib/debug/testtypes.h"
#include "lib/image/testmem.h"
#include "mm/page.h"

#define TP_SIZE UINT64_C(0x400000)
/* offsets from base; below them: the page tables */
#define TP_VAR UINT64_C(0x10000)      /* mem_map, or the roots of sections */
#define TP_SECTIONS UINT64_C(0x20000)
#define TP_MAP UINT64_C(0x100000)
#define TP_FREE UINT64_C(0x200000)    /* for the test */

/* Debian's 6.1.0-50-amd64; 5.10's are the same. */
#define TP_AMD64_6_1 \
	"LENGTH(zone.free_area)=11\n" \
	"LENGTH(mem_section)=4096\nSIZE(mem_section)=32\nOFFSET(mem_section.section_mem_map)=0\n" \
	"NUMBER(SECTION_SIZE_BITS)=27\nNUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\n" \
	"OFFSET(page.flags)=0\nOFFSET(page._refcount)=52\nOFFSET(page.mapping)=24\n" \
	"OFFSET(page.lru)=8\nOFFSET(page._mapcount)=48\nOFFSET(page.private)=40\n" \
	"OFFSET(page.compound_dtor)=16\nOFFSET(page.compound_order)=17\n" \
	"OFFSET(page.compound_head)=8\nNUMBER(PG_lru)=4\nNUMBER(PG_private)=13\n" \
	"NUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\n" \
	"NUMBER(PG_hwpoison)=23\nNUMBER(PG_head_mask)=65536\n" \
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(HUGETLB_PAGE_DTOR)=2\n" \
	"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n"

/* 7.2.13+deb14-amd64; 6.12's are the same but for compound_head in place of compound_info. */
#define TP_AMD64_7_2 \
	"LENGTH(zone.free_area)=11\n" \
	"LENGTH(mem_section)=4096\nSIZE(mem_section)=32\nOFFSET(mem_section.section_mem_map)=0\n" \
	"NUMBER(SECTION_SIZE_BITS)=27\nNUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\n" \
	"OFFSET(page.flags)=0\nOFFSET(page._refcount)=52\nOFFSET(page.mapping)=24\n" \
	"OFFSET(page.lru)=8\nOFFSET(page._mapcount)=48\nOFFSET(page.private)=40\n" \
	"OFFSET(page.compound_info)=8\nNUMBER(PG_lru)=5\nNUMBER(PG_private)=14\n" \
	"NUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=17\n" \
	"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\nNUMBER(PG_hwpoison)=21\n" \
	"NUMBER(PG_head_mask)=64\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n" \
	"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\n" \
	"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240\n"

/* 6.1.0-50-armmp, and 6.1.0-50-686-pae */
#define TP_32_BIT \
	"LENGTH(zone.free_area)=11\n" \
	"OFFSET(page.flags)=0\nOFFSET(page._refcount)=28\nOFFSET(page.mapping)=12\n" \
	"OFFSET(page.lru)=4\nOFFSET(page._mapcount)=24\nOFFSET(page.private)=20\n" \
	"OFFSET(page.compound_dtor)=8\nOFFSET(page.compound_order)=9\n" \
	"OFFSET(page.compound_head)=4\nNUMBER(PG_lru)=4\nNUMBER(PG_private)=13\n" \
	"NUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\n" \
	"NUMBER(PG_head_mask)=65536\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n"
#define TP_ARM_6_1 "SIZE(page)=36\n" TP_32_BIT
#define TP_I386_6_1 "SIZE(page)=40\n" TP_32_BIT

struct testpages {
	uint64_t base, first;
	struct testmem mem;
	struct cairn c;
};

static inline void tp_put(struct testpages *t, uint64_t off, uint64_t value, size_t bytes)
{
	testmem_put(&t->mem, t->base + off, value, bytes);
}

static inline struct testpages *tp_new(uint64_t base)
{
	struct testpages *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->base = base;
	testmem_add(&t->mem, base, TP_SIZE);
	tp_put(t, 0x1000, (base + 0x2000) | 0x63, 8);
	tp_put(t, 0x2000 + (base >> 30) * 8, (base + 0x3000) | 0x63, 8);
	for (uint64_t i = 0; i < 2; i++)
		tp_put(t, 0x3000 + ((base >> 21 & 511) + i) * 8, (base + (i << 21)) | 0xe3, 8);
	return t;
}

/** One member of a frame's struct page, whose size is `size`. */
static inline void tp_page(struct testpages *t, uint64_t pfn, unsigned size, unsigned member,
			   uint64_t value, size_t bytes)
{
	tp_put(t, TP_MAP + (pfn - t->first) * size + member, value, bytes);
}

/** The array is that of section `nr` of 128 MB, in an array of roots of 128 sections each. */
static inline void tp_sparse(struct testpages *t, uint64_t nr)
{
	t->first = nr << 15;
	tp_put(t, TP_VAR + nr / 128 * 8, t->base + TP_SECTIONS, 8);
	tp_put(t, TP_SECTIONS + nr % 128 * 32, (t->base + TP_MAP - t->first * 64) | 0x1b, 8);
}

/** What was written so far becomes the dump of a kernel that tells `text`, and in `symbol`,
 *  "mem_map" or "mem_section", where TP_VAR is. */
static inline void tp_open(struct testpages *t, enum arch_id arch, const char *symbol,
			   const char *text)
{
	const struct arch *a = arch_by_id(arch);
	char info[4096];

	snprintf(info, sizeof(info), "OSRELEASE=test\nPAGESIZE=4096\nSYMBOL(%s)=%llx\n%s", symbol,
		 (unsigned long long)(t->base + TP_VAR), text);
	testmem_vmcoreinfo(&t->mem, info);
	t->mem.elf_machine = a->elf_machine;
	t->c.img = testmem_open(&t->mem);
	t->c.arch = a;
	if (!t->c.img || space_init(&t->c.kernel, t->c.img, &paging_x86_64_l4, t->base + 0x1000,
				    a->word, "kernel address", NULL) != CAIRN_OK)
		abort();
}

/** A slab page: flags of 6.1; its cache is at `cache`. */
static inline void tp_slab(struct testpages *t, uint64_t pfn, uint64_t cache)
{
	tp_page(t, pfn, 64, 0, 1u << 9, 8);
	tp_page(t, pfn, 64, 16, cache, 8);
}

/** What slab.c reads, in `holder` ("slab", or before 5.17 "page"). */
static inline void tp_slab_types(struct btf *b, const char *holder)
{
	tt(btf__add_struct(b, holder, 64));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, 16 * 8, 0));
	tt(btf__add_struct(b, "kmem_cache", 64));
	tt(btf__add_field(b, "size", TT_UINT, 24 * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, 28 * 8, 0));
}

/** After tp_open(): the kernel's types. Frees the blob. */
static inline void tp_types(struct testpages *t, struct btf *b)
{
	types_init(&t->c.types, &t->c.arena, 8);
	types_add(&t->c.types, btf_types(tt_provider(b, 8)));
}

static inline void tp_free(struct testpages *t)
{
	types_deinit(&t->c.types);
	space_deinit(&t->c.kernel);
	image_close(t->c.img);
	arena_deinit(&t->c.arena);
	testmem_free(&t->mem);
	free(t);
}

#endif
