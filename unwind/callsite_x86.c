/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86 instructions cannot be decoded backwards in general; a call has few forms, so each form
 * is tried at its own length. Source of the encodings: Intel SDM volume 2, CALL (E8 cd; FF /2),
 * JMP, Jcc.
 */
#include "unwind/callsite.h"

#include <string.h>

#include "lib/base/cursor.h"

#define CALL_LEN 5

static uint64_t relative(uint64_t next, int64_t distance, bool is64)
{
	uint64_t addr = next + (uint64_t)distance;

	return is64 ? addr : addr & 0xffffffff;
}

/* Length of `ff /2` with its operand, at p; 0 if it is none. */
static size_t indirect_len(const unsigned char *p, size_t n)
{
	unsigned mod, rm;
	size_t len = 2;

	if (n < 2 || p[0] != 0xff || ((p[1] >> 3) & 7) != 2)
		return 0;
	mod = p[1] >> 6;
	rm = p[1] & 7;
	if (mod == 3)
		return len;
	if (rm == 4) { /* a SIB byte follows */
		if (n < 3)
			return 0;
		len++;
		if (mod == 0 && (p[2] & 7) == 5)
			len += 4;
	} else if (mod == 0 && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* Prefixes that may stand before an indirect call: REX, and the cs segment prefix with
 * which compilers pad calls of thunks (-mindirect-branch-cs-prefix). */
static bool is_prefix(unsigned char b, bool is64)
{
	return b == 0x2e || (is64 && b >= 0x40 && b <= 0x4f);
}

static bool find_indirect(const unsigned char *before, size_t n, bool is64, struct callsite *ret)
{
	/* lretq to an address just pushed, above a return address pushed before it: how head_64.S
	   calls the kernel's first C function */
	if (is64 && n >= 2 && before[n - 2] == 0x48 && before[n - 1] == 0xcb) {
		*ret = (struct callsite){ .kind = CALLSITE_INDIRECT, .len = 2 };
		return true;
	}
	for (size_t len = 2; len <= n && len <= 7; len++) {
		const unsigned char *p = before + n - len;
		uint8_t total = (uint8_t)len;

		if (indirect_len(p, len) != len)
			continue;
		if (len < n && is_prefix(p[-1], is64))
			total++;
		*ret = (struct callsite){ .kind = CALLSITE_INDIRECT, .len = total };
		return true;
	}
	return false;
}

static bool find_direct(const unsigned char *before, size_t n, uint64_t addr, bool is64,
			struct callsite *ret)
{
	if (n < CALL_LEN || before[n - CALL_LEN] != 0xe8)
		return false;
	*ret = (struct callsite){
		.kind = CALLSITE_DIRECT,
		.len = CALL_LEN,
		.target = relative(addr, (int32_t)le32(before + n - 4), is64),
	};
	return true;
}

size_t callsite_candidates(const unsigned char *before, size_t n, uint64_t ret, bool is64,
			   struct callsite out[2])
{
	size_t found = 0;

	found += find_direct(before, n, ret, is64, &out[found]);
	found += find_indirect(before, n, is64, &out[found]);
	return found;
}

struct callsite callsite_decode(const unsigned char *before, size_t n, uint64_t ret, bool is64)
{
	struct callsite out[2] = { 0 };

	callsite_candidates(before, n, ret, is64, out);
	return out[0];
}

bool callsite_jump(const unsigned char *bytes, size_t n, uint64_t addr, bool is64,
		   uint64_t *target)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const unsigned char endbr32[] = { 0xf3, 0x0f, 0x1e, 0xfb };
	size_t at = 0;

	if (n >= 4 && !memcmp(bytes, is64 ? endbr64 : endbr32, 4))
		at = 4;
	if (n >= at + 5 && bytes[at] == 0xe9)
		*target = relative(addr + at + 5, (int32_t)le32(bytes + at + 1), is64);
	else if (n >= at + 2 && bytes[at] == 0xeb)
		*target = relative(addr + at + 2, (int8_t)bytes[at + 1], is64);
	else
		return false;
	return true;
}

/* jmp is e9, jcc is 0f 80 to 8f. */
static bool direct_jump(const unsigned char *code, size_t left, uint64_t at, uint64_t *target,
			bool is64)
{
	if (left >= 5 && code[0] == 0xe9)
		*target = relative(at + 5, (int32_t)le32(code + 1), is64);
	else if (left >= 6 && code[0] == 0x0f && (code[1] & 0xf0) == 0x80)
		*target = relative(at + 6, (int32_t)le32(code + 2), is64);
	else
		return false;
	return true;
}

/* That a 32-bit distance comes out right by chance is not to be feared. */
static bool jumps_to(const unsigned char *code, size_t left, uint64_t at, uint64_t to, bool is64)
{
	uint64_t target;

	return direct_jump(code, left, at, &target, is64) && target == to;
}

/* jmp is eb, jcc is 70 to 7f. */
static bool short_jump(const unsigned char *code, size_t left, uint64_t at, uint64_t *target)
{
	if (left < 2 || (code[0] != 0xeb && (code[0] & 0xf0) != 0x70))
		return false;
	*target = relative(at + 2, (int8_t)code[1], true);
	return true;
}

/* Also jmp *%reg, jmp *address; one by a table (ff 24) stays inside. */
static bool leaves64(const unsigned char *code, size_t left, uint64_t at, uint64_t *target)
{
	*target = 0;
	return direct_jump(code, left, at, target, true) || short_jump(code, left, at, target) ||
	       (left >= 2 && code[0] == 0xff && ((code[1] & 0xf8) == 0xe0 || code[1] == 0x25));
}

static size_t candidates64(const unsigned char *before, uint64_t ret, struct callsite out[2])
{
	return callsite_candidates(before, CALLSITE_BYTES, ret, true, out);
}

static bool jump64(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target)
{
	return callsite_jump(bytes, n, addr, true, target);
}

static bool jumps_to64(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to)
{
	return jumps_to(bytes, n, at, to, true);
}

static size_t candidates32(const unsigned char *before, uint64_t ret, struct callsite out[2])
{
	return callsite_candidates(before, CALLSITE_BYTES, ret, false, out);
}

static bool jump32(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target)
{
	return callsite_jump(bytes, n, addr, false, target);
}

static bool jumps_to32(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to)
{
	return jumps_to(bytes, n, at, to, false);
}

#define JUMP_BYTES 9 /* endbr64 and a jump */

const struct callsite_ops callsite_x86_64 = {
	candidates64, jump64, jumps_to64, leaves64, .jump_bytes = JUMP_BYTES, .step = 1,
};
const struct callsite_ops callsite_i386 = {
	candidates32, jump32, jumps_to32, .jump_bytes = JUMP_BYTES, .step = 1,
};
