/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_flags - the names of vm_area_struct.vm_flags' bits.
 *
 * The names are those of include/linux/mm.h without VM_. Bits from 32 on move from release to
 * release and are numbered only.
 */
#ifndef CAIRN_MM_VMA_FLAGS_H
#define CAIRN_MM_VMA_FLAGS_H

#include <stdint.h>

/** The name of bit `i`, NULL: it has none that holds in all kernels. */
const char *vma_flag_name(unsigned i);

#endif
