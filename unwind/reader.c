/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/reader.h"

#include "lib/base/cursor.h"

static enum cairn_code read_space(void *self, uint64_t va, void *buf, size_t len,
				  struct cairn_err *err)
{
	return space_read(self, va, buf, len, err);
}

struct reader reader_of_space(struct space *s)
{
	return (struct reader){ .read = read_space, .self = s, .word = s->word };
}

enum cairn_code reader_bytes(const struct reader *r, uint64_t va, void *buf, size_t len,
			     struct cairn_err *err)
{
	return r->read(r->self, va, buf, len, err);
}

enum cairn_code reader_u32(const struct reader *r, uint64_t va, uint32_t *ret,
			   struct cairn_err *err)
{
	unsigned char raw[4];
	enum cairn_code code = r->read(r->self, va, raw, sizeof(raw), err);

	if (!code)
		*ret = le32(raw);
	return code;
}

enum cairn_code reader_word(const struct reader *r, uint64_t va, uint64_t *ret,
			    struct cairn_err *err)
{
	return reader_words(r, va, ret, 1, err);
}

enum cairn_code reader_words(const struct reader *r, uint64_t va, uint64_t *ret, size_t n,
			     struct cairn_err *err)
{
	unsigned char raw[READER_WORDS * 8];
	enum cairn_code code;

	if (n > READER_WORDS)
		return cairn_fail(err, CAIRN_LIMIT, "%zu words in one read", n);
	code = r->read(r->self, va, raw, n * r->word, err);
	for (size_t i = 0; !code && i < n; i++)
		ret[i] = le_uint(raw + i * r->word, r->word);
	return code;
}
