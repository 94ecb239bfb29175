/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_mm_impl - what the files of maple_mm share; nobody else includes it.
 *
 * maple_mm.c knows which address spaces there are and verifies one, maple_mm_vma.c knows what their
 * entries say, maple_mm_slab.c what the slab allocator does, maple_mm_more.c finds trees that no task leads to.
 */
#ifndef CAIRN_MM_MAPLE_MM_IMPL_H
#define CAIRN_MM_MAPLE_MM_IMPL_H

#include "mm/maple_mm.h"

/** Of all trees together. */
#define MAPLE_MM_NODES (4u << 20)

/** Trees that nobody named, of which there is room for so many. */
#define MAPLE_MM_MORE 1024

/** Members of struct mm_struct. */
enum { MM_MT, MM_LOCK, MM_USERS, MM_MAP_COUNT, MM_TOTAL_VM, MM_N };

/** Get ready to ask entries. Without their types nothing will be known of them. */
void maple_vma_init(struct maple_mms *s);
void maple_vma_deinit(struct maple_mms *s);
bool maple_vma_known(const struct maple_mms *s);

/** What an entry says of itself, s->current being whose it should be. */
enum maple_said maple_vma_says(struct maple_mms *s, uint64_t entry, uint64_t *first,
			       uint64_t *last);

/** How the entries of s->current are asked. `gone`: they are not, as exit_mmap() frees them; one
 *  that the tree has lost is looked for all the same. */
void maple_vma_entries(struct maple_mms *s, bool gone, struct maple_entries *e);

/** What is not there to be read is surely no object of the slab allocator. */
bool maple_mm_is_elsewhere(void *arg, uint64_t addr);

/** A maple_node lies at that address, a vm_area_struct does (and is in use), says the slab allocator;
 *  `arg` is the struct maple_mms. False where it cannot tell. */
bool maple_mm_is_node(void *arg, uint64_t addr);
bool maple_mm_is_area(struct maple_mms *s, uint64_t addr);
bool maple_mm_is_area_in_use(struct maple_mms *s, uint64_t addr);
void maple_mm_slabs_done(struct maple_mms *s);

/** Find trees that no task leads to: of processes that are in exit_mmap(), and those whose roots
 *  lie beside the nodes that are on the shelf. */
void maple_mm_look_for_more(struct maple_mms *s);

#endif
