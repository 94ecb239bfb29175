/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor - the only way bytes of a dump are parsed.
 *
 * A window on bytes that belong to someone else, and a position in it. Reading past the
 * end is sticky: reads yield 0, `bad` is set with the offset where it happened, and one
 * check at the end tells. Little-endian, as are all the machines cairn reads; unaligned
 * access is fine. Nothing here allocates.
 */
#ifndef CAIRN_BASE_CURSOR_H
#define CAIRN_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const unsigned char *start, *pos, *end;
	bool bad;
	size_t bad_at; /* offset of the first read that failed */
};

struct cursor cursor_init(const void *data, size_t size);

/** Bytes left, and the offset from the start. */
size_t cursor_left(const struct cursor *c);
size_t cursor_offset(const struct cursor *c);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/** n bytes in place, borrowed from the data; NULL past the end. */
const void *cursor_bytes(struct cursor *c, size_t n);

/** A NUL-terminated text in place; NULL if no NUL comes before the end. */
const char *cursor_text(struct cursor *c);

void cursor_skip(struct cursor *c, size_t n);

/** Round the offset up to a multiple of `align` (a power of two). */
void cursor_align(struct cursor *c, size_t align);

/** Unaligned little-endian loads from memory whose bounds are already known. */
static inline uint16_t le16(const void *p)
{
	const unsigned char *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t le32(const void *p)
{
	const unsigned char *b = p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t le64(const void *p)
{
	const unsigned char *b = p;

	return le32(b) | (uint64_t)le32(b + 4) << 32;
}

/** An unsigned integer of 1, 2, 4 or 8 bytes; 0 for any other size. */
static inline uint64_t le_uint(const void *p, size_t size)
{
	switch (size) {
	case 1: return *(const unsigned char *)p;
	case 2: return le16(p);
	case 4: return le32(p);
	case 8: return le64(p);
	}
	return 0;
}

#endif
