/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/testtypes.h"

static const struct type *find(struct btf_provider *p, enum type_kind kind, const char *name)
{
	return btf_types(p)->ops->find(btf_types(p), kind, name);
}

static const struct type *variable(struct btf_provider *p, const char *name)
{
	return btf_types(p)->ops->variable(btf_types(p), name);
}

static struct btf_provider *provider(const void *raw, uint32_t size, const struct nameindex *index)
{
	struct btf_provider *p;

	assert_int_equal(btf_provider_new(&p, "test", raw, size, NULL, index, 8, NULL), CAIRN_OK);
	return p;
}

static void done(struct btf_provider *p)
{
	btf_types(p)->ops->close(btf_types(p));
}

/* ---- kinds ---- */

static void test_integers(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;

	(void)state;
	tt(btf__add_int(b, "__int128", 16, BTF_INT_SIGNED));
	tt(btf__add_float(b, "double", 8));
	p = tt_provider(b, 8);
	assert_int_equal(find(p, TYPE_VOID, "int")->kind, TYPE_INT);
	assert_true(find(p, TYPE_VOID, "int")->is_signed);
	assert_false(find(p, TYPE_VOID, "int")->is_char);
	assert_true(find(p, TYPE_VOID, "char")->is_char);
	assert_true(find(p, TYPE_VOID, "unsigned char")->is_char);
	assert_false(find(p, TYPE_VOID, "unsigned char")->is_signed);
	assert_true(find(p, TYPE_VOID, "_Bool")->is_bool);
	assert_false(find(p, TYPE_VOID, "_Bool")->is_char);
	assert_int_equal(find(p, TYPE_VOID, "__int128")->size, 16);
	assert_int_equal(find(p, TYPE_VOID, "double")->kind, TYPE_FLOAT);
	assert_int_equal(find(p, TYPE_VOID, "u64")->kind, TYPE_TYPEDEF);
	assert_int_equal(find(p, TYPE_VOID, "u64")->size, 8);
	assert_null(find(p, TYPE_STRUCT, "int"));
	assert_null(find(p, TYPE_VOID, "list_head"));
	done(p);
}

static void test_sizes(void **state)
{
	static const uint8_t words[] = { 4, 8 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct btf *b = tt_new();
		int two = tt_array(b, TT_LIST_PTR, 2);
		struct btf_provider *p;

		tt(btf__add_typedef(b, "pair", two));
		p = tt_provider(b, words[i]);
		assert_int_equal(find(p, TYPE_VOID, "pair")->size, 2 * words[i]);
		assert_int_equal(type_strip(find(p, TYPE_VOID, "pair"))->target->size, words[i]);
		done(p);
	}
}

static void test_enums(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	int64_t v;

	(void)state;
	tt(btf__add_enum(b, "plain", 4));
	tt(btf__add_enum_value(b, "TOP", (int64_t)0xfffffff0));
	tt(btf__add_enum(b, "minus", 4));
	tt(btf__add_enum_value(b, "M1", -1));
	tt(btf__add_enum64(b, "wide", 8, false));
	tt(btf__add_enum64_value(b, "BIG", 0x123456789abcdef0));
	tt(btf__add_enum64(b, "wide_minus", 8, true));
	tt(btf__add_enum64_value(b, "MBIG", (uint64_t)-5000000000));
	p = tt_provider(b, 8);
	assert_true(type_enum_value(find(p, TYPE_ENUM, "plain"), "TOP", &v));
	assert_int_equal(v, 0xfffffff0);
	assert_false(find(p, TYPE_ENUM, "plain")->is_signed);
	assert_true(type_enum_value(find(p, TYPE_ENUM, "minus"), "M1", &v));
	assert_int_equal(v, -1);
	assert_true(find(p, TYPE_ENUM, "minus")->is_signed);
	assert_true(type_enum_value(find(p, TYPE_ENUM, "wide"), "BIG", &v));
	assert_int_equal(v, 0x123456789abcdef0);
	assert_int_equal(find(p, TYPE_ENUM, "wide")->size, 8);
	assert_true(type_enum_value(find(p, TYPE_ENUM, "wide_minus"), "MBIG", &v));
	assert_int_equal(v, -5000000000);
	done(p);
}

static void test_qualifiers(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	const struct type *t;
	int id;

	(void)state;
	id = tt(btf__add_type_tag(b, "user", TT_INT));
	id = tt(btf__add_restrict(b, id));
	id = tt(btf__add_volatile(b, id));
	id = tt(btf__add_const(b, id));
	tt(btf__add_typedef(b, "wrapped", id));
	tt(btf__add_decl_tag(b, "note", TT_LIST_HEAD, -1));
	p = tt_provider(b, 8);
	t = find(p, TYPE_VOID, "wrapped");
	assert_int_equal(t->target->kind, TYPE_CONST);
	assert_int_equal(t->target->target->kind, TYPE_VOLATILE);
	assert_int_equal(t->target->target->target->kind, TYPE_OTHER_QUALIFIER);
	assert_string_equal(type_strip(t)->name, "int");
	assert_int_equal(t->size, 4);
	done(p);
}

static void test_functions(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	const struct type_member *m;
	const struct type *t;
	int proto;
	uint32_t n;

	(void)state;
	proto = tt(btf__add_func_proto(b, TT_INT));
	tt(btf__add_func_param(b, "head", TT_LIST_PTR));
	tt(btf__add_func_param(b, "n", TT_UINT));
	tt(btf__add_func(b, "list_count", BTF_FUNC_GLOBAL, proto));
	tt(btf__add_typedef(b, "counter_fn", proto));
	p = tt_provider(b, 8);
	t = type_strip(find(p, TYPE_VOID, "counter_fn"));
	assert_int_equal(t->kind, TYPE_FUNC);
	assert_string_equal(t->target->name, "int");
	m = type_members(t, &n);
	assert_int_equal(n, 2);
	assert_string_equal(m[0].name, "head");
	assert_int_equal(m[1].type->size, 4);
	assert_null(find(p, TYPE_VOID, "list_count")); /* a function's name is no type's */
	done(p);
}

/* ---- names ---- */

static void test_tags_and_declarations(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;

	(void)state;
	tt(btf__add_fwd(b, "both", BTF_FWD_STRUCT));
	tt(btf__add_struct(b, "both", 24));
	tt(btf__add_struct(b, "both", 32)); /* the first definition wins */
	tt(btf__add_union(b, "both", 8));
	tt(btf__add_typedef(b, "both", TT_INT));
	tt(btf__add_fwd(b, "declared", BTF_FWD_STRUCT));
	tt(btf__add_fwd(b, "declared_u", BTF_FWD_UNION));
	tt(btf__add_struct(b, NULL, 8));
	p = tt_provider(b, 8);
	assert_int_equal(find(p, TYPE_STRUCT, "both")->size, 24);
	assert_int_equal(find(p, TYPE_UNION, "both")->size, 8);
	assert_int_equal(find(p, TYPE_VOID, "both")->kind, TYPE_TYPEDEF);
	assert_null(find(p, TYPE_ENUM, "both"));
	assert_int_equal(find(p, TYPE_STRUCT, "declared")->kind, TYPE_FWD);
	assert_null(find(p, TYPE_UNION, "declared"));
	assert_int_equal(find(p, TYPE_UNION, "declared_u")->kind, TYPE_FWD);
	assert_null(find(p, TYPE_STRUCT, ""));
	done(p);
}

static bool collect(void *arg, enum type_kind kind, const char *name)
{
	char *text = arg;
	size_t n = strlen(text);

	snprintf(text + n, 128 - n, "%d:%s ", (int)kind, name);
	return strlen(text) < 60;
}

static void test_each_name(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	char text[128] = "";

	(void)state;
	tt(btf__add_struct(b, "list_lru", 8));
	tt(btf__add_var(b, "list_of_all", BTF_VAR_STATIC, TT_INT));
	tt(btf__add_union(b, "list_or_not", 8));
	p = tt_provider(b, 8);
	btf_types(p)->ops->each_name(btf_types(p), "list_", collect, text);
	assert_string_equal(text, "5:list_head 5:list_lru 6:list_or_not ");
	text[0] = '\0';
	btf_types(p)->ops->each_name(btf_types(p), "", collect, text); /* until it says stop */
	assert_in_range(strlen(text), 60, 80);
	done(p);
}

static void test_percpu_variables(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	uint64_t offset;
	int a, c;

	(void)state;
	a = tt(btf__add_var(b, "runqueues", BTF_VAR_GLOBAL_ALLOCATED, TT_LIST_HEAD));
	c = tt(btf__add_var(b, "hardirq_stack_ptr", BTF_VAR_STATIC, TT_LIST_PTR));
	tt(btf__add_var(b, "elsewhere", BTF_VAR_STATIC, TT_LIST_PTR));
	tt(btf__add_datasec(b, ".data..percpu", 0x2000));
	tt(btf__add_datasec_var_info(b, a, 0x40, 16));
	tt(btf__add_datasec_var_info(b, c, 0x1f00, 8));
	p = tt_provider(b, 8);
	assert_string_equal(variable(p, "runqueues")->name, "list_head");
	assert_null(variable(p, "list_head"));
	assert_true(btf_types(p)->ops->percpu(btf_types(p), "hardirq_stack_ptr", &offset));
	assert_int_equal(offset, 0x1f00);
	assert_false(btf_types(p)->ops->percpu(btf_types(p), "elsewhere", &offset));
	assert_false(btf_types(p)->ops->percpu(btf_types(p), "list_head", &offset));
	done(p);
}

/* An index that was kept answers as one that was built does; one of another blob finds less,
 * and harms nothing. */
static void test_given_index(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *built, *given;
	const uint32_t far[] = { 1, 4, 0, 4, 0, 100000, UINT32_MAX, 3 };
	struct nameindex index;
	const void *raw;
	uint32_t size;

	(void)state;
	tt_zoo(b);
	raw = btf__raw_data(b, &size);
	built = provider(raw, size, NULL);
	index = btf_provider_index(built);
	given = provider(raw, size, &index);
	assert_int_equal(find(given, TYPE_STRUCT, "zoo")->id, find(built, TYPE_STRUCT, "zoo")->id);
	assert_int_equal(find(given, TYPE_VOID, "u32")->id, find(built, TYPE_VOID, "u32")->id);
	assert_null(find(given, TYPE_STRUCT, "zo"));
	done(given);
	assert_true(nameindex_take(&index, far, sizeof(far)));
	given = provider(raw, size, &index);
	assert_null(find(given, TYPE_STRUCT, "zoo"));
	assert_string_equal(find(given, TYPE_VOID, "int")->name, "int"); /* number 0 */
	done(given);
	done(built);
	btf__free(b);
}

/* ---- split ---- */

static void test_split(void **state)
{
	struct btf *base = tt_new(), *split;
	struct btf_provider *kernel, *module;
	const struct type_member *m;
	struct types ts;
	struct arena a = { 0 };
	const void *raw;
	uint32_t size, n;
	int own;

	(void)state;
	tt_zoo(base);
	split = btf__new_empty_split(base);
	own = tt(btf__add_struct(split, "module_own", 24));
	tt(btf__add_field(split, "list", TT_LIST_HEAD, 0, 0)); /* a type of the base */
	tt(btf__add_field(split, "next", own + 1, 128, 0));
	tt(btf__add_ptr(split, own));
	raw = btf__raw_data(split, &size);
	kernel = tt_provider(base, 8);
	assert_int_equal(btf_provider_new(&module, "module", raw, size, kernel, NULL, 8, NULL),
			 CAIRN_OK);
	btf__free(split);
	m = type_members(find(module, TYPE_STRUCT, "module_own"), &n);
	assert_int_equal(n, 2);
	assert_string_equal(m[0].type->name, "list_head");
	assert_ptr_equal(m[0].type, find(kernel, TYPE_STRUCT, "list_head"));
	assert_string_equal(m[1].type->target->name, "module_own");
	assert_null(find(module, TYPE_STRUCT, "zoo")); /* that is the base's to answer */
	types_init(&ts, &a, 8);
	types_add(&ts, btf_types(kernel));
	types_add(&ts, btf_types(module));
	assert_int_equal(type_find(&ts, "struct zoo", NULL)->size, 128);
	assert_int_equal(type_find(&ts, "struct module_own", NULL)->size, 24);
	types_deinit(&ts); /* the module's first */
	arena_deinit(&a);
}

/* ---- what no compiler makes ---- */

static void test_garbage(void **state)
{
	unsigned char junk[256];
	struct btf *b = tt_new();
	struct btf_provider *p;
	struct cairn_err err;
	const void *raw;
	uint32_t size;

	(void)state;
	memset(junk, 0xa5, sizeof(junk));
	assert_false(btf_is(junk, sizeof(junk)));
	assert_int_equal(btf_provider_new(&p, "junk", junk, sizeof(junk), NULL, NULL, 8, &err),
			 CAIRN_CORRUPT);
	assert_non_null(strstr(err.text, "junk"));
	assert_int_equal(btf_provider_new(&p, "junk", junk, 0, NULL, NULL, 8, NULL), CAIRN_CORRUPT);
	tt_zoo(b);
	raw = btf__raw_data(b, &size);
	assert_true(btf_is(raw, size));
	assert_false(btf_is(raw, 23));
	for (uint32_t n = 0; n < size; n += 7) /* cut short */
		assert_int_equal(btf_provider_new(&p, "cut", raw, n, NULL, NULL, 8, &err),
				 CAIRN_CORRUPT);
	memcpy(junk, raw, 24);
	memset(junk + 24, 0xff, sizeof(junk) - 24);
	assert_int_equal(btf_provider_new(&p, "head", junk, sizeof(junk), NULL, NULL, 8, &err),
			 CAIRN_CORRUPT);
	btf__free(b);
}

static void test_other_byte_order(void **state)
{
	struct btf *b = tt_new();
	const void *raw;
	uint32_t size;

	(void)state;
	assert_int_equal(btf__set_endianness(b, BTF_BIG_ENDIAN), 0);
	raw = btf__raw_data(b, &size);
	assert_false(btf_is(raw, size));
	btf__free(b);
}

static void test_dangling_and_cyclic(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	const struct type *t;
	uint32_t n;
	int id;

	(void)state;
	tt(btf__add_typedef(b, "dangling", 99999));
	id = tt(btf__add_typedef(b, "a", TT_INT)) + 1;
	tt(btf__add_typedef(b, "b", id + 1));
	tt(btf__add_typedef(b, "c", id));
	id = tt(btf__add_array(b, TT_INT, id + 3, 8)); /* of itself */
	tt(btf__add_typedef(b, "self_array", id));
	tt(btf__add_struct(b, "odd", 8));
	tt(btf__add_field(b, "gone", 99999, 0, 0));
	tt(btf__add_field(b, "arrays", id, 0, 0));
	p = tt_provider(b, 8);
	assert_int_equal(type_strip(find(p, TYPE_VOID, "dangling"))->kind, TYPE_VOID);
	assert_int_equal(type_strip(find(p, TYPE_VOID, "b"))->kind, TYPE_VOID);
	assert_int_equal(find(p, TYPE_VOID, "c")->size, 0);
	t = type_strip(find(p, TYPE_VOID, "self_array"));
	assert_int_equal(t->size, 0);
	assert_int_equal(type_members(find(p, TYPE_STRUCT, "odd"), &n)[0].type->kind, TYPE_VOID);
	assert_int_equal(n, 2);
	done(p);
}

static void test_long_chain(void **state)
{
	struct btf *b = tt_new();
	struct btf_provider *p;
	int id = TT_INT;

	(void)state;
	for (int i = 0; i < 20000; i++)
		id = tt(btf__add_ptr(b, id));
	tt(btf__add_typedef(b, "deep", id));
	p = tt_provider(b, 8);
	assert_int_equal(find(p, TYPE_VOID, "deep")->target->kind, TYPE_PTR);
	assert_int_equal(find(p, TYPE_VOID, "deep")->size, 8);
	done(p);
}

static void test_out_of_memory(void **state)
{
	struct btf *b = tt_new();
	enum cairn_code code = CAIRN_NOMEM;
	struct btf_provider *p;
	struct cairn_err err;
	const void *raw;
	uint32_t size;

	(void)state;
	tt_zoo(b);
	raw = btf__raw_data(b, &size);
	for (long n = 0; code != CAIRN_OK; n++) {
		assert_true(n < 50);
		mem_fail_after(n);
		code = btf_provider_new(&p, "test", raw, size, NULL, NULL, 8, &err);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
	}
	done(p);
	btf__free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_enums),
		cmocka_unit_test(test_qualifiers),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_tags_and_declarations),
		cmocka_unit_test(test_each_name),
		cmocka_unit_test(test_percpu_variables),
		cmocka_unit_test(test_given_index),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_other_byte_order),
		cmocka_unit_test(test_dangling_and_cyclic),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
