/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/callarg.h"
#include "lib/kern/testcode.h"

#define FROM (TK_BASE + 0x5c20)
#define TO (TK_BASE + 0x9000)
#define TREE (TK_BASE + 0x7ce8)

struct world {
	struct testkern *k;
	struct testcode code;
	unsigned n; /* words of code */
};

static struct world begin(void)
{
	return (struct world){ .k = tk_new(), .code = tco_call("irq_to_desc", FROM,
							       "radix_tree_lookup", TO) };
}

static void word(struct world *w, uint32_t insn)
{
	tk_put(w->k, FROM + 4 * w->n++, insn, 4);
}

static enum cairn_code look(struct world *w, enum arch_id arch, uint64_t *ret)
{
	struct cairn *c = tk_open(w->k, arch == ARCH_ARM64 ? 8 : 4);
	struct cairn_err err = { .text = "" };
	enum cairn_code code;

	c->arch = arch_by_id(arch);
	tco_add(&w->code, c);
	code = callarg_first(c, "irq_to_desc", "radix_tree_lookup", ret, &err);
	assert_int_equal(code, err.code);
	assert_true(!code || err.text[0]);
	tk_free(w->k);
	return code;
}

/* As gcc has it, the tracer's call in front; then with the argument overwritten. */
static void arm64(void **state)
{
	for (unsigned spoilt = 0; spoilt < 2; spoilt++) {
		struct world w = begin();
		uint64_t ret;

		(void)state;
		word(&w, 0xaa1e03e9); /* mov x9, x30 */
		word(&w, BL(FROM + 4, TK_BASE));
		word(&w, 0xa9bf7bfd); /* stp x29, x30, [sp, #-16]! */
		word(&w, ADRP(2, 2));
		word(&w, 0x2a0003e1); /* mov w1, w0 */
		word(&w, ADD(0, 2, 0xce8));
		if (spoilt)
			word(&w, 0xaa0303e0); /* mov x0, x3 */
		word(&w, BL(FROM + 4 * w.n, TO));
		assert_int_equal(look(&w, ARCH_ARM64, &ret), spoilt ? CAIRN_MISSING : CAIRN_OK);
		assert_int_equal(ret, spoilt ? 0 : TREE);
	}
}

static void arm64_backward(void **state)
{
	struct world w = begin();
	uint64_t ret;

	(void)state;
	word(&w, ADRP(0, UINT64_C(0x1fffff))); /* a page before */
	word(&w, ADD(0, 0, 1) | 1u << 22); /* a page on */
	word(&w, BL(FROM + 8, TO));
	assert_int_equal(look(&w, ARCH_ARM64, &ret), CAIRN_OK);
	assert_int_equal(ret, FROM & ~UINT64_C(0xfff));
}

static void arm(void **state)
{
	for (unsigned spoilt = 0; spoilt < 2; spoilt++) {
		struct world w = begin();
		uint64_t ret;

		(void)state;
		word(&w, 0xe52de004); /* push {lr} */
		word(&w, 0xe28dd004); /* add sp, sp, #4 */
		word(&w, 0xe1a01000); /* mov r1, r0 */
		word(&w, MOVW(0, TREE & 0xffff));
		word(&w, MOVT(spoilt, TREE >> 16));
		if (spoilt)
			word(&w, 0xe5930000); /* ldr r0, [r3] */
		word(&w, B_ARM(FROM + 4 * w.n, TO));
		assert_int_equal(look(&w, ARCH_ARM, &ret), spoilt ? CAIRN_MISSING : CAIRN_OK);
		assert_int_equal(ret, spoilt ? 0 : TREE);
	}
}

/* The call is another function's; there is no code; nobody reads this machine's. */
static void missing(void **state)
{
	struct world w = begin();
	uint64_t ret;

	(void)state;
	w.n = 0x40 / 4;
	word(&w, ADRP(0, 2));
	word(&w, BL(FROM + 0x44, TO));
	assert_int_equal(look(&w, ARCH_ARM64, &ret), CAIRN_MISSING);
	w = begin();
	assert_int_equal(look(&w, ARCH_X86_64, &ret), CAIRN_MISSING);
	w = begin();
	w.code.called.name = NULL;
	assert_int_equal(look(&w, ARCH_ARM64, &ret), CAIRN_MISSING);
	w = begin();
	w.code.function.name = NULL;
	assert_int_equal(look(&w, ARCH_ARM64, &ret), CAIRN_MISSING);
	w = begin();
	w.code.function.addr = TK_HOLE + 0x20;
	assert_int_equal(look(&w, ARCH_ARM64, &ret), CAIRN_FAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm64), cmocka_unit_test(arm64_backward), cmocka_unit_test(arm),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
