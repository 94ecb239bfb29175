/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/textkind.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/str.h"

static bool begins(const unsigned char *p, size_t n, const char *with, size_t len)
{
	return n >= len && !memcmp(p, with, len);
}

static bool is_core(const unsigned char *p, size_t n)
{
	return n > EI_NIDENT + 1 && p[EI_NIDENT] + p[EI_NIDENT + 1] == ET_CORE;
}

/* Terminals and printers know these too. */
static bool is_of_text(unsigned char c)
{
	return c >= ' ' ? c != 0x7f : c != 0 && strchr("\t\n\v\f\r\b\a\033", c);
}

static bool is_mostly_text(const unsigned char *p, size_t n)
{
	size_t counted = 0, strange = 0, len;
	uint32_t cp;

	for (size_t i = 0; i < n; i += len) {
		len = p[i] < 0x80 ? 1 : str_utf8(p + i, n - i, &cp);
		counted += p[i] != 0;
		strange += !len || (p[i] && p[i] < 0x80 && !is_of_text(p[i]));
		len += !len;
	}
	return strange * 4 <= counted;
}

enum textkind textkind(const void *head, size_t n)
{
	if (begins(head, n, "KDUMP   ", 8) || begins(head, n, "DISKDUMP", 8) ||
	    begins(head, n, "makedumpfile", 13))
		return TEXTKIND_DUMP;
	if (begins(head, n, ELFMAG, SELFMAG))
		return is_core(head, n) ? TEXTKIND_DUMP : TEXTKIND_OTHER;
	return is_mostly_text(head, n < TEXTKIND_LEN ? n : TEXTKIND_LEN) ? TEXTKIND_TEXT : TEXTKIND_OTHER;
}
