/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/testpages.h"

/* ---- from frame to struct page ---- */

static void expect_page(struct testpages *t, const struct page_map *m, uint64_t pfn, uint64_t off)
{
	struct cairn_err err;
	uint64_t page;

	if (page_of_pfn(m, pfn, &page, &err) != CAIRN_OK)
		fail_msg("%#llx: %s", (unsigned long long)pfn, err.text);
	assert_int_equal(page, t->base + off);
}

static void expect_none(const struct page_map *m, uint64_t pfn, enum cairn_code code)
{
	struct cairn_err err = { 0 };
	enum page_owner owner;
	uint64_t page;

	assert_int_equal(page_of_pfn(m, pfn, &page, &err), code);
	assert_true(err.text[0]);
	assert_int_equal(page_head(m, pfn, &page, NULL), code);
	assert_int_equal(page_owner_of(m, pfn, &owner, NULL), code);
}

/* On ARM page 0 of the array is the first of memory; it need not be where the dump begins to
 * have pages. */
static void flat_on_arm(void **state)
{
	struct testpages *t = tp_new(0x40000000);
	struct page_map m;

	(void)state;
	testmem_exclude(&t->mem, 0x3ff00000, 0x100000);
	tp_put(t, TP_VAR, t->base + TP_MAP, 4);
	tp_open(t, ARCH_ARM, "mem_map", TP_ARM_6_1);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	expect_page(t, &m, 0x3ff00, TP_MAP);
	expect_page(t, &m, 0x40000, TP_MAP + 0x100 * 36);
	expect_page(t, &m, 0x40123, TP_MAP + 0x223 * 36);
	expect_none(&m, 0x3feff, CAIRN_NOTFOUND);
	tp_free(t);
}

/* On x86 it is page 0, RAM or not. */
static void flat_on_i386(void **state)
{
	struct testpages *t = tp_new(0x200000);
	struct page_map m;

	(void)state;
	tp_put(t, TP_VAR, t->base + TP_MAP, 4);
	tp_open(t, ARCH_I386, "mem_map", TP_I386_6_1);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	expect_page(t, &m, 0, TP_MAP);
	expect_page(t, &m, 0x205, TP_MAP + 0x205 * 40);
	tp_free(t);
}

static void sparse_with_roots(void **state)
{
	static const uint64_t sections[] = { 0, 3, 127, 128, 130, 300 };

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		struct testpages *t = tp_new(0x40000000);
		uint64_t first = sections[i] << 15;
		struct page_map m;

		tp_sparse(t, sections[i]);
		tp_put(t, TP_VAR + 8 * 8, TP_SIZE + 0x1000, 8); /* a root that cannot be read */
		tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
		assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
		expect_page(t, &m, first, TP_MAP);
		expect_page(t, &m, first + 0x777, TP_MAP + 0x777 * 64);
		expect_page(t, &m, first + 0x7fff, TP_MAP + 0x7fff * 64);
		expect_none(&m, (sections[i] + 1) << 15, CAIRN_NOTFOUND); /* no section */
		expect_none(&m, (uint64_t)500 << 15, CAIRN_NOTFOUND);     /* no root */
		expect_none(&m, (uint64_t)(8 * 128) << 15, CAIRN_FAULT);
		tp_free(t);
	}
}

/* Without roots: an array of as many sections as there can be. Bits of section_mem_map below
 * the address are flags, of which the first says that there is one. */
static void sparse_static(void **state)
{
	struct testpages *t = tp_new(0x40000000);
	struct page_map m;

	(void)state;
	for (uint64_t nr = 4; nr < 7; nr++)
		tp_put(t, TP_VAR + nr * 8 + 4,
		       (uint32_t)(t->base + TP_MAP - (nr << 16) * 32) | (nr == 6 ? 0x3e : 0x3f), 4);
	tp_open(t, ARCH_ARM, "mem_section",
		"LENGTH(mem_section)=16\nSIZE(mem_section)=8\n"
		"OFFSET(mem_section.section_mem_map)=4\nNUMBER(SECTION_SIZE_BITS)=28\n"
		"NUMBER(MAX_PHYSMEM_BITS)=32\nSIZE(page)=32\n" TP_32_BIT);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	expect_page(t, &m, 0x40000, TP_MAP);
	expect_page(t, &m, 0x40021, TP_MAP + 0x21 * 32);
	expect_page(t, &m, 0x50007, TP_MAP + 7 * 32);
	expect_none(&m, 0x60000, CAIRN_NOTFOUND);
	expect_none(&m, 0x30000, CAIRN_NOTFOUND);
	tp_free(t);
}

/* ---- whose it is ---- */

#define LRU6 (1u << 4) /* of 6.1 */
#define SLAB6 (1u << 9)
#define LRU7 (1u << 5) /* of 6.12 and later */
#define SWAP (1u << 10)
#define OTHER 0x17ffffc0000800 /* zone, node and the like */
#define ANON UINT64_C(0xffff888003a4b001)
#define KSM UINT64_C(0xffff888003a4b003)
#define MOVABLE UINT64_C(0xffff888003a4b002)
#define FILE_MAPPING UINT64_C(0xffff888003a4b010)
#define NONE 0xffffffffu /* _mapcount of a page that nobody maps */

struct owned {
	uint64_t flags, mapping;
	uint32_t mapcount;
	enum page_owner owner;
};

static const struct owned of_6_1[] = {
	{ OTHER, 0, NONE, PAGE_KERNEL },
	{ OTHER | SLAB6, 0, NONE, PAGE_SLAB },
	{ OTHER | SLAB6, 0, 0x00200015, PAGE_SLAB }, /* counters of objects lie there */
	{ OTHER | SLAB6, ANON, NONE, PAGE_SLAB },
	{ OTHER, 0, 0xffffff7f, PAGE_FREE },
	{ OTHER, 0, 0xfffffeff, PAGE_KERNEL },       /* offline */
	{ OTHER, 0, 0xfffffbff, PAGE_KERNEL },       /* a page table */
	{ OTHER | LRU6, ANON, 0, PAGE_USER }, { OTHER, ANON, 5, PAGE_USER },
	{ OTHER | LRU6, KSM, 0, PAGE_USER },
	{ OTHER | LRU6 | SWAP, 0, NONE, PAGE_USER },
	{ OTHER | LRU6, FILE_MAPPING, NONE, PAGE_CACHE }, { OTHER, FILE_MAPPING, 0, PAGE_CACHE },
	{ OTHER | LRU6, 0, NONE, PAGE_CACHE },       /* on its way out */
	{ OTHER, MOVABLE, NONE, PAGE_KERNEL },
	{ OTHER | LRU7, 0, NONE, PAGE_KERNEL },
};

static const struct owned of_7_2[] = {
	{ OTHER, 0, NONE, PAGE_KERNEL },
	{ OTHER, 0, 0xf5000000, PAGE_SLAB }, { OTHER, 0, 0xf5000010, PAGE_SLAB },
	{ OTHER | SLAB6, 0, NONE, PAGE_KERNEL },
	{ OTHER, 0, 0xf0000000, PAGE_FREE }, { OTHER, 0, 0xf0ffffff, PAGE_FREE },
	{ OTHER, 0, 0xf4000000, PAGE_USER }, { OTHER, 0, 0xf4000001, PAGE_USER }, /* hugetlb */
	{ OTHER, 0, 0xf1000000, PAGE_KERNEL }, { OTHER, 0, 0xf2000000, PAGE_KERNEL },
	{ OTHER, 0, 0xffffff7f, PAGE_KERNEL },
	{ OTHER | LRU7, ANON, 0, PAGE_USER }, { OTHER | LRU7 | SWAP, 0, NONE, PAGE_USER },
	{ OTHER | LRU7, FILE_MAPPING, 3, PAGE_CACHE }, { OTHER | LRU7, 0, NONE, PAGE_CACHE },
	{ OTHER | LRU6, 0, NONE, PAGE_KERNEL },
};

static void expect_owner(const struct page_map *m, uint64_t pfn, enum page_owner want)
{
	struct cairn_err err;
	enum page_owner got;

	if (page_owner_of(m, pfn, &got, &err) != CAIRN_OK)
		fail_msg("%#llx: %s", (unsigned long long)pfn, err.text);
	if (got != want)
		fail_msg("%#llx is %d instead of %d", (unsigned long long)pfn, got, want);
}

static void expect_owners(const char *text, const struct owned *o, size_t n)
{
	struct testpages *t = tp_new(0);
	struct page_map m;

	tp_sparse(t, 2);
	for (size_t i = 0; i < n; i++) {
		tp_page(t, t->first + i, 64, 0, o[i].flags, 8);
		tp_page(t, t->first + i, 64, 24, o[i].mapping, 8);
		tp_page(t, t->first + i, 64, 48, o[i].mapcount, 4);
	}
	tp_open(t, ARCH_X86_64, "mem_section", text);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	for (size_t i = 0; i < n; i++)
		expect_owner(&m, t->first + i, o[i].owner);
	tp_free(t);
}

static void owners(void **state)
{
	(void)state;
	expect_owners(TP_AMD64_6_1, of_6_1, sizeof(of_6_1) / sizeof(of_6_1[0]));
	expect_owners(TP_AMD64_7_2, of_7_2, sizeof(of_7_2) / sizeof(of_7_2[0]));
}

/* Members of four bytes. */
static void owners_of_32_bit(void **state)
{
	struct testpages *t = tp_new(0x40000000);
	struct page_map m;

	(void)state;
	t->first = 0x40000;
	tp_put(t, TP_VAR, t->base + TP_MAP, 4);
	for (unsigned i = 0; i < 4; i++) {
		tp_page(t, t->first + i, 36, 24, NONE, 4);
		tp_page(t, t->first + i, 36, 16, NONE, 4); /* between those that are read */
	}
	tp_page(t, t->first + 1, 36, 12, 0xc3a4b001, 4);
	tp_page(t, t->first + 2, 36, 0, SLAB6, 4);
	tp_page(t, t->first + 3, 36, 12, 0xc3a4b010, 4);
	tp_open(t, ARCH_ARM, "mem_map", TP_ARM_6_1);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	expect_owner(&m, t->first, PAGE_KERNEL);
	expect_owner(&m, t->first + 1, PAGE_USER);
	expect_owner(&m, t->first + 2, PAGE_SLAB);
	expect_owner(&m, t->first + 3, PAGE_CACHE);
	assert_false(page_left_image(&m, t->base));
	assert_true(page_left_image(&m, t->base + 0x1000));
	assert_false(page_left_image(&m, 0x1000)); /* nothing is mapped there */
	tp_free(t);
}

/* Types as 6.11 has them: a bit each, of the top byte, that is clear. */
static void owners_of_6_11(void **state)
{
	static const char text[] =
		"LENGTH(mem_section)=4096\nSIZE(mem_section)=32\n"
		"OFFSET(mem_section.section_mem_map)=0\nNUMBER(SECTION_SIZE_BITS)=27\n"
		"NUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\nOFFSET(page.flags)=0\n"
		"OFFSET(page.mapping)=24\nOFFSET(page._mapcount)=48\n"
		"OFFSET(page.private)=40\nLENGTH(zone.free_area)=11\n"
		"OFFSET(page.compound_head)=8\nNUMBER(PG_lru)=5\n"
		"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-33554433\n"
		"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-1073741825\n";
	static const struct owned of_6_11[] = {
		{ 0, 0, NONE, PAGE_KERNEL }, { 0, 0, 0xfdffffff, PAGE_SLAB },
		{ 0, 0, 0xbfffffff, PAGE_FREE }, { 0, 0, 0xdfffffff, PAGE_KERNEL },
		{ 1u << 5, ANON, 0, PAGE_USER },
	};

	(void)state;
	expect_owners(text, of_6_11, sizeof(of_6_11) / sizeof(of_6_11[0]));
}

/* Of a block of free pages only the first one says so, and how many they are. */
static void free_blocks(void **state)
{
	static const struct { unsigned head, order; } blocks[] = {
		{ 0, 3 }, { 12, 0 }, { 14, 1 }, { 32, 4 }, { 1024, 10 },
	};
	struct testpages *t = tp_new(0);
	struct page_map m;
	uint64_t first;

	(void)state;
	tp_sparse(t, 2);
	first = t->first;
	for (uint64_t i = 0; i < 2100; i++)
		tp_page(t, first + i, 64, 48, NONE, 4);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		tp_page(t, first + blocks[i].head, 64, 48, 0xffffff7f, 4);
		tp_page(t, first + blocks[i].head, 64, 40, blocks[i].order, 8);
	}
	tp_page(t, first + 64, 64, 48, 0xffffff7f, 4);
	tp_page(t, first + 64, 64, 40, 11, 8);     /* no order */
	tp_page(t, first + 80, 64, 40, 10, 8);     /* an order, but no free page */
	tp_page(t, first + 33, 64, 24, ANON, 8);   /* what was free once tells no more */
	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	for (unsigned at = 0; at < 2100; at++) {
		bool want = at == 64;

		for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
			want |= at - blocks[i].head < 1u << blocks[i].order;
		expect_owner(&m, first + at, want ? PAGE_FREE : PAGE_KERNEL);
	}
	tp_free(t);
}

/* ---- compound pages ---- */

/* A compound page of 1 << order frames at `head` that belongs to a slab or a process; its tails
 * tell where the head is: by address, or by a mask of their own. */
static void expect_compound(const char *text, bool mask, unsigned order, struct owned o)
{
	struct testpages *t = tp_new(0);
	uint64_t head, page;
	struct page_map m;

	tp_sparse(t, 1);
	head = t->first + (2u << order);
	page = t->base + TP_MAP + (head - t->first) * 64;
	tp_page(t, head, 64, 0, o.flags, 8);
	tp_page(t, head, 64, 24, o.mapping, 8);
	tp_page(t, head, 64, 48, o.mapcount, 4);
	for (uint64_t i = 1; i < 1u << order; i++) {
		tp_page(t, head + i, 64, 8, mask ? (UINT64_MAX << (order + 6)) | 1 : page | 1, 8);
		tp_page(t, head + i, 64, 24, 0xdead000000000400, 8); /* TAIL_MAPPING */
		tp_page(t, head + i, 64, 48, NONE, 4);
	}
	for (int after = 0; after < 2; after++)
		tp_page(t, after ? head + (1u << order) : head - 1, 64, 48, NONE, 4);
	tp_open(t, ARCH_X86_64, "mem_section", text);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	for (uint64_t i = 0; i < 1u << order; i++) {
		uint64_t got = 0;

		assert_int_equal(page_head(&m, head + i, &got, NULL), CAIRN_OK);
		assert_int_equal(got, page);
		expect_owner(&m, head + i, o.owner);
	}
	expect_owner(&m, head - 1, PAGE_KERNEL);
	expect_owner(&m, head + (1u << order), PAGE_KERNEL);
	tp_free(t);
}

static void compounds(void **state)
{
	(void)state;
	for (unsigned order = 1; order <= 9; order += 2) {
		expect_compound(TP_AMD64_6_1, false, order, of_6_1[1]);
		expect_compound(TP_AMD64_6_1, false, order, of_6_1[7]);
		expect_compound(TP_AMD64_7_2, true, order, of_7_2[1]);
		expect_compound(TP_AMD64_7_2, true, order, of_7_2[6]);
		/* a struct page whose size is no power of two has no mask */
		expect_compound(TP_AMD64_7_2, false, order, of_7_2[1]);
	}
}

/* A head that is no memory: an error, not another page's owner. */
static void compound_that_leads_nowhere(void **state)
{
	struct testpages *t = tp_new(0);
	struct cairn_err err;
	enum page_owner owner;
	struct page_map m;

	(void)state;
	tp_sparse(t, 1);
	/* a tail's own word, and one to an address below */
	tp_page(t, t->first, 64, 8, UINT64_C(0xffff000000000001), 8);
	tp_page(t, t->first + 1, 64, 8, 1, 8);
	/* a section whose struct pages are not there */
	tp_put(t, TP_SECTIONS + 2 * 32, (TP_SIZE - (UINT64_C(2) << 15) * 64) | 3, 8);
	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	for (unsigned i = 0; i < 2; i++)
		if (page_owner_of(&m, t->first + i, &owner, &err) == CAIRN_OK)
			assert_in_range(owner, PAGE_KERNEL, PAGE_CACHE);
	assert_int_equal(page_owner_of(&m, (UINT64_C(2) << 15) + 1, &owner, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TP_SIZE + 64 + 8);
	tp_free(t);
}

/* ---- VMCOREINFO that lacks something, or lies ---- */

static enum cairn_code init(enum arch_id arch, const char *symbol, const char *text,
			    struct cairn_err *err)
{
	struct testpages *t = tp_new(0);
	enum cairn_code code;
	struct page_map m;

	tp_open(t, arch, symbol, text);
	code = page_map_init(&m, &t->c, err);
	tp_free(t);
	return code;
}

/* The text with the value of one key changed, or without the line (NULL). */
static void edit(char *to, size_t size, const char *text, const char *key, const char *value)
{
	const char *at = strstr(text, key), *end;

	if (!at)
		fail_msg("no %s", key);
	end = strchr(at, '\n') + 1;
	snprintf(to, size, "%.*s%s%s%s%s%s", (int)(at - text), text, value ? key : "",
		 value ? "=" : "", value ? value : "", value ? "\n" : "", end);
}

static void missing(void **state)
{
	static const struct { const char *text, *key, *says; } cases[] = {
		{ TP_AMD64_6_1, "SIZE(page)", "SIZE(page)" },
		{ TP_AMD64_6_1, "OFFSET(page.flags)", "struct page" },
		{ TP_AMD64_6_1, "OFFSET(page.mapping)", "struct page" },
		{ TP_AMD64_6_1, "OFFSET(page._mapcount)", "struct page" },
		{ TP_AMD64_6_1, "OFFSET(page.compound_head)", "compound_head" },
		{ TP_AMD64_7_2, "OFFSET(page.compound_info)", "compound_head" },
		{ TP_AMD64_6_1, "NUMBER(PG_slab)", "PG_slab" },
		{ TP_AMD64_7_2, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", "PG_slab" },
		{ TP_AMD64_6_1, "NUMBER(PG_lru)", "PG_lru" },
		{ TP_AMD64_6_1, "OFFSET(page.private)", "struct page" },
		{ TP_AMD64_6_1, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "BUDDY" },
		{ TP_AMD64_7_2, "LENGTH(zone.free_area)", "free_area" },
		{ TP_AMD64_6_1, "LENGTH(mem_section)", "mem_section" },
		{ TP_AMD64_6_1, "SIZE(mem_section)", "mem_section" },
		{ TP_AMD64_6_1, "OFFSET(mem_section.section_mem_map)", "mem_section" },
		{ TP_AMD64_6_1, "NUMBER(SECTION_SIZE_BITS)", "mem_section" },
		{ TP_AMD64_6_1, "NUMBER(MAX_PHYSMEM_BITS)", "mem_section" },
	};
	struct cairn_err err;
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		edit(text, sizeof(text), cases[i].text, cases[i].key, NULL);
		assert_int_equal(init(ARCH_X86_64, "mem_section", text, &err), CAIRN_MISSING);
		if (!strstr(err.text, cases[i].says))
			fail_msg("without %s: %s", cases[i].key, err.text);
	}
	assert_int_equal(init(ARCH_X86_64, "other", TP_AMD64_6_1, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "SYMBOL(mem_section)"));
	/* what only some kernels have */
	for (size_t i = 0; i < 2; i++) {
		edit(text, sizeof(text), TP_AMD64_7_2, i ? "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)"
							 : "NUMBER(PG_swapcache)", NULL);
		assert_int_equal(init(ARCH_X86_64, "mem_section", text, &err), CAIRN_OK);
	}
}

static void no_kernel_memory(void **state)
{
	struct testpages *t = tp_new(0);
	struct cairn_err err;
	struct page_map m;

	(void)state;
	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	space_deinit(&t->c.kernel);
	assert_int_equal(page_map_init(&m, &t->c, &err), CAIRN_MISSING);
	tp_free(t);
	/* mem_map itself cannot be read */
	t = tp_new(0);
	tp_open(t, ARCH_I386, "mem_map", TP_I386_6_1 "SYMBOL(mem_map)=0\n");
	assert_int_equal(page_map_init(&m, &t->c, &err), CAIRN_OK); /* the first one counts */
	tp_free(t);
	t = tp_new(0);
	tp_open(t, ARCH_I386, "other", TP_I386_6_1 "SYMBOL(mem_map)=c5ee0a24\n");
	assert_int_equal(page_map_init(&m, &t->c, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, 0xc5ee0a24);
	tp_free(t);
}

static void hostile(void **state)
{
	static const struct { const char *key, *value; } cases[] = {
		{ "SIZE(page)", "0" }, { "SIZE(page)", "8" }, { "SIZE(page)", "4096" },
		{ "SIZE(page)", "-64" }, { "SIZE(page)", "64x" }, { "SIZE(page)", "" },
		{ "SIZE(page)", "99999999999999999999999" },
		{ "OFFSET(page.flags)", "4096" }, { "OFFSET(page.mapping)", "-8" },
		{ "OFFSET(page._mapcount)", "x" }, { "OFFSET(page.compound_head)", "1e3" },
		{ "NUMBER(PG_lru)", "64" }, { "NUMBER(PG_lru)", "-1" },
		{ "NUMBER(PG_slab)", "100" }, { "LENGTH(zone.free_area)", "64" },
		{ "LENGTH(zone.free_area)", "-1" },
		{ "LENGTH(mem_section)", "0" }, { "LENGTH(mem_section)", "-1" },
		{ "LENGTH(mem_section)", "524289" }, { "SIZE(mem_section)", "4097" },
		{ "SIZE(mem_section)", "-32" }, { "OFFSET(mem_section.section_mem_map)", "9999" },
		{ "NUMBER(SECTION_SIZE_BITS)", "12" }, { "NUMBER(SECTION_SIZE_BITS)", "-1" },
		{ "NUMBER(SECTION_SIZE_BITS)", "47" }, { "NUMBER(SECTION_SIZE_BITS)", "300" },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "26" }, { "NUMBER(MAX_PHYSMEM_BITS)", "57" },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "9223372036854775807" },
	};
	struct cairn_err err;
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum cairn_code code;

		edit(text, sizeof(text), TP_AMD64_6_1, cases[i].key, cases[i].value);
		code = init(ARCH_X86_64, "mem_section", text, &err);
		if (code != CAIRN_MISSING && code != CAIRN_CORRUPT)
			fail_msg("%s=%s: %d", cases[i].key, cases[i].value, code);
		assert_int_equal(err.code, code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_on_arm), cmocka_unit_test(flat_on_i386),
		cmocka_unit_test(sparse_with_roots), cmocka_unit_test(sparse_static),
		cmocka_unit_test(owners), cmocka_unit_test(owners_of_32_bit),
		cmocka_unit_test(owners_of_6_11), cmocka_unit_test(free_blocks),
		cmocka_unit_test(compounds),
		cmocka_unit_test(compound_that_leads_nowhere), cmocka_unit_test(missing),
		cmocka_unit_test(no_kernel_memory), cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
