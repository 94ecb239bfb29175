/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kfence - objects that KFENCE guards: each alone on a page, with pages before and behind that
 * nothing is mapped at.
 *
 * Sources: mm/kfence/core.c (addr_to_metadata()), mm/kfence/kfence.h.
 */
#ifndef CAIRN_MM_KFENCE_H
#define CAIRN_MM_KFENCE_H

#include <stdint.h>

#include "lib/kern/session.h"

enum kfence_state { KFENCE_OTHER, KFENCE_UNUSED, KFENCE_ALLOCATED, KFENCE_FREED };

struct kfence_object {
	uint64_t addr, size;   /* of the object that is or was there last */
	uint64_t cache;        /* struct kmem_cache; 0: none */
	uint64_t meta;         /* struct kfence_metadata */
	enum kfence_state state;
};

/** The object on the page of a kernel address. CAIRN_NOTFOUND where KFENCE has none there: its data
 *  must name that page. CAIRN_MISSING: this kernel has no KFENCE, or no symbols for it. */
enum cairn_code kfence_object_at(struct cairn *c, uint64_t va, struct kfence_object *ret,
				 struct cairn_err *err);

#endif
