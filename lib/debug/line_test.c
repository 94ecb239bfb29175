/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/elfsym.h"
#include "lib/debug/line.h"

/* Three functions inlined into each other; the address comes from the innermost call. */

#define INLINE static inline __attribute__((always_inline))

static uintptr_t called_from;
static unsigned inner_line, middle_line, outer_line;

void line_test_mark(void);
__attribute__((noinline)) void line_test_mark(void)
{
	called_from = (uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0));
	__asm__ volatile("" ::: "memory");
}

INLINE void line_test_inner(int *x)
{
	(*x)++;
	inner_line = __LINE__ + 1;
	line_test_mark();
	(*x)--;
}

INLINE void line_test_middle(int *x)
{
	for (int i = 0; i < 1; i++) {
		int y = *x + i;

		middle_line = __LINE__ + 1;
		line_test_inner(&y);
		*x += y;
	}
}

int line_test_outer(int x);
__attribute__((noinline)) int line_test_outer(int x)
{
	outer_line = __LINE__ + 1;
	line_test_middle(&x);
	return x;
}

static struct debugfile *own(void)
{
	struct arena arena = { 0 };
	struct debugfile *f;
	struct cairn_err err;
	struct syms s;
	struct sym sym;

	if (debugfile_open(&f, "/proc/self/exe", &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	debugfile_place_kernel(f, 0);
	syms_init(&s, &arena);
	assert_int_equal(elfsym_add(&s, f, &err), CAIRN_OK);
	assert_true(sym_find(&s, "line_test_outer", &sym));
	debugfile_place_kernel(f, (uintptr_t)line_test_outer - sym.addr);
	arena_deinit(&arena);
	if (!f->has_dwarf) {
		debugfile_close(f);
		skip();
	}
	return f;
}

static void is(const struct line_frame *frame, const char *function, unsigned line, bool inlined)
{
	assert_string_equal(frame->function, function);
	assert_non_null(frame->file);
	assert_string_equal(strrchr(frame->file, '/') ? strrchr(frame->file, '/') + 1 : frame->file,
			    "line_test.c");
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->inlined, inlined);
}

static void test_inlined(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame[8];

	(void)state;
	line_test_outer(1);
	assert_int_equal(line_lookup(f, called_from - 1, frame, 8), 3);
	is(&frame[0], "line_test_inner", inner_line, true);
	is(&frame[1], "line_test_middle", middle_line, true);
	is(&frame[2], "line_test_outer", outer_line, false);
	debugfile_close(f);
}

static void test_limit(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame[3];

	(void)state;
	line_test_outer(1);
	memset(frame, 0x55, sizeof(frame));
	assert_int_equal(line_lookup(f, called_from - 1, frame, 2), 2);
	is(&frame[0], "line_test_inner", inner_line, true);
	is(&frame[1], "line_test_middle", middle_line, true);
	assert_int_equal(frame[2].line, 0x55555555);
	assert_int_equal(line_lookup(f, called_from - 1, frame, 0), 0);
	debugfile_close(f);
}

static void test_plain(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame[8];

	(void)state;
	assert_int_equal(line_lookup(f, (uintptr_t)line_test_mark, frame, 8), 1);
	assert_string_equal(frame[0].function, "line_test_mark");
	assert_false(frame[0].inlined);
	assert_true(frame[0].line > 0 && frame[0].line < inner_line);
	debugfile_close(f);
}

/* Below the folder of the compiler the path is relative. */
static void test_short_path(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame[8];

	(void)state;
	assert_int_equal(line_lookup(f, (uintptr_t)line_test_mark, frame, 8), 1);
	assert_string_equal(frame[0].file, __FILE__);
	debugfile_close(f);
}

static void test_below(void **state)
{
	static const struct { const char *dir, *path, *want; } cases[] = {
		{ "/src/linux", "/src/linux/kernel/fork.c", "kernel/fork.c" },
		{ "/b/linux-6.1/debian/build", "/b/linux-6.1/fs/inode.c", "/b/linux-6.1/fs/inode.c" },
		{ "/b/r/linux-6.1/debian/build", "/b/r/linux-6.1/fs/inode.c", "fs/inode.c" },
		{ "/b/r/linux-6.1", "/b/r/linux-6.12/fs/inode.c", "/b/r/linux-6.12/fs/inode.c" },
		{ "/usr/src/linux-headers", "/home/me/mod.c", "/home/me/mod.c" },
		{ "/usr/src/linux-headers", "/usr/src/mod/mod.c", "/usr/src/mod/mod.c" },
		{ "/src", "/src", "/src" }, { "/", "/x.c", "/x.c" }, { "", "/x.c", "/x.c" },
		{ "/src", "kernel/fork.c", "kernel/fork.c" }, { NULL, "/x.c", "/x.c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(line_below(cases[i].dir, cases[i].path), cases[i].want);
}

void line_test_up(void);
void line_test_over(void);

/* Paths are what the compiler was given. */
static void test_clean_paths(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame;

	(void)state;
	assert_int_equal(line_lookup(f, (uintptr_t)line_test_up, &frame, 1), 1);
	assert_string_equal(frame.file, "/a/c.h");
	assert_int_equal(line_lookup(f, (uintptr_t)line_test_over, &frame, 1), 1);
	assert_string_equal(frame.file, "/../e..h");
	debugfile_close(f);
}

static void test_nowhere(void **state)
{
	struct debugfile *f = own();
	struct line_frame frame[8];
	int on_stack;

	(void)state;
	assert_int_equal(line_lookup(f, 0, frame, 8), 0);
	assert_int_equal(line_lookup(f, UINT64_MAX, frame, 8), 0);
	assert_int_equal(line_lookup(f, (uintptr_t)&on_stack, frame, 8), 0);
	assert_int_equal(line_lookup(f, (uintptr_t)&called_from, frame, 8), 0);
	debugfile_place_kernel(f, 0);
	assert_int_equal(line_lookup(f, (uintptr_t)line_test_mark, frame, 8), 0);
	debugfile_close(f);
}

# 1 "/a/./b/d/../../c.h"
__attribute__((noinline)) void line_test_up(void) { __asm__ volatile(""); }
# 1 "/../f/../e..h"
__attribute__((noinline)) void line_test_over(void) { __asm__ volatile(""); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_short_path),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_clean_paths),
		cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
