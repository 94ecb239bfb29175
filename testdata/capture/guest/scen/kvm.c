// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a VMM cannot do by itself. A fresh VM is made to look like one of TDX, so that KVM's own
 * TDP MMU builds mirror roots on a machine without it; nothing of KVM is called, all is done in its
 * structures.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/version.h>

#include "scen.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/pagemap.h>
#include <linux/static_call.h>

/* of an entry: arch/x86/kvm/mmu/spte.h */
#define PRESENT BIT_ULL(11)
#define HUGE    BIT_ULL(7)
#define FRAME   GENMASK_ULL(51, 12)

static atomic_t leaves_left = ATOMIC_INIT(-1);

/* Before the first slot and the first vCPU. */
static int make_mirror(struct kvm *kvm, unsigned int direct_bit)
{
	if (kvm->created_vcpus || kvm->nr_memslot_pages || direct_bit < PAGE_SHIFT)
		return -EBUSY;
	kvm->arch.vm_type = KVM_X86_TDX_VM;
	kvm->arch.has_private_mem = true;
	kvm->arch.gfn_direct_bits = BIT_ULL(direct_bit - PAGE_SHIFT);
	return 0;
}

/* What KVM tells the TDX module of an entry in a mirror root; the entry is frozen meanwhile. */
static scen_frame int scen_set_external_spte(struct kvm *kvm, gfn_t gfn, u64 old_spte, u64 new_spte,
					     enum pg_level level)
{
	if (level == PG_LEVEL_4K && atomic_dec_and_test(&leaves_left))
		scen_panic("scen: the TDX module never answers, gfn %llx", gfn);
	SCEN_FRAME_END();
	return 0;
}

/* The n-th leaf of 4 KiB from now on is never done with. */
static int hook(int n)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	struct static_call_key *key;
	void *trampoline;
	int ret = register_kprobe(&kp);

	if (ret)
		return ret;
	lookup = (void *)kp.addr;
	unregister_kprobe(&kp);
	key = (void *)lookup("__SCK__kvm_x86_set_external_spte");
	trampoline = (void *)lookup("__SCT__kvm_x86_set_external_spte");
	if (!key || !trampoline)
		return -ENOENT;
	atomic_set(&leaves_left, n);
	__static_call_update(key, trampoline, scen_set_external_spte);
	return 0;
}

/* Say where the pages of a slot's guest_memfd lie, as far as they are there. */
static int say_gmem(struct file *file, const char *text)
{
	char name[16];
	unsigned long i, pages, gfn;
	int slot;

	if (sscanf(text, "%lu %d %lx %15s", &pages, &slot, &gfn, name) != 4)
		return -EINVAL;
	for (i = 0; i < pages; i++) {
		struct folio *folio = filemap_get_folio(file->f_mapping, i);

		if (IS_ERR(folio))
			continue;
		pr_emerg(ORACLE "kvm %s gmem slot=%d gfn=0x%lx pfn=0x%lx\n", name, slot, gfn + i,
			 folio_pfn(folio) + (i & (folio_nr_pages(folio) - 1)));
		folio_put(folio);
	}
	return 0;
}

/* The entry of a level that leads to a guest frame in the mirror root of a VM's first vCPU, or NULL. */
static u64 *mirror_entry(struct kvm *kvm, gfn_t gfn, int at_level)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, 0);
	u64 table = vcpu ? vcpu->arch.mmu->mirror_root_hpa : INVALID_PAGE, *entry = NULL;
	int level = vcpu ? vcpu->arch.mmu->root_role.level : 0;

	for (; level >= at_level; level--) {
		if (!VALID_PAGE(table))
			return NULL;
		entry = (u64 *)__va(table) + (gfn >> 9 * (level - 1) & 511);
		table = *entry & PRESENT ? *entry & FRAME : INVALID_PAGE;
	}
	return entry;
}

/* What maps a table of 4 KiB pages becomes a page of 2 MiB. */
static int make_huge(struct kvm *kvm, gfn_t gfn)
{
	u64 *entry = mirror_entry(kvm, gfn, PG_LEVEL_2M), *leaf = mirror_entry(kvm, gfn, PG_LEVEL_4K);
	u64 huge;

	if (!entry || !leaf || !(*leaf & PRESENT))
		return -ENOENT;
	huge = (*leaf & ~FRAME) | HUGE | (*leaf & FRAME & PMD_MASK);
	pr_emerg(ORACLE "corruption kvm-huge kvm %px field spte addr %px size 8 old 0x%llx new 0x%llx gfn 0x%llx\n",
		 kvm, entry, *entry, huge, gfn);
	WRITE_ONCE(*entry, huge);
	return 0;
}

static int with_file(const char *verb, int fd, const char *rest)
{
	struct file *file = fget(fd);
	unsigned int bit;
	int ret = -EINVAL;
	u64 gfn;

	if (!file)
		return -EBADF;
	if (!strcmp(verb, "mirror") && !kstrtouint(rest, 10, &bit))
		ret = make_mirror(file->private_data, bit);
	else if (!strcmp(verb, "huge") && !kstrtou64(rest, 0, &gfn))
		ret = make_huge(file->private_data, gfn);
	else if (!strcmp(verb, "gmem"))
		ret = say_gmem(file, rest);
	fput(file);
	return ret;
}

int scen_kvm(const char *text)
{
	char verb[16];
	int number, end;

	if (sscanf(text, "%15s %d%n", verb, &number, &end) != 2)
		return -EINVAL;
	if (!strcmp(verb, "hook"))
		return hook(number);
	return with_file(verb, number, skip_spaces(text + end));
}
#else
int scen_kvm(const char *text)
{
	return -EOPNOTSUPP;
}
#endif
