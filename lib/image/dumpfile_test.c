/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/dumpfile.h"
#include "lib/image/testdump.h"

static const char info[] = "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n";

struct opened {
	struct rawfile f;
	struct arena arena;
	struct dumpfile d;
	struct cairn_err err;
	enum cairn_code code;
};

static void open_len(struct opened *o, const struct td *t, size_t len)
{
	*o = (struct opened){ .f = { .fd = td_fd(t, len), .size = len, .disk_size = len } };
	o->code = dumpfile_read(&o->d, &o->f, &o->arena, &o->err);
}

static void close_it(struct opened *o)
{
	rawfile_close(&o->f);
	arena_deinit(&o->arena);
}

/* ---- kdump ---- */

static void test_kdump_layouts(void **state)
{
	static const struct {
		const char *machine;
		unsigned word;
		bool arm;
		enum arch_id id;
	} m[] = {
		{ "x86_64", 8, false, ARCH_X86_64 },
		{ "aarch64", 8, false, ARCH_ARM64 },
		{ "i686", 4, false, ARCH_I386 },
		{ "armv7l", 4, true, ARCH_ARM },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int in_notes = 0; in_notes < 2; in_notes++)
			for (int split = 0; split < 2; split++) {
				struct td t = { 0 }, notes = { 0 };
				struct td_kdump k = {
					.machine = m[i].machine, .word = m[i].word, .arm = m[i].arm,
					.max_pfn = 1000, .notes = &notes, .split = split,
					.start = 200, .end = 600, .phys_base = 0x40000000,
					.vmcoreinfo = in_notes ? NULL : info,
				};
				struct opened o;

				td_prstatus(&notes, arch_by_id(m[i].id), 336, 7, 100);
				if (in_notes)
					td_note(&notes, "VMCOREINFO", 0, info, strlen(info));
				td_kdump(&t, &k);
				open_len(&o, &t, t.len);
				assert_int_equal(o.code, CAIRN_OK);
				assert_int_equal(o.d.format, DUMPFILE_KDUMP);
				assert_ptr_equal(o.d.arch, arch_by_id(m[i].id));
				assert_int_equal(o.d.block_size, 4096);
				assert_int_equal(o.d.max_pfn, 1000);
				assert_int_equal(o.d.descs, k.descs);
				assert_int_equal(o.d.phys_base, m[i].arm ? 0x40000000 : 0);
				assert_int_equal(o.d.split, split);
				if (split) {
					assert_int_equal(o.d.start_pfn, 200);
					assert_int_equal(o.d.end_pfn, 600);
				}
				assert_string_equal(o.d.vmcoreinfo, info);
				assert_int_equal(o.d.notes_len, notes.len);
				assert_memory_equal(o.d.notes, notes.data, notes.len);
				assert_int_equal(o.d.promised, t.len);
				close_it(&o);
				td_free(&t);
				td_free(&notes);
			}
}

static void test_kdump_versions(void **state)
{
	(void)state;
	for (int version = 1; version <= 6; version++) {
		struct td t = { 0 }, notes = { 0 };
		struct td_kdump k = {
			.machine = "x86_64", .word = 8, .max_pfn = 300, .version = version,
			.notes = &notes, .vmcoreinfo = info, .codec = CODEC_ZLIB,
		};
		struct opened o;

		td_prstatus(&notes, arch_by_id(ARCH_X86_64), 336, 7, 100);
		td_kdump(&t, &k);
		open_len(&o, &t, t.len);
		assert_int_equal(o.code, CAIRN_OK);
		assert_int_equal(o.d.max_pfn, 300);
		assert_int_equal(o.d.vmcoreinfo != NULL, version >= 3);
		assert_int_equal(o.d.notes != NULL, version >= 4);
		close_it(&o);
		td_free(&t);
		td_free(&notes);
	}
}

/* QEMU leaves utsname empty: the machine shows in the notes or in VMCOREINFO. */
static void test_guess(void **state)
{
	static const struct { enum arch_id id; size_t size; const char *line; } m[] = {
		{ ARCH_X86_64, 336, "NUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=ffffffff82a10000\n" },
		{ ARCH_ARM64, 392, "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffff800008000000\n" },
		{ ARCH_I386, 144, "CONFIG_X86_PAE=y\n" },
		{ ARCH_ARM, 148, "CONFIG_ARM_LPAE=y\n" },
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct td t = { 0 }, notes = { 0 };
		const struct arch *arch = arch_by_id(m[i % 4].id);
		struct td_kdump k = {
			.machine = "", .word = arch->word, .arm = arch->id == ARCH_ARM,
			.max_pfn = 500, .notes = &notes,
		};
		char text[256];
		struct opened o;

		snprintf(text, sizeof(text), "%s%s", info, m[i % 4].line);
		if (i < 4)
			td_prstatus(&notes, arch, m[i].size, 1, 5);
		td_note(&notes, "VMCOREINFO", 0, i < 4 ? info : text, strlen(i < 4 ? info : text));
		td_kdump(&t, &k);
		open_len(&o, &t, t.len);
		assert_int_equal(o.code, CAIRN_OK);
		assert_ptr_equal(o.d.arch, arch);
		close_it(&o);
		td_free(&t);
		td_free(&notes);
	}
	/* riscv writes this one, too */
	assert_null(dumpfile_guess_arch(NULL, 0, &(struct vmcoreinfo){
		.text = "OSRELEASE=6.1\nNUMBER(VA_BITS)=48\n", .len = 32 }));
	assert_null(dumpfile_guess_arch(NULL, 0, &(struct vmcoreinfo){ 0 }));
	assert_null(dumpfile_guess_arch("garbage garbage", 15, &(struct vmcoreinfo){
		.text = info, .len = strlen(info) }));
}

/* Wherever it is cut, the header knows that something is missing. */
static void test_kdump_truncated(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 3000, .codec = CODEC_ZSTD };
	size_t seen = 0;

	(void)state;
	td_kdump(&t, &k);
	for (size_t len = 512; len < t.len; len += 4096) {
		struct opened o;

		open_len(&o, &t, len);
		if (o.code == CAIRN_OK) {
			assert_true(o.d.promised > len);
			seen++;
		} else {
			assert_true(len < 8192);
		}
		close_it(&o);
	}
	assert_true(seen > 100);
	td_free(&t);
}

/* A descriptor with a wrong bit makes no file short. */
static void test_bad_descriptor(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000, .codec = CODEC_ZLIB };
	size_t last, size;

	(void)state;
	td_kdump(&t, &k);
	size = t.len;
	last = (k.data - k.descs) / 24 - 1;
	for (size_t i = last - 100; i <= last; i++)
		for (unsigned bit = 0; bit < 96; bit++) {
			unsigned char *desc = t.data + k.descs + i * 24;
			struct opened o;

			/* of the last page nobody knows better how long it is */
			if (i == last && bit >= 64 && bit < 64 + 13)
				continue;
			desc[bit / 8] ^= (unsigned char)(1u << bit % 8);
			open_len(&o, &t, size);
			assert_int_equal(o.code, CAIRN_OK);
			assert_true(o.d.promised <= size);
			close_it(&o);
			desc[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
	td_free(&t);
}

static bool zero_tail(uint64_t pfn)
{
	return pfn < 100 || pfn % 8 == 3;
}

/* Many zero pages, which share their data, at the end do not hide the cut. */
static void test_zero_tail(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 20000, .in_dump = zero_tail };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	open_len(&o, &t, t.len);
	assert_int_equal(o.d.promised, t.len);
	close_it(&o);
	open_len(&o, &t, t.len - 1);
	assert_int_equal(o.d.promised, t.len);
	close_it(&o);
	td_free(&t);
}

static void test_incomplete(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100, .status = 8 };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	open_len(&o, &t, t.len);
	assert_int_equal(o.code, CAIRN_OK);
	assert_true(o.d.incomplete);
	close_it(&o);
	td_free(&t);
}

/* Every header field at its extremes: an error or an answer, within memory and time. */
static void test_kdump_hostile_fields(void **state)
{
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	struct td t = { 0 }, notes = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300, .notes = &notes,
			      .vmcoreinfo = info };

	(void)state;
	td_note(&notes, "VMCOREINFO", 0, info, strlen(info));
	td_kdump(&t, &k);
	for (size_t off = 8; off < 4096 + 104; off += 4) {
		if (off == 444)
			off = 4096;
		for (size_t i = 0; i < 5; i++) {
			uint32_t old;
			struct opened o;

			memcpy(&old, t.data + off, 4);
			td_uint(&t, off, values[i], 4);
			open_len(&o, &t, t.len);
			if (o.code == CAIRN_OK)
				assert_true(o.d.notes_len <= t.len);
			else
				assert_true(o.err.text[0]);
			close_it(&o);
			td_put(&t, off, &old, 4);
		}
	}
	td_free(&t);
	td_free(&notes);
}

static void test_diskdump(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100 };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	td_put(&t, 0, "DISKDUMP", 8);
	td_uint(&t, 8, 0, 4);
	open_len(&o, &t, t.len);
	assert_int_equal(o.code, CAIRN_OK);
	assert_int_equal(o.d.format, DUMPFILE_KDUMP);
	assert_int_equal(o.d.max_pfn, 100);
	close_it(&o);
	td_free(&t);
}

/* ---- ELF ---- */

static const struct td_load loads[] = {
	{ 0x1000, 0x9e000, 0x9e000 },
	{ 0x100000, 0x20000, 0x30000 },
};

static void test_elf(void **state)
{
	(void)state;
	for (int v = 0; v < 8; v++) {
		struct td t = { 0 }, notes = { 0 };
		struct td_elf e = {
			.class = v & 1 ? ELFCLASS32 : ELFCLASS64,
			.machine = v & 1 ? EM_386 : EM_X86_64,
			.loads = loads, .nloads = 2, .notes = &notes,
			.sections_first = v & 2, .xnum = v & 4,
		};
		struct opened o;

		td_note(&notes, "VMCOREINFO", 0, info, strlen(info));
		td_elf(&t, &e);
		open_len(&o, &t, t.len);
		assert_int_equal(o.code, CAIRN_OK);
		assert_int_equal(o.d.format, DUMPFILE_ELF);
		assert_int_equal(o.d.arch->id, v & 1 ? ARCH_I386 : ARCH_X86_64);
		assert_string_equal(o.d.vmcoreinfo, info);
		assert_int_equal(o.d.nloads, 2);
		assert_int_equal(o.d.loads[1].phys, 0x100000);
		assert_int_equal(o.d.loads[1].memsz, 0x30000);
		assert_int_equal(o.d.loads[1].filesz, 0x20000);
		assert_int_equal(o.d.promised, t.len);
		close_it(&o);
		open_len(&o, &t, t.len - 1);
		assert_int_equal(o.code, CAIRN_OK);
		assert_int_equal(o.d.promised, t.len);
		close_it(&o);
		td_free(&t);
		td_free(&notes);
	}
}

static void expect_error(const struct td *t, const char *text)
{
	struct opened o;

	open_len(&o, t, t->len);
	assert_int_equal(o.code, CAIRN_FORMAT);
	if (!strstr(o.err.text, text))
		fail_msg("'%s' does not say '%s'", o.err.text, text);
	close_it(&o);
}

/* A machine that is not read is named, whatever its byte order, and not taken for one that has
 * notes of the same size. */
static void test_foreign(void **state)
{
	static const struct { const char *utsname; uint16_t number; bool big; const char *said; } m[] = {
		{ "riscv64", EM_RISCV, false, "riscv" },
		{ "ppc64le", EM_PPC64, false, "powerpc of 64 bits" },
		{ "s390x", EM_S390, true, "s390" },
		{ "mips64", EM_MIPS, true, "mips" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
		struct td elf = { 0 }, kdump = { 0 }, notes = { 0 };
		struct td_elf e = {
			.class = ELFCLASS64, .machine = m[i].number, .loads = loads, .nloads = 2,
		};
		struct td_kdump k = {
			.machine = m[i].utsname, .word = 8, .max_pfn = 500, .notes = &notes,
		};

		td_prstatus(&notes, arch_by_id(ARCH_X86_64), 336, 1, 5);
		td_elf(&elf, &e);
		if (m[i].big) {
			td_uint(&elf, 5, 2, 1);
			td_uint(&elf, 16, ET_CORE << 8, 2);
			td_uint(&elf, 18, (uint64_t)m[i].number << 8, 2);
		}
		td_kdump(&kdump, &k);
		expect_error(&elf, m[i].said);
		expect_error(&kdump, m[i].said);
		td_free(&elf);
		td_free(&kdump);
		td_free(&notes);
	}
}

/* One bit makes an ARM core one of MIPS; the notes know better. */
static void test_foreign_by_damage(void **state)
{
	struct td t = { 0 }, notes = { 0 };
	struct td_elf e = {
		.class = ELFCLASS32, .machine = EM_MIPS, .loads = loads, .nloads = 2, .notes = &notes,
	};
	struct opened o;

	(void)state;
	td_prstatus(&notes, arch_by_id(ARCH_ARM), 148, 1, 5);
	td_elf(&t, &e);
	open_len(&o, &t, t.len);
	assert_int_equal(o.code, CAIRN_OK);
	assert_int_equal(o.d.arch->id, ARCH_ARM);
	close_it(&o);
	td_free(&t);
	td_free(&notes);
}

static void test_elf_refused(void **state)
{
	struct td t = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = loads, .nloads = 2 };

	(void)state;
	td_elf(&t, &e);
	td_uint(&t, 5, 2, 1);
	expect_error(&t, "big-endian");
	td_uint(&t, 5, 1, 1);
	td_uint(&t, 16, ET_EXEC, 2);
	expect_error(&t, "vmlinux");
	td_uint(&t, 16, ET_REL, 2);
	expect_error(&t, "no core dump");
	td_uint(&t, 16, ET_CORE, 2);
	td_uint(&t, 56, 0, 2);
	expect_error(&t, "without memory");
	td_uint(&t, 56, 0xfffe, 2);
	expect_error(&t, "ends at");
	td_uint(&t, 56, 3, 2);
	td_uint(&t, 54, 8, 2);
	expect_error(&t, "broken header");
	td_uint(&t, 54, 56, 2);
	td_uint(&t, e.phoff + 56 + 24, 0, 8);
	td_uint(&t, e.phoff + 112 + 24, 0, 8);
	expect_error(&t, "without physical addresses");
	td_free(&t);
}

/* ---- what it is instead ---- */

static void test_strangers(void **state)
{
	static const struct { const char *bytes; size_t len; const char *text; } s[] = {
		{ "\xff\xd8\xff\xe0\0\x10JFIF", 10, "JPEG" },
		{ "\x89PNG\r\n\x1a\n", 8, "PNG" },
		{ "\x1f\x8b\x08\0", 4, "gzip" },
		{ "BZh91AY", 7, "bzip2" },
		{ "\xfd" "7zXZ\0", 6, "xz" },
		{ "hello, world\n", 13, "text" },
		{ "gr\xc3\xbc\xc3\x9f dich", 11, "text" },
		{ "#!/bin/sh\n", 10, "script" },
		{ "QEVM\0\0\0\3", 8, "dump-guest-memory" },
		{ "KDUMP   ", 8, "inside its own header" },
		{ "\1\2\3\4", 4, "signature" },
		{ "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8, "s390" },
		{ "\xed\x23\x8f\x61\x73\x01\x19\xa8", 8, "LKCD" },
		{ "sadump\0\0", 8, "makedumpfile" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		struct td t = { 0 };

		td_put(&t, 0, s[i].bytes, s[i].len);
		expect_error(&t, s[i].text);
		td_free(&t);
	}
}

/* ---- notes ---- */

static void test_notes(void **state)
{
	struct td t = { 0 };
	struct note n;
	size_t pos = 0;

	(void)state;
	td_note(&t, "CORE", 1, "abcde", 5);
	td_note(&t, "QEMU", 0, "", 0);
	td_note(&t, "VMCOREINFO", 0, "X=1\n", 4);
	assert_true(note_next(t.data, t.len, &pos, &n));
	assert_true(note_is(&n, "CORE", 1));
	assert_false(note_is(&n, "CORE", 2));
	assert_false(note_is(&n, "COR", 1));
	assert_int_equal(n.desc_len, 5);
	assert_memory_equal(n.desc, "abcde", 5);
	assert_true(note_next(t.data, t.len, &pos, &n));
	assert_true(note_is(&n, "QEMU", 0));
	assert_true(note_next(t.data, t.len, &pos, &n));
	assert_true(note_is(&n, "VMCOREINFO", 0));
	assert_false(note_next(t.data, t.len, &pos, &n));
	for (size_t len = 0; len < t.len; len++) {
		size_t count = 0;

		for (pos = 0; note_next(t.data, len, &pos, &n); count++)
			assert_true(pos <= len && n.desc + n.desc_len <= t.data + len);
		assert_true(count < 3 || len > t.len - 4);
	}
	td_free(&t);
}

static void test_out_of_memory(void **state)
{
	struct td t = { 0 }, notes = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300, .notes = &notes };
	bool opened = false;

	(void)state;
	td_note(&notes, "VMCOREINFO", 0, info, strlen(info));
	td_kdump(&t, &k);
	for (long n = 0; !opened && n < 20; n++) {
		struct opened o;

		mem_fail_after(n);
		open_len(&o, &t, t.len);
		mem_fail_after(-1);
		opened = o.code == CAIRN_OK;
		if (!opened)
			assert_int_equal(o.code, CAIRN_NOMEM);
		close_it(&o);
	}
	assert_true(opened);
	td_free(&t);
	td_free(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kdump_layouts),
		cmocka_unit_test(test_kdump_versions),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_kdump_truncated),
		cmocka_unit_test(test_zero_tail), cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_kdump_hostile_fields),
		cmocka_unit_test(test_diskdump),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_foreign_by_damage),
		cmocka_unit_test(test_elf_refused),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
