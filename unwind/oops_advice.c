/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_advice.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "unwind/guilty.h"
#include "unwind/oops_priv.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The first row that fits wins. */
static const struct oops_advice advice[] = {
	{ "bug", "mas_update_gap",
	  "BUG in mas_update_gap: the type bits in a maple node's parent word are not those of an\n"
	  "allocation tree (lib/maple_tree.c, mas_parent_type). Either the tree was made without\n"
	  "MT_FLAGS_ALLOC_RANGE, or the word, which is the first of its 256-byte node, was\n"
	  "overwritten: by its slab neighbour's end, or through a pointer that was kept after the\n"
	  "node had been freed. Who runs into it is the victim: any brk(), mmap() or munmap() of the\n"
	  "process whose tree it is.",
	  { { "check --only 'maple.*'", "the broken word, what it should be, and whether one bit explains it" },
	    { "maple -t {pid}", "the tree, node by node" },
	    { "whatis {node}", "the node, and the slab that it lies in" },
	    { "whatis {neighbour}", "the object before it: a list of spare nodes (maple_alloc)?" } }, NULL },
	{ "bug", "exit_mmap",
	  "BUG in exit_mmap: the address space had another number of VMAs than its map_count says.\n"
	  "A VMA was lost from the tree (a slot was overwritten, a node was stale), or map_count was\n"
	  "counted twice or not at all where a VMA was made or merged. The task has let go of its\n"
	  "address space by then: vm does not find it by the task's number, maple does.",
	  { { "check --only 'maple.*'", "the word of the tree that is wrong, and its node" },
	    { "maple -t {pid}", "the tree, with what is wrong in it" },
	    { "check --only 'mm.*'", "other address spaces whose count does not hold" },
	    { "dis -r {place}", "which register had the count" } }, NULL },
	{ NULL, "mas_*",
	  "A maple tree was walked that is not in order: a pointer in a node led nowhere, or its\n"
	  "type did not fit. The function is where it was noticed, seldom who did it.",
	  { { "check --only 'maple.*'", "the broken word, and what it should be" },
	    { "check --only 'mm.*'", "was the tree written without its lock, or the lock never released?" },
	    { "maple -t {pid}", "the tree, if it is this process's" } }, NULL },
	{ "list-corruption", NULL,
	  "A list's neighbours do not point back at the entry: it was removed twice, freed while on\n"
	  "the list, or overwritten. LIST_POISON1 and 2 (dead000000000100, ...122) in the message\n"
	  "say that it had been removed before.",
	  { { "whatis {address}", "is the object free? whose is it?" } },
	  "whatis on the addresses in the message: is the object free? list from the head" },
	{ "slab-corruption", NULL,
	  "SLUB found bytes of an object that should be poison or padding changed: it was written to\n"
	  "after free, or its neighbour was written beyond its end. The report comes long after.",
	  { { 0 } },
	  "whatis on the object's address, and on the one before it; the report's \"Freed in\" names\n"
	  "the last owner" },
	{ "refcount", NULL,
	  "A reference count went below zero or came up from it: one put too many, or a get on an\n"
	  "object that was being freed.",
	  { { 0 } },
	  "whatis on the object: who points to it still?" },
	{ "null-deref", NULL,
	  "A pointer was NULL; the address is the offset of the member that was asked for.",
	  { { "dis -r {place}", "which pointer was NULL, and where it came from" },
	    { "bt -v", "variables at the place" } },
	  "bt -v for the variables at the place; struct for the member at that offset" },
	{ "gp-fault", NULL,
	  "The address was not canonical: no pointer, but data used as one. 6b6b.. is freed memory's\n"
	  "poison, 5a5a.. memory that was not yet used, dead.. list poison; mixed bits can be a\n"
	  "hardened free list's pointer that was overwritten.",
	  { { "dis -r {place}", "which register was no pointer" },
	    { "bt", "the registers, for whatis" } },
	  "bt for the registers; whatis on those that look like addresses near it" },
	{ "stack-overflow", NULL,
	  "A kernel stack ran into its guard page: recursion, or frames too large.",
	  { { 0 } },
	  "bt, and stacks, for the function that repeats" },
	{ "soft-lockup", NULL,
	  "A CPU did not schedule for long: a loop without end, or a lock that is spun for. The\n"
	  "function told is where it happened to be.",
	  { { "bt -a", "who else spins, and who holds the lock" } },
	  "bt -a: who else spins, and who holds the lock" },
	{ "hard-lockup", NULL,
	  "A CPU took no interrupts for long: it spins with them off.",
	  { { "bt -a", "what each CPU does" },
	    { "wait", "which lock, and who has it" } },
	  "bt -a, and wait: which lock, and who has it" },
	{ "hung-task", NULL,
	  "A task slept uninterruptibly for long: what it waits for did not come.",
	  { { "wait", "what blocked tasks wait for, and who has it" },
	    { "bt {pid}", "the stack of the one that is told of" } },
	  "wait: what blocked tasks wait for, and who has it" },
	{ "rcu-stall", NULL,
	  "A CPU or task held up a grace period: it looped without a quiescent state, or could not\n"
	  "run.",
	  { { 0 } },
	  "bt -a; foreach bt for the tasks that are named" },
	{ "lockdep", NULL,
	  "A warning of what could happen: locks taken in an order, or in a context, that can\n"
	  "deadlock. Nothing has hung yet.",
	  { { 0 } },
	  NULL },
};

static bool fits(const char *pattern, const char *function)
{
	struct piece base;
	size_t n;

	if (!pattern)
		return true;
	if (!function)
		return false;
	base = guilty_base((struct piece){ function, strlen(function) });
	n = strcspn(pattern, "*");
	return pattern[n] ? base.len >= n && !memcmp(base.p, pattern, n)
			  : base.len == n && !memcmp(base.p, pattern, n);
}

/* ---- the log's own values ---- */

#define ADDRESSES 4

/* A command beyond is longer than its column. */
#define WIDTH_MAX 40

struct values {
	const struct oops *o;
	struct arena *a;
	uint64_t address[ADDRESSES]; /* that the first line names, each once */
	size_t n;
};

/* Zero, poison and small negative numbers lead nowhere. */
static bool may_be_address(uint64_t v, size_t digits)
{
	if (digits == 8)
		return v >= UINT32_C(0x80000000) && v < UINT32_C(0xfffff000) && v >> 16 != 0xdead;
	return digits == 16 && v >> 48 == 0xffff && v < UINT64_MAX - 0xfff;
}

static void add_address(struct values *v, uint64_t address)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->address[i] == address)
			return;
	if (v->n < ADDRESSES)
		v->address[v->n++] = address;
}

static void find_addresses(struct values *v)
{
	struct piece t = { v->o->head, strlen(v->o->head) };

	while (t.len) {
		struct piece word = piece_until(t, " ,.;:()=<>[]{}\t");
		struct piece digits = piece_drop(word, piece_begins(word, "0x") ? 2 : 0);
		uint64_t value;
		size_t n = piece_hex(digits, &value);

		if (n && n == digits.len && may_be_address(value, n))
			add_address(v, value);
		t = piece_drop(t, word.len < t.len ? word.len + 1 : t.len);
	}
}

/* The process's address space is gone before exit_mmap() is called. */
static bool has_let_go(const struct oops *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->frame[i].function && o->frame[i].reliable && !strcmp(o->frame[i].function, "exit_mmap"))
			return true;
	return false;
}

/* What stands for a word in braces; NULL: the log does not have it. `nth`: which of several. */
static const char *value_of(const struct values *v, struct piece name, size_t nth)
{
	const struct oops *o = v->o;

	if (piece_begins(name, "address"))
		return nth < v->n ? arena_printf(v->a, "0x%" PRIx64, v->address[nth]) : NULL;
	if (nth)
		return NULL;
	if (piece_begins(name, "pid"))
		return o->pid > 0 && !has_let_go(o) ? arena_printf(v->a, "%" PRId64, o->pid) : NULL;
	if (piece_begins(name, "node"))
		return o->maple ? arena_printf(v->a, "0x%" PRIx64, o->maple->node) : NULL;
	if (piece_begins(name, "neighbour"))
		return o->maple && !o->maple->has_expected
			       ? arena_printf(v->a, "0x%" PRIx64, o->maple->neighbour) : NULL;
	return o->function && o->has_offset ? arena_printf(v->a, "%s+0x%" PRIx64, o->function, o->offset)
					    : NULL;
}

/* The command with values in place of braces; NULL: there is none. */
static const char *fill_in(const struct values *v, const char *command, size_t nth)
{
	const char *open = strchr(command, '{'), *close = open ? strchr(open, '}') : NULL, *value;

	if (!close)
		return nth ? NULL : command;
	value = value_of(v, (struct piece){ open + 1, (size_t)(close - open - 1) }, nth);
	return value ? arena_printf(v->a, "%.*s%s%s", (int)(open - command), command, value, close + 1)
		     : NULL;
}

/* Commands in a column of their own, what they tell in another. */
static const char *table(const struct oops *o, const char *const *why, struct arena *a)
{
	const char *ret = NULL;
	struct str text;
	size_t width = 0;

	str_init(&text);
	for (size_t i = 0; i < o->ncommands; i++)
		if (strlen(o->command[i]) > width && strlen(o->command[i]) <= WIDTH_MAX)
			width = strlen(o->command[i]);
	for (size_t i = 0; i < o->ncommands; i++)
		str_addf(&text, "%s%-*s  %s", i ? "\n" : "", (int)width, o->command[i], why[i]);
	if (!text.failed)
		ret = arena_strdup(a, text.buf);
	str_deinit(&text);
	return ret;
}

static enum cairn_code advise(struct oops *o, const struct oops_advice *row, struct arena *a)
{
	const char *why[OOPS_COMMANDS], *command;
	struct values v = { .o = o, .a = a };

	o->advice = row->known;
	o->check = row->check;
	o->command = arena_array(a, OOPS_COMMANDS, sizeof(*o->command));
	if (!o->command)
		return CAIRN_NOMEM;
	find_addresses(&v);
	for (size_t i = 0; i < OOPS_STEPS && row->step[i].command; i++)
		for (size_t nth = 0; o->ncommands < OOPS_COMMANDS &&
				     (command = fill_in(&v, row->step[i].command, nth)); nth++) {
			why[o->ncommands] = row->step[i].why;
			o->command[o->ncommands++] = command;
		}
	if (o->ncommands)
		o->check = table(o, why, a);
	return o->ncommands && !o->check ? CAIRN_NOMEM : CAIRN_OK;
}

enum cairn_code oops_advise(struct oops *o, struct arena *a)
{
	for (size_t i = 0; i < COUNT(advice); i++)
		if ((!advice[i].class || !strcmp(advice[i].class, o->class)) &&
		    fits(advice[i].function, o->function))
			return advise(o, &advice[i], a);
	return CAIRN_OK;
}

bool oops_advice_nth(size_t n, const struct oops_advice **ret)
{
	*ret = n < COUNT(advice) ? &advice[n] : NULL;
	return *ret != NULL;
}

bool oops_advice_of_class(const char *class, const char **known, const char **check)
{
	for (size_t i = 0; i < COUNT(advice); i++)
		if (advice[i].class && !advice[i].function && !strcmp(advice[i].class, class)) {
			*known = advice[i].known;
			*check = advice[i].check;
			return true;
		}
	return false;
}
