/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/dumpfile.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cursor.h"

/* Notes of the largest machines: 8192 CPUs with 0.5 KiB each, and VMCOREINFO. */
#define NOTES_LIMIT ((uint64_t)16 << 20)

static enum cairn_code read_at(int fd, uint64_t off, void *buf, size_t len, struct cairn_err *err)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cairn_fail(err, CAIRN_IO, "read: %s", strerror(errno));
		if (n == 0)
			return cairn_fail(err, CAIRN_FORMAT,
					  "the file ends at %#llx, inside its own header",
					  (unsigned long long)(off + done));
		done += (size_t)n;
	}
	return CAIRN_OK;
}

/* ---- notes ---- */

bool note_next(const void *notes, size_t len, size_t *pos, struct note *ret)
{
	struct cursor c = cursor_init(notes, len);
	uint32_t namesz, descsz;

	cursor_skip(&c, *pos);
	namesz = cursor_u32(&c);
	descsz = cursor_u32(&c);
	ret->type = cursor_u32(&c);
	ret->name = cursor_bytes(&c, namesz);
	if (c.bad || (!namesz && !descsz && !ret->type))
		return false;
	ret->name_len = strnlen(ret->name, namesz);
	cursor_align(&c, 4);
	ret->desc = cursor_bytes(&c, descsz);
	ret->desc_len = descsz;
	if (c.bad)
		return false;
	cursor_align(&c, 4);
	*pos = c.bad ? len : cursor_offset(&c);
	return true;
}

bool note_is(const struct note *n, const char *name, uint32_t type)
{
	return n->type == type && n->name_len == strlen(name) &&
	       !memcmp(n->name, name, n->name_len);
}

static enum cairn_code take_vmcoreinfo(struct dumpfile *d, struct arena *arena, const char *text,
				       size_t len, struct cairn_err *err)
{
	d->vmcoreinfo = arena_strndup(arena, text, len);
	if (!d->vmcoreinfo)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for VMCOREINFO");
	d->vmcoreinfo_len = strlen(d->vmcoreinfo);
	return CAIRN_OK;
}

static enum cairn_code read_notes(struct dumpfile *d, int fd, uint64_t off, uint64_t len,
				  struct arena *arena, struct cairn_err *err)
{
	struct note n;
	size_t pos = 0;
	void *buf;

	if (!len || off >= d->file_size)
		return CAIRN_OK;
	if (len > d->file_size - off)
		len = d->file_size - off;
	if (len > NOTES_LIMIT)
		len = NOTES_LIMIT;
	buf = arena_alloc(arena, len);
	if (!buf)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the notes");
	if (read_at(fd, off, buf, len, err) != CAIRN_OK)
		return err ? err->code : CAIRN_IO;
	d->notes = buf;
	d->notes_len = len;
	while (note_next(buf, len, &pos, &n))
		if (!d->vmcoreinfo && note_is(&n, "VMCOREINFO", 0))
			return take_vmcoreinfo(d, arena, (const char *)n.desc, n.desc_len, err);
	return CAIRN_OK;
}

/* ---- kdump-compressed ---- */

/* The fields of struct kdump_sub_header that are used, by their offset in each of its
 * layouts: 64 bit; 32 bit with 4-byte alignment of 64-bit fields (i386); 32 bit with
 * 8-byte alignment (ARM). */
struct sub_layout {
	uint8_t word, off_vmcoreinfo, size_vmcoreinfo, off_note, size_note, max_mapnr_64;
};
static const struct sub_layout sub64 = { 8, 32, 40, 48, 56, 96 };
static const struct sub_layout sub32 = { 4, 20, 28, 32, 40, 72 };
static const struct sub_layout sub32_arm = { 4, 24, 32, 40, 48, 88 };

static bool starts_vmcoreinfo(int fd, uint64_t off, uint64_t size)
{
	char head[10];

	return size >= sizeof(head) && read_at(fd, off, head, sizeof(head), NULL) == CAIRN_OK &&
	       !memcmp(head, "OSRELEASE=", sizeof(head));
}

/* Which of the 32-bit layouts it is shows in where VMCOREINFO lies; without one, ARM
 * files are known by their machine. */
static const struct sub_layout *sub_layout(const struct dumpfile *d, int fd, const void *sub,
					   bool wide)
{
	const unsigned char *s = sub;

	if (wide)
		return &sub64;
	if (starts_vmcoreinfo(fd, le64(s + sub32.off_vmcoreinfo), le32(s + sub32.size_vmcoreinfo)))
		return &sub32;
	if (starts_vmcoreinfo(fd, le64(s + sub32_arm.off_vmcoreinfo),
			      le32(s + sub32_arm.size_vmcoreinfo)))
		return &sub32_arm;
	return d->arch && d->arch->id == ARCH_ARM ? &sub32_arm : &sub32;
}

static enum cairn_code read_sub_header(struct dumpfile *d, int fd, int version, bool wide,
				       uint32_t max_mapnr, struct arena *arena,
				       struct cairn_err *err)
{
	unsigned char sub[112];
	const struct sub_layout *l;
	uint64_t off, len;
	enum cairn_code code;

	d->max_pfn = max_mapnr;
	if (version < 1)
		return CAIRN_OK;
	code = read_at(fd, d->block_size, sub, sizeof(sub), err);
	if (code != CAIRN_OK)
		return code;
	l = sub_layout(d, fd, sub, wide);
	/* x86_64 also stores phys_base here, but counts pfns from 0 */
	if (d->arch && d->arch->id == ARCH_ARM)
		d->phys_base = le32(sub);
	if (version >= 6 && le64(sub + l->max_mapnr_64))
		d->max_pfn = le64(sub + l->max_mapnr_64);
	if (version >= 4) {
		code = read_notes(d, fd, le64(sub + l->off_note),
				  le_uint(sub + l->size_note, l->word), arena, err);
		if (code != CAIRN_OK)
			return code;
	}
	off = le64(sub + l->off_vmcoreinfo);
	len = le_uint(sub + l->size_vmcoreinfo, l->word);
	if (version >= 3 && !d->vmcoreinfo && len && len <= NOTES_LIMIT && off < d->file_size &&
	    len <= d->file_size - off) {
		char *text = arena_alloc(arena, len + 1);

		if (!text)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for VMCOREINFO");
		if (read_at(fd, off, text, len, err) != CAIRN_OK)
			return err ? err->code : CAIRN_IO;
		return take_vmcoreinfo(d, arena, text, len, err);
	}
	return CAIRN_OK;
}

static bool plausible_block(uint32_t block)
{
	return block >= 4096 && block <= 65536 && !(block & (block - 1));
}

/* struct disk_dump_header: signature 8, version 4, utsname 6 x 65, then (aligned to a
 * long) struct timeval, status, block_size, sub_hdr_size, bitmap_blocks, max_mapnr. */
static enum cairn_code read_kdump(struct dumpfile *d, int fd, const unsigned char *head,
				  struct arena *arena, struct cairn_err *err)
{
	const size_t tail64 = 424, tail32 = 412;
	char machine[66] = { 0 };
	bool wide;

	d->format = DUMPFILE_KDUMP;
	memcpy(machine, head + 12 + 4 * 65, 65);
	d->arch = arch_by_utsname(machine);
	wide = d->arch ? d->arch->word == 8 : plausible_block(le32(head + tail64 + 4));
	head += wide ? tail64 : tail32;
	d->block_size = le32(head + 4);
	if (!plausible_block(d->block_size))
		return cairn_fail(err, CAIRN_FORMAT, "kdump header with a page size of %u",
				  d->block_size);
	return read_sub_header(d, fd, (int)le32(head - (wide ? tail64 : tail32) + 8), wide,
			       le32(head + 16), arena, err);
}

/* ---- ELF ---- */

struct elf_layout {
	uint8_t phoff, shoff, phentsize, phnum, shinfo, p_offset, p_filesz, word;
};
static const struct elf_layout elf64 = { 32, 40, 54, 56, 44, 8, 32, 8 };
static const struct elf_layout elf32 = { 28, 32, 42, 44, 28, 4, 16, 4 };

#define PHDR_LIMIT 65536u

static enum cairn_code read_elf(struct dumpfile *d, int fd, const unsigned char *head,
				struct arena *arena, struct cairn_err *err)
{
	const struct elf_layout *l = head[EI_CLASS] == ELFCLASS64 ? &elf64 : &elf32;
	uint64_t phoff = le_uint(head + l->phoff, l->word), end;
	uint32_t phnum = le16(head + l->phnum), i;
	uint16_t phent = le16(head + l->phentsize);
	enum cairn_code code;

	if (head[EI_DATA] != ELFDATA2LSB)
		return cairn_fail(err, CAIRN_FORMAT, "a big-endian ELF file");
	if (le16(head + 16) != ET_CORE)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF file that is no core dump");
	d->format = DUMPFILE_ELF;
	d->arch = arch_by_elf(le16(head + 18));
	if (phnum == PN_XNUM) {
		unsigned char shdr[64];

		code = read_at(fd, le_uint(head + l->shoff, l->word), shdr, l->word * 8, err);
		if (code != CAIRN_OK)
			return code;
		phnum = le32(shdr + l->shinfo);
	}
	if (phnum > PHDR_LIMIT)
		return cairn_fail(err, CAIRN_FORMAT, "an ELF core of %u segments", phnum);
	for (i = 0; i < phnum; i++) {
		unsigned char ph[56];
		uint64_t off, size;

		code = read_at(fd, phoff + (uint64_t)i * phent, ph, l->word == 8 ? 56 : 32, err);
		if (code != CAIRN_OK)
			return code;
		off = le_uint(ph + l->p_offset, l->word);
		size = le_uint(ph + l->p_filesz, l->word);
		end = off + size;
		if (end >= off && end > d->promised)
			d->promised = end;
		if (le32(ph) == PT_NOTE && !d->notes) {
			code = read_notes(d, fd, off, size, arena, err);
			if (code != CAIRN_OK)
				return code;
		}
	}
	return CAIRN_OK;
}

/* ---- what it is ---- */

static const struct { const char *magic; size_t len; const char *what; } strangers[] = {
	{ "\xff\xd8\xff", 3, "a JPEG picture" },
	{ "\x89PNG", 4, "a PNG picture" },
	{ "%PDF", 4, "a PDF document" },
	{ "\x1f\x8b", 2, "a gzip file; decompress it first" },
	{ "\xfd" "7zXZ", 5, "an xz file; decompress it first" },
	{ "BZh", 3, "a bzip2 file; decompress it first" },
	{ "\x04\x22\x4d\x18", 4, "an lz4 file; decompress it first" },
	{ "PK\3\4", 4, "a zip archive" },
	{ "#!", 2, "a script" },
	{ "QFI\xfb", 4, "a qcow2 disk image" },
};

static enum cairn_code no_dump(const unsigned char *head, size_t len, struct cairn_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (len >= strangers[i].len && !memcmp(head, strangers[i].magic, strangers[i].len))
			return cairn_fail(err, CAIRN_FORMAT, "not a vmcore but %s",
					  strangers[i].what);
	for (i = 0; i < len && ((head[i] >= 0x20 && head[i] < 0x7f) || head[i] == '\n' ||
				head[i] == '\r' || head[i] == '\t' || head[i] >= 0x80); i++)
		;
	if (i == len)
		return cairn_fail(err, CAIRN_FORMAT, "not a vmcore but a text");
	return cairn_fail(err, CAIRN_FORMAT, "not a vmcore: the file begins with none of the "
			  "signatures of kdump, ELF, LKCD, SADUMP, s390");
}

enum cairn_code dumpfile_read(struct dumpfile *ret, int fd, struct arena *arena,
			      struct cairn_err *err)
{
	unsigned char head[512] = { 0 };
	struct stat st;
	ssize_t n;

	*ret = (struct dumpfile){ 0 };
	if (fstat(fd, &st) < 0)
		return cairn_fail(err, CAIRN_IO, "stat: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return cairn_fail(err, CAIRN_IO, "it is a directory");
	ret->file_size = (uint64_t)st.st_size;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return cairn_fail(err, CAIRN_IO, "read: %s", strerror(errno));
	if (n == 0)
		return cairn_fail(err, CAIRN_FORMAT, "the file is empty");
	if (n == sizeof(head) && !memcmp(head, "KDUMP   ", 8))
		return read_kdump(ret, fd, head, arena, err);
	if (n >= 64 && !memcmp(head, ELFMAG, SELFMAG))
		return read_elf(ret, fd, head, arena, err);
	return no_dump(head, (size_t)n, err);
}
