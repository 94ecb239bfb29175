// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs that fill a TDP MMU's tables with all that there is. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "touch.h"

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#define MAP_HUGE_1GB (30 << 26)
#endif
#define HUGE_2M (MAP_HUGETLB | MAP_HUGE_2MB)
#define HUGE_1G (MAP_HUGETLB | MAP_HUGE_1GB)

/* in no slot */
#define GPA_DEVICE 0xc0000000ul

/* Slot by slot: small pages, 2 MiB, 1 GiB, a second table of the third level, read-only, and one
   whose dirty pages are logged. */
static void plain_slots(struct vmm *vm)
{
	vmm_add_slot(vm, 0, 4 * MIB, vmm_ram(4 * MIB, 0), 0, 0);
	vmm_add_slot(vm, 4 * GIB, 4 * MIB, vmm_ram(4 * MIB, HUGE_2M), 0, 0);
	vmm_add_slot(vm, 8 * GIB, GIB, vmm_ram(GIB, HUGE_1G), 0, 0);
	vmm_add_slot(vm, 512 * GIB, 2 * MIB, vmm_ram(2 * MIB, 0), 0, 0);
	vmm_add_slot(vm, 16 * GIB, MIB, vmm_ram(MIB, 0), KVM_MEM_READONLY, 0);
	vmm_add_slot(vm, 20 * GIB, MIB, vmm_ram(MIB, 0), KVM_MEM_LOG_DIRTY_PAGES, 0);
	memset(vm->slots[4].hva, 0x5a, MIB);
}

static void plain_touches(struct vmm *vm)
{
	uint64_t i;

	for (i = 0; i < 128; i++)
		touch(vm, 0, MIB + i * 2 * VMM_PAGE, i % 3 ? TOUCH_WRITE : TOUCH_READ);
	touch(vm, 0, 2 * MIB, TOUCH_EXEC);
	touch(vm, 0, 4 * GIB + 0x123000, TOUCH_WRITE);
	touch(vm, 0, 4 * GIB + 2 * MIB + 0x5000, TOUCH_READ);
	touch(vm, 0, 8 * GIB + 0x7654000, TOUCH_WRITE);
	for (i = 0; i < 8; i++)
		touch(vm, 0, 16 * GIB + i * 0x3000, TOUCH_READ);
	for (i = 0; i < 8; i++)
		touch(vm, 0, 20 * GIB + i * 0x5000, TOUCH_WRITE);
	touch(vm, 0, GPA_DEVICE, TOUCH_READ);
	for (i = 0; i < 64; i++)
		touch(vm, 1, 512 * GIB + i * 0x7000, i & 1 ? TOUCH_WRITE : TOUCH_READ);
}

static void say_dirty(struct vmm *vm, uint32_t slot)
{
	uint64_t *bitmap = vmm_ram(VMM_PAGE, 0);
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = bitmap };

	vmm_ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log, "KVM_GET_DIRTY_LOG");
	vmm_say(vm, "dirty slot=%u word0=%#lx", slot, bitmap[0]);
}

/* Before 5.19 there is no such thing: huge pages that code runs in are split in every VM. */
static void allow_huge_code(struct vmm *vm)
{
	struct kvm_enable_cap no_nx = { .cap = KVM_CAP_VM_DISABLE_NX_HUGE_PAGES };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &no_nx) && errno != EINVAL)
		vmm_die("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES");
}

/* leaves of every size, a read-only and a logged slot, a device's page */
static void plain(struct vmm *vm)
{
	vmm_create(vm, "plain", 0);
	allow_huge_code(vm);
	plain_slots(vm);
	touch_setup(vm);
	touch_add_vcpu(vm, 0);
	touch_add_vcpu(vm, 1);
	plain_touches(vm);
	touch_run(vm, 2, 0);
	say_dirty(vm, 5);
	touch_say(vm);
}

/* of two huge pages one is executed and split, the other stays and cannot be executed */
static void nx(struct vmm *vm)
{
	vmm_create(vm, "nx", 0);
	vmm_add_slot(vm, 0, 4 * MIB, vmm_ram(4 * MIB, 0), 0, 0);
	vmm_add_slot(vm, 4 * GIB, 4 * MIB, vmm_ram(4 * MIB, HUGE_2M), 0, 0);
	touch_setup(vm);
	touch_add_vcpu(vm, 0);
	touch(vm, 0, 4 * GIB + 0x10000, TOUCH_WRITE);
	touch(vm, 0, 4 * GIB + 2 * MIB + 0x20000, TOUCH_EXEC);
	touch(vm, 0, 4 * GIB + 2 * MIB + 0x31000, TOUCH_READ);
	touch_run(vm, 1, 0);
	touch_say(vm);
}

/* a slot is deleted while the vCPU does not run: its root is obsolete, and still held */
static void slotdel(struct vmm *vm)
{
	uint64_t i;

	vmm_create(vm, "slotdel", 0);
	vmm_add_slot(vm, 0, 4 * MIB, vmm_ram(4 * MIB, 0), 0, 0);
	vmm_add_slot(vm, 4 * GIB, MIB, vmm_ram(MIB, 0), 0, 0);
	touch_setup(vm);
	touch_add_vcpu(vm, 0);
	for (i = 0; i < 16; i++)
		touch(vm, 0, 4 * GIB + i * VMM_PAGE, TOUCH_WRITE);
	touch_run(vm, 1, 1);
	touch_say(vm);
	vmm_delete_slot(vm, 1);
}

static void set_private(struct vmm *vm, uint64_t gpa, uint64_t size)
{
	struct kvm_memory_attributes range = {
		.address = gpa, .size = size, .attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};

	vmm_ioctl(vm->fd, KVM_SET_MEMORY_ATTRIBUTES, &range, "KVM_SET_MEMORY_ATTRIBUTES");
	vmm_say(vm, "private gpa=%#lx size=%#lx", gpa, size);
}

static void prefault(struct vmm *vm, uint64_t gpa, uint64_t size)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = size };

	while (range.size)
		if (ioctl(vm->vcpu[0], KVM_PRE_FAULT_MEMORY, &range) < 0 && errno != EINTR &&
		    errno != EAGAIN)
			vmm_die("KVM_PRE_FAULT_MEMORY");
	vmm_say(vm, "prefault gpa=%#lx size=%#lx", gpa, size);
}

static void prefault_shared(struct vmm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t at;

	prefault(vm, gpa, size);
	for (at = gpa; at < gpa + size; at += VMM_PAGE)
		vmm_say(vm, "prefaulted gfn=%#lx pfn=%#lx", at / VMM_PAGE,
			vmm_pfn(vmm_hva(vm, at)));
}

/* The module says where the pages of a slot's private memory lie. */
static void say_gmem(struct vmm *vm, int slot)
{
	vmm_module("gmem %d %lu %d %#lx %s", vm->slots[slot].gmem,
		   vm->slots[slot].size / VMM_PAGE, slot, vm->slots[slot].gpa / VMM_PAGE, vm->name);
}

/* the direct bit of TDX with 48-bit guest addresses; both roots are filled, no vCPU ever runs */
static void mirror47(struct vmm *vm)
{
	vmm_create(vm, "mirror47", 47);
	vmm_add_slot(vm, 0, 8 * MIB, vmm_ram(8 * MIB, 0), 0, 1);
	vmm_add_slot(vm, 512 * GIB, 4 * MIB, vmm_ram(4 * MIB, 0), 0, 1);
	vmm_add_vcpu(vm, 0, NULL);
	set_private(vm, 4 * MIB, 2 * MIB);
	set_private(vm, 512 * GIB, MIB);
	prefault(vm, 4 * MIB, 64 * VMM_PAGE);
	prefault(vm, 5 * MIB + 0x7000, VMM_PAGE);
	prefault(vm, 512 * GIB + 0x40000, 16 * VMM_PAGE);
	prefault_shared(vm, 0, 32 * VMM_PAGE);
	prefault_shared(vm, 512 * GIB + 2 * MIB, 8 * VMM_PAGE);
	say_gmem(vm, 0);
	say_gmem(vm, 1);
}

static void mirror39_touches(struct vmm *vm)
{
	uint64_t i;

	for (i = 0; i < 100; i++)
		touch(vm, 0, MIB + i * VMM_PAGE, i & 1 ? TOUCH_WRITE : TOUCH_READ);
	touch(vm, 0, 4 * GIB + 0x5000, TOUCH_WRITE);
	touch_spin(vm, 0);
	for (i = 0; i < 50; i++)
		touch(vm, 1, 2 * MIB + i * 0x3000, TOUCH_WRITE);
	touch_spin(vm, 1);
}

/* two vCPUs run on the direct root, whose bit is one that the machine's addresses have */
static void mirror39(struct vmm *vm)
{
	vmm_create(vm, "mirror39", 39);
	vmm_add_slot(vm, 0, 8 * MIB, vmm_ram(8 * MIB, 0), 0, 1);
	vmm_add_slot(vm, 4 * GIB, 4 * MIB, vmm_ram(4 * MIB, HUGE_2M), 0, 0);
	touch_setup(vm);
	touch_add_vcpu(vm, 0);
	touch_add_vcpu(vm, 1);
	set_private(vm, 4 * MIB, 2 * MIB);
	prefault(vm, 4 * MIB, 100 * VMM_PAGE);
	mirror39_touches(vm);
	touch_run(vm, 2, 1);
	touch_say(vm);
	say_gmem(vm, 0);
}

static void small_mirror(struct vmm *vm, const char *name)
{
	vmm_create(vm, name, 47);
	vmm_add_slot(vm, 0, 8 * MIB, vmm_ram(8 * MIB, 0), 0, 1);
	vmm_add_vcpu(vm, 0, NULL);
	set_private(vm, 4 * MIB, 2 * MIB);
	prefault_shared(vm, 0, 4 * VMM_PAGE);
}

static void frozen(struct vmm *vm)
{
	small_mirror(vm, "frozen");
	vmm_say(vm, "freezes gfn=%#lx", 4 * MIB / VMM_PAGE + 5);
}

/* KVM dies while it has an entry of the mirror root frozen, its mmu_lock held */
static void freeze(struct vmm *vm)
{
	vmm_module("hook %d", 6);
	prefault(vm, 4 * MIB, 16 * VMM_PAGE);
}

static void hugeleaf(struct vmm *vm)
{
	small_mirror(vm, "hugeleaf");
	prefault(vm, 4 * MIB, 16 * VMM_PAGE);
	say_gmem(vm, 0);
}

/* an entry of the mirror root becomes a huge page, which KVM takes for a bug of its own when it comes
   by */
static void make_huge(struct vmm *vm)
{
	vmm_module("huge %d %#lx", vm->fd, 4 * MIB / VMM_PAGE);
	prefault(vm, 4 * MIB + 32 * VMM_PAGE, VMM_PAGE);
}

/* `last` is what the kernel dies of: done upon SIGUSR2. */
static const struct {
	const char *name;
	void (*make)(struct vmm *vm);
	void (*last)(struct vmm *vm);
} kinds[] = {
	{ "plain", plain, NULL }, { "nx", nx, NULL }, { "slotdel", slotdel, NULL },
	{ "mirror47", mirror47, NULL }, { "mirror39", mirror39, NULL },
	{ "frozen", frozen, freeze }, { "hugeleaf", hugeleaf, make_huge },
};

static void wait_for_order(void)
{
	sigset_t orders;
	int number;

	sigemptyset(&orders);
	sigaddset(&orders, SIGUSR2);
	sigwait(&orders, &number);
}

/* Before there are threads. */
static void block_order(void)
{
	sigset_t orders;

	sigemptyset(&orders);
	sigaddset(&orders, SIGUSR2);
	sigprocmask(SIG_BLOCK, &orders, NULL);
}

void vmm_tdp(const char *name)
{
	static struct vmm vm;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		block_order();
		kinds[i].make(&vm);
		vmm_say_stats(&vm);
		vmm_say(&vm, "parked");
		wait_for_order();
		if (kinds[i].last)
			kinds[i].last(&vm);
		vmm_park();
	}
	errno = EINVAL;
	vmm_die(name);
}
