/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/bulk.h"

#include "lib/image/image.h"

#define BATCH 512 /* pages that are translated before they are loaded */

/* Whole pages from va on, as many as one batch holds; *done gets their bytes. */
static enum cairn_code read_batch(struct space *s, uint64_t va, char *buf, size_t len,
				  size_t *done, struct cairn_err *err)
{
	size_t size = (size_t)1 << s->page_shift, n;
	struct cairn_err unmapped;
	enum cairn_code code = CAIRN_OK;
	struct image_load loads[BATCH];

	for (n = 0; n < BATCH && (n + 1) * size <= len; n++) {
		loads[n].to = buf + n * size;
		code = space_translate(s, va + n * size, &loads[n].paddr, &unmapped);
		if (code != CAIRN_OK)
			break;
	}
	image_load(s->img, loads, n);
	for (size_t i = 0; i < n; i++)
		if (loads[i].fault != CAIRN_FAULT_NONE)
			return cairn_fail_read(err, loads[i].fault, va + i * size, s->what);
	if (code != CAIRN_OK && err)
		*err = unmapped;
	*done = n * size;
	return code;
}

enum cairn_code bulk_read(struct space *s, uint64_t va, void *buf, size_t len,
			  struct cairn_err *err)
{
	size_t size = (size_t)1 << s->page_shift, head = -va & (size - 1), done, n = 0;
	enum cairn_code code;

	/* tables of smaller pages than the dump's: not every page is one piece */
	if (s->page_shift != image_info(s->img)->page_shift || head >= len)
		return space_read(s, va, buf, len, err);
	code = space_read(s, va, buf, head, err);
	for (done = head; code == CAIRN_OK && len - done >= size; done += n)
		code = read_batch(s, va + done, (char *)buf + done, len - done, &n, err);
	if (code == CAIRN_OK)
		code = space_read(s, va + done, (char *)buf + done, len - done, err);
	return code;
}
