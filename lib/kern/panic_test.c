/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/panic.h"
#include "lib/kern/testkern.h"

#define CPU_VAR TK_BASE
#define RECORDS 16
#define SECOND UINT64_C(1000000000)

struct world {
	struct testkern *k;
	struct log log;
	struct log_record rec[RECORDS];
	struct panic p;
};

static struct world *world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->k = tk_new();
	w->log.record = w->rec;
	return w;
}

static struct log_record *say(struct world *w, uint64_t ts, uint32_t caller, const char *text)
{
	struct log_record *rec = &w->rec[w->log.n];

	*rec = (struct log_record){
		.seq = w->log.n++, .ts_nsec = ts, .caller = caller, .has_info = true,
		.has_level = true, .text = text, .len = strlen(text),
	};
	return rec;
}

/* A CPU number as the kernel keeps it in `panic_cpu`. */
static void crashed_on(struct world *w, uint32_t cpu)
{
	tk_put(w->k, CPU_VAR, cpu, 4);
	tk_symbol(w->k, "panic_cpu", CPU_VAR);
}

static const struct panic *ask(struct world *w)
{
	struct cairn *c = tk_open(w->k, 8);

	c->log = &w->log;
	assert_int_equal(panic_get(c, &w->p, NULL), CAIRN_OK);
	return &w->p;
}

static void drop(struct world *w)
{
	tk_free(w->k);
	free(w);
}

static void the_panic_itself(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	crashed_on(w, 3);
	say(w, 5 * SECOND, 100, "BUG: unable to handle page fault for address: 10");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: sysrq triggered crash\nsecond line");
	say(w, 9 * SECOND, 100, "CPU: 1 PID: 100 Comm: sh");
	p = ask(w);
	assert_true(p->crashed);
	assert_string_equal(p->class, "sysrq");
	assert_null(p->cause);
	assert_ptr_equal(p->record, &w->rec[1]);
	assert_string_equal(p->message, "sysrq triggered crash");
	assert_string_equal(p->title, "Kernel panic - not syncing: sysrq triggered crash");
	assert_int_equal(p->cpu, 3);
	assert_string_equal(p->cpu_source, "panic_cpu");
	assert_int_equal(panic_cpu(&w->k->c), 3);
	assert_true(p->has_time);
	assert_int_equal(p->ts_nsec, 9 * SECOND);
	drop(w);
}

/* The message is its writer's next record. */
static void message_behind(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	crashed_on(w, 3);
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing:");
	say(w, 9 * SECOND, 101, "of another");
	say(w, 9 * SECOND, 100, "sysrq triggered crash");
	p = ask(w);
	assert_string_equal(p->class, "sysrq");
	assert_string_equal(p->message, "sysrq triggered crash");
	assert_string_equal(p->title, "Kernel panic - not syncing: sysrq triggered crash");
	assert_ptr_equal(p->record, &w->rec[0]);
	drop(w);
	w = world();
	crashed_on(w, 3);
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing:");
	p = ask(w);
	assert_string_equal(p->class, "panic");
	assert_string_equal(p->title, "Kernel panic - not syncing: ");
	drop(w);
}

/* The report that the oops belongs to, not one that ended before it nor another CPU's. */
static void cause_of_an_oops(void **state)
{
	struct world *w = world();
	const struct log_record *cause;
	const struct panic *p;

	(void)state;
	say(w, 8 * SECOND, 100, "WARNING: CPU: 2 PID: 100 at kernel/x.c:1");
	say(w, 8 * SECOND, 100, "---[ end trace 0000000000000000 ]---");
	cause = say(w, 9 * SECOND, 100, "list_del corruption. prev->next should be ffff");
	say(w, 9 * SECOND, 100, "------------[ cut here ]------------");
	say(w, 9 * SECOND, 100, "kernel BUG at lib/list_debug.c:59!");
	say(w, 9 * SECOND, 200, "BUG: KASAN: something else");
	say(w, 9 * SECOND, 100, "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI");
	say(w, 9 * SECOND, 100, "CPU: 2 PID: 100 Comm: zoo Tainted: G");
	say(w, 9 * SECOND, 100, "---[ end trace 0000000000000000 ]---");
	say(w, 10 * SECOND, 100, "Kernel panic - not syncing: Fatal exception");
	p = ask(w);
	assert_ptr_equal(p->cause, cause);
	assert_string_equal(p->class, "list-corruption");
	assert_string_equal(p->title, "list_del corruption. prev->next should be ffff");
	assert_string_equal(p->message, "Fatal exception");
	assert_int_equal(p->cpu, 2);
	assert_string_equal(p->cpu_source, "log");
	assert_int_equal(p->ts_nsec, 10 * SECOND);
	drop(w);
}

/* ARM32 says what is wrong behind the line that says that something is. */
static void cause_behind_a_warning(void **state)
{
	struct world *w = world();
	const struct log_record *cause;
	const struct panic *p;

	(void)state;
	say(w, 9 * SECOND, 100, "------------[ cut here ]------------");
	say(w, 9 * SECOND, 100, "WARNING: CPU: 0 PID: 100 at lib/refcount.c:25 get+0x5c/0x60");
	say(w, 9 * SECOND, 200, "something else");
	cause = say(w, 9 * SECOND, 100, "refcount_t: addition on 0; use-after-free.");
	say(w, 9 * SECOND, 100, "Modules linked in:");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: kernel: panic_on_warn set ...");
	p = ask(w);
	assert_ptr_equal(p->cause, cause);
	assert_string_equal(p->class, "refcount");
	drop(w);
	/* what comes later is something else */
	w = world();
	cause = say(w, 9 * SECOND, 100, "WARNING: CPU: 0 PID: 100 at kernel/x.c:1 f+0x5c/0x60");
	say(w, 9 * SECOND, 100, "Modules linked in:");
	say(w, 9 * SECOND, 100, "refcount_t: addition on 0; use-after-free.");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: kernel: panic_on_warn set ...");
	p = ask(w);
	assert_ptr_equal(p->cause, cause);
	assert_string_equal(p->class, "warning");
	drop(w);
}

/* A report some time before by the same thread is not this one, nor is that of another task. */
static void cause_by_time(void **state)
{
	struct world *w = world();
	const struct log_record *cause;
	const struct panic *p;

	(void)state;
	say(w, 3 * SECOND, 50, "INFO: task a:1 blocked for more than 5 seconds.");
	say(w, 9 * SECOND, 50, "INFO: task b:2 blocked for more than 5 seconds.");
	cause = say(w, 9 * SECOND + SECOND / 2, 50, "INFO: task c:3 blocked for more than 5 seconds.");
	say(w, 9 * SECOND + SECOND / 2, 50, "INFO: task c:3 is blocked on a mutex likely owned by task d:4.");
	say(w, 10 * SECOND, 50, "Kernel panic - not syncing: hung_task: blocked tasks");
	p = ask(w);
	assert_ptr_equal(p->cause, cause);
	assert_string_equal(p->class, "hung-task");
	drop(w);
}

static void vague_without_cause(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	say(w, 9 * SECOND, 1, "an ordinary line");
	say(w, 10 * SECOND, 1, "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0");
	p = ask(w);
	assert_null(p->cause);
	assert_string_equal(p->class, "init-killed");
	drop(w);
}

/* kdump: crash_kexec() comes before panic() prints anything. */
static void without_panic_record(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	testmem_vmcoreinfo(&w->k->mem, "OSRELEASE=x\nCRASHTIME=1795238755\n");
	say(w, 8 * SECOND, 9, "WARNING: CPU: 2 PID: 9 at kernel/x.c:1");
	say(w, 9 * SECOND, 7, "BUG: kernel NULL pointer dereference, address: 0000000000000000");
	say(w, 9 * SECOND, 7, "#PF: supervisor write access in kernel mode");
	say(w, 9 * SECOND, 7, "Oops: 0002 [#1] PREEMPT SMP PTI");
	say(w, 9 * SECOND, 9, "WARNING: CPU: 2 PID: 9 at kernel/y.c:2");
	p = ask(w);
	assert_true(p->crashed);
	assert_null(p->record);
	assert_string_equal(p->class, "null-deref");
	assert_ptr_equal(p->cause, &w->rec[1]);
	assert_int_equal(p->wall_ns, 1795238755 * SECOND);
	drop(w);
}

static void alive(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	crashed_on(w, UINT32_MAX);
	say(w, 8 * SECOND, 9, "BUG: kernel NULL pointer dereference, address: 0000000000000000");
	p = ask(w);
	assert_false(p->crashed);
	assert_string_equal(p->class, "none");
	assert_null(p->cause);
	assert_null(p->title);
	assert_int_equal(p->cpu, -1);
	drop(w);
}

/* User space may write anything to /dev/kmsg. */
static void forged(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	say(w, 8 * SECOND, 9, "Kernel panic - not syncing: forged")->facility = 1;
	p = ask(w);
	assert_false(p->crashed);
	drop(w);

	w = world();
	say(w, 8 * SECOND, 9, "kernel BUG at forged.c:1!")->facility = 1;
	say(w, 8 * SECOND, 9, "Kernel panic - not syncing: Fatal exception");
	assert_null(ask(w)->cause);
	drop(w);
}

/* Neither the variable nor a whole log: who knows. */
static void not_known(void **state)
{
	struct world *w = world();

	(void)state;
	say(w, SECOND, 1, "")->fault = CAIRN_FAULT_EXCLUDED;
	assert_false(ask(w)->crashed);
	assert_string_equal(w->p.class, "unknown");
	drop(w);

	w = world();
	say(w, SECOND, 1, "a healthy machine");
	assert_string_equal(ask(w)->class, "none");
	drop(w);
}

static void without_log(void **state)
{
	struct world *w = world();

	(void)state;
	crashed_on(w, 1);
	tk_open(w->k, 8);
	assert_int_equal(panic_get(&w->k->c, &w->p, NULL), CAIRN_OK);
	assert_true(w->p.crashed);
	assert_string_equal(w->p.class, "unknown");
	assert_int_equal(w->p.cpu, 1);
	assert_int_equal(w->p.log_err.code, CAIRN_MISSING);
	drop(w);
}

/* Without a timekeeper, the log says when its clock was set; "1970" is no time. */
static void date_of_log(void **state)
{
	struct world *w = world();
	const struct panic *p;

	(void)state;
	crashed_on(w, 0);
	say(w, SECOND / 2, 1, "audit: type=2000 audit(1795690460.250:1): state=initialized");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: foo");
	p = ask(w);
	assert_string_equal(p->wall_source, "log");
	assert_int_equal(p->wall_ns, 1795690460250000000 + 9 * SECOND - SECOND / 2);
	drop(w);
	w = world();
	crashed_on(w, 0);
	say(w, SECOND, 1, "audit: type=2000 audit(0.120:1): state=initialized");
	say(w, 2 * SECOND, 1, "rtc-pl031 9010000.pl031: setting system clock to 2026-11-26T11:00:55 UTC (1795690855)");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: foo");
	p = ask(w);
	assert_int_equal(p->wall_ns, 1795690862500000000);
	drop(w);
	w = world();
	crashed_on(w, 0);
	say(w, SECOND, 1, "audit: type=2000 audit(0.120:1): state=initialized");
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: foo");
	p = ask(w);
	assert_int_equal(p->wall_ns, 0);
	assert_null(p->wall_source);
	drop(w);
}

/* What a stack shows stands against a log that has lost the report. */
static void by_stack(void **state)
{
	struct world *w = world();
	struct cairn *c = tk_open(w->k, 8);
	struct panic p;

	(void)state;
	c->log = &w->log;
	/* a complaint of long before is all there is */
	say(w, SECOND, 100, "WARNING: CPU: 0 PID: 1 at fs/a.c:1 foo+0x1/0x2");
	tk_put(w->k, CPU_VAR, 0, 4);
	assert_int_equal(panic_get(c, &p, NULL), CAIRN_OK);
	assert_false(p.crashed);
	panic_by_stack(c, &p, 1, true, "null-deref");
	assert_true(p.crashed && p.by_stack);
	assert_string_equal(p.class, "null-deref");
	assert_int_equal(p.cpu, 1);
	assert_null(p.title);
	/* the panic alone is left, which does not say why */
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: Fatal exception");
	assert_int_equal(panic_get(c, &p, NULL), CAIRN_OK);
	panic_by_stack(c, &p, 1, true, "null-deref");
	assert_string_equal(p.class, "null-deref");
	/* one that does is right */
	w->log.n = 1;
	say(w, 9 * SECOND, 100, "Kernel panic - not syncing: sysrq triggered crash");
	assert_int_equal(panic_get(c, &p, NULL), CAIRN_OK);
	panic_by_stack(c, &p, 1, true, "null-deref");
	assert_string_equal(p.class, "sysrq");
	assert_false(p.by_stack);
	drop(w);
}

static void headline(void **state)
{
	char title[] = "kernel BUG at x.c:1!";

	(void)state;
	assert_ptr_equal(panic_headline(&(struct panic){ .crashed = true, .title = title }), title);
	assert_non_null(strstr(panic_headline(&(struct panic){ .crashed = true }), "crashed"));
	assert_non_null(strstr(panic_headline(&(struct panic){ .log_err = { .code = CAIRN_FAULT } }),
			       "not known"));
	assert_non_null(strstr(panic_headline(&(struct panic){ .class = "none" }), "alive"));
	assert_non_null(strstr(panic_headline(&(struct panic){ .class = "unknown" }), "not known"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headline), cmocka_unit_test(date_of_log), cmocka_unit_test(by_stack),
		cmocka_unit_test(the_panic_itself),
		cmocka_unit_test(message_behind), cmocka_unit_test(cause_of_an_oops),
		cmocka_unit_test(cause_behind_a_warning),
		cmocka_unit_test(cause_by_time), cmocka_unit_test(vague_without_cause),
		cmocka_unit_test(without_panic_record), cmocka_unit_test(alive),
		cmocka_unit_test(forged), cmocka_unit_test(not_known),
		cmocka_unit_test(without_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
