/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/dumpfile.h"

#include <elf.h>
#include <string.h>

enum cairn_code dumpfile_bytes(const struct rawfile *f, uint64_t off, void *buf, size_t len,
			       struct cairn_err *err)
{
	int error;
	size_t got = rawfile_read(f, off, buf, len, &error);

	if (got == len)
		return CAIRN_OK;
	if (error)
		return cairn_fail(err, CAIRN_IO, "read: %s", strerror(error));
	return cairn_fail(err, CAIRN_FORMAT, "the file ends at %#llx, inside its own header",
			  (unsigned long long)(off + got));
}

enum cairn_code dumpfile_vmcoreinfo(struct dumpfile *d, const void *text, size_t len,
				    struct arena *arena, struct cairn_err *err)
{
	d->vmcoreinfo = arena_strndup(arena, text, len);
	if (!d->vmcoreinfo)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for VMCOREINFO");
	d->vmcoreinfo_len = strlen(d->vmcoreinfo);
	return CAIRN_OK;
}

enum cairn_code dumpfile_notes(struct dumpfile *d, const struct rawfile *f, uint64_t off,
			       uint64_t len, struct arena *arena, struct cairn_err *err)
{
	size_t have = (d->notes_len + 3) & ~(size_t)3, pos = 0, got;
	unsigned char *buf;
	struct note n;

	if (!len || off >= f->size || have >= DUMPFILE_NOTES_LIMIT)
		return CAIRN_OK;
	if (len > f->size - off)
		len = f->size - off;
	if (len > DUMPFILE_NOTES_LIMIT - have)
		len = DUMPFILE_NOTES_LIMIT - have;
	buf = arena_alloc(arena, have + len);
	if (!buf)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the notes");
	if (d->notes)
		memcpy(buf, d->notes, d->notes_len);
	got = rawfile_read(f, off, buf + have, len, NULL);
	d->notes = buf;
	d->notes_len = have + got;
	while (!d->vmcoreinfo && note_next(buf + have, got, &pos, &n))
		if (note_is(&n, "VMCOREINFO", 0))
			return dumpfile_vmcoreinfo(d, n.desc, n.desc_len, arena, err);
	return CAIRN_OK;
}

/* ---- which machine ---- */

/* Each from that machine's arch_crash_save_vmcoreinfo(): arch/x86/kernel/crash_core_64.c
 * and _32.c, arch/arm64/kernel/crash_core.c, arch/arm/kernel/machine_kexec.c (by their
 * names in 6.x). An ARM or i386 kernel without extended addresses writes nothing. */
static const struct { const char *line; enum arch_id id; } marks[] = {
	{ "\nSYMBOL(init_top_pgt)=", ARCH_X86_64 },
	{ "\nSYMBOL(init_level4_pgt)=", ARCH_X86_64 },
	{ "\nNUMBER(kimage_voffset)=", ARCH_ARM64 },
	{ "\nCONFIG_X86_PAE=", ARCH_I386 },
	{ "\nCONFIG_ARM_LPAE=", ARCH_ARM },
};

const struct arch *dumpfile_guess_arch(const void *notes, size_t len, const struct vmcoreinfo *v)
{
	const struct arch *arch = notes ? note_guess_arch(notes, len) : NULL;

	if (arch || !v->text)
		return arch;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (memmem(v->text, v->len, marks[i].line, strlen(marks[i].line)))
			return arch_by_id(marks[i].id);
	return NULL;
}

/* ---- what it is ---- */

enum cairn_code dumpfile_foreign(const char *name, struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_FORMAT, "the dump of a machine that is not read here (%s); "
			  "x86_64, i386, ARM32 and arm64 are", name);
}

static const struct { const char *magic; size_t len; const char *what; } strangers[] = {
	{ "\xff\xd8\xff", 3, "a JPEG picture" },
	{ "\x89PNG", 4, "a PNG picture" },
	{ "%PDF", 4, "a PDF document" },
	{ "\x1f\x8b", 2, "a gzip file; decompress it first" },
	{ "\xfd" "7zXZ", 5, "an xz file; decompress it first" },
	{ "BZh", 3, "a bzip2 file; decompress it first" },
	{ "\x04\x22\x4d\x18", 4, "an lz4 file; decompress it first" },
	{ "PK\3\4", 4, "a zip archive" },
	{ "!<arch>\n", 8, "an archive or a Debian package" },
	{ "#!", 2, "a script" },
	{ "QFI\xfb", 4, "a qcow2 disk image" },
	{ "QEVM", 4, "the saved state of a QEMU machine; use dump-guest-memory" },
	{ "LibvirtQemudSave", 16, "a saved libvirt machine; use virsh dump --memory-only" },
	{ "\xd2\xbe\xd2\xbe", 4, "the saved state of a VMware machine" },
	{ "PAGEDU64", 8, "a Windows crash dump" },
	{ "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8, "an s390 dump, of a machine that is not known" },
	{ "\xed\x23\x8f\x61\x73\x01\x19\xa8", 8, "an LKCD dump, a format given up in 2006" },
	{ "sadump", 6, "a SADUMP; makedumpfile makes a vmcore of it" },
};

static bool looks_like_text(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] == 0x7f || (p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t'))
			return false;
	return true;
}

/* diskdump, which kdump-compressed comes from, differs in the machine's part of the header
 * alone, which is not read. */
static bool is_kdump(const unsigned char *head)
{
	return !memcmp(head, "KDUMP   ", 8) || !memcmp(head, "DISKDUMP", 8);
}

static enum cairn_code no_dump(const unsigned char *head, size_t len, struct cairn_err *err)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (len >= strangers[i].len && !memcmp(head, strangers[i].magic, strangers[i].len))
			return cairn_fail(err, CAIRN_FORMAT, "not a vmcore but %s",
					  strangers[i].what);
	if (len >= 8 && is_kdump(head))
		return cairn_fail(err, CAIRN_FORMAT, "the file ends at %#zx, inside its own header",
				  len);
	if (looks_like_text(head, len))
		return cairn_fail(err, CAIRN_FORMAT, "not a vmcore but a text; `cairn oops` reads logs");
	return cairn_fail(err, CAIRN_FORMAT, "not a vmcore: the file begins with neither "
			  "the signature of kdump nor that of ELF");
}

static enum cairn_code read_format(struct dumpfile *d, const struct rawfile *f,
				   struct arena *arena, struct cairn_err *err)
{
	unsigned char head[512] = { 0 };
	int error;
	size_t n = rawfile_read(f, 0, head, sizeof(head), &error);

	if (error)
		return cairn_fail(err, CAIRN_IO, "read: %s", strerror(error));
	if (n >= DUMPFILE_KDUMP_HEAD && is_kdump(head))
		return dumpfile_read_kdump(d, f, head, arena, err);
	if (n >= 64 && !memcmp(head, ELFMAG, SELFMAG))
		return dumpfile_read_elf(d, f, head, arena, err);
	return no_dump(head, n, err);
}

enum cairn_code dumpfile_read(struct dumpfile *ret, const struct rawfile *f, struct arena *arena,
			      struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct dumpfile){ .file_size = f->size };
	code = read_format(ret, f, arena, err);
	if (code == CAIRN_OK && !ret->arch)
		ret->arch = dumpfile_guess_arch(ret->notes, ret->notes_len, &(struct vmcoreinfo){
			.text = ret->vmcoreinfo, .len = ret->vmcoreinfo_len });
	if (code == CAIRN_OK && !ret->arch && ret->foreign)
		return dumpfile_foreign(ret->foreign, err);
	return code;
}
