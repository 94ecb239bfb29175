/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/keys.h"
#include "mm/testpages.h"

/*
 *	struct key {                                     offset
 *		int serial;                                   4
 *		union {
 *			struct list_head graveyard_link;      8
 *			struct rb_node serial_node;           8
 *		};
 *		unsigned short datalen;                      42
 *		union {
 *			unsigned long hash;                  48
 *			struct { ...; char *description; };  80
 *		};
 *		union {
 *			union key_payload payload;           88
 *			struct { list_head name_link; };     88
 *		};
 *	};
 */
enum { K_NODE = 8, K_DATALEN = 42, K_DESCRIPTION = 80, K_PAYLOAD = 88, K_SIZE = 136 };

#define TREE (TP_FREE + 0x100)
#define KEY(n) (TP_FREE + 0x1000 + 0x100 * (uint64_t)(n))
#define CACHE (TP_FREE + 0x2000)
#define SLAB (TP_FREE + 0x10000)  /* a page of objects */
#define PLAIN (TP_FREE + 0x20000) /* pages that are of no slab */
#define OBJECT 96

static void add_types(struct btf *b, const char *without)
{
	int four = tt_array(b, TT_ULONG, 4), node, link, text, payload, names;
	int ushort = tt(btf__add_int(b, "short unsigned int", 2, 0));

	node = tt(btf__add_struct(b, "rb_node", 24));
	tt(btf__add_field(b, "__rb_parent_color", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "rb_right", TT_ULONG, 64, 0));
	tt(btf__add_field(b, "rb_left", TT_ULONG, 128, 0));
	link = tt(btf__add_union(b, NULL, 24));
	tt(btf__add_field(b, "graveyard_link", TT_LIST_HEAD, 0, 0));
	tt(btf__add_field(b, strcmp(without, "serial_node") ? "serial_node" : "x", node, 0, 0));
	text = tt(btf__add_struct(b, NULL, 40));
	tt(btf__add_field(b, strcmp(without, "description") ? "description" : "x", TT_ULONG,
			  32 * 8, 0));
	payload = tt(btf__add_union(b, "key_payload", 32));
	tt(btf__add_field(b, "rcu_data0", TT_ULONG, 0, 0));
	tt(btf__add_field(b, strcmp(without, "payload.data") ? "data" : "x", four, 0, 0));
	names = tt(btf__add_union(b, NULL, 48));
	tt(btf__add_field(b, "payload", payload, 0, 0));
	tt(btf__add_field(b, "name_link", TT_LIST_HEAD, 0, 0));
	tt(btf__add_struct(b, strcmp(without, "struct key") ? "key" : "x", K_SIZE));
	tt(btf__add_field(b, "serial", TT_INT, 32, 0));
	tt(btf__add_field(b, NULL, link, K_NODE * 8, 0));
	tt(btf__add_field(b, strcmp(without, "datalen") ? "datalen" : "x", ushort,
			  K_DATALEN * 8, 0));
	tt(btf__add_field(b, NULL, text, 48 * 8, 0));
	tt(btf__add_field(b, NULL, names, K_PAYLOAD * 8, 0));
}

/* ---- the world ---- */

static struct testpages *begin(void)
{
	struct testpages *t = tp_new(0);

	tp_sparse(t, 0);
	tp_slab(t, SLAB >> 12, CACHE);
	tp_put(t, CACHE + 28, OBJECT, 4);
	return t;
}

/* A key without payload, not yet in the tree. */
static void put_key(struct testpages *t, unsigned n, uint64_t left, uint64_t right)
{
	tp_put(t, KEY(n) + K_NODE + 8, right ? right + K_NODE : 0, 8);
	tp_put(t, KEY(n) + K_NODE + 16, left ? left + K_NODE : 0, 8);
	tp_put(t, KEY(n) + K_DESCRIPTION, SLAB + 0x200 * n, 8);
}

static void put_payload(struct testpages *t, unsigned n, unsigned i, uint64_t to, unsigned len)
{
	tp_put(t, KEY(n) + K_PAYLOAD + 8 * i, to, 8);
	tp_put(t, KEY(n) + K_DATALEN, len, 2);
}

/* Key 2 above 1 and 3. */
static struct testpages *three_keys(void)
{
	struct testpages *t = begin();

	tp_put(t, TREE, KEY(2) + K_NODE, 8);
	put_key(t, 1, 0, 0);
	put_key(t, 2, KEY(1), KEY(3));
	put_key(t, 3, 0, 0);
	return t;
}

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

/* What the kernel's symbols name; "" is none, NULL: there are no symbols. */
static void open_world(struct testpages *t, const char *symbols, const char *without)
{
	static char some_symbols;
	struct btf *b = tt_new();

	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_slab_types(b, "slab");
	add_types(b, without);
	tp_types(t, b);
	syms_init(&t->c.syms, &t->c.arena);
	if (symbols && strstr(symbols, "key_lookup"))
		symlist_add(&t->c.known, "key_lookup", TP_FREE);
	if (symbols && strstr(symbols, "key_serial_tree"))
		symlist_add(&t->c.known, "key_serial_tree", TREE);
	assert_int_equal(symlist_register(&t->c.known, "test", &t->c.syms, NULL), CAIRN_OK);
	if (symbols)
		t->c.kallsyms = (struct kallsyms *)&some_symbols; /* only asked whether it is */
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
	open_world(t, "key_lookup key_serial_tree", "");
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
	expect(s, i, KEY(n), K_SIZE);
	expect(s, i + 1, SLAB + 0x200 * n, OBJECT);
}

/* ---- tests ---- */

static void no_keys(void **state)
{
	struct seen s = walk(begin());

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 0);
}

static void keys_without_payload(void **state)
{
	struct seen s = walk(three_keys());

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 6);
	for (unsigned n = 1; n <= 3; n++)
		expect_key(&s, 2 * (n - 1), n);
}

static void payloads_in_slabs(void **state)
{
	struct testpages *t = three_keys();
	struct seen s;

	(void)state;
	put_payload(t, 1, 0, SLAB + 0x800, 20);
	for (unsigned i = 0; i < 4; i++)
		put_payload(t, 3, i, SLAB + 0xa00 + 0x100 * i, 3000); /* the slab knows better */
	s = walk(t);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 6 + 5);
	expect_key(&s, 0, 1);
	expect(&s, 2, SLAB + 0x800, OBJECT);
	expect_key(&s, 3, 2);
	expect_key(&s, 5, 3);
	for (unsigned i = 0; i < 4; i++)
		expect(&s, 7 + i, SLAB + 0xa00 + 0x100 * i, OBJECT);
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
		struct testpages *t = three_keys();
		struct seen s;

		put_payload(t, 2, 1, PLAIN + cases[i].off, cases[i].len);
		s = walk(t);
		assert_int_equal(s.code, CAIRN_OK);
		assert_int_equal(s.n, 7);
		expect_key(&s, 2, 2);
		expect(&s, 4, PLAIN + cases[i].off, cases[i].end - cases[i].off);
	}
}

/* A pointer to what is no memory is no reason to miss the next key. */
static void wild_payloads(void **state)
{
	struct testpages *t = three_keys();
	struct seen s;

	(void)state;
	put_payload(t, 1, 0, UINT64_MAX - 5, 0xffff);
	put_payload(t, 1, 3, TP_SIZE + 0x10, 10);
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
		struct testpages *t = three_keys();
		struct seen s;

		open_world(t, cases[i].symbols, "");
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
		struct testpages *t = three_keys();
		struct seen s;

		open_world(t, "key_lookup key_serial_tree", names[i]);
		s = each(t);
		assert_int_equal(s.code, CAIRN_MISSING);
		assert_non_null(strstr(s.err.text, names[i]));
		assert_int_equal(s.n, 0);
	}
}

/* Whoever cannot see a key cannot say that there is none. */
static void broken_trees(void **state)
{
	struct testpages *t = three_keys();
	struct seen s;

	(void)state;
	tp_put(t, KEY(2) + K_NODE + 16, TP_SIZE + 0x100, 8); /* its left child */
	s = walk(t);
	assert_int_equal(s.code, CAIRN_FAULT);

	t = three_keys();
	tp_put(t, KEY(3) + K_NODE + 8, KEY(2) + K_NODE, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_int_equal(s.n, 6);

	t = three_keys();
	tp_put(t, KEY(1) + K_NODE + 16, 3, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_int_equal(s.n, 6);

	/* a node that can be read, of a key that cannot */
	t = three_keys();
	tp_put(t, KEY(3) + K_NODE + 8, TP_SIZE - 0x20, 8);
	s = walk(t);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.n, 6);
	assert_int_equal(s.err.addr, TP_SIZE);

	t = begin();
	tp_put(t, TREE, TP_SIZE + 0x100, 8);
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
	struct testpages *t = three_keys();
	struct seen s;

	(void)state;
	open_world(t, "key_lookup key_serial_tree", "");
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
