/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/debug/globals.h"
#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "lib/kern/testvmcore.h"

static struct cairn *open_made(struct testvmcore *v)
{
	struct cairn_err err;
	struct cairn *c = NULL;

	tv_finish(v, SIZE_MAX);
	if (tv_open(v, &c, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	return c;
}

static struct cairn *open_new(struct testvmcore *v, unsigned flags)
{
	tv_make(v, flags);
	return open_made(v);
}

static void done(struct testvmcore *v, struct cairn *c)
{
	cairn_close(c);
	tv_free(v);
}

static const char *reason(struct cairn *c, const char *what)
{
	const struct cairn_degraded *d;

	for (size_t i = 0; (d = cairn_degraded(c, i)); i++)
		if (!strcmp(d->what, what))
			return d->reason;
	return NULL;
}

/* ---- all is well ---- */

static void check_answers(struct cairn *c)
{
	uint64_t addr, off, size;
	struct cairn_err err;
	char text[8];

	assert_null(cairn_degraded(c, 0));
	assert_int_equal(cairn_symbol(c, "init_task", &addr, &err), CAIRN_OK);
	assert_int_equal(addr, TV_IMAGE + TV_INIT_TASK);
	assert_string_equal(cairn_symbolize(c, TV_IMAGE + TV_STEXT + 0x123, &off), "do_something");
	assert_int_equal(off, 0x23);
	assert_null(cairn_symbolize(c, 0x1000, &off));
	assert_int_equal(cairn_member(c, "struct task_struct", "comm", &off, &size, &err),
			 CAIRN_OK);
	assert_int_equal(off, TM_COMM);
	assert_int_equal(size, 16);
	assert_int_equal(cairn_read(c, addr + off, text, sizeof(text), &err), CAIRN_OK);
	assert_memory_equal(text, "swapper/", 8);
	assert_int_equal(cairn_read_phys(c, TV_PHYS + TV_INIT_TASK + off, text, 4, &err), CAIRN_OK);
	assert_memory_equal(text, "swap", 4);
}

static void test_open(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, 0);

	(void)state;
	check_answers(c);
	assert_string_equal(c->release, "6.1.0-test");
	assert_int_equal(c->arch->id, ARCH_X86_64);
	done(&v, c);
}

static void test_refusals(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, 0);
	uint64_t x, y;
	struct cairn_err err;
	char buf[16];

	(void)state;
	assert_int_equal(cairn_symbol(c, "no_such", &x, &err), CAIRN_MISSING);
	assert_int_equal(cairn_member(c, "struct none", "a", &x, &y, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "struct none"));
	assert_int_equal(cairn_member(c, "struct none", "a", &x, &y, NULL), CAIRN_MISSING);
	assert_int_equal(cairn_member(c, "struct zoo", "none", &x, &y, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "none"));
	assert_int_equal(cairn_read(c, 0x1000, buf, 1, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_UNMAPPED);
	assert_int_equal(cairn_read_phys(c, 0, buf, 1, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_ABSENT);
	done(&v, c);
}

static void test_excluded_page(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, 0);
	struct cairn_err err;
	char buf[0x1100];

	(void)state;
	assert_int_equal(cairn_read(c, TV_IMAGE + TV_EXCLUDED - 16, buf, 32, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(err.addr, TV_IMAGE + TV_EXCLUDED);
	assert_int_equal(cairn_read_phys(c, TV_PHYS + TV_EXCLUDED, buf, 8, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(cairn_read(c, TV_IMAGE + TV_EXCLUDED + 0x1000, buf, 8, &err), CAIRN_OK);
	done(&v, c);
}

static void test_tasks_and_cpus(void **state)
{
	static const char *const comm[] = { "swapper/0", "swapper/1", "init", "kthreadd", "shell" };
	const struct tasks *ts;
	const struct cpus *cpus;
	struct cairn_err err;
	struct testvmcore v;
	struct cairn *c = open_new(&v, 0);

	(void)state;
	assert_int_equal(tasks_get(c, &ts, &err), CAIRN_OK);
	assert_int_equal(ts->n, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(ts->task[i].comm, comm[i]);
	assert_false(ts->partial);
	assert_int_equal(ts->stack_size, TM_STACK);
	assert_int_equal(cpus_get(c, &cpus, &err), CAIRN_OK);
	assert_int_equal(cpus->n, TV_CPUS);
	assert_null(cairn_degraded(c, 0));
	done(&v, c);
}

/* ---- parts that are missing ---- */

static void test_no_vmcoreinfo(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, TV_NO_INFO);
	const struct tasks *ts;
	const struct cpus *cpus;
	struct cairn_err err;
	uint64_t addr;
	char buf[4];

	(void)state;
	assert_non_null(reason(c, "kernel memory"));
	assert_null(reason(c, "symbols")); /* the first reason is enough */
	assert_int_equal(cairn_read(c, TV_IMAGE, buf, 4, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, reason(c, "kernel memory")));
	assert_int_equal(cairn_read_phys(c, TV_PHYS, buf, 4, &err), CAIRN_OK);
	assert_int_equal(cairn_symbol(c, "init_task", &addr, &err), CAIRN_MISSING);
	assert_null(cairn_symbolize(c, TV_IMAGE, &addr));
	assert_int_equal(cairn_member(c, "struct zoo", "pid", &addr, &addr, &err), CAIRN_MISSING);
	assert_int_equal(tasks_get(c, &ts, &err), CAIRN_MISSING);
	assert_int_equal(cpus_get(c, &cpus, &err), CAIRN_OK); /* their registers are there */
	assert_int_equal(cpus->n, TV_CPUS);
	assert_true(cpus->by_notes);
	done(&v, c);
}

static void test_vmcoreinfo_in_memory(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, TV_INFO_IN_MEMORY);

	(void)state;
	check_answers(c);
	assert_true(image_info(c->img)->vmcoreinfo_searched);
	done(&v, c);
}

static void test_no_symbols(void **state)
{
	struct testvmcore v;
	struct cairn *c;
	uint64_t addr;

	(void)state;
	tv_make(&v, 0);
	tv_put(&v, TV_SYMS, 0, 4); /* num_syms */
	c = open_made(&v);
	assert_non_null(strstr(reason(c, "symbols"), "num_syms is 0"));
	assert_int_equal(cairn_symbol(c, "init_uts_ns", &addr, NULL), CAIRN_OK); /* VMCOREINFO's */
	assert_int_equal(addr, TV_IMAGE + TV_END);
	assert_int_equal(cairn_symbol(c, "init_task", &addr, NULL), CAIRN_MISSING);
	assert_int_equal(cairn_read(c, TV_IMAGE + TV_INIT_TASK, &addr, 8, NULL), CAIRN_OK);
	done(&v, c);
}

/* One that is lost is named as lost, and takes neither the others nor types with it. */
static void test_some_symbols_lost(void **state)
{
	const struct tasks *ts;
	struct testvmcore v;
	struct cairn_err err;
	struct cairn *c;
	uint64_t addr, off;

	(void)state;
	tv_make(&v, 0);
	tv_put(&v, v.tables.t.offsets - TV_IMAGE + 4 * 6, 0, 4);
	c = open_made(&v);
	assert_non_null(reason(c, "symbols"));
	if (!strstr(reason(c, "symbols"), "1 of 19 are lost"))
		fail_msg("%s", reason(c, "symbols"));
	assert_null(reason(c, "types"));
	assert_int_equal(cairn_symbol(c, "do_something", &addr, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "lost"));
	assert_null(cairn_symbolize(c, TV_IMAGE + TV_STEXT + 0x123, &off));
	assert_int_equal(tasks_get(c, &ts, NULL), CAIRN_OK);
	assert_int_equal(ts->n, 5);
	done(&v, c);
}

static void test_no_types(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, TV_NO_BTF);
	uint64_t addr;

	(void)state;
	assert_int_equal(cairn_symbol(c, "init_task", &addr, NULL), CAIRN_OK);
	done(&v, c);
	tv_make(&v, 0);
	tv_put(&v, TV_BTF, 0, 8); /* it is named, and is none */
	c = open_made(&v);
	assert_non_null(reason(c, "types"));
	assert_int_equal(cairn_symbol(c, "init_task", &addr, NULL), CAIRN_OK);
	assert_int_equal(cairn_member(c, "struct zoo", "pid", &addr, &addr, NULL), CAIRN_MISSING);
	done(&v, c);
}

static void test_no_registers(void **state)
{
	struct testvmcore v;
	struct cairn *c = open_new(&v, TV_NO_REGS);
	const struct cpus *cpus;

	(void)state;
	assert_int_equal(cpus_get(c, &cpus, NULL), CAIRN_OK);
	for (size_t i = 0; i < cpus->n; i++)
		assert_int_equal(cpus->cpu[i].regs_source, CPU_REGS_NONE);
	done(&v, c);
}

static void test_broken_task_list(void **state)
{
	struct testvmcore v;
	struct cairn *c;
	const struct tasks *ts;

	(void)state;
	tv_make(&v, 0);
	tv_put(&v, TV_TASKS + 0x200 + TM_TASKS, TV_IMAGE + TV_EXCLUDED, 8);
	c = open_made(&v);
	assert_int_equal(tasks_get(c, &ts, NULL), CAIRN_OK);
	assert_true(ts->partial);
	assert_int_equal(ts->n, 6); /* the lost one, and the rest from the other end */
	assert_int_equal(ts->task[3].fault->fault, CAIRN_FAULT_EXCLUDED);
	assert_string_equal(ts->task[5].comm, "kthreadd");
	assert_non_null(strstr(reason(c, "task list"), "excluded"));
	done(&v, c);
}

static void test_truncated(void **state)
{
	struct testvmcore v;
	struct cairn_err err;
	struct cairn *c;
	size_t keep;

	(void)state;
	for (keep = 0; keep < 0x200000; keep += keep < 0x2000 ? 61 : 0xf123) {
		const struct tasks *ts;

		tv_make(&v, 0);
		tv_finish(&v, keep);
		if (tv_open(&v, &c, &err) == CAIRN_OK) {
			assert_true(keep > 64);
			assert_non_null(reason(c, "dump file"));
			tasks_get(c, &ts, NULL);
			cairn_close(c);
		} else {
			assert_true(keep < 0x2000);
			assert_true(err.text[0]);
		}
		tv_free(&v);
	}
}

static void test_no_dump(void **state)
{
	static const char *const paths[] = {
		"/nonexistent/vmcore", "/dev/null", "/", "/proc/self/exe",
	};
	struct cairn_err err;
	struct cairn *c;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_not_equal(cairn_open(&c, &paths[i], 1, NULL, &err), CAIRN_OK);
		assert_non_null(strstr(err.text, paths[i]));
		assert_int_not_equal(cairn_open(&c, &paths[i], 1, NULL, NULL), CAIRN_OK);
	}
	assert_int_equal(cairn_open(&c, paths, 0, NULL, &err), CAIRN_USAGE);
	cairn_close(NULL);
}

static void test_degraded_list(void **state)
{
	static char what[DEGRADED_LIMIT + 5][8];
	struct testvmcore v;
	struct cairn *c = open_new(&v, 0);
	struct cairn_err err;

	(void)state;
	for (size_t i = 0; i < DEGRADED_LIMIT + 5; i++) {
		snprintf(what[i], sizeof(what[i]), "part%zu", i);
		cairn_fail(&err, CAIRN_CORRUPT, "reason %zu", i);
		session_degrade(c, what[i], &err);
		session_degrade(c, what[0], &err); /* once per part */
	}
	assert_string_equal(reason(c, "part0"), "reason 0");
	assert_string_equal(cairn_degraded(c, DEGRADED_LIMIT - 1)->reason, "reason 31");
	assert_null(cairn_degraded(c, DEGRADED_LIMIT));
	assert_null(cairn_degraded(c, SIZE_MAX));
	done(&v, c);
}

/* ---- the cache ---- */

static struct cairn *open_cached(const struct testvmcore *v)
{
	static const struct cairn_opts opts = { .no_debug_search = true };
	const char *const paths[] = { v->path };
	struct cairn_err err;
	struct cairn *c = NULL;

	if (cairn_open(&c, paths, 1, &opts, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	return c;
}

static void test_cache(void **state)
{
	char home[] = "/tmp/cairn-session-XXXXXX", file[128];
	struct testvmcore v;
	struct cairn *c;

	(void)state;
	assert_non_null(mkdtemp(home));
	setenv("XDG_CACHE_HOME", home, 1);
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	for (int i = 0; i < 3; i++) {
		c = open_cached(&v);
		assert_int_equal(c->index != NULL, i > 0);
		check_answers(c);
		cairn_close(c);
	}
	snprintf(file, sizeof(file), "%s/cairn/00112233445566778899aabbccddeeff00112233", home);
	assert_int_equal(truncate(file, 5000), 0); /* what does not verify is made anew */
	for (int i = 0; i < 2; i++) {
		c = open_cached(&v);
		assert_int_equal(c->index != NULL, i > 0);
		check_answers(c);
		cairn_close(c);
	}
	tv_free(&v);
	assert_int_equal(unlink(file), 0);
	*strrchr(file, '/') = '\0';
	assert_int_equal(rmdir(file), 0); /* nothing else was left there */
	assert_int_equal(rmdir(home), 0);
	unsetenv("XDG_CACHE_HOME");
}

/* The index of a kernel serves its dumps that lack symbols and types. */
static void test_cache_stands_in(void **state)
{
	char home[] = "/tmp/cairn-session-XXXXXX", command[64];
	struct testvmcore v;
	struct cairn *c;

	(void)state;
	assert_non_null(mkdtemp(home));
	setenv("XDG_CACHE_HOME", home, 1);
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	cairn_close(open_cached(&v));
	tv_free(&v);
	tv_make(&v, 0);
	memset(v.mem.range[0].data + TV_SYMS + 0x1000, 0, 0x1000);
	memset(v.mem.range[0].data + TV_BTF + 24, 0, (size_t)v.btf_size - 24);
	tv_finish(&v, SIZE_MAX);
	c = open_cached(&v);
	check_answers(c);
	done(&v, c);
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	assert_int_equal(system(command), 0);
	unsetenv("XDG_CACHE_HOME");
}

/* ---- out of memory ---- */

/* The n-th allocation fails, for every n there is: it may cost parts, and nothing else. */
static void test_out_of_memory(void **state)
{
	struct testvmcore v;
	bool whole = false;

	(void)state;
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	for (long n = 0; !whole; n++) {
		const struct tasks *ts;
		const struct cpus *cpus;
		struct cairn *c = NULL;
		struct cairn_err err;
		enum cairn_code code;

		assert_true(n < 3000);
		mem_fail_after(n);
		code = tv_open(&v, &c, &err);
		if (code == CAIRN_OK) {
			whole = cpus_get(c, &cpus, &err) == CAIRN_OK &&
				tasks_get(c, &ts, &err) == CAIRN_OK && !cairn_degraded(c, 0);
			cairn_symbolize(c, TV_IMAGE + TV_STEXT, NULL);
		} else {
			assert_true(err.text[0]);
		}
		mem_fail_after(-1);
		cairn_close(c);
	}
	tv_free(&v);
}

/* ---- real dumps ---- */

/* Where a kernel has one of the variables that cairn gives types, it has the type, and the
 * type is no larger than the variable. */
static void test_globals_of_real_dumps(void **state)
{
	char *list = getenv("CAIRN_TEST_DUMPS"), *save, *path;
	const struct cairn_opts opts = { .no_cache = true, .no_debug_search = true };

	(void)state;
	if (!list)
		skip();
	list = strdup(list);
	for (path = strtok_r(list, " :", &save); path; path = strtok_r(NULL, " :", &save)) {
		struct cairn_err err;
		const char *name;
		struct cairn *c;
		size_t found = 0;
		struct sym data;

		if (cairn_open(&c, (const char *const *)&path, 1, &opts, &err) != CAIRN_OK)
			fail_msg("%s", err.text);
		for (size_t i = 0; c->types.first && (name = global_name(i)); i++) {
			const struct type *t = type_of_variable(&c->types, name);
			struct sym s;

			if (!sym_find(&c->syms, name, &s))
				continue;
			if (!t || !type_strip(t)->size)
				fail_msg("%s: %s has no type", path, name);
			if (s.size && type_strip(t)->size > s.size)
				fail_msg("%s: %s has %llu bytes, its type %llu", path, name,
					 (unsigned long long)s.size,
					 (unsigned long long)type_strip(t)->size);
			found++;
		}
		/* kernels without CONFIG_KALLSYMS_ALL name next to no data */
		if (c->types.first)
			assert_true(found > (sym_find(&c->syms, "jiffies_64", &data) ? 5 : 0));
		cairn_close(c);
	}
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_excluded_page),
		cmocka_unit_test(test_tasks_and_cpus),
		cmocka_unit_test(test_no_vmcoreinfo),
		cmocka_unit_test(test_vmcoreinfo_in_memory),
		cmocka_unit_test(test_no_symbols),
		cmocka_unit_test(test_some_symbols_lost),
		cmocka_unit_test(test_no_types),
		cmocka_unit_test(test_no_registers),
		cmocka_unit_test(test_broken_task_list),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_no_dump),
		cmocka_unit_test(test_degraded_list),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_stands_in),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_globals_of_real_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
