/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/culprit.h"
#include "unwind/testtrace.h"

static struct testtrace t;

#define TRACE(...) tr_of(&t, (const char *const[]){ __VA_ARGS__, NULL })

static void expect_culprit(const struct trace *tr, const char *name)
{
	const struct frame *f = culprit_find(tr);

	if (name)
		assert_string_equal(f ? f->sym.name : "(none)", name);
	else
		assert_null(f);
}

static void who_called_panic(void **state)
{
	(void)state;
	expect_culprit(TRACE("crash_kexec", "vpanic", "panic", "mount_root", "kernel_init"),
		       "mount_root");
	expect_culprit(TRACE("panic", "sysrq_handle_crash", "__handle_sysrq.cold", "write_sysrq",
			     "ksys_write"), "write_sysrq");
}

static void who_was_interrupted(void **state)
{
	(void)state;
	expect_culprit(TRACE("panic", "oops_end", "die_addr", "exc_general_protection",
			     "asm_exc_general_protection", "!list_del", "caller"), "list_del");
	expect_culprit(TRACE("panic", "oops_end", "asm_exc_page_fault", "!"), "");
	TRACE("panic", "oops_end", "asm_exc_page_fault", "!", "caller");
	t.frame[4].rule = RULE_BAD_CALL;
	expect_culprit(&t.trace, "caller");
	TRACE("panic", "oops_end", "asm_exc_page_fault", "!some_data", "caller");
	t.frame[4].rule = RULE_BAD_CALL;
	expect_culprit(&t.trace, "caller");
	/* a task on its way out that faults */
	expect_culprit(TRACE("panic", "oops_end.cold", "exc_invalid_op", "asm_exc_invalid_op",
			     "!exit_mmap", "mmput", "do_exit", "do_group_exit"), "exit_mmap");
	/* sysrq-c as it was: a write to address 0 */
	expect_culprit(TRACE("panic", "oops_end", "asm_exc_page_fault", "!sysrq_handle_crash",
			     "__handle_sysrq", "write_sysrq"), "write_sysrq");
}

static const char *stuck(const struct trace *tr)
{
	const struct frame *f = culprit_stuck(tr);

	return f ? f->sym.name : "(none)";
}

static void who_was_stuck(void **state)
{
	(void)state;
	assert_string_equal(stuck(TRACE("ipi_cpu_stop", "do_handle_IPI", "ipi_handler", "gic_handle_irq",
					"do_interrupt_handler", "el1_interrupt", "el1h_64_irq", "!loops",
					"caller")), "loops");
	/* interrupts off: it could not be told to stop */
	assert_string_equal(stuck(TRACE("!loops", "caller")), "loops");
	/* it had gone on, and sleeps */
	assert_string_equal(stuck(TRACE("__switch_to", "__schedule", "schedule", "sleeps")), "(none)");
	assert_string_equal(stuck(TRACE("ipi_cpu_stop", "do_handle_IPI")), "(none)");
}

static void whom_a_watchdog_came_upon(void **state)
{
	(void)state;
	expect_culprit(TRACE("panic", "watchdog_timer_fn.cold", "__hrtimer_run_queues",
			     "asm_sysvec_apic_timer_interrupt", "!loops", "caller"), "loops");
	/* what it interrupted counts, not what that had interrupted */
	expect_culprit(TRACE("panic", "panic_on_rcu_stall", "rcu_sched_clock_irq.cold",
			     "asm_sysvec_apic_timer_interrupt", "!loops", "exc_page_fault",
			     "asm_exc_page_fault", "!faulted"), "loops");
	expect_culprit(TRACE("dump_stack", "nmi_cpu_backtrace.cold", "nmi_trigger_cpumask_backtrace",
			     "rcu_dump_cpu_stacks", "print_cpu_stall", "rcu_check_callbacks",
			     "update_process_times", "apic_timer_interrupt", "!loops", "caller"),
		       "loops");
	/* it was in user mode, or is a thread: another one was watched */
	expect_culprit(TRACE("panic", "watchdog.cold", "kthread", "ret_from_fork"), NULL);
	expect_culprit(TRACE("panic", "nmi_panic", "default_do_nmi", "exc_nmi", "handle_exception",
			     "!spin", "caller"), "spin");
	/* a handler's own panic: an NMI is nobody's fault below */
	expect_culprit(TRACE("panic", "my_inner", "my_handler", "nmi_handle.part.0",
			     "unknown_nmi_error", "exc_nmi", "end_repeat_nmi", "!spin"), "my_inner");
	expect_culprit(TRACE("panic", "my_handler", "nmi_handle", "exc_nmi", "asm_exc_nmi", "!spin"),
		       "my_handler");
	/* who does not panic watches nobody */
	expect_culprit(TRACE("panic", "foo", "watchdog", "kthread"), "foo");
}

static void who_was_told_by_a_check(void **state)
{
	(void)state;
	expect_culprit(TRACE("panic", "oops_end", "exc_invalid_op", "asm_exc_invalid_op",
			     "!__list_del_entry_valid.cold", "my_del", "caller"), "my_del");
	expect_culprit(TRACE("panic", "add_taint.cold", "object_err", "check_object",
			     "alloc_debug_processing", "___slab_alloc", "kmem_cache_alloc",
			     "my_alloc"), "my_alloc");
	/* a fault in the allocator is its own */
	expect_culprit(TRACE("panic", "oops_end", "asm_exc_general_protection",
			     "!kmem_cache_alloc", "my_alloc"), "kmem_cache_alloc");
	/* what an NMI found running */
	expect_culprit(TRACE("panic", "nmi_panic.cold", "unknown_nmi_error.cold", "exc_nmi",
			     "end_repeat_nmi", "!spin", "caller"), "spin");
}

/* The exception that counts is the one that led to the panic, not one on the way of dying
 * nor one further out. */
static void which_exception(void **state)
{
	(void)state;
	expect_culprit(TRACE("f", "asm_exc_page_fault", "!dumper", "oops_end", "asm_exc_page_fault",
			     "!victim", "asm_exc_int3", "!outer"), "victim");
}

/* An interrupt interrupts somebody who has nothing to do with it. */
static void timer_is_no_exception(void **state)
{
	(void)state;
	expect_culprit(TRACE("panic", "my_timer_fn", "asm_sysvec_apic_timer_interrupt", "!bystander"),
		       "my_timer_fn");
}

static void other_machines(void **state)
{
	(void)state;
	expect_culprit(TRACE("panic", "die", "__und_svc_finish", "!victim", "caller"), "victim");
	expect_culprit(TRACE("panic", "die", "bug_handler", "el1h_64_sync_handler", "el1h_64_sync",
			     "!victim", "caller"), "victim");
	expect_culprit(TRACE("panic", "die", "exc_invalid_op", "handle_exception", "!victim"),
		       "victim");
	/* the same entry of an interrupt, and arm64's of one */
	expect_culprit(TRACE("panic", "handler", "sysvec_x", "handle_exception", "!bystander"),
		       "handler");
	expect_culprit(TRACE("panic", "handler", "el1h_64_irq_handler", "el1h_64_irq",
			     "!bystander"), "handler");
}

static void not_shown(void **state)
{
	(void)state;
	expect_culprit(&(struct trace){ .n = 0 }, NULL);
	expect_culprit(TRACE("a", "b"), NULL);
	expect_culprit(TRACE("crash_kexec", "panic"), NULL);
}

static void idle_talk(void **state)
{
	(void)state;
	assert_int_equal(culprit_skip_idle_talk(TRACE("__schedule", "schedule",
						      "schedule_timeout", "do_wait", "schedule")),
			 3);
	assert_int_equal(culprit_skip_idle_talk(TRACE("do_wait")), 0);
	assert_int_equal(culprit_skip_idle_talk(TRACE("", "schedule")), 0);
	assert_int_equal(culprit_skip_idle_talk(TRACE("__schedule", "schedule")), 2);
	assert_int_equal(culprit_skip_idle_talk(TRACE("stop_this_cpu",
						      "asm_sysvec_reboot", "!mwait_idle")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_called_panic), cmocka_unit_test(who_was_interrupted),
		cmocka_unit_test(who_was_stuck),
		cmocka_unit_test(whom_a_watchdog_came_upon), cmocka_unit_test(who_was_told_by_a_check),
		cmocka_unit_test(which_exception), cmocka_unit_test(timer_is_no_exception),
		cmocka_unit_test(other_machines), cmocka_unit_test(not_shown), cmocka_unit_test(idle_talk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
