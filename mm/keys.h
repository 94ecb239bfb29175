/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys - where the kernel's key rings keep what is secret.
 *
 * Every key is in the tree key_serial_tree (security/keys/key.c). A key is its struct key, its
 * description, and up to four payload pointers (include/linux/key.h, union key_payload), of
 * which each leads to one allocation, most often struct user_key_payload
 * (include/keys/user-type.h).
 */
#ifndef CAIRN_MM_KEYS_H
#define CAIRN_MM_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "mm/page.h"

/** Kernel memory [va, va + len). */
typedef void keys_fn(void *arg, uint64_t va, uint64_t len);

/** Report all that key rings keep: each struct key, its description, and the objects that its
 *  payload points to, whole; up to the end of its page one that is no slab object. A kernel
 *  without key rings has none. Any key that might have been missed is an error. */
enum cairn_code keys_each(struct cairn *c, const struct page_map *m, keys_fn *fn, void *arg,
			  struct cairn_err *err);

#endif
