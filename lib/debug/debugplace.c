/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/debugplace.h"

#include <gelf.h>
#include <string.h>
#include <strings.h>

/* ---- does it belong to the dump ---- */

/* The bytes of a symbol's section from the symbol on. */
static const char *symbol_bytes(struct debugfile *f, const GElf_Sym *sym, size_t *left)
{
	Elf_Scn *scn = sym->st_shndx < f->nsections ? elf_getscn(f->elf, sym->st_shndx) : NULL;
	const Elf_Data *d;
	GElf_Shdr sh;
	uint64_t at;

	if (!scn || !gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
		return NULL;
	d = elf_rawdata(scn, NULL);
	at = sym->st_value - sh.sh_addr;
	if (!d || !d->d_buf || at >= d->d_size)
		return NULL;
	*left = d->d_size - at;
	return (const char *)d->d_buf + at;
}

/* A linear search: symbols that are asked for by the thousand are elfsym's. */
static bool find_symbol(struct debugfile *f, const char *name, GElf_Sym *ret)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	Elf_Data *d;

	while (f->elf && (scn = elf_nextscn(f->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB ||
		    !(d = elf_getdata(scn, NULL)))
			continue;
		for (int i = 0; gelf_getsym(d, i, ret); i++) {
			const char *have = elf_strptr(f->elf, sh.sh_link, ret->st_name);

			if (have && !strcmp(have, name) && ret->st_shndx != SHN_UNDEF)
				return true;
		}
	}
	return false;
}

/* linux_banner (init/version.c): "Linux version 6.1.0-... (builder) ...". */
static void find_banner(struct debugfile *f)
{
	static const char head[] = "Linux version ";
	const size_t skip = sizeof(head) - 1;
	const char *text;
	GElf_Sym sym;
	size_t left, n = 0;

	if (!find_symbol(f, "linux_banner", &sym))
		return;
	text = symbol_bytes(f, &sym, &left);
	if (!text || left <= skip || memcmp(text, head, skip))
		return;
	while (n < left - skip && text[skip + n] > ' ')
		n++;
	if (n < sizeof(f->release))
		memcpy(f->release, text + skip, n);
}

static bool known(const char *s)
{
	return s && s[0];
}

enum cairn_code debugfile_match(struct debugfile *f, const char *build_id, const char *release,
				struct cairn_err *err)
{
	f->proof = DEBUGFILE_UNPROVEN;
	if (known(build_id) && f->build_id[0]) {
		if (strcasecmp(build_id, f->build_id))
			return cairn_fail(err, CAIRN_USAGE, "%s has build-id %s, the dump %s",
					  f->path, f->build_id, build_id);
		f->proof = DEBUGFILE_BY_BUILD_ID;
		return CAIRN_OK;
	}
	if (f->kind == DEBUGFILE_KERNEL && !f->release[0])
		find_banner(f);
	if (known(release) && f->release[0]) {
		if (strcmp(release, f->release))
			return cairn_fail(err, CAIRN_USAGE, "%s is of kernel %s, the dump of %s",
					  f->path, f->release, release);
		f->proof = DEBUGFILE_BY_RELEASE;
	}
	return CAIRN_OK;
}

/* ---- where it lay ---- */

void debugfile_place_kernel(struct debugfile *f, uint64_t kernel_offset)
{
	for (size_t i = 0; i < f->nsections; i++) {
		struct debugfile_section *s = &f->section[i];

		s->run = s->percpu ? s->addr : s->addr + kernel_offset;
		s->placed = s->size != 0;
	}
}

enum cairn_code debugfile_place_kernel_by(struct debugfile *f, const char *symbol, uint64_t addr,
					  struct cairn_err *err)
{
	GElf_Sym sym;

	if (!find_symbol(f, symbol, &sym))
		return cairn_fail(err, CAIRN_MISSING, "%s has no symbol %s", f->path, symbol);
	debugfile_place_kernel(f, addr - sym.st_value);
	return CAIRN_OK;
}

size_t debugfile_place_module(struct debugfile *f, debugfile_section_fn *fn, void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nsections; i++) {
		struct debugfile_section *s = &f->section[i];

		s->placed = s->size && fn(arg, s->name, &s->run);
		n += s->placed;
	}
	return n;
}

bool debugfile_symbol_addr(const struct debugfile *f, size_t shndx, uint64_t value, uint64_t *ret)
{
	const struct debugfile_section *s = shndx < f->nsections ? &f->section[shndx] : NULL;

	if (!s || !s->placed)
		return false;
	/* values of a relocatable file count from the section */
	*ret = s->run + value - (f->kind == DEBUGFILE_MODULE ? 0 : s->addr);
	return true;
}

bool debugfile_file_addr(const struct debugfile *f, uint64_t addr, uint64_t *ret)
{
	for (size_t i = 0; i < f->nsections; i++) {
		const struct debugfile_section *s = &f->section[i];

		if (!s->placed || s->percpu || addr - s->run >= s->size)
			continue;
		*ret = s->addr + (addr - s->run);
		return true;
	}
	return false;
}

bool debugfile_run_addr(const struct debugfile *f, uint64_t own, uint64_t *ret)
{
	for (size_t i = 0; i < f->nsections; i++) {
		const struct debugfile_section *s = &f->section[i];

		if (!s->placed || s->percpu || own - s->addr >= s->size)
			continue;
		*ret = s->run + (own - s->addr);
		return true;
	}
	return false;
}
