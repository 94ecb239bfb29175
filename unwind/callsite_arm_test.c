/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls and jumps of arm64, ARM and Thumb; the bytes are an assembler's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/callsite.h"

#define RET64 UINT64_C(0xffff800008001000)
#define RET32 UINT64_C(0xc0301000)

static const struct callsite_ops *ops; /* of the machine under test */

static void put(unsigned char *p, uint32_t insn)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(insn >> 8 * i);
}

/* The instruction before the return address, and the one before that. */
static struct callsite call(uint32_t before, uint32_t insn, uint64_t ret)
{
	unsigned char bytes[CALLSITE_BYTES];
	struct callsite out[2] = { 0 };

	put(bytes, before);
	put(bytes + 4, insn);
	ops->candidates(bytes, ret, out);
	return out[0];
}

static void direct(uint32_t insn, uint64_t ret, uint64_t target)
{
	struct callsite c = call(0, insn, ret);

	assert_int_equal(c.kind, CALLSITE_DIRECT);
	assert_int_equal(c.target, target);
}

static void other(uint32_t before, uint32_t insn, enum callsite_kind kind)
{
	assert_int_equal(call(before, insn, RET32).kind, kind);
}

/* Instructions at addr are one jump to `target`; 0: none. */
static void jump(const uint32_t *insn, size_t n, uint64_t addr, uint64_t target)
{
	unsigned char bytes[CALLSITE_JUMP_BYTES] = { 0 };
	uint64_t to = 0;

	for (size_t i = 0; i < n; i++)
		put(bytes + 4 * i, insn[i]);
	assert_int_equal(ops->jump(bytes, sizeof(bytes), addr, &to), target != 0);
	if (target)
		assert_int_equal(to, target);
	for (size_t len = 0; len < 4; len++)
		assert_false(ops->jump(bytes, len, addr, &to));
}

static void jumps_to(uint32_t insn, uint64_t at, uint64_t target, bool does)
{
	unsigned char bytes[4];

	put(bytes, insn);
	assert_int_equal(ops->jumps_to(bytes, 4, at, target), does);
	assert_false(ops->jumps_to(bytes, 1, at, target));
}

static void test_arm64_calls(void **state)
{
	(void)state;
	ops = &callsite_arm64;
	direct(0x94000400, RET64, RET64 - 4 + 0x1000);
	direct(0x97ffffc0, RET64, RET64 - 4 - 0x100);
	other(0, 0xd63f0060, CALLSITE_INDIRECT); /* blr x3 */
	other(0, 0xd63f08bf, CALLSITE_INDIRECT); /* blraaz x5 */
	other(0, 0xd73f08bf, CALLSITE_INDIRECT); /* blraa x5, sp */
	other(0, 0x14000008, CALLSITE_NONE);     /* b */
	other(0, 0xd61f0200, CALLSITE_NONE);     /* br */
	other(0x94000400, 0xd503201f, CALLSITE_NONE);
}

static void test_arm64_jumps(void **state)
{
	static const uint32_t b[] = { 0x14000008 }, pad[] = { 0xd503245f, 0x14000008 };
	static const uint32_t plt[] = { 0x90000010, 0x91048e10, 0xd61f0200 };
	static const uint32_t far[] = { 0xf0fffff0, 0x91048e10, 0xd61f0200 };
	static const uint32_t ret[] = { 0xd65f03c0 };

	(void)state;
	ops = &callsite_arm64;
	jump(b, 1, RET64, RET64 + 0x20);
	jump(pad, 2, RET64, RET64 + 0x24);
	jump(plt, 3, RET64 + 8, RET64 + 0x123);
	jump(far, 3, RET64 + 8, RET64 - 0x1000 + 0x123); /* one page back */
	jump(ret, 1, RET64, 0);
	jumps_to(0x14000008, RET64, RET64 + 0x20, true);
	jumps_to(0x54000201, RET64, RET64 + 0x40, true);  /* b.ne */
	jumps_to(0xb4000201, RET64, RET64 + 0x40, true);  /* cbz */
	jumps_to(0x35fffe01, RET64, RET64 - 0x40, true);  /* cbnz */
	jumps_to(0xb6400201, RET64, RET64 + 0x40, true);  /* tbz */
	jumps_to(0xb6400201, RET64, RET64 + 0x44, false);
	jumps_to(0x94000400, RET64, RET64 + 0x1000, false); /* a call */
}

static void test_arm_calls(void **state)
{
	(void)state;
	ops = &callsite_arm;
	direct(0xeb0003fe, RET32, RET32 - 4 + 0x1000);
	direct(0xebffffbe, RET32, RET32 - 4 - 0x100);
	direct(0x1b000000, RET32, RET32 - 4 + 8);     /* blne */
	direct(0xfb00003e, RET32, RET32 - 4 + 0x102); /* blx to Thumb */
	direct(0xeb0003fe, 0xfffffff8, 0x00000ff4);   /* around the end */
	other(0, 0xe12fff33, CALLSITE_INDIRECT);      /* blx r3 */
	other(0, 0x112fff33, CALLSITE_INDIRECT);      /* blxne r3 */
	other(0xe1a0e00f, 0xe593f004, CALLSITE_INDIRECT); /* mov lr, pc; ldr pc, [r3, #4] */
	other(0xe1a0e00f, 0xe1a0f003, CALLSITE_INDIRECT); /* mov lr, pc; mov pc, r3 */
	other(0xe1a0e00f, 0xe12fff13, CALLSITE_INDIRECT); /* mov lr, pc; bx r3 */
	other(0x128fe000, 0x11a0f005, CALLSITE_INDIRECT); /* addne lr, pc, #0; movne pc, r5 */
	other(0x128fe004, 0x11a0f005, CALLSITE_NONE);
	other(0xe1a00000, 0xe593f004, CALLSITE_NONE);
	other(0, 0xe12fff1e, CALLSITE_NONE); /* bx lr */
	other(0, 0xea000006, CALLSITE_NONE); /* b */
}

static void test_arm_jumps(void **state)
{
	uint32_t b[] = { 0xea000006 }, plt[17] = { 0xe59ff038 }, cond[] = { 0x0afffff6 };
	uint32_t beyond[] = { 0xe59ff0ff };

	(void)state;
	ops = &callsite_arm;
	jump(b, 1, RET32, RET32 + 0x20);
	plt[16] = 0xc0123450;
	jump(plt, 17, RET32, 0xc0123450);
	jump(cond, 1, RET32, 0);
	jump(beyond, 1, RET32, 0);
	jumps_to(0xea000006, RET32, RET32 + 0x20, true);
	jumps_to(0x0afffff6, RET32, RET32 - 0x20, true);
	jumps_to(0x0afffff6, RET32, RET32 - 0x24, false);
	jumps_to(0xeb0003fe, RET32, RET32 + 0x1000, false);
}

/* Halves of Thumb instructions as words: the first half is the low one. */
static void test_thumb(void **state)
{
	uint32_t wide[] = { 0xbffef001 }, plt[] = { 0xf038f8df }, none[] = { 0xbd10bd10 };
	unsigned char bytes[CALLSITE_JUMP_BYTES] = { 0 };
	uint64_t to;

	(void)state;
	ops = &callsite_thumb;
	direct(0xfffef000, RET32, RET32 - 4 + 0x1000);
	direct(0xff7ef7ff, RET32, RET32 - 4 - 0x100);
	direct(0xfffef000, RET32 + 1, RET32 - 4 + 0x1000); /* bit 0 says Thumb */
	direct(0xe800f001, RET32, RET32 - 4 + 0x1004);     /* blx to ARM */
	other(0, 0x47980000, CALLSITE_INDIRECT);           /* blx r3 */
	other(0, 0xbd100000, CALLSITE_NONE);               /* pop {r4, pc} */
	jump(wide, 1, RET32, RET32 + 0x2000);
	jump(none, 1, RET32, 0);
	put(bytes, plt[0]);
	put(bytes + 4 + 0x38, 0xc0123451);
	assert_true(ops->jump(bytes, sizeof(bytes), RET32, &to));
	assert_int_equal(to, 0xc0123450);
	jumps_to(0xbffef001, RET32, RET32 + 0x2000, true);
	jumps_to(0x81fef000, RET32, RET32 + 0x400, true);  /* beq.w */
	jumps_to(0xadfef47f, RET32, RET32 - 0x400, true);  /* bne.w */
	jumps_to(0xadfef47f, RET32, RET32 - 0x402, false);
	jumps_to(0xfffef000, RET32, RET32 + 0x1000, false); /* a call */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arm64_calls), cmocka_unit_test(test_arm64_jumps),
		cmocka_unit_test(test_arm_calls),   cmocka_unit_test(test_arm_jumps),
		cmocka_unit_test(test_thumb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
