/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Location expressions of a hostile debug file, over a hostile dump: they end, and what they
 * yield is within bounds. libdw decodes the operations from a file made around the bytes; the
 * same bytes also serve as operations that no decoder would let through.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/debugfile.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/loc.h"
#include "lib/debug/testelf.h"

struct input {
	const uint8_t *data;
	size_t size;
};

static bool reg(void *arg, unsigned number, struct loc_reg *ret)
{
	const struct input *in = arg;

	*ret = (struct loc_reg){ number * UINT64_C(0x0123456789abcdef), number & 1 };
	return in->size && in->data[number % in->size] & 1;
}

static enum cairn_code read_input(void *arg, uint64_t addr, void *buf, size_t len,
				  struct cairn_err *err)
{
	const struct input *in = arg;

	if (addr > in->size || len > in->size - addr)
		return cairn_fail_read(err, CAIRN_FAULT_ABSENT, addr, "kernel address");
	memcpy(buf, in->data + addr, len);
	return CAIRN_OK;
}

static enum cairn_code number(void *arg, uint64_t *ret, struct cairn_err *err)
{
	(void)err;
	*ret = ((const struct input *)arg)->size;
	return CAIRN_OK;
}

static enum cairn_code entry_value(void *arg, unsigned n, uint64_t *ret, struct cairn_err *err)
{
	return n & 1 ? cairn_fail(err, CAIRN_MISSING, "none") : number(arg, ret, err);
}

static void run(Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n, const struct loc_env *env)
{
	unsigned char buf[LOC_OBJECT], known[LOC_OBJECT];
	struct cairn_err err;
	struct loc l;
	uint64_t v;

	if (loc_run(&l, attr, ops, n, env, &err) == CAIRN_OK) {
		if (!l.n || l.n > LOC_PIECES)
			abort();
		for (size_t size = 0; size <= sizeof(buf); size = size * 3 + 1)
			loc_gather(&l, env, size, buf, known, &err);
	}
	loc_number(&v, attr, ops, n, env, NULL);
}

static void run_raw(const uint8_t *data, size_t size, const struct loc_env *env)
{
	struct cursor c = cursor_init(data, size);
	Dwarf_Op op[64];
	size_t n = 0;

	for (; n < 64 && cursor_left(&c) >= 4; n++)
		op[n] = (Dwarf_Op){ .atom = cursor_u8(&c), .number = (uint64_t)(int8_t)cursor_u8(&c),
				    .number2 = (uint64_t)(int8_t)cursor_u8(&c),
				    .offset = cursor_u8(&c) };
	run(NULL, op, n, env);
}

/* A unit with an integer type (at 0x0c) and a variable whose location is the input. */
static void put_dwarf(struct bytes *info, struct bytes *abbrev, const uint8_t *data, size_t size)
{
	static const unsigned char abbrevs[] = {
		1, DW_TAG_compile_unit, 1, 0, 0,
		2, DW_TAG_base_type, 0, DW_AT_byte_size, DW_FORM_data1, DW_AT_encoding,
		DW_FORM_data1, 0, 0,
		3, DW_TAG_variable, 0, DW_AT_location, DW_FORM_exprloc, 0, 0,
		0,
	};
	uint32_t len;

	put(abbrev, abbrevs, sizeof(abbrevs));
	put_num(info, 0, 4);
	put_num(info, 4, 2); /* version */
	put_num(info, 0, 4);
	put_num(info, 8, 1);
	put_uleb(info, 1);
	put_uleb(info, 2);
	put_num(info, 4, 1);
	put_num(info, DW_ATE_signed, 1);
	put_uleb(info, 3);
	put_uleb(info, size);
	put(info, data, size);
	put_num(info, 0, 1);
	len = (uint32_t)info->n - 4;
	memcpy(info->b, &len, 4);
}

static void run_decoded(const uint8_t *data, size_t size, const struct loc_env *env)
{
	static struct bytes info, abbrev;
	struct telf e = telf_new(ET_EXEC, EM_X86_64);
	Dwarf_Attribute attr;
	Dwarf_Die unit, die;
	struct debugfile *f;
	unsigned char *file;
	Dwarf_CU *cu = NULL;
	Dwarf *dwarf;
	Dwarf_Op *ops;
	size_t n;

	info.n = abbrev.n = 0;
	put_dwarf(&info, &abbrev, data, size);
	telf_section(&e, ".debug_info", SHT_PROGBITS, 0, 0, info.b, info.n);
	telf_section(&e, ".debug_abbrev", SHT_PROGBITS, 0, 0, abbrev.b, abbrev.n);
	file = telf_finish(&e, &n);
	if (debugfile_open_memory(&f, "fuzzed", file, n, NULL) == CAIRN_OK) {
		if (debugfile_dwarf(f, &dwarf, NULL) ||
		    dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) ||
		    !die_child(&unit, &die) || !die_next(&die))
			abort();
		if (dwarf_attr(&die, DW_AT_location, &attr) && !dwarf_getlocation(&attr, &ops, &n))
			run(&attr, ops, n, env);
		debugfile_close(f);
	}
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct loc_env env = {
		.arch = arch_by_id(size & 1 ? ARCH_I386 : ARCH_X86_64), .reg = reg,
		.read = read_input, .cfa = number, .frame_base = number,
		.entry_value = entry_value, .arg = &in,
	};

	if (size > 2048)
		return 0;
	run_raw(data, size, &env);
	run_decoded(data, size, &env);
	return 0;
}
