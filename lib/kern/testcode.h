/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testcode - for tests: a function that calls another, their symbols, and instructions.
 *
 * Unlike testkern's, the symbols have sizes: those of the image's own table.
 */
#ifndef CAIRN_KERN_TESTCODE_H
#define CAIRN_KERN_TESTCODE_H

#include "lib/kern/testkern.h"

#define ADRP(rd, pages) (0x90000000u | ((pages) & 3) << 29 | (uint32_t)((pages) >> 2) << 5 | (rd))
#define ADD(rd, rn, imm) (0x91000000u | (imm) << 10 | (rn) << 5 | (rd))
#define BL(at, to) (0x94000000u | (uint32_t)(((to) - (at)) / 4 & 0x3ffffff))
#define MOVW(rd, v) (0xe3000000u | ((v) & 0xf000) << 4 | (rd) << 12 | ((v) & 0xfff))
#define MOVT(rd, v) (MOVW(rd, v) | 0x400000u)
#define B_ARM(at, to) (0xea000000u | (uint32_t)(((to) - (at) - 8) / 4 & 0xffffff))

struct testcode {
	struct sym function, called; /* name NULL: there is no such symbol */
};

static inline bool tco_by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	const struct testcode *t = self;

	*ret = t->function.name && !strcmp(name, t->function.name) ? t->function : t->called;
	return ret->name && !n && !strcmp(name, ret->name);
}

static inline bool tco_at(void *self, size_t i, struct sym *ret)
{
	(void)self;
	(void)i;
	(void)ret;
	return false;
}

static inline bool tco_by_addr(void *self, uint64_t addr, struct sym *ret)
{
	(void)addr;
	return tco_at(self, 0, ret);
}

/** The function has room for 16 instructions. */
static inline struct testcode tco_call(const char *function, uint64_t from, const char *called,
				       uint64_t to)
{
	return (struct testcode){ .function = { .name = function, .addr = from, .size = 0x40 },
				  .called = { .name = called, .addr = to, .size = 0x40 } };
}

/** To a session that is open; t must outlive it. */
static inline void tco_add(struct testcode *t, struct cairn *c)
{
	static const struct sym_source_ops ops = { tco_by_addr, tco_by_name, tco_at };

	if (syms_add(&c->syms, "code", 0, 0, &ops, t, NULL))
		abort();
}

#endif
