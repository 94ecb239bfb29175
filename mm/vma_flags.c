/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma_flags.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/debug/shape.h"

/* These have kept their places. */
static const char *const names[VMA_FLAGS_N] = {
	"READ", "WRITE", "EXEC", "SHARED", "MAYREAD", "MAYWRITE", "MAYEXEC", "MAYSHARE",
	"GROWSDOWN", "UFFD_MISSING", "PFNMAP",
	NULL, /* DENYWRITE up to 5.15, later MAYBE_GUARD */
	"UFFD_WP", "LOCKED", "IO", "SEQ_READ", "RAND_READ", "DONTCOPY", "DONTEXPAND",
	"LOCKONFAULT", "ACCOUNT", "NORESERVE", "HUGETLB", "SYNC", "ARCH_1", "WIPEONFORK",
	"DONTDUMP", "SOFTDIRTY", "MIXEDMAP", "HUGEPAGE", "NOHUGEPAGE", "MERGEABLE",
	[39] = "ALLOW_ANY_UNCACHED", [40] = "DROPPABLE", [41] = "UFFD_MINOR", [42] = "SEALED",
	[63] = "SEALED", /* until 6.15 */
};

static void name_bit(struct vma_flags *f, unsigned i, const char *name)
{
	if (!*f->name[i])
		snprintf(f->name[i], sizeof(f->name[i]), "%s", name);
}

/* ---- the kernel's own ---- */

enum { P_MASK, P_NAME, P_N };
static const struct shape_want print_want = {
	"struct trace_print_flags", P_N, { [P_MASK] = "mask", [P_NAME] = "name" },
};

#define ROWS 96

/* What is no name is none: a damaged dump has any bytes there. */
static bool make_upper(char *name)
{
	for (char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
		*p = (char)toupper((unsigned char)*p);
	}
	return *name;
}

static void name_row(struct vma_flags *f, struct cairn *c, uint64_t mask, uint64_t at)
{
	char name[VMA_FLAG_NAME];
	unsigned bit = 0;

	while (bit < VMA_FLAGS_N - 1 && mask >> bit != 1)
		bit++;
	if (mask == UINT64_C(1) << bit && !space_text(&c->kernel, at, name, sizeof(name), NULL) &&
	    make_upper(name))
		name_bit(f, bit, name);
}

static void ask_kernel(struct vma_flags *f, struct cairn *c)
{
	struct shape s;
	uint64_t at;

	if (sym_addr(&c->syms, "vmaflag_names", &at, NULL) ||
	    shape_resolve(&s, &print_want, &c->types, NULL) || !shape_has(&s, P_MASK) ||
	    !shape_has(&s, P_NAME))
		return;
	for (unsigned i = 0; i < ROWS; i++, at += s.size) {
		struct object o;
		bool more = !object_read(&o, &s, &c->kernel, at, NULL) && object_get(&o, P_NAME);

		if (more)
			name_row(f, c, object_get(&o, P_MASK), object_get(&o, P_NAME));
		object_done(&o);
		if (!more)
			return;
	}
}

/* ---- by what it can do ---- */

static bool has_member(struct cairn *c, const char *type, const char *path)
{
	const struct type *t = type_find(&c->types, type, NULL);
	struct member m;

	return t && (!path || type_member(t, path, &m));
}

/* VM_HIGH_ARCH_0 and on. */
static void ask_types(struct vma_flags *f, struct cairn *c)
{
	bool x86 = c->arch && c->arch->id == ARCH_X86_64;
	bool arm64 = c->arch && c->arch->id == ARCH_ARM64;
	char name[VMA_FLAG_NAME];

	for (unsigned i = 0; (x86 || arm64) && i < 4; i++) {
		snprintf(name, sizeof(name), "PKEY_BIT%u", i);
		name_bit(f, 32 + i, name);
	}
	if (x86 && has_member(c, "struct thread_shstk", NULL))
		name_bit(f, 37, "SHADOW_STACK");
	if (arm64) {
		name_bit(f, 36, "MTE");
		name_bit(f, 37, "MTE_ALLOWED");
	}
	if (arm64 && has_member(c, "struct thread_struct", "gcspr_el0"))
		name_bit(f, 38, "SHADOW_STACK");
	/* the list went some releases after the flag, which none had between */
	if (has_member(c, "struct mm_struct", "mmap"))
		name_bit(f, 11, "DENYWRITE");
}

void vma_flags_init(struct vma_flags *f, struct cairn *c)
{
	*f = (struct vma_flags){ 0 };
	for (unsigned i = 0; i < 32; i++)
		if (names[i])
			name_bit(f, i, names[i]);
	ask_kernel(f, c);
	ask_types(f, c);
	for (unsigned i = 32; i < VMA_FLAGS_N; i++)
		if (names[i])
			name_bit(f, i, names[i]);
}

const char *vma_flag_name(const struct vma_flags *f, unsigned i)
{
	return i < VMA_FLAGS_N && *f->name[i] ? f->name[i] : NULL;
}
