/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/prologue_x86.h"

#include <string.h>

#define WINDOW 24 /* bytes of a function's beginning that are looked at */

static const struct {
	unsigned char bytes[5];
	size_t n;
} fillers[] = { /* what may stand before: ftrace's place as it was made, up to 5.12 by what the
		  processor likes best (asm/nops.h, a89dfde3dc3c), endbr */
	{ { 0x3e, 0x8d, 0x74, 0x26, 0x00 }, 5 }, { { 0x0f, 0x1f, 0x44, 0x00, 0x00 }, 5 },
	{ { 0x3e, 0x8d, 0x44, 0x20, 0x00 }, 5 }, { { 0x66, 0x66, 0x66, 0x66, 0x90 }, 5 },
	{ { 0xf3, 0x0f, 0x1e, 0xfb }, 4 },	 { { 0xf3, 0x0f, 0x1e, 0xfa }, 4 },
};

/* ftrace in use: a call in the same place. */
static size_t skip_filler(const unsigned char *p, size_t left)
{
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		if (left >= fillers[i].n && !memcmp(p, fillers[i].bytes, fillers[i].n))
			return fillers[i].n;
	return left >= 5 && p[0] == 0xe8 ? 5 : 0;
}

/* mov %sp,%bp in either encoding, with the prefix of 64 bits or without. */
static bool is_mov(const unsigned char *p, size_t left)
{
	if (left && p[0] == 0x48) {
		p++;
		left--;
	}
	return left >= 2 && ((p[0] == 0x89 && p[1] == 0xe5) || (p[0] == 0x8b && p[1] == 0xec));
}

/* Behind the epilogue's pop %bp, or before it. */
static enum prologue at_end(const unsigned char *p)
{
	if (p[0] == 0xc3 || p[0] == 0xc2)
		return PROLOGUE_CALLED;
	return p[0] == 0x5d && (p[1] == 0xc3 || p[1] == 0xe9) ? PROLOGUE_PUSHED : PROLOGUE_UNKNOWN;
}

enum prologue prologue_x86(const struct reader *r, uint64_t function, uint64_t pc)
{
	unsigned char code[WINDOW], next[2];
	size_t at = 0, skip;
	enum prologue end;

	if (pc < function || reader_bytes(r, pc, next, sizeof(next), NULL))
		return PROLOGUE_UNKNOWN;
	end = at_end(next);
	if (end != PROLOGUE_UNKNOWN)
		return end;
	if (reader_bytes(r, function, code, sizeof(code), NULL))
		return PROLOGUE_UNKNOWN;
	while ((skip = skip_filler(code + at, sizeof(code) - at)))
		at += skip;
	if (at + 1 >= sizeof(code) || code[at] != 0x55 ||
	    !is_mov(code + at + 1, sizeof(code) - at - 1))
		return PROLOGUE_UNKNOWN;
	if (pc - function <= at)
		return PROLOGUE_CALLED;
	return pc - function == at + 1 ? PROLOGUE_PUSHED : PROLOGUE_DONE;
}
