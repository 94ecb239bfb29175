/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/fgraph.h"

#include "lib/debug/shape.h"
#include "unwind/reader.h"

#define ENTRIES_LIMIT 1024 /* FTRACE_RETFUNC_DEPTH is 50 */
#define WORDS_LIMIT   8192 /* SHADOW_STACK_SIZE is 4096 bytes */
#define BACK_MASK     0x3ffu /* kernel/trace/fgraph.c FGRAPH_FRAME_OFFSET_MASK */

enum { TASK_STACK, TASK_TOP, TASK_N };
enum { ENTRY_RET, ENTRY_KEY, ENTRY_N };

static const struct shape_want task_want = {
	"struct task_struct", TASK_N, { [TASK_STACK] = "ret_stack", [TASK_TOP] = "curr_ret_stack" },
};

static const struct shape_want entry_want = {
	"struct ftrace_ret_stack", ENTRY_N, { [ENTRY_RET] = "ret", [ENTRY_KEY] = "retp" },
};

struct wanted {
	struct cairn *c;
	struct shape entry;
	uint64_t stack;  /* where task->ret_stack points */
	int64_t top;     /* curr_ret_stack */
	uint64_t key, trampoline;
};

static bool entry_fits(struct wanted *w, uint64_t addr, uint64_t *ret)
{
	struct object o;
	bool fits;

	fits = !object_read(&o, &w->entry, &w->c->kernel, addr, NULL) &&
	       object_get(&o, ENTRY_KEY) == w->key && object_get(&o, ENTRY_RET) != w->trampoline;
	if (fits)
		*ret = object_get(&o, ENTRY_RET);
	object_done(&o);
	return fits;
}

static bool among_entries(struct wanted *w, uint64_t *ret)
{
	if (w->top >= ENTRIES_LIMIT)
		return false;
	for (int64_t i = w->top; i >= 0; i--)
		if (entry_fits(w, w->stack + (uint64_t)i * w->entry.size, ret))
			return true;
	return false;
}

static bool among_words(struct wanted *w, uint64_t *ret)
{
	struct reader mem = reader_of_space(&w->c->kernel);
	uint64_t at = w->top > 0 && w->top <= WORDS_LIMIT ? (uint64_t)w->top : 0;

	while (at--) {
		uint64_t word;

		if (reader_word(&mem, w->stack + at * mem.word, &word, NULL) ||
		    !(word & BACK_MASK) || (word & BACK_MASK) > at)
			return false;
		at -= word & BACK_MASK;
		if (entry_fits(w, w->stack + at * mem.word, ret))
			return true;
	}
	return false;
}

static bool points_to_entries(const struct shape *task)
{
	const struct type *t = type_strip(task->m[TASK_STACK].type);

	return t->kind == TYPE_PTR && type_strip(t->target)->kind == TYPE_STRUCT;
}

bool fgraph_find(struct cairn *c, uint64_t task, uint64_t key, uint64_t trampoline, uint64_t *ret)
{
	static const unsigned needed[] = { 0, 1 };
	struct wanted w = { .c = c, .key = key, .trampoline = trampoline };
	struct shape shape;
	uint64_t top;

	if (shape_resolve(&shape, &task_want, &c->types, NULL) ||
	    shape_require(&shape, needed, TASK_N, NULL) ||
	    shape_resolve(&w.entry, &entry_want, &c->types, NULL) ||
	    shape_require(&w.entry, needed, ENTRY_N, NULL) ||
	    shape_get(&shape, &c->kernel, task, TASK_STACK, &w.stack, NULL) ||
	    shape_get(&shape, &c->kernel, task, TASK_TOP, &top, NULL) || !w.stack)
		return false;
	w.top = (int64_t)top;
	return points_to_entries(&shape) ? among_entries(&w, ret) : among_words(&w, ret);
}
