/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/str.h"
#include "unwind/oops.h"

/* Whom titles blame, and that signatures blame the same. Traces as kernels have them; @ is who is to
   blame. */

static struct arena arena;

#define WHO "CPU: 1 PID: 77 Comm: foo Not tainted 6.1.0 #1\nHardware name: X\n"
#define TRACE "Call Trace:\n <TASK>\n dump_stack_lvl+0x1/0x2\n"
#define CALLER " @+0x10/0x20\n caller_of+0x1/0x20\n vfs_read+0x1/0x2\n do_syscall_64+0x1/0x2\n </TASK>\n"
#define WARN(at) \
	"------------[ cut here ]------------\nWARNING: CPU: 1 PID: 77 at " at "+0x1/0x2\n" \
	"Modules linked in:\n" WHO

static const struct {
	const char *text, *title, *fuzzy;
} rows[] = {
	{ WARN("lib/debugobjects.c:514 debug_print_object")
	  "RIP: 0010:debug_print_object+0x1/0x2\nCall Trace:\n <TASK>\n"
	  " __debug_check_no_obj_freed+0x1/0x2\n debug_check_no_obj_freed+0x1/0x2\n kfree+0x1/0x2\n"
	  " hrtimer_foo+0x1/0x2\n" CALLER,
	  "WARNING: ODEBUG bug in @", "c1f:warning:@:caller_of:vfs_read" },
	{ "BUG: scheduling while atomic: foo/77/0x00000002\nModules linked in:\n" WHO TRACE
	  " __schedule_bug+0x1/0x2\n __schedule+0x1/0x2\n schedule+0x1/0x2\n"
	  " schedule_timeout+0x1/0x2\n" CALLER,
	  "BUG: scheduling while atomic in @", "c1f:atomic-sleep:@:caller_of:vfs_read" },
	{ "WARNING: possible recursive locking detected\n6.1.0 #1 Not tainted\n"
	  "foo/77 is trying to acquire lock:\n"
	  "ffffffff81000000 (a){+.+.}-{3:3}, at: @+0x10/0x20\n\nbut task is already holding lock:\n"
	  "ffffffff82000000 (a){+.+.}-{3:3}, at: other+0x10/0x20\n\nstack backtrace:\n" WHO TRACE
	  " print_deadlock_bug+0x1/0x2\n check_deadlock+0x1/0x2\n validate_chain+0x1/0x2\n"
	  " __lock_acquire+0x1/0x2\n lock_acquire+0x1/0x2\n _raw_spin_lock+0x1/0x2\n" CALLER,
	  "possible deadlock in @", "c1f:lockdep:@:caller_of:vfs_read" },
	/* who took the lock is not who found out */
	{ "WARNING: foo/77 still has locks held!\n6.1.0 #1 Not tainted\n1 lock held by foo/77:\n"
	  " #0: ffffffff81000000 (a){+.+.}-{3:3}, at: @+0x10/0x20\n\nstack backtrace:\n" WHO TRACE
	  " debug_check_no_locks_held+0x1/0x2\n finder+0x1/0x2\n do_syscall_64+0x1/0x2\n",
	  "WARNING: still has locks held in @", "c1f:lockdep:@:finder" },
	{ "BUG: Bad page state in process foo  pfn:12345\npage dumped because: nonzero _refcount\n"
	  "Modules linked in:\n" WHO TRACE " bad_page+0x1/0x2\n free_page_is_bad_report+0x1/0x2\n"
	  " free_pcppages_bulk+0x1/0x2\n free_unref_page+0x1/0x2\n" CALLER,
	  "BUG: Bad page state in @", "c1f:bad-page:@:caller_of:vfs_read" },
	{ "rust_kernel: panicked at drivers/foo.rs:10:5:\nattempt to add with overflow\n"
	  "kernel BUG at rust/helpers/bug.c:7!\nOops: invalid opcode: 0000 [#1] SMP\n" WHO
	  "RIP: 0010:rust_helper_BUG+0x1/0x2\nCall Trace:\n <TASK>\n"
	  " _RNvCsabc_7___rustc17rust_begin_unwind+0x1/0x2\n"
	  " _RNvNtCs_4core9panicking9panic_fmt+0x1/0x2\n" CALLER,
	  "attempt to add with overflow in @", "c1f:rust-panic:@:caller_of:vfs_read" },
	{ "BUG: KCSAN: data-race in @ / foo_b\n\nwrite to 0xffff888123 of 8 bytes by task 1 on cpu 0:\n"
	  CALLER "\nread to 0xffff888123 of 8 bytes by task 2 on cpu 1:\n foo_b+0x1/0x2\n",
	  "KCSAN: data-race in @ / foo_b", "c1f:kcsan:@:foo_b" },
	{ "traps: Missing ENDBR: @+0x0/0x20\nkernel BUG at arch/x86/kernel/cet.c:102!\n"
	  "invalid opcode: 0000 [#1] SMP\n" WHO "RIP: 0010:exc_control_protection+0x1/0x2\n"
	  "Call Trace:\n <TASK>\n asm_exc_control_protection+0x26/0x30\nRIP: 0010:@+0x0/0x20\n"
	  "RSP: 0018:ffff888000000000 EFLAGS: 00010246\n caller_of+0x1/0x20\n vfs_read+0x1/0x2\n",
	  "Missing ENDBR in @", "c1f:cfi:@:caller_of:vfs_read" },
	/* arm64: tags */
	{ "BUG: KASAN: invalid-access in @+0x10/0x20\nRead at addr 0 by task foo/77\n" WHO
	  "Call trace:\n dump_backtrace+0x1/0x2\n show_stack+0x1/0x2\n kasan_report+0x1/0x2\n"
	  " __do_kernel_fault+0x1/0x2\n do_mem_abort+0x1/0x2\n el1_abort+0x1/0x2\n"
	  " el1_sync_handler+0x1/0x2\n el1_sync+0x1/0x2\n" CALLER,
	  "KASAN: invalid-access Read in @", "c1f:access:@:caller_of:vfs_read" },
	/* a trace that is another's */
	{ "BUG: KASAN: use-after-free in @+0x10/0x20\nRead of size 8 at addr 0 by task foo/77\n" WHO
	  TRACE " stranger+0x1/0x2\n do_syscall_64+0x1/0x2\n",
	  "KASAN: use-after-free Read in @", "c1f:access:@" },
	{ "BUG: KASAN: slab-out-of-bounds in @ at addr 12345678\n",
	  "KASAN: slab-out-of-bounds in @ at addr ADDR", "c1f:access:@" },
	{ "BUG: workqueue leaked lock or atomic: kworker/0:1/0x1/77\n     last function: @\n" WHO TRACE
	  " process_one_work+0x1/0x2\n worker_thread+0x1/0x2\n",
	  "BUG: workqueue leaked lock or atomic in @", "c1f:bug-report:@" },
	/* what called what is not there */
	{ "BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
	  "Oops: 0010 [#1] SMP\n" WHO "RIP: 0010:0x0\nCall Trace:\n <TASK>\n"
	  " process_one_work+0x1/0x2\n worker_thread+0x1/0x2\n kthread+0x1/0x2\n",
	  "BUG: unable to handle kernel NULL pointer dereference in process_one_work",
	  "c1f:access:process_one_work" },
	/* another CPU tells: the one that was asked has a stack */
	{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
	  "rcu: \t1-...0: (1 GPs behind) idle=abc/1/0x4000000000000000\n"
	  "Sending NMI from CPU 0 to CPUs 1:\nNMI backtrace for cpu 1\n" WHO
	  "RIP: 0010:@+0x10/0x20\nCall Trace:\n <TASK>\n vfs_read+0x1/0x2\n do_syscall_64+0x1/0x2\n",
	  "INFO: rcu detected stall in @", "c1f:stall:@:vfs_read" },
};

static char *fill(const char *text, const char *who)
{
	struct str s;
	char *ret;

	str_init(&s);
	for (; *text; text++)
		if (*text == '@')
			str_add(&s, who);
		else
			str_addc(&s, *text);
	ret = arena_strdup(&arena, s.buf);
	str_deinit(&s);
	return ret;
}

static const struct oops *parse(const char *text)
{
	struct oopses *all = arena_alloc(&arena, sizeof(*all));

	assert_int_equal(oops_parse(all, text, strlen(text), &arena, NULL), CAIRN_OK);
	assert_int_equal(all->n, 1);
	return &all->oops[0];
}

static void one_function(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct oops *a = parse(fill(rows[i].text, "alpha_lock"));
		const struct oops *b = parse(fill(rows[i].text, "beta_do"));

		assert_string_equal(a->title, fill(rows[i].title, "alpha_lock"));
		assert_string_equal(a->signature.fuzzy, fill(rows[i].fuzzy, "alpha_lock"));
		assert_string_equal(b->title, fill(rows[i].title, "beta_do"));
		assert_string_equal(b->signature.fuzzy, fill(rows[i].fuzzy, "beta_do"));
		if (strchr(rows[i].text, '@'))
			assert_string_not_equal(a->signature.strict, b->signature.strict);
	}
}

/* Reports that are nobody's are told by their titles. */
static void nobody(void **state)
{
	const struct oops *a = parse("BUG: non-zero nr_ptes on freeing mm: 1\n");
	const struct oops *b = parse("BUG: non-zero nr_pmds on freeing mm: 1\n");
	const struct oops *c = parse("BUG: non-zero nr_pmds on freeing mm: 2\n");

	(void)state;
	assert_string_equal(a->class, b->class);
	assert_string_not_equal(a->signature.strict, b->signature.strict);
	assert_string_not_equal(a->signature.fuzzy, b->signature.fuzzy);
	assert_string_equal(b->signature.strict, c->signature.strict);
}

/* Beside the kernel, by what it said: the stack is of who told. */
static void beside(void **state)
{
	const char *text = "trusty: panic (caller 0x1): ASSERT FAILED at (a.h:63): @\n" WHO
			   "Call trace:\n dump_backtrace+0x1/0x2\n panic+0x1/0x2\n nop_work_func+0x1/0x2\n";
	const struct oops *a = parse(fill(text, "alpha")), *b = parse(fill(text, "beta"));

	(void)state;
	assert_string_equal(a->title, "trusty: ASSERT FAILED: alpha");
	assert_string_not_equal(a->signature.strict, b->signature.strict);
}

static int tear_down(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_function), cmocka_unit_test(nobody), cmocka_unit_test(beside),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
