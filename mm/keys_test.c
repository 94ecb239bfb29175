/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/keys.h"
#include "mm/testkeys.h"

/* ---- the walk ---- */

struct seen {
	struct { uint64_t va, len; } range[64];
	size_t n;
	enum cairn_code code;
	struct cairn_err err;
};

static void take(void *arg, uint64_t va, uint64_t len)
{
	struct seen *s = arg;

	assert_true(s->n < 64);
	s->range[s->n].va = va;
	s->range[s->n++].len = len;
}

static struct seen each(struct testpages *t)
{
	struct seen s = { .n = 0 };
	struct page_map m;

	assert_int_equal(page_map_init(&m, &t->c, NULL), CAIRN_OK);
	s.code = keys_each(&t->c, &m, take, &s, &s.err);
	if (s.code != CAIRN_OK)
		assert_non_null(strstr(s.err.text, "key rings: "));
	tp_free(t);
	return s;
}

static struct seen walk(struct testpages *t)
{
	tkey_open(t, TKEY_SYMBOLS, "");
	return each(t);
}

static void expect(const struct seen *s, size_t i, uint64_t va, uint64_t len)
{
	assert_true(i < s->n);
	if (s->range[i].va != va || s->range[i].len != len)
		fail_msg("range %zu is %#llx, %#llx", i, (unsigned long long)s->range[i].va,
			 (unsigned long long)s->range[i].len);
}

static void expect_key(const struct seen *s, size_t i, unsigned n)
{
	expect(s, i, TKEY(n), TKEY_SIZE);
	expect(s, i + 1, TKEY_SLAB + 0x200 * n, TKEY_OBJECT);
}

/* ---- tests ---- */

static void no_keys(void **state)
{
	struct seen s = walk(tkey_new());

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 0);
}

static void keys_without_payload(void **state)
{
	struct seen s = walk(tkey_three());

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 6);
	for (unsigned n = 1; n <= 3; n++)
		expect_key(&s, 2 * (n - 1), n);
}

static void payloads_in_slabs(void **state)
{
	struct testpages *t = tkey_three();
	struct seen s;

	(void)state;
	tkey_payload(t, 1, 0, TKEY_SLAB + 0x800, 20);
	for (unsigned i = 0; i < 4; i++)
		tkey_payload(t, 3, i, TKEY_SLAB + 0xa00 + 0x100 * i, 3000); /* the slab knows better */
	s = walk(t);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 6 + 5);
	expect_key(&s, 0, 1);
	expect(&s, 2, TKEY_SLAB + 0x800, TKEY_OBJECT);
	expect_key(&s, 3, 2);
	expect_key(&s, 5, 3);
	for (unsigned i = 0; i < 4; i++)
		expect(&s, 7 + i, TKEY_SLAB + 0xa00 + 0x100 * i, TKEY_OBJECT);
}

/* Allocated by the page: all that the length and a header before the data may reach, up to the
 * end of that page. */
static void payloads_on_pages(void **state)
{
	static const struct { unsigned off, len, end; } cases[] = {
		{ 0, 10, 0x1000 }, { 0x100, 0, 0x1000 }, { 0, 0x2100, 0x3000 },
		{ 0, 0xfff0, 0x11000 }, { 0xff0, 0, 0x2000 }, { 0xf00, 0xc0, 0x2000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct testpages *t = tkey_three();
		struct seen s;

		tkey_payload(t, 2, 1, TKEY_PLAIN + cases[i].off, cases[i].len);
		s = walk(t);
		assert_int_equal(s.code, CAIRN_OK);
		assert_int_equal(s.n, 7);
		expect_key(&s, 2, 2);
		expect(&s, 4, TKEY_PLAIN + cases[i].off, cases[i].end - cases[i].off);
	}
}

/* A pointer to what is no memory is no reason to miss the next key. */
static void wild_payloads(void **state)
{
	struct testpages *t = tkey_three();
	struct seen s;

	(void)state;
	tkey_payload(t, 1, 0, UINT64_MAX - 5, 0xffff);
	tkey_payload(t, 1, 3, TP_SIZE + 0x10, 10);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 8);
	expect_key(&s, 4, 2);
	expect_key(&s, 6, 3);
}

static void without_key_rings(void **state)
{
	static const struct {
		const char *symbols;
		enum cairn_code code;
	} cases[] = {
		{ "", CAIRN_OK },                    /* CONFIG_KEYS is not set */
		{ "key_serial_tree", CAIRN_OK },     /* a stranger of that name */
		{ "key_lookup", CAIRN_MISSING },     /* only functions have symbols */
		{ NULL, CAIRN_MISSING },             /* nothing is known */
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct testpages *t = tkey_three();
		struct seen s;

		tkey_open(t, cases[i].symbols, "");
		s = each(t);
		assert_int_equal(s.code, cases[i].code);
		assert_int_equal(s.n, 0);
	}
}

static void types_that_lack(void **state)
{
	static const char *const names[] = { "serial_node", "description", "datalen",
					     "payload.data", "struct key" };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct testpages *t = tkey_three();
		struct seen s;

		tkey_open(t, TKEY_SYMBOLS, names[i]);
		s = each(t);
		assert_int_equal(s.code, CAIRN_MISSING);
		assert_non_null(strstr(s.err.text, names[i]));
		assert_int_equal(s.n, 0);
	}
}

/* Whoever cannot see a key cannot say that there is none. */
static void broken_trees(void **state)
{
	struct testpages *t = tkey_three();
	struct seen s;

	(void)state;
	tp_put(t, TKEY(2) + TKEY_NODE + 16, TP_SIZE + 0x100, 8); /* its left child */
	s = walk(t);
	assert_int_equal(s.code, CAIRN_FAULT);

	t = tkey_three();
	tp_put(t, TKEY(3) + TKEY_NODE + 8, TKEY(2) + TKEY_NODE, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_int_equal(s.n, 6);

	t = tkey_three();
	tp_put(t, TKEY(1) + TKEY_NODE + 16, 3, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_int_equal(s.n, 6);

	/* a node that can be read, of a key that cannot */
	t = tkey_three();
	tp_put(t, TKEY(3) + TKEY_NODE + 8, TP_SIZE - 0x20, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.n, 6);
	assert_int_equal(s.err.addr, TP_SIZE);

	t = tkey_new();
	tp_put(t, TKEY_TREE, TP_SIZE + 0x100, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.n, 0);
}

static bool always(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct testpages *t = tkey_three();
	struct seen s;

	(void)state;
	tkey_open(t, TKEY_SYMBOLS, "");
	t->c.stop = always;
	s = each(t);
	assert_int_equal(s.code, CAIRN_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_keys), cmocka_unit_test(keys_without_payload),
		cmocka_unit_test(payloads_in_slabs), cmocka_unit_test(payloads_on_pages),
		cmocka_unit_test(wild_payloads), cmocka_unit_test(without_key_rings),
		cmocka_unit_test(types_that_lack), cmocka_unit_test(broken_trees),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
