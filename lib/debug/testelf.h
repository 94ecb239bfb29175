/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testelf - small ELF files made in memory, for tests only.
 *
 *   struct telf e = telf_new(ET_EXEC, EM_X86_64);
 *   unsigned text = telf_section(&e, ".text", SHT_PROGBITS, SHF_ALLOC, 0x1000, code, 16);
 *   size_t size;
 *   unsigned char *file = telf_finish(&e, &size);   free() it
 */
#ifndef CAIRN_DEBUG_TESTELF_H
#define CAIRN_DEBUG_TESTELF_H

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TELF_SECTIONS 24

/** Growing bytes. */
struct bytes {
	unsigned char b[16384];
	size_t n;
};

static inline void put(struct bytes *w, const void *p, size_t n)
{
	if (n > sizeof(w->b) - w->n)
		abort();
	memcpy(w->b + w->n, p, n);
	w->n += n;
}

static inline void put_text(struct bytes *w, const char *s)
{
	put(w, s, strlen(s) + 1);
}

static inline void put_num(struct bytes *w, uint64_t v, size_t size)
{
	for (; size; size--, v >>= 8) {
		unsigned char c = (unsigned char)v;

		put(w, &c, 1);
	}
}

static inline void put_uleb(struct bytes *w, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		put_num(w, 0x80 | (v & 0x7f), 1);
	put_num(w, v, 1);
}

static inline void put_align(struct bytes *w, size_t align)
{
	while (w->n % align)
		put_num(w, 0, 1);
}

struct telf {
	uint16_t type, machine;
	struct bytes data, names;
	Elf64_Shdr sh[TELF_SECTIONS];
	unsigned n;
};

static inline struct telf telf_new(uint16_t type, uint16_t machine)
{
	struct telf e = { .type = type, .machine = machine, .n = 1 };

	put_num(&e.data, 0, sizeof(Elf64_Ehdr) - 8);
	put_num(&e.data, 0, 8);
	put_text(&e.names, "");
	return e;
}

/** Add a section; SHT_NOBITS takes no data. Returns its number. */
static inline unsigned telf_section(struct telf *e, const char *name, uint32_t type,
				    uint64_t flags, uint64_t addr, const void *data, size_t size)
{
	Elf64_Shdr *sh = &e->sh[e->n];

	if (e->n == TELF_SECTIONS)
		abort();
	put_align(&e->data, 16);
	*sh = (Elf64_Shdr){ .sh_name = (uint32_t)e->names.n, .sh_type = type, .sh_flags = flags,
			    .sh_addr = addr, .sh_offset = e->data.n, .sh_size = size,
			    .sh_addralign = 16 };
	put_text(&e->names, name);
	if (type != SHT_NOBITS)
		put(&e->data, data, size);
	return e->n++;
}

/** A symbol table and its strings, in one go. `sym[].st_name` is an index into name[]. */
static inline unsigned telf_symbols(struct telf *e, const Elf64_Sym *sym, size_t n,
				    const char *const *name)
{
	struct bytes table = { .n = 0 }, text = { .n = 0 };
	unsigned strings;

	put_text(&text, "");
	put_num(&table, 0, sizeof(Elf64_Sym));
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym s = sym[i];

		s.st_name = (uint32_t)text.n;
		put_text(&text, name[sym[i].st_name]);
		put(&table, &s, sizeof(s));
	}
	strings = telf_section(e, ".strtab", SHT_STRTAB, 0, 0, text.b, text.n);
	telf_section(e, ".symtab", SHT_SYMTAB, 0, 0, table.b, table.n);
	e->sh[e->n - 1].sh_link = strings;
	e->sh[e->n - 1].sh_entsize = sizeof(Elf64_Sym);
	e->sh[e->n - 1].sh_info = 1;
	return e->n - 1;
}

/** A build-id note of n bytes. */
static inline unsigned telf_build_id(struct telf *e, const void *id, size_t n)
{
	struct bytes w = { .n = 0 };

	put_num(&w, 4, 4);
	put_num(&w, n, 4);
	put_num(&w, NT_GNU_BUILD_ID, 4);
	put_text(&w, "GNU");
	put(&w, id, n);
	put_align(&w, 4);
	return telf_section(e, ".note.gnu.build-id", SHT_NOTE, 0, 0, w.b, w.n);
}

/** The file. To be freed by the caller. */
static inline unsigned char *telf_finish(struct telf *e, size_t *size)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = e->type, .e_machine = e->machine, .e_version = EV_CURRENT,
		.e_ehsize = sizeof(eh), .e_shentsize = sizeof(Elf64_Shdr),
	};
	unsigned char *file;

	telf_section(e, ".shstrtab", SHT_STRTAB, 0, 0, e->names.b, e->names.n + 10);
	put_align(&e->data, 16);
	eh.e_shoff = e->data.n;
	eh.e_shnum = (uint16_t)e->n;
	eh.e_shstrndx = (uint16_t)(e->n - 1);
	put(&e->data, e->sh, e->n * sizeof(Elf64_Shdr));
	memcpy(e->data.b, &eh, sizeof(eh));
	*size = e->data.n;
	file = malloc(*size);
	if (!file)
		abort();
	memcpy(file, e->data.b, *size);
	return file;
}

#endif
