/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages - where each page of physical memory lies in the dump files, and how to get it.
 *
 * Finding and loading are two steps: finding keeps small caches and belongs to one thread;
 * loading what was found touches nothing shared, so several threads may do it at once,
 * each with a codec of its own.
 *
 * A find that succeeds is no promise: the data may be cut off or damaged, which the load
 * tells. Each format is one file: pages_kdump.c, pages_elf.c.
 *
 * Why not libkdumpfile, which reads more formats? A dump is hostile input, and a large one is
 * to open at once. Of 0.5.1 (Debian 12) was found, by measuring and in its sources:
 *   - what is missing of a file that is cut short is read as zeros; or, where it maps the
 *     file, the process dies of SIGBUS;
 *   - a page descriptor whose size is between that of a page and 256 KiB overflows its
 *     buffer; the headers of ELF and LKCD files are trusted likewise;
 *   - opening takes time and memory with the size of the machine: 1 TB 0.14 to 10 s and
 *     40 MB to 3 GB, by how fragmented the bitmap is (here 0.7 ms and 3.5 MB);
 *   - flattened files, QEMU's empty utsname and ARM's sub-header are not understood;
 *   - zlib pages come at half the speed, LZO at a fifth, uncompressed ones at a seventh.
 * It is the tests' second opinion.
 */
#ifndef CAIRN_IMAGE_PAGES_H
#define CAIRN_IMAGE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/codec.h"
#include "lib/image/dumpfile.h"
#include "lib/image/rawfile.h"

struct pages;

/** Where a page was found; meant for pages_load() alone. */
struct page_place {
	uint64_t pfn;
	uint64_t off;    /* kdump: of its data in the file */
	uint32_t size;   /* kdump: of its data */
	uint16_t part;   /* kdump: which file */
	uint8_t codec;   /* kdump: enum codec_kind */
};

struct pages_ops {
	enum cairn_fault (*find)(struct pages *p, uint64_t pfn, struct page_place *ret);
	enum cairn_fault (*load)(const struct pages *p, const struct page_place *at,
				 struct codec *codec, void *buf);
	/* NULL: pages are loaded one by one */
	size_t (*run)(const struct pages *p, const struct page_place *at, size_t n);
	bool (*load_run)(const struct pages *p, const struct page_place *at, size_t n, void *buf);
	bool (*next)(struct pages *p, uint64_t *pfn);
	bool (*last)(struct pages *p, uint64_t *pfn);
	bool (*ram)(struct pages *p, uint64_t *pfn, uint64_t *end);
	void (*close)(struct pages *p);
};

/** Each format's struct begins with this. */
struct pages {
	const struct pages_ops *ops;
	const char *format; /* "kdump", "elf", ... */
	unsigned page_shift;
};

/** Open the pages of n files (borrowed, as are their headers; they must outlive it). Only
 *  kdump files come in sets of more than one. */
enum cairn_code pages_open(struct pages **ret, const struct dumpfile *heads,
			   const struct rawfile *files, size_t n, unsigned page_shift,
			   struct cairn_err *err);
void pages_close(struct pages *p);

/** Find a page: NONE, or why it is not there. TRUNCATED also where the file that should
 *  hold it was not given, or its descriptor was never written. */
static inline enum cairn_fault pages_find(struct pages *p, uint64_t pfn, struct page_place *ret)
{
	return p->ops->find(p, pfn, ret);
}

/** Get a page into buf, 1 << page_shift bytes. */
static inline enum cairn_fault pages_load(const struct pages *p, const struct page_place *at,
					  struct codec *codec, void *buf)
{
	return p->ops->load(p, at, codec, buf);
}

/** How many of n pages that were found, from the first on, lie as they are and one behind the other
 *  in a file; and get them at once. False: not all are there, one by one says which. */
static inline size_t pages_run(const struct pages *p, const struct page_place *at, size_t n)
{
	return p->ops->run ? p->ops->run(p, at, n) : 1;
}
static inline bool pages_load_run(const struct pages *p, const struct page_place *at, size_t n,
				  void *buf)
{
	return p->ops->load_run(p, at, n, buf);
}

/** The first pfn >= *pfn that the dump names as its own; false past the last. And the
 *  last one of all. */
static inline bool pages_next(struct pages *p, uint64_t *pfn)
{
	return p->ops->next(p, pfn);
}
static inline bool pages_last(struct pages *p, uint64_t *pfn)
{
	return p->ops->last(p, pfn);
}

/** The first range [*pfn, *end) of RAM that ends behind *pfn, whether dumped or not, as far as
 *  the file knows of it; false past the last. Ranges that follow may touch. */
static inline bool pages_ram(struct pages *p, uint64_t *pfn, uint64_t *end)
{
	return p->ops->ram(p, pfn, end);
}

/* ---- the formats ---- */

enum cairn_code kdump_pages_open(struct pages **ret, const struct dumpfile *heads,
				 const struct rawfile *files, size_t n, struct cairn_err *err);
enum cairn_code elf_pages_open(struct pages **ret, const struct dumpfile *head,
			       const struct rawfile *file, unsigned page_shift,
			       struct cairn_err *err);

#endif
