/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/pages.h"

/* A physical address has 52 bits on every machine that cairn reads. */
#define PHYS_LIMIT ((uint64_t)1 << 52)

/* Physical memory [phys, end); in the file at off. */
struct extent {
	uint64_t phys, end, off;
};

struct elf_pages {
	struct pages base;
	const struct rawfile *file;
	struct extent *data, *ram; /* sorted, disjoint */
	size_t ndata, nram;
};

static int by_phys(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

/* QEMU's files made with paging name the same memory many times over. */
static size_t make_disjoint(struct extent *e, size_t n)
{
	uint64_t end = 0;
	size_t kept = 0;

	qsort(e, n, sizeof(*e), by_phys);
	for (size_t i = 0; i < n; i++) {
		struct extent x = e[i];

		if (x.phys < end) {
			x.off += end - x.phys;
			x.phys = end;
		}
		if (x.end <= x.phys)
			continue;
		end = x.end;
		e[kept++] = x;
	}
	return kept;
}

static void add_extent(struct extent *e, size_t *n, const struct dumpfile_load *l, uint64_t size)
{
	if (!size || l->phys >= PHYS_LIMIT || l->off > INT64_MAX)
		return;
	if (size > PHYS_LIMIT - l->phys)
		size = PHYS_LIMIT - l->phys;
	e[(*n)++] = (struct extent){ l->phys, l->phys + size, l->off };
}

/* The first extent that ends behind addr. */
static size_t find_extent(const struct extent *e, size_t n, uint64_t addr)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (e[mid].end <= addr)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

static bool touches(const struct extent *e, size_t n, uint64_t addr, uint64_t size)
{
	size_t i = find_extent(e, n, addr);

	return i < n && (e[i].phys <= addr || e[i].phys - addr < size);
}

static enum cairn_fault elf_find(struct pages *p, uint64_t pfn, struct page_place *ret)
{
	struct elf_pages *e = (struct elf_pages *)p;
	uint64_t size = (uint64_t)1 << p->page_shift;

	*ret = (struct page_place){ .pfn = pfn };
	if (pfn > UINT64_MAX >> p->page_shift)
		return CAIRN_FAULT_ABSENT;
	if (touches(e->data, e->ndata, pfn << p->page_shift, size))
		return CAIRN_FAULT_NONE;
	return touches(e->ram, e->nram, pfn << p->page_shift, size) ? CAIRN_FAULT_EXCLUDED
								     : CAIRN_FAULT_ABSENT;
}

/* Memory need not begin or end at a page's border: the rest of such a page is zero. */
static enum cairn_fault elf_load(const struct pages *p, const struct page_place *at,
				 struct codec *codec, void *buf)
{
	const struct elf_pages *e = (const struct elf_pages *)p;
	uint64_t size = (uint64_t)1 << p->page_shift, start = at->pfn << p->page_shift;
	uint64_t done = 0;
	size_t i = find_extent(e->data, e->ndata, start);

	(void)codec;
	for (; i < e->ndata && done < size; i++) {
		const struct extent *x = &e->data[i];
		uint64_t from = x->phys > start + done ? x->phys - start : done;
		uint64_t to = x->end - start < size ? x->end - start : size;
		int error;

		if (from >= size)
			break;
		memset((char *)buf + done, 0, from - done);
		if (rawfile_read(e->file, x->off + (start + from - x->phys), (char *)buf + from,
				 to - from, &error) < to - from)
			return error ? CAIRN_FAULT_CORRUPT : CAIRN_FAULT_TRUNCATED;
		done = to;
	}
	memset((char *)buf + done, 0, size - done);
	return CAIRN_FAULT_NONE;
}

static bool elf_next(struct pages *p, uint64_t *pfn)
{
	struct elf_pages *e = (struct elf_pages *)p;
	uint64_t addr = *pfn << p->page_shift;
	size_t i;

	if (*pfn > UINT64_MAX >> p->page_shift)
		return false;
	i = find_extent(e->data, e->ndata, addr);
	if (i == e->ndata)
		return false;
	if (e->data[i].phys > addr)
		*pfn = e->data[i].phys >> p->page_shift;
	return true;
}

static bool elf_last(struct pages *p, uint64_t *pfn)
{
	struct elf_pages *e = (struct elf_pages *)p;

	if (!e->ndata)
		return false;
	*pfn = (e->data[e->ndata - 1].end - 1) >> p->page_shift;
	return true;
}

static bool elf_ram(struct pages *p, uint64_t *pfn, uint64_t *end)
{
	struct elf_pages *e = (struct elf_pages *)p;
	uint64_t size = (uint64_t)1 << p->page_shift, addr = *pfn << p->page_shift;
	size_t i;

	if (*pfn > UINT64_MAX >> p->page_shift)
		return false;
	i = find_extent(e->ram, e->nram, addr);
	if (i == e->nram)
		return false;
	if (e->ram[i].phys > addr)
		*pfn = e->ram[i].phys >> p->page_shift;
	*end = (e->ram[i].end + size - 1) >> p->page_shift;
	return true;
}

static void elf_close(struct pages *p)
{
	struct elf_pages *e = (struct elf_pages *)p;

	mem_free(e->data);
	mem_free(e->ram);
	mem_free(e);
}

static const struct pages_ops elf_ops = {
	.find = elf_find, .load = elf_load, .next = elf_next, .last = elf_last,
	.ram = elf_ram, .close = elf_close,
};

enum cairn_code elf_pages_open(struct pages **ret, const struct dumpfile *head,
			       const struct rawfile *file, unsigned page_shift,
			       struct cairn_err *err)
{
	struct elf_pages *e = mem_zalloc(1, sizeof(*e));

	if (!e)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	e->base = (struct pages){ &elf_ops, "elf", page_shift };
	e->file = file;
	e->data = mem_zalloc(head->nloads, sizeof(*e->data));
	e->ram = mem_zalloc(head->nloads, sizeof(*e->ram));
	if (!e->data || !e->ram) {
		elf_close(&e->base);
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu segments", head->nloads);
	}
	for (size_t i = 0; i < head->nloads; i++) {
		const struct dumpfile_load *l = &head->loads[i];

		add_extent(e->data, &e->ndata, l, l->filesz);
		add_extent(e->ram, &e->nram, l, l->memsz > l->filesz ? l->memsz : l->filesz);
	}
	e->ndata = make_disjoint(e->data, e->ndata);
	e->nram = make_disjoint(e->ram, e->nram);
	*ret = &e->base;
	return CAIRN_OK;
}
