/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "lib/kern/testmachine.h"

static const struct cpus *get(struct cairn *c)
{
	const struct cpus *cpus = NULL;
	struct cairn_err err;

	if (cpus_get(c, &cpus, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	return cpus;
}

/* ---- which there are ---- */

static void test_list(void **state)
{
	struct testmachine m = tm_new(3);
	struct cairn *c;
	const struct cpus *cpus;

	(void)state;
	tk_put(m.k, TM_ONLINE, 0x5, 8);
	c = tm_open(&m);
	cpus = get(c);
	assert_int_equal(cpus->n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(cpus->cpu[i].id, i);
		assert_int_equal(cpus->cpu[i].offset, TM_AREA(i));
		assert_int_equal(cpus->cpu[i].current, m.idle[i]);
		assert_int_equal(cpus->cpu[i].online, i != 1);
		assert_int_equal(cpus->cpu[i].regs_source, CPU_REGS_NONE);
		assert_ptr_equal(cpu_by_id(cpus, i), &cpus->cpu[i]);
	}
	assert_null(cpu_by_id(cpus, 3));
	assert_ptr_equal(get(c), cpus); /* once */
	tk_free(m.k);
}

/* The area of a CPU that was never started names init_task; one that went is no such. */
static void test_never_up(void **state)
{
	struct testmachine m = tm_new(3);
	const struct cpus *cpus;
	struct cairn *c;

	(void)state;
	tk_put(m.k, TM_ONLINE, 0x1, 8);
	tk_put(m.k, TM_BOOTED, 0x3, 8);
	tk_symbol(m.k, "cpus_booted_once_mask", TM_BOOTED);
	c = tm_open(&m);
	cpus = get(c);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(cpus->cpu[i].never_up, i == 2);
		assert_int_equal(cpus->cpu[i].current, i == 2 ? 0 : m.idle[i]);
	}
	tk_free(m.k);
	/* that nobody came up is not to be believed */
	m = tm_new(3);
	tk_put(m.k, TM_ONLINE, 0x1, 8);
	tk_symbol(m.k, "cpus_booted_once_mask", TM_BOOTED);
	cpus = get(tm_open(&m));
	assert_false(cpus->cpu[2].never_up);
	tk_free(m.k);
}

/* Ids need not be dense; nr_cpu_ids says where they end. */
static void test_sparse_ids(void **state)
{
	struct testmachine m = tm_new(4);
	const struct cpus *cpus;

	(void)state;
	tk_put(m.k, TM_POSSIBLE, 0xfd, 8);
	cpus = get(tm_open(&m));
	assert_int_equal(cpus->n, 3);
	assert_int_equal(cpus->cpu[1].id, 2);
	assert_int_equal(cpus->cpu[1].offset, TM_AREA(2));
	tk_free(m.k);
}

static void test_nr_cpu_ids_lies(void **state)
{
	struct testmachine m = tm_new(2);
	struct cairn_err err;
	const struct cpus *cpus;
	struct cairn *c;

	(void)state;
	tk_put(m.k, TM_NR_IDS, UINT32_MAX, 4);
	c = tm_open(&m);
	assert_in_range(get(c)->n, 2, 8192);
	assert_int_equal(cpu_by_id(get(c), 1)->offset, TM_AREA(1));
	tk_free(m.k);
	m = tm_new(2);
	tk_put(m.k, TM_POSSIBLE, 0, 8);
	assert_int_equal(cpus_get(tm_open(&m), &cpus, &err), CAIRN_CORRUPT);
	tk_free(m.k);
}

/* A CPU whose offset cannot be read keeps its row with the reason. */
static void test_offsets_in_part(void **state)
{
	struct testmachine m = tm_new(2);
	struct cairn *c = tm_open(&m);
	const struct cpus *cpus;
	struct cairn_err err;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < c->known.n; i++)
		if (!strcmp(c->known.entry[i].name, "__per_cpu_offset"))
			c->known.entry[i].addr = TK_HOLE - 8;
	cpus = get(c);
	assert_int_equal(cpus->n, 2);
	assert_null(cpus->cpu[0].fault);
	assert_int_equal(cpus->cpu[1].id, 1);
	assert_true(cpus->cpu[1].online);
	assert_non_null(cpus->cpu[1].fault);
	assert_int_equal(cpus->cpu[1].fault->addr, TK_HOLE);
	assert_non_null(strstr(cpus->cpu[1].fault->text, "CPU 1"));
	assert_int_equal(cpus->cpu[1].current, 0);
	assert_int_equal(percpu_symbol(c, &cpus->cpu[1], "runqueues", &v, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TK_HOLE);
	assert_string_equal(cairn_degraded(c, 0)->what, "per-CPU areas");
	tk_free(m.k);
}

static void test_no_smp(void **state)
{
	struct testkern *k = tk_new();
	const struct cpus *cpus;
	struct cairn *c;
	uint64_t v;

	(void)state;
	tm_types(k);
	tk_symbol(k, "jiffies_64", TK_BASE + 64); /* it names its data, and no offsets */
	tk_symbol(k, "current_task", TK_BASE);
	tk_put(k, TK_BASE, 0x1234, 8);
	c = tk_open(k, 8);
	cpus = get(c);
	assert_int_equal(cpus->n, 1);
	assert_true(cpus->cpu[0].online);
	assert_int_equal(cpus->cpu[0].current, 0x1234);
	assert_int_equal(percpu_word(c, &cpus->cpu[0], "current_task", &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1234);
	tk_free(k);
}

/* ---- symbols of text alone ---- */

static void forget_data(struct cairn *c)
{
	for (size_t i = 0; i < c->known.n; i++)
		if (strcmp(c->known.entry[i].name, "init_task"))
			c->known.entry[i].name = "forgotten";
}

/* Tasks tell which CPU a note is of, whatever the order of the notes is. */
static void test_numbered_by_tasks(void **state)
{
	struct testmachine m = tm_new(1);
	const struct cpus *cpus;
	uint64_t flagged;
	struct cairn *c;

	(void)state;
	for (int i = 1; i < 39; i++)
		tm_task(&m, i, "task");
	flagged = tm_task(&m, 39, "flagged");
	tm_set(&m, flagged, TM_CPU, 1, 4);
	tm_set(&m, flagged, TM_ON_CPU, 1, 4);
	tm_set(&m, tm_task(&m, 50, "on_two"), TM_CPU, 2, 4);
	tm_note(&m, tm_stack(40) + 0x1000, 0); /* of the last one */
	tm_note(&m, 0x77777777, 0);            /* of nobody */
	tm_note(&m, tm_stack(3) + 0x2000, 0);  /* CPU 0 */
	c = tm_open(&m);
	forget_data(c);
	cpus = get(c);
	assert_true(cpus->by_notes);
	assert_int_equal(cpus->n, 3);
	assert_int_equal(regs_sp(&cpu_by_id(cpus, 2)->regs), tm_stack(40) + 0x1000);
	assert_int_equal(regs_sp(&cpu_by_id(cpus, 0)->regs), tm_stack(3) + 0x2000);
	assert_int_equal(regs_sp(&cpu_by_id(cpus, 1)->regs), 0x77777777);
	assert_int_equal(cpus->cpu[1].id, 1); /* sorted */
	assert_string_equal(cairn_degraded(c, 0)->what, "numbers of the CPUs");
	assert_non_null(strstr(cairn_degraded(c, 0)->reason, "1 of 3"));
	assert_true(cpu_by_id(cpus, 1)->guessed);
	assert_false(cpu_by_id(cpus, 0)->guessed || cpu_by_id(cpus, 2)->guessed);
	assert_true(task_by_pid(c->tasks, 50)->on_cpu);
	assert_ptr_equal(task_on_cpu(c, c->tasks, 2), task_by_pid(c->tasks, 50));
	assert_int_equal(task_on_cpu(c, c->tasks, 1)->pid, 39); /* so says the kernel */
	tasks_free(c);
	tk_free(m.k);
}

static void test_numbered_by_order(void **state)
{
	struct testmachine m = tm_new(1);
	const struct cpus *cpus;
	struct cairn_err err;
	struct cairn *c;

	(void)state;
	tm_note(&m, 0x1111, 0);
	tm_note(&m, 0x2222, 0);
	c = tm_open(&m);
	forget_data(c);
	c->known.n = 0; /* not even init_task */
	cpus = get(c);
	assert_int_equal(cpus->n, 2);
	assert_int_equal(regs_sp(&cpu_by_id(cpus, 0)->regs), 0x1111);
	assert_int_equal(regs_sp(&cpu_by_id(cpus, 1)->regs), 0x2222);
	assert_non_null(cairn_degraded(c, 0));
	tk_free(m.k);
	m = tm_new(1); /* and no notes: then nothing is known */
	c = tm_open(&m);
	forget_data(c);
	assert_int_equal(cpus_get(c, &cpus, &err), CAIRN_MISSING);
	tk_free(m.k);
}

/* ---- variables ---- */

static void test_percpu_symbols(void **state)
{
	struct testmachine m = tm_new(2);
	struct cairn *c = tm_open(&m);
	const struct cpu *cpu = cpu_by_id(get(c), 1);
	struct cairn_err err;
	uint64_t v;

	(void)state;
	assert_int_equal(percpu_symbol(c, cpu, "runqueues", &v, &err), CAIRN_OK);
	assert_int_equal(v, TM_AREA(1) + TM_RQ);
	assert_int_equal(percpu_symbol(c, cpu, "pcpu_hot", &v, &err), CAIRN_MISSING);
	assert_int_equal(percpu_word(c, cpu, "runqueues.idle", &v, &err), CAIRN_OK);
	assert_int_equal(v, m.idle[1]);
	assert_int_equal(percpu_word(c, cpu, "none|pcpu_hot.top|runqueues.none|irq_stack_ptr", &v,
				     &err), CAIRN_OK);
	assert_int_equal(v, 0x20100000);
	assert_int_equal(percpu_word(c, cpu, "none|runqueues.none", &v, &err), CAIRN_MISSING);
	assert_int_equal(percpu_word(c, cpu, "", &v, &err), CAIRN_MISSING);
	tk_free(m.k);
}

/* On a machine of 32 bits addresses wrap around. */
static void test_offsets_of_32_bits(void **state)
{
	struct testmachine m = tm_new(1);
	struct cairn *c = tk_open(m.k, 4);
	struct cpu cpu = { .offset = 0xf0000000 };
	uint64_t v;

	(void)state;
	symlist_add(&c->known, "far", 0x20000000);
	assert_int_equal(percpu_symbol(c, &cpu, "far", &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x10000000);
	tk_free(m.k);
}

/* ---- whose registers ---- */

/* The notes are in another order than the CPUs. */
static void test_notes_by_base(void **state)
{
	struct testmachine m = tm_new(2);
	const struct cpus *cpus;

	(void)state;
	tm_note(&m, 0x1111, TM_AREA(1));
	tm_note(&m, 0x2222, TM_AREA(0));
	cpus = get(tm_open(&m));
	assert_int_equal(cpus->cpu[0].regs_source, CPU_REGS_NOTE);
	assert_int_equal(regs_sp(&cpus->cpu[0].regs), 0x2222);
	assert_int_equal(cpus->cpu[1].regs_source, CPU_REGS_NOTE);
	assert_int_equal(regs_sp(&cpus->cpu[1].regs), 0x1111);
	tk_free(m.k);
}

/* Two notes that claim the same base: neither is believed, and no CPU is left over that
 * could be told by elimination. */
static void test_notes_that_agree(void **state)
{
	struct testmachine m = tm_new(2);
	const struct cpus *cpus;

	(void)state;
	tm_note(&m, 0x1111, TM_AREA(1));
	tm_note(&m, 0x2222, TM_AREA(1));
	cpus = get(tm_open(&m));
	assert_int_equal(cpus->cpu[0].regs_source, CPU_REGS_NONE);
	assert_int_equal(cpus->cpu[1].regs_source, CPU_REGS_NONE);
	tk_free(m.k);
}

static void test_notes_by_stack(void **state)
{
	struct testmachine m = tm_new(3);
	const struct cpus *cpus;

	(void)state;
	tm_note(&m, 0x20200000 - 0x100, 0);        /* CPU 2's stack for interrupts */
	tm_note(&m, tm_stack(1) + 0x3000, 0);      /* CPU 1's idle task */
	tm_note(&m, 0x77777777, 0);                /* what is left is CPU 0's */
	cpus = get(tm_open(&m));
	assert_int_equal(regs_sp(&cpus->cpu[2].regs), 0x20200000 - 0x100);
	assert_int_equal(regs_sp(&cpus->cpu[1].regs), tm_stack(1) + 0x3000);
	assert_int_equal(regs_sp(&cpus->cpu[0].regs), 0x77777777);
	tk_free(m.k);
}

/* A stack is as large as this machine's are: what lies beyond belongs to nobody. */
static void test_notes_beyond_small_stacks(void **state)
{
	struct testmachine m = tm_new(3);
	const struct cpus *cpus;
	struct cairn *c;

	(void)state;
	tm_note(&m, tm_stack(1) + 0x1000, 0);
	tm_note(&m, tm_stack(2) + 0x3000, 0); /* 4 pages up, of 2 */
	c = tm_open(&m);
	for (size_t i = 0; i < c->known.n; i++)
		if (!strcmp(c->known.entry[i].name, "__end_init_stack"))
			c->known.entry[i].addr = 0x10000000 + 0x2000;
	cpus = get(c);
	assert_int_equal(regs_sp(&cpus->cpu[1].regs), tm_stack(1) + 0x1000);
	assert_int_equal(cpus->cpu[0].regs_source, CPU_REGS_NONE);
	assert_int_equal(cpus->cpu[2].regs_source, CPU_REGS_NONE);
	tk_free(m.k);
}

/* One note for two CPUs that both may be its owner: nobody gets it. */
static void test_no_guess(void **state)
{
	struct testmachine m = tm_new(2);
	const struct cpus *cpus;

	(void)state;
	tm_note(&m, 0x77777777, 0);
	cpus = get(tm_open(&m));
	assert_int_equal(cpus->cpu[0].regs_source, CPU_REGS_NONE);
	assert_int_equal(cpus->cpu[1].regs_source, CPU_REGS_NONE);
	tk_free(m.k);
}

static void put_crash_note(struct testmachine *m, unsigned cpu, uint64_t sp)
{
	const struct arch *a = arch_by_id(ARCH_X86_64);
	uint64_t at = TM_AREA(cpu) + TM_CRASH_NOTE;

	tk_put(m->k, at, 5, 4);
	tk_put(m->k, at + 4, 336, 4);
	tk_put(m->k, at + 8, 1, 4);
	tk_text(m->k, at + 12, "CORE");
	tk_put(m->k, at + 20 + a->prstatus_regs + 8 * a->sp, sp, 8);
}

/* kdump: the kernel's own notes in memory; the CPU that never answered has none. */
static void test_crash_notes(void **state)
{
	struct testmachine m = tm_new(3);
	const struct cpus *cpus;

	(void)state;
	tk_put(m.k, TM_CRASH_NOTES, TM_CRASH_NOTE, 8);
	put_crash_note(&m, 0, 0x1111);
	put_crash_note(&m, 2, 0x3333);
	cpus = get(tm_open(&m));
	assert_int_equal(cpus->cpu[0].regs_source, CPU_REGS_CRASH_NOTES);
	assert_int_equal(regs_sp(&cpus->cpu[0].regs), 0x1111);
	assert_int_equal(cpus->cpu[1].regs_source, CPU_REGS_NONE);
	assert_int_equal(cpus->cpu[2].regs_source, CPU_REGS_CRASH_NOTES);
	assert_int_equal(regs_sp(&cpus->cpu[2].regs), 0x3333);
	tk_free(m.k);
}

/* ---- current ---- */

static void test_current_by_runqueue(void **state)
{
	struct testmachine m = tm_new(2);
	struct cairn *c;

	(void)state;
	tk_put(m.k, TM_AREA(1) + TM_RQ, 0x4242, 8);
	c = tm_open(&m);
	for (size_t i = 0; i < c->known.n; i++)
		if (!strcmp(c->known.entry[i].name, "current_task"))
			c->known.entry[i].name = "no_more";
	assert_int_equal(get(c)->cpu[1].current, 0x4242);
	tk_free(m.k);
}

static void test_out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;

	(void)state;
	for (long n = 0; code != CAIRN_OK; n++) {
		struct testmachine m = tm_new(2);
		const struct cpus *cpus;
		struct cairn *c;

		assert_true(n < 50);
		tm_note(&m, 0x1111, TM_AREA(1));
		c = tm_open(&m);
		mem_fail_after(n);
		code = cpus_get(c, &cpus, NULL);
		mem_fail_after(-1);
		tk_free(m.k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_never_up),
		cmocka_unit_test(test_sparse_ids),
		cmocka_unit_test(test_nr_cpu_ids_lies),
		cmocka_unit_test(test_offsets_in_part),
		cmocka_unit_test(test_no_smp),
		cmocka_unit_test(test_numbered_by_tasks),
		cmocka_unit_test(test_numbered_by_order),
		cmocka_unit_test(test_percpu_symbols),
		cmocka_unit_test(test_offsets_of_32_bits),
		cmocka_unit_test(test_notes_by_base),
		cmocka_unit_test(test_notes_that_agree),
		cmocka_unit_test(test_notes_by_stack),
		cmocka_unit_test(test_notes_beyond_small_stacks),
		cmocka_unit_test(test_no_guess),
		cmocka_unit_test(test_crash_notes),
		cmocka_unit_test(test_current_by_runqueue),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
