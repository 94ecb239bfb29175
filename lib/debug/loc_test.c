/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <string.h>

#include "lib/debug/loc.h"

/* operations without operands are written without them */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* A frame with few registers and a little memory at MEM. */
#define MEM UINT64_C(0xffff888000001000)
enum { RAX = 0, RBX = 3, R12 = 12 };

static unsigned char memory[32];

static bool reg(void *arg, unsigned number, struct loc_reg *ret)
{
	(void)arg;
	if (number != RBX && number != R12)
		return false;
	*ret = number == RBX ? (struct loc_reg){ MEM, 0 } : (struct loc_reg){ 0x1234, MEM + 8 };
	return true;
}

static enum cairn_code read_memory(void *arg, uint64_t addr, void *buf, size_t len,
				   struct cairn_err *err)
{
	(void)arg;
	if (addr < MEM || addr - MEM > sizeof(memory) || len > sizeof(memory) - (addr - MEM))
		return cairn_fail_read(err, CAIRN_FAULT_EXCLUDED, addr, "kernel address");
	memcpy(buf, memory + (addr - MEM), len);
	return CAIRN_OK;
}

static enum cairn_code cfa(void *arg, uint64_t *ret, struct cairn_err *err)
{
	(void)arg, (void)err;
	*ret = MEM + 16;
	return CAIRN_OK;
}

static bool address(void *arg, uint64_t own, uint64_t *ret)
{
	(void)arg;
	*ret = own + 0x1000000;
	return own < 0x2000;
}

static struct loc_env env_of(enum arch_id id)
{
	return (struct loc_env){ .arch = arch_by_id(id), .reg = reg, .read = read_memory,
				 .cfa = cfa, .frame_base = cfa, .address = address };
}

#define RUN(ret, ...) run_ops(ret, (const Dwarf_Op[]){ __VA_ARGS__ }, \
			      sizeof((const Dwarf_Op[]){ __VA_ARGS__ }) / sizeof(Dwarf_Op))
#define NUMBER(...) number_of(ARCH_X86_64, (const Dwarf_Op[]){ __VA_ARGS__ }, \
			      sizeof((const Dwarf_Op[]){ __VA_ARGS__ }) / sizeof(Dwarf_Op))

/* Each operation is three bytes long. */
static void lay_out(Dwarf_Op *to, const Dwarf_Op *ops, size_t n)
{
	assert_true(n <= 64);
	memcpy(to, ops, n * sizeof(*ops));
	for (size_t i = 0; i < n; i++)
		to[i].offset = 3 * i;
}

static enum cairn_code run_ops(struct loc *ret, const Dwarf_Op *ops, size_t n)
{
	struct loc_env env = env_of(ARCH_X86_64);
	struct cairn_err err;
	Dwarf_Op laid[64];
	enum cairn_code code;

	lay_out(laid, ops, n);
	code = loc_run(ret, NULL, laid, n, &env, &err);
	if (code)
		assert_true(err.code == code && err.text[0]);
	return code;
}

static uint64_t number_of(enum arch_id id, const Dwarf_Op *ops, size_t n)
{
	struct loc_env env = env_of(id);
	struct cairn_err err = { 0 };
	Dwarf_Op laid[64];
	uint64_t v;

	lay_out(laid, ops, n);
	if (loc_number(&v, NULL, laid, n, &env, &err))
		fail_msg("%s", err.text);
	return v;
}

static void test_arithmetic(void **state)
{
	(void)state;
	assert_int_equal(NUMBER({ DW_OP_lit7 }, { DW_OP_lit5 }, { DW_OP_minus }), 2);
	assert_int_equal(NUMBER({ DW_OP_const8u, 6 }, { DW_OP_lit7 }, { DW_OP_mul }), 42);
	assert_int_equal(NUMBER({ DW_OP_const1s, -7ull }, { DW_OP_lit2 }, { DW_OP_div }), -3);
	assert_int_equal(NUMBER({ DW_OP_const1s, -7ull }, { DW_OP_const1s, -1ull }, { DW_OP_div }), 7);
	/* unsigned, unlike all others */
	assert_int_equal(NUMBER({ DW_OP_const1s, -1ull }, { DW_OP_const1u, 10 }, { DW_OP_mod }),
			 UINT64_MAX % 10);
	assert_int_equal(NUMBER({ DW_OP_const1s, -8ull }, { DW_OP_lit1 }, { DW_OP_shra }), -4);
	assert_int_equal(NUMBER({ DW_OP_const1s, -8ull }, { DW_OP_lit1 }, { DW_OP_shr }),
			 -8ull >> 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_const1u, 64 }, { DW_OP_shl }), 0);
	assert_int_equal(NUMBER({ DW_OP_const1s, -8ull }, { DW_OP_const1u, 200 }, { DW_OP_shra }), -1);
	assert_int_equal(NUMBER({ DW_OP_lit6 }, { DW_OP_lit3 }, { DW_OP_and }), 2);
	assert_int_equal(NUMBER({ DW_OP_lit6 }, { DW_OP_lit3 }, { DW_OP_or }), 7);
	assert_int_equal(NUMBER({ DW_OP_lit6 }, { DW_OP_lit3 }, { DW_OP_xor }), 5);
	assert_int_equal(NUMBER({ DW_OP_lit5 }, { DW_OP_neg }, { DW_OP_abs }), 5);
	assert_int_equal(NUMBER({ DW_OP_lit5 }, { DW_OP_not }), ~5ull);
	assert_int_equal(NUMBER({ DW_OP_lit5 }, { DW_OP_plus_uconst, 1000 }), 1005);
}

static void test_comparison(void **state)
{
	(void)state;
	assert_int_equal(NUMBER({ DW_OP_const1s, -1ull }, { DW_OP_lit1 }, { DW_OP_lt }), 1);
	assert_int_equal(NUMBER({ DW_OP_const1s, -1ull }, { DW_OP_lit1 }, { DW_OP_gt }), 0);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit1 }, { DW_OP_le }), 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit1 }, { DW_OP_ge }), 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_eq }), 0);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_ne }), 1);
}

static void test_stack(void **state)
{
	(void)state;
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_swap }, { DW_OP_minus }), 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_over }), 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_lit3 }, { DW_OP_pick, 2 }), 1);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_lit3 }, { DW_OP_rot }), 2);
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_lit3 }, { DW_OP_rot },
				{ DW_OP_drop }, { DW_OP_drop }), 3);
	assert_int_equal(NUMBER({ DW_OP_lit4 }, { DW_OP_dup }, { DW_OP_plus }), 8);
}

static void test_jumps(void **state)
{
	struct loc l;

	(void)state;
	assert_int_equal(NUMBER({ DW_OP_lit1 }, { DW_OP_skip, 3 }, { DW_OP_lit2 }, { DW_OP_nop }), 1);
	/* 3 + 2 + 1 */
	assert_int_equal(NUMBER({ DW_OP_lit0 }, { DW_OP_lit3 },
				{ DW_OP_dup }, { DW_OP_rot }, { DW_OP_plus }, { DW_OP_swap },
				{ DW_OP_lit1 }, { DW_OP_minus }, { DW_OP_dup },
				{ DW_OP_bra, -24ull }, { DW_OP_drop }), 6);
	assert_int_equal(RUN(&l, { DW_OP_skip, -3ull }), CAIRN_LIMIT);
	assert_int_equal(RUN(&l, { DW_OP_skip, 1 }, { DW_OP_lit1 }, { DW_OP_lit1 }), CAIRN_CORRUPT);
}

static void test_narrow(void **state)
{
	const Dwarf_Op minus[] = { { DW_OP_lit1 }, { DW_OP_lit2 }, { DW_OP_minus } };
	const Dwarf_Op less[] = { { DW_OP_lit1 }, { DW_OP_neg }, { DW_OP_lit0 }, { DW_OP_lt } };

	(void)state;
	assert_int_equal(number_of(ARCH_I386, minus, 3), 0xffffffff);
	assert_int_equal(number_of(ARCH_I386, less, 4), 1);
}

static void test_asked(void **state)
{
	struct loc l;

	(void)state;
	memcpy(memory, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	assert_int_equal(NUMBER({ DW_OP_breg3, 8 }), MEM + 8);
	assert_int_equal(NUMBER({ DW_OP_bregx, R12, -4ull }), 0x1230);
	assert_int_equal(NUMBER({ DW_OP_call_frame_cfa }), MEM + 16);
	assert_int_equal(NUMBER({ DW_OP_fbreg, -16ull }, { DW_OP_deref_size, 2 }), 0x2211);
	assert_int_equal(NUMBER({ DW_OP_breg3, 0 }, { DW_OP_deref }), 0x8877665544332211);
	assert_int_equal(NUMBER({ DW_OP_addr, 0x100 }), 0x1000100);
	assert_int_equal(RUN(&l, { DW_OP_breg0, 0 }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { DW_OP_addr, 0x2000 }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { DW_OP_lit0 }, { DW_OP_deref }), CAIRN_FAULT);
	assert_int_equal(RUN(&l, { DW_OP_breg3, 0 }, { DW_OP_deref_size, 3 }), CAIRN_CORRUPT);
}

static void test_unknown_register_is_named(void **state)
{
	const Dwarf_Op op = { DW_OP_breg0, 0 };
	struct loc_env env = env_of(ARCH_X86_64);
	struct cairn_err err;
	struct loc l;

	(void)state;
	assert_int_equal(loc_run(&l, NULL, &op, 1, &env, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "rax is not known");
}

static void test_places(void **state)
{
	struct loc l;

	(void)state;
	assert_int_equal(RUN(&l, { DW_OP_reg12 }), CAIRN_OK);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.piece[0].kind, LOC_REGISTER);
	assert_true(l.piece[0].known);
	assert_int_equal(l.piece[0].reg.value, 0x1234);
	assert_int_equal(l.piece[0].reg.saved, MEM + 8);
	assert_false(l.computed);
	assert_int_equal(RUN(&l, { DW_OP_regx, RAX }), CAIRN_OK);
	assert_int_equal(l.piece[0].kind, LOC_REGISTER);
	assert_false(l.piece[0].known);
	assert_int_equal(RUN(&l, { DW_OP_breg3, 4 }), CAIRN_OK);
	assert_int_equal(l.piece[0].kind, LOC_MEMORY);
	assert_int_equal(l.piece[0].value, MEM + 4);
	assert_true(l.computed);
	assert_int_equal(RUN(&l, { DW_OP_lit9 }, { DW_OP_stack_value }), CAIRN_OK);
	assert_int_equal(l.piece[0].kind, LOC_VALUE);
	assert_int_equal(l.piece[0].value, 9);
	assert_false(l.computed);
	assert_int_equal(RUN(&l, { DW_OP_implicit_pointer, 1, 2 }), CAIRN_OK);
	assert_int_equal(l.piece[0].kind, LOC_POINTER);
	assert_int_equal(RUN(&l, { DW_OP_nop }), CAIRN_OK);
	assert_int_equal(l.piece[0].kind, LOC_LOST);
}

static void test_pieces(void **state)
{
	struct loc l;

	(void)state;
	assert_int_equal(RUN(&l, { DW_OP_reg3 }, { DW_OP_piece, 8 }, { DW_OP_piece, 4 },
			     { DW_OP_lit5 }, { DW_OP_stack_value }, { DW_OP_bit_piece, 3, 1 }), CAIRN_OK);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.piece[0].kind, LOC_REGISTER);
	assert_int_equal(l.piece[0].bits, 64);
	assert_int_equal(l.piece[1].kind, LOC_LOST);
	assert_int_equal(l.piece[1].bits, 32);
	assert_int_equal(l.piece[2].kind, LOC_VALUE);
	assert_int_equal(l.piece[2].bits, 3);
	assert_int_equal(l.piece[2].skip, 1);
	assert_int_equal(RUN(&l, { DW_OP_reg3 }, { DW_OP_piece, 8 }, { DW_OP_reg12 }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_reg3 }, { DW_OP_reg12 }), CAIRN_CORRUPT);
}

static void test_gather(void **state)
{
	struct loc_env env = env_of(ARCH_X86_64);
	unsigned char buf[16], known[16];
	struct cairn_err err;
	struct loc l;

	(void)state;
	memcpy(memory, "\xaa\xbb", 2);
	RUN(&l, { DW_OP_reg12 }, { DW_OP_piece, 2 }, { DW_OP_piece, 1 }, { DW_OP_breg3, 0 },
	    { DW_OP_piece, 2 }, { DW_OP_lit5 }, { DW_OP_stack_value }, { DW_OP_bit_piece, 4 },
	    { DW_OP_bit_piece, 4 });
	loc_gather(&l, &env, 7, buf, known, &err);
	assert_memory_equal(buf, "\x34\x12\x00\xaa\xbb\x05\x00", 7);
	assert_memory_equal(known, "\1\1\0\1\1\0\0", 7);
	assert_int_equal(err.code, CAIRN_OK);
	/* bits of a register from the third on, the object narrower than the piece */
	RUN(&l, { DW_OP_reg12 }, { DW_OP_bit_piece, 64, 4 });
	loc_gather(&l, &env, 1, buf, known, &err);
	assert_int_equal(buf[0], 0x23);
	assert_int_equal(known[0], 1);
	/* wider than a register */
	RUN(&l, { DW_OP_reg12 });
	loc_gather(&l, &env, 16, buf, known, &err);
	assert_memory_equal(known, "\1\1\1\1\1\1\1\1\0\0\0\0\0\0\0\0", 16);
	/* of memory what can be read, and why not the rest */
	RUN(&l, { DW_OP_breg3, sizeof(memory) - 2 });
	loc_gather(&l, &env, 4, buf, known, &err);
	assert_memory_equal(known, "\1\1\0\0", 4);
	assert_int_equal(err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(err.addr, MEM + sizeof(memory));
	RUN(&l, { DW_OP_reg0 });
	loc_gather(&l, &env, 4, buf, known, &err);
	assert_memory_equal(known, "\0\0\0\0", 4);
}

static void test_bad(void **state)
{
	struct loc l;
	struct loc_env env = env_of(ARCH_X86_64), none = { .arch = env.arch };
	Dwarf_Op op = { DW_OP_breg3, 0 };
	Dwarf_Op deep[100];

	(void)state;
	assert_int_equal(RUN(&l, { DW_OP_plus }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_plus }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_drop }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_rot }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_pick, 1 }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_lit0 }, { DW_OP_div }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_lit0 }, { DW_OP_mod }), CAIRN_CORRUPT);
	assert_int_equal(RUN(&l, { DW_OP_form_tls_address }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { 0 }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { DW_OP_piece, UINT64_MAX }), CAIRN_CORRUPT);
	/* what refers to the file, without it */
	assert_int_equal(RUN(&l, { DW_OP_lit1 }, { DW_OP_convert, 0x2a }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { DW_OP_implicit_value, 1 }), CAIRN_MISSING);
	assert_int_equal(RUN(&l, { DW_OP_entry_value, 1 }), CAIRN_MISSING);
	for (size_t i = 0; i < 100; i++)
		deep[i] = (Dwarf_Op){ .atom = DW_OP_lit0 };
	assert_int_equal(loc_run(&l, NULL, deep, 100, &env, NULL), CAIRN_LIMIT);
	for (size_t i = 0; i < 100; i++)
		deep[i] = (Dwarf_Op){ .atom = DW_OP_piece, .number = 1 };
	assert_int_equal(loc_run(&l, NULL, deep, 100, &env, NULL), CAIRN_LIMIT);
	assert_int_equal(loc_run(&l, NULL, &op, 1, &none, NULL), CAIRN_MISSING);
	op.atom = DW_OP_fbreg;
	assert_int_equal(loc_run(&l, NULL, &op, 1, &none, NULL), CAIRN_MISSING);
}

static void test_no_number(void **state)
{
	const Dwarf_Op pieces[] = { { DW_OP_reg3, 0, 0, 0 }, { DW_OP_piece, 8, 0, 0 } };
	const Dwarf_Op lost = { DW_OP_nop, 0, 0, 0 }, unknown = { DW_OP_reg0, 0, 0, 0 };
	struct loc_env env = env_of(ARCH_X86_64);
	uint64_t v;

	(void)state;
	assert_int_equal(loc_number(&v, NULL, pieces, 2, &env, NULL), CAIRN_MISSING);
	assert_int_equal(loc_number(&v, NULL, &lost, 1, &env, NULL), CAIRN_MISSING);
	assert_int_equal(loc_number(&v, NULL, &unknown, 1, &env, NULL), CAIRN_MISSING);
	assert_int_equal(NUMBER({ DW_OP_reg12 }), 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_unknown_register_is_named),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_gather),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
