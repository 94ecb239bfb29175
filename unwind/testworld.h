/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testworld - a small machine for tests: text with calls, ORC rows, stacks, symbols, all
 * in memory of the test.
 *
 * Text begins at W_TEXT; each function has one row (version 4) for all of it unless more
 * are added. Addresses are of the kind that a kernel has.
 */
#ifndef CAIRN_UNWIND_TESTWORLD_H
#define CAIRN_UNWIND_TESTWORLD_H

#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "unwind/callsite.h"
#include "unwind/tracer.h"

#define W_TEXT      UINT64_C(0xffffffff81000000)
#define W_TEXT_SIZE 0x10000u
#define W_ORC_IPS   UINT64_C(0xffffffff82000000)
#define W_ORC_ROWS  UINT64_C(0xffffffff82010000)
#define W_TASK      UINT64_C(0xffffc90000014000)
#define W_IRQ       UINT64_C(0xffffc90000024000)
#define W_STACK     0x4000u
#define W_NMI       UINT64_C(0xfffffe0000003000)
#define W_DF        UINT64_C(0xfffffe0000009000)
#define W_DB        UINT64_C(0xfffffe000000f000)
#define W_EXC       0x2000u
#define W_KERNEL_CS 0x10u
#define W_USER_CS   0x33u

struct w_segment {
	uint64_t va;
	size_t size;
	unsigned char *bytes;
};

struct w_row {
	uint64_t ip;
	int16_t sp_off, bp_off;
	uint16_t flags;
};

struct w_symbol {
	const char *name;
	uint64_t addr, size;
};

/* Flags of version 4 rows. */
enum {
	W_SP = 3, W_BP = 4, W_R10 = 6, W_SP_IND = 9,
	W_BP_PREV = 8 << 4,
	W_UNDEFINED = 0 << 8, W_END = 1 << 8, W_CALL = 2 << 8, W_REGS = 3 << 8, W_PARTIAL = 4 << 8,
	W_BAD_TYPE = 5 << 8,
	W_SIGNAL = 1 << 11,
};

struct world {
	struct arena arena;
	struct w_segment seg[12];
	size_t nsegs;
	struct w_row row[64];
	size_t nrows;
	struct w_symbol sym[64];
	size_t nsyms;
	struct syms syms;
	struct unwinder u;
	struct task task;
	struct trace trace;
	uint64_t base; /* testmachines.h */
};

static inline struct w_segment *w_find(struct world *w, uint64_t va, size_t len)
{
	for (size_t i = 0; i < w->nsegs; i++)
		if (va >= w->seg[i].va && va - w->seg[i].va < w->seg[i].size &&
		    len <= w->seg[i].size - (va - w->seg[i].va))
			return &w->seg[i];
	return NULL;
}

static inline enum cairn_code w_read(void *self, uint64_t va, void *buf, size_t len,
				     struct cairn_err *err)
{
	struct w_segment *s = w_find(self, va, len);

	if (!s)
		return cairn_fail_read(err, CAIRN_FAULT_EXCLUDED, va, "kernel address");
	memcpy(buf, s->bytes + (va - s->va), len);
	return CAIRN_OK;
}

static inline void w_map(struct world *w, uint64_t va, size_t size)
{
	w->seg[w->nsegs++] = (struct w_segment){ va, size, calloc(1, size) };
}

/** Take a segment away, as if its pages were not in the dump. */
static inline void w_unmap(struct world *w, uint64_t va)
{
	struct w_segment *s = w_find(w, va, 1);

	free(s->bytes);
	*s = w->seg[--w->nsegs];
}

static inline void w_bytes(struct world *w, uint64_t va, const void *bytes, size_t n)
{
	memcpy(w_find(w, va, n)->bytes + (va - w_find(w, va, n)->va), bytes, n);
}

static inline void w_put(struct world *w, uint64_t va, uint64_t value)
{
	unsigned char raw[8];

	for (int i = 0; i < 8; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	w_bytes(w, va, raw, sizeof(raw));
}

static inline void w_rel32(struct world *w, uint64_t at, unsigned char opcode, uint64_t target)
{
	uint32_t d = (uint32_t)(target - (at + 5));
	unsigned char raw[5] = { opcode, (unsigned char)d, (unsigned char)(d >> 8),
				 (unsigned char)(d >> 16), (unsigned char)(d >> 24) };

	w_bytes(w, at, raw, sizeof(raw));
}

/** Write `call target` at an address; yields the return address. */
static inline uint64_t w_call(struct world *w, uint64_t at, uint64_t target)
{
	w_rel32(w, at, 0xe8, target);
	return at + 5;
}

/** Write `call *%rax`; yields the return address. */
static inline uint64_t w_call_rax(struct world *w, uint64_t at)
{
	w_bytes(w, at, "\xff\xd0", 2);
	return at + 2;
}

static inline void w_row(struct world *w, uint64_t ip, int sp_off, int bp_off, int flags)
{
	size_t i = w->nrows++;

	for (; i && w->row[i - 1].ip > ip; i--)
		w->row[i] = w->row[i - 1];
	w->row[i] = (struct w_row){ ip, (int16_t)sp_off, (int16_t)bp_off, (uint16_t)flags };
}

/** A function of 0x100 bytes, the n-th of the text, with its row. Yields its address. */
static inline uint64_t w_func(struct world *w, unsigned n, const char *name, int sp_off, int flags)
{
	uint64_t addr = W_TEXT + n * 0x100;

	w->sym[w->nsyms++] = (struct w_symbol){ name, addr, 0x100 };
	w_row(w, addr, sp_off, 0, flags);
	return addr;
}

static inline bool w_by_addr(void *self, uint64_t addr, struct sym *ret)
{
	struct world *w = self;

	for (size_t i = 0; i < w->nsyms; i++) {
		if (addr < w->sym[i].addr || addr - w->sym[i].addr >= w->sym[i].size)
			continue;
		*ret = (struct sym){ .name = w->sym[i].name, .addr = w->sym[i].addr,
				     .size = w->sym[i].size, .type = 't' };
		return true;
	}
	return false;
}

static inline bool w_by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	struct world *w = self;

	for (size_t i = 0; i < w->nsyms; i++)
		if (!strcmp(w->sym[i].name, name) && n-- == 0)
			return w_by_addr(w, w->sym[i].addr, ret);
	return false;
}

static inline bool w_at(void *self, size_t i, struct sym *ret)
{
	struct world *w = self;

	return i < w->nsyms && w_by_addr(w, w->sym[i].addr, ret);
}

static inline void w_stack(struct world *w, enum stack_type type, uint64_t begin, size_t size,
			   int32_t cpu)
{
	struct stack_info info = { .type = type, .cpu = cpu, .begin = begin, .end = begin + size,
				   .guard = 0x1000 };

	stacks_add(&w->u.stacks, &w->arena, &info, NULL);
}

static inline void w_init(struct world *w)
{
	static const struct sym_source_ops ops = { w_by_addr, w_by_name, w_at };

	memset(w, 0, sizeof(*w));
	w_map(w, W_TEXT, W_TEXT_SIZE);
	memset(w->seg[0].bytes, 0x90, W_TEXT_SIZE);
	w_map(w, W_ORC_IPS, 0x400);
	w_map(w, W_ORC_ROWS, 0x400);
	w_map(w, W_TASK, W_STACK);
	w_map(w, W_IRQ, W_STACK);
	w_map(w, W_NMI, W_EXC);
	w_map(w, W_DF, W_EXC);
	w_map(w, W_DB, W_EXC);
	syms_init(&w->syms, &w->arena);
	syms_add(&w->syms, "test", W_TEXT, W_TEXT + W_TEXT_SIZE, &ops, w, NULL);
	syms_add_text(&w->syms, W_TEXT, W_TEXT + W_TEXT_SIZE, NULL);
	w->u = (struct unwinder){
		.arena = &w->arena, .mem = { .read = w_read, .self = w, .word = 8 },
		.syms = &w->syms, .machine = arch_by_id(ARCH_X86_64),
		.arch = walk_arch_by_id(ARCH_X86_64), .calls = &callsite_x86_64,
		.task_stack_size = W_STACK,
	};
	w_stack(w, STACK_IRQ, W_IRQ, W_STACK, 0);
	w_stack(w, STACK_NMI, W_NMI, W_EXC, 0);
	w_stack(w, STACK_DF, W_DF, W_EXC, 0);
	w_stack(w, STACK_DB, W_DB, W_EXC, 0);
	w->task = (struct task){ .addr = 0xffff888000001000, .pid = 1, .stack = W_TASK };
}

static inline void w_deinit(struct world *w)
{
	unwinder_deinit(&w->u);
	arena_deinit(&w->arena);
	for (size_t i = 0; i < w->nsegs; i++)
		free(w->seg[i].bytes);
}

/** Write the rows into the tables. */
static inline void w_finish_orc(struct world *w)
{
	for (size_t i = 0; i < w->nrows; i++) {
		uint64_t slot = W_ORC_IPS + 4 * i;
		uint32_t d = (uint32_t)(w->row[i].ip - slot);
		uint16_t v[3] = { (uint16_t)w->row[i].sp_off, (uint16_t)w->row[i].bp_off,
				  w->row[i].flags };
		unsigned char ip[4] = { (unsigned char)d, (unsigned char)(d >> 8),
					(unsigned char)(d >> 16), (unsigned char)(d >> 24) };
		unsigned char row[6];

		for (int j = 0; j < 3; j++) {
			row[2 * j] = (unsigned char)v[j];
			row[2 * j + 1] = (unsigned char)(v[j] >> 8);
		}
		w_bytes(w, slot, ip, sizeof(ip));
		w_bytes(w, W_ORC_ROWS + 6 * i, row, sizeof(row));
	}
	w->u.orc = (struct orc){
		.version = ORC_V4,
		.kernel = { .begin = W_TEXT, .end = W_TEXT + W_TEXT_SIZE / 2, .ips = W_ORC_IPS,
			    .entries = W_ORC_ROWS, .n = (uint32_t)w->nrows },
		.cache = arena_array(&w->arena, ORC_CACHE, sizeof(struct orc_cached)),
	};
}

/** Registers as an interrupt saves them: pt_regs at addr. */
static inline void w_regs(struct world *w, uint64_t addr, uint64_t ip, uint64_t cs, uint64_t sp)
{
	for (unsigned i = 0; i < 21; i++)
		w_put(w, addr + 8 * i, 0x1000 + i);
	w_put(w, addr + 8 * 16, ip);
	w_put(w, addr + 8 * 17, cs);
	w_put(w, addr + 8 * 18, 0x246);
	w_put(w, addr + 8 * 19, sp);
	w_put(w, addr + 8 * 20, cs == W_KERNEL_CS ? 0x18 : 0x2b);
}

/** A tracer as start.c sets it up for a CPU that executes the task. */
static inline struct tracer w_tracer(struct world *w)
{
	w->trace = (struct trace){ .nregs = w->u.arch->nregs };
	return (struct tracer){
		.u = &w->u, .trace = &w->trace, .arena = &w->arena, .task = &w->task, .cpu = 0,
		.stack = { .cpu = -1 },
		.task_stack = { .type = STACK_TASK, .cpu = 0, .task = w->task.addr,
				.begin = W_TASK, .end = W_TASK + W_STACK, .guard = 0x1000 },
	};
}

/** Walk from registers of a running CPU. */
static inline void w_run(struct world *w, uint64_t pc, uint64_t sp, uint64_t fp)
{
	struct walk_state first = {
		.pc = pc, .sp = sp, .fp = fp, .fp_known = true, .interrupted = true,
		.has_regs = true, .full = true, .by_regs = true, .rule = RULE_REGS, .grade = 'A',
	};
	struct tracer t;

	first.regs[16] = pc;
	first.regs[19] = sp;
	w_finish_orc(w);
	t = w_tracer(w);
	tracer_run(&t, &first);
}

#endif
