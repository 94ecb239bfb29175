/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/mce.h"

#include <stdio.h>
#include <string.h>

#define OVERFLOW (UINT64_C(1) << 62)
#define UNCORRECTED (UINT64_C(1) << 61)
#define ADDRESS_VALID (UINT64_C(1) << 58)
#define CONTEXT_CORRUPT (UINT64_C(1) << 57)

bool mce_is_uncorrected(uint64_t status)
{
	return status & UNCORRECTED;
}

bool mce_is_context_corrupt(uint64_t status)
{
	return status & CONTEXT_CORRUPT;
}

bool mce_is_overflow(uint64_t status)
{
	return status & OVERFLOW;
}

bool mce_has_address(uint64_t status)
{
	return status & ADDRESS_VALID;
}

/* ---- what failed: bits 15 to 0, of which 12 only says that more were filtered ---- */

/* LL, TT, RRRR, PP, II and MMM of the compound codes */
static const char *const levels[] = { "level 0", "level 1", "level 2", "any level" };
static const char *const kinds[] = { "instruction", "data", "generic", "unknown" };
static const char *const requests[] = { "error", "read", "write", "data read", "data write",
					"instruction fetch", "prefetch", "eviction", "snoop" };
static const char *const parts[] = { "from here", "responded to here", "seen here", "generic" };
static const char *const places[] = { "memory", "reserved", "I/O", "other" };
static const char *const memory[] = { "error", "read", "write", "address or command", "scrub" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *request(unsigned code)
{
	unsigned i = code >> 4 & 15;

	return i < COUNT(requests) ? requests[i] : "unknown request";
}

static const char *simple(unsigned code)
{
	static const char *const words[] = { "no error code", "unclassified", "microcode's parity",
					     "another processor's or an external error",
					     "functional redundancy check", "internal parity",
					     "SMM handler's code access" };

	if (code < COUNT(words))
		return words[code];
	if (code == 0x400)
		return "internal timer: an instruction did not come to its end";
	if (code == 0xe0b)
		return "I/O";
	return (code & 0xfc00) == 0x400 ? "internal, unclassified" : NULL;
}

static const char *memory_controller(unsigned code, char buf[MCE_TEXT])
{
	unsigned what = code >> 4 & 7, channel = code & 15;
	const char *words = what < COUNT(memory) ? memory[what] : "unknown request";

	if (channel == 15)
		snprintf(buf, MCE_TEXT, "memory controller: %s", words);
	else
		snprintf(buf, MCE_TEXT, "memory controller: %s, channel %u", words, channel);
	return buf;
}

const char *mce_error(uint64_t status, char buf[MCE_TEXT])
{
	unsigned code = status & 0xefff;
	const char *level = levels[code & 3], *words = simple(code);

	if (words)
		snprintf(buf, MCE_TEXT, "%s", words);
	else if ((code & ~3u) == 0xc)
		snprintf(buf, MCE_TEXT, "cache hierarchy, %s", level);
	else if ((code & ~15u) == 0x10)
		snprintf(buf, MCE_TEXT, "%s TLB, %s", kinds[code >> 2 & 3], level);
	else if ((code & ~0x7fu) == 0x80)
		memory_controller(code, buf);
	else if ((code & ~0xffu) == 0x100)
		snprintf(buf, MCE_TEXT, "%s cache, %s: %s", kinds[code >> 2 & 3], level,
			 request(code));
	else if ((code & ~0x7ffu) == 0x800)
		snprintf(buf, MCE_TEXT, "bus or interconnect, %s: %s of %s, %s%s",
			 parts[code >> 9 & 3], request(code), places[code >> 2 & 3], level,
			 code & 0x100 ? ", timed out" : "");
	else
		snprintf(buf, MCE_TEXT, "code 0x%04x, which is the model's own", code);
	return buf;
}

/* ---- the kernel's lines ---- */

static const char *after(const char *line, size_t *len, const char *words)
{
	size_t n = strlen(words);
	const char *at = memmem(line, *len, words, n);

	if (!at)
		return NULL;
	*len -= (size_t)(at - line) + n;
	return at + n;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* False without a digit, or with too many. */
static bool number(const char *p, size_t len, unsigned base, uint64_t *ret)
{
	size_t n = 0;

	for (*ret = 0; n < len && n < 16 && digit(p[n]) < (int)base; n++)
		*ret = *ret * base + (unsigned)digit(p[n]);
	return n && (n == len || digit(p[n]) >= (int)base);
}

static bool field(const char *line, size_t len, const char *words, unsigned base, uint64_t *ret)
{
	const char *p = after(line, &len, words);

	return p && number(p, len, base, ret);
}

bool mce_read(struct mce *ret, const char *line, size_t len)
{
	const char *bank = after(line, &(size_t){ len }, " Bank ");
	uint64_t cpu, n;

	*ret = (struct mce){ 0 };
	if (!bank || !after(line, &(size_t){ len }, "Machine Check") ||
	    !field(line, len, "CPU ", 10, &cpu) || !field(line, len, " Bank ", 10, &n) ||
	    cpu > UINT16_MAX || n > UINT8_MAX)
		return false;
	ret->cpu = (unsigned)cpu;
	ret->bank = (unsigned)n;
	return field(bank, len - (size_t)(bank - line), ": ", 16, &ret->status);
}

bool mce_read_address(struct mce *m, const char *line, size_t len)
{
	uint64_t addr;

	if (!after(line, &(size_t){ len }, "TSC ") || !field(line, len, " ADDR ", 16, &addr) ||
	    !mce_has_address(m->status))
		return false;
	m->has_addr = true;
	m->addr = addr;
	return true;
}
