/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab_sheaf - private to slab_free: the free objects in sheaves of CPUs and nodes, since 6.18. */
#ifndef CAIRN_MM_SLAB_SHEAF_H
#define CAIRN_MM_SLAB_SHEAF_H

#include "lib/kern/cpu.h"
#include "mm/slab_free.h"

/** Address of what a __percpu pointer is on a CPU. */
enum cairn_code slab_percpu(struct cairn *c, const struct cpu *cpu, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err);

/** As slab_each_kept(); nothing where this kernel has no sheaves. */
enum cairn_code slab_each_in_sheaves(struct cairn *c, uint64_t cache, slab_free_fn *fn, void *arg,
				     struct cairn_err *err);

#endif
