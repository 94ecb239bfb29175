/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm: virtual machines whose memory is known, for dumps of a KVM host (x86_64).
 *
 *   vmm plain|nx|slotdel|mirror47|mirror39|frozen|hugeleaf  a VM of a few instructions (tdp.c)
 *   vmm apf|apfloop KERNEL INITRD MIB               Linux in one, some pages taken away (apf.c)
 *
 * Each says on standard output, in lines "ORACLE kvm VM EVENT key=value …", what KVM was asked
 * for and which host page each guest page lies in, then "ORACLE kvm VM parked", and sleeps:
 *
 *   vm pid fd direct                the process; the guest-physical bit of the direct half, or 0
 *   slot id gpa size hva flags gmem
 *   page vcpu op gfn pfn            what a vCPU touched, how (read, write, exec), and where it
 *                                   lies; pfn=0: nowhere, it is a device's
 *   private gpa size                the attribute of this range
 *   prefault gpa size, prefaulted gfn pfn
 *   gmem slot gfn pfn               the page of a guest_memfd (said by the module)
 *   stat NAME                       of KVM's debugfs: pages_4k, pages_2m, pages_1g
 *   done vcpu how                   halted: in HLT; spins: in the guest; stopped: in user space
 */
#ifndef VMM_H
#define VMM_H

#include <stddef.h>
#include <stdint.h>

#include "kvm_new.h"

#define KIB 1024ul
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)
#define VMM_PAGE 4096ul

#define VMM_SLOTS 8
#define VMM_VCPUS 2

struct vmm_slot {
	uint64_t gpa, size;
	uint8_t *hva;
	int gmem;		/* file of its private memory, or -1 */
};

struct vmm {
	const char *name;
	int kvm, fd, vcpu[VMM_VCPUS];
	struct kvm_run *run[VMM_VCPUS];
	uint64_t direct;
	struct vmm_slot slots[VMM_SLOTS];
	int nslots;
};

/* vm.c: all of these end the process's work, and say so, if KVM refuses */
_Noreturn void vmm_die(const char *what);
_Noreturn void vmm_park(void);
int vmm_ioctl(int fd, unsigned long request, void *arg, const char *what);
__attribute__((format(printf, 2, 3))) void vmm_say(struct vmm *vm, const char *format, ...);

/* Have the module do something with the VM: "kvm FORMAT…" to /proc/scen. */
__attribute__((format(printf, 1, 2))) void vmm_module(const char *format, ...);

/* A VM with interrupt chips. direct_bit: have the module make it one with a mirrored TDP whose
   direct half has this guest-physical bit; 0: an ordinary one. */
void vmm_create(struct vmm *vm, const char *name, int direct_bit);

/* `size` bytes of zeroed memory in pages of 4 KiB or (flags of mmap(2)) huge ones. */
void *vmm_ram(size_t size, int flags);

/* with_gmem: private memory of its own beside it. The slot's number is that of slots[]. */
void vmm_add_slot(struct vmm *vm, uint64_t gpa, uint64_t size, void *hva, uint32_t flags,
		  int with_gmem);
void vmm_delete_slot(struct vmm *vm, int id);

/* Where the guest's physical address lies in this process; NULL: in no slot. */
uint8_t *vmm_hva(struct vmm *vm, uint64_t gpa);

/* vcpu.c: a vCPU that knows what KVM supports, but for what `edit` (or NULL) changes. */
void vmm_add_vcpu(struct vmm *vm, int n, void (*edit)(struct kvm_cpuid_entry2 *entry, int n));

/* Flat segments; `code` is what differs between modes. */
void vmm_segments(struct kvm_sregs *sregs, struct kvm_segment code);

/* truth.c: the host page that a touched address of this process lies in, 0 if in none. */
uint64_t vmm_pfn(const void *address);

/* What KVM counts of this VM, as far as it does. */
void vmm_say_stats(struct vmm *vm);

/* tdp.c, apf.c: do not return */
_Noreturn void vmm_tdp(const char *name);
_Noreturn void vmm_apf(const char *name, const char *kernel, const char *initrd, const char *mib);

#endif
