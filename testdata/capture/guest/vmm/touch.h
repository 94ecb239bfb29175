/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of a few instructions in long mode that touches the addresses of a list, one list a vCPU.
 * Virtual addresses are physical ones, up to 1 TiB, in the direct half if there is one. The VM's
 * first slot must begin at 0 and hold VMM_GUEST bytes at least.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include "vmm.h"

#define VMM_GUEST MIB

/* What the guest does at an address; SPIN: says there that it is done, and leaves guest mode no
   more. The numbers are known to the guest. */
enum touch_op { TOUCH_END, TOUCH_READ, TOUCH_WRITE, TOUCH_EXEC, TOUCH_SPIN };

/* Page tables and code into the first slot. */
void touch_setup(struct vmm *vm);

/* A vCPU that will run it. */
void touch_add_vcpu(struct vmm *vm, int n);

/* Add to a vCPU's list. */
void touch(struct vmm *vm, int n, uint64_t gpa, enum touch_op op);
void touch_spin(struct vmm *vm, int n);

/*
 * Let `ncpu` vCPUs run their lists, one after another, each in a thread. Behind its list a vCPU
 * halts, or spins in the guest; with `stop`, and where vCPU 0 would spin, it is left in user space.
 */
void touch_run(struct vmm *vm, int ncpu, int stop);

/* Where each touched page lies. */
void touch_say(struct vmm *vm);

#endif
