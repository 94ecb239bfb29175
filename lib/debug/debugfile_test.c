/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/mem.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/testelf.h"

static const unsigned char id[20] = {
	0xeb, 0x4f, 0xbc, 0xd0, 0x37, 0xe7, 0x25, 0x37, 0x17, 0x95,
	0x0b, 0xf2, 0xb9, 0x3b, 0xd5, 0x56, 0x6f, 0x47, 0xc5, 0x6f,
};
#define ID "eb4fbcd037e7253717950bf2b93bd5566f47c56f"
#define OTHER "15154df2d18641fa3dbcf3b74b921d9495d392ac"

static const char banner[] = "padding\0Linux version 6.1.0-56-amd64 (debian-kernel@lists) #1 SMP\n";
static const unsigned char btf[24] = { 0x9f, 0xeb, 1, 0, 24 };

/* A vmlinux as small as it gets: text and read-only data at link addresses, an absolute
 * per-CPU section. */
static unsigned char *vmlinux(size_t *size, bool with_id)
{
	static const char *const names[] = { "linux_banner" };
	struct telf e = telf_new(ET_EXEC, EM_X86_64);
	Elf64_Sym sym = { .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT) };

	telf_section(&e, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0x81000000, banner, 16);
	sym.st_shndx = (uint16_t)telf_section(&e, ".rodata", SHT_PROGBITS, SHF_ALLOC, 0x82000000,
					      banner, sizeof(banner));
	sym.st_value = 0x82000008;
	telf_section(&e, ".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, banner, 64);
	telf_section(&e, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 0x83000000, NULL, 0x1000);
	telf_section(&e, ".BTF", SHT_PROGBITS, SHF_ALLOC, 0x82100000, btf, sizeof(btf));
	telf_symbols(&e, &sym, 1, names);
	if (with_id)
		telf_build_id(&e, id, sizeof(id));
	return telf_finish(&e, size);
}

static unsigned char *module(size_t *size, const char *modinfo, size_t len)
{
	struct telf e = telf_new(ET_REL, EM_X86_64);

	telf_section(&e, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0, banner, 32);
	telf_section(&e, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, banner, 48);
	telf_section(&e, ".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, banner, 8);
	telf_section(&e, ".comment", SHT_PROGBITS, 0, 0, banner, 8);
	telf_section(&e, ".gnu.linkonce.this_module", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0,
		     banner, 8);
	telf_section(&e, ".modinfo", modinfo ? SHT_PROGBITS : SHT_NOBITS, SHF_ALLOC, 0, modinfo,
		     len);
	telf_build_id(&e, id, sizeof(id));
	return telf_finish(&e, size);
}

static struct debugfile *open_bytes(unsigned char *data, size_t size, const char *path)
{
	struct debugfile *f;
	struct cairn_err err;

	if (debugfile_open_memory(&f, path, data, size, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	free(data);
	return f;
}

static struct debugfile *open_vmlinux(bool with_id)
{
	size_t size;
	unsigned char *data = vmlinux(&size, with_id);

	return open_bytes(data, size, "vmlinux");
}

static struct debugfile *open_module(const char *path, const char *modinfo, size_t len)
{
	size_t size;
	unsigned char *data = module(&size, modinfo, len);

	return open_bytes(data, size, path);
}

/* ---- what it is ---- */

static void test_kernel(void **state)
{
	struct debugfile *f = open_vmlinux(true);

	(void)state;
	assert_int_equal(f->kind, DEBUGFILE_KERNEL);
	assert_string_equal(f->build_id, ID);
	assert_string_equal(f->module, "");
	assert_string_equal(f->path, "vmlinux");
	assert_int_equal(f->arch->id, ARCH_X86_64);
	assert_true(f->has_symbols);
	assert_false(f->has_dwarf);
	assert_int_equal(f->btf_size, sizeof(btf));
	assert_memory_equal(f->btf, btf, sizeof(btf));
	debugfile_close(f);
}

static void test_module(void **state)
{
	static const char info[] = "license=GPL\0name=kvm_amd\0vermagic=6.1.0-56-amd64 SMP\0\0\0";
	struct debugfile *f = open_module("/x/other.ko", info, sizeof(info));

	(void)state;
	assert_int_equal(f->kind, DEBUGFILE_MODULE);
	assert_string_equal(f->module, "kvm_amd");
	assert_string_equal(f->release, "6.1.0-56-amd64");
	assert_string_equal(f->build_id, ID);
	debugfile_close(f);
}

/* Debug files of modules have an empty .modinfo: the file's name has to do. */
static void test_module_named_by_its_file(void **state)
{
	struct debugfile *f = open_module("/lib/debug/kvm-amd.ko.debug", NULL, 64);

	(void)state;
	assert_int_equal(f->kind, DEBUGFILE_MODULE);
	assert_string_equal(f->module, "kvm_amd");
	assert_string_equal(f->release, "");
	debugfile_close(f);
}

static void test_modinfo_without_end(void **state)
{
	struct debugfile *f = open_module("m.ko", "name=abc", 8);

	(void)state;
	assert_string_equal(f->module, "m");
	debugfile_close(f);
}

static void test_btf(void **state)
{
	struct debugfile *f;
	struct cairn_err err;

	(void)state;
	assert_int_equal(debugfile_open_memory(&f, "a.btf", btf, sizeof(btf), &err), CAIRN_OK);
	assert_int_equal(f->kind, DEBUGFILE_BTF);
	assert_int_equal(f->btf_size, sizeof(btf));
	assert_memory_equal(f->btf, btf, sizeof(btf));
	assert_string_equal(f->build_id, "");
	assert_int_equal(debugfile_match(f, ID, "6.1", &err), CAIRN_OK);
	assert_int_equal(f->proof, DEBUGFILE_UNPROVEN);
	debugfile_close(f);
}

static void refused(const void *data, size_t size, const char *because)
{
	struct debugfile *f;
	struct cairn_err err;

	assert_int_equal(debugfile_open_memory(&f, "x", data, size, &err), CAIRN_FORMAT);
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void test_strangers(void **state)
{
	unsigned char image[0x400] = { 'M', 'Z' };

	(void)state;
	refused("", 0, "neither");
	refused("hello\n", 6, "neither an ELF file nor BTF");
	refused("\x1f\x8b\x08", 3, "gzip");
	refused("\xeb\x9f\x01", 3, "big-endian");
	refused("KDUMP   ", 8, "vmcore");
	refused("\x7f" "ELF", 4, "neither");
	memcpy(image + 0x202, "HdrS", 4);
	refused(image, sizeof(image), "vmlinux is needed");
}

static void test_strange_elf(void **state)
{
	struct telf e = telf_new(ET_CORE, EM_X86_64);
	unsigned char *data;
	size_t size;

	(void)state;
	data = telf_finish(&e, &size);
	refused(data, size, "core dump");
	data[EI_DATA] = ELFDATA2MSB;
	refused(data, size, "big-endian");
	free(data);
	e = telf_new(ET_REL, EM_X86_64);
	telf_section(&e, ".text", SHT_PROGBITS, SHF_ALLOC, 0, "abc", 3);
	data = telf_finish(&e, &size);
	refused(data, size, "no kernel module");
	free(data);
}

static void test_no_file(void **state)
{
	char dir[] = "/tmp/cairn-debugfile-XXXXXX", path[64];
	struct debugfile *f;
	struct cairn_err err;

	(void)state;
	assert_int_equal(debugfile_open(&f, "/nonexistent/vmlinux", &err), CAIRN_IO);
	assert_non_null(strstr(err.text, "/nonexistent/vmlinux: No such file"));
	assert_non_null(mkdtemp(dir));
	assert_int_equal(debugfile_open(&f, dir, &err), CAIRN_IO);
	assert_non_null(strstr(err.text, "not a regular file"));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(debugfile_open(&f, path, &err), CAIRN_IO);
	unlink(path);
	rmdir(dir);
}

static void test_from_disk(void **state)
{
	char path[] = "/tmp/cairn-debugfile-XXXXXX";
	int fd = mkstemp(path);
	struct debugfile *f;
	struct cairn_err err;
	size_t size;
	unsigned char *data = vmlinux(&size, true);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(debugfile_open(&f, path, &err), CAIRN_OK);
	assert_string_equal(f->build_id, ID);
	debugfile_close(f);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, btf, sizeof(btf), 0), sizeof(btf));
	assert_int_equal(debugfile_open(&f, path, &err), CAIRN_OK);
	assert_int_equal(f->kind, DEBUGFILE_BTF);
	assert_int_equal(f->btf_size, sizeof(btf));
	debugfile_close(f);
	close(fd);
	unlink(path);
	free(data);
}

/* A frame that says of itself that it unpacks to 1 TB (RFC 8878, 3.1.1.1). */
static void test_packed_too_large(void **state)
{
	static const unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0 };
	char path[] = "/tmp/cairn-debugfile-XXXXXX";
	int fd = mkstemp(path);
	struct debugfile *f;
	struct cairn_err err;

	(void)state;
	assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(debugfile_open(&f, path, &err), CAIRN_LIMIT);
	assert_non_null(strstr(err.text, ": unpacks to more than 4096 MB"));
	close(fd);
	unlink(path);
}

/* What is in a zstd file, as debugfile_open() finds it; `cut`: bytes short of the whole. */
static enum cairn_code open_packed(struct debugfile **f, const void *data, size_t size, size_t cut,
				   struct cairn_err *err)
{
	char path[] = "/tmp/cairn-debugfile-XXXXXX";
	int fd = mkstemp(path);
	size_t room = ZSTD_compressBound(size), n;
	void *packed = malloc(room);
	enum cairn_code code;

	n = ZSTD_compress(packed, room, data, size, 1);
	assert_false(ZSTD_isError(n));
	assert_int_equal(write(fd, packed, n - cut), n - cut);
	code = debugfile_open(f, path, err);
	close(fd);
	unlink(path);
	free(packed);
	return code;
}

static void test_packed(void **state)
{
	struct debugfile *f;
	struct cairn_err err;
	size_t size;
	unsigned char *data = vmlinux(&size, true);
	char packed[64];

	(void)state;
	assert_int_equal(open_packed(&f, data, size, 0, &err), CAIRN_OK);
	assert_string_equal(f->build_id, ID);
	debugfile_close(f);
	assert_int_equal(open_packed(&f, btf, sizeof(btf), 0, &err), CAIRN_OK);
	assert_int_equal(f->kind, DEBUGFILE_BTF);
	assert_int_equal(f->btf_size, sizeof(btf));
	debugfile_close(f);
	assert_int_not_equal(open_packed(&f, data, size, 20, &err), CAIRN_OK);
	assert_int_equal(open_packed(&f, "hello world", 11, 0, &err), CAIRN_FORMAT);
	assert_non_null(strstr(err.text, "neither"));
	/* as many times over as a dump may be */
	size = ZSTD_compress(packed, sizeof(packed), btf, sizeof(btf), 1);
	assert_int_equal(open_packed(&f, packed, size, 0, &err), CAIRN_OK);
	debugfile_close(f);
	free(data);
}

/* ---- does it belong ---- */

static void test_match_by_build_id(void **state)
{
	struct debugfile *f = open_vmlinux(true);
	struct cairn_err err;

	(void)state;
	assert_int_equal(debugfile_match(f, ID, "any", &err), CAIRN_OK);
	assert_int_equal(f->proof, DEBUGFILE_BY_BUILD_ID);
	assert_int_equal(debugfile_match(f, OTHER, "6.1.0-56-amd64", &err), CAIRN_USAGE);
	assert_string_equal(err.text, "vmlinux has build-id " ID ", the dump " OTHER);
	assert_int_equal(f->proof, DEBUGFILE_UNPROVEN);
	debugfile_close(f);
}

static void test_match_by_release(void **state)
{
	struct debugfile *f = open_vmlinux(false);
	struct cairn_err err;

	(void)state;
	assert_int_equal(debugfile_match(f, ID, "", &err), CAIRN_OK);
	assert_int_equal(f->proof, DEBUGFILE_UNPROVEN);
	assert_int_equal(debugfile_match(f, NULL, "6.1.0-56-amd64", &err), CAIRN_OK);
	assert_int_equal(f->proof, DEBUGFILE_BY_RELEASE);
	assert_int_equal(debugfile_match(f, ID, "6.1.0-50-amd64", &err), CAIRN_USAGE);
	assert_string_equal(err.text,
			    "vmlinux is of kernel 6.1.0-56-amd64, the dump of 6.1.0-50-amd64");
	debugfile_close(f);
}

/* ---- where it lay ---- */

static void test_place_kernel(void **state)
{
	struct debugfile *f = open_vmlinux(true);
	uint64_t addr;

	(void)state;
	assert_false(debugfile_file_addr(f, 0x81000000, &addr));
	debugfile_place_kernel(f, 0x2000000);
	assert_true(debugfile_file_addr(f, 0x8300000f, &addr));
	assert_int_equal(addr, 0x8100000f);
	assert_false(debugfile_file_addr(f, 0x83000010, &addr));
	assert_false(debugfile_file_addr(f, 0x82ffffff, &addr));
	assert_true(debugfile_file_addr(f, 0x85000fff, &addr));
	assert_int_equal(addr, 0x83000fff);
	/* neither where it would be nor where it would be moved to */
	assert_false(debugfile_file_addr(f, 8, &addr));
	assert_false(debugfile_file_addr(f, 0x2000008, &addr));
	assert_true(debugfile_symbol_addr(f, 2, 0x82000008, &addr));
	assert_int_equal(addr, 0x84000008);
	assert_true(debugfile_symbol_addr(f, 3, 0x18, &addr));
	assert_int_equal(addr, 0x18);
	assert_false(debugfile_symbol_addr(f, 0xfff1, 0, &addr));
	debugfile_close(f);
}

static void test_place_by_symbol(void **state)
{
	struct debugfile *f = open_vmlinux(true);
	struct cairn_err err;
	uint64_t addr;

	(void)state;
	assert_int_equal(debugfile_place_kernel_by(f, "linux_banner", 0x92000008, &err), CAIRN_OK);
	assert_true(debugfile_file_addr(f, 0x91000004, &addr));
	assert_int_equal(addr, 0x81000004);
	assert_int_equal(debugfile_place_kernel_by(f, "_stext", 0x92000008, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "vmlinux has no symbol _stext");
	debugfile_close(f);
}

static bool place(void *arg, const char *section, uint64_t *ret)
{
	(*(int *)arg)++;
	if (!strcmp(section, ".text"))
		*ret = 0xffffffffc0001000;
	else if (!strcmp(section, ".data"))
		*ret = 0xffffffffc0009000;
	else if (!strcmp(section, ".data..percpu"))
		*ret = 0x2f000;
	else
		return false;
	return true;
}

static void test_place_module(void **state)
{
	struct debugfile *f = open_module("m.ko", NULL, 8);
	uint64_t text, data;
	int asked = 0;

	(void)state;
	assert_int_equal(debugfile_place_module(f, place, &asked), 3);
	assert_int_equal(asked, 5); /* not .comment */
	assert_true(debugfile_file_addr(f, 0xffffffffc000101f, &text));
	assert_false(debugfile_file_addr(f, 0xffffffffc0001020, &data));
	assert_true(debugfile_file_addr(f, 0xffffffffc0009000, &data));
	assert_int_equal(data, (text - 0x1f) + 0x20);
	assert_false(debugfile_file_addr(f, 0x2f000, &data));
	assert_true(debugfile_symbol_addr(f, 2, 0x10, &data));
	assert_int_equal(data, 0xffffffffc0009010);
	assert_true(debugfile_symbol_addr(f, 3, 4, &data));
	assert_int_equal(data, 0x2f004);
	assert_false(debugfile_symbol_addr(f, 5, 0, &data));
	debugfile_close(f);
}

static void test_no_dwarf(void **state)
{
	struct debugfile *f = open_vmlinux(true);
	struct cairn_err err;
	Dwarf *dwarf;

	(void)state;
	assert_int_equal(debugfile_dwarf(f, &dwarf, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "vmlinux has no DWARF");
	debugfile_close(f);
}

/* ---- damage ---- */

static void test_every_truncation(void **state)
{
	unsigned opened = 0;
	size_t size, n;
	unsigned char *data = vmlinux(&size, true);

	(void)state;
	for (n = 0; n <= size; n++) {
		struct debugfile *f;

		if (debugfile_open_memory(&f, "x", data, n, NULL) != CAIRN_OK)
			continue;
		opened++;
		debugfile_match(f, NULL, "6.1", NULL);
		debugfile_place_kernel(f, 0x1000);
		debugfile_close(f);
	}
	assert_true(opened >= 1 && opened < size);
	free(data);
}

static void test_every_failed_allocation(void **state)
{
	size_t size;
	unsigned char *data = vmlinux(&size, true);
	struct debugfile *f;
	struct cairn_err err;
	enum cairn_code code;
	long n = 0;

	(void)state;
	do {
		mem_fail_after(n++);
		code = debugfile_open_memory(&f, "x", data, size, &err);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
	} while (code != CAIRN_OK);
	assert_true(n > 2);
	debugfile_close(f);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_module_named_by_its_file),
		cmocka_unit_test(test_modinfo_without_end),
		cmocka_unit_test(test_btf),
		cmocka_unit_test(test_strangers), cmocka_unit_test(test_packed), cmocka_unit_test(test_packed_too_large),
		cmocka_unit_test(test_strange_elf),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_from_disk),
		cmocka_unit_test(test_match_by_build_id),
		cmocka_unit_test(test_match_by_release),
		cmocka_unit_test(test_place_kernel),
		cmocka_unit_test(test_place_by_symbol),
		cmocka_unit_test(test_place_module),
		cmocka_unit_test(test_no_dwarf),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
