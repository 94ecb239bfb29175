/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM and the kernel count of these tables. */
#include "lib/kern/cpu.h"
#include "mm/check_kvm.h"
#include "mm/tdp_count.h"

/* ---- mapped pages, and KVM_BUG_ON ---- */

static void check_pages(struct kvm_look *l)
{
	static const char *const fields[] = { "kvm.stat.pages[0]", "kvm.stat.pages[1]",
					      "kvm.stat.pages[2]" };
	uint64_t shadow = 0;

	if (!l->vm->has_pages || l->tables_off || l->incomplete ||
	    kvm_shadow_pages(l->k, l->vm, &shadow, NULL))
		return;
	for (unsigned i = 0; i < 3; i++) {
		int64_t told = l->vm->pages[i], n = (int64_t)l->leaves[i + 1];
		struct kvm_bad bad = {
			.id = "tdp.stat.pages", .severity = CAIRN_WARNING, .transient = true,
			.object = l->vm->addr, .field = fields[i],
			.addr = l->vm->addr + l->k->layout.vm.m[VM_PAGES].offset + i * 8,
			.expected = kvm_text(l, "%lld", (long long)n),
			.found = kvm_text(l, "%lld", (long long)told),
		};

		/* pages of nested guests are counted too */
		if (told == n || (shadow && told > n))
			continue;
		kvm_say(l, &bad, "%lld pages of %s are counted as mapped, and %lld are",
			(long long)told, spte_size_name(i + 1), (long long)n);
	}
}

static void check_bugged(struct kvm_look *l)
{
	const struct shape *s = &l->k->layout.vm;
	unsigned member = l->vm->bugged ? VM_BUGGED : VM_DEAD;
	struct kvm_bad bad = {
		.id = "tdp.bugged", .severity = CAIRN_ERROR, .object = l->vm->addr, .len = 1,
		.addr = l->vm->addr + s->m[member].offset, .expected = "false", .found = "true",
		.field = l->vm->bugged ? "kvm.vm_bugged" : "kvm.vm_dead",
	};

	if (l->vm->bugged || l->vm->dead)
		kvm_say(l, &bad,
			l->vm->bugged ? "KVM found the VM's state to be impossible (KVM_BUG_ON)"
				      : "KVM gave the VM up");
}

void check_kvm_sums(struct kvm_look *l)
{
	check_bugged(l);
	check_pages(l);
}

/* ---- NR_SECONDARY_PAGETABLE ---- */

static const struct shape_want node_want = {
	"struct pglist_data", 1, { "per_cpu_nodestats" },
};
static const struct shape_want diff_want = {
	"struct per_cpu_nodestat", 1, { "vm_node_stat_diff" },
};

/* What one node's CPUs have not yet added. */
static bool add_diffs(struct kvm_look *l, uint64_t node, int64_t item, int64_t *sum)
{
	const struct cpus *cpus;
	struct shape pg, diff;
	uint64_t base;
	uint8_t byte;

	if (cpus_get(l->c, &cpus, NULL) || shape_resolve(&pg, &node_want, &l->c->types, NULL) ||
	    shape_resolve(&diff, &diff_want, &l->c->types, NULL) || !shape_has(&pg, 0) ||
	    !shape_has(&diff, 0) || shape_get(&pg, &l->c->kernel, node, 0, &base, NULL))
		return false;
	for (size_t i = 0; i < cpus->n; i++) {
		uint64_t at = base + cpus->cpu[i].offset + diff.m[0].offset + (uint64_t)item;

		if (space_u8(&l->c->kernel, at, &byte, NULL))
			return false;
		*sum += (int8_t)byte;
	}
	return true;
}

static bool add_nodes(struct kvm_look *l, int64_t item, int64_t *sum)
{
	uint64_t array, node;

	if (sym_addr(&l->c->syms, "node_data", &array, NULL))
		return !sym_addr(&l->c->syms, "contig_page_data", &node, NULL) &&
		       add_diffs(l, node, item, sum);
	for (unsigned i = 0; i < 1024; i++) { /* MAX_NUMNODES */
		struct sym s;
		uint64_t off;

		if (!sym_at(&l->c->syms, array + i * 8, &s, &off) || s.addr != array)
			break;
		if (space_u64(&l->c->kernel, array + i * 8, &node, NULL))
			return false;
		if (node && !add_diffs(l, node, item, sum))
			return false;
	}
	return true;
}

static bool counted(struct kvm_look *l, int64_t *sum, uint64_t *at)
{
	const struct type *t = type_find(&l->c->types, "enum node_stat_item", NULL);
	uint64_t word, base;
	int64_t item;

	if (!t || !type_enum_value(type_strip(t), "NR_SECONDARY_PAGETABLE", &item) || item < 0 ||
	    item > 255 || sym_addr(&l->c->syms, "vm_node_stat", &base, NULL))
		return false;
	*at = base + (uint64_t)item * 8;
	if (space_u64(&l->c->kernel, *at, &word, NULL))
		return false;
	*sum = (int64_t)word;
	return add_nodes(l, item, sum);
}

/* Tables of IOMMUs are counted with those of guests. */
static bool has_iommu(struct kvm_look *l)
{
	uint64_t head, next;

	return sym_addr(&l->c->syms, "iommu_device_list", &head, NULL) ||
	       space_u64(&l->c->kernel, head, &next, NULL) || next != head;
}

void check_kvm_secondary(struct kvm_look *l, uint64_t tables, uint64_t shadow)
{
	struct kvm_bad bad = {
		.id = "tdp.stat.secondary", .severity = CAIRN_WARNING, .field = "vm_node_stat",
	};
	int64_t sum = 0;

	if (!counted(l, &sum, &bad.addr))
		return;
	bad.expected = kvm_text(l, "%s%llu", shadow || has_iommu(l) ? "at least " : "",
				(unsigned long long)tables);
	bad.found = kvm_text(l, "%lld", (long long)sum);
	bad.grade = CAIRN_SUSPICIOUS;
	if (sum < (int64_t)tables)
		kvm_say(l, &bad, "%lld tables of guests are counted, and there are %llu",
			(long long)sum, (unsigned long long)tables);
	else if (sum > (int64_t)tables && !shadow && !has_iommu(l))
		kvm_say(l, &bad, "%lld tables of guests are counted, and %llu can be found",
			(long long)sum, (unsigned long long)tables);
}
