/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma_name.h"

#include <string.h>

#define NAME_LIMIT 128

/* arch/x86/include/asm/mmu.h: MM_CONTEXT_HAS_VSYSCALL; vsyscall_64.c: NONE of vsyscall_mode */
#define CONTEXT_HAS_VSYSCALL UINT64_C(2)
#define VSYSCALL_NONE 2

/* arch/arm/include/asm/page.h, arch/arm/kernel/process.c */
#define ARM_VECTORS UINT64_C(0xffff0000)
#define ARM_PAGE    UINT64_C(0x1000)

enum { O_NAME, O_N };
static const struct shape_want ops_want = {
	"struct vm_operations_struct", O_N, { [O_NAME] = "name" },
};

enum { S_NAME, S_N };
static const struct shape_want special_want = {
	"struct vm_special_mapping", S_N, { [S_NAME] = "name" },
};

enum { A_NAME, A_SHARED, A_N };
static const struct shape_want vma_want = {
	"struct vm_area_struct", A_N, { [A_NAME] = "anon_name", [A_SHARED] = "shared" },
};

enum { N_NAME, N_N };
static const struct shape_want anon_want = {
	"struct anon_vma_name", N_N, { [N_NAME] = "name" },
};

enum cairn_code vma_namer_init(struct vma_namer *n, const struct vma_shape *vs,
			       struct arena *arena, struct cairn_err *err)
{
	struct types *ts = &vs->c->types;
	struct shape vma;

	(void)err;
	*n = (struct vma_namer){ .c = vs->c, .arena = arena };
	n->has_paths = !paths_init(&n->paths, vs->c, arena, &n->no_paths);
	n->has_ops = !shape_resolve(&n->ops, &ops_want, ts, NULL) && shape_has(&n->ops, O_NAME);
	n->has_special = !shape_resolve(&n->special, &special_want, ts, NULL) &&
			 shape_has(&n->special, S_NAME);
	n->has_anon = !shape_resolve(&vma, &vma_want, ts, NULL) && shape_has(&vma, A_NAME) &&
		      !shape_resolve(&n->anon, &anon_want, ts, NULL) && shape_has(&n->anon, N_NAME);
	if (n->has_anon) {
		n->anon_at = vma.m[A_NAME].offset;
		/* up to 6.1 it lies over what files need, and only an area without one has it */
		n->anon_with_file = shape_has(&vma, A_SHARED) &&
				    vma.m[A_SHARED].offset != n->anon_at;
	}
	/* 11250fd12eb8 (6.6), which also brought struct ptdesc */
	n->heap_inside = type_find(ts, "struct ptdesc", NULL);
	return CAIRN_OK;
}

void vma_namer_deinit(struct vma_namer *n)
{
	paths_deinit(&n->paths);
	map_deinit(&n->names);
}

void vma_perms(uint64_t flags, char ret[5])
{
	ret[0] = flags & VM_READ ? 'r' : '-';
	ret[1] = flags & VM_WRITE ? 'w' : '-';
	ret[2] = flags & VM_EXEC ? 'x' : '-';
	ret[3] = flags & VM_MAYSHARE ? 's' : 'p';
	ret[4] = '\0';
}

/* ---- names ---- */

static const char *text_at(struct vma_namer *n, uint64_t at, const char *look)
{
	char buf[NAME_LIMIT];

	if (!at || space_text(&n->c->kernel, at, buf, sizeof(buf), NULL))
		return NULL;
	return look ? arena_printf(n->arena, look, buf) : arena_strdup(n->arena, buf);
}

/* Which function of the area's operations names it. */
enum namer { NAMER_NONE, NAMER_SPECIAL, NAMER_GATE, NAMER_OTHER };

static enum namer namer_of(struct vma_namer *n, uint64_t ops)
{
	uint64_t fn, off, known;
	enum namer ret = NAMER_NONE;
	struct sym s;

	if (!ops || !n->has_ops)
		return NAMER_NONE;
	if (map_get(&n->names, ops, &known))
		return (enum namer)known;
	if (!shape_get(&n->ops, &n->c->kernel, ops, O_NAME, &fn, NULL) && fn)
		ret = !sym_at(&n->c->syms, fn, &s, &off)     ? NAMER_OTHER :
		      !strcmp(s.name, "special_mapping_name") ? NAMER_SPECIAL :
		      !strcmp(s.name, "gate_vma_name")	      ? NAMER_GATE :
								NAMER_OTHER;
	map_put(&n->names, ops, ret);
	return ret;
}

static const char *special_name(struct vma_namer *n, const struct vma *v)
{
	uint64_t at;

	if (!n->has_special || shape_get(&n->special, &n->c->kernel, v->hint, S_NAME, &at,
					 NULL))
		return NULL;
	return text_at(n, at, NULL);
}

static const char *anon_name(struct vma_namer *n, const struct vma *v, const char *look)
{
	uint64_t at = v->hint;

	if (!n->has_anon || (v->ops && space_word(&n->c->kernel, v->addr + n->anon_at, &at, NULL)) ||
	    !at)
		return NULL;
	return text_at(n, at + n->anon.m[N_NAME].offset, look);
}

static bool is_heap(const struct vma_namer *n, const struct mm *mm, const struct vma *v)
{
	uint64_t start = mm->v[MM_START_BRK], brk = mm->v[MM_BRK];

	return n->heap_inside ? v->start < brk && v->end > start : v->start <= brk && v->end >= start;
}

static const char *file_name(struct vma_namer *n, const struct vma *v, const struct path **file,
			     const struct cairn_err **fault)
{
	const char *ret = n->anon_with_file ? anon_name(n, v, "[anon_shmem:%s]") : NULL;

	if (!n->has_paths) {
		*fault = &n->no_paths;
		return ret;
	}
	*file = path_of_file(&n->paths, v->file);
	if (ret)
		return ret;
	if (!(*file)->name)
		*fault = &(*file)->fault;
	return (*file)->name;
}

const char *vma_name(struct vma_namer *n, const struct mm *mm, const struct vma *v,
		     const struct path **file, const struct cairn_err **fault)
{
	const char *ret = NULL;

	*file = NULL;
	*fault = NULL;
	if (v->fault)
		return NULL;
	if (v->file)
		return file_name(n, v, file, fault);
	switch (namer_of(n, v->ops)) {
	case NAMER_SPECIAL: ret = special_name(n, v); break;
	case NAMER_GATE: ret = "[vsyscall]"; break;
	default: break;
	}
	if (ret)
		return ret;
	if (v->start == ARM_VECTORS && !v->addr)
		return "[vectors]";
	if (is_heap(n, mm, v))
		return "[heap]";
	if (v->start <= mm->v[MM_START_STACK] && v->end >= mm->v[MM_START_STACK])
		return "[stack]";
	/* most areas are of no file and have no name: no word of theirs is read for it */
	return n->has_anon && !v->ops ? anon_name(n, v, "[anon:%s]") : NULL;
}

/* ---- the gate ---- */

static bool x86_gate(struct vma_namer *n, const struct vma_shape *vs, const struct mm *mm,
		     struct vma *ret)
{
	uint64_t at, mode_at;
	uint32_t mode;

	if (sym_addr(&n->c->syms, "gate_vma", &at, NULL) ||
	    sym_addr(&n->c->syms, "vsyscall_mode", &mode_at, NULL) ||
	    space_u32(&n->c->kernel, mode_at, &mode, NULL) || mode == VSYSCALL_NONE ||
	    !(mm->v[MM_CONTEXT_FLAGS] & CONTEXT_HAS_VSYSCALL))
		return false;
	return !vma_read(vs, at, ret, NULL);
}

/* The function is there only where the page is (CONFIG_KUSER_HELPERS). */
static bool arm_gate(struct vma_namer *n, struct vma *ret)
{
	uint64_t unused;

	if (sym_addr(&n->c->syms, "in_gate_area_no_mm", &unused, NULL))
		return false;
	*ret = (struct vma){ .start = ARM_VECTORS, .end = ARM_VECTORS + ARM_PAGE,
			     .first = ARM_VECTORS, .last = ARM_VECTORS + ARM_PAGE - 1,
			     .flags = VM_READ | VM_EXEC };
	return true;
}

bool vma_gate(struct vma_namer *n, const struct vma_shape *vs, const struct mm *mm,
	      struct vma *ret)
{
	switch (n->c->arch->id) {
	case ARCH_X86_64: return x86_gate(n, vs, mm, ret);
	case ARCH_ARM: return arm_gate(n, ret);
	default: return false;
	}
}
