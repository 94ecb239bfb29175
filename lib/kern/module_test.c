/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/module.h"
#include "lib/kern/testkern.h"

#define HEAD TK_BASE /* the list `modules` */
#define CORE(n) (UINT64_C(0x100000) + 0x10000 * (uint64_t)(n))
#define TEXT_SIZE 0x2000u
#define DATA(n) (CORE(n) + TEXT_SIZE)         /* of a module that keeps all together */
#define CORE_SIZE 0x6000u
#define THIS(n) (DATA(n) + 0x100)             /* struct module */
#define SYMTAB(n) (DATA(n) + 0x1000)
#define STRTAB(n) (DATA(n) + 0x2000)
#define TYPETAB(n) (DATA(n) + 0x3000)
#define PERCPU UINT64_C(0x40000)

enum { O_STATE = 0, O_LIST = 8, O_NAME = 24, O_BUILD_ID = 80, O_TAINTS = 104, O_KALLSYMS = 112,
       O_CORE_KALLSYMS = 120, O_PERCPU = 152, O_PERCPU_SIZE = 160, O_SYMS = 168,
       O_NUM_SYMS = 176, O_NOTES = 184, O_MEM = 192, O_END = 320 };

struct era {
	bool by_type; /* mem[MOD_TEXT] ..., else core_layout and init_layout */
	uint8_t word;
};

static const struct era eras[] = { { false, 8 }, { true, 8 }, { false, 4 }, { true, 4 } };

#define EACH_ERA(e) for (const struct era *e = eras; e < eras + 4; e++)

static void declare(struct testkern *k, const struct era *e)
{
	uint32_t w = e->word;

	tk_struct(k, "list_head", 2 * w, (const struct tk_member[]){
		{ "next", 0, w, 0, NULL }, { "prev", w, w, 0, NULL }, { 0 } });
	tk_struct(k, "mod_kallsyms", 4 * w, (const struct tk_member[]){
		{ "symtab", 0, w, 0, NULL }, { "num_symtab", w, 4, 0, NULL },
		{ "strtab", 2 * w, w, 0, NULL }, { "typetab", 3 * w, w, 0, NULL }, { 0 } });
	tk_struct(k, "piece", 16, (const struct tk_member[]){
		{ "base", 0, w, 0, NULL }, { "size", 8, 4, 0, NULL },
		{ e->by_type ? "pad" : "text_size", 12, 4, 0, NULL }, { 0 } });
	tk_struct(k, "kernel_symbol", 8, (const struct tk_member[]){
		{ .name = "value_offset", .size = 4, .nested = "-" },
		{ .name = "name_offset", .offset = 4, .size = 4, .nested = "-" }, { 0 } });
	tk_struct(k, "module", O_END, (const struct tk_member[]){
		{ "state", O_STATE, 4, 0, NULL }, { "list", O_LIST, 0, 0, "list_head" },
		{ "name", O_NAME, 1, 56, NULL }, { "build_id", O_BUILD_ID, 1, 20, NULL },
		{ "taints", O_TAINTS, w, 0, NULL }, { "kallsyms", O_KALLSYMS, w, 0, NULL },
		{ "percpu", O_PERCPU, w, 0, NULL }, { "percpu_size", O_PERCPU_SIZE, 4, 0, NULL },
		{ "syms", O_SYMS, w, 0, NULL }, { "num_syms", O_NUM_SYMS, 4, 0, NULL },
		{ "notes_attrs", O_NOTES, w, 0, NULL },
		{ e->by_type ? "mem" : "core_layout", O_MEM, 0, e->by_type ? 7 : 0, "piece" },
		{ e->by_type ? "none" : "init_layout", O_MEM + 16, 0, 0, "piece" }, { 0 } });
}

static void piece(struct testkern *k, unsigned n, const struct era *e, unsigned i, uint64_t base,
		  uint32_t size, uint32_t text)
{
	tk_put(k, THIS(n) + O_MEM + 16 * i, base, e->word);
	tk_put(k, THIS(n) + O_MEM + 16 * i + 8, size, 4);
	if (!e->by_type)
		tk_put(k, THIS(n) + O_MEM + 16 * i + 12, text, 4);
}

static void link_to(struct testkern *k, const struct era *e, uint64_t at, uint64_t next,
		    uint64_t prev)
{
	tk_put(k, at, next, e->word);
	tk_put(k, at + e->word, prev, e->word);
}

static uint64_t node(unsigned n, unsigned of)
{
	return n < of ? THIS(n) + O_LIST : HEAD;
}

static void module(struct testkern *k, unsigned n, unsigned of, const struct era *e)
{
	char name[] = "modX";

	name[3] = (char)('0' + n);
	tk_text(k, THIS(n) + O_NAME, name);
	link_to(k, e, node(n, of), node(n + 1, of), n ? node(n - 1, of) : HEAD);
	if (e->by_type) {
		piece(k, n, e, 0, CORE(n), TEXT_SIZE, 0);
		piece(k, n, e, 1, DATA(n), CORE_SIZE - TEXT_SIZE, 0);
	} else {
		piece(k, n, e, 0, CORE(n), CORE_SIZE, TEXT_SIZE);
	}
	tk_put(k, THIS(n) + O_KALLSYMS, THIS(n) + O_CORE_KALLSYMS, e->word);
	tk_put(k, THIS(n) + O_CORE_KALLSYMS, SYMTAB(n), e->word);
	tk_put(k, THIS(n) + O_CORE_KALLSYMS + 2 * e->word, STRTAB(n), e->word);
	tk_put(k, THIS(n) + O_CORE_KALLSYMS + 3 * e->word, TYPETAB(n), e->word);
	tk_put(k, THIS(n) + O_PERCPU, PERCPU, e->word);
	tk_put(k, THIS(n) + O_PERCPU_SIZE, 0x100, 4);
}

struct symbol {
	const char *name;
	uint64_t addr;
	unsigned char info;
	uint16_t shndx;
	char type;
};

/* The null symbol comes by itself. */
static void symbols(struct testkern *k, unsigned n, const struct era *e, const struct symbol *s)
{
	uint32_t size = e->word == 8 ? 24 : 16, str = 1, i;

	for (i = 1; s->name; s++, i++) {
		uint64_t at = SYMTAB(n) + i * size;

		tk_put(k, at, str, 4);
		tk_put(k, at + (size == 24 ? 8 : 4), s->addr, e->word);
		tk_put(k, at + (size == 24 ? 4 : 12), s->info, 1);
		tk_put(k, at + (size == 24 ? 6 : 14), s->shndx, 2);
		tk_text(k, STRTAB(n) + str, s->name);
		tk_put(k, TYPETAB(n) + i, (unsigned char)s->type, 1);
		str += (uint32_t)strlen(s->name) + 1;
	}
	tk_put(k, THIS(n) + O_CORE_KALLSYMS + e->word, i, 4);
}

static struct testkern *kernel(unsigned n, const struct era *e)
{
	struct testkern *k = tk_new();

	declare(k, e);
	tk_symbol(k, "modules", HEAD);
	link_to(k, e, HEAD, node(0, n), n ? node(n - 1, n) : HEAD);
	for (unsigned i = 0; i < n; i++)
		module(k, i, n, e);
	return k;
}

static const struct modules *get(struct testkern *k, const struct era *e)
{
	const struct modules *ms = NULL;
	struct cairn_err err = { 0 };

	if (modules_get(tk_open(k, e->word), &ms, &err) != CAIRN_OK)
		fprintf(stderr, "%s\n", err.text);
	assert_non_null(ms);
	return ms;
}

static void both_eras(void **state)
{
	static const struct sym function = { .type = 't' }, variable = { .type = 'd' };
	(void)state;
	EACH_ERA(e) {
		struct testkern *k = kernel(3, e);
		const struct modules *ms, *again;

		tk_put(k, THIS(1) + O_TAINTS, 0x3000, e->word);
		tk_put(k, THIS(2) + O_STATE, 2, 4);
		for (unsigned i = 0; i < 20; i++)
			tk_put(k, THIS(1) + O_BUILD_ID + i, 0xa0 + i, 1);
		ms = get(k, e);
		assert_int_equal(ms->n, 3);
		assert_false(ms->partial);
		for (unsigned i = 0; i < 3; i++) {
			const struct module *m = &ms->module[i];

			assert_int_equal(m->fault.code, CAIRN_OK);
			assert_int_equal(m->addr, THIS(i));
			assert_int_equal(m->base, CORE(i));
			assert_int_equal(m->size, CORE_SIZE);
			assert_int_equal(m->text.begin, CORE(i));
			assert_int_equal(m->text.end, CORE(i) + TEXT_SIZE);
			assert_int_equal(m->init_text.begin, m->init_text.end);
			assert_true(sym_is_text(&k->c.syms, CORE(i) + TEXT_SIZE - 1));
			assert_false(sym_is_text(&k->c.syms, DATA(i)));
			assert_ptr_equal(module_at(ms, DATA(i) + 5), m);
			assert_true(module_sym_misleads(m, &function, DATA(i) + 5));
			assert_false(module_sym_misleads(m, &function, CORE(i) + TEXT_SIZE - 1));
			assert_false(module_sym_misleads(m, &variable, DATA(i) + 5));
		}
		assert_string_equal(ms->module[0].name, "mod0");
		assert_string_equal(ms->module[0].state, "Live");
		assert_string_equal(ms->module[2].state, "Unloading");
		assert_int_equal(ms->module[1].taints, 0x3000);
		assert_string_equal(ms->module[1].build_id,
				    "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
		assert_string_equal(ms->module[0].build_id, "");
		assert_null(module_at(ms, CORE(3)));
		assert_ptr_equal(module_by_name(ms, "mod2"), &ms->module[2]);
		assert_null(module_by_name(ms, "mod3"));
		assert_int_equal(modules_get(&k->c, &again, NULL), CAIRN_OK);
		assert_ptr_equal(ms, again);
		tk_free(k);
	}
}

static void loading(void **state)
{
	(void)state;
	EACH_ERA(e) {
		struct testkern *k = kernel(1, e);
		const struct modules *ms;
		uint64_t init = UINT64_C(0x280000);

		tk_put(k, THIS(0) + O_STATE, 1, 4);
		piece(k, 0, e, e->by_type ? 4 : 1, init, 0x1000, 0x800);
		ms = get(k, e);
		assert_string_equal(ms->module[0].state, "Loading");
		assert_int_equal(ms->module[0].init_text.begin, init);
		assert_int_equal(ms->module[0].init_text.end, init + (e->by_type ? 0x1000 : 0x800));
		assert_true(sym_is_text(&k->c.syms, init));
		assert_int_equal(ms->module[0].size, CORE_SIZE + 0x1000);
		tk_free(k);
	}
}

static const struct symbol table[] = {
	{ "second", CORE(0) + 0x200, 2, 1, 't' },
	{ "first", CORE(0) + 0x100, 0x12, 1, 't' },
	{ "alias", CORE(0) + 0x100, 2, 1, 't' },
	{ "$a", CORE(0) + 0x180, 0, 1, 't' },
	{ ".LC5", CORE(0) + 0x280, 0, 1, 't' },
	{ "", CORE(0) + 0x2c0, 0, 1, 't' },
	{ "outside", CORE(0) + 0x2f0, 0x12, 0, 'U' },
	{ "second", CORE(0) + 0x1000, 2, 1, 't' },
	{ "variable", DATA(0) + 0x40, 1, 2, 'd' },
	{ "pcp", PERCPU + 0x10, 1, 3, 'a' },
	{ 0 },
};

static void at_is(struct testkern *k, uint64_t addr, const char *name, uint64_t offset)
{
	struct sym s;
	uint64_t off;

	if (!name) {
		assert_false(sym_at(&k->c.syms, addr, &s, &off));
		return;
	}
	assert_true(sym_at(&k->c.syms, addr, &s, &off));
	assert_string_equal(s.name, name);
	assert_int_equal(off, offset);
	assert_string_equal(s.module, "mod0");
}

static void by_address(void **state)
{
	(void)state;
	EACH_ERA(e) {
		struct testkern *k = kernel(2, e);
		struct sym s;

		symbols(k, 0, e, table);
		get(k, e);
		at_is(k, CORE(0), NULL, 0);
		at_is(k, CORE(0) + 0x100, "first", 0);
		at_is(k, CORE(0) + 0x1ff, "first", 0xff);
		at_is(k, CORE(0) + 0x2ff, "second", 0xff);
		at_is(k, CORE(0) + TEXT_SIZE - 1, "second", 0xfff);
		at_is(k, DATA(0) + 0x48, "variable", 8);
		at_is(k, CORE(1) + 0x100, NULL, 0);
		assert_true(sym_at(&k->c.syms, CORE(0) + 0x100, &s, NULL));
		assert_int_equal(s.size, 0x100);
		assert_true(sym_at(&k->c.syms, CORE(0) + 0x1000, &s, NULL));
		assert_int_equal(s.size, TEXT_SIZE - 0x1000);
		/* by_type only asks the piece itself, as the kernel does */
		if (e->by_type)
			at_is(k, DATA(0), NULL, 0);
		tk_free(k);
	}
}

static void by_name_and_index(void **state)
{
	static const char *const order[] = {
		"second", "first", "alias", "$a", ".LC5", "second", "variable", "pcp",
	};

	(void)state;
	EACH_ERA(e) {
		struct testkern *k = kernel(2, e);
		struct sym_source *src;
		struct sym s;
		size_t i;

		symbols(k, 0, e, table);
		symbols(k, 1, e, (const struct symbol[]){
			{ "first", CORE(1) + 8, 2, 1, 't' }, { 0 } });
		get(k, e);
		assert_true(sym_find(&k->c.syms, "alias", &s));
		assert_int_equal(s.addr, CORE(0) + 0x100);
		assert_false(s.percpu);
		assert_true(sym_find_nth(&k->c.syms, "second", 1, &s));
		assert_int_equal(s.addr, CORE(0) + 0x1000);
		assert_false(sym_find_nth(&k->c.syms, "second", 2, &s));
		assert_true(sym_find_nth(&k->c.syms, "first", 1, &s));
		assert_string_equal(s.module, "mod1");
		assert_true(sym_find(&k->c.syms, "mod1:first", &s));
		assert_int_equal(s.addr, CORE(1) + 8);
		assert_false(sym_find(&k->c.syms, "outside", &s));
		assert_true(sym_find(&k->c.syms, "pcp", &s));
		assert_true(s.percpu);
		for (src = k->c.syms.first; strcmp(src->name, "mod0"); src = src->next)
			;
		for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			assert_true(src->ops->at(src->self, i, &s));
			assert_string_equal(s.name, order[i]);
		}
		assert_false(src->ops->at(src->self, i, &s));
		tk_free(k);
	}
}

/* /proc/kallsyms writes exported symbols in upper case. */
static void exports(void **state)
{
	const struct era *e = &eras[0];
	struct testkern *k = kernel(1, e);
	uint64_t export = DATA(0) + 0x800;
	struct sym s;

	(void)state;
	symbols(k, 0, e, table);
	tk_put(k, THIS(0) + O_SYMS, export, 8);
	tk_put(k, THIS(0) + O_NUM_SYMS, 1, 4);
	tk_put(k, export, CORE(0) + 0x100 - export, 4);
	tk_put(k, export + 4, 0x40 - 4, 4);
	tk_text(k, export + 0x40, "alias");
	get(k, e);
	assert_true(sym_find(&k->c.syms, "alias", &s));
	assert_int_equal(s.type, 'T');
	assert_true(sym_find(&k->c.syms, "first", &s));
	assert_int_equal(s.type, 't');
	tk_free(k);
}

/* Bit 0 of a Thumb function's value is no part of its address. */
static void thumb(void **state)
{
	const struct era *e = &eras[2];
	struct testkern *k = kernel(1, e);
	struct sym s;

	(void)state;
	symbols(k, 0, e, (const struct symbol[]){
		{ "func", CORE(0) + 0x101, 2, 1, 't' }, { "data", DATA(0) + 0x101, 1, 2, 'd' },
		{ 0 } });
	get(k, e);
	assert_true(sym_find(&k->c.syms, "func", &s));
	assert_int_equal(s.addr, CORE(0) + 0x100);
	assert_true(sym_find(&k->c.syms, "data", &s));
	assert_int_equal(s.addr, DATA(0) + 0x101);
	tk_free(k);
}

/* Two sections, the second with the build-id, as sysfs has them. */
static void build_id_in_notes(void **state)
{
	static const unsigned char linux_note[] = "\6\0\0\0\4\0\0\0\1\0\0\0Linux\0\0\0\0\0\0\0";
	static const unsigned char gnu_note[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\xde\xad\xbe\xef";
	const struct era *e = &eras[0];
	uint64_t attrs = DATA(0) + 0x600, notes = DATA(0) + 0x700, list = DATA(0) + 0x7c0;

	(void)state;
	for (int counted = 0; counted < 2; counted++) {
		struct testkern *k = kernel(1, e);

		tk_struct(k, "bin_attribute", 24, (const struct tk_member[]){
			{ "size", 8, 8, 0, NULL }, { "private", 16, 8, 0, NULL }, { 0 } });
		tk_struct(k, "attribute_group", 16, (const struct tk_member[]){
			{ "bin_attrs", 8, 8, 0, NULL }, { 0 } });
		tk_struct(k, "module_notes_attrs", 24, (const struct tk_member[]){
			{ counted ? "notes" : "x", 8, 4, 0, NULL },
			{ counted ? "y" : "grp", 0, 0, 0, "attribute_group" },
			{ "attrs", 24, 1, 0, NULL }, { 0 } });
		tk_put(k, THIS(0) + O_NOTES, attrs, 8);
		tk_put(k, attrs + 8, counted ? 2 : list, 8);
		for (unsigned i = 0; i < 2; i++) {
			tk_put(k, attrs + 24 + 24 * i + 8, i ? 20 : 24, 8);
			tk_put(k, attrs + 24 + 24 * i + 16, notes + 0x40 * i, 8);
			tk_put(k, list + 8 * i, attrs + 24 + 24 * i, 8);
		}
		tk_write(k, notes, linux_note, 24);
		tk_write(k, notes + 0x40, gnu_note, 20);
		assert_string_equal(get(k, e)->module[0].build_id, "deadbeef");
		tk_free(k);
	}
}

static void broken_list(void **state)
{
	const struct era *e = &eras[1];
	struct testkern *k = kernel(4, e);
	const struct modules *ms;

	(void)state;
	tk_put(k, THIS(1) + O_LIST, TK_HOLE, 8);
	ms = get(k, e);
	assert_true(ms->partial);
	assert_int_equal(ms->err.code, CAIRN_FAULT);
	assert_int_equal(ms->n, 5);
	assert_string_equal(ms->module[1].name, "mod1");
	assert_int_equal(ms->module[2].fault.fault, CAIRN_FAULT_ABSENT); /* it has its place */
	assert_int_equal(ms->module[2].addr, TK_HOLE - O_LIST);
	assert_string_equal(ms->module[3].name, "mod3");
	assert_string_equal(ms->module[4].name, "mod2");
	tk_free(k);
}

static void broken_module(void **state)
{
	const struct era *e = &eras[0];
	struct testkern *k = kernel(3, e);
	const struct modules *ms;

	(void)state;
	piece(k, 1, e, 0, TK_BASE, 0x1000, 0x800);
	ms = get(k, e);
	assert_int_equal(ms->n, 3);
	assert_false(ms->partial);
	assert_int_equal(ms->module[1].fault.code, CAIRN_CORRUPT);
	assert_int_equal(ms->module[1].addr, THIS(1));
	assert_int_equal(ms->module[2].fault.code, CAIRN_OK);
	assert_null(module_by_name(ms, "mod1"));
	assert_false(sym_is_text(&k->c.syms, TK_BASE));
	tk_free(k);
}

/* Symbols that cannot be had are noted once, and the module stays. */
static void broken_symbols(void **state)
{
	const struct era *e = &eras[1];
	struct testkern *k = kernel(2, e);
	struct sym s;

	(void)state;
	symbols(k, 0, e, table);
	symbols(k, 1, e, table);
	tk_put(k, THIS(0) + O_CORE_KALLSYMS + 8, 0xffffffff, 4);
	tk_put(k, THIS(1) + O_KALLSYMS, TK_HOLE, 8);
	get(k, e);
	assert_false(sym_at(&k->c.syms, CORE(0) + 0x100, &s, NULL));
	assert_false(sym_at(&k->c.syms, CORE(1) + 0x100, &s, NULL));
	assert_non_null(cairn_degraded(&k->c, 0));
	assert_non_null(strstr(cairn_degraded(&k->c, 0)->reason, "mod0"));
	assert_null(cairn_degraded(&k->c, 1));
	tk_free(k);
}

static void missing(void **state)
{
	struct testkern *k = tk_new();
	const struct modules *ms;
	struct cairn_err err;

	(void)state;
	assert_int_equal(modules_get(tk_open(k, 8), &ms, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "modules"));
	tk_free(k);
	k = kernel(1, &eras[0]);
	get(k, &eras[0]);
	assert_int_equal(module_types(&k->c, "mod7", &err), CAIRN_NOTFOUND);
	assert_int_equal(module_types(&k->c, "mod0", &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "mod0"));
	tk_free(k);
}

/* A list that breaks before the module was found on it is the reason, not the module. */
static void broken_list_of_types(void **state)
{
	const uint64_t head = DATA(0) + 0x900;

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		struct testkern *k = kernel(1, &eras[0]);
		struct cairn_err err = { 0 };
		struct cairn *c;

		tk_struct(k, "btf_module", 32, (const struct tk_member[]){
			{ "list", 0, 0, 0, "list_head" }, { "module", 16, 8, 0, NULL },
			{ "btf", 24, 8, 0, NULL }, { 0 } });
		tk_symbol(k, "btf_modules", head);
		link_to(k, &eras[0], head, broken ? TK_HOLE : head, head);
		c = tk_open(k, 8);
		c->btf = (struct btf_provider *)k; /* it is not asked */
		assert_int_equal(module_types(c, "mod0", &err),
				 broken ? CAIRN_FAULT : CAIRN_MISSING);
		assert_int_equal(err.code, broken ? CAIRN_FAULT : CAIRN_MISSING);
		assert_non_null(strstr(err.text, "mod0"));
		c->btf = NULL;
		tk_free(k);
	}
}

/* Whichever allocation fails: an error, or a list that says that it is not whole. */
static void out_of_memory(void **state)
{
	bool whole = false;

	(void)state;
	for (long n = 0; !whole; n++) {
		struct testkern *k = kernel(2, &eras[1]);
		struct cairn *c;
		const struct modules *ms;
		struct cairn_err err = { 0 };
		struct sym s;
		enum cairn_code code;
		bool found;

		symbols(k, 0, &eras[1], table);
		c = tk_open(k, 8);
		mem_fail_after(n);
		code = modules_get(c, &ms, &err);
		found = code == CAIRN_OK && sym_at(&c->syms, CORE(0) + 0x100, &s, NULL);
		mem_fail_after(-1);
		if (code != CAIRN_OK)
			assert_int_equal(code, CAIRN_NOMEM);
		else if (!ms->partial && !found)
			assert_non_null(cairn_degraded(c, 0));
		whole = found && !ms->partial;
		assert_in_range(n, 0, 1000);
		tk_free(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_eras), cmocka_unit_test(loading),
		cmocka_unit_test(by_address), cmocka_unit_test(by_name_and_index),
		cmocka_unit_test(exports), cmocka_unit_test(thumb),
		cmocka_unit_test(build_id_in_notes),
		cmocka_unit_test(broken_list), cmocka_unit_test(broken_module),
		cmocka_unit_test(broken_list_of_types),
		cmocka_unit_test(broken_symbols), cmocka_unit_test(missing),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
