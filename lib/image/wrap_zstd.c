/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/wrap_zstd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/fdio.h"
#include "lib/base/mem.h"

#define LEVEL      19
#define WINDOW_LOG 27
#define PIECE      ((size_t)1 << 17)

struct wrap {
	ZSTD_CCtx *ctx;
	unsigned char *in, *out; /* PIECE bytes each */
	int in_fd, out_fd;
	uint64_t size, at, packed;
	bool (*stop)(void);
};

static enum cairn_code fail_zstd(size_t code, struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_IO, "zstd: %s", ZSTD_getErrorName(code));
}

/* One piece of the input through the compressor. */
static enum cairn_code compress_piece(struct wrap *w, size_t len, bool last, struct cairn_err *err)
{
	ZSTD_inBuffer in = { w->in, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { w->out, PIECE, 0 };

		left = ZSTD_compressStream2(w->ctx, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return fail_zstd(left, err);
		if (!fd_write_at(w->out_fd, w->out, out.pos, w->packed))
			return cairn_fail(err, CAIRN_IO, "write: %s", strerror(errno));
		w->packed += out.pos;
	} while (last ? left : in.pos < in.size);
	return CAIRN_OK;
}

static enum cairn_code compress_all(struct wrap *w, struct cairn_err *err)
{
	enum cairn_code code;

	do {
		size_t want = w->size - w->at < PIECE ? (size_t)(w->size - w->at) : PIECE;
		ssize_t n;

		do
			n = pread(w->in_fd, w->in, want, (off_t)w->at);
		while (n < 0 && errno == EINTR);
		if (n < 0 || (n == 0 && want))
			return cairn_fail(err, CAIRN_IO, "read: %s",
					  n ? strerror(errno) : "the file ends");
		if (w->stop && w->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		w->at += (uint64_t)n;
		code = compress_piece(w, (size_t)n, w->at == w->size, err);
	} while (code == CAIRN_OK && w->at < w->size);
	return code;
}

static enum cairn_code set_up(struct wrap *w, struct cairn_err *err)
{
	static const struct { ZSTD_cParameter what; int value; } set[] = {
		{ ZSTD_c_compressionLevel, LEVEL }, { ZSTD_c_windowLog, WINDOW_LOG },
		{ ZSTD_c_enableLongDistanceMatching, 1 }, { ZSTD_c_checksumFlag, 1 },
	};
	size_t n = 0;

	if (!w->ctx || !w->in || !w->out)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to compress");
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]) && !ZSTD_isError(n); i++)
		n = ZSTD_CCtx_setParameter(w->ctx, set[i].what, set[i].value);
	if (!ZSTD_isError(n))
		n = ZSTD_CCtx_setPledgedSrcSize(w->ctx, w->size);
	return ZSTD_isError(n) ? fail_zstd(n, err) : CAIRN_OK;
}

enum cairn_code wrap_zstd(int in, uint64_t size, int out, uint64_t *packed, bool (*stop)(void),
			  struct cairn_err *err)
{
	struct wrap w = { .ctx = ZSTD_createCCtx(), .in_fd = in, .out_fd = out, .size = size, .stop = stop,
			  .in = mem_zalloc(PIECE, 1), .out = mem_zalloc(PIECE, 1) };
	enum cairn_code code = set_up(&w, err);

	if (code == CAIRN_OK)
		code = compress_all(&w, err);
	*packed = w.packed;
	ZSTD_freeCCtx(w.ctx);
	mem_free(w.in);
	mem_free(w.out);
	return code;
}
