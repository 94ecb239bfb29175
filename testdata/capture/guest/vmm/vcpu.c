// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/mman.h>

#include "vmm.h"

#define CPUID_MAX 128

void vmm_segments(struct kvm_sregs *sregs, struct kvm_segment code)
{
	struct kvm_segment data = {
		.limit = ~0u, .selector = code.selector + 8, .type = 3, .present = 1, .s = 1,
		.db = 1, .g = 1,
	};

	sregs->cs = code;
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
}

static void set_cpuid(struct vmm *vm, int n, void (*edit)(struct kvm_cpuid_entry2 *entry, int n))
{
	size_t size = sizeof(struct kvm_cpuid2) + CPUID_MAX * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, size);
	unsigned int i;

	if (!cpuid)
		vmm_die("calloc");
	cpuid->nent = CPUID_MAX;
	vmm_ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; edit && i < cpuid->nent; i++)
		edit(&cpuid->entries[i], n);
	vmm_ioctl(vm->vcpu[n], KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
}

void vmm_add_vcpu(struct vmm *vm, int n, void (*edit)(struct kvm_cpuid_entry2 *entry, int n))
{
	int size = vmm_ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");

	vm->vcpu[n] = vmm_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(long)n, "KVM_CREATE_VCPU");
	vm->run[n] = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[n], 0);
	if (vm->run[n] == MAP_FAILED)
		vmm_die("a vCPU's mmap");
	set_cpuid(vm, n, edit);
}
