/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem - the allocator under everything: malloc with limits and a switch that makes the
 * n-th allocation fail, so that tests can walk every out-of-memory path.
 */
#ifndef CAIRN_BASE_MEM_H
#define CAIRN_BASE_MEM_H

#include <stddef.h>

/** No single allocation is larger: a size out of a dump that asks for more is a lie. */
#define MEM_LIMIT ((size_t)1 << 30)

/** Zeroed memory for n objects of `size` bytes, NULL on overflow, over the limit or
 *  out of memory. Free with mem_free(). */
void *mem_zalloc(size_t n, size_t size);

/** Resize to n objects; what is new is not zeroed. The old block stays valid on NULL. */
void *mem_resize(void *p, size_t n, size_t size);

/** NULL is allowed. */
void mem_free(void *p);

/** Test switch: after `n` more successful allocations every one fails, until
 *  mem_fail_after(-1). Process-wide. */
void mem_fail_after(long n);

#endif
