/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/jit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"

#define LIST_LIMIT (1u << 20)
#define CODE_LIMIT ((uint64_t)1 << 30) /* bytes of one piece: more is a damaged word */

enum { J_NODE, J_START, J_END, J_SIZE, J_NAME, J_N };

struct kind {
	const char *source;       /* as /proc/kallsyms has it in brackets */
	const char *list;         /* symbol of the list head, or of the struct that holds it */
	const char *holder, *head; /* the latter's type and member; NULL: none */
	struct shape_want want;
	const char *name;         /* where the elements have none */
	bool page;                /* a piece is one page */
};

static const struct kind kinds[] = {
	{
		.source = "bpf", .list = "bpf_kallsyms",
		.want = { "struct bpf_ksym", J_N,
			  { [J_NODE] = "lnode", [J_START] = "start", [J_END] = "end",
			    [J_NAME] = "name" } },
		.name = "bpf",
	},
	{
		.source = "__builtin__ftrace", .list = "ftrace_ops_trampoline_list",
		.want = { "struct ftrace_ops", J_N,
			  { [J_NODE] = "list", [J_START] = "trampoline",
			    [J_SIZE] = "trampoline_size" } },
		.name = "ftrace_trampoline",
	},
	{
		.source = "__builtin__kprobes", .list = "kprobe_insn_slots",
		.holder = "struct kprobe_insn_cache", .head = "pages",
		.want = { "struct kprobe_insn_page", J_N,
			  { [J_NODE] = "list", [J_START] = "insns" } },
		.name = "kprobe_insn_page", .page = true,
	},
	{
		.source = "__builtin__kprobes", .list = "kprobe_optinsn_slots",
		.holder = "struct kprobe_insn_cache", .head = "pages",
		.want = { "struct kprobe_insn_page", J_N,
			  { [J_NODE] = "list", [J_START] = "insns" } },
		.name = "kprobe_optinsn_page", .page = true,
	},
};

struct piece {
	uint64_t begin, end;
	const char *name;
	size_t index; /* in list order */
};

struct jit {
	const char *source;
	struct piece *piece;      /* in list order, as /proc/kallsyms */
	struct piece *by_addr;    /* by (begin, index) */
	size_t n, cap;
};

/* ---- answering ---- */

static void answer(const struct jit *j, const struct piece *p, struct sym *ret)
{
	*ret = (struct sym){
		.name = p->name, .addr = p->begin, .size = p->end - p->begin, .type = 't',
		.module = j->source,
	};
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	const struct jit *j = self;
	size_t lo = 0, hi = j->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (j->by_addr[mid].begin <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr >= j->by_addr[lo - 1].end)
		return false;
	answer(j, &j->by_addr[lo - 1], ret);
	return true;
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	const struct jit *j = self;

	for (size_t i = 0; i < j->n; i++)
		if (!strcmp(j->piece[i].name, name) && n-- == 0) {
			answer(j, &j->piece[i], ret);
			return true;
		}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	const struct jit *j = self;

	if (i >= j->n)
		return false;
	answer(j, &j->piece[i], ret);
	return true;
}

/* ---- reading ---- */

static bool add_piece(struct cairn *c, struct jit *j, uint64_t begin, uint64_t end,
		      const char *name)
{
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 64;
		struct piece *more = arena_array(&c->arena, cap, sizeof(*more));

		if (!more)
			return false;
		if (j->n)
			memcpy(more, j->piece, j->n * sizeof(*more));
		j->piece = more;
		j->cap = cap;
	}
	j->piece[j->n] = (struct piece){ begin, end, name, j->n };
	j->n++;
	return true;
}

static uint64_t end_of(const struct cairn *c, const struct kind *k, const struct object *o)
{
	uint64_t begin = object_get(o, J_START);

	if (k->page)
		return begin + ((uint64_t)1 << c->kernel.page_shift);
	return k->want.path[J_END] ? object_get(o, J_END) : begin + object_get(o, J_SIZE);
}

static bool read_piece(struct cairn *c, const struct kind *k, const struct shape *shape,
		       uint64_t addr, struct jit *j)
{
	struct object o;
	uint64_t begin, end;
	uint32_t size = 0;
	const unsigned char *text;
	const char *name = k->name;
	bool ok = true;

	if (object_read(&o, shape, &c->kernel, addr, NULL) == CAIRN_OK) {
		begin = object_get(&o, J_START);
		end = end_of(c, k, &o);
		text = object_bytes(&o, J_NAME, &size);
		if (text)
			name = arena_strndup(&c->arena, (const char *)text,
					     strnlen((const char *)text, size));
		if (begin && end > begin && end - begin <= CODE_LIMIT)
			ok = name && add_piece(c, j, begin, end, name);
	}
	object_done(&o);
	return ok;
}

static enum cairn_code read_list(struct cairn *c, const struct kind *k, const struct shape *shape,
				 uint64_t head, struct jit *j, struct cairn_err *err)
{
	struct list_walk w;

	list_begin(&w, &c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	while (list_next(&w))
		if (!read_piece(c, k, shape, w.node - shape->m[J_NODE].offset, j)) {
			list_end(&w, NULL);
			return cairn_fail(err, CAIRN_NOMEM, "no memory for symbols");
		}
	return list_end(&w, err);
}

static int by_begin(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;

	if (a->begin != b->begin)
		return a->begin > b->begin ? 1 : -1;
	return (a->index > b->index) - (a->index < b->index);
}

static enum cairn_code publish(struct cairn *c, struct jit *j, struct cairn_err *err)
{
	static const struct sym_source_ops ops = { by_addr, by_name, at };
	uint64_t end = 0;
	enum cairn_code code = CAIRN_OK;

	j->by_addr = arena_array(&c->arena, j->n, sizeof(*j->by_addr));
	if (!j->by_addr)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for symbols");
	memcpy(j->by_addr, j->piece, j->n * sizeof(*j->by_addr));
	qsort(j->by_addr, j->n, sizeof(*j->by_addr), by_begin);
	for (size_t i = 0; i < j->n && code == CAIRN_OK; i++) {
		if (j->by_addr[i].end > end)
			end = j->by_addr[i].end;
		code = syms_add_text(&c->syms, j->by_addr[i].begin, j->by_addr[i].end, err);
	}
	return code != CAIRN_OK ? code
		: syms_add(&c->syms, j->source, j->by_addr[0].begin, end, &ops, j, err);
}

/* Where the list begins; false where this kernel has none of the kind. */
static bool find_head(struct cairn *c, const struct kind *k, struct shape *shape, uint64_t *head)
{
	const struct type *holder;
	struct member m;

	if (sym_addr(&c->syms, k->list, head, NULL) != CAIRN_OK ||
	    shape_resolve(shape, &k->want, &c->types, NULL) != CAIRN_OK ||
	    !shape_has(shape, J_NODE) || !shape_has(shape, J_START))
		return false;
	if (!k->holder)
		return true;
	holder = type_find(&c->types, k->holder, NULL);
	if (!holder || !type_member(holder, k->head, &m))
		return false;
	*head += m.offset;
	return true;
}

static enum cairn_code add_kind(struct cairn *c, const struct kind *k, struct cairn_err *err)
{
	struct shape shape;
	struct jit *j;
	uint64_t head;
	enum cairn_code code, listed;

	if (!find_head(c, k, &shape, &head))
		return CAIRN_OK;
	j = arena_alloc(&c->arena, sizeof(*j));
	if (!j)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for symbols");
	j->source = k->source;
	listed = read_list(c, k, &shape, head, j, err);
	if (j->n == 0)
		return listed;
	code = publish(c, j, listed == CAIRN_OK ? err : NULL);
	return listed == CAIRN_OK ? code : listed;
}

void jit_add_symbols(struct cairn *c)
{
	struct cairn_err err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (add_kind(c, &kinds[i], &err) != CAIRN_OK)
			session_degrade(c, kinds[i].list, &err);
}
