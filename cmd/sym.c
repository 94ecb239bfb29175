/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "lib/kern/module.h"
#include "mm/page.h"

enum { OPT_LIST, OPT_MODULE, OPT_QUERY };

static const struct opt opts[] = {
	{ 'l', "list", NULL, "every symbol, in the order of the tables" },
	{ 'm', "module", "NAME", "every symbol of one module" },
	{ 'q', "query", "TEXT", "every symbol whose name contains the text" },
	{ 0, NULL, NULL, NULL },
};

static bool has_left(struct cairn *c, uint64_t addr)
{
	struct page_map m;

	return !page_map_init(&m, c, NULL) && page_left_image(&m, addr);
}

static void show(struct call *call, const struct sym *s, uint64_t offset, const uint64_t *asked)
{
	struct out *o = call->out;
	const char type[2] = { s->type, '\0' };

	out_record(o, "symbol");
	out_addr(o, "address", "%s ", s->addr, call->cairn->arch->word * 2);
	out_str(o, "type", "(%s) ", type);
	out_str(o, "name", "%s", s->name);
	if (asked) {
		out_hex(o, "offset", offset ? "+%s" : NULL, offset);
		out_hex(o, "query", NULL, *asked);
	}
	if (s->module)
		out_str(o, "module", " [%s]", s->module);
	else
		out_null(o, "module", NULL);
	out_hex(o, "size", NULL, s->size);
	if (s->percpu)
		out_text(o, " per-CPU offset");
	if (asked && !s->module && has_left(call->cairn, *asked))
		out_text(o, ", given away after boot: what lies there now is something else");
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code list(struct call *call, const char *module, const char *part,
			    struct cairn_err *err)
{
	struct sym s;
	bool any = false;

	for (struct sym_source *src = call->cairn->syms.first; src; src = src->next) {
		if (module && strcmp(src->name, module))
			continue;
		for (size_t i = 0; src->ops->at(src->self, i, &s) && !out_broken(call->out); i++) {
			if (cmd_interrupted())
				return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
			if (!*s.name || (part && !strstr(s.name, part)))
				continue;
			any = true;
			show(call, &s, 0, NULL);
		}
	}
	if (any)
		return CAIRN_OK;
	return part ? cairn_fail(err, CAIRN_NOTFOUND, "no symbol has %s in its name", part)
		    : cairn_fail(err, CAIRN_NOTFOUND, "no symbols of a module %s", module);
}

/* A name shows every symbol that has it; anything else is an address to be named. */
static enum cairn_code lookup(struct call *call, const char *word, struct cairn_err *err)
{
	struct cairn *c = call->cairn;
	enum cairn_code code;
	uint64_t addr, off;
	struct sym s;
	size_t n = 0;

	for (; sym_find_nth(&c->syms, word, n, &s) && !out_broken(call->out); n++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		show(call, &s, 0, NULL);
	}
	if (n)
		return CAIRN_OK;
	code = operand_address(c, word, &addr, err);
	if (code == CAIRN_USAGE)
		return cairn_fail(err, code, "%s is neither a symbol nor an address; sym -q %s finds it "
				  "in names", word, word);
	if (code != CAIRN_OK)
		return code;
	if (!sym_at(&c->syms, addr, &s, &off))
		return cairn_fail(err, CAIRN_NOTFOUND, "no symbol covers 0x%" PRIx64, addr);
	show(call, &s, off, &addr);
	return CAIRN_OK;
}

/* One word that is unknown does not cost the others; the first such is the error. */
static enum cairn_code lookup_all(struct call *call, struct cairn_err *err)
{
	enum cairn_code first = CAIRN_OK;

	for (int i = 0; i < call->argc; i++) {
		struct cairn_err own;
		enum cairn_code code = lookup(call, call->argv[i], &own);

		if (code == CAIRN_OK || first != CAIRN_OK)
			continue;
		first = code;
		if (err)
			*err = own;
	}
	return first;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct modules *ms;

	(void)verdict;
	if (!call->cairn->syms.first)
		return cairn_fail(err, CAIRN_MISSING, "there are no symbols: %s",
				  call->cairn->ndegraded ? call->cairn->degraded[0].reason : "");
	modules_get(call->cairn, &ms, NULL);
	if (call->opt[OPT_LIST].set || call->opt[OPT_MODULE].set || call->opt[OPT_QUERY].set)
		return list(call, call->opt[OPT_MODULE].value, call->opt[OPT_QUERY].value, err);
	if (!call->argc)
		return cairn_fail(err, CAIRN_USAGE, "name a symbol or an address");
	return lookup_all(call, err);
}

static const struct cmd sym = {
	.name = "sym",
	.synopsis = "[-l] [-m MODULE] [-q TEXT] [NAME | ADDRESS]...",
	.summary = "symbols by name and by address",
	.help = "A name shows every symbol that has it (`module:name` only that module's); an\n"
		"address shows the symbol that covers it. The letter is kallsyms' own; text is\n"
		"told from data by address, not by it. Symbols of BPF programs are included.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&sym);
