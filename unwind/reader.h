/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader - where an unwinder's words come from: the kernel's address space, or the bytes
 * of a test.
 *
 * A stack is read word by word, each word once or twice; the software TLB behind a space
 * makes that cheap, so nothing is copied ahead.
 */
#ifndef CAIRN_UNWIND_READER_H
#define CAIRN_UNWIND_READER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/space.h"

struct reader {
	/* All or nothing, like space_read(). */
	enum cairn_code (*read)(void *self, uint64_t va, void *buf, size_t len,
				struct cairn_err *err);
	void *self;
	uint8_t word; /* bytes of a pointer: 4 or 8 */
};

/** A reader of a space, which must outlive it. */
struct reader reader_of_space(struct space *s);

enum cairn_code reader_bytes(const struct reader *r, uint64_t va, void *buf, size_t len,
			     struct cairn_err *err);
enum cairn_code reader_u32(const struct reader *r, uint64_t va, uint32_t *ret,
			   struct cairn_err *err);

/** A pointer-sized word. */
enum cairn_code reader_word(const struct reader *r, uint64_t va, uint64_t *ret,
			    struct cairn_err *err);

/** n consecutive words, zero-extended. n is at most READER_WORDS. */
#define READER_WORDS 48
enum cairn_code reader_words(const struct reader *r, uint64_t va, uint64_t *ret, size_t n,
			     struct cairn_err *err);

#endif
