/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callsite - do the bytes before a return address decode as a call, and to where?
 *
 * Bytes must come from the dump: the running kernel patches its text. Each machine has its own
 * table of functions; what only x86 has stands at the end.
 */
#ifndef CAIRN_UNWIND_CALLSITE_H
#define CAIRN_UNWIND_CALLSITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum callsite_kind {
	CALLSITE_NONE,     /* no call ends here */
	CALLSITE_DIRECT,   /* x86: e8 rel32; ARM: bl, blx to a label */
	CALLSITE_INDIRECT, /* through a register or memory, or what can serve so (x86: lretq) */
};

struct callsite {
	enum callsite_kind kind;
	uint8_t len;     /* bytes of the call instruction */
	uint64_t target; /* CALLSITE_DIRECT */
};

/** No machine wants to see more bytes before a return address, or from a jump on. */
#define CALLSITE_BYTES 8
#define CALLSITE_JUMP_BYTES 72

struct callsite_ops {
	/* All calls that may end at `ret`, a direct one first: at most 2. Returns their
	   number. `before` holds the CALLSITE_BYTES before it. */
	size_t (*candidates)(const unsigned char *before, uint64_t ret, struct callsite out[2]);
	/* The target of the unconditional jump at `addr`, behind an optional landing pad, or of
	   the few instructions that together are one (a PLT entry); false if the n bytes are
	   none. */
	bool (*jump)(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target);
	/* Some jump, be it conditional, begins at `at`, where n bytes (1 at least) are given,
	   and goes to `to`. */
	bool (*jumps_to)(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to);
	/* Some jump, be it conditional, begins at `at`, where n bytes (1 at least) are given: to
	   *target, or to where a register or memory tells (0). NULL: frames may be passed over
	   here, so that nothing follows from a function that never leaves. */
	bool (*leaves)(const unsigned char *bytes, size_t n, uint64_t at, uint64_t *target);
	uint8_t jump_bytes; /* that jump() wants to see */
	uint8_t step;       /* instructions begin at multiples of it */
};

extern const struct callsite_ops callsite_x86_64, callsite_i386, callsite_arm, callsite_thumb,
	callsite_arm64;

/* ---- x86 ---- */

/** Decode the call that ends at `ret`. `before` holds the n bytes before it. With
 *  `is64` REX prefixes are allowed and addresses have 64 bits. */
struct callsite callsite_decode(const unsigned char *before, size_t n, uint64_t ret, bool is64);

/** All calls that may end at `ret`, a direct one first: at most 2. Returns their number.
 *  Bytes of an indirect call can happen to look like the tail of a direct one. */
size_t callsite_candidates(const unsigned char *before, size_t n, uint64_t ret, bool is64,
			   struct callsite out[2]);

/** The target of an unconditional jump (e9 rel32, eb rel8) at `addr`, behind an optional
 *  endbr64 / endbr32; false if the bytes are none. At least 9 bytes should be given. */
bool callsite_jump(const unsigned char *bytes, size_t n, uint64_t addr, bool is64,
		   uint64_t *target);

#endif
