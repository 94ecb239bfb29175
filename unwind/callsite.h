/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callsite - do the bytes before a return address decode as a call, and to where?
 *
 * x86 instructions cannot be decoded backwards in general; a call has few forms, so each
 * form is tried at its own length. Source of the encodings: Intel SDM volume 2, CALL
 * (E8 cd; FF /2). Bytes must come from the dump: the running kernel patches its text.
 */
#ifndef CAIRN_UNWIND_CALLSITE_H
#define CAIRN_UNWIND_CALLSITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes before a return address that callsite_decode() wants to see. */
#define CALLSITE_BYTES 8

enum callsite_kind {
	CALLSITE_NONE,     /* no call ends here */
	CALLSITE_DIRECT,   /* e8 rel32 */
	CALLSITE_INDIRECT, /* ff /2, through a register or memory; lretq, which can serve so */
};

struct callsite {
	enum callsite_kind kind;
	uint8_t len;     /* bytes of the call instruction */
	uint64_t target; /* CALLSITE_DIRECT */
};

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
