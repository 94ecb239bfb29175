/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/write_taker.h"

#include <string.h>

#include "lib/base/mem.h"

#define FUNCTION_LIMIT 0x10000u /* bytes */
#define DEPTH 2                 /* the function itself, and what it calls */
#define JUMPS 2                 /* trampolines behind each other */

enum cairn_code write_takers_init(struct write_takers *w, struct cairn *c,
				  const struct callsite_ops *calls, struct cairn_err *err)
{
	*w = (struct write_takers){ .c = c, .calls = calls };
	return disasm_init(&w->d, c->arch, err);
}

void write_takers_deinit(struct write_takers *w)
{
	disasm_deinit(&w->d);
	map_deinit(&w->known);
}

static bool begins_with_one(const char *name, const char *const *begins)
{
	for (; *begins; begins++)
		if (!strncmp(name, *begins, strlen(*begins)))
			return true;
	return false;
}

/* Those that give it back are named, too: until they are left, it is held. A file of /proc is read by
 * way of pointers: its lock is taken by one function, and held until another one is called
 * (fs/proc/task_mmu.c, m_start(), m_stop()). */
static bool is_of_lock(const struct write_takers *w, const char *name)
{
	static const char *const write[] = {
		"down_write", "__down_write", "rwsem_down_write", "rwbase_write", "mmap_write",
		"up_write", "__up_write", "downgrade_write", "rwsem_downgrade", NULL,
	};
	static const char *const read[] = {
		"down_read", "__down_read", "rwsem_down_read", "rwbase_read", "mmap_read",
		"up_read", "__up_read", "seq_read", NULL,
	};

	return begins_with_one(name, write) || (w->reading && begins_with_one(name, read));
}

static enum write_taker taker(struct write_takers *w, const struct sym *f, unsigned depth);

/* Where the jumps at addr lead: a module's PLT, a static call's trampoline. */
static uint64_t follow_jumps(struct write_takers *w, uint64_t addr)
{
	unsigned char bytes[CALLSITE_JUMP_BYTES];
	size_t n = w->calls->jump_bytes;
	uint64_t off;
	struct sym s;

	for (int i = 0; i < JUMPS; i++)
		if ((sym_at(&w->c->syms, addr, &s, &off) && !off && is_of_lock(w, s.name)) ||
		    space_read(&w->c->kernel, addr, bytes, n, NULL) ||
		    !w->calls->jump(bytes, n, addr, &addr))
			break;
	return addr;
}

/* "f.cold" is the part of "f" that is seldom run, moved apart. */
static bool is_part(const char *a, const char *b)
{
	size_t n = strcspn(a, ".");

	return n == strcspn(b, ".") && !strncmp(a, b, n);
}

/* A module's PLT has no symbols: an entry that is not understood looks like a part of the function
 * in front of it. */
static enum write_taker taker_at(struct write_takers *w, const struct sym *from,
				 const struct instruction *i, unsigned depth)
{
	uint64_t target = i->branches ? follow_jumps(w, i->target) : i->target, off;
	struct sym s;

	if (target - from->addr < from->size)
		return TAKES_NOTHING;
	if (!sym_is_text(&w->c->syms, target))
		return i->branches ? TAKES_UNTOLD : TAKES_NOTHING;
	if (!sym_at(&w->c->syms, target, &s, &off))
		return TAKES_UNTOLD;
	return off && s.module && !is_part(from->name, s.name) ? TAKES_UNTOLD : taker(w, &s, depth);
}

static enum write_taker worse(enum write_taker a, enum write_taker b)
{
	return a > b ? a : b;
}

static enum write_taker read_code(struct write_takers *w, const struct sym *f,
				  const unsigned char *raw, size_t n, unsigned depth)
{
	enum write_taker ret = TAKES_NOTHING;
	struct instruction i;

	for (size_t at = 0; at < n && ret != TAKES; at += i.size) {
		if (!disasm_one(&w->d, raw + at, n - at, f->addr + at, &i))
			break;
		if (i.target)
			ret = worse(ret, taker_at(w, f, &i, depth - 1));
	}
	return ret;
}

static enum write_taker look_into(struct write_takers *w, const struct sym *f, unsigned depth)
{
	enum write_taker ret = TAKES_UNTOLD;
	unsigned char *raw;

	if (!f->size || f->size > FUNCTION_LIMIT)
		return ret;
	raw = mem_resize(NULL, f->size, 1);
	if (raw && !space_read(&w->c->kernel, f->addr, raw, f->size, NULL))
		ret = read_code(w, f, raw, f->size, depth);
	mem_free(raw);
	return ret;
}

static enum write_taker taker(struct write_takers *w, const struct sym *f, unsigned depth)
{
	uint64_t key = f->addr * (DEPTH + 1) + depth, known;

	if (is_of_lock(w, f->name))
		return TAKES;
	if (!depth)
		return TAKES_NOTHING;
	if (map_get(&w->known, key, &known))
		return (enum write_taker)known;
	known = look_into(w, f, depth);
	map_put(&w->known, key, known);
	return (enum write_taker)known;
}

/* arch/x86/entry/syscall_*.c: it calls every system call there is, and takes nothing itself. */
static bool is_dispatcher(const char *name)
{
	size_t n = strlen(name), end = strlen("_sys_call");

	return n > end && !strcmp(name + n - end, "_sys_call");
}

static enum write_taker taker_in(struct write_takers *w, const struct frame *f)
{
	if (!f->named)
		return TAKES_UNTOLD;
	return is_dispatcher(f->sym.name) ? TAKES_NOTHING : taker(w, &f->sym, DEPTH);
}

enum write_taker write_taker_of(struct write_takers *w, const struct trace *tr)
{
	enum write_taker ret = tr->complete ? TAKES_NOTHING : TAKES_UNTOLD;

	for (size_t i = 0; i < tr->n && ret != TAKES; i++)
		ret = worse(ret, taker_in(w, &tr->frame[i]));
	return ret;
}
