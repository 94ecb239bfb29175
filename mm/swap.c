/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/swap.h"

#define SWAP_AREAS 32 /* MAX_SWAPFILES and what is taken from it, include/linux/swap.h */

enum { I_FILE, I_N };
static const struct shape_want info_want = {
	"struct swap_info_struct", I_N, { [I_FILE] = "swap_file" },
};

bool swap_decode(const struct cairn *c, uint64_t pte, struct swap_entry *ret)
{
	bool x86 = c->arch->id == ARCH_X86_64 || c->arch->id == ARCH_I386;

	if (!x86)
		return false;
	if (c->layout.form.entry_size == 8)
		/* the offset is stored inverted, against L1TF */
		*ret = (struct swap_entry){ (unsigned)(pte >> 59), ~pte << 5 >> 14 };
	else
		*ret = (struct swap_entry){ pte >> 1 & 31, pte >> 9 };
	return true;
}

const char *swap_file(struct cairn *c, struct paths *paths, unsigned type)
{
	unsigned word = c->arch->word;
	uint64_t table, info, file;
	struct shape s;

	if (type >= SWAP_AREAS || sym_addr(&c->syms, "swap_info", &table, NULL) ||
	    space_word(&c->kernel, table + type * word, &info, NULL) || !info ||
	    shape_resolve(&s, &info_want, &c->types, NULL) ||
	    shape_get(&s, &c->kernel, info, I_FILE, &file, NULL) || !file)
		return NULL;
	return path_of_file(paths, file)->name;
}
