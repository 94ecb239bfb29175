/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf - types from BTF, through libbpf: the kernel's own in the dump, a module's split
 * BTF, or a standalone file.
 *
 * Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h. libbpf parses and bounds the
 * sections; what it hands out is still untrusted (ids may dangle, names may be missing).
 */
#ifndef CAIRN_DEBUG_BTF_H
#define CAIRN_DEBUG_BTF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/debug/nameindex.h"
#include "lib/debug/type.h"

struct btf_provider;

/** A provider over a blob (copied). `base`: the kernel's BTF for a module's split one, or
 *  NULL. `index`: a kept index over the same blob (of type ids less the blob's first; it
 *  depends on the blob alone), borrowed for the provider's life, or NULL to build one.
 *  `word`: bytes of a pointer. The name is copied. */
enum cairn_code btf_provider_new(struct btf_provider **ret, const char *name, const void *data,
				 size_t size, struct btf_provider *base,
				 const struct nameindex *index, uint8_t word,
				 struct cairn_err *err);

/** To add to struct types, which then closes it. */
struct type_provider *btf_types(struct btf_provider *b);

/** The index, for keeping. Borrowed. */
struct nameindex btf_provider_index(const struct btf_provider *b);

/** Whether the bytes begin like BTF of this byte order (magic 0xeb9f). */
int btf_is(const void *data, size_t size);

#endif
