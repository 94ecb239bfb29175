/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/testspace.h"
#include "lib/debug/testtypes.h"
#include "lib/debug/value.h"

#define VA UINT64_C(0xffff888000000000)
#define ZOO (VA + TS_FREE)

struct fixture {
	struct arena arena;
	struct types types;
	struct syms syms;
	struct testspace ts;
	struct out out;
	bool whole; /* what the last value_write() said */
};

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	(void)self;
	(void)addr;
	*ret = (struct sym){ .name = "visit\033zoo", .addr = 0x1000 };
	return true;
}

static const struct sym_source_ops ops = { .by_addr = by_addr };

static void add_types(struct fixture *f)
{
	struct btf *b = tt_new();
	int id, loop;

	tt_zoo(b);
	tt(btf__add_typedef(b, "zoo_array", tt_array(b, tt(btf__find_by_name(b, "zoo")), 1000)));
	id = tt(btf__add_struct(b, "evil", 8));
	tt(btf__add_field(b, "q\"\n", TT_INT, 0, 0));
	tt(btf__add_field(b, NULL, id, 0, 0)); /* itself, without a name */
	loop = tt_array(b, id + 2, 100);
	tt(btf__add_struct(b, "loop", 8)); /* an array of itself, at its own place */
	tt(btf__add_field(b, "again", loop, 0, 0));
	tt(btf__add_field(b, "outside", TT_U64, 0x10000, 0));
	for (int i = 0; i < 20; i++)
		loop = tt_array(b, i ? loop : TT_INT, 1);
	tt(btf__add_typedef(b, "cube", loop));
	tt(btf__add_typedef(b, "giant", tt_array(b, TT_U64, 1 << 20)));
	tt(btf__add_fwd(b, "unknown", BTF_FWD_STRUCT));
	types_init(&f->types, &f->arena, 8);
	types_add(&f->types, btf_types(tt_provider(b, 8)));
}

/* The first 56 bytes of a struct zoo. */
static void fill_half(struct testspace *ts, uint64_t at)
{
	ts_put(ts, at, (uint32_t)-7, 4);
	ts_put(ts, at + 4, 0x1 | 0x5 << 1 | 0x1d << 4, 4); /* flag 1, mode 5, small -3 */
	ts_write(ts, at + 8, "init\0rest", 9);
	ts_put(ts, at + 24, 0x1234, 8);
	ts_put(ts, at + 32, 0, 8);
	ts_put(ts, at + 40, 0x1fffffffffffff5, 8);
	ts_put(ts, at + 48, 1, 4);
	ts_put(ts, at + 52, 1, 1);
}

static void fill_zoo(struct testspace *ts, uint64_t at)
{
	fill_half(ts, at);
	ts_put(ts, at + 56, 1, 8);
	ts_put(ts, at + 64, UINT64_MAX, 8);
	ts_put(ts, at + 104, 5, 4);
	ts_put(ts, at + 124, (uint32_t)-6, 4);
}

#define TEXT (VA + TS_FREE + 0x800) /* "hello\n", and then no text */

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	add_types(f);
	syms_init(&f->syms, &f->arena);
	syms_add(&f->syms, "test", 0x1000, 0x2000, &ops, NULL, NULL);
	f->ts.va = VA;
	ts_init(&f->ts);
	fill_zoo(&f->ts, ZOO);
	fill_half(&f->ts, VA + TS_HOLE - 60);
	ts_write(&f->ts, TEXT, "hello\n\0\x80z", 10);
	ts_put(&f->ts, ZOO + 0x100, TEXT, 8);
	ts_put(&f->ts, ZOO + 0x108, TEXT + 7, 8);
	ts_open(&f->ts, 8);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	out_deinit(&f->out);
	ts_free(&f->ts);
	types_deinit(&f->types);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

static const char *show(struct fixture *f, enum out_mode mode, const char *type, uint64_t addr,
			struct value_style style)
{
	out_deinit(&f->out);
	out_init(&f->out, mode, -1);
	out_record(&f->out, "t");
	f->whole = value_write(&f->out, "v", type_find(&f->types, type, NULL), &f->ts.sp, addr,
			       &style);
	out_end(&f->out);
	return f->out.buf.buf;
}

static void test_text(void **state)
{
	struct fixture *f = *state;
	const struct value_style style = { .syms = &f->syms };

	assert_string_equal(show(f, OUT_TEXT, "struct zoo", ZOO, style),
		"{\n"
		"  pid = -7,\n"
		"  flag = 1,\n"
		"  mode = 5,\n"
		"  small = -3,\n"
		"  comm = \"init\",\n"
		"  list = {\n"
		"    next = 0x1234 <visit\\x1bzoo+0x234>,\n"
		"    prev = 0x0,\n"
		"  },\n"
		"  raw = 0x1fffffffffffff5,\n"
		"  lo = 4294967285,\n"
		"  hi = 1048575,\n"
		"  color = GREEN,\n"
		"  on = yes,\n"
		"  array = {1, 0xffffffffffffffff, 0},\n"
		"  name = 0x0,\n"
		"  fn = 0x0,\n"
		"  self = 0x0,\n"
		"  matrix = {{5, 0, 0}, {0, 0, -6}},\n"
		"  tail = {},\n"
		"}");
}

static void test_json(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(show(f, OUT_JSON, "struct zoo", ZOO, (struct value_style){ 0 }),
		"{\"schema\":\"cairn.t/1\",\"v\":{\"pid\":-7,\"flag\":1,\"mode\":5,\"small\":-3,"
		"\"comm\":\"init\",\"list\":{\"next\":\"0x1234\",\"prev\":\"0x0\"},"
		"\"raw\":\"0x1fffffffffffff5\",\"lo\":4294967285,\"hi\":1048575,"
		"\"color\":\"GREEN\",\"on\":true,\"array\":[1,\"0xffffffffffffffff\",0],"
		"\"name\":\"0x0\",\"fn\":\"0x0\",\"self\":\"0x0\","
		"\"matrix\":[[5,0,0],[0,0,-6]],\"tail\":[]}}\n");
}

static void test_hex_and_short_arrays(void **state)
{
	struct fixture *f = *state;
	const struct value_style style = { .hex = true, .array_limit = 2 };
	const char *text = show(f, OUT_TEXT, "struct zoo", ZOO, style);

	assert_non_null(strstr(text, "mode = 0x5,"));
	assert_non_null(strstr(text, "array = {0x1, 0xffffffffffffffff, ...},"));
	assert_non_null(strstr(text, "{0x5, 0x0, ...}"));
	assert_non_null(strstr(text, "comm = \"init\"")); /* a text is no array here */
}

/* 60 bytes of it can be read. */
static void test_fault_in_the_middle(void **state)
{
	struct fixture *f = *state;
	const struct value_style plain = { 0 };
	const char *text = show(f, OUT_TEXT, "struct zoo", VA + TS_HOLE - 60, plain);

	assert_non_null(strstr(text, "  on = yes,\n  array = {<absent>, <absent>, <absent>},\n"
				     "  name = <absent>,\n"));
	text = show(f, OUT_JSON, "struct zoo", VA + TS_HOLE - 60, plain);
	assert_non_null(strstr(text, "\"name\":{\"fault\":\"absent\","
				     "\"address\":\"0xffff888000300000\"}"));
	assert_non_null(strstr(text, "\"comm\":\"init\""));
	text = show(f, OUT_JSON, "u64", VA + TS_HOLE, plain);
	assert_string_equal(text, "{\"schema\":\"cairn.t/1\",\"v\":{\"fault\":\"absent\","
				  "\"address\":\"0xffff888000300000\"}}\n");
}

static void test_bits_behind_a_fault(void **state)
{
	struct fixture *f = *state;
	const struct value_style plain = { 0 };
	const char *text = show(f, OUT_TEXT, "struct zoo", VA + TS_HOLE - 4, plain);

	assert_non_null(strstr(text, "  pid = 0,\n  flag = <absent>,\n  mode = <absent>,\n"));
	assert_false(f->whole);
	show(f, OUT_TEXT, "struct zoo", ZOO, plain);
	assert_true(f->whole);
}

static void test_one_member(void **state)
{
	static const char *const cases[][2] = {
		{ "small", "-3" }, { "array[1]", "0xffffffffffffffff" }, { "list.next", "0x1234" },
		{ "matrix[1]", "{0, 0, -6}" }, { "comm", "\"init\"" }, { "hi", "1048575" },
	};
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL);
	const struct value_style style = { 0 };
	struct member m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(type_member(t, cases[i][0], &m));
		out_deinit(&f->out);
		out_init(&f->out, OUT_TEXT, -1);
		out_record(&f->out, "t");
		assert_true(value_write_member(&f->out, "v", &m, &f->ts.sp, ZOO, &style));
		out_end(&f->out);
		assert_string_equal(f->out.buf.buf, cases[i][1]);
	}
}

/* Of plain char, zeros alone are an empty text; of bytes that are no text they are zeros. */
static void test_empty_text(void **state)
{
	struct fixture *f = *state;
	const struct type *t = type_find(&f->types, "struct zoo", NULL);
	const struct value_style style = { 0 };
	struct member m;

	out_init(&f->out, OUT_TEXT, -1);
	out_record(&f->out, "t");
	assert_true(type_member(t, "comm", &m));
	assert_true(value_write_member(&f->out, "v", &m, &f->ts.sp, ZOO + 0x400, &style));
	assert_true(type_member(t, "array", &m));
	out_text(&f->out, " ");
	assert_true(value_write_member(&f->out, "w", &m, &f->ts.sp, ZOO + 0x400, &style));
	out_end(&f->out);
	assert_string_equal(f->out.buf.buf, "\"\" {0, 0, 0}");
}

/* An enumerator that has no name, a bool that is neither. */
static void test_odd_scalars(void **state)
{
	struct fixture *f = *state;
	const struct value_style style = { 0 };

	assert_string_equal(show(f, OUT_TEXT, "enum color", ZOO + 124, style), "-6");
	assert_string_equal(show(f, OUT_TEXT, "_Bool", ZOO, style), "249");
	assert_string_equal(show(f, OUT_TEXT, "void", ZOO, style), "-");
	assert_string_equal(show(f, OUT_TEXT, "struct unknown", ZOO, style), "-");
}

/* ---- types that no compiler makes ---- */

static void test_names_are_escaped(void **state)
{
	struct fixture *f = *state;
	const char *text = show(f, OUT_JSON, "struct evil", ZOO, (struct value_style){ 0 });

	assert_non_null(strstr(text, "\"v\":{\"q\\\""));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	text = show(f, OUT_TEXT, "struct evil", ZOO, (struct value_style){ 0 });
	assert_null(strstr(text, "q\"\n"));
}

static void test_nesting_without_end(void **state)
{
	struct fixture *f = *state;
	const struct value_style style = { .array_limit = 100 };

	for (enum out_mode mode = OUT_TEXT; mode <= OUT_JSON; mode++) {
		show(f, mode, "struct evil", ZOO, style);
		assert_in_range(f->out.buf.len, 20, 10000);
		show(f, mode, "struct loop", ZOO, style);
		assert_in_range(f->out.buf.len, 1000, 20000000);
		assert_int_equal(f->out.depth, 0);
		show(f, mode, "cube", ZOO, style);
		assert_in_range(f->out.buf.len, 20, 200);
		show(f, mode, "zoo_array", ZOO, style);
		assert_int_equal(f->out.depth, 0);
	}
}

static void test_too_large(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(show(f, OUT_TEXT, "giant", ZOO, (struct value_style){ 0 }),
			    "<an object of 8388608 bytes>");
	mem_fail_after(0);
	show(f, OUT_TEXT, "struct zoo", ZOO, (struct value_style){ 0 });
	mem_fail_after(-1);
	assert_int_equal(f->out.depth, 0);
}

static void test_brief(void **state)
{
	struct fixture *f = *state;
	const struct value_style style = { .brief = true, .array_limit = 2 };

	assert_string_equal(show(f, OUT_TEXT, "struct zoo", ZOO, style),
		"{.pid = -7, .flag = 1, .mode = 5, .small = -3, .comm = \"init\", .list = {...}, "
		".raw = 0x1fffffffffffff5, .lo = 4294967285, ...}");
	assert_string_equal(show(f, OUT_TEXT, "zoo_array", ZOO, style), "{{...}, {...}, ...}");
	assert_string_equal(show(f, OUT_TEXT, "char *", ZOO + 0x100, style),
			    "0xffff888000010800 \"hello\\x0a\"");
	assert_string_equal(show(f, OUT_TEXT, "char *", ZOO + 0x108, style), "0xffff888000010807");
	/* a program gets all of it */
	assert_non_null(strstr(show(f, OUT_JSON, "struct zoo", ZOO, style),
			       "\"list\":{\"next\":\"0x1234\",\"prev\":\"0x0\"}"));
}

static const char *show_bytes(struct fixture *f, enum out_mode mode, const char *type,
			      const void *bytes, const unsigned char *known,
			      const struct cairn_err *fault)
{
	const struct value_style style = { .brief = true };

	out_deinit(&f->out);
	out_init(&f->out, mode, -1);
	out_record(&f->out, "t");
	f->whole = value_write_bytes(&f->out, "v", type_find(&f->types, type, NULL), &f->ts.sp,
				     bytes, known, fault, &style);
	out_end(&f->out);
	return f->out.buf.buf;
}

static void test_bytes(void **state)
{
	struct fixture *f = *state;
	struct cairn_err fault = { .code = CAIRN_OK };
	unsigned char known[16];

	memset(known, 1, sizeof(known));
	assert_string_equal(show_bytes(f, OUT_TEXT, "int", "\xff\xff\xff\xff", NULL, &fault), "-1");
	assert_true(f->whole);
	known[9] = 0;
	assert_string_equal(show_bytes(f, OUT_TEXT, "struct list_head", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0",
				       known, &fault),
			    "{.next = 0x1, .prev = <optimized out>}");
	assert_false(f->whole);
	assert_string_equal(show_bytes(f, OUT_JSON, "struct list_head", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0",
				       known, &fault),
			    "{\"schema\":\"cairn.t/1\",\"v\":{\"next\":\"0x1\",\"prev\":null}}\n");
	cairn_fail_read(&fault, CAIRN_FAULT_EXCLUDED, VA, "kernel address");
	assert_string_equal(show_bytes(f, OUT_TEXT, "struct list_head", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0",
				       known, &fault),
			    "{.next = 0x1, .prev = <excluded>}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hex_and_short_arrays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fault_in_the_middle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bits_behind_a_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_member, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_scalars, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nesting_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_brief, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
