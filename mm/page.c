/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* include/linux/mmzone.h: flags in the low bits of section_mem_map. Six of them since 6.4; a
 * section's map is aligned to far more than that. */
#define SECTION_FLAGS 0x3fu
#define SECTION_PRESENT 1u

/* include/linux/page-flags.h */
#define MAPPING_ANON 1u
#define MAPPING_FLAGS 3u

static bool offset_of(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	char key[64], text[32], *end;

	snprintf(key, sizeof(key), "OFFSET(%s)", name);
	if (!vmcoreinfo_get(v, key, text, sizeof(text)))
		return false;
	*ret = strtoull(text, &end, 10);
	return *ret < 4096 && end != text && !*end;
}

static bool number_of(const struct vmcoreinfo *v, const char *form, const char *name,
		      uint64_t *ret)
{
	char key[64], text[32], *end;

	snprintf(key, sizeof(key), "%s(%s)", form, name);
	if (!vmcoreinfo_get(v, key, text, sizeof(text)))
		return false;
	*ret = strtoull(text, &end, 10);
	return end != text && !*end;
}

static uint64_t flag_of(const struct vmcoreinfo *v, const char *name)
{
	int64_t bit;

	return vmcoreinfo_number(v, name, &bit) && bit >= 0 && bit < 64 ? (uint64_t)1 << bit : 0;
}

/* A page type as _mapcount has it (include/linux/page-flags.h): 0 is none. */
static uint64_t type_of(const struct vmcoreinfo *v, const char *name)
{
	int64_t value;

	return vmcoreinfo_number(v, name, &value) ? (uint32_t)value : 0;
}

static enum cairn_code lacks(const char *what, struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no %s", what);
}

static enum cairn_code find_members(struct page_map *m, const struct vmcoreinfo *v,
				    struct cairn_err *err)
{
	if (!number_of(v, "SIZE", "page", &m->size) || m->size < 16 || m->size > 1024)
		return lacks("SIZE(page)", err);
	if (!offset_of(v, "page.flags", &m->flags) || !offset_of(v, "page.mapping", &m->mapping) ||
	    !offset_of(v, "page._mapcount", &m->mapcount) ||
	    !offset_of(v, "page.private", &m->private))
		return lacks("members of struct page", err);
	/* compound_info since 7.0 */
	if (!offset_of(v, "page.compound_info", &m->compound) &&
	    !offset_of(v, "page.compound_head", &m->compound))
		return lacks("OFFSET(page.compound_head)", err);
	m->lru = flag_of(v, "PG_lru");
	m->swapcache = flag_of(v, "PG_swapcache");
	m->slab = flag_of(v, "PG_slab");
	m->slab_type = type_of(v, "PAGE_SLAB_MAPCOUNT_VALUE");
	m->buddy_type = type_of(v, "PAGE_BUDDY_MAPCOUNT_VALUE");
	m->hugetlb_type = type_of(v, "PAGE_HUGETLB_MAPCOUNT_VALUE");
	if (!m->slab && !m->slab_type)
		return lacks("NUMBER(PG_slab)", err);
	if (!m->buddy_type)
		return lacks("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", err);
	if (!number_of(v, "LENGTH", "zone.free_area", &m->orders) || m->orders >= 64)
		return lacks("LENGTH(zone.free_area)", err);
	return m->lru ? CAIRN_OK : lacks("NUMBER(PG_lru)", err);
}

static enum cairn_code find_flat(struct page_map *m, struct cairn *c, uint64_t var,
				 struct cairn_err *err)
{
	uint64_t end;

	/* page 0 of the array is the first of memory (ARCH_PFN_OFFSET), which is 0 on x86 */
	m->first_pfn = 0;
	if (c->arch->id == ARCH_ARM || c->arch->id == ARCH_ARM64)
		image_next_ram(c->img, &m->first_pfn, &end);
	return space_word(m->kernel, var, &m->mem_map, err);
}

static enum cairn_code find_sections(struct page_map *m, const struct vmcoreinfo *v,
				     struct cairn_err *err)
{
	int64_t section = 0, physical = 0;
	uint64_t roots = 0;

	if (!number_of(v, "SIZE", "mem_section", &m->section_size) || m->section_size > 4096 ||
	    !number_of(v, "LENGTH", "mem_section", &roots) || !roots ||
	    !offset_of(v, "mem_section.section_mem_map", &m->section_map) ||
	    !vmcoreinfo_number(v, "SECTION_SIZE_BITS", &section) ||
	    !vmcoreinfo_number(v, "MAX_PHYSMEM_BITS", &physical))
		return lacks("description of mem_section", err);
	if (section <= (int64_t)m->shift || physical < section || physical > 56)
		return cairn_fail(err, CAIRN_CORRUPT, "sections of %" PRId64 " of %" PRId64 " bits",
				  section, physical);
	m->section_shift = (unsigned)(section - m->shift);
	m->roots = roots;
	m->per_root = ((uint64_t)1 << (physical - section)) / roots;
	return m->per_root ? CAIRN_OK : lacks("usable LENGTH(mem_section)", err);
}

enum cairn_code page_map_init(struct page_map *m, struct cairn *c, struct cairn_err *err)
{
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	uint64_t var;
	enum cairn_code code;

	*m = (struct page_map){ .kernel = &c->kernel, .shift = image_info(c->img)->page_shift };
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated");
	code = find_members(m, v, err);
	if (code != CAIRN_OK)
		return code;
	if (vmcoreinfo_symbol(v, "mem_section", &m->sections))
		return find_sections(m, v, err);
	if (vmcoreinfo_symbol(v, "mem_map", &var))
		return find_flat(m, c, var, err);
	return lacks("SYMBOL(mem_section) nor SYMBOL(mem_map)", err);
}

/* ---- from frame to struct page ---- */

static enum cairn_code section_of(const struct page_map *m, uint64_t pfn, uint64_t *map,
				  struct cairn_err *err)
{
	uint64_t nr = pfn >> m->section_shift, at = m->sections;
	enum cairn_code code = CAIRN_OK;

	if (nr / m->per_root >= m->roots)
		return cairn_fail(err, CAIRN_NOTFOUND, "page %#" PRIx64 " is above all memory", pfn);
	if (m->per_root > 1)
		code = space_word(m->kernel, at + nr / m->per_root * m->kernel->word, &at, err);
	if (code != CAIRN_OK)
		return code;
	if (!at)
		return cairn_fail(err, CAIRN_NOTFOUND, "no section of memory has page %#" PRIx64, pfn);
	at += nr % m->per_root * m->section_size * (m->per_root > 1);
	at += nr * m->section_size * (m->per_root == 1);
	return space_word(m->kernel, at + m->section_map, map, err);
}

enum cairn_code page_of_pfn(const struct page_map *m, uint64_t pfn, uint64_t *ret,
			    struct cairn_err *err)
{
	uint64_t map;
	enum cairn_code code;

	if (!m->section_shift) {
		if (pfn < m->first_pfn)
			return cairn_fail(err, CAIRN_NOTFOUND, "page %#" PRIx64 " is below memory",
					  pfn);
		*ret = m->mem_map + (pfn - m->first_pfn) * m->size;
		return CAIRN_OK;
	}
	code = section_of(m, pfn, &map, err);
	if (code != CAIRN_OK)
		return code;
	if (!(map & SECTION_PRESENT))
		return cairn_fail(err, CAIRN_NOTFOUND, "no section of memory has page %#" PRIx64, pfn);
	*ret = (map & ~(uint64_t)SECTION_FLAGS) + pfn * m->size;
	return CAIRN_OK;
}

/* ---- whose it is ---- */

/* The head of the compound page that `page` is a tail of, else `page` itself. A tail has bit 0
 * set, with the address of the head, or (7.0) a mask that makes it out of its own: an
 * address is not above the tail, a mask is. */
static enum cairn_code head_of(const struct page_map *m, uint64_t *page, struct cairn_err *err)
{
	uint64_t word;
	enum cairn_code code = space_word(m->kernel, *page + m->compound, &word, err);

	if (code != CAIRN_OK || !(word & 1))
		return code;
	*page = word - 1 > *page ? *page & (word - 1) : word - 1;
	return CAIRN_OK;
}

enum cairn_code page_head(const struct page_map *m, uint64_t pfn, uint64_t *ret,
			  struct cairn_err *err)
{
	enum cairn_code code = page_of_pfn(m, pfn, ret, err);

	return code == CAIRN_OK ? head_of(m, ret, err) : code;
}

/* Types of 6.10 and later are told by their top byte, what is below counts. */
static bool is_type(uint32_t mapcount, uint64_t type)
{
	if (!type)
		return false;
	if (type >> 24 != 0xff)
		return mapcount >> 24 == type >> 24;
	return mapcount == (uint32_t)type;
}

/* Whether a page is in a block of free ones. Only the block's first page tells, and has its order in
 * `private` (mm/internal.h, buddy_order()). */
static enum cairn_code in_free_block(const struct page_map *m, uint64_t pfn, bool *ret,
				     struct cairn_err *err)
{
	*ret = false;
	for (uint64_t order = 0; order < m->orders && !*ret; order++) {
		uint64_t head = pfn >> order << order, page, got = 0;
		uint32_t mapcount = 0;
		enum cairn_code code = page_of_pfn(m, head, &page, err);

		if (code == CAIRN_NOTFOUND)
			continue;
		if (code == CAIRN_OK)
			code = space_u32(m->kernel, page + m->mapcount, &mapcount, err);
		if (code == CAIRN_OK)
			code = space_word(m->kernel, page + m->private, &got, err);
		if (code != CAIRN_OK)
			return code;
		*ret = is_type(mapcount, m->buddy_type) && got < m->orders && got >= order;
	}
	return CAIRN_OK;
}

enum cairn_code page_owner_of(const struct page_map *m, uint64_t pfn, enum page_owner *ret,
			      struct cairn_err *err)
{
	uint64_t page, flags, mapping;
	uint32_t mapcount;
	bool slab = false, free = false;
	enum cairn_code code = page_head(m, pfn, &page, err);

	if (code == CAIRN_OK)
		code = space_word(m->kernel, page + m->flags, &flags, err);
	if (code == CAIRN_OK)
		code = space_word(m->kernel, page + m->mapping, &mapping, err);
	if (code == CAIRN_OK)
		code = space_u32(m->kernel, page + m->mapcount, &mapcount, err);
	if (code == CAIRN_OK)
		slab = flags & m->slab || is_type(mapcount, m->slab_type);
	if (code == CAIRN_OK && !slab)
		code = in_free_block(m, pfn, &free, err);
	if (code != CAIRN_OK)
		return code;
	if (slab)
		*ret = PAGE_SLAB;
	else if (free || is_type(mapcount, m->buddy_type))
		*ret = PAGE_FREE;
	else if (mapping & MAPPING_ANON || flags & m->swapcache ||
		 is_type(mapcount, m->hugetlb_type))
		*ret = PAGE_USER;
	else if (flags & m->lru || (mapping && !(mapping & MAPPING_FLAGS)))
		*ret = PAGE_CACHE;
	else
		*ret = PAGE_KERNEL;
	return CAIRN_OK;
}

bool page_left_image(const struct page_map *m, uint64_t va)
{
	enum page_owner owner;
	uint64_t paddr;

	return !space_translate(m->kernel, va, &paddr, NULL) &&
	       !page_owner_of(m, paddr >> m->shift, &owner, NULL) && owner != PAGE_KERNEL;
}
