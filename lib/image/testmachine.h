/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testmachine - for tests: small machines of every kind: an image, the tables that map it,
 * and what VMCOREINFO says.
 */
#ifndef CAIRN_IMAGE_TESTMACHINE_H
#define CAIRN_IMAGE_TESTMACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>

#include "lib/image/layout.h"
#include "lib/image/testmem.h"

#define MIB ((uint64_t)1 << 20)

/* A machine with RAM from `ram`, 16 MiB of it, whose image lies 4 MiB in, its text at the
 * begin and its root table 64 KiB later. Further tables are taken from the last MiB. */
struct machine {
	struct testmem mem;
	struct paging_form form;
	uint64_t ram, delta; /* delta: virtual minus physical address of the image */
	uint64_t next;       /* free page for a table */
	uint64_t table_bits, page_bits;
	unsigned leaf;       /* level whose entries map pages */
};

#define TEXT(m) ((m)->ram + 4 * MIB)
#define ROOT(m) (TEXT(m) + 0x10000)
#define STEXT(m) (TEXT(m) + (m)->delta)

static inline uint64_t get(const struct machine *m, uint64_t paddr)
{
	uint64_t v = 0;

	memcpy(&v, m->mem.range[0].data + (paddr - m->ram), m->form.entry_size);
	return v;
}

static inline void map(struct machine *m, uint64_t va, uint64_t paddr)
{
	uint64_t table = ROOT(m), at;

	for (unsigned i = 0; ; i++) {
		const struct paging_level *l = &m->form.level[i];

		at = table + (va >> l->shift & ((UINT64_C(1) << l->bits) - 1)) * m->form.entry_size;
		if (i == m->leaf)
			break;
		if (!get(m, at)) {
			testmem_put(&m->mem, at, m->next | m->table_bits, m->form.entry_size);
			m->next += 0x10000;
		}
		table = get(m, at) & 0xffffff000 & ~m->table_bits;
	}
	paddr &= ~((UINT64_C(1) << m->form.level[m->leaf].shift) - 1);
	testmem_put(&m->mem, at, paddr | m->page_bits, m->form.entry_size);
}

static inline struct machine *make(const struct paging_form *form, uint16_t elf_machine,
				   uint64_t ram, uint64_t delta, unsigned leaf,
				   uint64_t table_bits, uint64_t page_bits)
{
	struct machine *m = calloc(1, sizeof(*m));

	*m = (struct machine){
		.mem = { .elf_machine = elf_machine }, .form = *form, .ram = ram,
		.delta = delta, .next = ram + 15 * MIB, .table_bits = table_bits,
		.page_bits = page_bits, .leaf = leaf,
	};
	testmem_add(&m->mem, ram, 16 * MIB);
	map(m, STEXT(m), TEXT(m));
	return m;
}

/* VMCOREINFO with the addresses that all machines tell, and `more`. */
static inline void tell(struct machine *m, const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "OSRELEASE=6.1.0\nPAGESIZE=%u\nSYMBOL(swapper_pg_dir)=%" PRIx64
		 "\nSYMBOL(_stext)=%" PRIx64 "\n%s\n",
		 1u << paging_page_shift(&m->form), ROOT(m) + m->delta, STEXT(m), more);
	testmem_vmcoreinfo(&m->mem, text);
}

static inline enum cairn_code find(struct machine *m, struct layout *l, struct cairn_err *err)
{
	struct image *img = testmem_open(&m->mem);
	enum cairn_code code;

	assert_non_null(img);
	code = layout_find(l, img, err);
	image_close(img);
	testmem_free(&m->mem);
	return code;
}

/* The layout is found and is the machine's. Frees the machine. */
static inline void found(struct machine *m, struct layout *l)
{
	struct cairn_err err = { 0 };

	if (find(m, l, &err) != CAIRN_OK)
		fail_msg("%s: %s", m->form.name, err.text);
	assert_string_equal(l->form.name, m->form.name);
	assert_int_equal(l->form.va_bits, m->form.va_bits);
	assert_int_equal(l->root, ROOT(m));
	assert_int_equal(l->image_to_phys, m->delta);
	assert_true(l->proven);
	assert_int_equal(layout_register_root(l, ROOT(m)), ROOT(m));
	free(m);
}

#endif
