/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/ehabi_tables.h"

#define MEMORY  0x40000u
#define BASE    0xc1000000u /* where the memory lies */
#define TEXT    0xc0300000u

enum { FP = 11, SP = 13, LR = 14, PC = 15 };

static unsigned char memory[MEMORY];
static uint32_t hole; /* a page that cannot be read; 0: none */

static enum cairn_code read_memory(void *self, uint64_t va, void *buf, size_t len,
				   struct cairn_err *err)
{
	(void)self;
	if (va < BASE || va - BASE + len > MEMORY ||
	    (hole && va < hole + 0x1000 && va + len > hole))
		return cairn_fail_read(err, CAIRN_FAULT_EXCLUDED, va, "kernel address");
	memcpy(buf, memory + (va - BASE), len);
	return CAIRN_OK;
}

static const struct reader mem = { .read = read_memory, .word = 4 };

static void put(uint32_t va, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		memory[va - BASE + (unsigned)i] = (unsigned char)(word >> 8 * i);
}

static void put_prel31(uint32_t at, uint32_t to)
{
	put(at, (to - at) & 0x7fffffff);
}

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	hole = 0;
	return 0;
}

/* ---- instructions ---- */

/* Stack words are their own address. */
static bool read_stack(void *arg, uint32_t addr, uint32_t *ret)
{
	uint32_t *limit = arg;

	*ret = addr;
	return addr < *limit;
}

static uint32_t limit;

static struct ehabi_run run(const char *insn, size_t n, enum ehabi_result expect)
{
	struct ehabi_run r = { .read_stack = read_stack, .arg = &limit };

	limit = UINT32_MAX;
	for (unsigned i = 0; i < 16; i++)
		r.r[i] = 0x100 * i;
	r.r[SP] = 0x8000;
	assert_int_equal(ehabi_execute(&r, (const unsigned char *)insn, n), expect);
	return r;
}

#define RUN(text) run(text, sizeof(text) - 1, EHABI_OK)
#define FAILS(text, how) run(text, sizeof(text) - 1, how)

static void test_leaf(void **state)
{
	struct ehabi_run r = RUN("\xb0\xb0\xb0");

	(void)state;
	assert_int_equal(r.r[PC], 0xe00);
	assert_int_equal(r.r[SP], 0x8000);
	assert_int_equal(r.slot, 0);
}

static void test_vsp(void **state)
{
	(void)state;
	assert_int_equal(RUN("\x00").r[SP], 0x8004);
	assert_int_equal(RUN("\x3f").r[SP], 0x8100);
	assert_int_equal(RUN("\x40").r[SP], 0x7ffc);
	assert_int_equal(RUN("\x7f").r[SP], 0x7f00);
	assert_int_equal(RUN("\x9b").r[SP], 0xb00);
	assert_int_equal(RUN("\xb2\x00").r[SP], 0x8204);
	assert_int_equal(RUN("\xb2\x81\x01").r[SP], 0x8204 + (0x81 << 2));
	assert_int_equal(RUN("\xb3\x01").r[SP], 0x8014);   /* d0, d1, FSTMX */
	assert_int_equal(RUN("\xb9").r[SP], 0x8014);       /* d8, d9, FSTMX */
	assert_int_equal(RUN("\xc9\x81").r[SP], 0x8010);   /* d8, d9 */
	assert_int_equal(RUN("\xd2").r[SP], 0x8018);       /* d8 to d10 */
}

static void test_pop(void **state)
{
	struct ehabi_run r = RUN("\xa9\xb0"); /* r4, r5, lr */

	(void)state;
	assert_int_equal(r.r[4], 0x8000);
	assert_int_equal(r.r[5], 0x8004);
	assert_int_equal(r.r[6], 0x600);
	assert_int_equal(r.r[PC], 0x8008);
	assert_int_equal(r.slot, 0x8008);
	assert_int_equal(r.r[SP], 0x800c);
	r = RUN("\xa0"); /* r4 */
	assert_int_equal(r.r[4], 0x8000);
	assert_int_equal(r.r[PC], 0xe00);
	r = RUN("\x88\x80"); /* fp, pc */
	assert_int_equal(r.r[FP], 0x8000);
	assert_int_equal(r.r[PC], 0x8004);
	assert_int_equal(r.popped, 1u << FP | 1u << PC);
	r = RUN("\xb1\x05\x84\x00"); /* r0, r2, then lr */
	assert_int_equal(r.r[0], 0x8000);
	assert_int_equal(r.r[2], 0x8004);
	assert_int_equal(r.r[1], 0x100);
	assert_int_equal(r.r[PC], 0x8008);
}

/* sp itself, as svc_entry saves it: the value counts, not the place. */
static void test_pop_sp(void **state)
{
	struct ehabi_run r = RUN("\xb1\x0f\x8f\xff");
	struct ehabi_entry e = { .n = 4 };

	(void)state;
	assert_int_equal(r.r[SP], 0x8000 + 4 * SP);
	assert_int_equal(r.r[PC], 0x8000 + 4 * PC);
	assert_int_equal(r.popped, 0xffff);
	memcpy(e.insn, "\xb1\x0f\x8f\xff", 4);
	assert_true(ehabi_is_exception(&e));
	e.insn[1] = 0x07;
	assert_false(ehabi_is_exception(&e));
	e.insn[1] = 0x0f;
	e.n = 3;
	assert_false(ehabi_is_exception(&e));
}

static void test_refused(void **state)
{
	struct ehabi_run r = { .read_stack = read_stack, .arg = &limit };

	(void)state;
	FAILS("\x80\x00", EHABI_REFUSED);
	FAILS("\x80", EHABI_BAD);
	FAILS("\x9d", EHABI_BAD); /* vsp = sp, vsp = pc */
	FAILS("\x9f", EHABI_BAD);
	FAILS("\xb1\x00", EHABI_BAD);
	FAILS("\xb1\x10", EHABI_BAD);
	FAILS("\xb1", EHABI_BAD);
	FAILS("\xb2", EHABI_BAD);
	FAILS("\xb2\x80\x80\x80\x80\x80\x80", EHABI_BAD);
	FAILS("\xb4", EHABI_BAD);
	FAILS("\xc0", EHABI_BAD); /* wireless MMX */
	FAILS("\xca", EHABI_BAD);
	FAILS("\xe0", EHABI_BAD);
	r.r[SP] = 0x8000;
	limit = 0x8004;
	assert_int_equal(ehabi_execute(&r, (const unsigned char *)"\xa9", 1), EHABI_NO_STACK);
}

/* ---- the index ---- */

static struct ehabi_index three_functions(void)
{
	put_prel31(BASE, TEXT);
	put(BASE + 4, 0x80a8b0b0);
	put_prel31(BASE + 8, TEXT + 0x100);
	put(BASE + 12, 1);
	put_prel31(BASE + 16, TEXT + 0x200);
	put_prel31(BASE + 20, BASE + 0x100);
	return (struct ehabi_index){ TEXT, TEXT + 0x1000, BASE, 3 };
}

static enum cairn_code find(const struct ehabi_index *t, uint32_t pc, struct ehabi_entry *e)
{
	return ehabi_find(t, &mem, pc, e, NULL);
}

static void test_find(void **state)
{
	struct ehabi_index t = three_functions();
	struct ehabi_entry e;

	(void)state;
	assert_int_equal(find(&t, TEXT, &e), CAIRN_OK);
	assert_int_equal(e.function, TEXT);
	assert_int_equal(e.n, 3);
	assert_memory_equal(e.insn, "\xa8\xb0\xb0", 3);
	assert_int_equal(find(&t, TEXT + 0xff, &e), CAIRN_OK);
	assert_int_equal(e.function, TEXT);
	assert_int_equal(find(&t, TEXT + 0x100, &e), CAIRN_OK);
	assert_true(e.cant_unwind);
	put(BASE + 0x100, 0x8101a9b0);
	put(BASE + 0x104, 0x01020304);
	assert_int_equal(find(&t, TEXT + 0xfff, &e), CAIRN_OK);
	assert_false(e.cant_unwind);
	assert_int_equal(e.n, 6);
	assert_memory_equal(e.insn, "\xa9\xb0\x01\x02\x03\x04", 6);
	put(BASE + 0x100, 0x80112233);
	assert_int_equal(find(&t, TEXT + 0xfff, &e), CAIRN_OK);
	assert_memory_equal(e.insn, "\x11\x22\x33", 3);
}

static void test_find_nothing(void **state)
{
	struct ehabi_index t = three_functions();
	struct ehabi_entry e;

	(void)state;
	assert_int_equal(find(&t, TEXT - 4, &e), CAIRN_NOTFOUND);
	assert_int_equal(find(&t, TEXT + 0x1000, &e), CAIRN_NOTFOUND);
	put_prel31(BASE, TEXT + 8);
	assert_int_equal(find(&t, TEXT + 4, &e), CAIRN_NOTFOUND);
	put(BASE + 0x100, 0x82000000); /* personalities that the kernel does not have */
	assert_int_equal(find(&t, TEXT + 0x200, &e), CAIRN_CORRUPT);
	put(BASE + 0x100, 0x00001234);
	assert_int_equal(find(&t, TEXT + 0x200, &e), CAIRN_CORRUPT);
	put(BASE + 20, 0x91234567);
	assert_int_equal(find(&t, TEXT + 0x200, &e), CAIRN_CORRUPT);
	put_prel31(BASE + 20, BASE + MEMORY);
	assert_int_equal(find(&t, TEXT + 0x200, &e), CAIRN_FAULT);
	put_prel31(BASE + 20, BASE + MEMORY - 4);
	put(BASE + MEMORY - 4, 0x81ff0000); /* runs out of memory */
	assert_int_equal(find(&t, TEXT + 0x200, &e), CAIRN_FAULT);
}

/* ---- the search ---- */

/* n entries from `at` on, 16 bytes of text each. */
static void put_index(uint32_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		put_prel31(at + 8 * i, TEXT + 16 * i);
		put(at + 8 * i + 4, i % 3 ? 0x80b0b0b0 : 1);
	}
}

static enum cairn_code search(struct ehabi_index *ret)
{
	return ehabi_search(ret, &mem, (struct range){ TEXT, TEXT + 0x100000 },
			    (struct range){ BASE, BASE + MEMORY }, NULL);
}

static void expect_index(uint32_t at, uint32_t n)
{
	struct ehabi_index t;

	assert_int_equal(search(&t), CAIRN_OK);
	assert_int_equal(t.entries, at);
	assert_int_equal(t.n, n);
	assert_int_equal(t.begin, TEXT);
}

static void test_search(void **state)
{
	(void)state;
	put_index(BASE + 0x5000, 512 * 6);
	expect_index(BASE + 0x5000, 512 * 6);
	setup(NULL);
	put_index(BASE + 0x5ab4, 3001); /* begins and ends within pages, entries lie across them */
	expect_index(BASE + 0x5ab4, 3001);
}

/* Pages of it that are missing do not hide where it begins and ends. */
static void test_search_holes(void **state)
{
	(void)state;
	put_index(BASE + 0x5ab4, 3001);
	hole = BASE + 0x6000; /* what is found lies behind it */
	expect_index(BASE + 0x5ab4, 3001);
	hole = BASE + 0x8000; /* or before */
	expect_index(BASE + 0x5ab4, 3001);
}

static void test_search_nothing(void **state)
{
	struct ehabi_index t;

	(void)state;
	assert_int_equal(search(&t), CAIRN_MISSING);
	put_index(BASE + 0x5000, 200); /* too few */
	assert_int_equal(search(&t), CAIRN_MISSING);
	put_index(BASE + 0x5000, 3000);
	for (uint32_t i = 0; i < 3000; i++) /* pairs that lead into the text: exceptions */
		put_prel31(BASE + 0x5004 + 8 * i, TEXT + 0x8000);
	assert_int_equal(search(&t), CAIRN_MISSING);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_leaf), T(test_vsp), T(test_pop), T(test_pop_sp), T(test_refused), T(test_find),
		T(test_find_nothing), T(test_search), T(test_search_holes), T(test_search_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
