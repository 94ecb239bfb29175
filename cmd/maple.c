/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/maple_view.h"
#include "cmd/operand.h"
#include "lib/kern/task.h"
#include "mm/maple_mm.h"
#include "mm/slab.h"

#define NODES_LIMIT (4u << 20)
#define ENTRIES_LIMIT (64u << 20)
#define DRAWN 4096 /* nodes of a picture */

enum { OPT_TREE, OPT_DOT, OPT_SVG };

static const struct opt opts[] = {
	{ 't', "tree", NULL, "every node, with its pivots, slots and gaps; bad words marked" },
	{ 0, "dot", NULL, "a picture for dot(1), bad words in red" },
	{ 0, "svg", NULL, "a picture as SVG" },
	{ 0, NULL, NULL, NULL },
};

/* ---- which tree ---- */

static bool is_of_slab(const struct maple_mms *s, uint64_t addr, const char *name)
{
	struct slab_object o;

	return s->frames.size && !slab_object_at(s->c, &s->frames, addr, &o, NULL) &&
	       !strcmp(o.name, name);
}

static void show_owner(struct out *o, uint64_t node, const struct maple_mm *mm, int width)
{
	out_record(o, "maple.owner");
	out_addr(o, "node", "maple_node %s", node, width);
	out_addr(o, "tree", " of maple_tree %s", mm->tree, width);
	if (mm->task && !mm->task->fault) {
		out_num(o, "pid", ": PID %s", mm->task->pid);
		out_str(o, "comm", " \"%s\"", mm->task->comm);
	}
	out_text(o, "\n");
	out_end(o);
}

/* A node stands for the tree that it is of. */
static enum cairn_code tree_of_node(struct call *call, struct maple_mms *s, struct maple_mm *mm,
				    struct cairn_err *err)
{
	uint64_t node = mm->tree & ~(uint64_t)(s->layout->size - 1);

	if (mm->tree != node && !is_of_slab(s, node, "maple_node"))
		return CAIRN_OK;
	if (maple_mm_of_node(s, node, call->scratch, mm)) {
		if (!call->opt[OPT_DOT].set && !call->opt[OPT_SVG].set)
			show_owner(call->out, node, mm, s->c->kernel.word * 2);
		return CAIRN_OK;
	}
	return !is_of_slab(s, node, "maple_node") ? CAIRN_OK :
	       cairn_fail(err, CAIRN_NOTFOUND, "0x%" PRIx64 " is a maple_node, of no tree that is "
			  "known: of a driver's, or free", node);
}

static bool is_known(const struct maple_mms *s, uint64_t addr, struct maple_mm *ret)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->mm[i].mm == addr || s->mm[i].tree == addr) {
			*ret = s->mm[i];
			return true;
		}
	return false;
}

/* Of a task in exit_mmap(), which has let go of it. */
static void find_exiting(struct call *call, struct maple_mms *s, const struct task *t,
			 struct maple_mm *ret)
{
	maple_mms_want(s, call->scratch);
	for (size_t i = 0; i < s->n; i++)
		if (s->mm[i].task == t)
			*ret = s->mm[i];
}

/* One that no task has any more is found as the checker finds it, or by its slab's name. */
static bool is_mm(struct call *call, struct maple_mms *s, struct maple_mm *ret)
{
	uint64_t addr = ret->tree;

	if (is_known(s, addr, ret))
		return true;
	maple_mms_want(s, call->scratch);
	if (is_known(s, addr, ret))
		return true;
	if (!is_of_slab(s, addr, "mm_struct"))
		return false;
	*ret = maple_mm_at(s, addr);
	return true;
}

/* As those of processes are; addresses are hexadecimal, and longer. */
static bool is_number(const char *word)
{
	return strlen(word) <= 7 && word[strspn(word, "0123456789")] == '\0';
}

/* The current task's address space, that of another, an mm_struct, a struct maple_tree, or a node of one. Tree 0 of a task: it
 * has none. */
static enum cairn_code find_tree(struct call *call, struct maple_mms *s, bool has_mms,
				 struct maple_mm *ret, struct cairn_err *err)
{
	const char *word = call->argc ? call->argv[0] : NULL;
	const struct task *t;
	struct cairn_err why;
	enum cairn_code code = word ? operand_task(s->c, word, &t, &why) :
				      operand_default(call, &t, &why);

	*ret = (struct maple_mm){ 0 };
	if (code && (!word || is_number(word))) {
		if (err)
			*err = why;
		return code;
	}
	if (has_mms && !code) {
		if (t->fault)
			return cairn_fail(err, CAIRN_FAULT, "%s", t->fault->text);
		ret->task = t;
		if (!t->mm) {
			find_exiting(call, s, t, ret);
			return CAIRN_OK;
		}
		if (maple_mm_of(s, t->mm, ret))
			return CAIRN_OK;
	}
	if (!word)
		return cairn_fail(err, CAIRN_USAGE, "name the address of a tree");
	code = operand_address(s->c, word, &ret->tree, err);
	if (code || !has_mms)
		return code;
	if (is_mm(call, s, ret))
		return CAIRN_OK;
	return tree_of_node(call, s, ret, err);
}

/* ---- entries ---- */

static void show_entry(struct out *o, const struct maple_walk *w, int width)
{
	out_record(o, "maple.entry");
	out_addr(o, "index", "%s", w->first, width);
	out_addr(o, "last", "-%s", w->last, width);
	out_addr(o, "entry", "  %s", w->entry, width);
	if (w->node) {
		out_addr(o, "node", "  in %s", w->node, width);
		out_num(o, "slot", "[%s]", w->slot);
	} else {
		out_null(o, "node", NULL);
		out_null(o, "slot", NULL);
	}
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code entries(struct call *call, uint64_t tree, uint64_t first, uint64_t last,
			       enum verdict *verdict, struct cairn_err *err)
{
	struct maple_walk w;
	struct cairn_err why;
	enum cairn_code end, code = maple_begin(&w, call->cairn, tree, first, last, ENTRIES_LIMIT,
						err);

	while (!code && maple_next(&w) && !out_broken(call->out))
		show_entry(call->out, &w, call->cairn->kernel.word * 2);
	if (!code && !w.n && !w.err.code)
		out_text(call->out, "nothing there\n");
	end = maple_end(&w, &why);
	if (code)
		return code;
	if (end == CAIRN_INTERRUPTED || end == CAIRN_NOMEM) {
		*err = why;
		return end;
	}
	if (end)
		error_partial(call, "maple tree", &why, verdict);
	return CAIRN_OK;
}

/* ---- nodes ---- */

static void keep(void *arg, const struct maple_verdict *v)
{
	struct maple_view *view = arg;

	if (!v->of_object && view->nbad < MAPLE_VIEW_BAD)
		view->bad[view->nbad++] = *v;
}

static void head(struct out *o, const struct maple_view *v)
{
	const struct maple *m = &v->m;

	out_record(o, "maple.tree");
	out_addr(o, "tree", "maple_tree %s", m->tree, v->width);
	out_hex(o, "flags", "  flags %s", m->flags);
	out_num(o, "height", ", height %s",
		(int64_t)((m->flags & MAPLE_FLAG_HEIGHT) >> MAPLE_HEIGHT_SHIFT));
	out_addr(o, "root", ", root %s", m->root, v->width);
	out_num(o, "nodes", ", %s nodes", (int64_t)m->n);
	out_num(o, "bad", v->nbad ? ", %s bad" : NULL, (int64_t)v->nbad);
	out_text(o, "\n");
	maple_view_bad_of_tree(o, v);
	out_end(o);
}

static enum cairn_code draw(struct call *call, const struct maple_view *v, struct cairn_err *err)
{
	if (v->m.n > DRAWN)
		return cairn_fail(err, CAIRN_LIMIT, "%zu nodes are too many for a picture (%d)",
				  v->m.n, DRAWN);
	if (call->opt[OPT_DOT].set)
		maple_view_dot(call->out, v);
	else
		maple_view_svg(call->out, v);
	return CAIRN_OK;
}

static enum cairn_code verify(struct maple_mms *s, const struct maple_mm *mm,
			      struct maple_view *v, struct cairn_err *err)
{
	const struct maple_entries e = maple_mms_entries(s);
	const struct maple_subject of = {
		.c = s->c, .layout = v->m.layout, .shelf = v->m.shelf, .tree = mm->tree,
		.entries = &e, .limit = NODES_LIMIT,
	};
	struct maple_checked checked;

	return mm->mm ? maple_mm_verify(s, mm, keep, v, &checked, err) :
			maple_verify(&of, keep, v, &checked, err);
}

static enum cairn_code nodes(struct call *call, struct maple_mms *s, const struct maple_mm *mm,
			     enum verdict *verdict, struct cairn_err *err)
{
	struct maple_view *v = arena_alloc(call->scratch, sizeof(*v));
	enum cairn_code code;

	if (!v)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a tree");
	v->width = s->c->kernel.word * 2;
	v->m = (struct maple){
		.c = s->c, .shelf = s->nodes, .tree = mm->tree, .last = UINT64_MAX,
		.limit = NODES_LIMIT,
	};
	code = maple_layout_get(s->c, &v->m.layout, err);
	if (!code)
		code = verify(s, mm, v, err);
	if (!code)
		code = maple_load(&v->m, err);
	if (!code && (call->opt[OPT_DOT].set || call->opt[OPT_SVG].set))
		code = draw(call, v, err);
	else if (!code) {
		head(call->out, v);
		maple_view_nodes(call->out, v);
	}
	if (!code && v->m.err.code)
		error_partial(call, "maple tree", &v->m.err, verdict);
	else if (!code && v->nbad)
		*verdict = VERDICT_FINDINGS;
	maple_unload(&v->m);
	return code;
}

static enum cairn_code show(struct call *call, struct maple_mms *s, bool has_mms,
			    enum verdict *verdict, struct cairn_err *err)
{
	struct maple_mm mm;
	uint64_t index;
	enum cairn_code code = find_tree(call, s, has_mms, &mm, err);

	if (code)
		return code;
	if (mm.task && !mm.tree) {
		if (call->opt[OPT_DOT].set || call->opt[OPT_SVG].set)
			return cairn_fail(err, CAIRN_NOTFOUND, "no address space of its own");
		error_none(call, "no address space of its own");
		return CAIRN_OK;
	}
	if (call->opt[OPT_TREE].set || call->opt[OPT_DOT].set || call->opt[OPT_SVG].set)
		return nodes(call, s, &mm, verdict, err);
	if (call->argc <= 1)
		return entries(call, mm.tree, 0, UINT64_MAX, verdict, err);
	for (int i = 1; !code && i < call->argc; i++) {
		code = operand_address(s->c, call->argv[i], &index, err);
		if (!code)
			code = entries(call, mm.tree, index, index, verdict, err);
	}
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct maple_mms s;
	enum cairn_code code;

	if (call->out->mode == OUT_JSON && (call->opt[OPT_DOT].set || call->opt[OPT_SVG].set))
		return cairn_fail(err, CAIRN_USAGE, "a picture is no JSON");
	code = maple_mms_init(&s, call->cairn, call->scratch, err);
	if (!s.layout)
		return code;
	/* without the types of address spaces an address will still do */
	code = show(call, &s, code == CAIRN_OK, verdict, err);
	maple_mms_deinit(&s);
	return code;
}

static const struct cmd maple_cmd = {
	.name = "maple",
	.synopsis = "[-t | --dot | --svg] [{PID | TASK | COMM | ADDRESS} [INDEX...]]",
	.summary = "a maple tree: its entries, its nodes, what is wrong with it",
	.help = "The tree of a process's address space (without operand of the task that panicked, or\n"
		"was `set`), or any struct maple_tree by its address (an mm_struct's is taken for its\n"
		"mm_mt, a node's for the tree that it is of). Each line is one entry: its first and its\n"
		"last index, the entry as it is stored, and the node and slot that have it. With INDEX\n"
		"only the entry at that index; ranges without an entry are not shown.\n"
		"\n"
		"-t shows every node below its parent: the indices it covers, its type, its last slot\n"
		"in use, its parent word, meta (end/gap), and each slot with its range and gap. The\n"
		"tree is verified as `check -o maple` does it, and bad words are marked with what they\n"
		"should be. The pictures have the same, bad words in red; in the SVG a node's children\n"
		"are right of it:\n"
		"\n"
		"    maple --svg 1 > tree.svg\n"
		"    maple --dot 1 | dot -Tpdf > tree.pdf",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&maple_cmd);
