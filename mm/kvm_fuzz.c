/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual machines in a memory of which words are others: the input is patches of 12 bytes, which
 * word (of 8 bytes, from TP_MAP on: struct pages, KVM's structures, tables, memory), how it is
 * made, and a value. Reads, walks, compares and checks; what is found is bounded by what there is.
 */
#include "lib/base/cursor.h"
#include "mm/fuzzkvm.h"
#include "mm/kvm_guest.h"
#include "mm/tdp_compare.h"
#include "mm/tdp_count.h"

#define FIRST TP_MAP
#define WORDS ((TP_SIZE - FIRST) / 8)

static struct testkvm *machine(bool mirror)
{
	static struct testkvm *k[2];
	uint64_t sp;

	if (!k[mirror])
		k[mirror] = tkv_new(mirror, &sp);
	return k[mirror];
}

/* Any value, or one that leads to somewhere in the memory. */
static void patch(struct testkvm *k, const uint8_t *p)
{
	uint64_t at = FIRST + (le32(p) & 0xffffff) % WORDS * 8, value = le64(p + 4);

	if (p[3] & 1)
		value = FIRST + value % (TP_SIZE - FIRST);
	if (p[3] & 2)
		value = (value & ~UINT64_C(0xfff)) | TKV_TO_TABLE;
	if (p[3] & 4)
		value = (value & ~UINT64_C(0xfff)) | TKV_LEAF;
	tkv_change(k, at, value, p[3] & 8 ? 1 : 8);
}

static void use(struct testkvm *k)
{
	struct kvms vms;
	struct tdp_compare cmp;
	struct tdp_counts counts;
	struct kvm_guest guest;
	char buf[64];

	if (kvms_read(&vms, k->c, &k->arena, NULL))
		return;
	for (size_t i = 0; i < vms.n && vms.has_tdp && i < 4; i++) {
		if (vms.vm[i].err.code)
			continue;
		tdp_compare(&cmp, &vms, &vms.vm[i], &k->arena, NULL);
		kvm_guest_init(&guest, &vms, &vms.vm[i]);
		kvm_guest_read(&guest, 0x5fe0, buf, sizeof(buf), NULL);
		for (size_t j = 0; j < vms.vm[i].nroots && j < 4; j++)
			if (!vms.vm[i].root[j].err.code &&
			    !tdp_count(&counts, &vms, &vms.vm[i], &vms.vm[i].root[j].sp, &k->arena,
				       NULL) &&
			    counts.leaves[4] + counts.leaves[5])
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkvm *k;

	if (!size)
		return 0;
	k = machine(data[0] & 1);
	fuzz_kvm(k, data + 1, size - 1, "kvm", patch, use);
	return 0;
}
