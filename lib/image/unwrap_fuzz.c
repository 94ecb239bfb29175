/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wrapped file of any bytes: opens or is refused, and reads stay within it. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/image/unwrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Most inputs are no zstd or flattened file, so the first byte makes them one. */
static int make_file(const uint8_t *data, size_t size)
{
	static const unsigned char zstd[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const char flat[4096] = "makedumpfile";
	int fd = memfd_create("fuzz", 0);
	ssize_t n = 0;

	if (*data == 1)
		n = write(fd, flat, sizeof(flat));
	else if (*data == 2)
		n = write(fd, zstd, sizeof(zstd));
	if (n < 0 || write(fd, data + 1, size - 1) < 0)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char buf[5000];
	struct rawfile f;
	uint64_t last = 0;

	if (size < 2 || unwrap(&f, make_file(data, size), NULL) != CAIRN_OK)
		return 0;
	for (size_t i = 0; i < f.nsegs; i++) {
		if (!f.segs[i].len || f.segs[i].pos < last)
			abort(); /* not sorted, or not disjoint */
		last = f.segs[i].pos + f.segs[i].len;
	}
	for (uint64_t off = 0, n = 0; off < f.size && n < 64; off += sizeof(buf) - 7, n++)
		if (rawfile_read(&f, off, buf, sizeof(buf), NULL) > f.size - off)
			abort();
	rawfile_read(&f, f.size - 1, buf, sizeof(buf), NULL);
	rawfile_close(&f);
	return 0;
}
