/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DWARF made by hand: what compilers no longer write, or never should.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <string.h>

#include "lib/debug/testdwarf.h"
#include "lib/debug/testelf.h"

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

static void open_hand_made(struct world *world, const struct writer *o)
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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

/* A sibling that points back: what comes before it is found, and there is an end. */
static void test_siblings_that_point_back(void **state)
{
	struct writer o = { .unit = 0 };
	struct world w;
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
	struct world w;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf2_bit_field),
		cmocka_unit_test(test_array_bounds),
		cmocka_unit_test(test_enum_values),
		cmocka_unit_test(test_definition_in_another_unit),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_siblings_that_point_back),
		cmocka_unit_test(test_every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
