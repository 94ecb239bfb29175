/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x86: what is told, what is searched for, what registers prove; dumps that say less. */
#include "lib/image/testmachine.h"

/* ---- x86_64 ---- */

#define IMAGE_MAP 0xffffffff80000000u
#define DIRECT_MAP UINT64_C(0xffff9c77c0000000)

static struct machine *x86_64(const struct paging_form *form, uint64_t phys_base,
			      uint64_t c_bit)
{
	return make(form, EM_X86_64, 0, IMAGE_MAP - phys_base, form->nlevels - 2u, c_bit | 0x63,
		    c_bit | 0x1e3);
}

static void x86_64_told(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l4, -8 * MIB, 0);
	struct layout l;

	(void)state;
	map(m, DIRECT_MAP, 0);
	map(m, DIRECT_MAP + ROOT(m), ROOT(m));
	tell(m, "NUMBER(phys_base)=-8388608\nKERNELOFFSET=22800000\nNUMBER(sme_mask)=0\n"
		"NUMBER(pgtable_l5_enabled)=0");
	found(m, &l);
	assert_int_equal(l.arch->id, ARCH_X86_64);
	assert_int_equal(l.stext, 0xffffffff80c00000);
	assert_int_equal(l.kernel_offset, 0x22800000);
	assert_int_equal(l.root_mask, 0x000ffffffffff000);
	assert_int_equal(l.nlinear, 2);
	assert_int_equal(l.linear[0].va, 0xffffffff80c00000);
	assert_int_equal(l.linear[0].phys, 4 * MIB);
	assert_int_equal(l.linear[1].va, DIRECT_MAP);
	assert_int_equal(l.linear[1].size, 16 * MIB);
	assert_int_equal(l.linear[1].phys, 0);
}

/* What looks like a direct map but maps the root table elsewhere is none. */
static void x86_64_no_direct_map(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l4, 0, 0);
	struct layout l;

	(void)state;
	map(m, DIRECT_MAP, 0);
	map(m, DIRECT_MAP + ROOT(m), 0);
	tell(m, "NUMBER(phys_base)=0");
	found(m, &l);
	assert_int_equal(l.nlinear, 1);
}

static void x86_64_5_levels(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l5, 2 * MIB, 0);
	struct layout l;

	(void)state;
	map(m, 0xff11000000000000, 0);
	map(m, 0xff11000000000000 + ROOT(m), ROOT(m));
	tell(m, "NUMBER(phys_base)=2097152\nNUMBER(pgtable_l5_enabled)=1");
	found(m, &l);
	assert_int_equal(l.nlinear, 2);
	m = x86_64(&paging_x86_64_l5, 2 * MIB, 0);
	tell(m, "NUMBER(phys_base)=2097152\nNUMBER(pgtable_l5_enabled)=0");
	found(m, &l);
	m = x86_64(&paging_x86_64_l4, 2 * MIB, 0);
	tell(m, "NUMBER(phys_base)=2097152\nNUMBER(pgtable_l5_enabled)=1");
	found(m, &l);
}

static void x86_64_sme(void **state)
{
	const uint64_t c_bit = UINT64_C(1) << 47;
	struct machine *m = x86_64(&paging_x86_64_l4, 0, c_bit);
	struct layout l;

	(void)state;
	tell(m, "NUMBER(phys_base)=0\nNUMBER(sme_mask)=140737488355328");
	found(m, &l);
	assert_int_equal(l.root_mask, 0x000f7ffffffff000);
	assert_int_equal(layout_register_root(&l, c_bit | 0x5a001), 0x5a000);
}

static void x86_64_searched(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l4, 6 * MIB, 0);
	struct layout l;

	(void)state;
	tell(m, "");
	found(m, &l);
	m = x86_64(&paging_x86_64_l4, 6 * MIB, 0);
	tell(m, "NUMBER(phys_base)=4194304");
	found(m, &l);
}

/* ---- registers ---- */

static void put(unsigned char *p, size_t off, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[off + i] = (unsigned char)(v >> 8 * i);
}

/* QEMUCPUState, target/i386/arch_dump.c: version, size; 18 registers; ten segments of 24
 * bytes, the interrupt table's the tenth; five control registers. */
static void add_registers(struct machine *m, uint64_t cr3, uint64_t idt)
{
	unsigned char prstatus[336] = { 0 }, qemu[440] = { 0 };

	put(qemu, 0, 1, 4);
	put(qemu, 4, sizeof(qemu), 4);
	put(qemu, 152 + 9 * 24 + 16, idt, 8);
	put(qemu, 392 + 3 * 8, cr3, 8);
	testmem_note(&m->mem, "CORE", 1, prstatus, sizeof(prstatus));
	testmem_note(&m->mem, "QEMU", 0, qemu, sizeof(qemu));
}

static void add_gate(struct machine *m, uint64_t idt, unsigned vector, uint64_t handler,
		     unsigned type)
{
	unsigned char gate[16] = { 0 };

	put(gate, 0, handler, 2);
	put(gate, 2, 0x10, 2);
	put(gate, 4, type << 8, 2);
	put(gate, 6, handler >> 16, 2);
	put(gate, 8, handler >> 32, 4);
	testmem_write(&m->mem, idt + 16 * vector, gate, sizeof(gate));
}

#define IDT_VA 0xfffffe0000000000u

static struct machine *with_registers(uint64_t cr3_bits, unsigned gate_type)
{
	struct machine *m = x86_64(&paging_x86_64_l4, 0, 0);

	map(m, IDT_VA, 8 * MIB);
	for (unsigned v = 0; v < 20; v++)
		add_gate(m, 8 * MIB, v, STEXT(m) + v * 0x40, gate_type);
	add_registers(m, ROOT(m) | cr3_bits, IDT_VA);
	return m;
}

static void registers_alone(void **state)
{
	struct layout l;

	(void)state;
	found(with_registers(0, 0x8e), &l);
	assert_int_equal(l.stext, 0);
	found(with_registers(0x1018, 0x8e), &l); /* the user's copy, with cache control */
}

static void registers_and_stext(void **state)
{
	struct machine *m = with_registers(0, 0);
	char text[100];
	struct layout l;

	(void)state;
	snprintf(text, sizeof(text), "OSRELEASE=6\nSYMBOL(_stext)=%" PRIx64 "\n", STEXT(m));
	testmem_vmcoreinfo(&m->mem, text);
	found(m, &l);
}

static void registers_that_prove_nothing(void **state)
{
	struct machine *m = with_registers(0, 0x0e); /* gates that are not present */
	struct cairn_err err;
	struct layout l;

	(void)state;
	assert_int_equal(find(m, &l, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "no VMCOREINFO and no root register in the notes");
	free(m);
}

/* ---- 32 bit ---- */

static void i386(void **state)
{
	static const uint32_t splits[] = { 0xc0000000, 0xb0000000, 0x80000000, 0x40000000 };
	struct layout l;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct machine *m = make(&paging_i386, EM_386, 0, splits[i], 0, 0, 0x1e3);

		tell(m, "");
		found(m, &l);
		assert_int_equal(l.root_mask, 0xfffff000);
		assert_int_equal(l.nlinear, 1);
		assert_int_equal(l.linear[0].va, splits[i]);
		assert_int_equal(l.linear[0].size, 16 * MIB);
		assert_int_equal(l.arch->id, ARCH_I386);
	}
}

static void i386_pae(void **state)
{
	struct machine *m = make(&paging_i386_pae, EM_386, 0, 0xc0000000, 1, 0x1, 0x1e3);
	struct layout l;

	(void)state;
	tell(m, "CONFIG_X86_PAE=y");
	found(m, &l);
	assert_int_equal(layout_register_root(&l, 0x1340320), 0x1340320);
	m = make(&paging_i386_pae, EM_386, 0, 0xc0000000, 1, 0x1, 0x1e3);
	tell(m, "");
	found(m, &l);
}

/* ---- dumps that say less ---- */

static void unknown_machine(void **state)
{
	struct machine *m = make(&paging_arm_short, EM_M32, 0x60000000, 0x60000000, 0, 0,
				 0x1940e);
	struct layout l;

	(void)state;
	tell(m, "");
	found(m, &l);
	assert_int_equal(l.arch->id, ARCH_ARM);
	m = x86_64(&paging_x86_64_l4, 0, 0);
	m->mem.elf_machine = EM_M32;
	tell(m, "");
	found(m, &l);
	assert_int_equal(l.arch->id, ARCH_X86_64);
}

static void no_tables(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l4, 0, 0);
	struct cairn_err err;
	struct layout l;

	(void)state;
	testmem_put(&m->mem, ROOT(m) + 511 * 8, 0, 8);
	tell(m, "NUMBER(phys_base)=0");
	assert_int_equal(find(m, &l, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "no page table maps _stext (0xffffffff80400000) to where "
				      "the x86_64 image lies");
	free(m);
}

static void no_swapper(void **state)
{
	struct machine *m = x86_64(&paging_x86_64_l4, 0, 0);
	struct cairn_err err;
	struct layout l;

	(void)state;
	testmem_vmcoreinfo(&m->mem, "OSRELEASE=6.1.0\nSYMBOL(_stext)=ffffffff80400000\n");
	assert_int_equal(find(m, &l, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "VMCOREINFO has no SYMBOL(swapper_pg_dir)");
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_64_told), cmocka_unit_test(x86_64_no_direct_map),
		cmocka_unit_test(x86_64_5_levels), cmocka_unit_test(x86_64_sme),
		cmocka_unit_test(x86_64_searched), cmocka_unit_test(registers_alone),
		cmocka_unit_test(registers_and_stext),
		cmocka_unit_test(registers_that_prove_nothing), cmocka_unit_test(i386),
		cmocka_unit_test(i386_pae), cmocka_unit_test(unknown_machine),
		cmocka_unit_test(no_tables), cmocka_unit_test(no_swapper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
