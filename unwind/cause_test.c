/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/cause.h"

static struct arena arena;

#define HUNG(task, in) \
	"INFO: task " task ":93 blocked for more than 4 seconds.\n" \
	"Call Trace:\n schedule+0x1/0x2\n " in "+0x1/0x2\n kthread+0x1/0x2\n"
#define WARN \
	"------------[ cut here ]------------\n" \
	"WARNING: CPU: 0 PID: 1 at x.c:3 odd+0x3/0x10\nRIP: 0010:odd+0x3/0x10\n" \
	"Call Trace:\n vfs_write+0x1/0x2\n---[ end trace 0000000000000000 ]---\n"
#define OOPS \
	"BUG: kernel NULL pointer dereference, address: 0000000000000010\n" \
	"Oops: 0000 [#1] SMP\nRIP: 0010:bad+0x3/0x10\n" \
	"Call Trace:\n vfs_write+0x1/0x2\n---[ end trace 0000000000000000 ]---\n"
#define SYSRQ "Kernel panic - not syncing: sysrq triggered crash\n"
#define NMI "Kernel panic - not syncing: NMI: Not continuing\n"

/* Of the last report. */
static const char *cause(const char *log)
{
	struct oopses all;

	assert_int_equal(oops_parse(&all, log, strlen(log), &arena, NULL), CAIRN_OK);
	assert_true(all.n);
	return cause_of_log(&all, (size_t)(oops_last(&all) - all.oops), &arena);
}

static void logs(void **state)
{
	(void)state;
	assert_null(cause(SYSRQ));
	assert_null(cause(HUNG("a", "foo") "Kernel panic - not syncing: of its own\n"));
	assert_string_equal(cause(WARN SYSRQ), "c1c:warning:odd");
	assert_string_equal(cause(WARN NMI), "c1c:warning:odd");
	/* the last one, and each hung task is one */
	assert_string_equal(cause(HUNG("a", "foo") HUNG("b", "bar") SYSRQ), "c1c:hung-task:bar");
	/* what is more than a warning goes before it */
	assert_string_equal(cause(HUNG("a", "foo") WARN SYSRQ), "c1c:hung-task:foo");
	assert_string_equal(cause(OOPS WARN SYSRQ), "c1c:null-deref:bad");
	assert_string_equal(cause(OOPS HUNG("a", "foo") SYSRQ), "c1c:hung-task:foo");
	/* what a kernel warns of when it boots */
	assert_null(cause("WARNING: CPU: 0 PID: 0 at x.c:3 odd+0x3/0x10\nRIP: 0010:odd+0x3/0x10\n"
			  "Call Trace:\n foo+0x1/0x2\n start_kernel+0x1/0x2\n"
			  "---[ end trace 0000000000000000 ]---\n" SYSRQ));
	assert_string_equal(cause("WARNING: CPU: 0 PID: 0 at x.c:3 odd+0x3/0x10\nRIP: 0010:odd+0x3/0x10\n"
				  "Call Trace:\n foo+0x1/0x2\n cpu_startup_entry+0x1/0x2\n"
				  " start_kernel+0x1/0x2\n---[ end trace 0000000000000000 ]---\n" SYSRQ),
			    "c1c:warning:odd");
	/* another boot's */
	assert_null(cause(WARN "Linux version 6.1.0-test (cc) #1\n" SYSRQ));
}

static void wanted(void **state)
{
	(void)state;
	assert_true(cause_is_wanted("sysrq", NULL) && cause_is_wanted("nmi", "delay_tsc"));
	assert_true(cause_is_wanted("null-deref", "sysrq_handle_crash"));
	assert_false(cause_is_wanted("null-deref", "foo") || cause_is_wanted(NULL, NULL));
}

static void needed(void **state)
{
	static const char *const vague[] = { "c1:bug:-:1", "c1f:bug", "c1:sysrq:-:1", "c1f:sysrq",
					     "c1:nmi:delay:1", "c1f:nmi:delay", "", "c1", "c1:" };
	static const char *const clear[] = { "c1:bug:foo:1", "c1f:bug:foo", "c1:hung-task:foo:1",
					     "c1:bug:-foo:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(vague) / sizeof(vague[0]); i++)
		assert_true(cause_is_needed(vague[i]));
	for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++)
		assert_false(cause_is_needed(clear[i]));
}

static struct said said(enum cairn_severity severity, enum cairn_grade grade, const char *id)
{
	return (struct said){ .f = { .id = id, .severity = severity, .grade = grade } };
}

static const char *first(struct said *s, size_t n)
{
	const struct cairn_finding *f = cause_finding(&(struct findings){ .said = s, .n = n });

	return f ? f->id : "-";
}

static void findings(void **state)
{
	struct said s[] = {
		said(CAIRN_INFO, CAIRN_CERTAIN, "a.info"),
		said(CAIRN_FATAL, CAIRN_IN_FLIGHT, "a.flight"),
		said(CAIRN_WARNING, CAIRN_SUSPICIOUS, "a.odd"),
		said(CAIRN_ERROR, CAIRN_SUSPICIOUS, "a.bad"),
		said(CAIRN_WARNING, CAIRN_CERTAIN, "a.sure"),
		said(CAIRN_ERROR, CAIRN_CERTAIN, "a.first"),
		said(CAIRN_FATAL, CAIRN_CERTAIN, "a.second"),
	};
	static const char *const best[] = { "-", "-", "-", "a.odd", "a.bad", "a.sure", "a.first",
					    "a.first" };

	(void)state;
	for (size_t n = 0; n <= 7; n++)
		assert_string_equal(first(s, n), best[n]);
}

/* A watchdog tells whom it met; of what is certainly broken that is not the cause. */
static void told(void **state)
{
	const struct oops stall = { .class = "hung-task" }, oops = { .class = "null-deref" };
	const struct oops mild = { .class = "warning" };
	const struct cairn_finding sure = { .grade = CAIRN_CERTAIN }, odd = { .grade = CAIRN_SUSPICIOUS };

	(void)state;
	assert_true(cause_is_told(&stall, NULL) && cause_is_told(&oops, NULL) && cause_is_told(&mild, NULL));
	assert_true(cause_is_told(&stall, &odd) && cause_is_told(&oops, &odd));
	assert_true(cause_is_told(&oops, &sure));
	assert_false(cause_is_told(&stall, &sure) || cause_is_told(&mild, &sure));
	assert_false(cause_is_told(&mild, &odd) || cause_is_told(NULL, &sure) || cause_is_told(NULL, NULL));
}

static void keys(void **state)
{
	struct cairn_evidence e[] = { { 0x1000, 0x8, "itself" }, { 0xf00, 0x100, "in front of it" } };
	struct cairn_finding f = { .id = "maple.pivot.order", .object = 0x1000, .evidence = e,
				   .nevidence = 1, .field = "maple_node.mr64.pivot[14]" };

	(void)state;
	assert_string_equal(cause_of_finding(&f, &arena),
			    "c1c:maple.pivot.order:maple_node.mr64.pivot");
	f.nevidence = 2; /* it lies there, and has done nothing */
	f.field = "a[1].b[2";
	assert_string_equal(cause_of_finding(&f, &arena), "c1c:maple.pivot.order:a.b");
	f.overrun = true;
	assert_string_equal(cause_of_finding(&f, &arena), "c1c:maple.pivot.order:a.b:overrun");
	f.overrun = false;
	f.field = NULL;
	assert_string_equal(cause_of_finding(&f, &arena), "c1c:maple.pivot.order:-");
	f.field = "owner";
	f.mark = "taker";
	assert_string_equal(cause_of_finding(&f, &arena), "c1c:maple.pivot.order:taker");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logs), cmocka_unit_test(wanted), cmocka_unit_test(findings),
		cmocka_unit_test(told), cmocka_unit_test(needed),
		cmocka_unit_test(keys),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
