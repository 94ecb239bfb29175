/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/grade.h"

#include <string.h>

#include "unwind/callsite.h"

#define JUMPS      2 /* trampolines behind each other: a static call's, a module's PLT */
#define SCAN_CHUNK 1024
#define JUMP_LARGEST 6   /* bytes of any machine's */
#define SCAN_LIMIT 65536 /* of a function that is searched for a jump */

enum fit { FIT_NONE, FIT_NEVER, FIT_OTHER, FIT_MAYBE, FIT_EXACT };

struct site {
	bool readable;
	struct callsite call[2];
	size_t n;
};

static struct site read_site(struct unwinder *u, uint64_t pc)
{
	unsigned char before[CALLSITE_BYTES];
	struct site s = { 0 };

	if (reader_bytes(&u->mem, pc - sizeof(before), before, sizeof(before), NULL))
		return s;
	s.readable = true;
	s.n = u->calls->candidates(before, pc, s.call);
	return s;
}

bool is_after_direct_call_of(struct unwinder *u, uint64_t pc, uint64_t target)
{
	struct site s = read_site(u, pc);

	for (size_t i = 0; i < s.n; i++)
		if (s.call[i].kind == CALLSITE_DIRECT && s.call[i].target == target)
			return true;
	return false;
}

static bool covers(const struct sym *s, uint64_t addr)
{
	return addr >= s->addr && (s->size ? addr - s->addr < s->size : addr == s->addr);
}

/* Where the jumps at addr lead: a static call's trampoline, a PLT. */
static uint64_t follow_jumps(struct unwinder *u, uint64_t addr, const struct sym *to)
{
	unsigned char bytes[CALLSITE_JUMP_BYTES];
	size_t n = u->calls->jump_bytes;

	for (int i = 0; i < JUMPS && !covers(to, addr); i++)
		if (reader_bytes(&u->mem, addr, bytes, n, NULL) ||
		    !u->calls->jump(bytes, n, addr, &addr))
			break;
	return addr;
}

/* Calls through a register are made by calling a thunk: arch/x86/lib/retpoline.S. Its names
 * have had prefixes of their own. */
static bool is_thunk(const char *name)
{
	return strstr(name, "__x86_indirect_") != NULL;
}

static bool calls_thunk(struct unwinder *u, const struct callsite *call)
{
	struct sym sym;

	return call->kind == CALLSITE_DIRECT && sym_at(u->syms, call->target, &sym, NULL) &&
	       is_thunk(sym.name);
}

bool is_after_call_of(struct unwinder *u, uint64_t pc, uint64_t target)
{
	struct site s = read_site(u, pc);

	for (size_t i = 0; i < s.n; i++)
		if (s.call[i].kind == CALLSITE_INDIRECT || s.call[i].target == target ||
		    calls_thunk(u, &s.call[i]))
			return true;
	return false;
}

/* "panic.cold" is the part of "panic" that the compiler moved away. */
static bool is_part_of(const char *part, const char *whole)
{
	size_t n = strlen(whole);

	return !strncmp(part, whole, n) && part[n] == '.';
}

static bool is_return_thunk(const char *name)
{
	return strstr(name, "return_thunk") != NULL;
}

/* This jump leads out of `from`: through a register, or to where another function begins, or to
 * what the compiler moved away, which may do so. A return is none, be it made by a jump. */
static bool leads_out(struct unwinder *u, const struct sym *from, uint64_t target)
{
	uint64_t offset;
	struct sym sym;

	if (!target)
		return true;
	if (covers(from, target) || !unwinder_is_text(u, target) ||
	    !sym_at(u->syms, target, &sym, &offset))
		return false;
	return (!offset && !is_return_thunk(sym.name)) || is_part_of(sym.name, from->name);
}

/* One jump in some code. `to`: the function that it shall go to; NULL: any other. */
static bool is_jump(struct unwinder *u, const unsigned char *code, size_t n, uint64_t at,
		    const struct sym *from, const struct sym *to)
{
	uint64_t target;

	if (to)
		return u->calls->jumps_to(code, n, at, to->addr);
	return u->calls->leaves(code, n, at, &target) && leads_out(u, from, target);
}

/* Some jump in `from` goes to the first byte of `to`, or (NULL) may go to any other function. */
static bool scan_for_jump(struct unwinder *u, const struct sym *from, const struct sym *to)
{
	unsigned char bytes[SCAN_CHUNK + JUMP_LARGEST - 1];
	uint64_t at = from->addr, end = from->addr + from->size;

	for (; at < end; at += SCAN_CHUNK) {
		size_t n = end - at < sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);

		if (reader_bytes(&u->mem, at, bytes, n, NULL))
			return !to; /* there may be one */
		for (size_t i = 0; i < n && i < SCAN_CHUNK; i += u->calls->step)
			if (is_jump(u, bytes + i, n - i, at + i, from, to))
				return true;
	}
	return false;
}

/* The same question comes up for many tasks. */
static bool jumps_to(struct unwinder *u, const struct sym *from, const struct sym *to)
{
	uint64_t key = hash_u64(from->addr) ^ (to ? to->addr : 0), known;

	if (!map_get(&u->jumps, key, &known)) {
		known = scan_for_jump(u, from, to);
		map_put(&u->jumps, key, known);
	}
	return known;
}

/* Code that ftrace or kprobes made, which runs in place of the function at the call site. */
static bool is_made(const struct sym *function)
{
	return function->module && !strncmp(function->module, "__builtin__", 11);
}

static bool can_be_searched(const struct sym *function)
{
	return function->size && function->size <= SCAN_LIMIT;
}

/* The function at the call site is not the one below: whether it jumps there, can have jumped to
 * somewhere that did, or never leaves but by returning. */
static enum fit fit_tail_call(struct unwinder *u, const struct sym *called, const struct sym *below)
{
	if (!can_be_searched(called) || is_made(below))
		return FIT_OTHER;
	if (jumps_to(u, called, below))
		return FIT_EXACT;
	return !u->calls->leaves || jumps_to(u, called, NULL) ? FIT_OTHER : FIT_NEVER;
}

/* A call into the middle of the very function that makes it: a thunk that the compiler put there
 * (i386's CALL_NOSPEC), which can go anywhere. */
static bool is_inline_thunk(const struct frame *f, uint64_t target)
{
	return f->named && target != f->sym.addr && covers(&f->sym, target);
}

static enum fit fit_direct(struct unwinder *u, uint64_t target, const struct frame *callee,
			   const struct frame *f, struct grade *g)
{
	struct sym sym;

	if (!callee || !callee->named)
		return FIT_MAYBE;
	if (covers(&callee->sym, target) ||
	    covers(&callee->sym, follow_jumps(u, target, &callee->sym)))
		return FIT_EXACT;
	if (is_inline_thunk(f, target))
		return FIT_MAYBE;
	if (!sym_at(u->syms, target, &sym, NULL))
		return FIT_OTHER;
	if (is_thunk(sym.name))
		return FIT_MAYBE;
	if (is_part_of(callee->sym.name, sym.name))
		return FIT_EXACT;
	g->via = sym.name;
	return fit_tail_call(u, &sym, &callee->sym);
}

/* What is called is what the processor refused to execute: no text, but the very address. */
static bool leads_astray(const struct callsite *call, const struct frame *callee)
{
	return callee && callee->interrupted && callee->pc == call->target;
}

/* Bytes of an indirect call can look like the tail of a direct one, to anywhere; if what
 * looks direct calls text, it is. */
static enum fit fit_site(struct unwinder *u, const struct site *s, const struct frame *callee,
			 const struct frame *f, struct grade *g)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->call[i].kind == CALLSITE_INDIRECT)
			return FIT_MAYBE;
		if (leads_astray(&s->call[i], callee))
			return FIT_EXACT;
		if (unwinder_is_text(u, s->call[i].target))
			return fit_direct(u, s->call[i].target, callee, f, g);
	}
	return FIT_NONE;
}

struct grade grade_return(struct unwinder *u, const struct frame *callee, const struct frame *f)
{
	struct site s = read_site(u, f->pc);
	struct grade g = { 0 };
	enum fit fit;

	if (!s.readable)
		return (struct grade){ .grade = 'B', .note = "the call site is not in the dump" };
	fit = fit_site(u, &s, callee, f, &g);
	if (fit == FIT_NONE && f->pc > u->init_text.begin && f->pc <= u->init_text.end)
		return (struct grade){ .grade = 'B', .note = "init text, freed after boot" };
	if (fit == FIT_NONE)
		return (struct grade){ .grade = 'C', .lost = true,
				       .note = "no call before the return address" };
	if (fit == FIT_NEVER)
		return (struct grade){ .grade = 'C', .lost = true, .via = g.via,
				       .note = "what is called before the return address never jumps on" };
	g.grade = fit == FIT_OTHER ? 'B' : 'A';
	g.confirmed = fit == FIT_EXACT;
	return g;
}
