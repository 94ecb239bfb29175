/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of every form, patched: loading ends, and what it yields can be asked anything. */
#include <stdlib.h>

#include "lib/debug/testpatch.h"
#include "lib/debug/testsyms.h"

#define VA UINT64_C(0xffffffff81000000)
#define VA32 UINT64_C(0xc0000000)
#define TABLES 0x10000u
#define SIZE 0x18000u

static const struct paging_form *const form = &paging_x86_64_l4;

static void write_tables(struct testmem *m, uint64_t va)
{
	testmem_put(m, 0x1000 + (va >> 39 & 511) * 8, 0x2063, 8);
	testmem_put(m, 0x2000 + (va >> 30 & 511) * 8, 0x3063, 8);
	testmem_put(m, 0x3000 + (va >> 21 & 511) * 8, 0xe3, 8);
}

static uint32_t make(struct testmem *m, struct tsyms *t, uint8_t how, char *info, size_t size)
{
	static const enum kallsyms_encoding wide[] = {
		KALLSYMS_ABSOLUTE, KALLSYMS_BASE_RELATIVE, KALLSYMS_ABSOLUTE_PERCPU,
		KALLSYMS_PLACE_RELATIVE,
	};
	uint8_t word = how & 0x40 ? 4 : 8;
	uint64_t va = word == 8 ? VA : VA32;
	static char names[300][16];
	struct tsym sym[310];
	uint32_t n = 0;

	sym[n++] = (struct tsym){ "_text", 'T', va };
	sym[n++] = (struct tsym){ "_stext", 'T', va + 0x1000 };
	for (uint32_t i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "sched_%u", i / 2);
		sym[n++] = (struct tsym){ names[i], 't', va + 0x1000 + i / 3 * 16 };
	}
	sym[n++] = (struct tsym){ "_etext", 'T', va + 0x8000 };
	sym[n++] = (struct tsym){ "_end", 'B', va + 0x9000 };
	*t = (struct tsyms){ .encoding = wide[how & 3], .addresses_first = how & 4, .word = word,
			     .relative_base = va, .va = va + TABLES, .delta = va };
	tsyms_write(t, m, sym, n);
	snprintf(info, size, "SYMBOL(_stext)=%llx\nSYMBOL(init_uts_ns)=%llx\n",
		 (unsigned long long)va + 0x1000, (unsigned long long)va + SIZE);
	if (how & 8)
		tsyms_export(t, info, size);
	write_tables(m, va);
	return n;
}

static void ask(struct kallsyms *k, struct arena *arena)
{
	struct syms syms;
	struct sym s;
	uint64_t off;

	syms_init(&syms, arena);
	if (kallsyms_register(k, &syms, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < 2000 && syms.first->ops->at(syms.first->self, i, &s); i++) {
		struct sym again;

		if (!s.name || strlen(s.name) >= KALLSYMS_NAME_MAX)
			abort();
		/* what is named can be found by its name */
		if (*s.name && !strchr(s.name, ':') && !sym_find(&syms, s.name, &again))
			abort();
		if (sym_at(&syms, s.addr, &again, &off) && again.addr + off != s.addr)
			abort();
		sym_at(&syms, s.addr + s.size, &again, &off);
	}
	for (size_t i = 0; i < 600; i++)
		if (!sym_find_nth(&syms, "sched_7", i, &s))
			break;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_init(data, size);
	uint8_t how = cursor_u8(&c);
	struct testmem m = { 0 };
	struct arena arena = { 0 };
	struct space sp = { 0 };
	struct cairn_err err;
	struct kallsyms k;
	struct tsyms t;
	char info[1024];
	const void *bytes;
	size_t at, n;

	testmem_add(&m, 0, SIZE);
	make(&m, &t, how, info, sizeof(info));
	while (patch_next(&c, SIZE - TABLES + sizeof(info), &at, &bytes, &n)) {
		if (at < SIZE - TABLES)
			memcpy(m.range[0].data + TABLES + at, bytes,
			       n < SIZE - TABLES - at ? n : SIZE - TABLES - at);
		else
			memcpy(info + (at - (SIZE - TABLES)), bytes, n);
	}
	info[sizeof(info) - 1] = '\0';
	sp.img = testmem_open(&m);
	if (sp.img && !space_init(&sp, sp.img, form, 0x1000, t.word, "kernel address", NULL)) {
		struct vmcoreinfo v = { info, strlen(info) };

		if (kallsyms_load(&k, &sp, &v, &arena, &err) == CAIRN_OK)
			ask(&k, &arena);
		else if (!err.text[0])
			abort();
	}
	arena_deinit(&arena);
	if (sp.tlb) {
		struct image *img = sp.img;

		space_deinit(&sp);
		image_close(img);
	}
	testmem_free(&m);
	return 0;
}
