/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/testtypes.h"

struct fixture {
	struct arena arena;
	struct types types;
	struct cairn_err err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct btf *b = tt_new();

	tt_zoo(b);
	types_init(&f->types, &f->arena, 8);
	types_add(&f->types, btf_types(tt_provider(b, 8)));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	types_deinit(&f->types);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

/* ---- by name ---- */

static void test_find(void **state)
{
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", &f->err);

	assert_non_null(t);
	assert_int_equal(t->kind, TYPE_STRUCT);
	assert_int_equal(t->size, 128);
	assert_int_equal(type_find(&f->types, "enum color", NULL)->kind, TYPE_ENUM);
	assert_int_equal(type_find(&f->types, "u64", NULL)->kind, TYPE_TYPEDEF);
	assert_int_equal(type_find(&f->types, "void", NULL)->kind, TYPE_VOID);
	assert_null(type_find(&f->types, "zoo", &f->err)); /* a tag is no type name */
	assert_null(type_find(&f->types, "union zoo", &f->err));
	assert_int_equal(f->err.code, CAIRN_MISSING);
	assert_non_null(strstr(f->err.text, "union zoo"));
	assert_null(type_find(&f->types, "", NULL));
	assert_null(type_find(&f->types, "struct ", NULL));
}

static void test_spellings_of_c(void **state)
{
	static const char *const same[][2] = {
		{ "unsigned long", "long unsigned int" }, { "unsigned", "unsigned int" },
		{ "unsigned long int", "long unsigned int" }, { "short", "short int" },
		{ "long long", "long long int" }, { "bool", "_Bool" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct type *t = type_find(&f->types, same[i][0], NULL);

		assert_non_null(t);
		assert_string_equal(t->name, same[i][1]);
	}
	assert_null(type_find(&f->types, "unsigned long long", NULL)); /* the blob has none */
}

static void test_pointers(void **state)
{
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo * *", NULL);
	char longer[200];

	assert_int_equal(t->kind, TYPE_PTR);
	assert_int_equal(t->size, 8);
	assert_int_equal(t->target->kind, TYPE_PTR);
	assert_string_equal(t->target->target->name, "zoo");
	assert_int_equal(type_find(&f->types, "void*", NULL)->target->kind, TYPE_VOID);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_null(type_find(&f->types, longer, &f->err));
	assert_int_equal(f->err.code, CAIRN_USAGE);
}

static void test_no_providers(void **state)
{
	struct types none;
	struct arena a = { 0 };
	struct cairn_err err;

	(void)state;
	types_init(&none, &a, 8);
	assert_null(type_find(&none, "struct zoo", &err));
	assert_int_equal(err.code, CAIRN_MISSING);
	assert_null(type_of_variable(&none, "init_task"));
	types_deinit(&none);
}

/* A definition in a later provider wins over a declaration in an earlier one. */
static void test_several_providers(void **state)
{
	struct btf *declares = tt_new(), *defines = tt_new();
	struct arena a = { 0 };
	struct types ts;

	(void)state;
	tt(btf__add_fwd(declares, "page", BTF_FWD_STRUCT));
	tt(btf__add_fwd(declares, "never", BTF_FWD_STRUCT));
	tt(btf__add_struct(defines, "page", 64));
	types_init(&ts, &a, 8);
	types_add(&ts, btf_types(tt_provider(declares, 8)));
	types_add(&ts, btf_types(tt_provider(defines, 8)));
	assert_int_equal(type_find(&ts, "struct page", NULL)->size, 64);
	assert_int_equal(type_find(&ts, "struct never", NULL)->kind, TYPE_FWD);
	types_deinit(&ts);
	assert_null(ts.first);
	arena_deinit(&a);
}

static void test_variables(void **state)
{
	struct btf *b = tt_new();
	struct arena a = { 0 };
	struct types ts;
	int task;

	(void)state;
	task = tt(btf__add_struct(b, "task_struct", 4096));
	tt(btf__add_var(b, "current_task", BTF_VAR_GLOBAL_ALLOCATED, tt(btf__add_ptr(b, task))));
	types_init(&ts, &a, 8);
	types_add(&ts, btf_types(tt_provider(b, 8)));
	assert_int_equal(type_of_variable(&ts, "current_task")->kind, TYPE_PTR);
	assert_string_equal(type_of_variable(&ts, "init_task")->name, "task_struct"); /* ours */
	assert_null(type_of_variable(&ts, "init_mm")); /* known, but its type is not */
	assert_null(type_of_variable(&ts, "no_such_variable"));
	types_deinit(&ts);
	arena_deinit(&a);
}

/* ---- members ---- */

static void test_members(void **state)
{
	struct fixture *f = *state;
	uint32_t n;
	const struct type_member *m = type_members(type_find(&f->types, "struct zoo", NULL), &n);

	assert_int_equal(n, 15);
	assert_string_equal(m[0].name, "pid");
	assert_string_equal(m[6].name, "");
	assert_int_equal(m[3].bit_offset, 36);
	assert_int_equal(m[3].bit_size, 5);
	type_members(type_find(&f->types, "u64", NULL), &n);
	assert_int_equal(n, 0);
	type_members(type_find(&f->types, "enum color", NULL), &n);
	assert_int_equal(n, 0);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t offset, size;
	} good[] = {
		{ "pid", 0, 4 }, { "list.prev", 32, 8 }, { "list", 24, 16 }, { "raw", 40, 8 },
		{ "lo", 40, 4 }, { "array", 56, 24 }, { "array[0]", 56, 8 }, { "array[2]", 72, 8 },
		{ "array[0x1]", 64, 8 }, { "matrix[1]", 116, 12 }, { "matrix[1][2]", 124, 4 },
		{ "comm[15]", 23, 1 }, { "on", 52, 1 }, { "tail", 128, 0 },
		{ "tail[9]", 137, 1 }, /* open at the end */
	};
	static const char *const bad[] = {
		"", ".", "nothing", "pi", "pidd", ".pid", "pid.", "pid.x", "list.",
		"list.next.prev", "array[3]", "array[-1]", "array[]", "array[1", "array[1]x",
		"array[1]]", "pid[0]", "matrix[2][0]", "matrix[0][3]", "list[0]",
		"tail[4294967296]",
	};
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL);
	struct member m;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!type_member(t, good[i].path, &m))
			fail_msg("%s is not found", good[i].path);
		assert_int_equal(m.offset, good[i].offset);
		assert_int_equal(m.size, good[i].size);
		assert_int_equal(m.bit_size, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (type_member(t, bad[i], &m))
			fail_msg("%s is found", bad[i]);
}

static void test_bit_fields(void **state)
{
	static const struct {
		const char *path;
		struct member want;
	} cases[] = {
		{ "flag", { .offset = 4, .size = 1, .bit_shift = 0, .bit_size = 1 } },
		{ "mode", { .offset = 4, .size = 1, .bit_shift = 1, .bit_size = 3 } },
		{ "small", { .offset = 4, .size = 2, .bit_shift = 4, .bit_size = 5 } },
		{ "hi", { .offset = 44, .size = 4, .bit_shift = 0, .bit_size = 20 } },
	};
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL);
	struct member m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(type_member(t, cases[i].path, &m));
		assert_int_equal(m.offset, cases[i].want.offset);
		assert_int_equal(m.size, cases[i].want.size);
		assert_int_equal(m.bit_shift, cases[i].want.bit_shift);
		assert_int_equal(m.bit_size, cases[i].want.bit_size);
	}
	assert_true(type_member(t, "small", &m));
	assert_true(m.is_signed);
	assert_true(type_member(t, "mode", &m));
	assert_false(m.is_signed);
}

static void test_enumerators(void **state)
{
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "enum color", NULL);
	uint32_t n;
	int64_t v;

	assert_non_null(type_enumerators(t, &n));
	assert_int_equal(n, 3);
	assert_true(type_enum_value(t, "NO_COLOR", &v));
	assert_int_equal(v, -1);
	assert_false(type_enum_value(t, "BLUE", &v));
	type_enumerators(type_find(&f->types, "struct zoo", NULL), &n);
	assert_int_equal(n, 0);
}

/* ---- types that no compiler makes ---- */

/* An anonymous member of its own type, twice: searching all of it would never end. */
static void test_struct_in_itself(void **state)
{
	struct btf *b = tt_new();
	struct arena a = { 0 };
	struct types ts;
	struct member m;
	int id;

	(void)state;
	id = tt(btf__add_struct(b, "ouroboros", 8));
	tt(btf__add_field(b, NULL, id, 0, 0));
	tt(btf__add_field(b, NULL, id, 64, 0));
	tt(btf__add_field(b, "tail", TT_INT, 32, 0));
	types_init(&ts, &a, 8);
	types_add(&ts, btf_types(tt_provider(b, 8)));
	assert_false(type_member(type_find(&ts, "struct ouroboros", NULL), "none", &m));
	types_deinit(&ts);
	arena_deinit(&a);
}

static void test_bits_that_fit_no_word(void **state)
{
	static struct type_member member[] = {
		{ "wide", NULL, 0, 100 }, { "straddles", NULL, 60, 10 },
		{ "far", NULL, UINT64_MAX, 0 }, { "word", NULL, 64, 64 },
	};
	static const struct type u64 = { .kind = TYPE_INT, .name = "u64", .size = 8 };
	const struct type t = { .kind = TYPE_STRUCT, .name = "odd", .size = 16, .members = member,
				.nmembers = 4, .complete = true };
	struct member m;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		member[i].type = &u64;
	assert_false(type_member(&t, "wide", &m));
	assert_false(type_member(&t, "straddles", &m));
	assert_false(type_member(&t, "far", &m));
	assert_true(type_member(&t, "word", &m));
	assert_int_equal(m.bit_size, 64);
	assert_int_equal(m.offset, 8);
}

static void test_chain_of_typedefs(void **state)
{
	struct type chain[TYPE_DEPTH + 2];

	(void)state;
	for (size_t i = 0; i < TYPE_DEPTH + 2; i++)
		chain[i] = (struct type){ .kind = TYPE_TYPEDEF, .name = "t",
					  .target = &chain[i + 1] };
	chain[TYPE_DEPTH + 1] = (struct type){ .kind = TYPE_INT, .name = "int", .size = 4 };
	assert_int_equal(type_strip(&chain[0])->kind, TYPE_VOID);
	assert_int_equal(type_strip(&chain[4])->kind, TYPE_INT);
	chain[1].target = &chain[0]; /* a cycle */
	assert_int_equal(type_strip(&chain[0])->kind, TYPE_VOID);
	chain[1].target = NULL;
	assert_int_equal(type_strip(&chain[0])->kind, TYPE_VOID);
	assert_int_equal(type_strip(NULL)->kind, TYPE_VOID);
}

/* ---- C spelling ---- */

static void test_spelling(void **state)
{
	static const char *const cases[][3] = {
		{ "pid", "int", "int pid" },
		{ "comm", "char [16]", "char comm[16]" },
		{ "list", "struct list_head", "struct list_head list" },
		{ "list.next", "struct list_head *", "struct list_head *next" },
		{ "color", "enum color", "enum color color" },
		{ "array", "u64 [3]", "u64 array[3]" },
		{ "name", "const char *", "const char *name" },
		{ "fn", "int (*)(struct zoo *, ...)", "int (*fn)(struct zoo *, ...)" },
		{ "matrix", "int [2][3]", "int matrix[2][3]" },
	};
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *dot = strrchr(cases[i][0], '.');
		struct member m;

		assert_true(type_member(t, cases[i][0], &m));
		assert_string_equal(type_spell(&f->arena, m.type), cases[i][1]);
		assert_string_equal(type_declare(&f->arena, m.type, dot ? dot + 1 : cases[i][0]),
				    cases[i][2]);
	}
	assert_string_equal(type_spell(&f->arena, NULL), "void");
}

static void test_spelling_of_nested(void **state)
{
	struct fixture *f = *state;
	const struct type in = { .kind = TYPE_INT, .name = "int", .size = 4 };
	const struct type cv = { .kind = TYPE_VOLATILE, .name = "", .target = &in };
	const struct type ccv = { .kind = TYPE_CONST, .name = "", .target = &cv };
	const struct type p = { .kind = TYPE_PTR, .name = "", .target = &ccv };
	const struct type cp = { .kind = TYPE_CONST, .name = "", .target = &p };
	const struct type arr = { .kind = TYPE_ARRAY, .name = "", .target = &in, .count = 4 };
	const struct type parr = { .kind = TYPE_PTR, .name = "", .target = &arr };
	const struct type func = { .kind = TYPE_FUNC, .name = "", .target = &parr };
	const struct type pf = { .kind = TYPE_PTR, .name = "", .target = &func };
	const struct type apf = { .kind = TYPE_ARRAY, .name = "", .target = &pf, .count = 2 };
	const struct type vp = { .kind = TYPE_PTR, .name = "" };

	assert_string_equal(type_declare(&f->arena, &cp, "x"), "const volatile int *const x");
	assert_string_equal(type_spell(&f->arena, &cp), "const volatile int *const");
	assert_string_equal(type_declare(&f->arena, &parr, "x"), "int (*x)[4]");
	assert_string_equal(type_declare(&f->arena, &apf, "x"), "int (*(*x[2])(void))[4]");
	assert_string_equal(type_spell(&f->arena, &apf), "int (*(*[2])(void))[4]");
	assert_string_equal(type_declare(&f->arena, &vp, "x"), "void *x");
	assert_string_equal(type_declare(&f->arena, &func, "f"), "int (*f(void))[4]");
}

/* A prototype that takes many of itself: the text ends. */
static void test_spelling_without_end(void **state)
{
	struct fixture *f = *state;
	struct type_member params[64];
	struct type func = { .kind = TYPE_FUNC, .name = "", .members = params, .nmembers = 64,
			     .complete = true };
	struct type deep[200];

	for (size_t i = 0; i < 64; i++)
		params[i] = (struct type_member){ .name = "", .type = &func };
	assert_true(strlen(type_spell(&f->arena, &func)) < 100000);
	for (size_t i = 0; i < 200; i++)
		deep[i] = (struct type){ .kind = i % 2 ? TYPE_CONST : TYPE_PTR, .name = "",
					 .target = &deep[(i + 1) % 200] };
	assert_true(strlen(type_spell(&f->arena, &deep[0])) < 1000);
}

static void test_out_of_memory(void **state)
{
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL), *p;
	struct arena empty = { 0 };
	struct types ts = f->types;
	uint32_t n;

	ts.arena = &empty;
	mem_fail_after(0);
	p = type_find(&ts, "struct zoo *", &f->err);
	assert_string_equal(type_spell(&empty, t), "?");
	mem_fail_after(-1);
	assert_null(p);
	assert_int_equal(f->err.code, CAIRN_NOMEM);
	assert_non_null(type_members(t, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spellings_of_c, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pointers, set_up, tear_down),
		cmocka_unit_test(test_no_providers),
		cmocka_unit_test(test_several_providers),
		cmocka_unit_test(test_variables),
		cmocka_unit_test_setup_teardown(test_members, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bit_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enumerators, set_up, tear_down),
		cmocka_unit_test(test_struct_in_itself),
		cmocka_unit_test(test_bits_that_fit_no_word),
		cmocka_unit_test(test_chain_of_typedefs),
		cmocka_unit_test_setup_teardown(test_spelling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spelling_of_nested, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spelling_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
