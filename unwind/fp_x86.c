/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/fp_x86.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"

#define LIST_LIMIT (1u << 20)
#define BEGINNING  32u
#define LEAVE      0xc9
#define RET        0xc3
#define JMP        0xe9 /* to the return thunk */

enum { KSYM_LINK, KSYM_START, KSYM_BEGIN, KSYM_END, KSYM_N };

static const struct shape_want ksym_want = {
	"struct bpf_ksym", KSYM_N,
	{ [KSYM_LINK] = "lnode", [KSYM_START] = "start", [KSYM_BEGIN] = "fp_start", [KSYM_END] = "fp_end" },
};

static bool covers(struct cairn *c, const struct shape *shape, uint64_t addr, uint64_t pc)
{
	struct object o;
	bool yes = !object_read(&o, shape, &c->kernel, addr, NULL);
	uint64_t at = yes ? pc - object_get(&o, KSYM_START) : 0;

	yes = yes && at >= object_get(&o, KSYM_BEGIN) && at < object_get(&o, KSYM_END);
	object_done(&o);
	return yes;
}

static bool kernel_says_so(struct unwinder *u, uint64_t pc)
{
	static const unsigned all[] = { KSYM_LINK, KSYM_START, KSYM_BEGIN, KSYM_END };
	struct list_walk list;
	struct shape shape;
	bool yes = false;
	uint64_t head;

	if (!u->c || sym_addr(u->syms, "bpf_kallsyms", &head, NULL) ||
	    shape_resolve(&shape, &ksym_want, &u->c->types, NULL) ||
	    shape_require(&shape, all, KSYM_N, NULL))
		return false;
	list_begin(&list, &u->c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	while (!yes && list_next(&list))
		yes = covers(u->c, &shape, list.node - shape.m[KSYM_LINK].offset, pc);
	list_end(&list, NULL);
	return yes;
}

/* Offset of push %rbp; mov %rsp, %rbp; BEGINNING if they are not seen. */
static size_t find_push(struct unwinder *u, uint64_t function)
{
	unsigned char code[BEGINNING];
	size_t i = 0;

	if (reader_bytes(&u->mem, function, code, sizeof(code), NULL))
		return BEGINNING;
	while (i + 4 <= sizeof(code) && memcmp(code + i, "\x55\x48\x89\xe5", 4))
		i++;
	return i + 4 <= sizeof(code) ? i : BEGINNING;
}

static bool has_left(struct unwinder *u, uint64_t pc)
{
	unsigned char code[2];

	return !reader_bytes(&u->mem, pc - 1, code, sizeof(code), NULL) && code[0] == LEAVE &&
	       (code[1] == RET || code[1] == JMP);
}

enum fp_stage fp_x86_stage(struct unwinder *u, uint64_t pc, bool interrupted)
{
	uint64_t at;
	struct sym sym;
	size_t push;

	if (kernel_says_so(u, interrupted ? pc : pc - 1))
		return FP_TOLD;
	if (!sym_at(u->syms, interrupted ? pc : pc - 1, &sym, NULL))
		return FP_UNKNOWN;
	at = pc - sym.addr;
	push = find_push(u, sym.addr);
	if (push == BEGINNING)
		return FP_UNKNOWN;
	if (at <= push || (interrupted && has_left(u, pc)))
		return FP_NOT_YET;
	return at == push + 1 ? FP_PUSHED : FP_SEEN;
}
