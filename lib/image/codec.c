/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/codec.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <string.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>
#include <zstd.h>

#include "lib/base/mem.h"

struct codec {
	z_stream zlib;
	bool zlib_ready;
	ZSTD_DCtx *zstd;
	unsigned char input[CODEC_INPUT];
};

struct codec *codec_new(void)
{
	struct codec *c = mem_zalloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->zlib_ready = inflateInit(&c->zlib) == Z_OK;
	c->zstd = ZSTD_createDCtx();
	if (c->zlib_ready && c->zstd)
		return c;
	codec_free(c);
	return NULL;
}

void codec_free(struct codec *c)
{
	if (!c)
		return;
	if (c->zlib_ready)
		inflateEnd(&c->zlib);
	ZSTD_freeDCtx(c->zstd);
	mem_free(c);
}

void *codec_input(struct codec *c)
{
	return c->input;
}

bool codec_known(unsigned kind)
{
	switch (kind) {
	case CODEC_NONE:
	case CODEC_ZLIB:
	case CODEC_LZO:
	case CODEC_SNAPPY:
	case CODEC_ZSTD: return true;
	}
	return false;
}

/* uncompress() of zlib does the same with a new state for every page: half the speed. */
static bool inflate_page(z_stream *z, const void *in, size_t len, void *out, size_t size)
{
	if (inflateReset(z) != Z_OK)
		return false;
	z->next_in = in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)size;
	return inflate(z, Z_FINISH) == Z_STREAM_END && !z->avail_out;
}

static bool unlzo_page(const void *in, size_t len, void *out, size_t size)
{
	lzo_uint got = size;

	return lzo1x_decompress_safe(in, len, out, &got, NULL) == LZO_E_OK && got == size;
}

static bool unsnap_page(const void *in, size_t len, void *out, size_t size)
{
	size_t got = size;

	return snappy_uncompress(in, len, out, &got) == SNAPPY_OK && got == size;
}

bool codec_unpack(struct codec *c, enum codec_kind kind, const void *in, size_t len, void *out,
		  size_t size)
{
	switch (kind) {
	case CODEC_NONE:
		if (len != size)
			return false;
		memcpy(out, in, size);
		return true;
	case CODEC_ZLIB: return inflate_page(&c->zlib, in, len, out, size);
	case CODEC_LZO: return unlzo_page(in, len, out, size);
	case CODEC_SNAPPY: return unsnap_page(in, len, out, size);
	case CODEC_ZSTD: return ZSTD_decompressDCtx(c->zstd, out, size, in, len) == size;
	}
	return false;
}
