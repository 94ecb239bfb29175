/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/debug/testspace.h"
#include "unwind/crashkind.h"
#include "unwind/testtrace.h"

static struct testtrace t;
static const struct cpu no_cpu;
static struct testspace mem = { .va = UINT64_C(0xffffffff81000000) };

#define CODE (mem.va + TS_FREE)
#define NO_CODE (mem.va + TS_HOLE) /* it is not in the dump */

#define TRACE(...) tr_of(&t, (const char *const[]){ __VA_ARGS__, NULL })

static const char *of_cpu(const struct trace *tr, const struct cpu *cpu)
{
	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].interrupted)
			tr->frame[i].rule = RULE_REGS;
	return crashkind_of(tr, cpu, arch_by_id(ARCH_X86_64), &mem.sp);
}

#define IS(class, ...) assert_string_equal(of_cpu(TRACE(__VA_ARGS__), &no_cpu), class)

static void who_panicked_tells(void **state)
{
	(void)state;
	IS("sysrq", "panic", "sysrq_handle_crash", "__handle_sysrq.cold", "write_sysrq_trigger");
	IS("oom", "panic", "out_of_memory.cold", "__alloc_pages_slowpath.constprop.0");
	IS("stack-smash", "panic", "__stack_chk_fail", "foo");
	IS("hung-task", "panic", "watchdog.cold", "kthread");
	IS("soft-lockup", "vpanic", "panic", "watchdog_timer_fn.cold", "__hrtimer_run_queues", "!spin");
	IS("nmi", "panic", "nmi_panic.cold", "unknown_nmi_error.cold", "exc_nmi", "!spin");
	IS("slab-corruption", "panic", "add_taint.cold", "check_bytes_and_report.cold",
	   "alloc_debug_processing", "kmem_cache_alloc", "foo");
	IS("init-killed", "panic", "do_exit.cold", "do_group_exit");
	IS("panic", "panic", "foo", "bar");
}

static void checks_go_before_their_exception(void **state)
{
	(void)state;
	/* its instruction cannot be read: BUG() is as good as all there is */
	IS("bug", "panic", "oops_end.cold", "do_trap", "exc_invalid_op", "asm_exc_invalid_op", "!foo");
	IS("warning", "panic", "check_panic_on_warn.cold", "__warn", "report_bug", "exc_invalid_op",
	   "asm_exc_invalid_op", "!foo");
	IS("refcount", "panic", "check_panic_on_warn.cold", "__warn", "exc_invalid_op",
	   "asm_exc_invalid_op", "!refcount_warn_saturate", "foo");
	IS("list-corruption", "panic", "oops_end.cold", "exc_invalid_op", "asm_exc_invalid_op",
	   "!__list_del_entry_valid.cold", "foo");
	IS("gp-fault", "panic", "oops_end", "exc_general_protection", "asm_exc_general_protection",
	   "!foo", "out_of_memory");
	IS("bug", "panic", "die", "bug_brk_handler", "el1h_64_sync", "!foo");
	/* as logs have them */
	IS("cfi", "panic", "oops_end", "exc_control_protection", "asm_exc_control_protection", "!foo");
	IS("breakpoint", "panic", "oops_end", "exc_int3", "asm_exc_int3", "!foo");
	IS("gp-fault", "panic", "oops_end", "exc_stack_segment", "asm_exc_stack_segment", "!foo");
	IS("alignment", "panic", "die", "do_alignment", "__dabt_svc", "!foo");
}

/* Whoever is called from an exception's handler, and panics, is no crash of that exception. */
static void a_handler_of_an_exception_that_panics(void **state)
{
	(void)state;
	IS("panic", "panic", "scen_pre", "kprobe_int3_handler", "exc_int3", "asm_exc_int3", "!probed");
}

static void what_a_fault_was_about(void **state)
{
	struct cpu cpu = { .has_cr2 = true, .cr2 = 8 };
	uint64_t regs[ARCH_NREGS] = { 0 };

	(void)state;
	TRACE("panic", "oops_end.cold", "page_fault_oops", "exc_page_fault", "asm_exc_page_fault", "!foo");
	t.frame[5].pc = CODE;
	assert_string_equal(of_cpu(&t.trace, &cpu), "page-fault"); /* its registers are not known */
	regs[10] = 8; /* rax */
	t.frame[5].regs = regs;
	t.trace.nregs = ARCH_NREGS;
	assert_string_equal(of_cpu(&t.trace, &no_cpu), "null-deref");
	regs[10] = UINT64_C(0xffff888000000000);
	assert_string_equal(of_cpu(&t.trace, &cpu), "page-fault");
	/* where the instruction is not there to be read */
	t.frame[5].pc = NO_CODE;
	assert_string_equal(of_cpu(&t.trace, &no_cpu), "page-fault");
	assert_string_equal(of_cpu(&t.trace, &cpu), "null-deref");
	cpu.cr2 = UINT64_C(0xffff888000000000);
	assert_string_equal(of_cpu(&t.trace, &cpu), "page-fault");
	/* a call of NULL */
	TRACE("panic", "oops_end.cold", "exc_page_fault", "asm_exc_page_fault", "!", "foo");
	t.frame[5].rule = RULE_BAD_CALL;
	assert_string_equal(of_cpu(&t.trace, &no_cpu), "null-deref");
	t.frame[4].pc = UINT64_C(0x4141414141414141);
	assert_string_equal(of_cpu(&t.trace, &no_cpu), "page-fault");
	/* data, which must not be executed */
	t.frame[4].pc = CODE;
	assert_string_equal(of_cpu(&t.trace, &no_cpu), "exec-fault");
}

static void who_did_not_die(void **state)
{
	(void)state;
	assert_null(of_cpu(TRACE("default_idle", "do_idle"), &no_cpu));
	assert_false(crashkind_died(TRACE("panic_smp_self_stop", "panic", "foo")));
	assert_false(crashkind_died(TRACE("oops_begin", "foo")));
	assert_true(crashkind_died(TRACE("machine_kexec", "__crash_kexec", "oops_end", "foo")));
	assert_false(crashkind_panicked(&t.trace));
}

static void titles(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(crashkind_title("bug", "foo", &a), "kernel BUG in foo");
	assert_string_equal(crashkind_title("hung-task", NULL, &a), "INFO: task hung in corrupted");
	assert_string_equal(crashkind_title("sysrq", NULL, &a), "kernel panic: sysrq");
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_panicked_tells),
		cmocka_unit_test(checks_go_before_their_exception),
		cmocka_unit_test(a_handler_of_an_exception_that_panics),
		cmocka_unit_test(what_a_fault_was_about),
		cmocka_unit_test(who_did_not_die),
		cmocka_unit_test(titles),
	};

	int failed;

	ts_init(&mem);
	ts_write(&mem, CODE, "\x48\x8b\x00", 3); /* mov (%rax), %rax */
	ts_open(&mem, 8);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ts_free(&mem);
	return failed;
}
