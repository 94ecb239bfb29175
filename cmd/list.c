/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/element_out.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "lib/kern/list.h"

#define LIMIT_DEFAULT (1u << 20)

enum {
	OPT_OFFSET, OPT_HEAD_OFFSET, OPT_STRUCT, OPT_STRUCT_TOO, OPT_LINK, OPT_HEAD, OPT_EXTERNAL,
	OPT_REVERSE, OPT_END, OPT_KIND, OPT_LIMIT, OPT_HEX, OPT_BRENT,
};

static const struct opt opts[] = {
	[OPT_OFFSET] = { 'o', "offset", "OFFSET", "of the link in an element: a number, or STRUCT.MEMBER" },
	[OPT_HEAD_OFFSET] = { 'O', "head-offset", "OFFSET",
			      "with -h: of the head in START, which is no element itself" },
	[OPT_STRUCT] = { 's', "struct", "TYPE[.MEMBER,...]", "show each element as this" },
	[OPT_STRUCT_TOO] = { 'S', NULL, "TYPE[.MEMBER,...]", "the same as -s" },
	[OPT_LINK] = { 'l', "link", "OFFSET", "with -s: addresses are those of links, so far into the TYPE" },
	[OPT_HEAD] = { 'h', "head", NULL, "START is an element with an embedded list_head" },
	[OPT_EXTERNAL] = { 'H', "external", NULL, "START is a head that is no element" },
	[OPT_REVERSE] = { 'r', "reverse", NULL, "from the end to the beginning (list_head)" },
	[OPT_END] = { 'e', "end", "ADDRESS", "stop before this element, or link" },
	[OPT_KIND] = { 'k', "kind", "KIND", "with -H or -O, of a head: list, hlist, nulls, bl, llist" },
	[OPT_LIMIT] = { 'n', "limit", "N", "show no more elements than that (1048576)" },
	[OPT_HEX] = { 'x', "hex", NULL, "integers in hexadecimal" },
	[OPT_BRENT] = { 'B', NULL, NULL, "taken for crash's sake: cycles are always detected" },
	{ 0, NULL, NULL, NULL },
};

/* What a command line asks for. */
struct plan {
	struct call *call;
	enum list_kind kind;
	uint64_t start, offset;  /* as given; of the link in an element */
	uint64_t head;           /* the link, or element of a chain, that the walk begins at */
	bool itself;             /* START is an element, too */
	bool chain;              /* links hold addresses of elements, not of links */
	bool has_end;
	uint64_t end;
	uint64_t limit;
	struct element_look look;
};

static bool is_set(const struct plan *p, unsigned opt)
{
	return p->call->opt[opt].set;
}

static const char *value(const struct plan *p, unsigned opt)
{
	return p->call->opt[opt].value;
}

static enum cairn_code read_kind(struct plan *p, struct cairn_err *err)
{
	static const struct { const char *name; enum list_kind kind; } kinds[] = {
		{ "list", LIST_DOUBLE }, { "hlist", LIST_HLIST }, { "nulls", LIST_HLIST_NULLS },
		{ "bl", LIST_HLIST_BL }, { "llist", LIST_LLIST },
	};
	const char *word = value(p, OPT_KIND);
	size_t i = 0;

	while (word && i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i].name, word))
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return cairn_fail(err, CAIRN_USAGE, "a kind is list, hlist, nulls, bl or llist, not %s",
				  word);
	p->kind = kinds[i].kind;
	if (is_set(p, OPT_REVERSE) && (p->chain || p->kind != LIST_DOUBLE))
		return cairn_fail(err, CAIRN_USAGE, "-r: only a list_head leads back (-h, -H)");
	if (word && p->kind != LIST_DOUBLE && (p->chain || p->itself))
		return cairn_fail(err, CAIRN_USAGE, "-k %s needs its head: -H, or -h with -O", word);
	if (is_set(p, OPT_REVERSE))
		p->kind = LIST_REVERSE;
	return CAIRN_OK;
}

/* A list_head links list_heads, not the objects that they are in. */
static enum cairn_code check_chain(const struct plan *p, const char *offset, struct cairn_err *err)
{
	static const char *const kinds[] = { "list_head", "hlist_node", "hlist_head",
					     "llist_node" };
	const char *tag;
	struct typed t;

	if (!p->chain || !p->offset || !strchr(offset, '.') ||
	    typed_read(&t, p->call, offset, NULL) || t.n != 1)
		return CAIRN_OK;
	tag = type_strip(t.member[0].type)->name;
	for (size_t i = 0; tag && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i], tag))
			return cairn_fail(err, CAIRN_USAGE,
					  "%s is a %s: -h if START is a %s, -H if it is the head",
					  offset, tag, t.name);
	return CAIRN_OK;
}

/* One word: START. Two: an offset as well, before or after it. */
static enum cairn_code read_operands(struct plan *p, struct cairn_err *err)
{
	const struct call *call = p->call;
	const char *offset = value(p, OPT_OFFSET), *start = NULL;
	enum cairn_code code;

	if (call->argc == 2 && !offset) {
		bool second = strchr(call->argv[1], '.') && !strchr(call->argv[0], '.');

		offset = call->argv[second];
		start = call->argv[!second];
	} else if (call->argc == 1) {
		start = call->argv[0];
	}
	if (!start)
		return cairn_fail(err, CAIRN_USAGE, "say where the list starts");
	code = operand_address(call->cairn, start, &p->start, err);
	if (!code && offset)
		code = typed_offset(p->call, offset, &p->offset, err);
	if (!code && offset)
		code = check_chain(p, offset, err);
	return code;
}

static enum cairn_code read_limits(struct plan *p, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	p->limit = LIMIT_DEFAULT;
	p->has_end = is_set(p, OPT_END);
	if (p->has_end)
		code = operand_address(p->call->cairn, value(p, OPT_END), &p->end, err);
	if (!code && is_set(p, OPT_LIMIT))
		code = operand_count(value(p, OPT_LIMIT), &p->limit, err);
	if (!code && !p->limit)
		return cairn_fail(err, CAIRN_USAGE, "-n 0 shows nothing");
	return code;
}

static enum cairn_code read_plan(struct plan *p, struct cairn_err *err)
{
	bool embedded = is_set(p, OPT_HEAD), external = is_set(p, OPT_EXTERNAL);
	const char *type = is_set(p, OPT_STRUCT) ? value(p, OPT_STRUCT) : value(p, OPT_STRUCT_TOO);
	uint64_t head = 0;
	enum cairn_code code;

	if (embedded && external)
		return cairn_fail(err, CAIRN_USAGE, "-h and -H exclude each other");
	if (is_set(p, OPT_HEAD_OFFSET) && !embedded)
		return cairn_fail(err, CAIRN_USAGE, "-O goes with -h");
	p->chain = !embedded && !external;
	p->itself = !external && !is_set(p, OPT_HEAD_OFFSET);
	code = read_operands(p, err);
	if (!code && is_set(p, OPT_HEAD_OFFSET))
		code = typed_offset(p->call, value(p, OPT_HEAD_OFFSET), &head, err);
	if (!code)
		code = read_limits(p, err);
	if (!code)
		code = read_kind(p, err);
	if (!code)
		code = element_look(&p->look, p->call, type, is_set(p, OPT_HEX), err);
	if (!code && is_set(p, OPT_LINK))
		code = typed_offset(p->call, value(p, OPT_LINK), &p->look.shift, err);
	p->head = p->start + (is_set(p, OPT_HEAD_OFFSET) ? head :
			      embedded ? p->offset : 0);
	return code;
}

static void show(const struct plan *p, uint64_t addr, bool backward, enum verdict *verdict)
{
	struct out *o = p->call->out;

	element_begin(p->call, addr);
	out_bool(o, "backward", backward ? "  (from the end)" : NULL, backward);
	if (!element_end(p->call, &p->look, addr))
		*verdict = VERDICT_PARTIAL;
}

static uint64_t element(const struct plan *p, uint64_t link)
{
	return p->chain ? link : link - p->offset;
}

static void begin(const struct plan *p, struct list_walk *w)
{
	struct space *sp = &p->call->cairn->kernel;
	size_t limit = (size_t)p->limit - p->itself;

	if (p->chain)
		list_begin_chain(w, sp, p->head, p->offset, limit);
	else
		list_begin(w, sp, p->kind, p->head, limit);
	w->stop = cmd_interrupted;
}

static enum cairn_code walk(const struct plan *p, enum verdict *verdict, struct cairn_err *err)
{
	struct list_walk w;
	uint64_t lost;
	enum cairn_code code;

	if (p->itself && p->limit)
		show(p, p->start, false, verdict);
	begin(p, &w);
	while (!out_broken(p->call->out) && list_next(&w)) {
		if (p->has_end && (w.node == p->end || element(p, w.node) == p->end))
			break;
		show(p, element(p, w.node), w.backward, verdict);
	}
	lost = w.lost;
	if (lost)
		show(p, element(p, lost), false, verdict);
	if (w.doubt.code)
		error_partial(p->call, "in doubt", &w.doubt, verdict);
	code = list_end(&w, err);
	/* as many as were asked for */
	return code == CAIRN_LIMIT && is_set(p, OPT_LIMIT) ? CAIRN_OK : code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct plan p = { .call = call };
	enum cairn_code code = read_plan(&p, err);

	return code ? code : walk(&p, verdict, err);
}

static const struct cmd list = {
	.name = "list",
	.synopsis = "[-h | -H] [-o OFFSET] [-s TYPE[.MEMBER,...]] [OPTION]... [OFFSET] START",
	.summary = "the elements of a linked list",
	.help = "Without -h and -H, START is the first element and OFFSET (0 if not given) is where in\n"
		"an element the pointer to the next one lies, up to NULL or START again. With -h,\n"
		"START is an element with a list_head at OFFSET, or with -O an object that has the\n"
		"list's head there. With -H, START is a head on its own. OFFSET is a number or\n"
		"STRUCT.MEMBER. The addresses shown are those of the elements.\n"
		"\n"
		"    list task_struct.tasks -h init_task -s task_struct.pid,comm\n"
		"    list -H modules module.list -s module.name\n"
		"    list -H -k hlist -o net_device.name_hlist ADDRESS\n"
		"\n"
		"A list that is damaged ends with the element and the reason; a list_head is then also\n"
		"walked from its other end. Cycles are detected.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&list);
