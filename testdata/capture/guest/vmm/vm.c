// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

/* where no slot is: the three pages of real mode's task state and the one of its page table */
#define IDENTITY_MAP 0xfffbc000ul

void vmm_die(const char *what)
{
	printf("ORACLE failed: vmm: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	vmm_park();
}

void vmm_park(void)
{
	for (;;)
		pause();
}

int vmm_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		vmm_die(what);
	return ret;
}

void vmm_say(struct vmm *vm, const char *format, ...)
{
	va_list args;

	printf("ORACLE kvm %s ", vm->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void vmm_module(const char *format, ...)
{
	char text[64] = "kvm ";
	int fd = open("/proc/scen", O_WRONLY);
	va_list args;

	va_start(args, format);
	vsnprintf(text + 4, sizeof(text) - 4, format, args);
	va_end(args);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		vmm_die(text);
	close(fd);
}

void vmm_create(struct vmm *vm, const char *name, int direct_bit)
{
	uint64_t identity = IDENTITY_MAP;

	vm->name = name;
	vm->kvm = open("/dev/kvm", O_RDWR);
	if (vm->kvm < 0)
		vmm_die("/dev/kvm");
	vm->fd = vmm_ioctl(vm->kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	vmm_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity, "KVM_SET_IDENTITY_MAP_ADDR");
	vmm_ioctl(vm->fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	if (direct_bit) {
		vmm_module("mirror %d %d", vm->fd, direct_bit);
		vm->direct = 1ull << direct_bit;
	}
	vmm_say(vm, "vm pid=%d fd=%d direct=%#llx", getpid(), vm->fd,
		(unsigned long long)vm->direct);
}

void *vmm_ram(size_t size, int flags)
{
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	if (ram == MAP_FAILED)
		vmm_die("mmap");
	if (!flags)
		madvise(ram, size, MADV_NOHUGEPAGE);
	return ram;
}

static int add_gmem(struct vmm *vm, struct kvm_userspace_memory_region2 *region)
{
	struct kvm_create_guest_memfd gmem = { .size = region->memory_size };
	int fd = vmm_ioctl(vm->fd, KVM_CREATE_GUEST_MEMFD, &gmem, "KVM_CREATE_GUEST_MEMFD");

	region->flags |= KVM_MEM_GUEST_MEMFD;
	region->guest_memfd = (uint32_t)fd;
	return fd;
}

void vmm_add_slot(struct vmm *vm, uint64_t gpa, uint64_t size, void *hva, uint32_t flags,
		  int with_gmem)
{
	/* the older request's structure is the beginning of the newer one's */
	struct kvm_userspace_memory_region2 region = {
		.slot = (uint32_t)vm->nslots, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)hva,
	};
	struct vmm_slot *slot = &vm->slots[vm->nslots];

	*slot = (struct vmm_slot){ gpa, size, hva, -1 };
	if (with_gmem)
		slot->gmem = add_gmem(vm, &region);
	vmm_ioctl(vm->fd, with_gmem ? KVM_SET_USER_MEMORY_REGION2 : KVM_SET_USER_MEMORY_REGION,
		  &region, "KVM_SET_USER_MEMORY_REGION");
	vmm_say(vm, "slot id=%d gpa=%#lx size=%#lx hva=%p flags=%#x gmem=%d", vm->nslots++, gpa,
		size, hva, region.flags, slot->gmem);
}

void vmm_delete_slot(struct vmm *vm, int id)
{
	struct kvm_userspace_memory_region none = { .slot = (uint32_t)id };

	vmm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &none, "delete a slot");
	vmm_say(vm, "deleted id=%d", id);
}

uint8_t *vmm_hva(struct vmm *vm, uint64_t gpa)
{
	int i;

	for (i = 0; i < vm->nslots; i++)
		if (gpa - vm->slots[i].gpa < vm->slots[i].size)
			return vm->slots[i].hva + (gpa - vm->slots[i].gpa);
	return NULL;
}
