/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as the compiler that built this test describes them, against what it says of them
 * itself; hand-made DWARF for what it no longer writes, or never should; and, where
 * CAIRN_TEST_VMLINUX names a vmlinux with DWARF and BTF, one against the other.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <stdio.h>

#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/dwarf.h"
#include "lib/debug/testelf.h"

/* ---- the zoo: what the compiler is to describe ---- */

enum zoo_kind { ZOO_NONE, ZOO_ONE = 1, ZOO_MINUS = -5, ZOO_BIG = 0x7fffffff };
enum zoo_flags { ZOO_LOW = 0x80, ZOO_TOP = 0x80000000u };

typedef unsigned long zoo_word;
typedef zoo_word zoo_typedef;
struct zoo_undefined;

struct zoo_inner {
	short a;
	char text[16];
};

struct zoo {
	int first;
	unsigned bit1 : 1, bit5 : 5;
	long long bit40 : 40;
	signed char small : 3;
	_Bool flag : 1;
	struct {
		int anon_a;
		union {
			int anon_b;
			char anon_c[4];
		};
	};
	struct zoo_inner inner[3];
	int grid[2][3][4];
	const volatile zoo_typedef word;
	struct zoo *next;
	struct zoo_undefined *nowhere;
	void *any;
	int (*call)(struct zoo *z, const char *name, ...);
	enum zoo_kind kind;
	enum zoo_flags flags;
	double real;
	char tail[];
};

struct zoo zoo_instance;
extern int zoo_array[7];
int zoo_array[7];
static volatile unsigned short zoo_static;

struct zoo_world {
	struct arena arena;
	struct types ts;
	struct debugfile *f;
};

static bool world_init(struct zoo_world *w, struct debugfile *f)
{
	struct type_provider *p;

	w->f = f;
	w->arena = (struct arena){ 0 };
	types_init(&w->ts, &w->arena, sizeof(void *));
	if (dwarf_provider_new(&p, f, NULL) != CAIRN_OK)
		return false;
	types_add(&w->ts, p);
	return true;
}

static void world_deinit(struct zoo_world *w)
{
	types_deinit(&w->ts);
	arena_deinit(&w->arena);
	debugfile_close(w->f);
}

static void own(struct zoo_world *w)
{
	struct debugfile *f;
	struct cairn_err err;

	if (debugfile_open(&f, "/proc/self/exe", &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	zoo_static++;
	if (!world_init(w, f)) {
		world_deinit(w);
		skip(); /* built without -g */
	}
}

static const struct type *get(struct zoo_world *w, const char *name)
{
	struct cairn_err err;
	const struct type *t = type_find(&w->ts, name, &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

static struct member path(struct zoo_world *w, const char *what)
{
	struct member m;

	if (!type_member(get(w, "struct zoo"), what, &m))
		fail_msg("no %s", what);
	return m;
}

static void lies_at(struct zoo_world *w, const char *what, size_t offset, size_t size)
{
	struct member m = path(w, what);

	assert_int_equal(m.offset, offset);
	assert_int_equal(m.size, size);
	assert_int_equal(m.bit_size, 0);
}

#define AT(w, what) lies_at(w, #what, offsetof(struct zoo, what), sizeof(zoo_instance.what))

static void test_members(void **state)
{
	struct zoo_world w;

	(void)state;
	own(&w);
	assert_int_equal(get(&w, "struct zoo")->size, sizeof(struct zoo));
	AT(&w, first);
	AT(&w, anon_a);
	AT(&w, anon_b);
	AT(&w, anon_c);
	AT(&w, inner);
	AT(&w, inner[2]);
	AT(&w, inner[1].text);
	AT(&w, inner[1].text[5]);
	AT(&w, grid);
	AT(&w, grid[1][2][3]);
	AT(&w, word);
	AT(&w, next);
	AT(&w, call);
	AT(&w, flags);
	AT(&w, real);
	lies_at(&w, "tail", offsetof(struct zoo, tail), 0);
	world_deinit(&w);
}

/* What a bit-field holds, by where the types say it is. */
static uint64_t bits(struct zoo_world *w, const char *what)
{
	struct member m = path(w, what);
	uint64_t v = 0;

	memcpy(&v, (const char *)&zoo_instance + m.offset, m.size);
	assert_true(m.bit_size);
	return v >> m.bit_shift & ((UINT64_C(1) << m.bit_size) - 1);
}

static void test_bit_fields(void **state)
{
	struct zoo_world w;

	(void)state;
	own(&w);
	memset(&zoo_instance, 0, sizeof(zoo_instance));
	zoo_instance.bit5 = 0x15;
	zoo_instance.bit40 = 0x123456789a;
	zoo_instance.flag = 1;
	assert_int_equal(bits(&w, "bit1"), 0);
	assert_int_equal(bits(&w, "bit5"), 0x15);
	assert_int_equal(bits(&w, "bit40"), 0x123456789a);
	assert_int_equal(bits(&w, "small"), 0);
	assert_int_equal(bits(&w, "flag"), 1);
	zoo_instance.bit1 = 1;
	zoo_instance.bit5 = 0;
	zoo_instance.small = -3;
	assert_int_equal(bits(&w, "bit1"), 1);
	assert_int_equal(bits(&w, "bit5"), 0);
	assert_int_equal(bits(&w, "small"), 5);
	assert_true(path(&w, "small").is_signed);
	assert_false(path(&w, "bit5").is_signed);
	assert_int_equal(path(&w, "bit40").bit_size, 40);
	world_deinit(&w);
}

static void test_arrays(void **state)
{
	struct zoo_world w;
	const struct type *t;

	(void)state;
	own(&w);
	t = path(&w, "grid").type;
	assert_int_equal(t->kind, TYPE_ARRAY);
	assert_int_equal(t->count, 2);
	assert_int_equal(t->size, 2 * 3 * 4 * sizeof(int));
	assert_int_equal(t->target->count, 3);
	assert_int_equal(t->target->target->count, 4);
	assert_int_equal(t->target->target->target->kind, TYPE_INT);
	assert_int_equal(path(&w, "inner[0].text").type->count, 16);
	t = path(&w, "tail").type;
	assert_int_equal(t->kind, TYPE_ARRAY);
	assert_int_equal(t->count, 0);
	assert_int_equal(t->size, 0);
	world_deinit(&w);
}

static void test_enums(void **state)
{
	struct zoo_world w;
	const struct type *t;
	int64_t v;

	(void)state;
	own(&w);
	t = path(&w, "kind").type;
	assert_int_equal(t->kind, TYPE_ENUM);
	assert_true(t->is_signed);
	assert_true(type_enum_value(t, "ZOO_MINUS", &v));
	assert_int_equal(v, -5);
	assert_true(type_enum_value(t, "ZOO_BIG", &v));
	assert_int_equal(v, 0x7fffffff);
	assert_false(type_enum_value(t, "ZOO_LOW", &v));
	t = get(&w, "enum zoo_flags");
	assert_false(t->is_signed);
	assert_true(type_enum_value(t, "ZOO_LOW", &v));
	assert_int_equal(v, 0x80);
	assert_true(type_enum_value(t, "ZOO_TOP", &v));
	assert_int_equal(v, 0x80000000);
	world_deinit(&w);
}

static void test_typedefs_and_qualifiers(void **state)
{
	struct zoo_world w;
	const struct type *t;

	(void)state;
	own(&w);
	t = get(&w, "zoo_typedef");
	assert_int_equal(t->kind, TYPE_TYPEDEF);
	assert_int_equal(t->size, sizeof(long));
	assert_string_equal(t->target->name, "zoo_word");
	/* GCC says "long unsigned int", clang "unsigned long" */
	assert_string_equal(type_strip(t)->name, get(&w, "unsigned long")->name);
	t = path(&w, "word").type;
	assert_true(t->kind == TYPE_CONST || t->kind == TYPE_VOLATILE);
	assert_true(t->target->kind == TYPE_CONST || t->target->kind == TYPE_VOLATILE);
	assert_string_equal(t->target->target->name, "zoo_typedef");
	assert_int_equal(t->size, sizeof(long));
	world_deinit(&w);
}

static void test_base_types(void **state)
{
	struct zoo_world w;
	const struct type *t;

	(void)state;
	own(&w);
	t = get(&w, "int");
	assert_int_equal(t->kind, TYPE_INT);
	assert_int_equal(t->size, sizeof(int));
	assert_true(t->is_signed);
	t = get(&w, "unsigned long");
	assert_int_equal(t->size, sizeof(long));
	assert_false(t->is_signed);
	t = get(&w, "char");
	assert_true(t->is_char);
	assert_int_equal(t->is_signed, (char)-1 < 0);
	t = get(&w, "bool");
	assert_true(t->is_bool);
	assert_int_equal(path(&w, "real").type->kind, TYPE_FLOAT);
	world_deinit(&w);
}

static void test_pointers(void **state)
{
	struct zoo_world w;
	const struct type *t, *zoo;
	const struct type_member *m;
	uint32_t n;

	(void)state;
	own(&w);
	zoo = get(&w, "struct zoo");
	assert_ptr_equal(path(&w, "next").type->target, zoo);
	assert_int_equal(path(&w, "any").type->target->kind, TYPE_VOID);
	t = path(&w, "call").type;
	assert_int_equal(t->kind, TYPE_PTR);
	t = t->target;
	assert_int_equal(t->kind, TYPE_FUNC);
	assert_string_equal(t->target->name, "int");
	m = type_members(t, &n);
	assert_int_equal(n, 3);
	assert_ptr_equal(m[0].type->target, zoo);
	assert_string_equal(type_spell(&w.arena, m[1].type), "const char *");
	assert_int_equal(m[2].type->kind, TYPE_VOID);
	world_deinit(&w);
}

static void test_declared_only(void **state)
{
	struct zoo_world w;
	const struct type *t;
	uint32_t n;

	(void)state;
	own(&w);
	t = path(&w, "nowhere").type->target;
	assert_string_equal(t->name, "zoo_undefined");
	type_members(t, &n);
	assert_int_equal(n, 0);
	assert_int_equal(t->kind, TYPE_FWD);
	assert_int_equal(get(&w, "struct zoo_undefined")->kind, TYPE_FWD);
	assert_null(type_find(&w.ts, "struct zoo_unheard_of", NULL));
	assert_null(type_find(&w.ts, "union zoo", NULL));
	assert_null(type_find(&w.ts, "zoo", NULL));
	world_deinit(&w);
}

static void test_variables(void **state)
{
	struct zoo_world w;
	const struct type *t;

	(void)state;
	own(&w);
	t = type_of_variable(&w.ts, "zoo_array");
	assert_non_null(t);
	assert_int_equal(t->kind, TYPE_ARRAY);
	assert_int_equal(t->count, 7);
	assert_ptr_equal(type_of_variable(&w.ts, "zoo_instance"), get(&w, "struct zoo"));
	t = type_of_variable(&w.ts, "zoo_static");
	assert_non_null(t);
	assert_int_equal(type_strip(t)->size, sizeof(short));
	assert_null(type_of_variable(&w.ts, "zoo"));
	world_deinit(&w);
}

struct names { unsigned zoo, inner, kind, word, other, limit; };

static bool count_name(void *arg, enum type_kind kind, const char *name)
{
	struct names *n = arg;

	n->zoo += kind == TYPE_STRUCT && !strcmp(name, "zoo");
	n->inner += kind == TYPE_STRUCT && !strcmp(name, "zoo_inner");
	n->kind += kind == TYPE_ENUM && !strcmp(name, "zoo_kind");
	n->word += kind == TYPE_VOID && !strcmp(name, "zoo_word");
	n->other += strncmp(name, "zoo", 3) != 0 || !strcmp(name, "zoo_array");
	return --n->limit > 0;
}

static void test_names(void **state)
{
	struct names all = { .limit = 1000 }, one = { .limit = 1 };
	struct zoo_world w;
	struct type_provider *p;

	(void)state;
	own(&w);
	p = w.ts.first;
	p->ops->each_name(p, "zoo", count_name, &all);
	assert_int_equal(all.zoo, 1);
	assert_int_equal(all.inner, 1);
	assert_int_equal(all.kind, 1);
	assert_int_equal(all.word, 1);
	assert_int_equal(all.other, 0);
	p->ops->each_name(p, "zoo", count_name, &one);
	assert_int_equal(one.limit, 0);
	world_deinit(&w);
}

/* ---- hand-made DWARF ---- */

enum {
	A_UNIT = 1, A_BASE, A_STRUCT, A_MEMBER, A_MEMBER_BITS, A_DECLARED, A_POINTER, A_CONST,
	A_ARRAY, A_BOUND, A_BOUND_NEGATIVE, A_BOUND_NONE, A_VARIABLE, A_EXTERN, A_BACKWARDS,
	A_ENUM, A_VALUE_SIGNED, A_VALUE_BYTE, A_UNKNOWN,
};

static void abbrev(struct bytes *w, unsigned code, unsigned tag, int children, ...)
{
	unsigned attr;
	va_list ap;

	put_uleb(w, code);
	put_uleb(w, tag);
	put_num(w, (unsigned)children, 1);
	va_start(ap, children);
	while ((attr = va_arg(ap, unsigned))) {
		put_uleb(w, attr);
		put_uleb(w, va_arg(ap, unsigned));
	}
	va_end(ap);
	put_num(w, 0, 2);
}

#define NAME DW_AT_name, DW_FORM_string
#define TYPE DW_AT_type, DW_FORM_ref4
#define SIZE DW_AT_byte_size, DW_FORM_data1

static struct bytes abbrevs(void)
{
	struct bytes w = { .n = 0 };

	abbrev(&w, A_UNIT, DW_TAG_compile_unit, true, NAME, 0);
	abbrev(&w, A_BASE, DW_TAG_base_type, false, NAME, SIZE, DW_AT_encoding, DW_FORM_data1, 0);
	abbrev(&w, A_STRUCT, DW_TAG_structure_type, true, NAME, SIZE, 0);
	abbrev(&w, A_MEMBER, DW_TAG_member, false, NAME, TYPE, DW_AT_data_member_location,
	       DW_FORM_block1, 0);
	abbrev(&w, A_MEMBER_BITS, DW_TAG_member, false, NAME, TYPE, DW_AT_data_member_location,
	       DW_FORM_block1, SIZE, DW_AT_bit_offset, DW_FORM_data1, DW_AT_bit_size,
	       DW_FORM_data1, 0);
	abbrev(&w, A_DECLARED, DW_TAG_structure_type, false, NAME, DW_AT_declaration, DW_FORM_flag,
	       0);
	abbrev(&w, A_POINTER, DW_TAG_pointer_type, false, TYPE, 0);
	abbrev(&w, A_CONST, DW_TAG_const_type, false, TYPE, 0);
	abbrev(&w, A_ARRAY, DW_TAG_array_type, true, TYPE, 0);
	abbrev(&w, A_BOUND, DW_TAG_subrange_type, false, DW_AT_upper_bound, DW_FORM_data1, 0);
	abbrev(&w, A_BOUND_NEGATIVE, DW_TAG_subrange_type, false, DW_AT_upper_bound, DW_FORM_sdata,
	       0);
	abbrev(&w, A_BOUND_NONE, DW_TAG_subrange_type, false, 0);
	abbrev(&w, A_VARIABLE, DW_TAG_variable, false, NAME, TYPE, 0);
	abbrev(&w, A_EXTERN, DW_TAG_variable, false, NAME, TYPE, DW_AT_declaration, DW_FORM_flag, 0);
	abbrev(&w, A_BACKWARDS, DW_TAG_structure_type, true, NAME, SIZE, DW_AT_sibling,
	       DW_FORM_ref4, 0);
	abbrev(&w, A_ENUM, DW_TAG_enumeration_type, true, NAME, SIZE, TYPE, 0);
	abbrev(&w, A_VALUE_SIGNED, DW_TAG_enumerator, false, NAME, DW_AT_const_value,
	       DW_FORM_sdata, 0);
	abbrev(&w, A_VALUE_BYTE, DW_TAG_enumerator, false, NAME, DW_AT_const_value, DW_FORM_data1,
	       0);
	abbrev(&w, A_UNKNOWN, 0x4123, false, NAME, TYPE, 0);
	put_num(&w, 0, 1);
	return w;
}

/* Units are written into one buffer; references count from the unit's begin. */
struct writer {
	struct bytes w;
	size_t unit;
};

static void unit_begin(struct writer *o)
{
	o->unit = o->w.n;
	put_num(&o->w, 0, 4);
	put_num(&o->w, 2, 2);
	put_num(&o->w, 0, 4);
	put_num(&o->w, 8, 1);
	put_uleb(&o->w, A_UNIT);
	put_text(&o->w, "hand.c");
}

static void unit_end(struct writer *o)
{
	uint32_t len;

	put_num(&o->w, 0, 1);
	len = (uint32_t)(o->w.n - o->unit - 4);
	memcpy(o->w.b + o->unit, &len, sizeof(len));
}

/* A DIE with a name, if not NULL; what follows its name is the caller's. */
static uint32_t die(struct writer *o, unsigned code, const char *name)
{
	uint32_t at = (uint32_t)(o->w.n - o->unit);

	put_uleb(&o->w, code);
	if (name)
		put_text(&o->w, name);
	return at;
}

static uint32_t die_type(struct writer *o, unsigned code, const char *name, uint32_t type)
{
	uint32_t at = die(o, code, name);

	put_num(&o->w, type, 4);
	return at;
}

static uint32_t die_base(struct writer *o, const char *name, unsigned size, unsigned encoding)
{
	uint32_t at = die(o, A_BASE, name);

	put_num(&o->w, size, 1);
	put_num(&o->w, encoding, 1);
	return at;
}

static uint32_t die_struct(struct writer *o, const char *name, unsigned size)
{
	uint32_t at = die(o, A_STRUCT, name);

	put_num(&o->w, size, 1);
	return at;
}

static void put_location(struct writer *o, unsigned offset)
{
	put_num(&o->w, 2, 1);
	put_num(&o->w, DW_OP_plus_uconst, 1);
	put_uleb(&o->w, offset);
}

static void die_member(struct writer *o, const char *name, uint32_t type, unsigned offset)
{
	die_type(o, A_MEMBER, name, type);
	put_location(o, offset);
}

static void die_end(struct writer *o)
{
	put_num(&o->w, 0, 1);
}

static void open_hand_made(struct zoo_world *world, const struct writer *o)
{
	struct telf e = telf_new(ET_EXEC, EM_X86_64);
	struct bytes a = abbrevs();
	struct debugfile *f;
	struct cairn_err err;
	unsigned char *data;
	size_t size;

	telf_section(&e, ".debug_abbrev", SHT_PROGBITS, 0, 0, a.b, a.n);
	telf_section(&e, ".debug_info", SHT_PROGBITS, 0, 0, o->w.b, o->w.n);
	data = telf_finish(&e, &size);
	if (debugfile_open_memory(&f, "hand", data, size, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	free(data);
	assert_true(world_init(world, f));
}

/* 3 bits at bit 4 of a 4-byte unit at offset 8, counted from the big end: 32 - 4 - 3. */
static void test_dwarf2_bit_field(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	struct member m;
	uint32_t u32;

	(void)state;
	unit_begin(&o);
	u32 = die_base(&o, "unsigned int", 4, DW_ATE_unsigned);
	die_struct(&o, "old", 12);
	die_member(&o, "plain", u32, 4);
	die_type(&o, A_MEMBER_BITS, "field", u32);
	put_location(&o, 8);
	put_num(&o.w, 4, 1);
	put_num(&o.w, 25, 1);
	put_num(&o.w, 3, 1);
	die_end(&o);
	unit_end(&o);
	open_hand_made(&w, &o);
	assert_true(type_member(get(&w, "struct old"), "plain", &m));
	assert_int_equal(m.offset, 4);
	assert_true(type_member(get(&w, "struct old"), "field", &m));
	assert_int_equal(m.offset * 8 + m.bit_shift, 8 * 8 + 4);
	assert_int_equal(m.bit_size, 3);
	world_deinit(&w);
}

static void test_array_bounds(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	const struct type *t;
	uint32_t u8, many, zero, open, huge;

	(void)state;
	unit_begin(&o);
	u8 = die_base(&o, "u8", 1, DW_ATE_unsigned);
	many = die_type(&o, A_ARRAY, NULL, u8);
	die(&o, A_BOUND, NULL);
	put_num(&o.w, 0xff, 1);
	die(&o, A_BOUND_NONE, NULL);
	die_end(&o);
	zero = die_type(&o, A_ARRAY, NULL, u8);
	die(&o, A_BOUND_NEGATIVE, NULL);
	put_num(&o.w, 0x7f, 1);
	die_end(&o);
	open = die_type(&o, A_ARRAY, NULL, u8);
	die_end(&o);
	huge = die_type(&o, A_ARRAY, NULL, many);
	for (int i = 0; i < 40; i++) {
		die(&o, A_BOUND, NULL);
		put_num(&o.w, 0xff, 1);
	}
	die_end(&o);
	die_type(&o, A_VARIABLE, "v_many", many);
	die_type(&o, A_VARIABLE, "v_zero", zero);
	die_type(&o, A_VARIABLE, "v_open", open);
	die_type(&o, A_VARIABLE, "v_huge", huge);
	unit_end(&o);
	open_hand_made(&w, &o);
	t = type_of_variable(&w.ts, "v_many");
	assert_int_equal(t->count, 256);
	assert_int_equal(t->target->count, 0);
	assert_int_equal(type_of_variable(&w.ts, "v_zero")->count, 0);
	assert_int_equal(type_of_variable(&w.ts, "v_open")->count, 0);
	t = type_of_variable(&w.ts, "v_huge");
	assert_int_equal(t->count, 256);
	assert_int_equal(t->size, 0); /* does not fit */
	world_deinit(&w);
}

static void test_enum_values(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	const struct type *t;
	int64_t v;

	(void)state;
	unit_begin(&o);
	die_base(&o, "int", 4, DW_ATE_signed);
	die(&o, A_ENUM, "e");
	put_num(&o.w, 4, 1);
	put_num(&o.w, 11 + 1 + 7, 4); /* the first DIE: int */
	die(&o, A_VALUE_BYTE, "E_BYTE");
	put_num(&o.w, 0x80, 1);
	die(&o, A_VALUE_SIGNED, "E_MINUS");
	put_num(&o.w, 0x7e, 1);
	die_end(&o);
	unit_end(&o);
	open_hand_made(&w, &o);
	t = get(&w, "enum e");
	assert_true(t->is_signed);
	assert_true(type_enum_value(t, "E_BYTE", &v));
	assert_int_equal(v, 0x80);
	assert_true(type_enum_value(t, "E_MINUS", &v));
	assert_int_equal(v, -2);
	world_deinit(&w);
}

/* The first unit only declares what the second defines. */
static void test_definition_in_another_unit(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	const struct type *late, *never, *other;
	uint32_t t, p, q, n;
	struct member m;

	(void)state;
	unit_begin(&o);
	t = die(&o, A_DECLARED, "late");
	put_num(&o.w, 1, 1);
	p = die_type(&o, A_POINTER, NULL, t);
	t = die(&o, A_DECLARED, "never");
	put_num(&o.w, 1, 1);
	q = die_type(&o, A_POINTER, NULL, t);
	die_struct(&o, "holder", 16);
	die_member(&o, "late", p, 0);
	die_member(&o, "never", q, 8);
	die_end(&o);
	die_type(&o, A_EXTERN, "somewhere", p);
	put_num(&o.w, 1, 1);
	unit_end(&o);
	unit_begin(&o);
	t = die_base(&o, "int", 4, DW_ATE_signed);
	die_struct(&o, "late", 12);
	die_member(&o, "x", t, 8);
	die_end(&o);
	die_type(&o, A_VARIABLE, "somewhere", t);
	unit_end(&o);
	open_hand_made(&w, &o);

	assert_true(type_member(get(&w, "struct holder"), "late", &m));
	late = m.type->target;
	assert_int_equal(late->kind, TYPE_STRUCT);
	assert_true(type_member(late, "x", &m));
	assert_int_equal(m.offset, 8);
	assert_int_equal(late->size, 12);
	assert_true(type_member(get(&w, "struct holder"), "never", &m));
	never = m.type->target;
	type_members(never, &n);
	assert_int_equal(n, 0);
	assert_int_equal(never->kind, TYPE_FWD);
	other = get(&w, "struct late");
	assert_int_equal(other->size, 12);
	/* the definition of a variable wins over its declaration */
	assert_string_equal(type_of_variable(&w.ts, "somewhere")->name, "int");
	world_deinit(&w);
}

static void test_cycles(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	const struct type *t;
	uint32_t self, a, i;

	(void)state;
	unit_begin(&o);
	self = (uint32_t)(o.w.n - o.unit);
	die_type(&o, A_CONST, NULL, self);
	die_type(&o, A_VARIABLE, "v_self", self);
	/* const -> const -> ... , far longer than any stack should bear */
	a = (uint32_t)(o.w.n - o.unit);
	for (i = 0; i < 2000; i++)
		die_type(&o, A_CONST, NULL, a + (i + 1) * 5);
	die_base(&o, "int", 4, DW_ATE_signed);
	die_type(&o, A_VARIABLE, "v_long", a);
	/* points behind the unit */
	die_type(&o, A_VARIABLE, "v_wild", 0x7fffffff);
	die_type(&o, A_UNKNOWN, "strange", a);
	unit_end(&o);
	open_hand_made(&w, &o);
	t = type_of_variable(&w.ts, "v_self");
	assert_int_equal(type_strip(t)->kind, TYPE_VOID);
	t = type_of_variable(&w.ts, "v_long");
	assert_int_equal(type_strip(t)->kind, TYPE_VOID);
	assert_int_equal(type_of_variable(&w.ts, "v_wild")->kind, TYPE_VOID);
	world_deinit(&w);
}

/* The sibling of each is the other: both are found, and there is an end. */
static void test_siblings_that_point_back(void **state)
{
	struct writer o = { .unit = 0 };
	struct zoo_world w;
	uint32_t first;

	(void)state;
	unit_begin(&o);
	first = die(&o, A_BACKWARDS, "one");
	put_num(&o.w, 4, 1);
	put_num(&o.w, first + 12, 4);
	die_end(&o);
	die(&o, A_BACKWARDS, "two");
	put_num(&o.w, 4, 1);
	put_num(&o.w, first, 4);
	die_end(&o);
	unit_end(&o);
	open_hand_made(&w, &o);
	assert_non_null(type_find(&w.ts, "struct one", NULL));
	assert_null(type_find(&w.ts, "struct three", NULL));
	world_deinit(&w);
}

static void test_every_truncation(void **state)
{
	struct writer o = { .unit = 0 }, cut;
	struct zoo_world w;
	unsigned found = 0;
	uint32_t u32, n;

	(void)state;
	unit_begin(&o);
	u32 = die_base(&o, "unsigned int", 4, DW_ATE_unsigned);
	die_struct(&o, "s", 12);
	die_member(&o, "a", u32, 4);
	die_member(&o, "b", u32, 8);
	die_end(&o);
	unit_end(&o);
	for (size_t i = 1; i <= o.w.n; i++) {
		const struct type *t;

		cut = o;
		cut.w.n = i;
		open_hand_made(&w, &cut);
		t = type_find(&w.ts, "struct s", NULL);
		if (t)
			type_members(t, &n);
		found += t != NULL;
		world_deinit(&w);
	}
	assert_true(found >= 1 && found < o.w.n);
}

static void test_every_failed_allocation(void **state)
{
	struct debugfile *f;
	struct cairn_err err;
	bool complete = false;

	(void)state;
	for (long n = 0; !complete; n++) {
		struct type_provider *p = NULL;
		const struct type *t = NULL;
		enum cairn_code code;

		assert_int_equal(debugfile_open(&f, "/proc/self/exe", &err), CAIRN_OK);
		mem_fail_after(n);
		code = dwarf_provider_new(&p, f, &err);
		if (code == CAIRN_OK)
			t = p->ops->find(p, TYPE_STRUCT, "zoo");
		complete = t && p->ops->complete(p, (struct type *)(uintptr_t)t);
		mem_fail_after(-1);
		if (p)
			p->ops->close(p);
		debugfile_close(f);
		if (code == CAIRN_MISSING)
			skip();
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		assert_true(n < 10000);
	}
}

/* ---- a real vmlinux: DWARF against BTF ---- */

struct tag { enum type_kind kind; const char *name; };

struct compare {
	struct type_provider *btf, *dwarf;
	struct tag *tag;
	size_t n, cap;
	unsigned types, members, differ;
	unsigned local; /* BTF also has what is declared inside functions */
};

/* pahole makes one dimension of several, and in its early days all char unsigned. */
static const struct type *flatten(const struct type *t, uint64_t *count)
{
	*count = 1;
	for (t = type_strip(t); t->kind == TYPE_ARRAY; t = type_strip(t->target))
		*count *= t->count;
	return t;
}

static bool same_kind(const struct type *a, const struct type *b)
{
	uint64_t na, nb;

	a = flatten(a, &na);
	b = flatten(b, &nb);
	return na == nb && a->kind == b->kind && a->size == b->size &&
	       (a->is_signed == b->is_signed || b->is_char) && a->is_bool == b->is_bool;
}

static void compare_members(struct compare *c, const char *name, const struct type *a,
			    const struct type *b)
{
	const struct type_member *ma, *mb;
	uint32_t na, nb, i;

	ma = type_members(a, &na);
	mb = type_members(b, &nb);
	if (na != nb || a->size != b->size) {
		printf("%s: BTF %u members, %llu bytes; DWARF %u, %llu\n", name, na,
		       (unsigned long long)a->size, nb, (unsigned long long)b->size);
		c->differ++;
		return;
	}
	for (i = 0; i < na; i++, c->members++) {
		if (!strcmp(ma[i].name, mb[i].name) && ma[i].bit_offset == mb[i].bit_offset &&
		    ma[i].bit_size == mb[i].bit_size && same_kind(ma[i].type, mb[i].type))
			continue;
		printf("%s: BTF %s at %llu:%u, DWARF %s at %llu:%u\n", name, ma[i].name,
		       (unsigned long long)ma[i].bit_offset, ma[i].bit_size, mb[i].name,
		       (unsigned long long)mb[i].bit_offset, mb[i].bit_size);
		c->differ++;
	}
}

static void compare_values(struct compare *c, const char *name, const struct type *a,
			   const struct type *b)
{
	const struct type_enumerator *ea, *eb;
	uint32_t na, nb, i;

	ea = type_enumerators(a, &na);
	eb = type_enumerators(b, &nb);
	for (i = 0; i < na && i < nb; i++, c->members++) {
		if (!strcmp(ea[i].name, eb[i].name) && ea[i].value == eb[i].value)
			continue;
		printf("%s: BTF %s = %lld, DWARF %s = %lld\n", name, ea[i].name,
		       (long long)ea[i].value, eb[i].name, (long long)eb[i].value);
		c->differ++;
	}
	c->differ += na != nb;
}

static bool collect(void *arg, enum type_kind kind, const char *name)
{
	struct compare *c = arg;

	if (kind != TYPE_STRUCT && kind != TYPE_UNION && kind != TYPE_ENUM)
		return true;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 4096;
		c->tag = mem_resize(c->tag, c->cap, sizeof(*c->tag));
		assert_non_null(c->tag);
	}
	c->tag[c->n++] = (struct tag){ kind, name };
	return true;
}

static int by_tag(const void *pa, const void *pb)
{
	const struct tag *a = pa, *b = pb;

	return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->name, b->name);
}

/* What is defined several times has no one answer. */
static bool is_unique(const struct compare *c, size_t i)
{
	return (i == 0 || by_tag(&c->tag[i - 1], &c->tag[i])) &&
	       (i + 1 == c->n || by_tag(&c->tag[i], &c->tag[i + 1]));
}

/* BTF has no declared enum: it is one without values. */
static bool is_same_fwd(const struct type *a, const struct type *b)
{
	uint32_t n;

	if (a->kind == TYPE_ENUM && b->kind == TYPE_FWD)
		return type_enumerators(a, &n), n == 0;
	return a->kind == b->kind;
}

static void compare_all(struct compare *c)
{
	c->btf->ops->each_name(c->btf, "", collect, c);
	qsort(c->tag, c->n, sizeof(*c->tag), by_tag);
	for (size_t i = 0; i < c->n; i++) {
		const struct tag *tag = &c->tag[i];
		const struct type *a, *b;

		if (!is_unique(c, i))
			continue;
		a = c->btf->ops->find(c->btf, tag->kind, tag->name);
		b = c->dwarf->ops->find(c->dwarf, tag->kind, tag->name);
		assert_non_null(a);
		if (!b) {
			c->local++;
			continue;
		}
		if (!is_same_fwd(a, b)) {
			printf("%s: BTF kind %d, DWARF %d\n", tag->name, a->kind, b->kind);
			c->differ++;
			continue;
		}
		c->types++;
		if (a->kind == TYPE_ENUM)
			compare_values(c, tag->name, a, b);
		else if (a->kind != TYPE_FWD)
			compare_members(c, tag->name, a, b);
	}
}

static void test_against_btf(void **state)
{
	const char *vmlinux = getenv("CAIRN_TEST_VMLINUX");
	struct compare c = { 0 };
	struct btf_provider *btf = NULL;
	struct debugfile *f;
	struct cairn_err err;

	(void)state;
	if (!vmlinux)
		skip();
	if (debugfile_open(&f, vmlinux, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	if (!f->btf) {
		debugfile_close(f);
		skip();
	}
	if (btf_provider_new(&btf, "BTF", f->btf, f->btf_size, NULL, NULL, f->arch->word, &err) !=
		CAIRN_OK ||
	    dwarf_provider_new(&c.dwarf, f, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	c.btf = btf_types(btf);
	compare_all(&c);
	printf("%u types, %u members and enumerators, %u differ; %u local to functions\n", c.types,
	       c.members, c.differ, c.local);
	assert_true(c.types > 200 && c.local < c.types / 100);
	assert_int_equal(c.differ, 0);
	c.btf->ops->close(c.btf);
	c.dwarf->ops->close(c.dwarf);
	mem_free(c.tag);
	debugfile_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_bit_fields),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_enums),
		cmocka_unit_test(test_typedefs_and_qualifiers),
		cmocka_unit_test(test_base_types),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_declared_only),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dwarf2_bit_field),
		cmocka_unit_test(test_array_bounds),
		cmocka_unit_test(test_enum_values),
		cmocka_unit_test(test_definition_in_another_unit),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_siblings_that_point_back),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_failed_allocation),
		cmocka_unit_test(test_against_btf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
