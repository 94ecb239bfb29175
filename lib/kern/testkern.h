/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testkern - for tests: a session over 4 MB of memory that the test writes word by word,
 * with the symbols and types that it declares.
 *
 * Addresses are physical ones (an identity map), from TK_BASE to TK_END. The page at TK_HOLE
 * is not in the dump; what lies beyond TK_END is not mapped.
 */
#ifndef CAIRN_KERN_TESTKERN_H
#define CAIRN_KERN_TESTKERN_H

#include "lib/image/testmem.h"
#include "lib/kern/maple_shelf.h"
#include "lib/kern/session.h"

#define TK_BASE UINT64_C(0x10000)
#define TK_HOLE UINT64_C(0x300000)
#define TK_END UINT64_C(0x400000)

/* below TK_BASE: the page tables */
#define TK_PGD UINT64_C(0x1000)
#define TK_PUD UINT64_C(0x2000)
#define TK_PMD UINT64_C(0x3000)

#define TK_TYPES 48
#define TK_MEMBERS 32

/** One member of a declared struct: its size is that of an integer, `count` > 0 makes an array of
 *  them, or `nested` is a struct declared before, or "*name": a pointer, of `size`, to a struct that
 *  may be this one. A table ends with name NULL. */
struct tk_member {
	const char *name;
	uint32_t offset, size, count;
	const char *nested; /* a struct's name; "-": a signed number of 4 or 8 bytes */
};

struct tk_type {
	struct type type, array[TK_MEMBERS];
	struct type_member member[TK_MEMBERS];
};

struct testkern {
	struct testmem mem;
	struct cairn c;
	struct cairn_opts opts;
	struct type_provider provider;
	struct tk_type type[TK_TYPES];
	unsigned ntypes;
	const char *percpu[4]; /* variables that the types place, by tk_percpu() */
	uint64_t percpu_offset[4];
	const char *variable[4], *variable_type[4]; /* whose types are known, by tk_typed() */
};

static const struct type tk_integers[] = {
	{ .kind = TYPE_INT, .name = "u8", .size = 1, .complete = true },
	{ .kind = TYPE_INT, .name = "u16", .size = 2, .complete = true },
	{ .kind = TYPE_INT, .name = "u32", .size = 4, .complete = true },
	{ .kind = TYPE_INT, .name = "u64", .size = 8, .complete = true },
	{ .kind = TYPE_INT, .name = "s32", .size = 4, .complete = true, .is_signed = true },
	{ .kind = TYPE_INT, .name = "s64", .size = 8, .complete = true, .is_signed = true },
};

static inline const struct type *tk_integer(uint32_t size)
{
	return &tk_integers[size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3];
}

static inline const struct type *tk_signed(uint32_t size)
{
	return &tk_integers[size == 4 ? 4 : 5];
}

static inline const struct type *tk_find(struct type_provider *p, enum type_kind kind,
					 const char *name)
{
	struct testkern *k = (struct testkern *)((char *)p - offsetof(struct testkern, provider));

	for (unsigned i = 0; i < k->ntypes; i++)
		if (kind == k->type[i].type.kind && !strcmp(k->type[i].type.name, name))
			return &k->type[i].type;
	for (unsigned i = 0; kind == TYPE_VOID && i < 6; i++)
		if (!strcmp(tk_integers[i].name, name))
			return &tk_integers[i];
	return NULL;
}

static inline bool tk_complete(struct type_provider *p, struct type *t)
{
	(void)p;
	return t->complete;
}

static inline void tk_close(struct type_provider *p)
{
	(void)p;
}

static inline const struct type *tk_variable(struct type_provider *p, const char *name)
{
	struct testkern *k = (struct testkern *)((char *)p - offsetof(struct testkern, provider));

	for (unsigned i = 0; i < 4 && k->variable[i]; i++)
		if (!strcmp(k->variable[i], name))
			return tk_find(p, TYPE_STRUCT, k->variable_type[i]);
	return NULL;
}

/** Declare a variable as a struct. */
static inline void tk_typed(struct testkern *k, const char *name, const char *type)
{
	unsigned i = 0;

	while (k->variable[i])
		i++;
	k->variable[i] = name;
	k->variable_type[i] = type;
}

static inline bool tk_place(struct type_provider *p, const char *name, uint64_t *offset)
{
	struct testkern *k = (struct testkern *)((char *)p - offsetof(struct testkern, provider));

	for (unsigned i = 0; i < 4 && k->percpu[i]; i++) {
		*offset = k->percpu_offset[i];
		if (!strcmp(k->percpu[i], name))
			return true;
	}
	return false;
}

/** Declare a per-CPU variable's offset in its section. */
static inline void tk_percpu(struct testkern *k, const char *name, uint64_t offset)
{
	unsigned i = 0;

	while (k->percpu[i])
		i++;
	k->percpu[i] = name;
	k->percpu_offset[i] = offset;
}

static inline void tk_members(struct testkern *k, struct tk_type *t, const struct tk_member *m)
{
	for (; m->name; m++) {
		uint32_t i = t->type.nmembers++;
		bool points = m->nested && m->nested[0] == '*';
		const struct type *of = !m->nested ? tk_integer(m->size)
				      : m->nested[0] == '-' ? tk_signed(m->size)
				      : tk_find(&k->provider, TYPE_STRUCT, m->nested + points);

		if (i >= TK_MEMBERS)
			abort();
		if (m->count) {
			t->array[i] = (struct type){ .kind = TYPE_ARRAY, .name = "", .target = of,
						     .size = of->size * m->count,
						     .count = m->count, .complete = true };
			of = &t->array[i];
		} else if (points) {
			t->array[i] = (struct type){ .kind = TYPE_PTR, .name = "", .size = m->size,
						     .target = of, .complete = true };
			of = &t->array[i];
		}
		t->member[i] = (struct type_member){ m->name, of, (uint64_t)m->offset * 8, 0 };
	}
}

/** Declare "struct <name>". */
static inline void tk_struct(struct testkern *k, const char *name, uint32_t size,
			     const struct tk_member *m)
{
	struct tk_type *t = &k->type[k->ntypes++];

	if (k->ntypes > TK_TYPES)
		abort();
	t->type = (struct type){ .kind = TYPE_STRUCT, .name = name, .size = size,
				 .members = t->member, .complete = true };
	tk_members(k, t, m);
}

/** More members of a struct that was declared, and its new size. */
static inline void tk_extend(struct testkern *k, const char *name, uint32_t size,
			     const struct tk_member *m)
{
	for (unsigned i = 0; i < k->ntypes; i++)
		if (k->type[i].type.kind == TYPE_STRUCT && !strcmp(k->type[i].type.name, name)) {
			k->type[i].type.size = size;
			tk_members(k, &k->type[i], m);
			return;
		}
	abort();
}

/** Declare "enum <name>" with n enumerators, which must stay. */
static inline void tk_enum(struct testkern *k, const char *name, const struct type_enumerator *e,
			   uint32_t n)
{
	struct tk_type *t = &k->type[k->ntypes++];

	if (k->ntypes > TK_TYPES)
		abort();
	t->type = (struct type){ .kind = TYPE_ENUM, .name = name, .size = 4, .nmembers = n,
				 .enumerators = e, .complete = true };
}

static inline void tk_put(struct testkern *k, uint64_t addr, uint64_t value, size_t bytes)
{
	testmem_put(&k->mem, addr, value, bytes);
}

static inline void tk_write(struct testkern *k, uint64_t addr, const void *p, size_t n)
{
	testmem_write(&k->mem, addr, p, n);
}

static inline void tk_text(struct testkern *k, uint64_t addr, const char *s)
{
	tk_write(k, addr, s, strlen(s) + 1);
}

static inline void tk_symbol(struct testkern *k, const char *name, uint64_t addr)
{
	symlist_add(&k->c.known, name, addr);
}

static inline struct testkern *tk_begin(uint64_t first_range)
{
	static const struct type_provider_ops ops = {
		.find = tk_find, .complete = tk_complete, .variable = tk_variable,
		.percpu = tk_place, .close = tk_close,
	};
	struct testkern *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	testmem_add(&k->mem, 0, first_range);
	tk_put(k, TK_PGD, TK_PUD | 0x63, 8);
	tk_put(k, TK_PUD, TK_PMD | 0x63, 8);
	tk_put(k, TK_PMD, 0 | 0xe3, 8); /* two pages of 2 MB */
	tk_put(k, TK_PMD + 8, 0x200000 | 0xe3, 8);
	k->provider.name = "test";
	k->provider.ops = &ops;
	k->c.opts = &k->opts;
	syms_init(&k->c.syms, &k->c.arena);
	return k;
}

static inline struct testkern *tk_new(void)
{
	struct testkern *k = tk_begin(TK_HOLE);

	testmem_add(&k->mem, TK_HOLE + 0x1000, TK_END - TK_HOLE - 0x1000);
	return k;
}

/** For fuzzing, where the rest would only cost time: memory from TK_BASE to TK_SMALL_END. */
#define TK_SMALL_END UINT64_C(0x20000)

static inline struct testkern *tk_small(void)
{
	return tk_begin(TK_SMALL_END);
}

/** What was written so far becomes the dump. `word`: bytes of a pointer. */
static inline struct cairn *tk_open(struct testkern *k, uint8_t word)
{
	struct cairn *c = &k->c;

	c->img = testmem_open(&k->mem);
	c->arch = arch_by_id(word == 8 ? ARCH_X86_64 : ARCH_ARM);
	types_init(&c->types, &c->arena, word);
	types_add(&c->types, &k->provider);
	if (!c->img ||
	    symlist_register(&c->known, "test", &c->syms, NULL) != CAIRN_OK ||
	    space_init(&c->kernel, c->img, &paging_x86_64_l4, TK_PGD, word, "kernel address",
		       NULL) != CAIRN_OK)
		abort();
	return c;
}

static inline void tk_free(struct testkern *k)
{
	maple_shelf_free(&k->c);
	types_deinit(&k->c.types);
	space_deinit(&k->c.kernel);
	image_close(k->c.img);
	arena_deinit(&k->c.arena);
	testmem_free(&k->mem);
	free(k);
}

#endif
