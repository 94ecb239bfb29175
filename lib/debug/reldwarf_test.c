/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module made by hand whose DWARF means nothing before it is relocated: names and code
 * addresses are all relocations.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/dwarf.h"
#include "lib/debug/line.h"
#include "lib/debug/testelf.h"

/* .debug_str */
static const char strings[] = "mod.c\0probe_me\0late_init\0gadget";
enum { S_UNIT = 0, S_PROBE = 6, S_INIT = 15, S_GADGET = 25 };

/* Entries of the symbol table: the sections themselves. */
enum { SYM_TEXT = 1, SYM_INIT, SYM_STR };

struct info {
	struct bytes w, rela;
};

static void put_reloc(struct info *o, unsigned sym, unsigned type, int64_t addend, size_t size)
{
	put_num(&o->rela, o->w.n, 8);
	put_num(&o->rela, ELF64_R_INFO((uint64_t)sym, type), 8);
	put_num(&o->rela, (uint64_t)addend, 8);
	put_num(&o->w, 0, size);
}

static void put_name(struct info *o, unsigned at)
{
	put_reloc(o, SYM_STR, R_X86_64_32, at, 4);
}

static void put_function(struct info *o, unsigned name, unsigned section, unsigned at, unsigned len)
{
	put_uleb(&o->w, 2);
	put_name(o, name);
	put_reloc(o, section, R_X86_64_64, at, 8);
	put_num(&o->w, len, 4);
}

static struct info debug_info(void)
{
	struct info o = { .w = { .n = 0 } };
	uint32_t len;

	put_num(&o.w, 0, 4);
	put_num(&o.w, 4, 2);
	put_num(&o.w, 0, 4);
	put_num(&o.w, 8, 1);
	put_uleb(&o.w, 1);
	put_name(&o, S_UNIT);
	put_num(&o.w, 0, 4); /* offset of its ranges */
	put_function(&o, S_PROBE, SYM_TEXT, 0x10, 0x20);
	put_function(&o, S_INIT, SYM_INIT, 0, 0x40);
	put_uleb(&o.w, 3);
	put_name(&o, S_GADGET);
	put_num(&o.w, 24, 1);
	put_num(&o.w, 0, 1);
	len = (uint32_t)o.w.n - 4;
	memcpy(o.w.b, &len, sizeof(len));
	return o;
}

static struct bytes debug_abbrev(void)
{
	static const unsigned char abbrev[] = {
		1, DW_TAG_compile_unit, 1, DW_AT_name, DW_FORM_strp, DW_AT_ranges,
		DW_FORM_sec_offset, 0, 0,
		2, DW_TAG_subprogram, 0, DW_AT_name, DW_FORM_strp, DW_AT_low_pc, DW_FORM_addr,
		DW_AT_high_pc, DW_FORM_data4, 0, 0,
		3, DW_TAG_structure_type, 0, DW_AT_name, DW_FORM_strp, DW_AT_byte_size,
		DW_FORM_data1, 0, 0, 0,
	};
	struct bytes w = { .n = 0 };

	put(&w, abbrev, sizeof(abbrev));
	return w;
}

/* The unit's code: a part of each text section, as absolute addresses. */
static struct info debug_ranges(void)
{
	struct info o = { .w = { .n = 0 } };

	put_num(&o.w, UINT64_MAX, 8);
	put_num(&o.w, 0, 8);
	put_reloc(&o, SYM_TEXT, R_X86_64_64, 0, 8);
	put_reloc(&o, SYM_TEXT, R_X86_64_64, 0x100, 8);
	put_reloc(&o, SYM_INIT, R_X86_64_64, 0, 8);
	put_reloc(&o, SYM_INIT, R_X86_64_64, 0x80, 8);
	put_num(&o.w, 0, 8);
	put_num(&o.w, 0, 8);
	return o;
}

static void add_rela(struct telf *e, const char *name, const struct bytes *rela, unsigned of,
		     unsigned symtab)
{
	unsigned n = telf_section(e, name, SHT_RELA, 0, 0, rela->b, rela->n);

	e->sh[n].sh_link = symtab;
	e->sh[n].sh_info = of;
	e->sh[n].sh_entsize = sizeof(Elf64_Rela);
}

static unsigned char *make_module(size_t *size)
{
	static const char code[0x100];
	static const char *const no_name[] = { "" };
	struct telf e = telf_new(ET_REL, EM_X86_64);
	struct info info = debug_info(), ranges = debug_ranges();
	struct bytes abbrev = debug_abbrev();
	Elf64_Sym sym[3] = { 0 };
	unsigned n_info, n_ranges, symtab;

	sym[0].st_shndx = (uint16_t)telf_section(&e, ".text", SHT_PROGBITS,
						 SHF_ALLOC | SHF_EXECINSTR, 0, code, 0x100);
	sym[1].st_shndx = (uint16_t)telf_section(&e, ".init.text", SHT_PROGBITS,
						 SHF_ALLOC | SHF_EXECINSTR, 0, code, 0x80);
	telf_section(&e, ".gnu.linkonce.this_module", SHT_PROGBITS, SHF_ALLOC, 0, code, 16);
	sym[2].st_shndx = (uint16_t)telf_section(&e, ".debug_str", SHT_PROGBITS, 0, 0, strings,
						 sizeof(strings));
	for (int i = 0; i < 3; i++)
		sym[i].st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION);
	telf_section(&e, ".debug_abbrev", SHT_PROGBITS, 0, 0, abbrev.b, abbrev.n);
	n_info = telf_section(&e, ".debug_info", SHT_PROGBITS, 0, 0, info.w.b, info.w.n);
	n_ranges = telf_section(&e, ".debug_ranges", SHT_PROGBITS, 0, 0, ranges.w.b, ranges.w.n);
	symtab = telf_symbols(&e, sym, 3, no_name);
	e.sh[symtab].sh_info = 4;
	add_rela(&e, ".rela.debug_info", &info.rela, n_info, symtab);
	add_rela(&e, ".rela.debug_ranges", &ranges.rela, n_ranges, symtab);
	return telf_finish(&e, size);
}

static struct debugfile *open_module(void)
{
	char path[] = "/tmp/cairn-reldwarf-XXXXXX";
	int fd = mkstemp(path);
	struct debugfile *f;
	struct cairn_err err;
	unsigned char *data;
	size_t size;

	assert_true(fd >= 0);
	data = make_module(&size);
	assert_int_equal(write(fd, data, size), size);
	free(data);
	close(fd);
	if (debugfile_open(&f, path, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	unlink(path);
	return f;
}

static bool place(void *arg, const char *section, uint64_t *ret)
{
	(void)arg;
	*ret = 0xffffffffc0401000;
	return !strcmp(section, ".text") || (!strcmp(section, ".init.text") && (*ret += 0x8000));
}

static void test_types(void **state)
{
	struct debugfile *f = open_module();
	struct type_provider *p;
	const struct type *t;
	struct cairn_err err;

	(void)state;
	if (dwarf_provider_new(&p, f, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	t = p->ops->find(p, TYPE_STRUCT, "gadget");
	assert_non_null(t);
	assert_int_equal(t->size, 24);
	p->ops->close(p);
	debugfile_close(f);
}

static void function_at(struct debugfile *f, uint64_t addr, const char *name)
{
	struct line_frame frame[4];

	assert_int_equal(line_lookup(f, addr, frame, 4), 1);
	assert_string_equal(frame[0].function, name);
}

/* Types first or places first: neither disturbs the other. */
static void test_functions(void **state)
{
	struct debugfile *f = open_module();
	struct line_frame frame[4];
	struct cairn_err err;
	Dwarf *dwarf;

	(void)state;
	assert_int_equal(debugfile_dwarf(f, &dwarf, &err), CAIRN_OK);
	assert_int_equal(line_lookup(f, 0xffffffffc0401010, frame, 4), 0);
	assert_int_equal(debugfile_place_module(f, place, NULL), 2);
	function_at(f, 0xffffffffc0401010, "probe_me");
	function_at(f, 0xffffffffc040102f, "probe_me");
	assert_int_equal(line_lookup(f, 0xffffffffc0401030, frame, 4), 0);
	function_at(f, 0xffffffffc0409000, "late_init");
	function_at(f, 0xffffffffc040903f, "late_init");
	debugfile_close(f);
}

static void test_not_from_memory(void **state)
{
	size_t size;
	unsigned char *data = make_module(&size);
	struct debugfile *f;
	struct cairn_err err;
	Dwarf *dwarf;

	(void)state;
	assert_int_equal(debugfile_open_memory(&f, "mod.ko", data, size, &err), CAIRN_OK);
	assert_int_equal(debugfile_dwarf(f, &dwarf, &err), CAIRN_MISSING);
	debugfile_close(f);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_not_from_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
