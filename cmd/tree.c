/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/element_out.h"
#include "cmd/operand.h"
#include "lib/kern/maple.h"
#include "lib/kern/position.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/xarray.h"

#define LIMIT_DEFAULT (1u << 20)

enum {
	OPT_TYPE, OPT_ROOT, OPT_OFFSET, OPT_STRUCT, OPT_STRUCT_TOO, OPT_POSITION, OPT_NODE,
	OPT_LIMIT, OPT_HEX, OPT_LINEAR,
};

static const struct opt opts[] = {
	[OPT_TYPE] = { 't', "type", "TYPE", "rbtree (where none is given), xarray, radix or maple" },
	[OPT_ROOT] = { 'r', "root", "OFFSET", "START is an object that has the root there" },
	[OPT_OFFSET] = { 'o', "offset", "OFFSET", "rbtree: of the rb_node in an element" },
	[OPT_STRUCT] = { 's', "struct", "TYPE[.MEMBER,...]", "show each element as this" },
	[OPT_STRUCT_TOO] = { 'S', NULL, "TYPE[.MEMBER,...]", "the same as -s" },
	[OPT_POSITION] = { 'p', "position", NULL, "say where in the tree each element lies" },
	[OPT_NODE] = { 'N', "node", NULL, "START is a node, not a root: what lies below it" },
	[OPT_LIMIT] = { 'n', "limit", "N", "show no more elements than that (1048576)" },
	[OPT_HEX] = { 'x', "hex", NULL, "integers in hexadecimal" },
	[OPT_LINEAR] = { 'l', NULL, NULL, "taken for crash's sake: the order always is the tree's" },
	{ 0, NULL, NULL, NULL },
};

/* What a command line asks for. */
struct plan {
	struct call *call;
	uint64_t root, offset;
	bool is_node, position, own_limit;
	size_t limit;
	struct element_look look;
	enum verdict *verdict;
	size_t *shown;
};

/* ---- red-black trees ---- */

static void show_rb(const struct plan *p, uint64_t node)
{
	struct call *call = p->call;

	++*p->shown;
	element_begin(call, node - p->offset);
	if (p->position)
		out_str(call->out, "position", "  %s",
			position_rbtree(&call->cairn->kernel, node, p->is_node ? p->root : 0,
					call->scratch));
	if (!element_end(call, &p->look, node - p->offset))
		*p->verdict = VERDICT_PARTIAL;
}

static enum cairn_code walk_rb(const struct plan *p, struct cairn_err *err)
{
	struct space *sp = &p->call->cairn->kernel;
	struct rbtree_walk w;

	if (p->is_node)
		rbtree_begin_node(&w, sp, p->root, p->limit);
	else
		rbtree_begin(&w, sp, p->root, p->limit);
	w.stop = cmd_interrupted;
	while (!out_broken(p->call->out) && rbtree_next(&w))
		show_rb(p, w.node);
	return rbtree_end(&w, err);
}

/* ---- XArrays ---- */

static bool is_pointer(uint64_t entry)
{
	return !(entry & 3);
}

/* An entry that is no plain pointer is shown as it is stored; a value also as the number. */
static void show_xa(const struct plan *p, const struct xarray_walk *w)
{
	static const struct element_look bare;
	struct call *call = p->call;
	const struct element_look *look = is_pointer(w->entry) ? &p->look : &bare;

	++*p->shown;
	element_begin(call, w->entry);
	out_count(call->out, "index", "  index %s", w->index);
	if (w->entry & 1)
		out_count(call->out, "number", "  value %s", w->entry >> 1);
	if (p->position)
		out_str(call->out, "position", "  %s",
			position_xarray(call->cairn, w->node, w->index, p->is_node ? p->root : 0,
					call->scratch));
	if (!element_end(call, look, w->entry))
		*p->verdict = VERDICT_PARTIAL;
}

static enum cairn_code walk_xa(const struct plan *p, struct cairn_err *err)
{
	struct xarray_walk w;
	struct cairn *c = p->call->cairn;
	enum cairn_code code;

	if (p->offset)
		return cairn_fail(err, CAIRN_USAGE, "-o: an XArray has pointers to its elements");
	code = p->is_node ? xarray_begin_node(&w, c, p->root, p->limit, err)
			  : xarray_begin(&w, c, p->root, p->limit, err);
	while (code == CAIRN_OK && !out_broken(p->call->out) && xarray_next(&w))
		show_xa(p, &w);
	return xarray_end(&w, err);
}

/* ---- maple trees ---- */

static void show_maple(const struct plan *p, const struct maple_walk *w)
{
	static const struct element_look bare;
	struct call *call = p->call;
	const struct element_look *look = is_pointer(w->entry) ? &p->look : &bare;

	++*p->shown;
	element_begin(call, w->entry);
	out_hex(call->out, "index", "  %s", w->first);
	out_hex(call->out, "last", "-%s", w->last);
	if (w->entry & 1)
		out_count(call->out, "number", "  value %s", w->entry >> 1);
	if (p->position)
		out_str(call->out, "position", "  %s", position_maple(w, call->scratch));
	if (!element_end(call, look, w->entry))
		*p->verdict = VERDICT_PARTIAL;
}

static enum cairn_code walk_maple(const struct plan *p, struct cairn_err *err)
{
	struct maple_walk w;
	enum cairn_code code;

	if (p->offset || p->is_node)
		return cairn_fail(err, CAIRN_USAGE, "-o and -N: not of a maple tree, which has "
						    "pointers to its elements (see maple)");
	if (maple_node_at(p->call->cairn, p->root))
		return cairn_fail(err, CAIRN_USAGE, "0x%" PRIx64 " is a maple_node, no struct "
				  "maple_tree: `maple 0x%" PRIx64 "` shows the tree that it is of",
				  p->root, p->root);
	code = maple_begin(&w, p->call->cairn, p->root, 0, UINT64_MAX, p->limit, err);
	while (code == CAIRN_OK && !out_broken(p->call->out) && maple_next(&w))
		show_maple(p, &w);
	return maple_end(&w, err);
}

/* ---- the command line ---- */

static const struct kind {
	const char *name;
	enum cairn_code (*walk)(const struct plan *p, struct cairn_err *err);
} kinds[] = {
	{ "rbtree", walk_rb }, { "xarray", walk_xa }, { "radix", walk_xa },
	{ "maple", walk_maple },
};

/* By a beginning, as crash takes it. */
static enum cairn_code find_kind(const char *word, const struct kind **ret, struct cairn_err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*ret = &kinds[i];
		if (!word || (*word && !strncmp(kinds[i].name, word, strlen(word))))
			return CAIRN_OK;
	}
	return cairn_fail(err, CAIRN_USAGE, "a tree is an rbtree, xarray, radix or maple, not %s", word);
}

static enum cairn_code read_root(struct plan *p, struct cairn_err *err)
{
	struct call *call = p->call;
	const char *inside = call->opt[OPT_ROOT].value;
	uint64_t offset = 0;
	enum cairn_code code;

	if (call->argc != 1)
		return cairn_fail(err, CAIRN_USAGE, "say where the tree's root is");
	if (inside && p->is_node)
		return cairn_fail(err, CAIRN_USAGE, "-r and -N exclude each other");
	code = operand_address(call->cairn, call->argv[0], &p->root, err);
	if (!code && inside)
		code = typed_offset(call, inside, &offset, err);
	p->root += offset;
	return code;
}

static enum cairn_code read_limit(struct plan *p, struct cairn_err *err)
{
	const struct opt_value *opt = &p->call->opt[OPT_LIMIT];
	uint64_t n = LIMIT_DEFAULT;
	enum cairn_code code = opt->set ? operand_count(opt->value, &n, err) : CAIRN_OK;

	p->own_limit = opt->set;
	p->limit = (size_t)n;
	if (!code && !n)
		return cairn_fail(err, CAIRN_USAGE, "-n 0 shows nothing");
	return code;
}

static enum cairn_code read_plan(struct plan *p, struct cairn_err *err)
{
	const struct opt_value *opt = p->call->opt;
	const char *type = opt[OPT_STRUCT].set ? opt[OPT_STRUCT].value : opt[OPT_STRUCT_TOO].value;
	enum cairn_code code;

	p->is_node = opt[OPT_NODE].set;
	p->position = opt[OPT_POSITION].set;
	code = read_root(p, err);
	if (!code && opt[OPT_OFFSET].set)
		code = typed_offset(p->call, opt[OPT_OFFSET].value, &p->offset, err);
	if (!code)
		code = read_limit(p, err);
	if (!code)
		code = element_look(&p->look, p->call, type, opt[OPT_HEX].set, err);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	size_t shown = 0;
	struct plan p = { .call = call, .verdict = verdict, .shown = &shown };
	const struct kind *kind;
	enum cairn_code code = find_kind(call->opt[OPT_TYPE].value, &kind, err);

	if (!code)
		code = read_plan(&p, err);
	if (!code)
		code = kind->walk(&p, err);
	if (!code && !shown)
		out_text(call->out, "no elements\n");
	/* as many as were asked for */
	return code == CAIRN_LIMIT && p.own_limit ? CAIRN_OK : code;
}

static const struct cmd tree = {
	.name = "tree",
	.synopsis = "[-t TYPE] [-r OFFSET] [-o OFFSET] [-s TYPE[.MEMBER,...]] [-p] [-N] START",
	.summary = "the elements of a red-black tree, an XArray or a maple tree",
	.help = "START is the address of the root: a struct rb_root (also that of a rb_root_cached), or\n"
		"a struct xarray, radix_tree_root, idr or maple_tree. With -r it is an object that has the\n"
		"root at OFFSET, with -N a node. OFFSET is a number or STRUCT.MEMBER. Elements come in the\n"
		"tree's order: of an rbtree, the objects that have an rb_node at -o; of the others, what\n"
		"they point to, with the index or the range.\n"
		"\n"
		"    tree -o vmap_area.rb_node -s vmap_area.va_start,va_end free_vmap_area_root\n"
		"    tree -t xarray -r address_space.i_pages -p ADDRESS\n"
		"    tree -t maple -r mm_struct.mm_mt -s vm_area_struct.vm_flags ADDRESS\n"
		"\n"
		"What of a damaged tree cannot be gone to is left out, and the first such node is named\n"
		"with the reason. Cycles are detected.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&tree);
