/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "mm/vma_flags.h"

#define TABLE TK_BASE
#define TEXTS (TK_BASE + 0x1000)

static bool at(void *self, size_t i, struct sym *ret)
{
	(void)self;
	*ret = (struct sym){ .name = "vmaflag_names", .addr = TABLE, .size = 0x800, .type = 'd' };
	return !i;
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	return addr - TABLE < 0x800 && at(self, 0, ret);
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	return !n && at(self, 0, ret) && !strcmp(name, ret->name);
}

static void row(struct testkern *k, unsigned i, uint64_t mask, const char *name)
{
	tk_put(k, TABLE + 16 * i, mask, 8);
	tk_put(k, TABLE + 16 * i + 8, TEXTS + 32 * i, 8);
	testmem_write(&k->mem, TEXTS + 32 * i, name, strlen(name) + 1);
}

static struct testkern *begin(void)
{
	static const struct tk_member print[] = {
		{ .name = "mask", .size = 8 }, { .name = "name", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	struct testkern *k = tk_new();

	tk_struct(k, "trace_print_flags", 16, print);
	return k;
}

static struct vma_flags names_of(struct testkern *k)
{
	static const struct sym_source_ops ops = { by_addr, by_name, at };
	struct cairn *c = tk_open(k, 8);
	struct vma_flags ret;

	assert_int_equal(syms_add(&c->syms, "f", TABLE, TABLE + 0x800, &ops, NULL, NULL), CAIRN_OK);
	vma_flags_init(&ret, c);
	tk_free(k);
	return ret;
}

static void test_kernels_own(void **state)
{
	struct testkern *k = begin();
	struct vma_flags f;

	(void)state;
	row(k, 0, 1, "read");
	row(k, 1, 1 << 11, "denywrite");
	row(k, 2, 0x1000000, "pat"); /* the machine's name of what has one */
	row(k, 3, UINT64_C(1) << 38, "uffd_minor");
	row(k, 4, UINT64_C(3) << 44, "two_bits");
	row(k, 5, UINT64_C(1) << 46, "no\x01name");
	row(k, 6, UINT64_C(1) << 40, "another");
	f = names_of(k);
	assert_string_equal(vma_flag_name(&f, 0), "READ");
	assert_string_equal(vma_flag_name(&f, 11), "DENYWRITE");
	assert_string_equal(vma_flag_name(&f, 24), "ARCH_1");
	assert_string_equal(vma_flag_name(&f, 38), "UFFD_MINOR");
	assert_string_equal(vma_flag_name(&f, 40), "ANOTHER");
	assert_null(vma_flag_name(&f, 44));
	assert_null(vma_flag_name(&f, 46));
	assert_null(vma_flag_name(&f, 64));
}

static void test_by_types(void **state)
{
	static const struct tk_member base[] = { { .name = "base", .size = 8 }, { .name = NULL } };
	struct testkern *k = begin();
	struct vma_flags f = names_of(k);

	(void)state;
	assert_null(vma_flag_name(&f, 11));
	assert_null(vma_flag_name(&f, 37));
	assert_string_equal(vma_flag_name(&f, 33), "PKEY_BIT1");
	assert_string_equal(vma_flag_name(&f, 63), "SEALED");
	k = begin();
	tk_struct(k, "thread_shstk", 8, base);
	f = names_of(k);
	assert_string_equal(vma_flag_name(&f, 37), "SHADOW_STACK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels_own), cmocka_unit_test(test_by_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
