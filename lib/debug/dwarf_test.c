/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as the compiler that built this test describes them, against what it says of them
 * itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/testdwarf.h"

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
static void own(struct world *w)
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
static struct member path(struct world *w, const char *what)
{
	struct member m;

	if (!type_member(get(w, "struct zoo"), what, &m))
		fail_msg("no %s", what);
	return m;
}

static void lies_at(struct world *w, const char *what, size_t offset, size_t size)
{
	struct member m = path(w, what);

	assert_int_equal(m.offset, offset);
	assert_int_equal(m.size, size);
	assert_int_equal(m.bit_size, 0);
}

#define AT(w, what) lies_at(w, #what, offsetof(struct zoo, what), sizeof(zoo_instance.what))

static void test_members(void **state)
{
	struct world w;

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
static uint64_t bits(struct world *w, const char *what)
{
	struct member m = path(w, what);
	uint64_t v = 0;

	memcpy(&v, (const char *)&zoo_instance + m.offset, m.size);
	assert_true(m.bit_size);
	return v >> m.bit_shift & ((UINT64_C(1) << m.bit_size) - 1);
}

static void test_bit_fields(void **state)
{
	struct world w;

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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
	struct world w;
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
		cmocka_unit_test(test_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
