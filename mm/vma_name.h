/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_name - an area as /proc/PID/maps shows it: its name, its rights, and the gate area that is
 * in no tree.
 *
 * Sources: fs/proc/task_mmu.c (show_map_vma, get_vma_name), mm/mmap.c (special_mapping_name),
 * arch/x86/entry/vsyscall/vsyscall_64.c, arch/arm/kernel/process.c (get_gate_vma).
 */
#ifndef CAIRN_MM_VMA_NAME_H
#define CAIRN_MM_VMA_NAME_H

#include "lib/kern/path.h"
#include "mm/vma.h"

/* include/linux/mm.h: these have kept their places */
#define VM_READ       UINT64_C(0x1)
#define VM_WRITE      UINT64_C(0x2)
#define VM_EXEC       UINT64_C(0x4)
#define VM_SHARED     UINT64_C(0x8)
#define VM_MAYSHARE   UINT64_C(0x80)
#define VM_GROWSDOWN  UINT64_C(0x100)
#define VM_LOCKED     UINT64_C(0x2000)

struct vma_namer {
	struct cairn *c;
	struct arena *arena;
	struct paths paths;
	bool has_paths;
	struct cairn_err no_paths;  /* why not */
	struct shape ops, special, anon;
	bool has_ops, has_special, anon_in_union, has_anon, anon_with_file;
	uint64_t anon_at;           /* offset of anon_name in struct vm_area_struct */
	bool heap_inside;           /* the heap's name needs an overlap, not a touch */
	struct map names;           /* struct vm_operations_struct -> what names its areas */
};

/** Memory from the arena. */
enum cairn_code vma_namer_init(struct vma_namer *n, const struct vma_shape *vs,
			       struct arena *arena, struct cairn_err *err);
void vma_namer_deinit(struct vma_namer *n);

/** The name of an area, NULL: none, or why it cannot be told in *fault (NULL: it has none).
 *  *file gets where its file lies, or NULL. What comes back lives as long as the arena. */
const char *vma_name(struct vma_namer *n, const struct mm *mm, const struct vma *v,
		     const struct path **file, const struct cairn_err **fault);

/** "r-xp", NUL-terminated. */
void vma_perms(uint64_t flags, char ret[5]);

/** The area behind all others that belongs to no tree: [vsyscall], [vectors]. False: none. */
bool vma_gate(struct vma_namer *n, const struct vma_shape *vs, const struct mm *mm,
	      struct vma *ret);

#endif
