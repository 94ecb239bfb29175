/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What include/uapi/linux/kvm.h has from 6.8 on (guest memory files, attributes) and from 6.11 on
   (prefaults), for older C libraries' headers. */
#ifndef KVM_NEW_H
#define KVM_NEW_H

#include <linux/kvm.h>
#include <stdint.h>

#ifndef KVM_CREATE_GUEST_MEMFD
#define KVM_MEM_GUEST_MEMFD (1u << 2)
#define KVM_MEMORY_ATTRIBUTE_PRIVATE (1ull << 3)

struct kvm_userspace_memory_region2 {
	uint32_t slot, flags;
	uint64_t guest_phys_addr, memory_size, userspace_addr, guest_memfd_offset;
	uint32_t guest_memfd, pad1;
	uint64_t pad2[14];
};

struct kvm_create_guest_memfd {
	uint64_t size, flags, reserved[6];
};

struct kvm_memory_attributes {
	uint64_t address, size, attributes, flags;
};

#define KVM_SET_USER_MEMORY_REGION2 _IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_SET_MEMORY_ATTRIBUTES _IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#define KVM_CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif

#ifndef KVM_PRE_FAULT_MEMORY
struct kvm_pre_fault_memory {
	uint64_t gpa, size, flags, padding[5];
};

#define KVM_PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

#endif
