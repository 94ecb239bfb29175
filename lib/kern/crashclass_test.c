/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/kern/crashclass.h"

static const char *line(const char *s)
{
	const struct crash_class *c = crash_class_of_line(s, strlen(s));

	return c ? c->name : "-";
}

static const char *panic(const char *s)
{
	return crash_class_of_panic(s, strlen(s))->name;
}

static void lines(void **state)
{
	static const char *const rows[][2] = {
		{ "BUG: kernel NULL pointer dereference, address: 0000000000000010", "null-deref" },
		{ "Unable to handle kernel NULL pointer dereference at virtual address 00000004",
		  "null-deref" },
		{ "Unhandled fault: page domain fault (0x01b) at 0x00000406", "null-deref" },
		{ "Unhandled fault: page domain fault (0x01b) at 0x00001406", "page-fault" },
		{ "Unhandled fault: imprecise external abort (0x1406) at 0x00000000", "serror" },
		{ "BUG: unable to handle page fault for address: ffffc90000000000", "page-fault" },
		{ "Unable to handle kernel paging request at virtual address", "page-fault" },
		{ "kernel tried to execute NX-protected page - exploit?", "exec-fault" },
		{ "Unable to handle kernel execution of user memory at", "exec-fault" },
		{ "kernel BUG at mm/mmap.c:1973!", "bug" },
		{ "general protection fault, probably for non-canonical", "gp-fault" },
		{ "Oops: general protection fault, probably for", "gp-fault" },
		{ "Oops: invalid opcode: 0000 [#1] SMP NOPTI", "invalid-opcode" },
		{ "Oops: 0002 [#1] PREEMPT SMP NOPTI", "oops" },
		{ "Oops: 0000 [#1] SMP", "oops" },
		{ "BUG: TASK stack guard page was hit at 000000003a9d1a0c", "stack-overflow" },
		{ "traps: PANIC: double fault, error_code: 0x0", "double-fault" },
		{ "Internal error: Oops - BUG: 0 [#1] SMP ARM", "bug" },
		{ "Internal error: Oops: 0000000096000004 [#1] SMP", "oops" },
		{ "SError Interrupt on CPU2, code 0x00000000be000011 -- SError", "serror" },
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:12]", "soft-lockup" },
		{ "NMI watchdog: Watchdog detected hard LOCKUP on cpu 3", "hard-lockup" },
		{ "CPU1: Watchdog detected hard LOCKUP on cpu 2", "hard-lockup" },
		{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu-stall" },
		{ "rcu: INFO: rcu_sched self-detected stall on CPU", "rcu-stall" },
		{ "INFO: task scen_abba1:133 blocked for more than 5 seconds.", "hung-task" },
		{ "BUG: KASAN: slab-use-after-free in f+0x10/0x20", "kasan" },
		{ "list_del corruption. prev->next should be ffff", "list-corruption" },
		{ "list_add double add: new=ffff, prev=ffff", "-" },
		{ "BUG kmalloc-64 (Tainted: G    B  ): Right Redzone", "slab-corruption" },
		{ "WARNING: CPU: 0 PID: 1 at kernel/x.c:3 f+0x3/0x10", "warning" },
		{ "BUG: something never seen", "bug-report" },
		{ "WARNING: possible circular locking dependency detected", "lockdep" },
		{ "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "lockdep" },
		{ "WARNING: suspicious RCU usage", "lockdep" },
		{ "BUG: bad unlock balance detected!", "lockdep" },
		{ "BUG: Invalid wait context", "lockdep" },
		{ "BUG: memory leak", "memory-leak" },
		{ "unregister_netdevice: waiting for lo to become free. Usage count = 6", "netdev-leak" },
		{ "INFO: task a:1 can't die for more than 143 seconds.", "hung-task" },
		/* one bug, whatever machine it is on */
		{ "Internal error: Oops - undefined instruction: 0 [#1] SMP ARM", "invalid-opcode" },
		{ "Internal error: Oops - Undefined instruction: 0000000002000000 [#1] SMP",
		  "invalid-opcode" },
		{ "int3: 0000 [#1] SMP", "breakpoint" },
		{ "Unexpected kernel BRK exception at EL1", "breakpoint" },
		{ "Internal error: BRK handler: 00000000f2005512 [#1] PREEMPT SMP", "breakpoint" },
		{ "stack segment: 0000 [#1] SMP", "gp-fault" },
		{ "alignment check: 0000 [#1] SMP", "alignment" },
		{ "Alignment trap: not handling instruction e1923f9f at [<c0100000>]", "alignment" },
		{ "Unhandled fault: alignment exception (0x001) at 0x00000003", "alignment" },
		{ "Internal error: SP/PC alignment exception: 000000008a000000 [#1] SMP", "alignment" },
		{ "Bad mode in Error handler detected on CPU0, code 0xbf000002", "bad-mode" },
		{ "Unhandled 64-bit el1h sync exception on CPU0, ESR 0x000000000200000", "bad-mode" },
		{ "traps: Missing ENDBR: alpha+0x0/0x20", "cfi" },
		{ "Internal error: Oops - BTI: 0000000036000003 [#1] SMP", "cfi" },
		{ "Internal error: Oops - FPAC: 0000000072000000 [#1] SMP", "pointer-auth" },
		{ "Internal error: synchronous external abort: 0000000096000210 [#1] SMP",
		  "external-abort" },
		{ "Unhandled fault: external abort on non-linefetch (0x008) at 0xf0000000",
		  "external-abort" },
		{ "trusty: panic (caller 0xffffffffe000fbd0): DEBUG ASSERT FAILED at (a.h:63): b",
		  "firmware-panic" },
		{ "BUG: Bad page state in process a  pfn:12345", "bad-page" },
		{ "BUG: Bad page map in process a  pte:1 pmd:2", "bad-pte" },
		{ "BUG: Bad rss-counter state mm:ffff88 type:MM_ANONPAGES val:1", "bad-rss" },
		{ "Linux version 6.1.0", "-" },
		{ "no BUG: here", "-" },
		{ "", "-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(line(rows[i][0]), rows[i][1]);
}

static void panics(void **state)
{
	static const char *const rows[][2] = {
		{ "sysrq triggered crash", "sysrq" },
		{ "Fatal exception in interrupt", "oops" },
		{ "Oops: Fatal exception", "oops" },
		{ "hung_task: blocked tasks", "hung-task" },
		{ "softlockup: hung tasks", "soft-lockup" },
		{ "Hard LOCKUP", "hard-lockup" },
		{ "RCU Stall\n", "rcu-stall" },
		{ "Attempted to kill init! exitcode=0x0000000b", "init-killed" },
		{ "stack-protector: Kernel stack is corrupted in: f+0x1/0x2", "stack-smash" },
		{ "VFS: Unable to mount root fs on unknown-block(0,0)", "no-root" },
		{ "Out of memory: compulsory panic_on_oom is enabled", "oom" },
		{ "Fatal machine check", "machine-check" },
		{ "NMI: Not continuing", "nmi" },
		{ "scen: panic in an NMI's handler", "panic" },
		{ "kernel: panic_on_warn set ...", "warning" },
		{ "scen: panic in kretprobed function", "panic" },
		{ "", "panic" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(panic(rows[i][0]), rows[i][1]);
	assert_false(crash_class_of_panic("sysrq triggered crash", 21)->vague);
	assert_true(crash_class_of_panic("Fatal exception", 15)->vague);
}

static void stalls(void **state)
{
	(void)state;
	assert_true(crash_class_is_stall("rcu-stall"));
	assert_false(crash_class_is_stall("bug"));
	assert_false(crash_class_is_stall(NULL));
}

/* Only the bytes that are given are looked at. */
static void lengths(void **state)
{
	(void)state;
	assert_null(crash_class_of_line("kernel BUG at x", 12));
	assert_non_null(crash_class_of_line("kernel BUG at x", 13));
	assert_null(crash_class_of_line("Oops: 0", 3));
	assert_null(crash_class_of_line("INFO: task a blocked for", 19));
	assert_null(crash_class_of_line("kernel BUG at", 0));
}

static void markers(void **state)
{
	static const char text[] = "Kernel panic - not syncing: Fatal exception";
	size_t len;
	const char *m = crash_panic_message(text, sizeof(text) - 1, &len);

	(void)state;
	assert_ptr_equal(m, text + 28);
	assert_int_equal(len, 15);
	assert_null(crash_panic_message("x", 1, &len));
	assert_null(crash_panic_message(text, 20, &len));
	assert_non_null(crash_panic_message(text, 27, &len));
	assert_int_equal(len, 0);
	assert_true(crash_is_end_of_report("---[ end trace 0000000000000000 ]---", 36));
	assert_false(crash_is_end_of_report("---[ end Kernel panic", 21));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(panics), cmocka_unit_test(lengths),
		cmocka_unit_test(markers), cmocka_unit_test(stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
