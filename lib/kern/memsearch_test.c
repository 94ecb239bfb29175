/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/memsearch.h"
#include "lib/kern/testkern.h"

struct hits {
	uint64_t at[16], value[16];
	size_t n, most;
};

static bool found(void *arg, uint64_t addr, uint64_t value)
{
	struct hits *h = arg;

	assert_true(h->n < 16);
	h->at[h->n] = addr;
	h->value[h->n++] = value;
	return h->n < h->most;
}

static struct hits search(struct testkern *k, struct memsearch m, bool physical, uint64_t first,
			  uint64_t end, size_t most)
{
	struct hits h = { .most = most };
	enum cairn_code code;

	m.found = found;
	m.arg = &h;
	tk_open(k, 8);
	code = physical ? memsearch_phys(&m, k->c.img, first, end, NULL)
			: memsearch_space(&m, &k->c.kernel, first, end, NULL);
	assert_int_equal(code, CAIRN_OK);
	assert_true(m.pages > 0);
	tk_free(k);
	return h;
}

static struct testkern *world(void)
{
	struct testkern *k = tk_new();

	tk_put(k, TK_BASE, 0x123456789abcdef0, 8);
	tk_put(k, TK_BASE + 0x1ff8, 0x123456789abcdef0, 8);
	tk_put(k, TK_BASE + 0x3001, 0x123456789abcdef0, 8); /* not aligned */
	tk_put(k, TK_BASE + 0x4000, 0x123456789abcdeff, 8);
	tk_text(k, TK_BASE + 0x5ffd, "hello");              /* across a page */
	tk_write(k, TK_HOLE - 5, "hello", 5);               /* up to a hole */
	tk_text(k, TK_BASE + 0x100000, "hellohello");
	return k;
}

static void integers(void **state)
{
	const struct memsearch m = { .value = 0x123456789abcdef0, .unit = 8 };
	struct memsearch mask = m, half = { .value = 0xdef0, .unit = 2 };
	struct hits h;

	(void)state;
	mask.mask = 0xff;
	for (int physical = 0; physical < 2; physical++) {
		h = search(world(), m, physical, TK_BASE, TK_END, 16);
		assert_int_equal(h.n, 2);
		assert_int_equal(h.at[0], TK_BASE);
		assert_int_equal(h.at[1], TK_BASE + 0x1ff8);
		h = search(world(), mask, physical, TK_BASE, TK_END, 16);
		assert_int_equal(h.n, 3);
		assert_int_equal(h.value[2], 0x123456789abcdeff);
		h = search(world(), half, physical, TK_BASE, TK_END, 16);
		assert_int_equal(h.n, 2);
		h = search(world(), m, physical, TK_BASE + 8, TK_BASE + 0x2000, 16);
		assert_int_equal(h.n, 1);
		h = search(world(), m, physical, TK_BASE, TK_BASE + 0x1fff, 16);
		assert_int_equal(h.n, 1);
		h = search(world(), m, physical, TK_BASE, TK_END, 1);
		assert_int_equal(h.n, 1);
	}
}

static void texts(void **state)
{
	const struct memsearch m = { .text = (const unsigned char *)"hello", .text_len = 5 };
	struct hits h;

	(void)state;
	for (int physical = 0; physical < 2; physical++) {
		h = search(world(), m, physical, TK_BASE, TK_END, 16);
		assert_int_equal(h.n, 4);
		assert_int_equal(h.at[0], TK_BASE + 0x5ffd);
		assert_int_equal(h.at[1], TK_BASE + 0x100000);
		assert_int_equal(h.at[2], TK_BASE + 0x100005);
		assert_int_equal(h.at[3], TK_HOLE - 5);
	}
}

static bool always(void)
{
	return true;
}

static void refusals(void **state)
{
	struct testkern *k = world();
	struct memsearch m = { .unit = 3, .found = found };

	(void)state;
	tk_open(k, 8);
	assert_int_equal(memsearch_phys(&m, k->c.img, 0, TK_END, NULL), CAIRN_USAGE);
	m.unit = 8;
	m.stop = always;
	assert_int_equal(memsearch_phys(&m, k->c.img, 0, TK_END, NULL), CAIRN_INTERRUPTED);
	assert_int_equal(memsearch_space(&m, &k->c.kernel, 0, TK_END, NULL), CAIRN_INTERRUPTED);
	m.text = (const unsigned char *)"";
	assert_int_equal(memsearch_phys(&m, k->c.img, 0, TK_END, NULL), CAIRN_USAGE);
	tk_free(k);
}

/* To the end of the address space, and no further. */
static void top(void **state)
{
	struct testkern *k = world();
	struct memsearch m = { .value = 1, .unit = 8, .found = found };

	(void)state;
	tk_open(k, 8);
	assert_int_equal(memsearch_space(&m, &k->c.kernel, UINT64_MAX - 0x10000, UINT64_MAX, NULL),
			 CAIRN_OK);
	assert_int_equal(m.pages, 0);
	tk_free(k);
}

/* All there is to address, of which one page is mapped: whatever nothing is mapped at is passed
 * over in a few steps. */
static void everywhere(void **state)
{
	enum { BASE = 0x100000 };
	const uint64_t va = 0xffff888000000000 | 0x5000;
	struct hits h = { .most = 16 };
	struct memsearch m = { .value = 0x123456789abcdef0, .unit = 8, .found = found, .arg = &h };
	struct testmem mem = { 0 };
	struct image *img;
	struct space s;

	(void)state;
	testmem_add(&mem, BASE, 0x10000);
	testmem_put(&mem, BASE + 273 * 8, (BASE + 0x1000) | 0x63, 8);
	testmem_put(&mem, BASE + 0x1000, (BASE + 0x2000) | 0x63, 8);
	testmem_put(&mem, BASE + 0x2000, (BASE + 0x3000) | 0x63, 8);
	testmem_put(&mem, BASE + 0x3000 + 5 * 8, (BASE + 0x4000) | 0x163, 8);
	testmem_put(&mem, BASE + 0x4010, m.value, 8);
	img = testmem_open(&mem);
	assert_int_equal(space_init(&s, img, &paging_x86_64_l4, BASE, 8, "address", NULL), CAIRN_OK);
	assert_int_equal(memsearch_space(&m, &s, 0, UINT64_MAX, NULL), CAIRN_OK);
	assert_int_equal(m.pages, 1);
	assert_int_equal(m.missing, 0);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.at[0], va + 0x10);
	space_deinit(&s);
	image_close(img);
	testmem_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers), cmocka_unit_test(texts), cmocka_unit_test(refusals),
		cmocka_unit_test(top), cmocka_unit_test(everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
