/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image - physical memory of a vmcore, its notes, and what its file says of itself.
 *
 * image keeps pages in a cache of pinned frames, so that what is only looked at is not
 * copied, and gives every fault its reason. Opening reads headers; neither its time nor its
 * memory grows with the machine.
 *
 * A handle belongs to one thread. image_clone() gives another thread its own handle on
 * the same files.
 */
#ifndef CAIRN_IMAGE_IMAGE_H
#define CAIRN_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/arch.h"
#include "lib/image/record.h"
#include "lib/image/vmcoreinfo.h"

struct image;
struct kdump_head;

/** What the file says of itself. Borrowed from the image. */
struct image_info {
	const char *path;         /* of the first file */
	const char *format;       /* "kdump", "elf", ... ; "kdump (zstd, flattened)" and the like */
	const struct arch *arch;  /* NULL: the file does not say and nothing could be guessed */
	unsigned page_shift;
	uint64_t file_size;       /* of all files together, as they lie on disk */
	bool truncated;           /* the file ends before what its own header promises */
	uint64_t missing_from;    /* truncated: first file offset that is missing */
	const char *damage;       /* what the files lack, one line: truncated, or a file of a split
				     set was not given; NULL: nothing that the headers tell */
	const void *notes;        /* ELF notes, as in the file; NULL: none */
	size_t notes_len;
	struct vmcoreinfo vmcoreinfo; /* .text NULL: neither note nor page found */
	bool vmcoreinfo_searched; /* it was not in the notes but found in memory */
	const struct kdump_head *kdump; /* headers of a kdump-compressed file; NULL: it is none */
	uint64_t kdump_base;      /* physical address that it counts its pages from */
};

/** Open a dump: one file, or the files of a split set in any order. Files that are cut
 *  short, and a set that is not complete, give what they hold. */
enum cairn_code image_open(struct image **ret, const char *const *paths, size_t npaths,
			   struct cairn_err *err);

/** A further handle for another thread. The first must outlive it. */
enum cairn_code image_clone(struct image **ret, struct image *img, struct cairn_err *err);
void image_close(struct image *img);

const struct image_info *image_info(const struct image *img);

/** Look for the kernel's own copy of VMCOREINFO in memory (reads every page of the dump
 *  until it is found) and put it into image_info().vmcoreinfo. What is found may be stale,
 *  or another kernel's (a virtual machine's, the one before kexec): whoever finds that it
 *  does not fit calls again, and the search goes on behind it. */
enum cairn_code image_search_vmcoreinfo(struct image *img, struct cairn_err *err);

/** A page of physical memory in the cache. */
struct page {
	const unsigned char *data; /* 1 << page_shift bytes; NULL: fault says why */
	enum cairn_fault fault;
	/* private to image */
	uint64_t pfn;
	uint32_t pins, next;
	bool used, recent, recorded;
};

/** The page that holds physical address `paddr`, pinned: valid until image_put(). Never NULL;
 *  a page that cannot be read has data NULL and a fault. */
struct page *image_pin(struct image *img, uint64_t paddr);
void image_put(struct image *img, struct page *page);

/** Copy physical memory. All or nothing; on failure err->addr is the first bad address. */
enum cairn_code image_read(struct image *img, uint64_t paddr, void *buf, size_t len,
			   struct cairn_err *err);

/** One page to be loaded by image_load(). */
struct image_load {
	uint64_t paddr;         /* any address in it */
	void *to;               /* 1 << page_shift bytes */
	enum cairn_fault fault; /* what became of it */
};

/** Load pages straight to where they are wanted, past the cache, on two threads where
 *  there are many. For large blocks: kallsyms, BTF, a search through all of memory. */
void image_load(struct image *img, struct image_load *loads, size_t n);

/** Called with a page's bytes, on one of two threads. They are gone when it returns. */
typedef void image_seen(void *arg, size_t i, const unsigned char *data);

/** As image_load() without a place to load to: each page is shown to `fn` while it is in the
 *  processor's cache, `i` being its place in `loads`. Pages whose `fault` is set before are left
 *  alone. */
void image_each(struct image *img, struct image_load *loads, size_t n, image_seen *fn, void *arg);

/** Begin that on a second thread; loads must stay until image_each_wait(), which helps to finish
 *  and frees. One at a time; meanwhile the image may be asked for anything else. NULL: out of
 *  memory or threads, nothing was begun. */
struct image_loading *image_each_begin(struct image *img, struct image_load *loads, size_t n,
				       image_seen *fn, void *arg);
void image_each_wait(struct image *img, struct image_loading *l);

/** Physical range of RAM that the file knows of: the lowest and one past the highest
 *  address that is in the dump. False if no page is. */
bool image_bounds(struct image *img, uint64_t *first, uint64_t *end);

/** The first range of page frames [*pfn, *end) that ends behind *pfn and that the file knows as
 *  RAM, whether dumped or left out; false past the last. Ranges that follow may touch. */
bool image_next_ram(struct image *img, uint64_t *pfn, uint64_t *end);

/** The next physical address >= *paddr whose page is in the file; false past the last. */
bool image_next_present(struct image *img, uint64_t *paddr);

/** The pages that were asked for so far and that the dump names as its own, damaged ones
 *  included. Borrowed; of this handle alone, not of its clones. */
const struct record *image_record(const struct image *img);

/** What is looked at until something is found is not what the answer rests on: between
 *  these two, which nest, nothing is recorded. Who searches reads what it found once more
 *  afterwards. (Through a space: space_search_begin().) */
void image_search_begin(struct image *img);
void image_search_end(struct image *img);

/** Pages decompressed or read from the file so far, for measuring. */
uint64_t image_pages_read(const struct image *img);

#endif
