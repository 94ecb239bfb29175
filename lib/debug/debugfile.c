/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/debugfile.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/cfi.h"
#include "lib/debug/line.h"
#include "lib/debug/reldwarf.h"
#include "lib/debug/scope.h"
#include "lib/image/note.h"
#include "lib/image/unwrap.h"

/* The largest kernels have some 10 MB of BTF; a standalone file is read whole. */
#define BTF_LIMIT ((uint64_t)256 << 20)
/* A vmlinux with all that compilers can say has 1 to 2 GB; a packed one is unpacked whole. */
#define UNPACKED_LIMIT ((uint64_t)4 << 30)
/* Modules built with -ffunction-sections have thousands. */
#define SECTION_LIMIT ((size_t)1 << 20)
/* No section of a machine is larger; keeps sums of sizes far from 2^64. */
#define SECTION_SIZE_LIMIT ((uint64_t)1 << 40)
/* Own layout of a module; libdwfl takes address 0 for "not laid out yet". */
#define MODULE_BASE ((uint64_t)0x100000)

/* ---- texts inside the file ---- */

static void take_build_id(struct debugfile *f, const Elf_Data *d)
{
	struct note n;
	size_t pos = 0, i;

	while (!f->build_id[0] && note_next(d->d_buf, d->d_size, &pos, &n))
		if (note_is(&n, "GNU", NT_GNU_BUILD_ID))
			for (i = 0; i < n.desc_len && 2 * i + 2 < sizeof(f->build_id); i++)
				snprintf(f->build_id + 2 * i, 3, "%02x", n.desc[i]);
}

/* The first word of a text; nothing if it does not fit. */
static void take_word(char *to, size_t size, const char *from)
{
	size_t n = strcspn(from, " \n");

	if (n < size) {
		memcpy(to, from, n);
		to[n] = '\0';
	}
}

/* .modinfo: KEY=VALUE texts, each NUL-terminated. */
static void take_modinfo(struct debugfile *f, const Elf_Data *d)
{
	struct cursor c = cursor_init(d->d_buf, d->d_size);
	const char *s;

	while ((s = cursor_text(&c))) {
		if (!strncmp(s, "name=", 5))
			take_word(f->module, sizeof(f->module), s + 5);
		else if (!strncmp(s, "vermagic=", 9))
			take_word(f->release, sizeof(f->release), s + 9);
	}
}

/* objcopy --only-keep-debug empties .modinfo: then the file is called as the module is,
 * perhaps with '-' for '_'. */
static void name_module(struct debugfile *f)
{
	const char *base = strrchr(f->path, '/'), *dot;
	size_t i, n;

	base = base ? base + 1 : f->path;
	dot = strstr(base, ".ko");
	n = dot ? (size_t)(dot - base) : strlen(base);
	if (f->module[0] || n >= sizeof(f->module))
		return;
	for (i = 0; i < n; i++)
		f->module[i] = base[i] == '-' ? '_' : base[i];
}

/* ---- sections ---- */

static const Elf_Data *contents(Elf_Scn *scn, const GElf_Shdr *sh)
{
	const Elf_Data *d = sh->sh_type == SHT_NOBITS ? NULL : elf_rawdata(scn, NULL);

	return d && d->d_buf && d->d_size ? d : NULL;
}

/* What the file has to offer shows in its sections. */
static void take_section(struct debugfile *f, const Elf_Data *d, const GElf_Shdr *sh,
			 const char *name)
{
	if (sh->sh_type == SHT_SYMTAB)
		f->has_symbols = true;
	else if (sh->sh_type == SHT_NOTE)
		take_build_id(f, d);
	else if (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info"))
		f->has_dwarf = true;
	else if (!strcmp(name, ".modinfo") && f->kind == DEBUGFILE_MODULE)
		take_modinfo(f, d);
	else if (!strcmp(name, ".BTF") && btf_is(d->d_buf, d->d_size)) {
		f->btf = d->d_buf;
		f->btf_size = d->d_size;
	}
}

static bool plausible_align(uint64_t align)
{
	return align && align <= 1 << 24 && !(align & (align - 1));
}

static char section_type(const GElf_Shdr *sh)
{
	if (sh->sh_flags & SHF_EXECINSTR)
		return 't';
	if (sh->sh_type == SHT_NOBITS)
		return 'b';
	return sh->sh_flags & SHF_WRITE ? 'd' : 'r';
}

static void lay_out(struct debugfile *f, struct debugfile_section *s, const GElf_Shdr *sh,
		    uint64_t *next)
{
	if (!(sh->sh_flags & SHF_ALLOC) || !sh->sh_size || sh->sh_size > SECTION_SIZE_LIMIT)
		return;
	s->type = section_type(sh);
	s->size = sh->sh_size;
	s->addr = sh->sh_addr;
	s->percpu = !strcmp(s->name, ".data..percpu") && !s->addr;
	if (f->kind != DEBUGFILE_MODULE)
		return;
	if (plausible_align(sh->sh_addralign))
		*next = (*next + sh->sh_addralign - 1) & -sh->sh_addralign;
	s->addr = *next;
	*next += s->size;
}

static enum cairn_code read_sections(struct debugfile *f, struct cairn_err *err)
{
	uint64_t next = MODULE_BASE;
	bool module = false;
	size_t names, i;

	if (elf_getshdrnum(f->elf, &f->nsections) || elf_getshdrstrndx(f->elf, &names))
		return cairn_fail(err, CAIRN_FORMAT, "%s: %s", f->path, elf_errmsg(-1));
	if (f->nsections > SECTION_LIMIT)
		return cairn_fail(err, CAIRN_FORMAT, "%s: %zu sections", f->path, f->nsections);
	f->section = arena_array(&f->arena, f->nsections, sizeof(*f->section));
	if (!f->section)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the sections of %s", f->path);
	for (i = 0; i < f->nsections; i++) {
		struct debugfile_section *s = &f->section[i];
		Elf_Scn *scn = elf_getscn(f->elf, i);
		const Elf_Data *d;
		GElf_Shdr sh;

		s->name = "";
		if (!i || !scn || !gelf_getshdr(scn, &sh))
			continue;
		s->name = elf_strptr(f->elf, names, sh.sh_name);
		if (!s->name)
			s->name = "";
		lay_out(f, s, &sh, &next);
		module |= !strcmp(s->name, ".gnu.linkonce.this_module");
		d = contents(scn, &sh);
		if (d)
			take_section(f, d, &sh, s->name);
	}
	if (f->kind == DEBUGFILE_MODULE && !module)
		return cairn_fail(err, CAIRN_FORMAT, "%s: an object file, but no kernel module",
				  f->path);
	return CAIRN_OK;
}

/* ---- opening ---- */

static enum cairn_code open_elf(struct debugfile *f, struct cairn_err *err)
{
	GElf_Ehdr eh;
	enum cairn_code code;

	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &eh))
		return cairn_fail(err, CAIRN_FORMAT, "%s: %s", f->path, elf_errmsg(-1));
	if (eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return cairn_fail(err, CAIRN_FORMAT, "%s: a big-endian ELF file", f->path);
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN && eh.e_type != ET_REL)
		return cairn_fail(err, CAIRN_FORMAT, "%s: a%s, not a vmlinux or module", f->path,
				  eh.e_type == ET_CORE ? " core dump" : "n ELF file of unknown type");
	f->kind = eh.e_type == ET_REL ? DEBUGFILE_MODULE : DEBUGFILE_KERNEL;
	f->arch = arch_by_elf(eh.e_machine);
	code = read_sections(f, err);
	if (code == CAIRN_OK && f->kind == DEBUGFILE_MODULE)
		name_module(f);
	return code;
}

static const struct { size_t at; const char *magic; size_t len; const char *what; } strangers[] = {
	{ 0x202, "HdrS", 4, "a compressed kernel image; its vmlinux is needed" },
	{ 0x38, "ARM\x64", 4, "a bootable kernel image; its vmlinux is needed" },
	{ 0x24, "\x18\x28\x6f\x01", 4, "a compressed kernel image; its vmlinux is needed" },
	{ 0, "\x1f\x8b", 2, "a gzip file; decompress it first" },
	{ 0, "\xfd" "7zXZ", 5, "an xz file; decompress it first" },
	{ 0, "BZh", 3, "a bzip2 file; decompress it first" },
	{ 0, "KDUMP   ", 8, "a vmcore, not a debug file" },
	{ 0, "!<arch>", 7, "an archive; unpack it first" },
	{ 0, "\xeb\x9f", 2, "BTF of a big-endian machine" },
};

static enum cairn_code stranger(const struct debugfile *f, const unsigned char *head, size_t len,
				struct cairn_err *err)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (len >= strangers[i].at + strangers[i].len &&
		    !memcmp(head + strangers[i].at, strangers[i].magic, strangers[i].len))
			return cairn_fail(err, CAIRN_FORMAT, "%s: %s", f->path, strangers[i].what);
	return cairn_fail(err, CAIRN_FORMAT, "%s: neither an ELF file nor BTF", f->path);
}

static bool is_elf(const void *head, size_t len)
{
	return len >= EI_NIDENT && !memcmp(head, ELFMAG, SELFMAG);
}

static void set_btf(struct debugfile *f, size_t size)
{
	f->kind = DEBUGFILE_BTF;
	f->btf = f->image;
	f->btf_size = size;
}

static enum cairn_code read_btf(struct debugfile *f, uint64_t size, struct cairn_err *err)
{
	size_t done = 0;
	ssize_t n = 1;

	if (size > BTF_LIMIT)
		return cairn_fail(err, CAIRN_LIMIT, "%s: BTF of %llu MB", f->path,
				  (unsigned long long)(size >> 20));
	f->image = mem_zalloc(size, 1);
	if (!f->image)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", f->path);
	while (done < size && n > 0) {
		n = pread(f->fd, (char *)f->image + done, size - done, (off_t)done);
		if (n < 0)
			return cairn_fail(err, CAIRN_IO, "%s: %s", f->path, strerror(errno));
		done += (size_t)n;
	}
	set_btf(f, done);
	return CAIRN_OK;
}

/* Mapped here and not by libelf, which would not say where: debugfile_trim(). */
static void begin_elf(struct debugfile *f, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, f->fd, 0);

	if (at == MAP_FAILED) {
		f->elf = elf_begin(f->fd, ELF_C_READ, NULL);
		return;
	}
	f->mapped = at;
	f->mapped_size = size;
	f->elf = elf_memory(at, size);
}

/* The file in a zstd file; it is unpacked once, to where nobody else finds it. */
static enum cairn_code unpack(struct debugfile *f, struct cairn_err *err)
{
	struct rawfile raw;
	bool cut;
	enum cairn_code code = unwrap_at_most(&raw, f->fd, UNPACKED_LIMIT, err);

	f->fd = -1; /* closed on failure, too */
	if (code != CAIRN_OK)
		return cairn_context(err, code, "%s", f->path);
	if (!raw.cut && !raw.segs) {
		f->fd = raw.fd;
		return CAIRN_OK;
	}
	cut = raw.cut;
	rawfile_close(&raw);
	return cairn_fail(err, CAIRN_FORMAT, "%s: %s", f->path,
			  cut ? "the zstd file is damaged or ends early" : "no debug file");
}

static enum cairn_code open_fd(struct debugfile *f, bool packed, struct cairn_err *err)
{
	unsigned char head[0x400] = { 0 };
	struct stat st;
	ssize_t n = pread(f->fd, head, sizeof(head), 0);
	enum cairn_code code;

	if (n < 0 || fstat(f->fd, &st) < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", f->path, strerror(errno));
	if (btf_is(head, (size_t)n))
		return read_btf(f, (uint64_t)st.st_size, err);
	if (is_elf(head, (size_t)n)) {
		begin_elf(f, (size_t)st.st_size);
		return open_elf(f, err);
	}
	if (!zstd_is(head, (size_t)n))
		return stranger(f, head, (size_t)n, err);
	if (packed)
		return cairn_fail(err, CAIRN_FORMAT, "%s: a zstd file in a zstd file", f->path);
	code = unpack(f, err);
	return code == CAIRN_OK ? open_fd(f, true, err) : code;
}

static enum cairn_code open_file(struct debugfile *f, struct cairn_err *err)
{
	struct stat st;

	/* asked first: opening a FIFO would wait for its writer */
	if (stat(f->path, &st) < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", f->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cairn_fail(err, CAIRN_IO, "%s: not a regular file", f->path);
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", f->path, strerror(errno));
	return open_fd(f, false, err);
}

static enum cairn_code open_image(struct debugfile *f, const void *data, size_t size,
				  struct cairn_err *err)
{
	f->image = mem_zalloc(size, 1);
	if (!f->image)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", f->path);
	memcpy(f->image, data, size);
	if (btf_is(data, size)) {
		set_btf(f, size);
		return CAIRN_OK;
	}
	if (!is_elf(data, size))
		return stranger(f, data, size, err);
	f->elf = elf_memory(f->image, size);
	return open_elf(f, err);
}

/* A file in memory if data is given. */
static enum cairn_code open_any(struct debugfile **ret, const char *path, const void *data,
				size_t size, struct cairn_err *err)
{
	struct debugfile *f = mem_zalloc(1, sizeof(*f));
	enum cairn_code code;

	if (!f)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", path);
	f->fd = -1;
	f->path = arena_strdup(&f->arena, path);
	elf_version(EV_CURRENT);
	if (!f->path)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for %s", path);
	else
		code = data ? open_image(f, data, size, err) : open_file(f, err);
	if (code == CAIRN_OK)
		*ret = f;
	else
		debugfile_close(f);
	return code;
}

enum cairn_code debugfile_open(struct debugfile **ret, const char *path, struct cairn_err *err)
{
	return open_any(ret, path, NULL, 0, err);
}

enum cairn_code debugfile_open_memory(struct debugfile **ret, const char *path, const void *data,
				      size_t size, struct cairn_err *err)
{
	return open_any(ret, path, data ? data : "", size, err);
}

void debugfile_close(struct debugfile *f)
{
	if (!f)
		return;
	cfi_free(f);
	line_free(f);
	scope_free(f);
	if (f->dwfl)
		reldwarf_close(f);
	dwarf_end(f->dwarf);
	elf_end(f->elf);
	if (f->mapped)
		munmap(f->mapped, f->mapped_size);
	if (f->fd >= 0)
		close(f->fd);
	mem_free(f->image);
	arena_deinit(&f->arena);
	mem_free(f);
}

void debugfile_trim(struct debugfile *f)
{
	if (f->mapped)
		madvise(f->mapped, f->mapped_size, MADV_DONTNEED);
}

enum cairn_code debugfile_dwarf(struct debugfile *f, Dwarf **ret, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	if (!f->has_dwarf)
		return cairn_fail(err, CAIRN_MISSING, "%s has no DWARF", f->path);
	if (f->kind == DEBUGFILE_MODULE && f->fd < 0)
		return cairn_fail(err, CAIRN_MISSING, "%s: DWARF of a module that is no file",
				  f->path);
	if (!f->dwarf && f->kind == DEBUGFILE_MODULE)
		code = reldwarf_open(f, err);
	else if (!f->dwarf)
		f->dwarf = dwarf_begin_elf(f->elf, DWARF_C_READ, NULL);
	if (code == CAIRN_OK && !f->dwarf)
		code = cairn_fail(err, CAIRN_FORMAT, "%s: DWARF: %s", f->path, dwarf_errmsg(-1));
	*ret = f->dwarf;
	return code;
}
