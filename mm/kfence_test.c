/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "mm/kfence.h"

#define POOL_AT (TK_BASE + 0x100)
#define META_AT (TK_BASE + 0x200)
#define POOL (TK_BASE + 0x10000)
#define OBJECT(i) (POOL + 0x2000 * (uint64_t)((i) + 1) + 0xf00)
#define SIZE 0x40

static struct testkern *kernel(bool pointer)
{
	static const struct tk_member members[] = {
		{ "state", 0, 4, 0, NULL }, { "addr", 8, 8, 0, NULL }, { "size", 16, 8, 0, NULL },
		{ "cache", 24, 8, 0, NULL }, { 0 },
	};
	uint64_t table = pointer ? META_AT + 0x100 : META_AT;
	struct testkern *k = tk_new();

	tk_struct(k, "kfence_metadata", SIZE, members);
	tk_symbol(k, "__kfence_pool", POOL_AT);
	tk_symbol(k, "kfence_metadata", META_AT);
	tk_put(k, POOL_AT, POOL, 8);
	if (pointer)
		tk_put(k, META_AT, table, 8);
	for (unsigned i = 0; i < 3; i++) {
		tk_put(k, table + i * SIZE + 8, OBJECT(i), 8);
		tk_put(k, table + i * SIZE + 16, 0x80, 8);
		tk_put(k, table + i * SIZE + 24, 0x5000 + i, 8);
	}
	return k;
}

static void objects(void **state)
{
	(void)state;
	for (unsigned pointer = 0; pointer < 2; pointer++) {
		struct testkern *k = kernel(pointer);
		struct cairn *c = tk_open(k, 8);
		struct kfence_object o;

		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(kfence_object_at(c, OBJECT(i) + 5, &o, NULL), CAIRN_OK);
			assert_int_equal(o.addr, OBJECT(i));
			assert_int_equal(o.size, 0x80);
			assert_int_equal(o.cache, 0x5000 + i);
		}
		/* the page behind, an object that is not noted, before and far behind the pool */
		assert_int_equal(kfence_object_at(c, OBJECT(0) + 0x1000, &o, NULL), CAIRN_NOTFOUND);
		assert_int_equal(kfence_object_at(c, OBJECT(3), &o, NULL), CAIRN_NOTFOUND);
		assert_int_equal(kfence_object_at(c, POOL - 8, &o, NULL), CAIRN_NOTFOUND);
		assert_int_equal(kfence_object_at(c, POOL + 8, &o, NULL), CAIRN_NOTFOUND);
		assert_int_equal(kfence_object_at(c, UINT64_MAX, &o, NULL), CAIRN_NOTFOUND);
		tk_free(k);
	}
}

static void without(void **state)
{
	struct testkern *k = tk_new();
	struct kfence_object o;
	struct cairn_err err;

	(void)state;
	assert_int_equal(kfence_object_at(tk_open(k, 8), OBJECT(0), &o, &err), CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(objects), cmocka_unit_test(without) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
