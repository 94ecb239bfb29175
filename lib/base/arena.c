/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

#define CHUNK_SIZE ((size_t)64 << 10)

static struct arena_chunk *chunk_new(size_t need)
{
	size_t size = need > CHUNK_SIZE / 4 ? need : CHUNK_SIZE;
	struct arena_chunk *c = mem_zalloc(1, sizeof(*c) + size);

	if (c)
		c->size = size;
	return c;
}

/* A large object gets a chunk of its own, put behind the one in use so that the room
 * left in that one is not lost. */
static struct arena_chunk *chunk_for(struct arena *a, size_t need)
{
	struct arena_chunk *c = a->chunks, *n;

	if (c && need <= c->size - c->used)
		return c;
	n = chunk_new(need);
	if (!n)
		return NULL;
	if (c && n->size == need) {
		n->next = c->next;
		c->next = n;
	} else {
		n->next = c;
		a->chunks = n;
	}
	return n;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c;
	size_t need;
	void *p;

	if (size > MEM_LIMIT)
		return NULL;
	need = (size + align - 1) & ~(align - 1);
	if (!need)
		need = align;
	c = chunk_for(a, need);
	if (!c)
		return NULL;
	p = c->data + c->used;
	c->used += need;
	a->total += need;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > MEM_LIMIT / size)
		return NULL;
	return arena_alloc(a, n * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void *arena_room(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *p;

	if (n < *cap)
		return old;
	p = arena_array(a, more, size);
	if (p && n)
		memcpy(p, old, n * size);
	if (p)
		*cap = more;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *text = NULL;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		text = arena_alloc(a, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *keep = NULL, *c, *next;

	for (c = a->chunks; c; c = next) {
		next = c->next;
		if (!keep && c->size == CHUNK_SIZE)
			keep = c;
		else
			mem_free(c);
	}
	if (keep) {
		memset(keep->data, 0, keep->used);
		keep->used = 0;
		keep->next = NULL;
	}
	a->chunks = keep;
	a->total = 0;
}

void arena_deinit(struct arena *a)
{
	struct arena_chunk *c, *next;

	for (c = a->chunks; c; c = next) {
		next = c->next;
		mem_free(c);
	}
	*a = (struct arena){ 0 };
}
