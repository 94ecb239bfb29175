/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/regs.h"

#include <elf.h>

#include "lib/base/cursor.h"
#include "lib/image/note.h"

/* struct QEMUCPUState: two 32-bit words (version, size), 18 registers, 10 segments of
 * 24 bytes, cr[5], and since QEMU 2.10 (69888369) kernel_gs_base. */
#define QEMU_NREGS    18
#define QEMU_REGS     8
#define QEMU_SEGMENTS (QEMU_REGS + QEMU_NREGS * 8)
#define QEMU_CR       (QEMU_SEGMENTS + 10 * 24)
#define QEMU_OLD_SIZE (QEMU_CR + 5 * 8)
#define QEMU_SIZE     (QEMU_OLD_SIZE + 8)

enum {
	QEMU_CS, QEMU_DS, QEMU_ES, QEMU_FS, QEMU_GS, QEMU_SS, QEMU_LDT, QEMU_TR, QEMU_GDT, QEMU_IDT
};

bool regs_parse(struct regs *ret, const struct arch *arch, const void *pr_reg, size_t len)
{
	const unsigned char *p = pr_reg;

	if (len < (size_t)arch->nregs * arch->word)
		return false;
	*ret = (struct regs){ .arch = arch };
	for (unsigned i = 0; i < arch->nregs; i++)
		ret->r[i] = le_uint(p + (size_t)i * arch->word, arch->word);
	return true;
}

bool regs_from_prstatus(struct regs *ret, uint32_t *pid, const struct arch *arch,
			const void *desc, size_t len)
{
	const unsigned char *p = desc;

	if (len < arch->prstatus_regs ||
	    !regs_parse(ret, arch, p + arch->prstatus_regs, len - arch->prstatus_regs))
		return false;
	*pid = le32(p + arch->prstatus_pid);
	return true;
}

/* ---- QEMU's notes ---- */

static bool is_qemu(const struct note *n)
{
	return note_is(n, "QEMU", 0) && n->desc_len >= QEMU_OLD_SIZE && le32(n->desc) >= 1;
}

static const unsigned char *segment(const struct note *n, unsigned which)
{
	return n->desc + QEMU_SEGMENTS + which * 24;
}

static uint64_t segment_base(const struct note *n, unsigned which)
{
	return le64(segment(n, which) + 16);
}

static void take_qemu(struct vcpu_note *v, const struct note *n)
{
	bool user = le32(segment(n, QEMU_CS)) & 3;

	v->have_qemu = true;
	/* swapgs exchanges the two on the way in and out of the kernel */
	if (!user)
		v->kernel_gs = segment_base(n, QEMU_GS);
	else if (n->desc_len >= QEMU_SIZE)
		v->kernel_gs = le64(n->desc + QEMU_OLD_SIZE);
	v->fs_base = segment_base(n, QEMU_FS);
	v->tr_base = segment_base(n, QEMU_TR);
	v->idt_base = segment_base(n, QEMU_IDT);
	v->cr2 = le64(n->desc + QEMU_CR + 2 * 8);
	v->cr3 = le64(n->desc + QEMU_CR + 3 * 8);
}

/* Where each of pr_reg is found in QEMU's state: a register's number, or one of a
 * segment's fields. */
#define SELECTOR(s) (32 + (s))
#define BASE(s)     (64 + (s))
#define NOWHERE     96

static const uint8_t from_x86_64[] = {
	15, 14, 13, 12, 7, 1, 11, 10, 9, 8, 0, 2, 3, 4, 5, NOWHERE, 16, SELECTOR(QEMU_CS), 17, 6,
	SELECTOR(QEMU_SS), BASE(QEMU_FS), BASE(QEMU_GS), SELECTOR(QEMU_DS), SELECTOR(QEMU_ES),
	SELECTOR(QEMU_FS), SELECTOR(QEMU_GS),
};
static const uint8_t from_i386[] = {
	1, 2, 3, 4, 5, 7, 0, SELECTOR(QEMU_DS), SELECTOR(QEMU_ES), SELECTOR(QEMU_FS),
	SELECTOR(QEMU_GS), NOWHERE, 16, SELECTOR(QEMU_CS), 17, 6, SELECTOR(QEMU_SS),
};

static uint64_t qemu_register(const struct note *n, unsigned from)
{
	if (from < QEMU_NREGS)
		return le64(n->desc + QEMU_REGS + from * 8);
	if (from == NOWHERE)
		return 0;
	return from >= BASE(0) ? segment_base(n, from - BASE(0))
			       : le32(segment(n, from - SELECTOR(0)));
}

static bool regs_from_qemu(struct regs *ret, const struct arch *arch, const struct note *n)
{
	const uint8_t *from = arch->id == ARCH_X86_64 ? from_x86_64
			    : arch->id == ARCH_I386   ? from_i386
						      : NULL;

	if (!from)
		return false;
	*ret = (struct regs){ .arch = arch };
	for (unsigned i = 0; i < arch->nregs; i++)
		ret->r[i] = qemu_register(n, from[i]);
	return true;
}

/* ---- all of them ---- */

static bool is_prstatus(const struct note *n)
{
	return note_is(n, "CORE", NT_PRSTATUS);
}

static size_t count(const void *notes, size_t len, bool (*is)(const struct note *))
{
	size_t pos = 0, n = 0;
	struct note note;

	while (note_next(notes, len, &pos, &note))
		n += is(&note);
	return n;
}

/* Without NT_PRSTATUS, QEMU's notes hold the same registers. */
static void read_qemu_only(struct vcpu_notes *ret, const struct arch *arch, const void *notes,
			   size_t len)
{
	struct note note;
	size_t pos = 0;
	unsigned index = 0;

	while (note_next(notes, len, &pos, &note)) {
		struct vcpu_note *v = &ret->note[ret->n];

		if (!is_qemu(&note))
			continue;
		v->index = index++;
		if (!regs_from_qemu(&v->regs, arch, &note))
			continue;
		take_qemu(v, &note);
		ret->n++;
	}
}

/* QEMU writes an NT_PRSTATUS for each vCPU, then its own notes in the same order. */
static void read_all(struct vcpu_notes *ret, const struct arch *arch, const void *notes, size_t len)
{
	size_t pos = 0, q = 0;
	unsigned index = 0, qemu = 0;
	struct note note;

	while (note_next(notes, len, &pos, &note)) {
		struct vcpu_note *v = &ret->note[ret->n];

		if (!is_prstatus(&note))
			continue;
		v->index = index++;
		ret->n += regs_from_prstatus(&v->regs, &v->pid, arch, note.desc, note.desc_len);
	}
	for (pos = 0; note_next(notes, len, &pos, &note);) {
		if (!is_qemu(&note))
			continue;
		while (q < ret->n && ret->note[q].index < qemu)
			q++;
		if (q < ret->n && ret->note[q].index == qemu)
			take_qemu(&ret->note[q], &note);
		qemu++;
	}
}

enum cairn_code regs_read_notes(struct vcpu_notes *ret, const struct arch *arch,
				const void *notes, size_t len, struct arena *arena,
				struct cairn_err *err)
{
	size_t prstatus, n;

	*ret = (struct vcpu_notes){ 0 };
	if (!arch || !notes)
		return CAIRN_OK;
	prstatus = count(notes, len, is_prstatus);
	n = prstatus ? prstatus : count(notes, len, is_qemu);
	if (!n)
		return CAIRN_OK;
	ret->note = arena_array(arena, n + 1, sizeof(*ret->note));
	if (!ret->note)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the registers of %zu CPUs", n);
	if (prstatus)
		read_all(ret, arch, notes, len);
	else
		read_qemu_only(ret, arch, notes, len);
	return CAIRN_OK;
}
