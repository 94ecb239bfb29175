/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma_flags.h"

#include <stddef.h>

static const char *const names[] = {
	"READ", "WRITE", "EXEC", "SHARED", "MAYREAD", "MAYWRITE", "MAYEXEC", "MAYSHARE",
	"GROWSDOWN", "UFFD_MISSING", "PFNMAP",
	NULL, /* DENYWRITE up to 5.15, later MAYBE_GUARD */
	"UFFD_WP", "LOCKED", "IO", "SEQ_READ", "RAND_READ", "DONTCOPY", "DONTEXPAND",
	"LOCKONFAULT", "ACCOUNT", "NORESERVE", "HUGETLB", "SYNC", "ARCH_1", "WIPEONFORK",
	"DONTDUMP", "SOFTDIRTY", "MIXEDMAP", "HUGEPAGE", "NOHUGEPAGE", "MERGEABLE",
};

const char *vma_flag_name(unsigned i)
{
	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}
