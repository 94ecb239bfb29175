/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/taint.h"

#include <string.h>

static const struct flag {
	char letter;
	const char *meaning;
} flags[] = {
	{ 'P', "proprietary module" },
	{ 'F', "module was force-loaded" },
	{ 'S', "CPU out of specification" },
	{ 'R', "module was force-unloaded" },
	{ 'M', "machine check" },
	{ 'B', "bad page" },
	{ 'U', "set by user space" },
	{ 'D', "the kernel died before (oops or BUG)" },
	{ 'A', "ACPI table was overridden" },
	{ 'W', "warning" },
	{ 'C', "staging driver" },
	{ 'I', "workaround for a firmware bug" },
	{ 'O', "out-of-tree module" },
	{ 'E', "unsigned module" },
	{ 'L', "soft lockup" },
	{ 'K', "live patch" },
	{ 'X', "auxiliary, defined by the distribution" },
	{ 'T', "structure layout randomised" },
	{ 'N', "test was run" },
	{ 'J', "fwctl changed device state" },
};

#define NFLAGS (sizeof(flags) / sizeof(flags[0]))

const char *taint_letters(uint64_t mask, char *buf)
{
	size_t n = 0;

	for (unsigned i = 0; i < 64; i++)
		if (mask >> i & 1)
			buf[n++] = i < NFLAGS ? flags[i].letter : '?';
	buf[n] = '\0';
	return buf;
}

/* print_tainted(): a column for each flag, a blank (flag 0: G) where it is not set. Kernels
   have as many columns as they know flags; the version follows after blanks. */
static uint64_t parse_columns(const char *s, size_t len)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < NFLAGS && i < len; i++) {
		if (s[i] == flags[i].letter)
			mask |= 1ull << i;
		else if (s[i] != ' ' && !(i == 0 && s[i] == 'G'))
			break;
	}
	return mask;
}

bool taint_parse(const char *line, size_t len, uint64_t *ret)
{
	static const char none[] = "Not tainted", some[] = "Tainted: ";
	const char *at = memmem(line, len, some, sizeof(some) - 1);

	if (at) {
		at += sizeof(some) - 1;
		/* the line after it spells them out: "Tainted: [O]=OOT_MODULE, ..." */
		if (at < line + len && *at == '[')
			return false;
		*ret = parse_columns(at, (size_t)(line + len - at));
		return true;
	}
	*ret = 0;
	return memmem(line, len, none, sizeof(none) - 1) != NULL;
}

const char *taint_meaning(unsigned n)
{
	return n < NFLAGS ? flags[n].meaning : NULL;
}
