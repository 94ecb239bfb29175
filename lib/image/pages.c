/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/pages.h"

enum cairn_code pages_open(struct pages **ret, const struct dumpfile *heads,
			   const struct rawfile *files, size_t n, unsigned page_shift,
			   struct cairn_err *err)
{
	switch (heads[0].format) {
	case DUMPFILE_KDUMP: return kdump_pages_open(ret, heads, files, n, err);
	case DUMPFILE_ELF: return elf_pages_open(ret, heads, files, page_shift, err);
	case DUMPFILE_OTHER: break;
	}
	return other_pages_open(ret, files, err);
}

void pages_close(struct pages *p)
{
	if (p)
		p->ops->close(p);
}
