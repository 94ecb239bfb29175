/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>

#include "lib/base/cursor.h"
#include "lib/image/dumpfile.h"

/* Offsets of the fields that are used, in both classes. */
struct elf_layout {
	uint8_t phoff, shoff, phentsize, phnum, shinfo, word, phdr_size;
	uint8_t p_offset, p_paddr, p_filesz, p_memsz;
};
static const struct elf_layout elf64 = { 32, 40, 54, 56, 44, 8, 56, 8, 24, 32, 40 };
static const struct elf_layout elf32 = { 28, 32, 42, 44, 28, 4, 32, 4, 12, 16, 20 };

/* A machine with all of its memory hotplugged in 64 MB blocks has 16,000 in 1 TB. */
#define PHDR_LIMIT (1u << 20)

/* /proc/vmcore merges its notes into one segment. */
#define NOTE_SEGMENTS 4

struct elf {
	struct dumpfile *d;
	const struct rawfile *f;
	const struct elf_layout *l;
	struct arena *arena;
	const unsigned char *head;
	struct dumpfile_load *loads;
	unsigned notes; /* segments of notes so far */
};

static uint64_t word(const struct elf *e, const unsigned char *p, uint8_t off)
{
	return le_uint(p + off, e->l->word);
}

static enum cairn_code segment_count(const struct elf *e, uint32_t *ret, struct cairn_err *err)
{
	unsigned char shdr[64];
	enum cairn_code code;

	*ret = le16(e->head + e->l->phnum);
	if (*ret == PN_XNUM) {
		/* more than a half-word holds: the count is in the first section header */
		code = dumpfile_bytes(e->f, word(e, e->head, e->l->shoff), shdr,
				      e->l->word * 8u, err);
		if (code != CAIRN_OK)
			return code;
		*ret = le32(shdr + e->l->shinfo);
	}
	if (*ret > PHDR_LIMIT)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF core of %u segments", *ret);
	if (!*ret)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF core without memory");
	return CAIRN_OK;
}

static enum cairn_code take_segment(struct elf *e, const unsigned char *ph, struct cairn_err *err)
{
	struct dumpfile_load s = {
		.phys = word(e, ph, e->l->p_paddr), .off = word(e, ph, e->l->p_offset),
		.filesz = word(e, ph, e->l->p_filesz), .memsz = word(e, ph, e->l->p_memsz),
	};
	uint32_t type = le32(ph);

	if (type != PT_NOTE && type != PT_LOAD)
		return CAIRN_OK;
	if (s.off <= INT64_MAX && s.filesz <= INT64_MAX - s.off &&
	    s.off + s.filesz > e->d->promised)
		e->d->promised = s.off + s.filesz;
	if (type == PT_LOAD)
		e->loads[e->d->nloads++] = s;
	else if (e->notes++ < NOTE_SEGMENTS)
		return dumpfile_notes(e->d, e->f, s.off, s.filesz, e->arena, err);
	return CAIRN_OK;
}

/* Old kernels on some machines left the physical addresses out: all are 0 or -1. */
static bool physical(const struct elf *e)
{
	if (e->d->nloads < 2)
		return true;
	for (size_t i = 0; i < e->d->nloads; i++) {
		uint64_t phys = e->loads[i].phys;

		if (phys && phys != UINT64_MAX && phys != UINT32_MAX)
			return true;
	}
	return false;
}

static enum cairn_code read_segments(struct elf *e, struct cairn_err *err)
{
	uint64_t at = word(e, e->head, e->l->phoff);
	uint16_t size = le16(e->head + e->l->phentsize);
	unsigned char ph[64];
	enum cairn_code code;
	uint32_t count;

	if (size < e->l->phdr_size || at > INT64_MAX)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF core with a broken header");
	code = segment_count(e, &count, err);
	if (code != CAIRN_OK)
		return code;
	e->loads = arena_array(e->arena, count, sizeof(*e->loads));
	if (!e->loads)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %u segments", count);
	for (; count && code == CAIRN_OK; count--, at += size) {
		code = dumpfile_bytes(e->f, at, ph, e->l->phdr_size, err);
		if (code == CAIRN_OK)
			code = take_segment(e, ph, err);
	}
	e->d->loads = e->loads;
	if (code == CAIRN_OK && !physical(e))
		return cairn_fail(err, CAIRN_FORMAT, "an ELF core without physical addresses");
	return code;
}

static uint16_t half(const unsigned char *p, bool big)
{
	return big ? (uint16_t)(p[0] << 8 | p[1]) : le16(p);
}

enum cairn_code dumpfile_read_elf(struct dumpfile *d, const struct rawfile *f,
				  const unsigned char head[512], struct arena *arena,
				  struct cairn_err *err)
{
	struct elf e = { .d = d, .f = f, .arena = arena, .head = head };
	bool big = head[EI_DATA] != ELFDATA2LSB;
	uint16_t type = half(head + 16, big), machine = half(head + 18, big);

	e.l = head[EI_CLASS] == ELFCLASS64 ? &elf64 : &elf32;
	d->foreign = arch_foreign_elf(machine);
	if (big && d->foreign && type == ET_CORE)
		return dumpfile_foreign(d->foreign, err);
	if (big)
		return cairn_fail(err, CAIRN_FORMAT, "a big-endian ELF file");
	if (type == ET_EXEC || type == ET_DYN)
		return cairn_fail(err, CAIRN_FORMAT, "not a vmcore but a program, a library or a "
						     "vmlinux");
	if (type != ET_CORE)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF file that is no core dump");
	d->format = DUMPFILE_ELF;
	d->arch = arch_by_elf(machine);
	return read_segments(&e, err);
}
