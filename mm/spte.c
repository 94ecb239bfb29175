/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/spte.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cursor.h"

#define BIT(n) (UINT64_C(1) << (n))
#define ADDRESS (BIT(52) - BIT(12))
#define EPT_MEMTYPE (UINT64_C(7) << 3)
#define EPT_IPAT BIT(6)
#define L1TF_SHIFT 5 /* SHADOW_NONPRESENT_OR_RSVD_MASK_LEN */

/* What goes with which variables there are, newest first. */
struct variant {
	const char *symbol;   /* that this one has and older ones have not; NULL: all have */
	bool per_vm_mmio;     /* likewise, struct kvm_arch's shadow_mmio_value */
	uint64_t present_bit, empty, frozen, saved;
	uint8_t ad_shift, gen_low, gen_low_bits, gen_high, gen_high_bits;
};

static const struct variant variants[] = {
	{ "shadow_xs_mask", true, BIT(11), BIT(63), BIT(63) | 0x1a0, UINT64_C(0x405) << 52, 60, 3,
	  7, 52, 11 },
	{ NULL, true, BIT(11), BIT(63), BIT(63) | 0x5a0, UINT64_C(5) << 54, 52, 3, 8, 52, 11 },
	{ "shadow_mmu_writable_mask", false, BIT(11), 0, 0x5a0, UINT64_C(5) << 54, 52, 3, 8, 52,
	  11 },
	{ NULL, false, 0, 0, 0, UINT64_C(5) << 54, 52, 3, 9, 54, 9 },
};

static bool has(struct cairn *c, const char *symbol)
{
	return !sym_addr(&c->syms, symbol, &(uint64_t){ 0 }, NULL);
}

static const struct variant *find_variant(struct cairn *c, bool per_vm_mmio)
{
	const struct variant *v = variants;

	while ((v->per_vm_mmio && !per_vm_mmio) || (v->symbol && !has(c, v->symbol)))
		v++;
	return v;
}

/* A variable; `otherwise` where this KVM has none of the names "a|b". */
static uint64_t variable(struct cairn *c, const char *names, size_t bytes, uint64_t otherwise,
			 enum cairn_code *code, struct cairn_err *err)
{
	char name[64];
	unsigned char raw[8] = { 0 };
	uint64_t addr;

	for (size_t len; *names; names += len + (names[len] == '|')) {
		len = strcspn(names, "|");
		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		if (*code || sym_addr(&c->syms, name, &addr, NULL))
			continue;
		*code = space_read(&c->kernel, addr, raw, bytes, err);
		if (*code)
			cairn_context(err, *code, "%s", name);
		return le_uint(raw, bytes);
	}
	return otherwise;
}

static void set_variant(struct spte_form *f, const struct variant *v)
{
	f->present_bit = v->present_bit;
	f->empty = v->empty;
	f->frozen = v->frozen;
	f->saved = v->saved;
	f->ad_shift = v->ad_shift;
	f->gen_low = v->gen_low;
	f->gen_low_bits = v->gen_low_bits;
	f->gen_high = v->gen_high;
	f->gen_high_bits = v->gen_high_bits;
}

static void read_masks(struct spte_form *f, struct cairn *c, enum cairn_code *code,
		       struct cairn_err *err)
{
	f->present = variable(c, "shadow_present_mask", 8, 1, code, err);
	f->user = variable(c, "shadow_user_mask", 8, 0, code, err);
	f->nx = variable(c, "shadow_nx_mask", 8, 0, code, err);
	f->x = variable(c, "shadow_x_mask|shadow_xs_mask", 8, 0, code, err);
	f->x |= variable(c, "shadow_xu_mask", 8, 0, code, err);
	f->accessed = variable(c, "shadow_accessed_mask", 8, 0, code, err);
	f->dirty = variable(c, "shadow_dirty_mask", 8, 0, code, err);
	f->host_writable = variable(c, "shadow_host_writable_mask", 8, BIT(10), code, err);
	f->mmu_writable = variable(c, "shadow_mmu_writable_mask", 8, BIT(11), code, err);
	f->mmio_value = variable(c, "shadow_mmio_value", 8, 0, code, err);
	f->mmio_mask = variable(c, "shadow_mmio_mask", 8, 0, code, err);
	f->mmio_access = variable(c, "shadow_mmio_access_mask", 8, 7, code, err);
	f->acc_track = variable(c, "shadow_acc_track_mask", 8, 0, code, err);
	f->me_value = variable(c, "shadow_me_value|shadow_me_mask", 8, 0, code, err);
	f->me_mask = variable(c, "shadow_me_mask", 8, 0, code, err);
	f->l1tf = variable(c, "shadow_nonpresent_or_rsvd_mask", 8, 0, code, err);
}

/* The processor's physical address bits, as KVM itself keeps them or as the kernel found. */
static void read_width(struct spte_form *f, struct cairn *c, enum cairn_code *code,
		       struct cairn_err *err)
{
	const struct type *t = type_find(&c->types, "struct cpuinfo_x86", NULL);
	struct member m;
	uint64_t bits = variable(c, "shadow_phys_bits", 1, 0, code, err), addr;

	if (!bits && t && type_member(t, "x86_phys_bits", &m) &&
	    !sym_addr(&c->syms, "boot_cpu_data", &addr, NULL)) {
		uint8_t byte = 0;

		if (!*code)
			*code = space_u8(&c->kernel, addr + m.offset, &byte, err);
		bits = byte;
	}
	if (bits < 32 || bits > 52)
		return;
	f->maxphyaddr = (uint8_t)bits;
	f->reserved = ADDRESS & ~(BIT(bits) - 1) & ~(f->me_mask | f->me_value);
}

enum cairn_code spte_form_init(struct spte_form *f, struct cairn *c, bool per_vm_mmio,
			       struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	*f = (struct spte_form){ .address = ADDRESS };
	if (!has(c, "shadow_present_mask"))
		return cairn_fail(err, CAIRN_MISSING,
				  "KVM's symbol shadow_present_mask is not there: how its page "
				  "tables are encoded is not known");
	set_variant(f, find_variant(c, per_vm_mmio));
	read_masks(f, c, &code, err);
	read_width(f, c, &code, err);
	f->ept = f->x != 0;
	f->lower_gfn = variable(c, "shadow_nonpresent_or_rsvd_lower_gfn_mask", 8,
				ADDRESS & ~f->reserved, &code, err);
	f->nx_huge = variable(c, "nx_huge_pages", 1, 0, &code, err) & 1;
	if (!variable(c, "enable_mmio_caching", 1, 1, &code, err))
		f->mmio_mask = 0;
	if (!f->present_bit) { /* SPTE_MMIO_MASK of 5.10, whatever else the value has */
		f->mmio_access |= f->mmio_value;
		f->mmio_value = f->mmio_mask = UINT64_C(3) << 52;
	}
	return code;
}

/* ---- what an entry is ---- */

static bool is_mmio(const struct spte_form *f, uint64_t e)
{
	return f->mmio_mask && (e & f->mmio_mask) == f->mmio_value;
}

enum spte_kind spte_kind(const struct spte_form *f, uint64_t e, unsigned level)
{
	bool present = f->present_bit ? e & f->present_bit : e && !is_mmio(f, e);

	if (present)
		return level == 1 || (level <= 3 && e & SPTE_LARGE) ? SPTE_LEAF : SPTE_TABLE;
	if (e == f->empty)
		return SPTE_EMPTY;
	if (f->frozen && e == f->frozen)
		return SPTE_FROZEN;
	return is_mmio(f, e) ? SPTE_MMIO : SPTE_OTHER;
}

uint64_t spte_pfn(const struct spte_form *f, uint64_t e)
{
	return (e & f->address & ~(f->me_mask | f->me_value)) >> 12;
}

uint64_t spte_mmio_gfn(const struct spte_form *f, uint64_t e)
{
	return ((e & f->lower_gfn) | (e >> L1TF_SHIFT & f->l1tf)) >> 12;
}

uint64_t spte_mmio_generation(const struct spte_form *f, uint64_t e)
{
	uint64_t low = e >> f->gen_low & (BIT(f->gen_low_bits) - 1);
	uint64_t high = e >> f->gen_high & (BIT(f->gen_high_bits) - 1);

	return low | high << f->gen_low_bits;
}

uint64_t spte_generation_mask(const struct spte_form *f)
{
	return BIT(f->gen_low_bits + f->gen_high_bits) - 1;
}

uint64_t spte_mmio_bits(const struct spte_form *f)
{
	uint64_t gen = (BIT(f->gen_low_bits) - 1) << f->gen_low | (BIT(f->gen_high_bits) - 1)
									  << f->gen_high;

	return f->mmio_value | f->mmio_access | gen | f->lower_gfn | f->l1tf |
	       f->l1tf << L1TF_SHIFT;
}

enum spte_ad spte_ad(const struct spte_form *f, uint64_t e)
{
	return (enum spte_ad)(e >> f->ad_shift & 3);
}

bool spte_executable(const struct spte_form *f, uint64_t e)
{
	return (e & (f->x | f->nx)) == f->x;
}

bool spte_readable(const struct spte_form *f, uint64_t e)
{
	(void)f;
	return e & 1;
}

/* ---- what an entry may be ---- */

uint64_t spte_table_bits(const struct spte_form *f, bool ad_disabled)
{
	uint64_t bits = f->present_bit | f->present | SPTE_WRITABLE | f->user | f->x | f->me_value;

	bits |= f->ept; /* readable */
	return bits | (ad_disabled ? BIT(f->ad_shift) : f->accessed);
}

uint64_t spte_leaf_bits(const struct spte_form *f, unsigned level, bool ad_disabled)
{
	uint64_t bits = f->present_bit | f->present | 1 | SPTE_WRITABLE | f->user | f->x | f->nx |
			f->me_value | f->me_mask | f->host_writable | f->mmu_writable;

	if (f->ept)
		bits |= EPT_MEMTYPE | EPT_IPAT;
	if (level > 1)
		bits |= SPTE_LARGE;
	bits |= (uint64_t)3 << f->ad_shift;
	return bits | (ad_disabled ? f->saved : f->accessed | f->dirty);
}

/* ---- for people ---- */

const char *spte_size_name(unsigned level)
{
	static const char *const names[] = { "", "4k", "2m", "1g", "512g", "256t" };

	return names[level <= 5 ? level : 0];
}

const char *spte_kind_name(enum spte_kind kind)
{
	static const char *const names[] = { "empty", "table", "leaf", "mmio", "frozen", "other" };

	return names[(unsigned)kind <= SPTE_OTHER ? kind : SPTE_OTHER];
}

struct flags {
	char *buf;
	size_t size, len;
};

static void flag(struct flags *s, bool is, const char *name)
{
	size_t n = strlen(name);

	if (!is || n + 1 >= s->size - s->len)
		return;
	if (s->len)
		s->buf[s->len++] = ' ';
	memcpy(s->buf + s->len, name, n + 1);
	s->len += n;
}

static void describe_mapping(struct flags *s, const struct spte_form *f, uint64_t e,
			     enum spte_kind kind, unsigned level)
{
	flag(s, spte_readable(f, e), "R");
	flag(s, e & SPTE_WRITABLE, "W");
	flag(s, spte_executable(f, e), "X");
	flag(s, f->accessed && e & f->accessed, "ACCESSED");
	flag(s, f->dirty && e & f->dirty, "DIRTY");
	flag(s, kind == SPTE_LEAF && level > 1, "HUGE");
	flag(s, kind == SPTE_LEAF && e & f->host_writable, "HOST-WRITABLE");
	flag(s, kind == SPTE_LEAF && e & f->mmu_writable, "MMU-WRITABLE");
	flag(s, spte_ad(f, e) == SPTE_AD_DISABLED, "AD-OFF");
	flag(s, spte_ad(f, e) == SPTE_AD_WRPROT, "AD-WRPROT");
	flag(s, f->ept && kind == SPTE_LEAF && (e & EPT_MEMTYPE) == 0, "UC");
	flag(s, f->ept && kind == SPTE_LEAF && (e & EPT_MEMTYPE) == 6 << 3, "WB");
	flag(s, f->ept && kind == SPTE_LEAF && e & EPT_IPAT, "IPAT");
}

const char *spte_describe(const struct spte_form *f, uint64_t e, unsigned level, char *buf,
			  size_t size)
{
	enum spte_kind kind = spte_kind(f, e, level);
	struct flags s = { buf, size, 0 };
	char gen[40];

	buf[0] = '\0';
	if (kind == SPTE_TABLE || kind == SPTE_LEAF) {
		describe_mapping(&s, f, e, kind, level);
	} else if (kind == SPTE_MMIO) {
		snprintf(gen, sizeof(gen), "MMIO generation %" PRIu64, spte_mmio_generation(f, e));
		flag(&s, true, gen);
	} else if (kind == SPTE_FROZEN) {
		flag(&s, true, "FROZEN");
	}
	flag(&s, f->ept && f->empty >> 63 && !(e >> 63), "VE"); /* #VE is not suppressed */
	return buf;
}
