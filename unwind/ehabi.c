/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/ehabi.h"

#include <string.h>

#define ENTRY      8u
#define CANTUNWIND 1u
#define IN_PLACE   0x80000000u

enum { SP = 13, LR = 14, PC = 15 };

/* ---- the index ---- */

/* A signed distance of 31 bits from where it is stored. */
static uint64_t prel31(uint64_t at, uint32_t word)
{
	return (uint32_t)(at + (uint64_t)(int64_t)((int32_t)(word << 1) >> 1));
}

static enum cairn_code function_of(const struct ehabi_index *t, const struct reader *r, uint32_t i,
				   uint64_t *ret, struct cairn_err *err)
{
	uint64_t at = t->entries + (uint64_t)i * ENTRY;
	uint32_t word;
	enum cairn_code code = reader_u32(r, at, &word, err);

	if (!code)
		*ret = prel31(at, word);
	return code;
}

/* The last entry whose function begins at pc or before. */
static enum cairn_code find_entry(const struct ehabi_index *t, const struct reader *r, uint64_t pc,
				  uint32_t *ret, struct cairn_err *err)
{
	uint32_t low = 0, high = t->n;
	uint64_t function;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		enum cairn_code code = function_of(t, r, mid, &function, err);

		if (code)
			return code;
		if (function <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return cairn_fail(err, CAIRN_NOTFOUND, "%#llx is before the first function",
				  (unsigned long long)pc);
	*ret = low - 1;
	return CAIRN_OK;
}

/* Words hold their instructions from the highest byte down. */
static void take_word(struct ehabi_entry *e, uint32_t word, unsigned bytes)
{
	while (bytes--)
		e->insn[e->n++] = (unsigned char)(word >> 8 * bytes);
}

/* Personality routine 0 has three instructions, 1 a count of further words and two. Of a routine of
 * its own (C++) the kernel has none. */
static enum cairn_code read_table(struct ehabi_entry *e, const struct reader *r, uint64_t at,
				  struct cairn_err *err)
{
	enum cairn_code code;
	uint32_t word, more;

	code = reader_u32(r, at, &word, err);
	if (code)
		return code;
	if (word >> 24 == 0x80) {
		take_word(e, word, 3);
		return CAIRN_OK;
	}
	if (word >> 24 != 0x81)
		return cairn_fail(err, CAIRN_CORRUPT, "unwind table at %#llx: %#x is no known form",
				  (unsigned long long)at, word);
	more = word >> 16 & 0xff;
	take_word(e, word, 2);
	for (uint32_t i = 1; i <= more; i++) {
		code = reader_u32(r, at + 4 * (uint64_t)i, &word, err);
		if (code)
			return code;
		take_word(e, word, 4);
	}
	return CAIRN_OK;
}

enum cairn_code ehabi_find(const struct ehabi_index *t, const struct reader *r, uint64_t pc,
			   struct ehabi_entry *ret, struct cairn_err *err)
{
	enum cairn_code code;
	uint32_t i = 0, word;
	uint64_t at;

	ret->cant_unwind = false;
	ret->n = 0;
	if (pc < t->begin || pc >= t->end)
		return cairn_fail(err, CAIRN_NOTFOUND, "no unwind index covers %#llx",
				  (unsigned long long)pc);
	code = find_entry(t, r, pc, &i, err);
	if (!code)
		code = function_of(t, r, i, &ret->function, err);
	at = t->entries + (uint64_t)i * ENTRY + 4;
	if (!code)
		code = reader_u32(r, at, &word, err);
	if (code)
		return code;
	ret->cant_unwind = word == CANTUNWIND;
	if (ret->cant_unwind)
		return CAIRN_OK;
	if (!(word & IN_PLACE))
		return read_table(ret, r, prel31(at, word), err);
	if (word >> 24 != 0x80)
		return cairn_fail(err, CAIRN_CORRUPT, "unwind index at %#llx: %#x is no known form",
				  (unsigned long long)at, word);
	take_word(ret, word, 3);
	return CAIRN_OK;
}

bool ehabi_is_exception(const struct ehabi_entry *e)
{
	static const unsigned char all[] = { 0xb1, 0x0f, 0x8f, 0xff };

	return e->n >= sizeof(all) && !memcmp(e->insn, all, sizeof(all));
}

/* ---- instructions ---- */

struct machine {
	struct ehabi_run *run;
	const unsigned char *pos, *end;
	enum ehabi_result result; /* sticky */
	bool finished;
};

static uint32_t next_byte(struct machine *m)
{
	if (m->pos < m->end)
		return *m->pos++;
	m->result = EHABI_BAD;
	return 0;
}

/* Pop the registers of a mask, lowest first. One of them may be sp itself: then that counts. */
static void pop(struct machine *m, uint32_t mask)
{
	uint32_t vsp = m->run->r[SP];

	for (unsigned i = 0; i < 16 && !m->result; i++) {
		if (!(mask & 1u << i))
			continue;
		if (!m->run->read_stack(m->run->arg, vsp, &m->run->r[i]))
			m->result = EHABI_NO_STACK;
		if (i == LR || i == PC)
			m->run->slot = vsp;
		vsp += 4;
	}
	m->run->popped |= mask;
	if (!(mask & 1u << SP))
		m->run->r[SP] = vsp;
}

static void pop_mask(struct machine *m, uint32_t op)
{
	uint32_t mask = (op & 0xf) << 8 | next_byte(m);

	if (!mask && !m->result)
		m->result = EHABI_REFUSED;
	pop(m, mask << 4);
}

/* 1010Lnnn: r4 to r4+n, and lr if L is set. */
static void pop_range(struct machine *m, uint32_t op)
{
	uint32_t mask = ((2u << (op & 7)) - 1) << 4;

	pop(m, op & 8 ? mask | 1u << LR : mask);
}

static void set_vsp(struct machine *m, uint32_t op)
{
	uint32_t reg = op & 0xf;

	if (reg == SP || reg == PC)
		m->result = EHABI_BAD;
	else
		m->run->r[SP] = m->run->r[reg];
}

static uint32_t uleb128(struct machine *m)
{
	uint32_t value = 0, byte = 0x80;

	for (unsigned shift = 0; byte & 0x80 && !m->result; shift += 7) {
		byte = next_byte(m);
		if (shift > 28)
			m->result = EHABI_BAD;
		else
			value |= (byte & 0x7f) << shift;
	}
	return value;
}

static void pop_low(struct machine *m)
{
	uint32_t mask = next_byte(m);

	if (!mask || mask & 0xf0)
		m->result = m->result ? m->result : EHABI_BAD;
	pop(m, mask & 0xf);
}

/* Registers of the floating-point unit are not followed, what they take of the stack is. */
static void skip_doubles(struct machine *m, uint32_t n, uint32_t more)
{
	m->run->r[SP] += 8 * n + more;
}

static void execute_b(struct machine *m, uint32_t op)
{
	if (op == 0xb0)
		m->finished = true;
	else if (op == 0xb1)
		pop_low(m);
	else if (op == 0xb2)
		m->run->r[SP] += 0x204 + (uleb128(m) << 2);
	else if (op == 0xb3)
		skip_doubles(m, (next_byte(m) & 0xf) + 1, 4);
	else if (op >= 0xb8)
		skip_doubles(m, (op & 7) + 1, 4);
	else
		m->result = EHABI_BAD;
}

static void execute(struct machine *m, uint32_t op)
{
	if (op < 0x40)
		m->run->r[SP] += (op & 0x3f) * 4 + 4;
	else if (op < 0x80)
		m->run->r[SP] -= (op & 0x3f) * 4 + 4;
	else if (op < 0x90)
		pop_mask(m, op);
	else if (op < 0xa0)
		set_vsp(m, op);
	else if (op < 0xb0)
		pop_range(m, op);
	else if (op < 0xc0)
		execute_b(m, op);
	else if (op == 0xc8 || op == 0xc9)
		skip_doubles(m, (next_byte(m) & 0xf) + 1, 0);
	else if (op >= 0xd0 && op < 0xd8)
		skip_doubles(m, (op & 7) + 1, 0);
	else
		m->result = EHABI_BAD;
}

enum ehabi_result ehabi_execute(struct ehabi_run *run, const unsigned char *insn, size_t n)
{
	struct machine m = { .run = run, .pos = insn, .end = insn + n };

	run->popped = 0;
	run->slot = 0;
	while (!m.result && !m.finished && m.pos < m.end)
		execute(&m, next_byte(&m));
	if (!m.result && !(run->popped & 1u << PC))
		run->r[PC] = run->r[LR];
	return m.result;
}
