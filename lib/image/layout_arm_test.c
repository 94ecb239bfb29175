/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARM and arm64: what is told, what is searched for, what is left when tables are lost. */
#include "lib/image/testmachine.h"

static void arm(void **state)
{
	static const uint32_t places[] = { 0, 0x10000000, 0x40000000, 0x60000000, 0x80200000 };
	struct layout l;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct machine *m = make(&paging_arm_short, EM_ARM, places[i],
					 0xc0000000 - (uint64_t)places[i], 0, 0, 0x1940e);

		tell(m, "");
		found(m, &l);
		assert_int_equal(l.linear[0].va, 0xc0000000);
		assert_int_equal(l.linear[0].phys, places[i]);
		assert_int_equal(l.linear[0].size, 16 * MIB);
	}
}

static void arm_lpae(void **state)
{
	struct machine *m = make(&paging_arm_lpae, EM_ARM, 0x880000000, 0xc0000000 - 0x880000000,
				 1, 3, 0x711);
	struct layout l;

	(void)state;
	tell(m, "CONFIG_ARM_LPAE=y");
	found(m, &l);
	assert_int_equal(l.linear[0].phys, 0x880000000);
	assert_int_equal(layout_register_root(&l, 0x00010008800aa020), 0x8800aa020);
}

/* The form that VMCOREINFO names first is wrong, and there are more places to try it at than
 * a search tries: the next form begins anew. */
static void arm_large(void **state)
{
	const uint64_t ram = 0x10000000;
	struct machine *m = make(&paging_arm_short, EM_ARM, ram, 0xc0000000 - ram, 0, 0, 0x1940e);
	struct layout l;

	(void)state;
	testmem_zeros(&m->mem, ram + 16 * MIB, 65536 * 2 * MIB);
	tell(m, "CONFIG_ARM_LPAE=y");
	found(m, &l);
}

/* ---- arm64 ---- */

static struct machine *arm64(unsigned page_shift, unsigned va_bits, uint64_t delta)
{
	struct paging_form form;

	assert_true(paging_arm64(&form, page_shift, va_bits));
	return make(&form, EM_AARCH64, 0x40000000, delta, form.nlevels - 1u, 3, 0x403);
}

static void arm64_told(void **state)
{
	struct machine *m = arm64(12, 48, 0xffffaef125000000);
	const uint64_t linear = 0xffff196e80000000;
	struct layout l;

	(void)state;
	map(m, linear + ROOT(m), ROOT(m));
	tell(m, "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffffaef125000000\n"
		"NUMBER(PHYS_OFFSET)=0xffffe69180000000\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		"KERNELOFFSET=2ef15d200000");
	found(m, &l);
	assert_int_equal(l.kernel_offset, 0x2ef15d200000);
	assert_int_equal(l.form.half, PAGING_HIGH);
	assert_int_equal(l.user.half, PAGING_LOW);
	assert_int_equal(l.nlinear, 2);
	assert_int_equal(l.linear[1].va, linear);
	assert_int_equal(l.linear[1].phys, 0);
	assert_int_equal(layout_register_root(&l, 0x1234000040aa0001), 0x40aa0000);
}

static void arm64_forms(void **state)
{
	static const struct {
		unsigned page_shift, va_bits;
		uint64_t delta;
		const char *told;
	} forms[] = {
		{ 12, 39, 0xffffffbfc8000000, "NUMBER(VA_BITS)=39\nNUMBER(TCR_EL1_T1SZ)=0x19" },
		{ 12, 39, 0xffffffbfc8000000, "" },
		{ 14, 47, 0xffffbfffc8000000, "NUMBER(VA_BITS)=47\nNUMBER(TCR_EL1_T1SZ)=0x11" },
		{ 16, 42, 0xfffffdffc8000000, "NUMBER(VA_BITS)=42" },
		{ 12, 52, 0xffff7fffc8000000, "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0xc" },
		/* built for 52 bits on a processor of 48: LPA2 is off, LVA's tables stay */
		{ 12, 48, 0xffff7fffc8000000, "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10" },
		{ 16, 52, 0xffff7fffc8000000, "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10" },
		/* nonsense */
		{ 12, 48, 0xffff7fffc8000000, "NUMBER(VA_BITS)=4000\nNUMBER(TCR_EL1_T1SZ)=-5" },
		{ 12, 48, 0xffff7fffc8000000, "NUMBER(TCR_EL1_T1SZ)=-9223372036854775808" },
	};
	struct layout l;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct machine *m = arm64(forms[i].page_shift, forms[i].va_bits, forms[i].delta);
		char text[200];

		snprintf(text, sizeof(text), "%s\nNUMBER(kimage_voffset)=0x%" PRIx64,
			 forms[i].told, forms[i].delta);
		tell(m, text);
		found(m, &l);
	}
}

/* A kernel before 5.9 does not tell T1SZ, and before 5.4 its linear map is the upper half. */
static void arm64_old(void **state)
{
	struct machine *m = arm64(12, 48, 0xffff0000c8000000 - 0x40000000);
	struct layout l;

	(void)state;
	map(m, 0xffff800000000000 + 4 * MIB + 0x10000, ROOT(m));
	tell(m, "NUMBER(VA_BITS)=48\nNUMBER(PHYS_OFFSET)=0x40000000");
	found(m, &l);
	assert_int_equal(l.nlinear, 2);
	assert_int_equal(l.linear[1].va, 0xffff800000000000 - 0x40000000);
}

/* ---- lost tables, other tables ---- */

/* The file ends before the tables: the image and, where VMCOREINFO tells it, the linear
 * map can still be read. */
static void lost_tables(void **state)
{
	const uint64_t delta = 0xffffaef125000000, linear = 0xffff196e80000000;
	struct machine *m = arm64(12, 48, delta);
	struct image *img;
	struct layout l;
	struct space s;
	uint64_t v;

	(void)state;
	testmem_put(&m->mem, TEXT(m) + 0x100, 0x1234, 8);
	map(m, linear + ROOT(m), ROOT(m));
	tell(m, "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffffaef125000000\n"
		"NUMBER(PHYS_OFFSET)=0xffffe69180000000\nNUMBER(TCR_EL1_T1SZ)=0x10\n");
	img = testmem_open_part(&m->mem, 14 * MIB);
	assert_int_equal(layout_find(&l, img, NULL), CAIRN_OK);
	assert_false(l.proven);
	assert_int_equal(layout_kernel_space(&l, img, &s, NULL), CAIRN_OK);
	assert_int_equal(space_u64(&s, STEXT(m) + 0x100, &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1234);
	assert_int_equal(space_u64(&s, linear + TEXT(m) + 0x100, &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1234);
	assert_int_equal(space_u64(&s, 0xffff800008000000, &v, NULL), CAIRN_FAULT);
	space_deinit(&s);
	image_close(img);
	testmem_free(&m->mem);
	free(m);
}

/* mm->pgd is a kernel address; a process's table takes low addresses, on arm64 only these. */
static void user(void **state)
{
	struct machine *m = arm64(12, 48, 0xffffaef125000000);
	const uint64_t pgd = m->ram + 12 * MIB;
	struct cairn_err err;
	struct space kernel, process;
	struct image *img;
	struct layout l;
	uint64_t root, v;

	(void)state;
	testmem_put(&m->mem, pgd, (pgd + 0x1000) | 3, 8);
	testmem_put(&m->mem, pgd + 0x1000, (pgd + 0x2000) | 3, 8);
	testmem_put(&m->mem, pgd + 0x2000, (pgd + 0x3000) | 3, 8);
	testmem_put(&m->mem, pgd + 0x3000, pgd | 0xf03, 8);
	map(m, 0xffff196ec0c00000, pgd);
	tell(m, "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffffaef125000000");
	img = testmem_open(&m->mem);
	assert_int_equal(layout_find(&l, img, NULL), CAIRN_OK);
	assert_int_equal(layout_kernel_space(&l, img, &kernel, NULL), CAIRN_OK);
	assert_int_equal(layout_user_root(&kernel, 0xffff196ec0c00000, &root, &err), CAIRN_OK);
	assert_int_equal(root, pgd);
	assert_int_equal(layout_user_root(&kernel, 0xffff196ec0d00000, &root, &err),
			 CAIRN_FAULT);
	assert_string_equal(err.text, "mm->pgd: kernel address 0xffff196ec0d00000: unmapped");
	assert_int_equal(layout_user_space(&l, img, pgd, &process, NULL), CAIRN_OK);
	assert_int_equal(space_u64(&process, 0, &v, NULL), CAIRN_OK);
	assert_int_equal(v, (pgd + 0x1000) | 3);
	assert_int_equal(space_u64(&process, 0xffff000000000000, &v, &err), CAIRN_FAULT);
	assert_string_equal(err.text, "user address 0xffff000000000000: unmapped");
	assert_int_equal(space_u64(&kernel, 0, &v, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_UNMAPPED);
	space_deinit(&process);
	space_deinit(&kernel);
	image_close(img);
	testmem_free(&m->mem);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm), cmocka_unit_test(arm_lpae), cmocka_unit_test(arm_large),
		cmocka_unit_test(arm64_told), cmocka_unit_test(arm64_forms),
		cmocka_unit_test(arm64_old), cmocka_unit_test(lost_tables), cmocka_unit_test(user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
