/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space - a virtual address space of the dump: the kernel's, or a process's.
 *
 * A software TLB maps virtual pages to pinned pages of the image, so a hot read is a
 * compare and a copy. Failures are kept too: asking again for an address that could not be
 * read costs no more than a hit. Each entry that holds a page pins it in the image's cache,
 * of which there are at least 1024: a space that is not needed any more should be freed.
 *
 * A TLB page is the smaller of the dump's page and the smallest page of the tables, so that
 * it lies within one of either.
 */
#ifndef CAIRN_IMAGE_SPACE_H
#define CAIRN_IMAGE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cursor.h"
#include "lib/base/err.h"
#include "lib/image/image.h"
#include "lib/image/paging.h"

#define SPACE_TLB      512 /* entries; a power of two */
#define SPACE_TLB_USER 128
#define SPACE_LINEAR 4

struct space_tlb {
	uint64_t vpage;            /* va >> page_shift, + 1; 0: empty */
	const unsigned char *data; /* of the virtual page; NULL: fault */
	struct page *page;         /* pinned; NULL: fault */
	enum cairn_fault fault;
	bool in_table;             /* the fault is of a page table */
};

/** A range that the kernel maps linearly: physical = va - va_start + phys. */
struct space_linear {
	uint64_t va, size, phys;
};

struct space {
	struct image *img; /* borrowed */
	const struct paging_form *form;
	uint64_t root;     /* physical address of the root table */
	unsigned page_shift;
	uint8_t word;      /* bytes of a pointer */
	const char *what;  /* for messages: "kernel address", "user address" */
	struct space_tlb *tlb;
	unsigned tlb_size;
	struct space_linear linear[SPACE_LINEAR];
	size_t nlinear;
};

/** A space over `root`; free with space_deinit(). `form` and `what` are borrowed. */
enum cairn_code space_init(struct space *s, struct image *img, const struct paging_form *form,
			   uint64_t root, uint8_t word, const char *what, struct cairn_err *err);

/** Likewise with a TLB of `entries`, a power of two: for spaces of which there are many. */
enum cairn_code space_init_sized(struct space *s, struct image *img,
				 const struct paging_form *form, uint64_t root, uint8_t word,
				 const char *what, unsigned entries, struct cairn_err *err);
void space_deinit(struct space *s);

/** Another address space in the same memory: empties the TLB. */
void space_switch(struct space *s, const struct paging_form *form, uint64_t root);

/** A range whose addresses can be translated without tables. It is used only where a table
 *  that should say is not in the dump, never against what a table says; what was asked
 *  before is asked anew. False when there is no room for more. */
bool space_add_linear(struct space *s, struct space_linear range);

/** As image_search_begin() and _end(), for what is read through a space: the end also
 *  empties the TLB, so that what is read afterwards is recorded. */
void space_search_begin(struct space *s);
void space_search_end(struct space *s);

/** Copy virtual memory. All or nothing; on failure err->addr is the first address that
 *  could not be read. */
enum cairn_code space_read(struct space *s, uint64_t va, void *buf, size_t len,
			   struct cairn_err *err);

/** Copy as far as it goes: returns the bytes read before the first fault. Memory does not
 *  wrap around at the end of the address space: what lies beyond is non-canonical. */
size_t space_read_some(struct space *s, uint64_t va, void *buf, size_t len,
		       struct cairn_err *err);

/** Bytes from va on at which nothing is mapped, as far as one entry of a page table tells; 0:
 *  something is, or its tables cannot be read. To go through what is mapped of a wide range. */
uint64_t space_hole(const struct space *s, uint64_t va);

/** The page under va, borrowed until the next call on this space. *left gets the bytes
 *  from va to its end. NULL: fault in *err. */
const unsigned char *space_peek(struct space *s, uint64_t va, size_t *left,
				struct cairn_err *err);

/** Integers and pointers. */
enum cairn_code space_u8(struct space *s, uint64_t va, uint8_t *ret, struct cairn_err *err);
enum cairn_code space_u32(struct space *s, uint64_t va, uint32_t *ret, struct cairn_err *err);
enum cairn_code space_u64(struct space *s, uint64_t va, uint64_t *ret, struct cairn_err *err);
enum cairn_code space_word(struct space *s, uint64_t va, uint64_t *ret, struct cairn_err *err);

/** A NUL-terminated text of at most size-1 bytes; always terminated. A fault after the
 *  first byte just ends the text. */
enum cairn_code space_text(struct space *s, uint64_t va, char *buf, size_t size,
			   struct cairn_err *err);

/** Physical address of va; whether that page is in the dump is another question. */
enum cairn_code space_translate(struct space *s, uint64_t va, uint64_t *paddr,
				struct cairn_err *err);

#endif
