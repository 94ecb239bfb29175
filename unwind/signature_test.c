/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unwind/signature.h"
#include "unwind/testtrace.h"

static struct arena arena;
static struct testtrace t;

#define TRACE(...) tr_of(&t, (const char *const[]){ __VA_ARGS__, NULL })

static const char *sign(const char *class, const struct trace *tr)
{
	struct signature s;

	signature_of_trace(&s, class, tr, arch_by_id(ARCH_X86_64), &arena);
	return s.strict;
}

static const char *fuzzy(const char *class, const struct trace *tr)
{
	struct signature s;

	signature_of_trace(&s, class, tr, NULL, &arena);
	return s.fuzzy;
}

/* What the scheme yields is for ever: a change is a new version. */
static void fixed(void **state)
{
	(void)state;
	assert_string_equal(sign("bug", TRACE("panic", "foo", "bar", "do_syscall_64")),
			    "c1:bug:foo:3474039e044a5ffe");
	assert_string_equal(sign("panic", TRACE("x", "y")), "c1:panic:-:7f8dc530fadcfa3a");
}

static void same(void **state)
{
	const char *one = sign("bug", TRACE("panic", "foo", "bar", "ksys_write", "do_syscall_64",
					    "entry_SYSCALL_64_after_hwframe"));

	(void)state;
	/* other builds and machines: endings, entries, system calls' wrappers */
	assert_string_equal(one, sign("bug", TRACE("panic", "foo.isra.0", "bar.cold", "ksys_write",
						   "__arm64_sys_write", "invoke_syscall", "el0_svc")));
	/* recursion, helpers */
	assert_string_equal(one, sign("bug", TRACE("panic", "foo", "foo", "foo", "kfree", "bar",
						   "ksys_write", "do_syscall_64")));
	assert_string_not_equal(one, sign("bug", TRACE("panic", "bar", "foo", "ksys_write",
						       "do_syscall_64")));
	assert_string_not_equal(one, sign("ubsan", TRACE("panic", "foo", "bar", "ksys_write",
						       "do_syscall_64")));
}

/* foo, that bar called, calls what lies at pc. */
static const char *sign_bad_call(const char *name, uint64_t pc)
{
	const struct trace *tr = TRACE("panic", "asm_exc_page_fault", name, "foo", "bar");

	t.frame[2].interrupted = true;
	t.frame[2].pc = pc;
	t.frame[3].rule = RULE_BAD_CALL;
	return sign("panic", tr);
}

static void lost(void **state)
{
	const char *one = sign("panic", TRACE("panic", "foo", "bar"));
	const struct trace *tr = TRACE("panic", "foo", "bar", "probed", "caller");

	(void)state;
	t.frame[3].rule = RULE_RETHOOK;
	assert_string_equal(one, sign("panic", tr));
	tr = TRACE("panic", "foo", "bar", "ends", "caller");
	t.frame[3].offset = t.frame[3].sym.size = 0x20;
	assert_string_equal(one, sign("panic", tr));
	tr = TRACE("panic", "foo.cold", "bar.cold");
	t.frame[2].offset = t.frame[2].sym.size = 0x20;
	assert_string_equal(one, sign("panic", tr));
	tr = TRACE("panic", "foo", "bar", "", "caller");
	assert_string_equal(one, sign("panic", tr));
	/* guesses are left out, and callers in the link register alone but the first */
	tr = TRACE("panic", "foo", "guess", "bar", "leaf");
	t.frame[4].rule = RULE_LR;
	t.frame[2].grade = 'C';
	assert_string_equal(one, sign("panic", tr));
	tr = TRACE("panic", "foo", "bar");
	t.frame[2].rule = RULE_LR;
	assert_string_equal(one, sign("panic", tr));
	/* behind who called what is no code, unless it was NULL */
	assert_string_equal(sign("panic", TRACE("panic", "foo")), sign_bad_call("data", 0x1000));
	assert_string_equal(sign("panic", TRACE("panic", "foo")), sign_bad_call("", 0x1000));
	assert_string_equal(one, sign_bad_call("", 0));
	/* the first that never returns is who it was */
	tr = TRACE("panic", "foo", "bar");
	t.frame[1].offset = t.frame[1].sym.size = 0x20;
	assert_string_equal(one, sign("panic", tr));
}

static void arm64_finds_rethooks(void **state)
{
	struct signature s;
	const struct trace *tr = TRACE("panic", "foo", "probed", "caller");

	(void)state;
	t.frame[2].rule = RULE_RETHOOK;
	signature_of_trace(&s, "panic", tr, arch_by_id(ARCH_ARM64), &arena);
	assert_string_equal(s.strict, sign("panic", TRACE("panic", "foo", "probed", "caller")));
}

static void fuzzies(void **state)
{
	(void)state;
	assert_string_equal(fuzzy("null-deref", TRACE("panic", "a", "b", "c", "d")),
			    "c1f:access:a:b:c");
	assert_string_equal(fuzzy("bug", TRACE("panic", "a", "do_syscall_64", "c")), "c1f:bug:a");
	assert_string_equal(fuzzy("sysrq", TRACE("panic", "a", "b")), "c1f:sysrq");
	assert_string_equal(fuzzy("oom", TRACE("panic", "out_of_memory", "b")), "c1f:oom");
	assert_string_equal(fuzzy("machine-check", TRACE("panic", "a", "b")), "c1f:machine-check");
}

/* Behind a jump to nowhere that nobody called, the first that the stack held, alone. */
static void wild(void **state)
{
	const struct trace *tr = TRACE("panic", "asm_exc_page_fault", "", "kfree", "foo", "bar");
	struct signature s;

	(void)state;
	t.frame[2].interrupted = true;
	t.frame[2].pc = 0x4141;
	t.frame[3].rule = RULE_SCAN;
	t.frame[3].grade = 'D';
	signature_of_frames(&s, "page-fault", tr, &tr->frame[2], &arena);
	assert_string_equal(s.fuzzy, "c1f:access:foo");
	tr = TRACE("panic", "asm_exc_page_fault", "", "do_syscall_64", "foo");
	t.frame[2].interrupted = true;
	t.frame[3].rule = RULE_SCAN;
	signature_of_frames(&s, "page-fault", tr, &tr->frame[2], &arena);
	assert_string_equal(s.fuzzy, "c1f:access");
}

/* Who goes round and round is it, wherever the stack ended and however much of it a trace has. */
static void recursion(void **state)
{
	const char *one = sign("stack-overflow", TRACE("panic", "x", "b", "a", "b", "a", "b", "a", "c",
						       "do_syscall_64"));

	(void)state;
	assert_string_equal(one, sign("stack-overflow", TRACE("panic", "a", "b", "a", "b", "a", "b")));
	assert_string_equal(one, sign("stack-overflow", TRACE("panic", "y", "z", "sysvec_call_function",
							      "b", "a", "b", "a", "b", "a", "d")));
	assert_string_equal(fuzzy("stack-overflow", TRACE("panic", "x", "b", "a", "b", "a", "b", "a")),
			    "c1f:stack:a:b");
	/* no recursion: as everywhere */
	assert_string_equal(fuzzy("stack-overflow", TRACE("panic", "a", "b", "a", "b")),
			    "c1f:stack:a:b:a");
	/* schedule() finds out late: who began it */
	assert_string_equal(fuzzy("stack-overflow", TRACE("panic", "schedule", "x", "c", "b", "a",
							  "process_one_work")),
			    "c1f:stack:a:b:c");
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
		cmocka_unit_test(fixed), cmocka_unit_test(same), cmocka_unit_test(lost),
		cmocka_unit_test(arm64_finds_rethooks), cmocka_unit_test(fuzzies),
		cmocka_unit_test(recursion), cmocka_unit_test(wild),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
