/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/caches.h"
#include "mm/testcaches.h"

struct got {
	uint64_t at[8];
	unsigned n;
};

static void keep(void *arg, uint64_t cache)
{
	struct got *g = arg;

	assert_true(g->n < 8);
	g->at[g->n++] = cache;
}

static struct slab_cache read_cache(struct testkern *k, unsigned n)
{
	struct caches s;
	struct slab_cache ret;

	assert_int_equal(caches_init(&s, &k->c, NULL), CAIRN_OK);
	assert_int_equal(cache_read(&s, TC_CACHE(n), &ret, NULL), CAIRN_OK);
	return ret;
}

static void counts(void **state)
{
	(void)state;
	for (unsigned per_node = 0; per_node < 2; per_node++) {
		struct testkern *k = tk_new();
		struct slab_cache c;
		struct got g = { .n = 0 };
		struct caches s;

		tc_make(k, per_node, true);
		tk_open(k, 8);
		assert_int_equal(caches_init(&s, &k->c, NULL), CAIRN_OK);
		assert_int_equal(caches_each(&s, keep, &g, NULL), CAIRN_OK);
		assert_int_equal(g.n, TC_CACHES);
		c = read_cache(k, 2);
		assert_int_equal(g.at[2], c.addr);
		assert_string_equal(c.name, "zoo-2");
		assert_int_equal(c.size, 56);
		assert_int_equal(c.stride, 64);
		assert_int_equal(c.slab_size, 4 * 4096);
		assert_int_equal(c.err.code, CAIRN_OK);
		assert_int_equal(c.slabs, 10);
		assert_int_equal(c.objects, 100);
		assert_int_equal(c.free_err.code, CAIRN_OK);
		assert_int_equal(c.free, 1 + 2);
		assert_int_equal(c.kept_err.code, CAIRN_MISSING);
		assert_int_equal(read_cache(k, 0).free, 0);
		tk_free(k);
	}
}

/* One word of what cache 2 has is another: what is known then. */
static struct slab_cache damaged(uint64_t at, uint64_t value, size_t bytes)
{
	struct testkern *k = tk_new();
	struct slab_cache c;

	tc_make(k, false, true);
	tk_put(k, at, value, bytes);
	tk_open(k, 8);
	c = read_cache(k, 2);
	tk_free(k);
	return c;
}

static void damage(void **state)
{
	struct slab_cache c = damaged(TC_CACHE(2) + TC_NODES, TK_HOLE, 8);

	(void)state;
	assert_int_equal(c.err.code, CAIRN_FAULT);
	assert_string_equal(c.name, "zoo-2");
	c = damaged(TC_SLAB(2, 1) + 0x28, 11, 2); /* 11 of 10 in use */
	assert_int_equal(c.err.code, CAIRN_OK);
	assert_int_equal(c.objects, 100);
	assert_int_equal(c.free_err.code, CAIRN_CORRUPT);
	c = damaged(TC_SLAB(2, 1) + 0x10, TC_SLAB(2, 0) + 0x10, 8); /* around in a circle */
	assert_int_equal(c.free_err.code, CAIRN_CORRUPT);
	c = damaged(TC_SLAB(2, 0) + 0x10, TK_HOLE, 8);
	assert_int_equal(c.free_err.code, CAIRN_FAULT);
	c = damaged(TC_NODE(2, 0) + 0x20, UINT64_C(0) - 49, 8); /* 50 - 49 objects, of which 3 free */
	assert_int_equal(c.free_err.code, CAIRN_CORRUPT);
	c = damaged(TC_CACHE(2) + 0x10, 0xffffffff, 4); /* of an order that no slab has */
	assert_int_equal(c.slab_size, 0);
	c = damaged(TC_IDS, 0xffffffff, 4); /* no more nodes than the type has room for */
	assert_int_equal(c.err.code, CAIRN_FAULT);
}

static void broken_list(void **state)
{
	struct testkern *k = tk_new();
	struct got g = { .n = 0 };
	struct cairn_err err;
	struct caches s;

	(void)state;
	tc_make(k, false, true);
	tk_put(k, TC_CACHE(1) + TC_LIST, TK_HOLE, 8);
	tk_open(k, 8);
	assert_int_equal(caches_init(&s, &k->c, NULL), CAIRN_OK);
	assert_int_equal(caches_each(&s, keep, &g, &err), CAIRN_FAULT);
	assert_int_equal(g.n, 3); /* the last from the other end */
	tk_free(k);
}

static void missing(void **state)
{
	struct testkern *k = tk_new();
	struct cairn_err err;
	struct caches s;

	(void)state;
	tc_make(k, false, false); /* a kernel that counts nothing */
	tk_open(k, 8);
	assert_int_equal(read_cache(k, 1).err.code, CAIRN_MISSING);
	assert_string_equal(read_cache(k, 1).name, "zoo-1");
	tk_free(k);
	k = tk_new();
	tc_types(k, false, true, 8);
	tk_open(k, 8);
	assert_int_equal(caches_init(&s, &k->c, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "slab_caches"));
	tk_free(k);
	k = tk_new();
	tk_open(k, 8);
	assert_int_equal(caches_init(&s, &k->c, &err), CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts), cmocka_unit_test(damage), cmocka_unit_test(broken_list),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
