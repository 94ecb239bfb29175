/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

void *mem_zalloc(size_t n, size_t size)
{
	if (too_big(n, size) || fails_now())
		return NULL;
	return calloc(n ? n : 1, size ? size : 1);
}

void *mem_resize(void *p, size_t n, size_t size)
{
	if (too_big(n, size) || fails_now())
		return NULL;
	return realloc(p, n && size ? n * size : 1);
}

void mem_free(void *p)
{
	free(p);
}

void mem_fail_after(long n)
{
	atomic_store(&fail_countdown, n);
}
