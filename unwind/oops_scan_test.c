/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/str.h"
#include "unwind/oops.h"

static struct arena arena;
static struct oopses all;

static const struct oops *parse(const char *text)
{
	assert_int_equal(oops_parse(&all, text, strlen(text), &arena, NULL), CAIRN_OK);
	return all.n ? &all.oops[0] : NULL;
}

#define WHO "CPU: 0 PID: 7 Comm: kworker/0:0 Tainted: G           OE      6.1.0 #1\n"
#define REGS "RIP: 0010:inner+0x4/0x10 [m]\nCode: 00 <8b> 40\nRAX: 0000000000000001\n"
#define TRACE "Call Trace:\n <TASK>\n outer+0x1/0x2 [m]\n kthread+0x1/0x2\n ret_from_fork+0x1/0x2\n </TASK>\n"
#define OF_OOPS WHO "Hardware name: QEMU\n" REGS TRACE "---[ end trace 0 ]---\n"
#define FATAL "Kernel panic - not syncing: Fatal exception\n"

/* As many as may be write at a time. */
static void many_writers(void **state)
{
	static const char *const lines[] = {
		"BUG: kernel NULL pointer dereference, address: 0000000000000000",
		"Oops: 0000 [#1] SMP", "RIP: 0010:inner+0x4/0x10 [m]", "Call Trace:", " outer+0x1/0x2 [m]",
		"---[ end trace 0 ]---",
	};
	struct str log = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (int cpu = 0; cpu < 300; cpu++)
			str_addf(&log, "[   10.%06d][%5s%d] %s\n", cpu, "C", cpu, lines[i]);
	parse(log.buf);
	assert_int_equal(all.n, 300);
	for (size_t i = 0; i < all.n; i++) {
		assert_int_equal(all.oops[i].cpu, i);
		assert_string_equal(all.oops[i].signature.fuzzy, "c1f:access:inner:outer");
	}
	str_deinit(&log);
}

/* The log begins behind the words that say what it is. */
static void head_lost(void **state)
{
	const struct oops *o = parse(OF_OOPS FATAL);

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "oops");
	assert_string_equal(o->title, "unnamed report in inner");
	assert_string_equal(o->function, "inner");
	assert_string_equal(o->signature.fuzzy, "c1f:oops:inner:outer");
	assert_string_equal(o->message, "Fatal exception");
	assert_true(o->complete);
	o = parse("Oops: 0000 [#1] SMP\n" OF_OOPS FATAL);
	assert_string_equal(o->title, "Oops in inner");
	o = parse(OF_OOPS);
	assert_string_equal(o->class, "unknown");
	o = parse("[    1.0] ** 12 printk messages dropped **\n" OF_OOPS);
	assert_int_equal(all.n, 1);
	o = parse("CPU: 0 PID: 7 Comm: a Not tainted 6.1.0 #1\npstate: 60000005\npc : inner+0x4/0x10 [m]\n"
		  "Call trace:\n inner+0x4/0x10 [m]\n outer+0x1/0x2\n");
	assert_string_equal(o->title, "unnamed report in inner");
}

/* Who is asked where he is has no trouble, nor who calls dump_stack(). */
static void no_head_at_all(void **state)
{
	static const char *const logs[] = {
		"NMI backtrace for cpu 1\n" OF_OOPS, "sysrq: Show Regs\n" OF_OOPS, WHO TRACE, WHO "Hardware name: x\n",
		WHO "RIP: 0033:0x7f0000000000\n", "Hardware name: x\n" TRACE REGS,
		"BUG: something of an application\n", "BUG: something\nmore of it\nCode of conduct\n",
	};
	struct str late = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (parse(logs[i]))
			fail_msg("a report in: %s", logs[i]);
	for (int i = 0; i < 100; i++)
		str_add(&late, "nothing much\n");
	str_add(&late, OF_OOPS);
	assert_null(parse(late.buf));
	str_deinit(&late);
	/* words that nobody knows, and a trace */
	assert_string_equal(parse("BUG: something new\n" WHO TRACE)->class, "bug-report");
}

/* Up to each line: the record says whether the signature is of the whole trace. */
static void cut_at_the_end(void **state)
{
	static const char text[] = "kernel BUG at a.c:1!\ninvalid opcode: 0000 [#1] SMP\n" OF_OOPS;
	char *whole = arena_strdup(&arena, parse(text)->signature.strict);
	bool seen[2] = { false, false };

	(void)state;
	assert_true(all.oops[0].complete);
	for (const char *p = text; (p = strchr(p, '\n')); p++) {
		const struct oops *o;

		assert_int_equal(oops_parse(&all, text, (size_t)(p - text), &arena, NULL), CAIRN_OK);
		o = &all.oops[0];
		seen[o->complete] = true;
		if (o->complete)
			assert_string_equal(o->signature.strict, whole);
	}
	assert_true(seen[0] && seen[1]);
}

static void add_life(struct str *log, unsigned i, const char *then)
{
	str_addf(log, "[    8.%06u] kernel BUG at a.c:1!\n[    8.%06u] CPU: 0 PID: %u Comm: a\n"
		      "[    8.%06u] RIP: 0010:inner+0x4/0x10\n[    8.%06u] ---[ end trace 0 ]---\n%s",
		 i, i, i, i, i, then);
}

/* A long log: what it ends with. */
static void last_reports(void **state)
{
	struct str log = { 0 };

	(void)state;
	for (unsigned i = 0; i < OOPS_REPORTS + 50; i++)
		add_life(&log, i, "");
	parse(log.buf);
	assert_int_equal(all.n, OOPS_REPORTS);
	assert_int_equal(all.nbefore, 50);
	assert_int_equal(all.oops[0].pid, 50);
	assert_int_equal(oops_last(&all)->pid, OOPS_REPORTS + 49);
	assert_int_equal(oops_last(&all)->last, 4 * (OOPS_REPORTS + 50));
	str_deinit(&log);
}

/* -l: of several lives in a log, the last that ended so. */
static void last_life(void **state)
{
	struct str log = { 0 };

	(void)state;
	add_life(&log, 9, "[    9.500000] " FATAL "[    9.600000] ---[ end Kernel panic\n");
	add_life(&log, 5, "[    8.500000] " FATAL "[    8.500000] ---[ end Kernel panic\n");
	str_add(&log, "[    8.600000] INFO: task a:93 blocked for more than 2 seconds.\n");
	parse(log.buf);
	assert_int_equal(all.n, 3);
	assert_int_equal(oops_last(&all)->pid, 5);
	str_add(&log, "[    0.000000] Linux version 6.1.0\n[    1.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n");
	parse(log.buf);
	assert_int_equal(oops_last(&all)->pid, 5);
	add_life(&log, 3, "");
	parse(log.buf);
	assert_int_equal(oops_last(&all)->pid, 3);
	str_deinit(&log);
}

/* Of a store whose parts lie last first. */
static void stored_parts(void **state)
{
	const struct oops *o = parse("Panic#1 Part1\n" REGS TRACE FATAL "Panic#1 Part2\n"
				     "BUG: kernel NULL pointer dereference, address: 0\nOops: 0000 [#1]\n" WHO);

	(void)state;
	assert_int_equal(all.n, 1);
	assert_string_equal(o->class, "null-deref");
	assert_string_equal(o->signature.fuzzy, "c1f:access:inner:outer");
	assert_string_equal(o->message, "Fatal exception");
	assert_true(o->first < o->last);
}

/* scripts/decode_stacktrace.sh took the offsets away. */
static void decoded(void **state)
{
	char *whole = arena_strdup(&arena, parse("kernel BUG at a.c:1!\nRIP: 0010:inner+0x4/0x10 [m]\nCall Trace:\n"
						 " inner+0x2/0x10 [m]\n outer+0x1/0x2 [m]\n"
						 " ret_from_fork+0x1/0x2\n")->signature.strict);
	const struct oops *o = parse("kernel BUG at a.c:1!\nRIP: 0010:inner (drivers/m/a.c:1) m\nCall Trace:\n"
				     " inner (drivers/m/a.c:9) m\n outer (a.h:3 drivers/m/a.c:7 (discriminator 3)) m\n"
				     " ? guess (kernel/x.c:1)\n ret_from_fork (??:?)\n");

	(void)state;
	assert_string_equal(o->signature.strict, whole);
	assert_string_equal(o->title, "kernel BUG in inner");
	assert_int_equal(o->n, 5);
	assert_string_equal(o->module, "m");
	assert_string_equal(o->frame[2].file, "a.h");
	assert_int_equal(o->frame[2].line, 3);
	assert_false(o->frame[3].reliable);
	assert_null(o->frame[4].file);
}

/* CONFIG_DEBUG_BUGVERBOSE_DETAILED */
static void warning_with_condition(void **state)
{
	const struct oops *o = parse("WARNING: [a[x] > 3] fs/a.c:10 at alpha+0x10/0x20, CPU#1: foo/77\n" WHO
				     "RIP: 0010:alpha+0x10/0x20\n" TRACE);

	(void)state;
	assert_string_equal(o->file, "fs/a.c");
	assert_int_equal(o->line, 10);
	assert_string_equal(o->title, "WARNING in alpha");
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
		cmocka_unit_test(many_writers),   cmocka_unit_test(head_lost),
		cmocka_unit_test(no_head_at_all), cmocka_unit_test(cut_at_the_end),
		cmocka_unit_test(last_reports),   cmocka_unit_test(last_life),
		cmocka_unit_test(stored_parts),   cmocka_unit_test(decoded),
		cmocka_unit_test(warning_with_condition),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
