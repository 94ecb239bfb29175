/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/debug/kallsyms_index.h"
#include "lib/debug/testspace.h"
#include "lib/debug/testsyms.h"

#define BASE 0xffffffff81000000u
#define SLIDE 0x12400000u
#define TABLES 0x20000u
#define ID "abcdef"

static const struct tsym syms[] = {
	{ "percpu_start", 'A', 0 }, { "runqueues", 'A', 0x2000 }, { "_text", 'T', BASE },
	{ "_stext", 'T', BASE + 0x1000 }, { "twin", 't', BASE + 0x1100 },
	{ "twin", 't', BASE + 0x1200 }, { "_end", 'B', BASE + 0x9000 },
};
#define NSYMS (sizeof(syms) / sizeof(syms[0]))

/* The same build, loaded at another address. */
struct kernel {
	struct testspace ts;
	struct tsyms tables;
	char info[1024];
	struct vmcoreinfo v;
	struct arena arena;
	struct kallsyms k;
};

static void boot(struct kernel *k, uint64_t slide)
{
	struct tsym slid[NSYMS];

	*k = (struct kernel){ .ts.va = BASE + slide };
	ts_init(&k->ts);
	for (size_t i = 0; i < NSYMS; i++) {
		slid[i] = syms[i];
		slid[i].addr += slid[i].addr >= BASE ? slide : 0;
	}
	k->tables = (struct tsyms){
		.encoding = KALLSYMS_ABSOLUTE_PERCPU, .word = 8, .relative_base = BASE + slide,
		.va = BASE + slide + TABLES, .delta = BASE + slide,
	};
	tsyms_write(&k->tables, &k->ts.mem, slid, NSYMS);
	snprintf(k->info, sizeof(k->info), "SYMBOL(_stext)=%llx\n",
		 (unsigned long long)(BASE + slide + 0x1000));
	tsyms_export(&k->tables, k->info, sizeof(k->info));
	k->v = (struct vmcoreinfo){ k->info, strlen(k->info) };
}

static void halt(struct kernel *k)
{
	arena_deinit(&k->arena);
	ts_free(&k->ts);
}

static char home[] = "/tmp/cairn-syms-XXXXXX";

static int set_up(void **state)
{
	struct index_part part[INDEX_SECTIONS] = { 0 };
	struct kallsyms_head head;
	struct kernel first;

	(void)state;
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_CACHE_HOME", home, 1);
	boot(&first, 0);
	ts_open(&first.ts, 8);
	if (kallsyms_load(&first.k, &first.ts.sp, &first.v, &first.arena, NULL) != CAIRN_OK)
		return -1;
	kallsyms_parts(&first.k, &head, part);
	if (index_save(ID, part, NULL) != CAIRN_OK)
		return -1;
	halt(&first);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command);
}

static enum cairn_code take(struct kernel *k, struct index **idx, struct cairn_err *err)
{
	ts_open(&k->ts, 8);
	assert_int_equal(index_open(idx, ID, NULL), CAIRN_OK);
	return kallsyms_from_index(&k->k, *idx, &k->ts.sp, &k->v, &k->arena, err);
}

/* Addresses move with the image, per-CPU offsets do not. */
static void test_another_slide(void **state)
{
	struct cairn_err err;
	struct syms table;
	struct index *idx;
	struct kernel k;
	struct sym s;

	(void)state;
	boot(&k, SLIDE);
	assert_int_equal(take(&k, &idx, &err), CAIRN_OK);
	syms_init(&table, &k.arena);
	assert_int_equal(kallsyms_register(&k.k, &table, &err), CAIRN_OK);
	for (size_t i = 0; i < NSYMS; i++) {
		bool percpu = syms[i].addr < BASE;

		assert_true(table.first->ops->at(table.first->self, i, &s));
		assert_string_equal(s.name, syms[i].name);
		assert_int_equal(s.type, syms[i].type);
		assert_int_equal(s.addr, syms[i].addr + (percpu ? 0 : SLIDE));
		assert_int_equal(s.percpu, percpu);
		assert_true(sym_find(&table, syms[i].name, &s));
	}
	assert_true(sym_find_nth(&table, "twin", 1, &s));
	assert_int_equal(s.addr, BASE + SLIDE + 0x1200);
	assert_false(sym_find(&table, "none", &s));
	index_close(idx);
	halt(&k);
}

/* A kernel with the same build-id that is another one all the same. */
static void test_another_kernel(void **state)
{
	struct cairn_err err;
	struct index *idx;
	struct kernel k;

	(void)state;
	for (int which = 0; which < 3; which++) {
		boot(&k, SLIDE);
		ts_put(&k.ts, which == 0   ? k.tables.t.num_syms
			      : which == 1 ? k.tables.t.names + 1
					   : k.tables.t.token_index + 40, 0x77, 1);
		assert_int_equal(take(&k, &idx, &err), CAIRN_CORRUPT);
		assert_non_null(strstr(err.text, "another kernel"));
		index_close(idx);
		halt(&k);
	}
}

/* What the dump lacks does not contradict: the index then stands in for it. */
static void test_tables_not_in_the_dump(void **state)
{
	struct index *idx;
	struct kernel k;

	(void)state;
	boot(&k, SLIDE);
	k.tables.t.names = k.tables.t.num_syms = k.tables.t.token_index = BASE + SLIDE + TS_HOLE;
	snprintf(k.info, sizeof(k.info), "SYMBOL(_stext)=%llx\n",
		 (unsigned long long)(BASE + SLIDE + 0x1000));
	tsyms_export(&k.tables, k.info, sizeof(k.info));
	k.v.len = strlen(k.info);
	assert_int_equal(take(&k, &idx, NULL), CAIRN_OK);
	index_close(idx);
	halt(&k);
	boot(&k, SLIDE); /* before 6.0 nothing says where they are */
	snprintf(k.info, sizeof(k.info), "SYMBOL(_stext)=%llx\n",
		 (unsigned long long)(BASE + SLIDE + 0x1000));
	k.v.len = strlen(k.info);
	assert_int_equal(take(&k, &idx, NULL), CAIRN_OK);
	index_close(idx);
	halt(&k);
}

static void test_no_stext(void **state)
{
	struct index *idx;
	struct kernel k;

	(void)state;
	boot(&k, 0);
	k.info[0] = '\0';
	k.v.len = 0;
	assert_int_equal(take(&k, &idx, NULL), CAIRN_MISSING);
	index_close(idx);
	halt(&k);
}

/* Sections that do not fit each other are as good as absent. */
static void test_sections_that_lie(void **state)
{
	struct index_part part[INDEX_SECTIONS] = { 0 }, all[INDEX_SECTIONS] = { 0 };
	uint16_t token_index[256];
	struct kallsyms_head head, big;
	struct index *idx;
	struct kernel k;

	(void)state;
	boot(&k, 0);
	ts_open(&k.ts, 8);
	assert_int_equal(kallsyms_load(&k.k, &k.ts.sp, &k.v, &k.arena, NULL), CAIRN_OK);
	kallsyms_parts(&k.k, &head, all);
	big = head;
	big.n++;
	memset(token_index, 0xff, sizeof(token_index));
	for (unsigned bad = INDEX_SYM_HEAD; bad <= INDEX_SYM_BY_NAME; bad++)
		for (int how = 0; how < 2; how++) {
			enum cairn_code code;
			struct kallsyms got;

			memcpy(part, all, sizeof(part));
			if (how)
				part[bad].data = NULL;
			else if (bad == INDEX_SYM_HEAD)
				part[bad].data = &big;
			else if (bad == INDEX_SYM_TOKEN_INDEX)
				part[bad].data = token_index;
			else
				part[bad].len--;
			assert_int_equal(index_save("feed", part, NULL), CAIRN_OK);
			assert_int_equal(index_open(&idx, "feed", NULL), CAIRN_OK);
			code = kallsyms_from_index(&got, idx, &k.ts.sp, &k.v, &k.arena, NULL);
			assert_int_not_equal(code, CAIRN_OK);
			index_close(idx);
		}
	halt(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_slide),
		cmocka_unit_test(test_another_kernel),
		cmocka_unit_test(test_tables_not_in_the_dump),
		cmocka_unit_test(test_no_stext),
		cmocka_unit_test(test_sections_that_lie),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
