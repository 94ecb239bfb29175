/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/debug/testspace.h"
#include "lib/debug/testsyms.h"

#define BASE 0xffffffff81000000u
#define BASE32 0xc0000000u
#define TABLES 0x20ff8u /* num_syms; names fill the next page */
#define FILLERS 600u
#define NSYMS_MAX 640u

static char filler_name[FILLERS][32];
static char long_name[400];

/* The symbols of a made-up kernel whose image begins at `base`; per-CPU offsets first, where
 * the encoding can hold them. Returns how many. */
static uint32_t make_symbols(struct tsym *sym, uint64_t base, bool percpu)
{
	const struct tsym fixed[] = {
		{ "_text", 'T', base }, { "_stext", 'T', base + 0x1000 },
		{ "first_func", 'T', base + 0x1000 }, { "do_init_read", 't', base + 0x1040 },
		{ "vm_alias", 'T', base + 0x1100 }, { "__alias", 't', base + 0x1100 },
		{ "weak_alias", 'W', base + 0x1100 }, { "twin", 't', base + 0x1200 },
		{ "twin", 't', base + 0x1300 }, { long_name, 't', base + 0x1400 },
	};
	const struct tsym tail[] = {
		{ "_etext", 'T', base + 0x8000 }, { "_sinittext", 'T', base + 0x9000 },
		{ "_einittext", 'T', base + 0xa000 }, { "init_task", 'D', base + 0xb000 },
		{ "_end", 'B', base + 0xf000 }, { "behind_end", 'B', base + 0xf010 },
	};
	uint32_t n = 0, i;

	memset(long_name, 'q', sizeof(long_name) - 1);
	if (percpu) {
		sym[n++] = (struct tsym){ "fixed_percpu_data", 'A', 0 };
		sym[n++] = (struct tsym){ "runqueues", 'A', 0x2000 };
	}
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		sym[n++] = fixed[i];
	for (i = 0; i < FILLERS; i++) {
		snprintf(filler_name[i], sizeof(filler_name[i]), "sched_irq%u_write", i);
		sym[n++] = (struct tsym){ filler_name[i], 't', base + 0x2000 + i * 16 };
	}
	for (i = 0; i < sizeof(tail) / sizeof(tail[0]); i++)
		sym[n++] = tail[i];
	return n;
}

struct fixture {
	struct testspace ts;
	struct tsyms tables;
	struct tsym sym[NSYMS_MAX];
	uint32_t n;
	char info[2048];
	struct arena arena;
	struct kallsyms k;
	struct syms syms;
	struct cairn_err err;
};

static void begin(struct fixture *f, enum kallsyms_encoding e, uint8_t word, bool old_order)
{
	uint64_t base = word == 8 ? BASE : BASE32;

	*f = (struct fixture){ .ts.va = base };
	ts_init(&f->ts);
	f->n = make_symbols(f->sym, base,
			    e == KALLSYMS_ABSOLUTE_PERCPU || e == KALLSYMS_ABSOLUTE);
	f->tables = (struct tsyms){
		.encoding = e, .addresses_first = old_order, .word = word,
		.relative_base = base, .va = base + TABLES, .delta = base,
	};
	tsyms_write(&f->tables, &f->ts.mem, f->sym, f->n);
	snprintf(f->info, sizeof(f->info), "SYMBOL(_stext)=%llx\nSYMBOL(init_uts_ns)=%llx\n",
		 (unsigned long long)base + 0x1000, (unsigned long long)base + 0x200000);
}

static enum cairn_code load(struct fixture *f)
{
	struct vmcoreinfo v = { f->info, strlen(f->info) };

	ts_open(&f->ts, f->tables.word);
	return kallsyms_load(&f->k, &f->ts.sp, &v, &f->arena, &f->err);
}

static void end(struct fixture *f)
{
	arena_deinit(&f->arena);
	ts_free(&f->ts);
}

static void check_all(struct fixture *f)
{
	struct sym s;

	syms_init(&f->syms, &f->arena);
	assert_int_equal(kallsyms_register(&f->k, &f->syms, &f->err), CAIRN_OK);
	assert_int_equal(f->k.n, f->n);
	for (uint32_t i = 0; i < f->n; i++) {
		char buf[KALLSYMS_NAME_MAX], type;

		assert_int_equal(kallsyms_text(&f->k, i, buf, &type), strlen(f->sym[i].name));
		assert_string_equal(buf, f->sym[i].name);
		assert_int_equal(type, f->sym[i].type);
		assert_int_equal(kallsyms_addr(&f->k, i), f->sym[i].addr);
		assert_true(sym_find(&f->syms, f->sym[i].name, &s));
		assert_string_equal(s.name, f->sym[i].name);
		assert_int_equal(s.percpu, f->sym[i].addr < 0x10000);
		assert_null(s.module);
	}
	assert_false(sym_find(&f->syms, "no_such_symbol", &s));
	assert_false(sym_find(&f->syms, "", &s));
	assert_false(sym_find(&f->syms, "twi", &s));
}

/* ---- encodings, orders ---- */

static void test_encodings(void **state)
{
	static const struct {
		enum kallsyms_encoding encoding;
		uint8_t word;
		bool old_order, exported;
	} cases[] = {
		{ KALLSYMS_ABSOLUTE, 8, true, true },
		{ KALLSYMS_ABSOLUTE, 8, true, false },
		{ KALLSYMS_ABSOLUTE, 4, true, true },
		{ KALLSYMS_ABSOLUTE, 4, true, false },
		{ KALLSYMS_BASE_RELATIVE, 8, true, true },
		{ KALLSYMS_BASE_RELATIVE, 8, true, false },
		{ KALLSYMS_BASE_RELATIVE, 8, false, true },
		{ KALLSYMS_BASE_RELATIVE, 4, true, false },
		{ KALLSYMS_BASE_RELATIVE, 4, false, true },
		{ KALLSYMS_ABSOLUTE_PERCPU, 8, true, true },
		{ KALLSYMS_ABSOLUTE_PERCPU, 8, true, false },
		{ KALLSYMS_ABSOLUTE_PERCPU, 8, false, true },
		{ KALLSYMS_PLACE_RELATIVE, 8, false, true },
		{ KALLSYMS_PLACE_RELATIVE, 4, false, true },
		{ KALLSYMS_VALUE32, 4, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		begin(&f, cases[i].encoding, cases[i].word, cases[i].old_order);
		if (cases[i].exported)
			tsyms_export(&f.tables, f.info, sizeof(f.info));
		if (load(&f) != CAIRN_OK)
			fail_msg("case %zu: %s", i, f.err.text);
		assert_int_equal(f.k.encoding, cases[i].encoding);
		check_all(&f);
		end(&f);
	}
}

static void test_two_byte_length(void **state)
{
	struct fixture f;
	uint32_t i = 0;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	while (f.sym[i].name != long_name)
		i++;
	assert_true(f.k.names[f.k.start[i]] & 0x80);
	assert_int_equal(f.k.start[i + 1] - f.k.start[i], 2 + 1 + strlen(long_name));
	end(&f);
}

/* The digits also stand elsewhere in the image; only one place has an index behind it. */
static void test_search_is_not_deceived(void **state)
{
	static const char decoy[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
	ts_write(&f.ts, BASE + 0x18000, decoy, sizeof(decoy));
	ts_write(&f.ts, BASE + 0x1f0000, decoy, sizeof(decoy));
	assert_int_equal(load(&f), CAIRN_OK);
	check_all(&f);
	end(&f);
}

static void test_search_finds_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
	ts_put(&f.ts, f.tables.t.token_index + 100, 0, 2);
	assert_int_equal(load(&f), CAIRN_NOTFOUND);
	assert_non_null(strstr(f.err.text, "token_table"));
	end(&f);
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
	ts_put(&f.ts, f.tables.markers + 4, 1, 4);
	assert_int_equal(load(&f), CAIRN_NOTFOUND);
	assert_non_null(strstr(f.err.text, "no names"));
	end(&f);
}

/* ---- lookup ---- */

static void test_by_address(void **state)
{
	struct fixture f;
	struct sym s;
	uint64_t off;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	assert_true(sym_at(&f.syms, BASE, &s, &off));
	assert_string_equal(s.name, "_text");
	/* of several names at one address the first, and the size reaches beyond all of them */
	assert_true(sym_at(&f.syms, BASE + 0x1105, &s, &off));
	assert_string_equal(s.name, "vm_alias");
	assert_int_equal(off, 5);
	assert_int_equal(s.size, 0x100);
	assert_true(sym_at(&f.syms, BASE + 0x103f, &s, &off));
	assert_string_equal(s.name, "_stext");
	assert_int_equal(off, 0x3f);
	assert_true(sym_at(&f.syms, BASE + 0xefff, &s, &off));
	assert_string_equal(s.name, "init_task");
	assert_int_equal(s.size, 0x4000);
	assert_int_equal(s.type, 'D');
	assert_false(sym_at(&f.syms, BASE + 0xf000, &s, &off)); /* _end */
	assert_false(sym_at(&f.syms, BASE - 1, &s, &off));
	assert_false(sym_at(&f.syms, 0x2000, &s, &off)); /* an offset is no address */
	assert_false(sym_at(&f.syms, UINT64_MAX, &s, &off));
	end(&f);
}

static void test_sizes_at_the_borders(void **state)
{
	struct fixture f;
	struct sym s;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	assert_true(sym_find(&f.syms, "fixed_percpu_data", &s));
	assert_true(s.percpu);
	assert_int_equal(s.size, 0x2000);
	assert_true(sym_find(&f.syms, "runqueues", &s)); /* the last one: who knows */
	assert_true(s.percpu);
	assert_int_equal(s.size, 0);
	assert_true(sym_find(&f.syms, "behind_end", &s));
	assert_int_equal(s.size, 0);
	end(&f);
}

static void test_names_that_repeat(void **state)
{
	struct fixture f;
	struct sym s;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	assert_true(sym_find_nth(&f.syms, "twin", 0, &s));
	assert_int_equal(s.addr, BASE + 0x1200);
	assert_true(sym_find_nth(&f.syms, "twin", 1, &s));
	assert_int_equal(s.addr, BASE + 0x1300);
	assert_false(sym_find_nth(&f.syms, "twin", 2, &s));
	end(&f);
}

static void test_text_ranges(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	assert_true(sym_is_text(&f.syms, BASE));
	assert_true(sym_is_text(&f.syms, BASE + 0x7fff));
	assert_false(sym_is_text(&f.syms, BASE + 0x8000));
	assert_true(sym_is_text(&f.syms, BASE + 0x9000));
	assert_false(sym_is_text(&f.syms, BASE + 0xa000));
	assert_false(sym_is_text(&f.syms, BASE + 0xb000));
	end(&f);
}

static void test_table_order(void **state)
{
	struct fixture f;
	struct sym s;
	size_t i;

	(void)state;
	begin(&f, KALLSYMS_PLACE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_OK);
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	for (i = 0; f.syms.first->ops->at(f.syms.first->self, i, &s); i++) {
		assert_true(i < f.n);
		assert_string_equal(s.name, f.sym[i].name);
		assert_int_equal(s.addr, f.sym[i].addr);
	}
	assert_int_equal(i, f.n);
	end(&f);
}

/* ---- damage ---- */

static uint64_t entry_of(const struct fixture *f, const char *name)
{
	uint32_t i = 0;

	while (strcmp(f->sym[i].name, name))
		i++;
	return f->tables.t.offsets + 4 * i;
}

static void put_at(struct fixture *f, uint64_t va, uint64_t value, size_t bytes)
{
	ts_put(&f->ts, va, value, bytes);
}

static void num_syms_zero(struct fixture *f) { put_at(f, f->tables.t.num_syms, 0, 4); }
static void num_syms_huge(struct fixture *f) { put_at(f, f->tables.t.num_syms, -1u, 4); }
static void num_syms_more(struct fixture *f) { put_at(f, f->tables.t.num_syms, f->n + 1, 4); }
static void num_syms_one(struct fixture *f) { put_at(f, f->tables.t.num_syms, 1, 4); }
static void names_long(struct fixture *f) { put_at(f, f->tables.t.names, 0x7fff, 2); }
static void names_empty(struct fixture *f) { put_at(f, f->tables.t.names, 0, 1); }
static void index_falls(struct fixture *f) { put_at(f, f->tables.t.token_index + 200, 0, 2); }
static void index_far(struct fixture *f) { put_at(f, f->tables.t.token_index + 510, 0xffff, 2); }
static void addresses_fall(struct fixture *f) { put_at(f, entry_of(f, "init_task"), 0, 4); }
static void stext_moved(struct fixture *f) { put_at(f, entry_of(f, "_stext"), 0x2000, 4); }

/* What an exported name says instead. */
static void say(struct fixture *f, const char *name, uint64_t addr)
{
	char line[128], *at;

	snprintf(line, sizeof(line), "SYMBOL(%s)=", name);
	at = strstr(f->info, line);
	assert_non_null(at);
	snprintf(line, sizeof(line), "%016llx", (unsigned long long)addr);
	memcpy(strchr(at, '=') + 1, line, 16);
}

static void names_in_hole(struct fixture *f) { say(f, "kallsyms_names", BASE + TS_HOLE); }
static void num_syms_unmapped(struct fixture *f) { say(f, "kallsyms_num_syms", BASE + TS_SIZE); }
static void offsets_odd(struct fixture *f) { say(f, "kallsyms_offsets", 0x1234567812345678); }
static void tokens_in_hole(struct fixture *f) { say(f, "kallsyms_token_index", BASE + TS_HOLE); }
static void names_last(struct fixture *f) { say(f, "kallsyms_names", BASE + TS_SIZE - 64); }
static void stext_wrong(struct fixture *f) { say(f, "_stext", BASE + 0x4242); }

static void test_damage(void **state)
{
	static const struct {
		void (*make)(struct fixture *f);
		enum cairn_code code;
		const char *says;
	} cases[] = {
		{ num_syms_zero, CAIRN_CORRUPT, "num_syms is 0" },
		{ num_syms_huge, CAIRN_CORRUPT, "num_syms is 4294967295" },
		{ num_syms_one, CAIRN_CORRUPT, "_stext" },
		{ index_falls, CAIRN_CORRUPT, "does not rise" },
		{ index_far, CAIRN_CORRUPT, "too short" },
		{ stext_moved, CAIRN_CORRUPT, "_stext" },
		{ stext_wrong, CAIRN_CORRUPT, "_stext" },
		{ names_in_hole, CAIRN_FAULT, "absent" },
		{ offsets_odd, CAIRN_FAULT, "canonical" },
		{ tokens_in_hole, CAIRN_FAULT, "absent" },
		{ names_last, CAIRN_FAULT, "unmapped" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		enum cairn_code code;

		begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
		tsyms_export(&f.tables, f.info, sizeof(f.info));
		cases[i].make(&f);
		code = load(&f);
		if (code != cases[i].code || !strstr(f.err.text, cases[i].says))
			fail_msg("case %zu: code %d, \"%s\"", i, code, code ? f.err.text : "");
		end(&f);
	}
}

/* ---- damage that costs a part ---- */

/* The page under va is not in the dump after all. */
static void lose_page(struct fixture *f, uint64_t va)
{
	struct testmem *m = &f->ts.mem;
	uint64_t page = (va - f->ts.va) & ~UINT64_C(0xfff), rest = page + 0x1000;

	testmem_add(m, rest, TS_HOLE - rest);
	memcpy(m->range[m->nranges - 1].data, m->range[0].data + rest, (size_t)(TS_HOLE - rest));
	testmem_exclude(m, page, 0x1000);
	m->range[0].size = page;
}

/* What is not lost is right, and found; what is lost is counted, and answers for nothing. */
static uint32_t check_rest(struct fixture *f)
{
	uint32_t lost = 0;
	struct sym s;

	syms_init(&f->syms, &f->arena);
	assert_int_equal(kallsyms_register(&f->k, &f->syms, &f->err), CAIRN_OK);
	for (uint32_t i = 0; i < f->n; i++) {
		char buf[KALLSYMS_NAME_MAX], type;

		if (!kallsyms_text(&f->k, i, buf, &type)) {
			lost++;
			continue;
		}
		assert_string_equal(buf, f->sym[i].name);
		assert_int_equal(type, f->sym[i].type);
		assert_int_equal(kallsyms_addr(&f->k, i), f->sym[i].addr);
		assert_true(sym_find(&f->syms, buf, &s));
		if (sym_at(&f->syms, f->sym[i].addr, &s, NULL))
			assert_int_equal(s.addr, f->sym[i].addr);
	}
	return lost;
}

static void test_lost_pages(void **state)
{
	struct fixture f;

	(void)state;
	for (int which = 0; which < 2; which++) {
		begin(&f, which ? KALLSYMS_PLACE_RELATIVE : KALLSYMS_BASE_RELATIVE, 8, false);
		tsyms_export(&f.tables, f.info, sizeof(f.info));
		lose_page(&f, which ? f.tables.t.offsets + 4 * f.n - 4 : f.tables.t.names);
		if (load(&f) != CAIRN_OK)
			fail_msg("%s", f.err.text);
		assert_int_equal(f.k.why.fault, CAIRN_FAULT_EXCLUDED);
		assert_in_range(f.k.lost, 50, f.n - 50);
		assert_int_equal(check_rest(&f), f.k.lost);
		end(&f);
	}
}

/* Without their number the table of offsets tells, which relative_base follows. */
static void test_lost_num_syms(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	num_syms_unmapped(&f);
	assert_int_equal(load(&f), CAIRN_OK);
	assert_in_range(f.k.n, f.n, f.n + 1);
	assert_int_equal(check_rest(&f), 0);
	end(&f);
}

static void test_lost_entries(void **state)
{
	static const struct {
		void (*make)(struct fixture *f);
		uint32_t lost;
	} cases[] = {
		{ names_long, 256 }, { names_empty, 256 }, /* up to the next marker */
		{ num_syms_more, 1 }, { addresses_fall, 1 },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
		tsyms_export(&f.tables, f.info, sizeof(f.info));
		cases[i].make(&f);
		if (load(&f) != CAIRN_OK)
			fail_msg("case %zu: %s", i, f.err.text);
		assert_int_equal(f.k.why.code, CAIRN_CORRUPT);
		assert_int_equal(f.k.lost, cases[i].lost);
		assert_in_range(check_rest(&f), cases[i].lost - 1, cases[i].lost);
		end(&f);
	}
}

static void rises_too_far(struct fixture *f)
{
	put_at(f, entry_of(f, "sched_irq7_write"), 0x7000000, 4);
}

/* The symbol that is out of order is the one that is lost, not all behind it. */
static void test_one_address_too_high(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	rises_too_far(&f);
	assert_int_equal(load(&f), CAIRN_OK);
	assert_int_equal(check_rest(&f), 1);
	end(&f);
}

/* The page with _stext's name: the encoding is told by the addresses of all. */
static void test_stext_lost(void **state)
{
	static const enum kallsyms_encoding e[] = {
		KALLSYMS_BASE_RELATIVE, KALLSYMS_ABSOLUTE_PERCPU, KALLSYMS_PLACE_RELATIVE,
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++) {
		begin(&f, e[i], 8, false);
		tsyms_export(&f.tables, f.info, sizeof(f.info));
		lose_page(&f, f.tables.t.names);
		if (load(&f) != CAIRN_OK)
			fail_msg("case %zu: %s", i, f.err.text);
		assert_int_equal(f.k.encoding, e[i]);
		assert_int_equal(check_rest(&f), f.k.lost);
		end(&f);
	}
}

/* ---- tables that lie to the search ---- */

static void test_index_leaves_its_table(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
	index_far(&f);
	assert_int_equal(load(&f), CAIRN_NOTFOUND);
	assert_non_null(strstr(f.err.text, "token_table"));
	end(&f);
}

static void test_marker_before_all(void **state)
{
	uint64_t stext = BASE + 0x1003;
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
	say(&f, "_stext", stext);
	ts_put(&f.ts, f.tables.markers + 8, f.tables.markers - stext, 4);
	assert_int_equal(load(&f), CAIRN_NOTFOUND);
	assert_non_null(strstr(f.err.text, "no names"));
	end(&f);
}

static void test_no_stext(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	f.info[0] = '\0';
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	assert_int_equal(load(&f), CAIRN_MISSING);
	end(&f);
}

/* A name that tells of more text than any name has is no name, and harms nothing else. */
static void test_endless_name(void **state)
{
	struct fixture f;
	char buf[KALLSYMS_NAME_MAX], type;
	struct sym s;

	(void)state;
	begin(&f, KALLSYMS_BASE_RELATIVE, 8, false);
	tsyms_export(&f.tables, f.info, sizeof(f.info));
	for (uint64_t at = f.tables.t.names; at < f.tables.markers; at++) {
		/* the q's of the long name: each becomes "task_struct" */
		unsigned char *p = f.ts.mem.range[0].data + (at - BASE);

		if (*p == 'q')
			*p = 2;
	}
	assert_int_equal(load(&f), CAIRN_OK);
	for (uint32_t i = 0; i < f.n; i++)
		if (f.sym[i].name == long_name) {
			assert_int_equal(kallsyms_text(&f.k, i, buf, &type), 0);
			assert_string_equal(buf, "");
			assert_int_equal(type, '?');
		}
	syms_init(&f.syms, &f.arena);
	assert_int_equal(kallsyms_register(&f.k, &f.syms, NULL), CAIRN_OK);
	assert_true(sym_at(&f.syms, BASE + 0x1400, &s, NULL));
	assert_string_equal(s.name, "");
	assert_true(sym_find(&f.syms, "init_task", &s));
	end(&f);
}

static void test_out_of_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;

	(void)state;
	for (long n = 0; code != CAIRN_OK; n++) {
		struct fixture f;
		struct vmcoreinfo v;

		assert_true(n < 100);
		begin(&f, KALLSYMS_ABSOLUTE_PERCPU, 8, true);
		v = (struct vmcoreinfo){ f.info, strlen(f.info) };
		ts_open(&f.ts, 8);
		mem_fail_after(n);
		code = kallsyms_load(&f.k, &f.ts.sp, &v, &f.arena, &f.err);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || f.err.text[0]);
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_two_byte_length),
		cmocka_unit_test(test_search_is_not_deceived),
		cmocka_unit_test(test_search_finds_nothing),
		cmocka_unit_test(test_by_address),
		cmocka_unit_test(test_sizes_at_the_borders),
		cmocka_unit_test(test_names_that_repeat),
		cmocka_unit_test(test_text_ranges),
		cmocka_unit_test(test_table_order),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lost_pages),
		cmocka_unit_test(test_lost_num_syms),
		cmocka_unit_test(test_lost_entries),
		cmocka_unit_test(test_one_address_too_high),
		cmocka_unit_test(test_stext_lost),
		cmocka_unit_test(test_index_leaves_its_table),
		cmocka_unit_test(test_marker_before_all),
		cmocka_unit_test(test_no_stext),
		cmocka_unit_test(test_endless_name),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
