/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testkeys - for tests: a kernel with key rings, over testpages.
 *
 *   struct testpages *t = tkey_three();
 *   tkey_payload(t, 1, 0, TKEY_SLAB + 0x800, 20);
 *   tkey_open(t, TKEY_SYMBOLS, "");
 *   tp_free(t);
 */
#ifndef CAIRN_MM_TESTKEYS_H
#define CAIRN_MM_TESTKEYS_H

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
enum {
	TKEY_NODE = 8, TKEY_DATALEN = 42, TKEY_DESCRIPTION = 80, TKEY_PAYLOAD = 88,
	TKEY_SIZE = 136,
};

#define TKEY_SYMBOLS "key_lookup key_serial_tree"

#define TKEY_TREE (TP_FREE + 0x100)
#define TKEY(n) (TP_FREE + 0x1000 + 0x100 * (uint64_t)(n))
#define TKEY_CACHE (TP_FREE + 0x2000)
#define TKEY_SLAB (TP_FREE + 0x10000)  /* a page of objects */
#define TKEY_PLAIN (TP_FREE + 0x20000) /* pages that are of no slab */
#define TKEY_OBJECT 96

static inline void tkey_types(struct btf *b, const char *without)
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
	tt(btf__add_struct(b, strcmp(without, "struct key") ? "key" : "x", TKEY_SIZE));
	tt(btf__add_field(b, "serial", TT_INT, 32, 0));
	tt(btf__add_field(b, NULL, link, TKEY_NODE * 8, 0));
	tt(btf__add_field(b, strcmp(without, "datalen") ? "datalen" : "x", ushort,
			  TKEY_DATALEN * 8, 0));
	tt(btf__add_field(b, NULL, text, 48 * 8, 0));
	tt(btf__add_field(b, NULL, names, TKEY_PAYLOAD * 8, 0));
}

static inline struct testpages *tkey_new(void)
{
	struct testpages *t = tp_new(0);

	tp_sparse(t, 0);
	tp_slab(t, TKEY_SLAB >> 12, TKEY_CACHE);
	tp_put(t, TKEY_CACHE + 28, TKEY_OBJECT, 4);
	return t;
}

/* A key without payload, not yet in the tree. */
static inline void tkey_put(struct testpages *t, unsigned n, uint64_t left, uint64_t right)
{
	tp_put(t, TKEY(n) + TKEY_NODE + 8, right ? right + TKEY_NODE : 0, 8);
	tp_put(t, TKEY(n) + TKEY_NODE + 16, left ? left + TKEY_NODE : 0, 8);
	tp_put(t, TKEY(n) + TKEY_DESCRIPTION, TKEY_SLAB + 0x200 * n, 8);
}

static inline void tkey_payload(struct testpages *t, unsigned n, unsigned i, uint64_t to,
				unsigned len)
{
	tp_put(t, TKEY(n) + TKEY_PAYLOAD + 8 * i, to, 8);
	tp_put(t, TKEY(n) + TKEY_DATALEN, len, 2);
}

/* Key 2 above 1 and 3. */
static inline struct testpages *tkey_three(void)
{
	struct testpages *t = tkey_new();

	tp_put(t, TKEY_TREE, TKEY(2) + TKEY_NODE, 8);
	tkey_put(t, 1, 0, 0);
	tkey_put(t, 2, TKEY(1), TKEY(3));
	tkey_put(t, 3, 0, 0);
	return t;
}

/* What the kernel's symbols name; "" is none, NULL: there are no symbols. */
static inline void tkey_open(struct testpages *t, const char *symbols, const char *without)
{
	static char some_symbols;
	struct btf *b = tt_new();

	tp_open(t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_slab_types(b, "slab");
	tkey_types(b, without);
	tp_types(t, b);
	syms_init(&t->c.syms, &t->c.arena);
	if (symbols && strstr(symbols, "key_lookup"))
		symlist_add(&t->c.known, "key_lookup", TP_FREE);
	if (symbols && strstr(symbols, "key_serial_tree"))
		symlist_add(&t->c.known, "key_serial_tree", TKEY_TREE);
	if (symlist_register(&t->c.known, "test", &t->c.syms, NULL) != CAIRN_OK)
		abort();
	if (symbols)
		t->c.kallsyms = (struct kallsyms *)&some_symbols; /* only asked whether it is */
}

#endif
