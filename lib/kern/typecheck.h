/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * typecheck - whether types belong to the dumped kernel, where no build-id can tell (bare
 * BTF): VMCOREINFO has the sizes and offsets of some forty structs of the true ones.
 */
#ifndef CAIRN_KERN_TYPECHECK_H
#define CAIRN_KERN_TYPECHECK_H

#include "lib/debug/type.h"
#include "lib/image/vmcoreinfo.h"

/** Hold the SIZE() and OFFSET() lines against the types of one provider. CAIRN_USAGE names
 *  the first that contradicts; structs that the types do not have are passed over.
 *  *agreed (may be NULL) gets how many lines agreed. */
enum cairn_code typecheck(struct type_provider *p, const struct vmcoreinfo *v, size_t *agreed,
			  struct cairn_err *err);

#endif
