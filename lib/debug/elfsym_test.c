/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "lib/base/mem.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/elfsym.h"
#include "lib/debug/testelf.h"

/* Sections of the test files, in this order. */
enum { TEXT = 1, RODATA, DATA, PERCPU, BSS, VECTORS, NOTE };

#define OFFSET UINT64_C(0x2000000)

struct line {
	const char *name;
	uint64_t value;
	uint16_t section;
	unsigned char bind, type;
};

static struct debugfile *make(uint16_t type, uint16_t machine, const struct line *lines, size_t n)
{
	static const char bytes[0x100];
	bool rel = type == ET_REL;
	const char *names[16];
	Elf64_Sym sym[16] = { 0 };
	struct telf e = telf_new(type, machine);
	struct debugfile *f;
	struct cairn_err err;
	unsigned char *data;
	size_t size, i;

	telf_section(&e, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, rel ? 0 : 0x81000000,
		     bytes, 0x100);
	telf_section(&e, ".rodata", SHT_PROGBITS, SHF_ALLOC, rel ? 0 : 0x81000100, bytes, 0x40);
	telf_section(&e, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, rel ? 0 : 0x81001000, bytes,
		     0x80);
	telf_section(&e, ".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, bytes, 0x40);
	telf_section(&e, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, rel ? 0 : 0x81002000, NULL,
		     0x1000);
	telf_section(&e, ".vectors", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
		     rel ? 0 : 0xffff0000, bytes, 0x20);
	telf_section(&e, ".gnu.linkonce.this_module", SHT_PROGBITS, 0, 0, bytes, 8);
	for (i = 0; i < n; i++) {
		names[i] = lines[i].name;
		sym[i] = (Elf64_Sym){ .st_name = (uint32_t)i, .st_value = lines[i].value,
				      .st_shndx = lines[i].section,
				      .st_info = ELF64_ST_INFO(lines[i].bind, lines[i].type) };
	}
	telf_symbols(&e, sym, n, names);
	data = telf_finish(&e, &size);
	if (debugfile_open_memory(&f, rel ? "/x/mod.ko" : "vmlinux", data, size, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	free(data);
	return f;
}

struct table {
	struct arena arena;
	struct syms s;
	struct debugfile *f;
};

static void table_deinit(struct table *t)
{
	arena_deinit(&t->arena);
	debugfile_close(t->f);
}

static void table_init(struct table *t, struct debugfile *f)
{
	struct cairn_err err;

	t->arena = (struct arena){ 0 };
	t->f = f;
	syms_init(&t->s, &t->arena);
	if (elfsym_add(&t->s, f, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
}

static void covers(struct table *t, uint64_t addr, const char *name, uint64_t want_offset)
{
	struct sym sym;
	uint64_t offset;

	if (!sym_at(&t->s, addr, &sym, &offset))
		fail_msg("no symbol at %#llx", (unsigned long long)addr);
	assert_string_equal(sym.name, name);
	assert_int_equal(offset, want_offset);
}

/* ---- a kernel ---- */

static const struct line kernel[] = {
	{ "file.c", 0, SHN_ABS, STB_LOCAL, STT_FILE },
	{ "", 0x81000000, TEXT, STB_LOCAL, STT_SECTION },
	{ "__weak_one", 0x81000000, TEXT, STB_WEAK, STT_FUNC },
	{ "__start_text", 0x81000000, TEXT, STB_GLOBAL, STT_NOTYPE },
	{ "__entry", 0x81000000, TEXT, STB_GLOBAL, STT_FUNC },
	{ "entry", 0x81000000, TEXT, STB_GLOBAL, STT_FUNC },
	{ "helper", 0x81000040, TEXT, STB_LOCAL, STT_FUNC },
	{ ".L42", 0x81000050, TEXT, STB_LOCAL, STT_NOTYPE },
	{ "$x", 0x81000060, TEXT, STB_LOCAL, STT_NOTYPE },
	{ "table", 0x81000110, RODATA, STB_GLOBAL, STT_OBJECT },
	{ "helper", 0x81001000, DATA, STB_LOCAL, STT_OBJECT },
	{ "current_task", 0x18, PERCPU, STB_GLOBAL, STT_OBJECT },
	{ "zeroed", 0x81002000, BSS, STB_GLOBAL, STT_OBJECT },
	{ "size_of_code", 0x1ea, SHN_ABS, STB_GLOBAL, STT_NOTYPE },
	{ "missing", 0, SHN_UNDEF, STB_GLOBAL, STT_NOTYPE },
	{ "vector", 0xffff0004, VECTORS, STB_GLOBAL, STT_FUNC },
};

static void open_kernel(struct table *t)
{
	struct debugfile *f = make(ET_EXEC, EM_X86_64, kernel, 16);

	debugfile_place_kernel(f, OFFSET);
	table_init(t, f);
}

static void test_kernel_by_addr(void **state)
{
	struct table t;
	struct sym sym;

	(void)state;
	open_kernel(&t);
	covers(&t, OFFSET + 0x81000000, "entry", 0);
	covers(&t, OFFSET + 0x8100003f, "entry", 0x3f);
	covers(&t, OFFSET + 0x81000070, "helper", 0x30);
	covers(&t, OFFSET + 0x81000110, "table", 0);
	covers(&t, OFFSET + 0x81001008, "helper", 8);
	covers(&t, OFFSET + 0x81002fff, "zeroed", 0xfff);
	covers(&t, OFFSET + 0xffff0010, "vector", 0xc);
	/* the vectors' first bytes are nobody's; nothing lies between, below and above */
	assert_false(sym_at(&t.s, OFFSET + 0xffff0000, &sym, NULL));
	assert_false(sym_at(&t.s, OFFSET + 0x90000000, &sym, NULL));
	assert_false(sym_at(&t.s, OFFSET + 0x80ffffff, &sym, NULL));
	assert_false(sym_at(&t.s, OFFSET + 0xffff0020, &sym, NULL));
	assert_false(sym_at(&t.s, 0x18, &sym, NULL));
	table_deinit(&t);
}

static void is(struct table *t, const char *name, size_t n, uint64_t addr, char type, uint64_t size)
{
	struct sym sym;

	if (!sym_find_nth(&t->s, name, n, &sym))
		fail_msg("no %s", name);
	assert_string_equal(sym.name, name);
	assert_int_equal(sym.addr, addr);
	assert_int_equal(sym.type, type);
	assert_int_equal(sym.size, size);
}

static void test_kernel_by_name(void **state)
{
	struct table t;
	struct sym sym;

	(void)state;
	open_kernel(&t);
	is(&t, "entry", 0, OFFSET + 0x81000000, 'T', 0x40);
	is(&t, "__weak_one", 0, OFFSET + 0x81000000, 'W', 0x40);
	is(&t, "helper", 0, OFFSET + 0x81000040, 't', 0xc0); /* to the end of .text */
	is(&t, "helper", 1, OFFSET + 0x81001000, 'd', 0x80);
	is(&t, "table", 0, OFFSET + 0x81000110, 'R', 0x30);
	is(&t, "zeroed", 0, OFFSET + 0x81002000, 'B', 0x1000);
	assert_true(sym_find(&t.s, "vmlinux:entry", &sym));
	assert_false(sym_find(&t.s, "other:entry", &sym));
	table_deinit(&t);
}

static void test_kernel_absolute(void **state)
{
	struct table t;
	struct sym sym;

	(void)state;
	open_kernel(&t);
	assert_true(sym_find(&t.s, "current_task", &sym));
	assert_int_equal(sym.addr, 0x18);
	assert_true(sym.percpu);
	assert_int_equal(sym.type, 'A');
	assert_true(sym_find(&t.s, "size_of_code", &sym));
	assert_int_equal(sym.addr, 0x1ea);
	assert_false(sym.percpu);
	assert_null(sym.module);
	table_deinit(&t);
}

static void test_kernel_left_out(void **state)
{
	static const char *const names[] = { "file.c", ".L42", "$x", "missing", "nosuch", "" };
	struct table t;
	struct sym sym;

	(void)state;
	open_kernel(&t);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(sym_find(&t.s, names[i], &sym));
	assert_false(sym_find_nth(&t.s, "helper", 2, &sym));
	table_deinit(&t);
}

static void test_kernel_in_order(void **state)
{
	static const char *const want[] = {
		"current_task", "size_of_code", "entry", "__entry", "__start_text", "__weak_one",
		"helper", "table", "helper", "zeroed", "vector",
	};
	struct table t;
	struct sym sym;
	size_t i;

	(void)state;
	open_kernel(&t);
	for (i = 0; t.s.first->ops->at(t.s.first->self, i, &sym); i++)
		assert_string_equal(sym.name, want[i]);
	assert_int_equal(i, sizeof(want) / sizeof(want[0]));
	table_deinit(&t);
}

static void test_kernel_text(void **state)
{
	struct table t;

	(void)state;
	open_kernel(&t);
	assert_true(sym_is_text(&t.s, OFFSET + 0x81000000));
	assert_true(sym_is_text(&t.s, OFFSET + 0x810000ff));
	assert_false(sym_is_text(&t.s, OFFSET + 0x81000100));
	assert_true(sym_is_text(&t.s, OFFSET + 0xffff0000));
	assert_false(sym_is_text(&t.s, OFFSET + 0x81001000));
	table_deinit(&t);
}

/* ---- a module ---- */

static bool place(void *arg, const char *section, uint64_t *ret)
{
	(void)arg;
	if (!strcmp(section, ".text"))
		*ret = 0xffffffffc0001000;
	else if (!strcmp(section, ".rodata"))
		*ret = 0xffffffffc0009000;
	else if (!strcmp(section, ".data"))
		*ret = 0xffffffffc0009100;
	else if (!strcmp(section, ".data..percpu"))
		*ret = 0x2f000;
	else
		return false;
	return true;
}

static void test_module(void **state)
{
	static const struct line module[] = {
		{ "__second", 0x10, TEXT, STB_GLOBAL, STT_FUNC },
		{ "first_here", 0x10, TEXT, STB_LOCAL, STT_FUNC },
		{ "init_module", 0, VECTORS, STB_GLOBAL, STT_FUNC },
		{ "counter", 8, PERCPU, STB_LOCAL, STT_OBJECT },
		{ "state", 0x20, DATA, STB_LOCAL, STT_OBJECT },
	};
	struct debugfile *f = make(ET_REL, EM_X86_64, module, 5);
	struct table t;
	struct sym sym;

	(void)state;
	assert_int_equal(debugfile_place_module(f, place, NULL), 4);
	table_init(&t, f);
	/* the order of the table decides, as in the kernel */
	covers(&t, 0xffffffffc0001018, "__second", 8);
	covers(&t, 0xffffffffc0009120, "state", 0);
	/* before the first symbol of a range that is not that of the text */
	assert_false(sym_at(&t.s, 0xffffffffc0009000, &sym, NULL));
	assert_false(sym_at(&t.s, 0xffffffffc0005000, &sym, NULL));
	assert_false(sym_find(&t.s, "init_module", &sym));
	assert_true(sym_find(&t.s, "mod:first_here", &sym));
	assert_int_equal(sym.addr, 0xffffffffc0001010);
	assert_string_equal(sym.module, "mod");
	assert_int_equal(sym.size, 0xf0);
	assert_false(sym_find_nth(&t.s, "first_here", 1, &sym));
	assert_true(sym_find(&t.s, "counter", &sym));
	assert_int_equal(sym.addr, 0x2f008);
	assert_true(sym.percpu);
	table_deinit(&t);
}

static void test_thumb_bit(void **state)
{
	static const struct line arm[] = {
		{ "thumb", 0x81000021, TEXT, STB_GLOBAL, STT_FUNC },
		{ "odd_data", 0x81001001, DATA, STB_GLOBAL, STT_OBJECT },
	};
	struct debugfile *f = make(ET_EXEC, EM_ARM, arm, 2);
	struct table t;

	(void)state;
	debugfile_place_kernel(f, 0);
	table_init(&t, f);
	covers(&t, 0x81000020, "thumb", 0);
	covers(&t, 0x81001001, "odd_data", 0);
	table_deinit(&t);
}

/* ---- what cannot be ---- */

static void test_not_placed(void **state)
{
	struct debugfile *f = make(ET_EXEC, EM_X86_64, kernel, 16);
	struct arena arena = { 0 };
	struct syms s;
	struct cairn_err err;

	(void)state;
	syms_init(&s, &arena);
	assert_int_equal(elfsym_add(&s, f, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "vmlinux: not known where it was loaded");
	arena_deinit(&arena);
	debugfile_close(f);
}

static void test_no_table(void **state)
{
	static const unsigned char btf[24] = { 0x9f, 0xeb, 1, 0, 24 };
	struct debugfile *f;
	struct arena arena = { 0 };
	struct syms s;
	struct cairn_err err;

	(void)state;
	syms_init(&s, &arena);
	assert_int_equal(debugfile_open_memory(&f, "a.btf", btf, sizeof(btf), &err), CAIRN_OK);
	assert_int_equal(elfsym_add(&s, f, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "a.btf has no symbol table");
	arena_deinit(&arena);
	debugfile_close(f);
}

static void test_every_failed_allocation(void **state)
{
	struct cairn_err err = { .code = CAIRN_OK };
	enum cairn_code code;
	struct sym sym;
	bool found;
	long n = 0;

	(void)state;
	do {
		struct debugfile *f = make(ET_EXEC, EM_X86_64, kernel, 16);
		struct arena arena = { 0 };
		struct syms s;

		debugfile_place_kernel(f, OFFSET);
		syms_init(&s, &arena);
		mem_fail_after(n++);
		code = elfsym_add(&s, f, &err);
		found = code == CAIRN_OK && sym_find(&s, "entry", &sym);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		arena_deinit(&arena);
		debugfile_close(f);
	} while (!found);
	assert_true(n > 1);
}

/* ---- our own program ---- */

int elfsym_test_here(int x);
__attribute__((noinline)) int elfsym_test_here(int x)
{
	__asm__ volatile("");
	return x + 1;
}
extern int elfsym_test_there[4];
int elfsym_test_there[4] = { 1, 2, 3, 4 };

static void test_own_program(void **state)
{
	struct debugfile *f;
	struct table t;
	struct cairn_err err;
	struct sym here, there;

	(void)state;
	if (debugfile_open(&f, "/proc/self/exe", &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	debugfile_place_kernel(f, 0);
	table_init(&t, f);
	assert_true(sym_find(&t.s, "elfsym_test_here", &here));
	assert_true(sym_find(&t.s, "elfsym_test_there", &there));
	assert_int_equal(here.type, 'T');
	assert_int_equal(there.type, 'D');
	assert_int_equal(there.addr - here.addr,
			 (uintptr_t)elfsym_test_there - (uintptr_t)elfsym_test_here);
	covers(&t, here.addr, "elfsym_test_here", 0);
	covers(&t, there.addr + 12, "elfsym_test_there", 12);
	assert_true(sym_is_text(&t.s, here.addr));
	assert_false(sym_is_text(&t.s, there.addr));
	table_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_by_addr),
		cmocka_unit_test(test_kernel_by_name),
		cmocka_unit_test(test_kernel_absolute),
		cmocka_unit_test(test_kernel_left_out),
		cmocka_unit_test(test_kernel_in_order),
		cmocka_unit_test(test_kernel_text),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_thumb_bit),
		cmocka_unit_test(test_not_placed),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_every_failed_allocation),
		cmocka_unit_test(test_own_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
