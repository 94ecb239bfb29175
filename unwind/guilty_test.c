/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/guilty.h"
#include "unwind/guilty_matter.h"

static struct piece of(const char *s)
{
	return (struct piece){ s, strlen(s) };
}

static void assert_is(struct piece t, const char *s)
{
	assert_int_equal(t.len, strlen(s));
	assert_memory_equal(t.p, s, t.len);
}

static void names(void **state)
{
	(void)state;
	assert_is(guilty_base(of("foo.isra.0")), "foo");
	assert_is(guilty_base(of("foo.part.0.cold")), "foo");
	assert_is(guilty_base(of("foo.llvm.123")), "foo");
	assert_is(guilty_base(of(".Lfoo")), ".Lfoo");
	assert_is(guilty_base(of("")), "");
	assert_is(guilty_told(of("__x64_sys_write")), "sys_write");
	assert_is(guilty_told(of("__se_sys_write")), "write");
	assert_is(guilty_plain(of("__x64_sys_write")), "write");
	assert_is(guilty_plain(of("ksys_write")), "write");
	assert_is(guilty_plain(of("sys_")), "sys_");
	assert_is(guilty_plain(of("sysrq_handle")), "sysrq_handle");
}

static void rules(void **state)
{
	const char *why, *pieces;
	size_t n = 0;

	(void)state;
	assert_true(guilty_is_helper(of("__kasan_report"), false, NULL));
	assert_true(guilty_is_helper(of("kfree"), false, NULL));
	assert_false(guilty_is_helper(of("kfree_me"), false, NULL));
	assert_true(guilty_is_helper(of("__list_del_entry_valid"), false, NULL));
	assert_false(guilty_is_helper(of("mas_update_gap"), false, NULL));
	assert_true(guilty_is_helper(of("foo_bar"), false, "nothing bar"));
	/* a module's own */
	assert_false(guilty_is_helper(of("scen_list_del"), true, NULL));
	assert_true(guilty_is_helper(of("scen_list_del"), false, NULL));
	assert_true(guilty_is_helper(of("__usb_submit_urb"), true, NULL));
	assert_true(guilty_is_entry(of("do_syscall_64")));
	assert_true(guilty_is_entry(of("asm_exc_page_fault")));
	assert_false(guilty_is_entry(of("vfs_write")));
	assert_true(guilty_is_anchor(of("vfs_write")));
	assert_true(guilty_is_waiting(of("schedule_timeout"), false));
	assert_false(guilty_is_waiting(of("scen_dwait_thread"), true));
	while (guilty_rule(n, &why, &pieces))
		n++;
	assert_true(n > 15);
	for (n = 0; guilty_matter_rule(n, &why, &pieces); n++)
		assert_true(*why && *pieces);
	assert_true(n > 15);
}

static void matters(void **state)
{
	const char *warning = guilty_matter_of("warning", of("debug_print_object"), false);

	(void)state;
	assert_true(guilty_is_helper(of("hrtimer_start"), false, warning));
	assert_false(guilty_is_helper(of("hrtimer_start"), false, NULL));
	assert_null(guilty_matter_of("warning", of("foo"), false));
	assert_null(guilty_matter_of("bug", of("debug_print_object"), false));
	assert_string_equal(guilty_matter_of("bad-page", of(""), false), GUILTY_BAD_PAGE);
	assert_null(guilty_matter_of("bad-page", of("foo"), false));
	assert_true(guilty_is_exception(of("el1_sync_handler")));
	assert_false(guilty_is_exception(of("el1_irq")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(rules),
					   cmocka_unit_test(matters) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
