/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testmem - for tests: physical memory that the test writes word by word, made into an
 * ELF core in memory and opened as an image.
 *
 * Memory that was never written is zero; outside of the ranges there is none.
 */
#ifndef CAIRN_IMAGE_TESTMEM_H
#define CAIRN_IMAGE_TESTMEM_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/image/image.h"

#define TESTMEM_RANGES 4
#define TESTMEM_NOTES 8192

struct testmem {
	struct {
		uint64_t paddr, size;
		unsigned char *data; /* NULL: excluded, */
		bool zeros;          /* or a hole of the file */
	} range[TESTMEM_RANGES];
	unsigned nranges;
	uint16_t elf_machine;
	unsigned char notes[TESTMEM_NOTES];
	size_t notes_len;
};

static inline void testmem_add(struct testmem *m, uint64_t paddr, uint64_t size)
{
	unsigned i = m->nranges++;

	m->range[i].paddr = paddr;
	m->range[i].size = size;
	m->range[i].data = calloc(1, size);
	if (!m->range[i].data)
		abort();
}

/** Memory that the machine has and the dump leaves out. */
static inline void testmem_exclude(struct testmem *m, uint64_t paddr, uint64_t size)
{
	unsigned i = m->nranges++;

	m->range[i].paddr = paddr;
	m->range[i].size = size;
	m->range[i].data = NULL;
}

/** Memory that is all zero, of any size. */
static inline void testmem_zeros(struct testmem *m, uint64_t paddr, uint64_t size)
{
	testmem_exclude(m, paddr, size);
	m->range[m->nranges - 1].zeros = true;
}

static inline void testmem_free(struct testmem *m)
{
	for (unsigned i = 0; i < m->nranges; i++)
		free(m->range[i].data);
}

/** Where its bytes are; a test that goes outside of its ranges is broken. */
static inline unsigned char *testmem_at(const struct testmem *m, uint64_t paddr, size_t n)
{
	for (unsigned i = 0; i < m->nranges; i++) {
		uint64_t in = paddr - m->range[i].paddr;

		if (m->range[i].data && in < m->range[i].size && n <= m->range[i].size - in)
			return m->range[i].data + in;
	}
	abort();
}

static inline void testmem_write(struct testmem *m, uint64_t paddr, const void *p, size_t n)
{
	memcpy(testmem_at(m, paddr, n), p, n);
}

static inline void testmem_put(struct testmem *m, uint64_t paddr, uint64_t value, size_t bytes)
{
	unsigned char raw[8];

	for (size_t i = 0; i < 8; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	testmem_write(m, paddr, raw, bytes);
}

/** Tables of x86-64 at 0x1000 to 0x3fff: the first 4 MB of memory, at their own addresses. */
static inline void testmem_tables(struct testmem *m)
{
	testmem_put(m, 0x1000, 0x2063, 8);
	testmem_put(m, 0x2000, 0x3063, 8);
	testmem_put(m, 0x3000, 0xe3, 8); /* two pages of 2 MB */
	testmem_put(m, 0x3008, 0x2000e3, 8);
}

static inline void testmem_note(struct testmem *m, const char *name, uint32_t type,
				const void *desc, size_t len)
{
	Elf32_Nhdr n = {
		.n_namesz = (Elf32_Word)strlen(name) + 1, .n_descsz = (Elf32_Word)len,
		.n_type = type,
	};
	unsigned char *at = m->notes + m->notes_len;

	if (len > TESTMEM_NOTES - m->notes_len - 64)
		abort();
	memcpy(at, &n, sizeof(n));
	memcpy(at + sizeof(n), name, n.n_namesz);
	memcpy(at + sizeof(n) + ((n.n_namesz + 3) & ~3u), desc, len);
	m->notes_len += sizeof(n) + ((n.n_namesz + 3) & ~3u) + ((len + 3) & ~(size_t)3);
}

static inline void testmem_vmcoreinfo(struct testmem *m, const char *text)
{
	testmem_note(m, "VMCOREINFO", 0, text, strlen(text));
}

static inline void testmem_out(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		abort();
}

/** A descriptor on the core, of which only the first `keep` bytes are there (SIZE_MAX: all). */
static inline int testmem_core(const struct testmem *m, size_t keep)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE, .e_version = EV_CURRENT, .e_phoff = sizeof(eh),
		.e_machine = m->elf_machine ? m->elf_machine : EM_X86_64,
		.e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)(m->nranges + 1),
	};
	uint64_t notes = sizeof(eh) + eh.e_phnum * sizeof(Elf64_Phdr), off;
	Elf64_Phdr ph = { .p_type = PT_NOTE, .p_offset = notes, .p_filesz = m->notes_len };
	int fd = memfd_create("testmem", 0);

	testmem_out(fd, &eh, sizeof(eh));
	testmem_out(fd, &ph, sizeof(ph));
	off = notes + m->notes_len;
	for (unsigned i = 0; i < m->nranges; i++) {
		ph = (Elf64_Phdr){
			.p_type = PT_LOAD, .p_flags = PF_R, .p_offset = off,
			.p_paddr = m->range[i].paddr,
			.p_filesz = m->range[i].data || m->range[i].zeros ? m->range[i].size : 0,
			.p_memsz = m->range[i].size,
		};
		testmem_out(fd, &ph, sizeof(ph));
		off += ph.p_filesz;
	}
	testmem_out(fd, m->notes, m->notes_len);
	for (unsigned i = 0; i < m->nranges; i++)
		if (m->range[i].data)
			testmem_out(fd, m->range[i].data, m->range[i].size);
		else if (m->range[i].zeros && lseek(fd, (off_t)m->range[i].size, SEEK_CUR) < 0)
			abort();
	if (ftruncate(fd, (off_t)(keep < off ? keep : off)))
		abort();
	return fd;
}

/** An image of it. */
static inline struct image *testmem_open_part(const struct testmem *m, size_t keep)
{
	int fd = testmem_core(m, keep);
	struct image *img = NULL;
	struct cairn_err err;
	char path[64];
	const char *paths[] = { path };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (image_open(&img, paths, 1, &err) != CAIRN_OK)
		fprintf(stderr, "testmem: %s\n", err.text);
	close(fd);
	return img;
}

static inline struct image *testmem_open(const struct testmem *m)
{
	return testmem_open_part(m, SIZE_MAX);
}

#endif
