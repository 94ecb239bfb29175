/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ehabi - ARM's unwind instructions: what they do to a set of registers.
 *
 * Source: Exception Handling ABI for the Arm Architecture (ihi0038), sections 6 (the index), 7.2
 * and 10.3 (the instructions); what the kernel makes of it: arch/arm/kernel/unwind.c.
 */
#ifndef CAIRN_UNWIND_EHABI_H
#define CAIRN_UNWIND_EHABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "unwind/reader.h"

/** Bytes of instructions that a function may have: a count of words in a byte. */
#define EHABI_BYTES (4 * 256)

/** What the index says of a function. */
struct ehabi_entry {
	uint64_t function;  /* where it begins */
	bool cant_unwind;
	unsigned char insn[EHABI_BYTES]; /* in the order of execution */
	size_t n;
};

/** An index: entries of two words, sorted by function. */
struct ehabi_index {
	uint64_t begin, end; /* text that it speaks for */
	uint64_t entries;    /* where they lie */
	uint32_t n;
};

/** The entry of the function that pc is in. CAIRN_NOTFOUND: the index does not speak for pc;
 *  CAIRN_CORRUPT: it is not what the ABI has, or uses a personality that the kernel has not. */
enum cairn_code ehabi_find(const struct ehabi_index *t, const struct reader *r, uint64_t pc,
			   struct ehabi_entry *ret, struct cairn_err *err);

enum ehabi_result {
	EHABI_OK,
	EHABI_REFUSED,  /* "refuse to unwind" */
	EHABI_BAD,      /* spare or unknown instructions, or they end too soon */
	EHABI_NO_STACK, /* read_stack() failed */
};

struct ehabi_run {
	uint32_t r[16];   /* before: of the function; after: of its caller, pc included */
	uint32_t popped;  /* after: 1 << number of every register that came off the stack */
	uint32_t slot;    /* after: where the return address was read; 0: it stayed in lr */
	/* Read a word of a stack. */
	bool (*read_stack)(void *arg, uint32_t addr, uint32_t *ret);
	void *arg;
};

/** Execute n bytes of instructions. */
enum ehabi_result ehabi_execute(struct ehabi_run *run, const unsigned char *insn, size_t n);

/** What was executed took both sp and pc off the stack: no call was undone, but an exception left
 *  (__bad_stack, which saves no more before it has a stack). */
static inline bool ehabi_is_return(const struct ehabi_run *run)
{
	return (run->popped & 0xa000) == 0xa000;
}

/** Instructions that restore r0 to pc from the stack: those of code that an exception enters
 *  (arch/arm/kernel/entry-armv.S, svc_entry). Registers of what was interrupted lie there. */
bool ehabi_is_exception(const struct ehabi_entry *e);

#endif
