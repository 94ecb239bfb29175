/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asynchronous page faults of a vCPU in a memory of which words are others: the input is patches of
 * 12 bytes, which word of the vCPU, the item and the memory slot, and what it becomes. Reads and
 * checks; no list is longer than what memory can hold.
 */
#include "lib/base/cursor.h"
#include "mm/fuzzkvm.h"
#include "mm/testapf.h"

#define FIRST UINT64_C(0x200000)
#define WORDS (0x8000u / 8)

static void patch(struct testkvm *k, const uint8_t *p)
{
	uint64_t at = FIRST + le16(p) % WORDS * 8, value = le64(p + 4);

	if (p[2] & 1)
		value = FIRST + value % (WORDS * 8);
	tkv_change(k, at, value, p[2] & 2 ? 4 : 8);
}

static void use(struct testkvm *k)
{
	struct kvms vms;
	struct apf_host h;
	struct kvm_guest g;

	if (kvms_read(&vms, k->c, &k->arena, NULL))
		return;
	if (!apf_host_init(&h, &vms, &k->arena, NULL) && vms.n && !vms.vm[0].err.code) {
		kvm_guest_init(&g, &vms, &vms.vm[0]);
		for (size_t i = 0; i < vms.vm[0].nvcpus; i++) {
			struct apf_vcpu v;

			apf_vcpu_read(&v, &h, &g, &vms.vm[0].vcpu[i]);
			if (v.nwork > TP_SIZE)
				abort();
		}
	}
	apf_host_deinit(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct testkvm *machines[2];
	struct testkvm *k;

	if (!size)
		return 0;
	if (!machines[data[0] & 1])
		machines[data[0] & 1] = ta_host(data[0] & 1);
	k = machines[data[0] & 1];
	fuzz_kvm(k, data + 1, size - 1, "apf", patch, use);
	return 0;
}
