/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testcfi - for tests of walks: a vmlinux with call frame information for functions of a test
 * world, and the session that has it.
 *
 *   struct testcfi cfi = testcfi_new(w);
 *   testcfi_function(&cfi, inner, 32, 16);
 *   testcfi_finish(&cfi);                   testcfi_deinit() it
 */
#ifndef CAIRN_UNWIND_TESTCFI_H
#define CAIRN_UNWIND_TESTCFI_H

#include <dwarf.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/testelf.h"
#include "lib/kern/debuginfo.h"
#include "unwind/testworld.h"

struct testcfi {
	struct world *w;
	struct bytes frames;
	struct cairn c;
	struct cairn_opts opts;
	struct debuginfo files;
};

/* DWARF's numbers. */
static inline unsigned testcfi_reg(const struct world *w, unsigned x86_64, unsigned i386,
				   unsigned arm)
{
	enum arch_id id = w->u.machine->id;

	return id == ARCH_X86_64 ? x86_64 : id == ARCH_I386 ? i386 : arm;
}

/** With what all functions have in common: at entry the CFA is where calls leave it, the return
 *  address below it, or in lr. */
static inline struct testcfi testcfi_new(struct world *w)
{
	struct testcfi t = { .w = w };
	unsigned word = w->u.mem.word, sp = testcfi_reg(w, 7, 4, 13);
	unsigned ra = testcfi_reg(w, 16, 8, 14);
	bool on_stack = w->u.machine->id != ARCH_ARM;
	struct bytes *b = &t.frames;

	put_num(b, 24 - 4, 4);
	put_num(b, 0xffffffff, 4);
	put_num(b, 1, 1);
	put_text(b, "");
	put_uleb(b, 1);
	put_num(b, 0x80 - word, 1); /* SLEB: -word */
	put_num(b, ra, 1);
	put_num(b, DW_CFA_def_cfa, 1);
	put_uleb(b, sp);
	put_uleb(b, on_stack ? word : 0);
	if (on_stack) {
		put_num(b, DW_CFA_offset | ra, 1);
		put_uleb(b, 1);
	}
	while (b->n < 24)
		put_num(b, DW_CFA_nop, 1);
	return t;
}

/** A function of 0x100 bytes whose frame is `size` bytes, from its stack pointer to the CFA, with
 *  the caller's frame pointer `saved` bytes below that (0: it is still in its register); on ARM
 *  the return address is one word below the CFA. */
static inline void testcfi_function(struct testcfi *t, uint64_t addr, unsigned size, unsigned saved)
{
	struct bytes *b = &t->frames;
	unsigned word = t->w->u.mem.word;
	size_t begin = b->n;

	put_num(b, 40 - 4, 4);
	put_num(b, 0, 4);
	put_num(b, addr, 8);
	put_num(b, 0x100, 8);
	put_num(b, DW_CFA_def_cfa_offset, 1);
	put_uleb(b, size);
	if (saved) {
		put_num(b, DW_CFA_offset | testcfi_reg(t->w, 6, 5, 11), 1);
		put_uleb(b, saved / word);
	}
	if (t->w->u.machine->id == ARCH_ARM) {
		put_num(b, DW_CFA_offset | 14, 1);
		put_uleb(b, 1);
	}
	while (b->n < begin + 40)
		put_num(b, DW_CFA_nop, 1);
}

/** The walks of the world's unwinder now have it. `t` must stay where it is. */
static inline void testcfi_finish(struct testcfi *t)
{
	struct telf e = telf_new(ET_EXEC, t->w->u.machine->elf_machine);
	unsigned char *file, none[16] = { 0 };
	struct debugfile *f;
	size_t size;

	telf_section(&e, ".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, t->w->seg[0].va, NULL,
		     t->w->seg[0].size);
	telf_section(&e, ".debug_info", SHT_PROGBITS, 0, 0, none, sizeof(none));
	telf_section(&e, ".debug_abbrev", SHT_PROGBITS, 0, 0, none, sizeof(none));
	telf_section(&e, ".debug_frame", SHT_PROGBITS, 0, 0, t->frames.b, t->frames.n);
	file = telf_finish(&e, &size);
	if (debugfile_open_memory(&f, "vmlinux", file, size, NULL))
		abort();
	free(file);
	debugfile_place_kernel(f, 0);
	t->opts.no_debug_search = true;
	t->files.file[t->files.n++] = f;
	t->c.opts = &t->opts;
	t->c.arch = t->w->u.machine;
	t->c.debuginfo = &t->files;
	t->w->u.c = &t->c;
}

static inline void testcfi_deinit(struct testcfi *t)
{
	debugfile_close(t->files.file[0]);
	arena_deinit(&t->c.arena);
	t->w->u.c = NULL;
}

#endif
