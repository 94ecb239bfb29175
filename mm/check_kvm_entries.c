/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries: each is empty, frozen, MMIO, a table's, or a leaf, and in the half where it belongs. */
#include "mm/check_kvm.h"

bool kvm_say_entry(struct kvm_look *l, const struct kvm_entry *en, struct kvm_bad *bad,
		   const char *what)
{
	const struct tdp_table *t = en->w->table;
	const char *was = en->kind == SPTE_TABLE || en->kind == SPTE_FROZEN
				  ? NULL : check_kvm_lost(l, en->w, en->tree, t, en->index);

	bad->expected = was ? was : bad->expected;
	bad->object = t->sp.addr;
	bad->addr = tdp_entry_va(t, en->index);
	bad->field = "spte";
	bad->why = "the entry";
	bad->often = true;
	if (!bad->found)
		bad->found = kvm_hex(l, en->e);
	l->tables_off = true;
	return kvm_say(l, bad, "%s (level %u entry of guest frame 0x%llx, %s root)", what,
		       en->level, (unsigned long long)en->gfn,
		       en->tree->mirror ? "mirror" : "direct");
}

static bool check_frozen(struct kvm_look *l, const struct kvm_entry *en)
{
	struct kvm_bad bad = {
		.id = "tdp.frozen-spte",
		.transient = true,
		.severity = l->busy ? CAIRN_INFO : CAIRN_ERROR,
		.expected = l->busy ? "a value that is not frozen, in the end"
				    : "a value that is not frozen",
	};

	return kvm_say_entry(l, en, &bad, l->busy ? "an entry is frozen: somebody is changing it"
						  : "an entry is frozen and nobody is changing it");
}

/* Nothing but address, generation and permissions; and no generation that is yet to come. */
static bool check_mmio_bits(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	uint64_t now = l->vm->set[0].generation & ~(UINT64_C(1) << 63);
	uint64_t more = (en->e & ~spte_mmio_bits(f)) | (~en->e & f->mmio_access);
	struct kvm_bad bad = { .id = "tdp.nonpresent-value", .severity = CAIRN_ERROR };

	if (more) {
		bad.expected = kvm_text(l, "bits 0x%llx the other way", (unsigned long long)more);
		return kvm_say_entry(l, en, &bad, "an MMIO entry has bits as none has them");
	}
	if (now > spte_generation_mask(f) || spte_mmio_generation(f, en->e) <= now + 1)
		return true;
	bad.expected = kvm_text(l, "a generation up to %llu", (unsigned long long)now);
	return kvm_say_entry(l, en, &bad, "an MMIO entry is of a generation that has not been");
}

static bool check_mmio(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	struct kvm_bad bad = { .id = "tdp.nonpresent-value", .severity = CAIRN_ERROR };
	uint64_t gfn = spte_mmio_gfn(f, en->e) & ~l->vm->direct_bits;

	if (en->level != 1) {
		bad.expected = "empty: MMIO is only at level 1";
		return kvm_say_entry(l, en, &bad, "an MMIO entry stands where none can be");
	}
	if (gfn == en->gfn)
		return check_mmio_bits(l, en);
	bad.expected = kvm_text(l, "MMIO of guest frame 0x%llx", (unsigned long long)en->gfn);
	bad.found = kvm_text(l, "0x%llx, of 0x%llx", (unsigned long long)en->e,
			     (unsigned long long)gfn);
	return kvm_say_entry(l, en, &bad, "an MMIO entry is of another guest frame");
}

static bool check_other(struct kvm_look *l, const struct kvm_entry *en)
{
	struct kvm_bad bad = {
		.id = "tdp.nonpresent-value", .severity = CAIRN_ERROR,
		.expected = kvm_text(l, "0x%llx, if nothing is mapped",
				     (unsigned long long)en->w->form.empty),
	};

	return kvm_say_entry(l, en, &bad, "an entry is neither present nor empty, frozen or MMIO");
}

static bool check_half(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct tdp_table *t = en->w->table;
	uint64_t span = spte_span(en->level), bits = l->vm->direct_bits;
	bool direct = (t->raw + en->index * span) & bits;
	struct kvm_bad bad = {
		.id = "tdp.direct-bit.wrong-half", .severity = CAIRN_ERROR,
		.expected = en->tree->mirror ? "entries where the direct bit is 0"
					     : "entries where the direct bit is 1",
	};

	/* the level whose index has the bit tells for all below it */
	if (!bits || span > bits || span * SPTE_ENTRIES <= bits)
		return true;
	if (direct != en->tree->mirror)
		return true;
	return kvm_say_entry(l, en, &bad, en->tree->mirror ? "private memory has a shared frame"
							   : "a direct root maps private memory");
}

/* All that is not address is the same in every entry that leads to a table. */
static bool check_to_table(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	bool ad_off = kvm_role(&l->k->layout, en->tree->role, ROLE_AD_DISABLED);
	uint64_t want = spte_table_bits(f, ad_off), bits = en->e & ~(f->address & ~f->reserved);
	struct kvm_bad bad = { .id = "tdp.rsvd", .severity = CAIRN_ERROR };

	if (ad_off != (spte_ad(f, en->e) == SPTE_AD_DISABLED) ||
	    spte_ad(f, en->e) > SPTE_AD_DISABLED) {
		bad.id = "tdp.ad-type";
		bad.expected = ad_off ? "A/D tracking disabled" : "A/D tracking enabled";
		return kvm_say_entry(l, en, &bad,
				     "an entry tracks accesses in another way than its root");
	}
	if ((bits | f->me_mask | f->me_value) == (want | f->me_mask | f->me_value))
		return true;
	bad.expected = kvm_text(l, "0x%llx and an address", (unsigned long long)want);
	return kvm_say_entry(l, en, &bad, "an entry that leads to a table has bits that none has");
}

static bool check_one(struct kvm_look *l, const struct kvm_entry *en)
{
	switch (en->kind) {
	case SPTE_FROZEN: return check_frozen(l, en);
	case SPTE_MMIO: return check_mmio(l, en) && check_half(l, en);
	case SPTE_TABLE: return check_half(l, en) && check_to_table(l, en);
	case SPTE_LEAF: return check_half(l, en) && check_kvm_leaf(l, en);
	case SPTE_OTHER: return check_other(l, en);
	case SPTE_EMPTY: break;
	}
	return true;
}

void check_kvm_entries(struct kvm_look *l, const struct tdp_walk *w, const struct kvm_tree *tree)
{
	const struct tdp_table *t = w->table;

	for (unsigned i = 0; t->entries && i < SPTE_ENTRIES; i++) {
		struct kvm_entry en = { .w = w, .tree = tree, .index = i, .level = t->level,
					.e = tdp_entry(t, i) };

		if (en.e == w->form.empty)
			continue;
		en.kind = spte_kind(&w->form, en.e, t->level);
		en.gfn = tdp_entry_gfn(w, t, i);
		l->leaves[t->level] += en.kind == SPTE_LEAF;
		check_one(l, &en);
	}
}
