/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/orc.h"
#include "unwind/testworld.h"

static struct orc_row entry(enum orc_version v, int sp_off, int bp_off, unsigned flags)
{
	unsigned char raw[ORC_ENTRY_SIZE] = {
		(unsigned char)sp_off, (unsigned char)(sp_off >> 8), (unsigned char)bp_off,
		(unsigned char)(bp_off >> 8), (unsigned char)flags, (unsigned char)(flags >> 8),
	};

	return orc_decode(v, raw);
}

static void is_row(struct orc_row r, enum orc_type type, enum orc_reg sp, enum orc_reg bp)
{
	assert_int_equal(r.type, type);
	assert_int_equal(r.sp_reg, sp);
	assert_int_equal(r.bp_reg, bp);
}

/* orc_fp_entry of arch/x86/kernel/unwind_orc.c as each version has it in memory */
static void test_fp_entry(void **state)
{
	static const struct {
		enum orc_version v;
		unsigned flags;
	} all[] = {
		{ ORC_V1, 0x0014 }, { ORC_V3, 0x0214 }, { ORC_V3_AX, 0x0214 }, { ORC_V4, 0x0284 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct orc_row r = entry(all[i].v, 16, -16, all[i].flags);

		is_row(r, ORC_TYPE_CALL, ORC_REG_BP, ORC_REG_PREV_SP);
		assert_int_equal(r.sp_offset, 16);
		assert_int_equal(r.bp_offset, -16);
		assert_false(r.signal);
	}
}

/* null_orc_entry of 7.1 */
static void test_null_entry(void **state)
{
	static const unsigned char raw[] = { 0x08, 0, 0, 0, 0x03, 0x02 };
	struct orc_row r = orc_decode(ORC_V4, raw);

	(void)state;
	is_row(r, ORC_TYPE_CALL, ORC_REG_SP, ORC_REG_UNDEFINED);
	assert_int_equal(r.sp_offset, 8);
}

static void test_v1(void **state)
{
	(void)state;
	is_row(entry(ORC_V1, 0, 0, 0x0000), ORC_TYPE_UNDEFINED, ORC_REG_UNDEFINED, 0);
	is_row(entry(ORC_V1, 0, 0, 0x0400), ORC_TYPE_END_OF_STACK, ORC_REG_UNDEFINED, 0);
	is_row(entry(ORC_V1, 0, 0, 0x0105), ORC_TYPE_REGS, ORC_REG_SP, 0);
	is_row(entry(ORC_V1, 0, 0, 0x0205), ORC_TYPE_REGS_PARTIAL, ORC_REG_SP, 0);
	is_row(entry(ORC_V1, 0, 0, 0x0009), ORC_TYPE_CALL, ORC_REG_SP_INDIRECT, 0);
	assert_true(entry(ORC_V1, 0, 0, 0x0105).signal);
	assert_true(entry(ORC_V1, 0, 0, 0x0205).signal);
	assert_false(entry(ORC_V1, 8, 0, 0x0005).signal);
}

static void test_v2(void **state)
{
	(void)state;
	is_row(entry(ORC_V2, 0, 0, 0x0800), ORC_TYPE_END_OF_STACK, ORC_REG_UNDEFINED, 0);
	is_row(entry(ORC_V2, 0, 0, 0x0400), ORC_TYPE_UNDEFINED, ORC_REG_UNDEFINED, 0);
	assert_true(entry(ORC_V2, 8, 0, 0x0405).signal);
	assert_false(entry(ORC_V2, 8, 0, 0x0105).signal);
}

static void test_v3(void **state)
{
	(void)state;
	is_row(entry(ORC_V3, 0, 0, 0x0000), ORC_TYPE_UNDEFINED, ORC_REG_UNDEFINED, 0);
	is_row(entry(ORC_V3, 0, 0, 0x0100), ORC_TYPE_END_OF_STACK, ORC_REG_UNDEFINED, 0);
	is_row(entry(ORC_V3, 0, 0, 0x0305), ORC_TYPE_REGS, ORC_REG_SP, 0);
	is_row(entry(ORC_V3, 0, 0, 0x0405), ORC_TYPE_REGS_PARTIAL, ORC_REG_SP, 0);
	is_row(entry(ORC_V3, 0, 0, 0x020a), ORC_TYPE_CALL, ORC_REG_BAD, 0);
	is_row(entry(ORC_V3_AX, 0, 0, 0x020a), ORC_TYPE_CALL, ORC_REG_AX, 0);
	is_row(entry(ORC_V3, 0, 0, 0x0505), ORC_TYPE_BAD, ORC_REG_SP, 0);
	assert_true(entry(ORC_V3, 0, 0, 0x0b05).signal);
}

static void test_v4(void **state)
{
	static const enum orc_reg regs[] = {
		ORC_REG_UNDEFINED, ORC_REG_AX, ORC_REG_DX, ORC_REG_SP, ORC_REG_BP, ORC_REG_DI,
		ORC_REG_R10, ORC_REG_R13, ORC_REG_PREV_SP, ORC_REG_SP_INDIRECT,
		ORC_REG_BP_INDIRECT, ORC_REG_BAD,
	};

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		is_row(entry(ORC_V4, 0, 0, 0x0200 | i), ORC_TYPE_CALL, regs[i], 0);
		assert_int_equal(entry(ORC_V4, 0, 0, 0x0200 | i << 4).bp_reg, regs[i]);
	}
}

/* Whatever the bits: only values of the enums come out. */
static void test_all_flags(void **state)
{
	(void)state;
	for (int v = ORC_NONE; v <= ORC_V4; v++)
		for (unsigned flags = 0; flags < 0x10000; flags++) {
			struct orc_row r = entry((enum orc_version)v, 0, 0, flags);

			if (r.type > ORC_TYPE_BAD || r.sp_reg > ORC_REG_BAD ||
			    r.bp_reg > ORC_REG_BAD)
				fail_msg("version %d, flags %#x", v, flags);
		}
}

static void test_hash(void **state)
{
	unsigned char v4[] = { 0x13, 0x7c, 0x36, 0xad, 0x76, 0x27, 0xc4, 0xdd, 0x55, 0x93,
			       0x21, 0x76, 0xbb, 0x0e, 0xcb, 0xdd, 0x50, 0x41, 0xfc, 0x82 };
	static const unsigned char v3[] = { 0xfe, 0x5d, 0x32, 0xbf, 0x58, 0x1b, 0xd6,
					    0x3b, 0x2c, 0xa9, 0xa5, 0xc6, 0x5b, 0xa5,
					    0xa6, 0x25, 0xea, 0xb3, 0xfe, 0x24 };

	(void)state;
	assert_int_equal(orc_version_by_hash(v4), ORC_V4);
	assert_int_equal(orc_version_by_hash(v3), ORC_V3);
	v4[19] ^= 1;
	assert_int_equal(orc_version_by_hash(v4), ORC_NONE);
}

static enum orc_version sample(unsigned flags, size_t of100)
{
	unsigned char entries[100 * ORC_ENTRY_SIZE] = { 0 };

	for (size_t i = 0; i < of100; i++) {
		entries[i * ORC_ENTRY_SIZE + 4] = (unsigned char)flags;
		entries[i * ORC_ENTRY_SIZE + 5] = (unsigned char)(flags >> 8);
	}
	return orc_version_by_sample(entries, 100);
}

static void test_sample(void **state)
{
	(void)state;
	assert_int_equal(sample(0x0015, 80), ORC_V1);
	assert_int_equal(sample(0x0215, 80), ORC_V3);
	assert_int_equal(sample(0x0283, 80), ORC_V4);
	assert_int_equal(sample(0x0283, 40), ORC_NONE);
	assert_int_equal(sample(0, 100), ORC_NONE);
}

/* ---- searching a table ---- */

#define IPS   UINT64_C(0xffffffff83000000)
#define ROWS  UINT64_C(0xffffffff83100000)
#define INDEX UINT64_C(0xffffffff83200000)
#define BASE  UINT64_C(0xffffffff81000000)
#define N     2000u
#define STEP  37u /* bytes from one entry to the next */

static void put32(struct world *w, uint64_t at, uint32_t v)
{
	unsigned char raw[4] = { (unsigned char)v, (unsigned char)(v >> 8),
				 (unsigned char)(v >> 16), (unsigned char)(v >> 24) };

	w_bytes(w, at, raw, 4);
}

/* Entry i begins at BASE + i * STEP and has i as its sp_offset. */
static struct orc_table make_table(struct world *w)
{
	struct orc_table t = { .begin = BASE, .end = BASE + N * STEP, .ips = IPS, .entries = ROWS,
			       .n = N };

	memset(w, 0, sizeof(*w));
	w->u.mem = (struct reader){ .read = w_read, .self = w, .word = 8 };
	w_map(w, IPS, N * 4);
	w_map(w, ROWS, N * ORC_ENTRY_SIZE);
	for (uint32_t i = 0; i < N; i++) {
		unsigned char raw[ORC_ENTRY_SIZE] = { (unsigned char)i, (unsigned char)(i >> 8) };

		put32(w, IPS + 4 * i, (uint32_t)(BASE + i * STEP - (IPS + 4 * i)));
		w_bytes(w, ROWS + ORC_ENTRY_SIZE * i, raw, sizeof(raw));
	}
	return t;
}

static void check_all(struct world *w, const struct orc_table *t)
{
	unsigned char raw[ORC_ENTRY_SIZE];

	for (uint64_t ip = BASE; ip < BASE + N * STEP + 100; ip += 11) {
		uint64_t want = (ip - BASE) / STEP;

		if (want >= N)
			want = N - 1;
		assert_int_equal(orc_find(t, &w->u.mem, ip, raw, NULL), CAIRN_OK);
		assert_int_equal(le16(raw), want);
	}
	assert_int_equal(orc_find(t, &w->u.mem, BASE - 1, raw, NULL), CAIRN_NOTFOUND);
}

static void test_find(void **state)
{
	struct world w;
	struct orc_table t = make_table(&w);

	(void)state;
	check_all(&w, &t);
	w_deinit(&w);
}

/* With the kernel's index, and with one that is stale: the answers are the same. */
static void test_find_by_index(void **state)
{
	struct world w;
	struct orc_table t = make_table(&w);
	uint32_t blocks = N * STEP / ORC_LOOKUP_BLOCK + 1;

	(void)state;
	w_map(&w, INDEX, 4 * blocks);
	t.lookup = INDEX;
	t.lookup_base = BASE;
	t.lookup_n = blocks;
	check_all(&w, &t);
	for (uint32_t i = 0; i < blocks; i++)
		put32(&w, INDEX + 4 * i, i * ORC_LOOKUP_BLOCK / STEP);
	check_all(&w, &t);
	for (uint32_t i = 0; i < blocks; i++)
		put32(&w, INDEX + 4 * i, i * 7919 % (N + 3));
	check_all(&w, &t);
	w_unmap(&w, INDEX);
	check_all(&w, &t);
	w_deinit(&w);
}

/* Several entries of one address: the last one counts, as in the kernel. */
static void test_find_last_of_equal(void **state)
{
	struct world w;
	struct orc_table t = make_table(&w);
	unsigned char raw[ORC_ENTRY_SIZE];

	(void)state;
	for (uint32_t i = 101; i < 104; i++)
		put32(&w, IPS + 4 * i, (uint32_t)(BASE + 100 * STEP - (IPS + 4 * i)));
	assert_int_equal(orc_find(&t, &w.u.mem, BASE + 100 * STEP, raw, NULL), CAIRN_OK);
	assert_int_equal(le16(raw), 103);
	w_deinit(&w);
}

static void test_find_unreadable(void **state)
{
	struct world w;
	struct orc_table t = make_table(&w);
	unsigned char raw[ORC_ENTRY_SIZE];
	struct cairn_err err;

	(void)state;
	w_unmap(&w, ROWS);
	assert_int_equal(orc_find(&t, &w.u.mem, BASE + 5, raw, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, ROWS);
	w_unmap(&w, IPS);
	assert_int_equal(orc_find(&t, &w.u.mem, BASE + 5, raw, &err), CAIRN_FAULT);
	t.n = 0;
	assert_int_equal(orc_find(&t, &w.u.mem, BASE + 5, raw, &err), CAIRN_NOTFOUND);
	w_deinit(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fp_entry),	  cmocka_unit_test(test_null_entry),
		cmocka_unit_test(test_v1),		  cmocka_unit_test(test_v2),
		cmocka_unit_test(test_v3),		  cmocka_unit_test(test_v4),
		cmocka_unit_test(test_all_flags),	  cmocka_unit_test(test_hash),
		cmocka_unit_test(test_sample),		  cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_by_index),	  cmocka_unit_test(test_find_last_of_equal),
		cmocka_unit_test(test_find_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
