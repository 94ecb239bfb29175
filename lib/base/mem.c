/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_long fail_countdown = -1;

static bool fails_now(void)
{
	long left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);

	while (left > 0)
		if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
			return false;
	return left == 0;
}

static bool too_big(size_t n, size_t size)
{
	return size && n > MEM_LIMIT / size;
}

#define HUGE_PAGE ((size_t)2 << 20)

/* A large block in large pages: a fault for each small one takes longer than what is done with it.
 * The system may refuse; nothing is lost then. */
static void *in_large_pages(void *p, size_t bytes)
{
	uintptr_t begin = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uintptr_t end = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);

	if (p && bytes >= 4 * HUGE_PAGE && begin < end)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
	return p;
}

void *mem_zalloc(size_t n, size_t size)
{
	if (too_big(n, size) || fails_now())
		return NULL;
	return in_large_pages(calloc(n ? n : 1, size ? size : 1), n * size);
}

void *mem_resize(void *p, size_t n, size_t size)
{
	if (too_big(n, size) || fails_now())
		return NULL;
	return in_large_pages(realloc(p, n && size ? n * size : 1), n * size);
}

void mem_free(void *p)
{
	free(p);
}

void mem_fail_after(long n)
{
	atomic_store(&fail_countdown, n);
}
