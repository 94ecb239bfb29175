/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/pages.h"

enum cairn_code pages_open(struct pages **ret, const struct dumpfile *heads,
			   const struct rawfile *files, size_t n, unsigned page_shift,
			   struct cairn_err *err)
{
	if (heads[0].format == DUMPFILE_KDUMP)
		return kdump_pages_open(ret, heads, files, n, err);
	return elf_pages_open(ret, heads, files, page_shift, err);
}

void pages_close(struct pages *p)
{
	if (p)
		p->ops->close(p);
}
