/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/swap.h"

#include "mm/swap_form.h"

#define TYPES      32 /* MAX_SWAPFILES_SHIFT */
#define AREAS      22 /* no kernel takes more than ten of them for other things */
#define AREA_LIMIT 32
#define MARKERS    8  /* PTE_MARKER_MASK, include/linux/swapops.h */

enum { I_FILE, I_N };
static const struct shape_want info_want = {
	"struct swap_info_struct", I_N, { [I_FILE] = "swap_file" },
};

/* ---- kinds ---- */

static bool has_symbol(struct cairn *c, const char *name)
{
	struct sym s;

	return sym_find(&c->syms, name, &s);
}

/* MAX_SWAPFILES is the length of the array of areas. 0: not known. */
static unsigned count_areas(struct cairn *c)
{
	struct sym s;
	uint64_t n = sym_find(&c->syms, "swap_info", &s) ? s.size / c->arch->word : 0;

	return n >= AREAS && n <= TYPES ? (unsigned)n : 0;
}

/* SWP_MIGRATION_READ_EXCLUSIVE came with PG_anon_exclusive (6c287605fd56, 5.19). */
static unsigned count_migration(struct cairn *c)
{
	const struct type *flags = type_find(&c->types, "enum pageflags", NULL);
	int64_t value;

	if (!has_symbol(c, "migrate_pages"))
		return 0;
	return flags && type_enum_value(flags, "PG_anon_exclusive", &value) ? 3 : 2;
}

/* include/linux/swap.h: in this order above the areas, as far as this kernel has them. */
static enum swap_kind kind_of(struct cairn *c, const struct swap_entry *e)
{
	unsigned areas, poison, migration, above;

	if (e->type < AREAS)
		return SWAP_AREA;
	areas = count_areas(c);
	if (!areas)
		return SWAP_UNTOLD;
	if (e->type < areas)
		return SWAP_AREA;
	above = e->type - areas;
	poison = has_symbol(c, "memory_failure");
	migration = count_migration(c);
	return above < poison		  ? SWAP_POISON :
	       above < poison + migration ? SWAP_MIGRATION :
	       e->offset < MARKERS	  ? SWAP_MARKER :
					    SWAP_DEVICE;
}

const char *swap_kind_name(enum swap_kind kind)
{
	switch (kind) {
	case SWAP_POISON: return "poisoned";
	case SWAP_MIGRATION: return "migration";
	case SWAP_DEVICE: return "device";
	case SWAP_MARKER: return "marker";
	case SWAP_UNTOLD:
	case SWAP_AREA: break;
	}
	return NULL;
}

/* ---- fields ---- */

static bool decode_arm(struct cairn *c, uint64_t pte, struct swap_entry *ret)
{
	struct swap_form f;

	if (!swap_form_of(c, &f))
		return false;
	ret->type = pte >> f.type_shift & (TYPES - 1);
	ret->offset = pte >> f.offset_shift & ((UINT64_C(1) << f.offset_bits) - 1);
	return true;
}

static bool decode_x86(const struct cairn *c, uint64_t pte, struct swap_entry *ret)
{
	if (c->layout.form.entry_size == 8)
		/* the offset is stored inverted, against L1TF */
		*ret = (struct swap_entry){ .type = (unsigned)(pte >> 59), .offset = ~pte << 5 >> 14 };
	else
		*ret = (struct swap_entry){ .type = pte >> 1 & 31, .offset = pte >> 9 };
	return true;
}

bool swap_decode(struct cairn *c, uint64_t pte, struct swap_entry *ret)
{
	bool x86 = c->arch->id == ARCH_X86_64 || c->arch->id == ARCH_I386;

	if (!(x86 ? decode_x86(c, pte, ret) : decode_arm(c, pte, ret)))
		return false;
	ret->kind = kind_of(c, ret);
	return true;
}

const char *swap_file(struct cairn *c, struct paths *paths, unsigned type)
{
	unsigned word = c->arch->word;
	uint64_t table, info, file;
	struct shape s;

	if (type >= AREA_LIMIT || sym_addr(&c->syms, "swap_info", &table, NULL) ||
	    space_word(&c->kernel, table + type * word, &info, NULL) || !info ||
	    shape_resolve(&s, &info_want, &c->types, NULL) ||
	    shape_get(&s, &c->kernel, info, I_FILE, &file, NULL) || !file)
		return NULL;
	return path_of_file(paths, file)->name;
}
