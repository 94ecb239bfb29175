/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux in a VM: what it needs to boot with two CPUs and a console, and no more. No firmware, no
 * PCI, no disk (Documentation/arch/x86/boot.rst, the 32-bit entry).
 */
#ifndef LINUX_GUEST_H
#define LINUX_GUEST_H

#include "vmm.h"

/* Kernel and initial file system into the VM's first slot, which is all of its memory. */
void linux_load(struct vmm *vm, const char *kernel, const char *initrd);

/* Intel's MultiProcessor table (specification 1.4), by which Linux finds its CPUs; the address of
   its pointer, up to which from 0 on memory is free. */
#define LINUX_MP_TABLE 0x9fc00ul
void linux_mp_table(uint8_t *ram);

/* Run both vCPUs, each in a thread. `line` is called for each line of the guest's console. */
void linux_run(struct vmm *vm, void (*line)(struct vmm *vm, const char *text));

/* Take a vCPU out of the guest and leave it in user space for good; say its registers. */
void linux_stop(struct vmm *vm, int n);

/* Have a vCPU that goes on say its registers. */
void linux_say_regs(struct vmm *vm, int n);

#endif
