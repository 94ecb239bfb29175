/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/testwait.h"

static struct testwait w;
static struct arena arena;

/* Two tasks of an address space; the first one sleeps in `function`; mmap_lock has this count. */
static struct findings check(const char *function, uint64_t count, const char *tree)
{
	uint64_t first, second, mm;

	w = tw_new(TW_HEADS);
	TW_STRUCT(w.m.k, "mm_struct", 128, TW_WORD(tree, 0), TW_IN("mmap_lock", 8, "rw_semaphore"));
	first = tw_task(&w, 3, "grows", function);
	second = tw_task(&w, 4, "reads", "sleeps");
	mm = tm_alloc(&w.m, 128);
	tm_set(&w.m, first, TM_MM, mm, 8);
	tm_set(&w.m, second, TM_MM, mm, 8);
	tw_word(&w, mm + 8 + TW_RWSEM_COUNT, count);
	tw_word(&w, mm + 8 + TW_RWSEM_OWNER, first);
	return tw_findings(&w, "growth", &arena);
}

static void test_readers(void **state)
{
	struct findings f = check("expand_downwards", 0x200, "mm_mt");

	(void)state;
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "mm.stackrot");
	assert_string_equal(f.said[0].f.found, "2 readers");
	assert_non_null(strstr(f.said[0].f.message, "PID 3 (grows)"));
	tw_done(&w, &arena);
}

/* As it is to be, elsewhere, and where there is no maple tree. */
static void test_silent(void **state)
{
	(void)state;
	assert_int_equal(check("expand_downwards", 1, "mm_mt").n, 0);
	tw_done(&w, &arena);
	assert_int_equal(check("handle_mm_fault", 0x200, "mm_mt").n, 0);
	tw_done(&w, &arena);
	assert_int_equal(check("expand_downwards", 0x200, "mm_rb").n, 0);
	tw_done(&w, &arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers), cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
