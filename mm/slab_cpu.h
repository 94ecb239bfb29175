/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_cpu - private to slab_free and caches: where a CPU keeps what it has of a slab cache.
 *
 * A __percpu pointer leads there, where the kernel's symbols say how. Where they name no data
 * (Debian's i386, ARM and arm64), the CPU's own area is known by what is in it (cpu_area.h), and a
 * struct kmem_cache_cpu in it proves itself: it names a slab of the cache, and its free objects lie
 * in that slab. One that has none is not found, nor missed.
 */
#ifndef CAIRN_MM_SLAB_CPU_H
#define CAIRN_MM_SLAB_CPU_H

#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "mm/slab.h"

/** The first thing that could not be read, or before others that is broken; err NULL: nobody asks
 *  what. */
struct slab_lack {
	enum cairn_code code;
	struct cairn_err *err;
};

static inline void slab_lack_note(struct slab_lack *l, enum cairn_code code,
				  const struct cairn_err *why)
{
	if (!code || l->code == CAIRN_CORRUPT || (l->code && code != CAIRN_CORRUPT))
		return;
	l->code = code;
	if (l->err)
		*l->err = *why;
}

/** Address of what a __percpu pointer is on a CPU. CAIRN_MISSING where nothing says so. */
enum cairn_code slab_percpu(struct cairn *c, const struct cpu *cpu, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err);

/** Members of struct kmem_cache_cpu. */
enum slab_cpu_member { SLAB_CPU_FREELIST, SLAB_CPU_SLAB, SLAB_CPU_PARTIAL, SLAB_CPU_N };

/** CAIRN_MISSING: this kernel has none, or not all of its members. Partial slabs are left out where
 *  it keeps none for CPUs. */
enum cairn_code slab_cpu_shape(struct shape *s, struct cairn *c, struct cairn_err *err);

/** A CPU's struct kmem_cache_cpu of a cache; `ptr` is the cache's cpu_slab. CAIRN_MISSING: not
 *  known, or none is found. */
enum cairn_code slab_cpu_of(struct cairn *c, const struct page_map *m, const struct shape *s,
			    const struct cpu *cpu, uint64_t cache, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err);

#endif
