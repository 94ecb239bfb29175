/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unwind/met_user.h"
#include "unwind/testtrace.h"

#define STACK(...) (const char *const[]){ __VA_ARGS__, NULL }

static bool ask(const char *const *names, enum trace_end end, bool complete, bool on_cpu)
{
	struct testtrace t;
	struct trace *tr = tr_of(&t, names);

	tr->end = end;
	tr->complete = complete;
	return trace_met_user_mode(tr, on_cpu);
}

static bool met(const char *const *names)
{
	return ask(names, TRACE_USER_REGS, true, true);
}

static void test_interrupts(void **state)
{
	(void)state;
	assert_true(met(STACK("stop_this_cpu", "sysvec_reboot", "asm_sysvec_reboot")));
	assert_true(met(STACK("stop_this_cpu", "sysvec_reboot", "handle_exception")));
	assert_true(met(STACK("crash_nmi_callback", "exc_nmi", "asm_exc_nmi")));
	assert_true(met(STACK("el0t_64_irq_handler", "el0t_64_irq")));
	assert_true(met(STACK("call_with_stack", "__irq_usr")));
	assert_true(ask(STACK(""), TRACE_USER_MODE, false, true));
}

/* All of these may hold locks. */
static void test_others(void **state)
{
	(void)state;
	assert_false(met(STACK("schedule", "do_syscall_64", "entry_SYSCALL_64_after_hwframe")));
	assert_false(met(STACK("handle_mm_fault", "exc_page_fault", "asm_exc_page_fault")));
	/* an interrupt of a system call */
	assert_false(met(STACK("sysvec_reboot", "asm_sysvec_reboot", "ksys_write", "do_syscall_64",
			       "entry_SYSCALL_64_after_hwframe")));
	/* the interrupt is over */
	assert_false(met(STACK("task_work_run", "irqentry_exit_to_user_mode", "asm_sysvec_reboot")));
	assert_false(met(STACK("do_notify_resume", "el0t_64_irq")));
	/* what is not known */
	assert_false(met(STACK("", "asm_sysvec_reboot")));
	assert_false(ask(STACK("asm_sysvec_reboot"), TRACE_USER_REGS, false, true));
	assert_false(ask(STACK("asm_sysvec_reboot"), TRACE_NOT_TEXT, true, true));
	/* it was scheduled away */
	assert_false(ask(STACK("schedule", "asm_sysvec_reboot"), TRACE_USER_REGS, true, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts), cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
