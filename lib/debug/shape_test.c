/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/shape.h"
#include "lib/debug/testspace.h"
#include "lib/debug/testtypes.h"

#define VA UINT64_C(0xffff888000000000)
#define OBJECT (VA + TS_FREE + 0x10)

enum { Z_PID, Z_COMM, Z_MODE, Z_SMALL, Z_NEXT, Z_LO, Z_HI, Z_GONE, Z_RENAMED, Z_COLOR, Z_N };
static const struct shape_want zoo_want = {
	"struct no_zoo|struct zoo", Z_N,
	{
		[Z_PID] = "pid", [Z_COMM] = "comm", [Z_MODE] = "mode", [Z_SMALL] = "small",
		[Z_NEXT] = "list.next", [Z_LO] = "lo", [Z_HI] = "hi", [Z_GONE] = "gone|went",
		[Z_RENAMED] = "new_name|array[1]|array[2]", [Z_COLOR] = "color",
	},
};

struct fixture {
	struct arena arena;
	struct types types;
	struct testspace ts;
	struct cairn_err err;
};

static void add_types(struct fixture *f)
{
	struct btf *b = tt_new();
	int big;

	tt_zoo(b);
	tt(btf__add_struct(b, "large", 5000));
	tt(btf__add_field(b, "first", TT_U32, 0, 0));
	tt(btf__add_field(b, "last", TT_U32, 4996 * 8, 0));
	tt(btf__add_struct(b, "hostile", 8));
	tt(btf__add_field(b, "near", TT_U32, 32, 0));
	tt(btf__add_field(b, "far", TT_U64, 0x7fffff00, 0));
	big = tt_array(b, TT_U64, 0x10000000);
	tt(btf__add_struct(b, "hostile2", 8));
	tt(btf__add_field(b, "near", TT_U32, 32, 0));
	tt(btf__add_field(b, "huge", big, 0, 0));
	types_init(&f->types, &f->arena, 8);
	types_add(&f->types, btf_types(tt_provider(b, 8)));
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	add_types(f);
	f->ts.va = VA;
	ts_init(&f->ts);
	ts_put(&f->ts, OBJECT, (uint32_t)-7, 4);
	ts_put(&f->ts, OBJECT + 4, 0x1 | 0x5 << 1 | 0x1d << 4, 4); /* flag 1, mode 5, small -3 */
	ts_write(&f->ts, OBJECT + 8, "a_name_of_sixtee", 16);
	ts_put(&f->ts, OBJECT + 24, 0xffff888000012345, 8);
	ts_put(&f->ts, OBJECT + 40, 0x00abcdef87654321, 8);
	ts_put(&f->ts, OBJECT + 48, (uint32_t)-1, 4);
	ts_put(&f->ts, OBJECT + 64, 0x1122334455667788, 8);
	ts_put(&f->ts, VA + TS_FREE + 0x1000, 11, 4);
	ts_put(&f->ts, VA + TS_FREE + 0x1000 + 4996, 22, 4);
	ts_open(&f->ts, 8);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ts_free(&f->ts);
	types_deinit(&f->types);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

static void test_resolve(void **state)
{
	static const unsigned some[] = { Z_PID, Z_HI }, all[] = { Z_PID, Z_GONE };
	struct fixture *f = *state;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &zoo_want, &f->types, &f->err), CAIRN_OK);
	assert_int_equal(f->err.code, CAIRN_OK); /* no_zoo is nobody's fault */
	assert_int_equal(s.size, 128);
	assert_true(shape_has(&s, Z_RENAMED));
	assert_int_equal(s.m[Z_RENAMED].offset, 64);
	assert_false(shape_has(&s, Z_GONE));
	assert_int_equal(s.lo, 0);
	assert_int_equal(s.hi, 72);
	assert_int_equal(shape_require(&s, some, 2, &f->err), CAIRN_OK);
	assert_int_equal(shape_require(&s, all, 2, &f->err), CAIRN_MISSING);
	assert_non_null(strstr(f->err.text, "gone|went"));
}

static void test_unknown_type(void **state)
{
	static const struct shape_want want = { "struct a|struct b", 1, { "pid" } };
	struct fixture *f = *state;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &want, &f->types, &f->err), CAIRN_MISSING);
	assert_int_equal(shape_resolve(&s, &want, &f->types, NULL), CAIRN_MISSING);
}

static void test_object(void **state)
{
	struct fixture *f = *state;
	struct object o;
	struct shape s;
	uint32_t size;

	assert_int_equal(shape_resolve(&s, &zoo_want, &f->types, NULL), CAIRN_OK);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, OBJECT, &f->err), CAIRN_OK);
	assert_int_equal((int64_t)object_get(&o, Z_PID), -7);
	assert_int_equal(object_get(&o, Z_MODE), 5);
	assert_int_equal((int64_t)object_get(&o, Z_SMALL), -3);
	assert_int_equal(object_get(&o, Z_NEXT), 0xffff888000012345);
	assert_int_equal(object_get(&o, Z_LO), 0x87654321); /* unsigned: not extended */
	assert_int_equal(object_get(&o, Z_HI), 0xbcdef);
	assert_int_equal((int64_t)object_get(&o, Z_COLOR), -1);
	assert_int_equal(object_get(&o, Z_RENAMED), 0x1122334455667788);
	assert_int_equal(object_get(&o, Z_GONE), 0);
	assert_int_equal(object_get(&o, Z_COMM), 0); /* no number */
	assert_memory_equal(object_bytes(&o, Z_COMM, &size), "a_name_of_sixtee", 16);
	assert_int_equal(size, 16);
	assert_null(object_bytes(&o, Z_GONE, &size));
	assert_int_equal(object_addr(&o, Z_NEXT), OBJECT + 24);
	assert_int_equal(object_addr(&o, Z_GONE), 0);
	object_done(&o);
}

static void test_one_member(void **state)
{
	struct fixture *f = *state;
	struct shape s;
	uint64_t v;

	assert_int_equal(shape_resolve(&s, &zoo_want, &f->types, NULL), CAIRN_OK);
	assert_int_equal(shape_get(&s, &f->ts.sp, OBJECT, Z_SMALL, &v, &f->err), CAIRN_OK);
	assert_int_equal((int64_t)v, -3);
	assert_int_equal(shape_get(&s, &f->ts.sp, OBJECT, Z_GONE, &v, &f->err), CAIRN_MISSING);
	assert_int_equal(shape_get(&s, &f->ts.sp, OBJECT, Z_COMM, &v, &f->err), CAIRN_USAGE);
	assert_int_equal(shape_get(&s, &f->ts.sp, VA + TS_HOLE, Z_PID, &v, &f->err), CAIRN_FAULT);
	assert_int_equal(f->err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(f->err.addr, VA + TS_HOLE);
}

/* More than an object holds in place. */
static void test_large_object(void **state)
{
	static const struct shape_want want = { "struct large", 2, { "first", "last" } };
	struct fixture *f = *state;
	struct object o;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &want, &f->types, NULL), CAIRN_OK);
	assert_int_equal(s.hi - s.lo, 5000);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, VA + TS_FREE + 0x1000, &f->err), CAIRN_OK);
	assert_int_equal(object_get(&o, 0), 11);
	assert_int_equal(object_get(&o, 1), 22);
	object_done(&o);
	mem_fail_after(0);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, VA + TS_FREE, &f->err), CAIRN_NOMEM);
	mem_fail_after(-1);
	object_done(&o);
}

/* Only the part that holds the wanted members is read: what lies around may be missing. */
static void test_reads_no_more_than_wanted(void **state)
{
	static const struct shape_want last = { "struct large", 1, { "last" } };
	static const struct shape_want both = { "struct large", 2, { "first", "last" } };
	struct fixture *f = *state;
	uint64_t addr = VA + TS_HOLE + 0x1000 - 4096; /* its first page is the hole */
	struct object o;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &last, &f->types, NULL), CAIRN_OK);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, addr, &f->err), CAIRN_OK);
	assert_int_equal(object_get(&o, 0), 0);
	object_done(&o);
	assert_int_equal(shape_resolve(&s, &both, &f->types, NULL), CAIRN_OK);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, addr, &f->err), CAIRN_FAULT);
	assert_int_equal(f->err.addr, addr);
	object_done(&o);
}

static void test_nothing_wanted_is_there(void **state)
{
	static const struct shape_want want = { "struct large", 1, { "none" } };
	struct fixture *f = *state;
	struct object o;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &want, &f->types, NULL), CAIRN_OK);
	assert_int_equal(object_read(&o, &s, &f->ts.sp, VA + TS_FREE, NULL), CAIRN_OK);
	assert_int_equal(object_get(&o, 0), 0);
	object_done(&o);
}

static void test_hostile_offsets(void **state)
{
	static const struct shape_want far = { "struct hostile", 2, { "near", "far" } };
	static const struct shape_want huge = { "struct hostile2", 2, { "near", "huge" } };
	struct fixture *f = *state;
	struct shape s;

	assert_int_equal(shape_resolve(&s, &far, &f->types, NULL), CAIRN_OK);
	assert_true(shape_has(&s, 0));
	assert_false(shape_has(&s, 1));
	assert_int_equal(s.hi, 8);
	assert_int_equal(shape_resolve(&s, &huge, &f->types, NULL), CAIRN_OK);
	assert_true(shape_has(&s, 0));
	assert_false(shape_has(&s, 1));
	assert_int_equal(s.hi, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_resolve, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_member, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reads_no_more_than_wanted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_wanted_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_offsets, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
