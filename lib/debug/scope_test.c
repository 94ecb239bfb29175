/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/elfsym.h"
#include "lib/debug/scope.h"

/* A block with a variable of its own, in a function that is inlined. */

static uintptr_t called_from;

void scope_test_mark(int *x);
__attribute__((noinline)) void scope_test_mark(int *x)
{
	called_from = (uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0));
	__asm__ volatile("" : : "r"(x) : "memory");
}

static inline __attribute__((always_inline)) void scope_test_inner(int n)
{
	for (int i = 0; i < n; i++) {
		int y = i;

		scope_test_mark(&y);
	}
}

int scope_test_outer(int x);
__attribute__((noinline)) int scope_test_outer(int x)
{
	scope_test_inner(x);
	return x + 1;
}

static struct debugfile *own(void)
{
	struct debugfile *f;
	struct cairn_err err;

	if (debugfile_open(&f, "/proc/self/exe", &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	if (!f->has_dwarf) {
		debugfile_close(f);
		skip();
	}
	return f;
}

/* The file's address of something of this program. */
static uint64_t file_addr(struct debugfile *f, uintptr_t addr)
{
	struct arena arena = { 0 };
	struct syms s;
	struct sym sym;

	debugfile_place_kernel(f, 0);
	syms_init(&s, &arena);
	assert_int_equal(elfsym_add(&s, f, NULL), CAIRN_OK);
	assert_true(sym_find(&s, "scope_test_outer", &sym));
	arena_deinit(&arena);
	return addr - ((uintptr_t)scope_test_outer - sym.addr);
}

static void test_chain(void **state)
{
	struct debugfile *f = own();
	const struct scope *s;
	size_t i;

	(void)state;
	scope_test_outer(1);
	s = scope_at(f, file_addr(f, called_from - 1));
	assert_non_null(s);
	assert_true(s->n >= 3);
	assert_int_equal(dwarf_tag(&s->die[0]), DW_TAG_subprogram);
	assert_string_equal(die_name(&s->die[0]), "scope_test_outer");
	assert_int_equal(dwarf_tag(&s->die[s->n - 1]), DW_TAG_lexical_block);
	i = scope_function(s, s->n);
	assert_int_equal(dwarf_tag(&s->die[i]), DW_TAG_inlined_subroutine);
	assert_string_equal(die_name(&s->die[i]), "scope_test_inner");
	assert_int_equal(scope_function(s, i), 0);
	assert_int_equal(scope_function(s, 0), s->n);
	assert_ptr_equal(scope_at(f, file_addr(f, called_from - 1)), s);
	debugfile_close(f);
}

static void test_edges(void **state)
{
	struct debugfile *f = own();
	uint64_t at = file_addr(f, (uintptr_t)scope_test_mark);
	Dwarf_Addr end;
	const struct scope *s;

	(void)state;
	s = scope_at(f, at);
	assert_non_null(s);
	assert_int_equal(s->n, 1);
	assert_string_equal(die_name(&s->die[0]), "scope_test_mark");
	assert_int_equal(dwarf_highpc(&s->die[0], &end), 0);
	assert_ptr_not_equal(scope_at(f, end - 1), NULL);
	assert_int_equal(dwarf_dieoffset(&scope_at(f, end - 1)->die[0]),
			 dwarf_dieoffset(&s->die[0]));
	s = scope_at(f, end);
	if (s && s->n)
		assert_string_not_equal(die_name(&s->die[0]), "scope_test_mark");
	assert_null(scope_at(f, 0));
	assert_null(scope_at(f, UINT64_MAX));
	debugfile_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
