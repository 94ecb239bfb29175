/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarfreg.h"

struct numbers {
	uint8_t n;
	uint8_t index[DWARF_REGS];
	uint64_t preserved; /* bits by number */
};

/* Number 16 of x86-64 and 8 of i386 is the return address, which is the caller's pc. */
static const struct numbers machines[] = {
	[ARCH_X86_64] = { 17, { 10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16 },
			  0xf048 },	/* rbx, rbp, r12 to r15 */
	[ARCH_I386] = { 9, { 6, 1, 2, 0, 15, 5, 3, 4, 12 },
			0xe8 },		/* ebx, ebp, esi, edi */
	[ARCH_ARM] = { 16, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		       0xff0 },		/* r4 to fp */
	[ARCH_ARM64] = { 33, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
			       19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 },
			 0x3ff80000 },	/* x19 to x29 */
};

static const struct numbers *numbers_of(const struct arch *a)
{
	static const struct numbers none;

	return (size_t)a->id < sizeof(machines) / sizeof(machines[0]) ? &machines[a->id] : &none;
}

int dwarfreg_index(const struct arch *a, unsigned number)
{
	const struct numbers *m = numbers_of(a);

	return number < m->n ? m->index[number] : -1;
}

int dwarfreg_number(const struct arch *a, unsigned index)
{
	const struct numbers *m = numbers_of(a);

	for (unsigned i = 0; i < m->n; i++)
		if (m->index[i] == index)
			return (int)i;
	return -1;
}

bool dwarfreg_is_preserved(const struct arch *a, unsigned number)
{
	return number < DWARF_REGS && numbers_of(a)->preserved >> number & 1;
}
