/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "lib/debug/disasm.h"
#include "lib/debug/line.h"
#include "lib/kern/debuginfo.h"
#include "lib/kern/module.h"

#define COUNT_LIMIT 1000000u
#define FUNCTION_LIMIT (1u << 20) /* bytes; no function is longer */

#define COUNT_UNKNOWN 64 /* of a function of which nothing tells the end */

enum { OPT_REVERSE, OPT_FORWARD, OPT_LINES, OPT_BYTES, OPT_X, OPT_U };

static const struct opt opts[] = {
	[OPT_REVERSE] = { 'r', "reverse", NULL, "from the begin of the function up to ADDRESS" },
	[OPT_FORWARD] = { 'f', "forward", NULL, "from ADDRESS to the end of the function" },
	[OPT_LINES] = { 'l', "lines", NULL, "source lines (needs a vmlinux)" },
	[OPT_BYTES] = { 'b', "bytes", NULL, "the bytes of each instruction" },
	[OPT_X] = { 'x', NULL, NULL, "taken for crash's sake: offsets are hexadecimal" },
	[OPT_U] = { 'u', NULL, NULL, "taken for crash's sake" },
	{ 0, NULL, NULL, NULL },
};

/* What one call shows. */
struct look {
	struct call *call;
	struct disasm d;
	uint64_t at, end; /* the range; end UINT64_MAX: by the count alone */
	uint64_t until;   /* the last instruction begins here, or before; UINT64_MAX: any */
	uint64_t count;
	const char *file; /* source place of the instruction before; NULL: none */
	unsigned line;
};

static void symbolic(struct out *o, struct syms *syms, uint64_t addr, const char *name,
		     const char *offset)
{
	struct sym s;
	uint64_t off;

	if (!sym_at(syms, addr, &s, &off)) {
		out_null(o, name, NULL);
		out_null(o, offset, NULL);
		return;
	}
	out_str(o, name, " <%s", s.name);
	out_hex(o, offset, off ? "+%s" : NULL, off);
	out_text(o, ">");
}

/* A heading in text where the line changes. */
static void source(struct look *l, uint64_t addr)
{
	struct out *o = l->call->out;
	struct debugfile *f = l->call->opt[OPT_LINES].set ? debuginfo_find_at(l->call->cairn, addr)
							  : NULL;
	struct line_frame at = { .line = 0 };

	if (!f || !line_lookup(f, addr, &at, 1) || !at.line || !at.file) {
		out_null(o, "file", NULL);
		out_null(o, "line", NULL);
		return;
	}
	if (at.line != l->line || !l->file || strcmp(l->file, at.file)) {
		out_text_safe(o, at.file, strlen(at.file));
		out_text(o, ":%u\n", at.line);
	}
	l->file = at.file;
	l->line = at.line;
	out_str(o, "file", NULL, at.file);
	out_num(o, "line", NULL, at.line);
}

static void bytes(struct look *l, const struct instruction *i)
{
	char hex[3 * DISASM_BYTES + 1] = "";

	for (unsigned k = 0; k < i->size; k++)
		snprintf(hex + 2 * k, 3, "%02x", i->bytes[k]);
	out_str(l->call->out, "bytes", l->call->opt[OPT_BYTES].set ? "  %-30s" : NULL, hex);
}

static void row(struct look *l, const struct instruction *i)
{
	struct out *o = l->call->out;
	struct syms *syms = &l->call->cairn->syms;

	out_record(o, "instruction");
	source(l, i->addr);
	out_hex(o, "address", "%s", i->addr);
	symbolic(o, syms, i->addr, "symbol", "offset");
	out_text(o, ":");
	bytes(l, i);
	out_str(o, "mnemonic", "  %-7s", i->mnemonic);
	out_str(o, "operands", *i->operands ? " %s" : NULL, i->operands);
	if (i->target) {
		out_hex(o, "target", NULL, i->target);
		symbolic(o, syms, i->target, "target_symbol", "target_offset");
	} else {
		out_null(o, "target", NULL);
		out_null(o, "target_symbol", NULL);
		out_null(o, "target_offset", NULL);
	}
	out_newline(o);
	out_end(o);
}

/* Instructions of unequal length are found from a function's begin only. */
static void warn_inside(struct look *l)
{
	struct cairn *c = l->call->cairn;
	unsigned char raw[DISASM_BYTES];
	struct instruction i;
	uint64_t off, at;
	struct sym s;

	if (!sym_at(&c->syms, l->at, &s, &off) || s.percpu || !off || off > FUNCTION_LIMIT ||
	    !sym_is_text(&c->syms, l->at))
		return;
	for (at = l->at - off; at < l->at; at += i.size) {
		size_t got = space_read_some(&c->kernel, at, raw, sizeof(raw), NULL);

		if (!disasm_one(&l->d, raw, got, at, &i))
			return;
	}
	if (at != l->at)
		out_text(l->call->out, "(+0x%" PRIx64 " is inside the instruction at +0x%" PRIx64 ")\n",
			 off, at - i.size - s.addr);
}

static enum cairn_code show(struct look *l, struct cairn_err *err)
{
	struct cairn *c = l->call->cairn;
	unsigned char raw[DISASM_BYTES];
	struct instruction i;
	enum cairn_code code = CAIRN_OK;
	struct cairn_err why;

	warn_inside(l);
	for (uint64_t n = 0; n < l->count && l->at < l->end && l->at <= l->until; n++) {
		uint64_t left = l->end - l->at;
		size_t want = left < sizeof(raw) ? (size_t)left : sizeof(raw);
		size_t got = space_read_some(&c->kernel, l->at, raw, want, &why);

		if (!disasm_one(&l->d, raw, got, l->at, &i)) {
			*err = why;
			return why.code;
		}
		row(l, &i);
		l->at += i.size;
		if (out_broken(l->call->out))
			break;
		if (n % 1024 == 0 && cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	}
	return code;
}

/* The function that ADDRESS lies in. */
static enum cairn_code function(struct look *l, uint64_t addr, struct sym *s, uint64_t *off,
				struct cairn_err *err)
{
	const struct modules *ms;

	modules_get(l->call->cairn, &ms, NULL);
	if (!sym_at(&l->call->cairn->syms, addr, s, off))
		return cairn_fail(err, CAIRN_USAGE, "0x%" PRIx64 " lies in no function", addr);
	if (!s->size && l->call->argc < 2)
		l->count = COUNT_UNKNOWN;
	if (!s->size || s->size > FUNCTION_LIMIT)
		s->size = FUNCTION_LIMIT;
	return CAIRN_OK;
}

static bool is_number(const char *word)
{
	return !word[strspn(word, "0123456789abcdefABCDEFxX")];
}

/* crash's rule: a symbol alone is the whole function, an address alone one instruction. */
static enum cairn_code plan(struct look *l, struct cairn_err *err)
{
	const struct call *call = l->call;
	const struct opt_value *opt = call->opt;
	uint64_t addr, off = 0;
	struct sym s = { .size = 0 };
	enum cairn_code code;

	if (call->argc < 1 || call->argc > 2)
		return cairn_fail(err, CAIRN_USAGE, "name a function or an address, and how many");
	if (opt[OPT_REVERSE].set && opt[OPT_FORWARD].set)
		return cairn_fail(err, CAIRN_USAGE, "-r and -f exclude each other");
	code = operand_address(call->cairn, call->argv[0], &addr, err);
	l->count = COUNT_LIMIT;
	l->end = l->until = UINT64_MAX;
	l->at = addr;
	if (!code && call->argc == 2)
		code = operand_count(call->argv[1], &l->count, err);
	if (!code && (!l->count || l->count > COUNT_LIMIT))
		return cairn_fail(err, CAIRN_USAGE, "a count is 1 to %u", COUNT_LIMIT);
	if (code || (call->argc == 2 && !opt[OPT_REVERSE].set && !opt[OPT_FORWARD].set))
		return code;
	if (!opt[OPT_REVERSE].set && !opt[OPT_FORWARD].set && is_number(call->argv[0])) {
		l->count = 1;
		return CAIRN_OK;
	}
	code = function(l, addr, &s, &off, err);
	if (code && !opt[OPT_REVERSE].set && !opt[OPT_FORWARD].set) {
		l->count = 1;
		return CAIRN_OK;
	}
	if (code)
		return code;
	l->end = s.addr + s.size;
	if (opt[OPT_REVERSE].set)
		l->until = addr;
	if (opt[OPT_REVERSE].set || (!opt[OPT_FORWARD].set && off == 0))
		l->at = s.addr;
	else if (!opt[OPT_FORWARD].set)
		l->count = 1; /* symbol+offset */
	return CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct look l = { .call = call };
	enum cairn_code code = disasm_init(&l.d, call->cairn->arch, err);

	(void)verdict;
	if (!code)
		code = plan(&l, err);
	if (!code && call->opt[OPT_LINES].set && !debuginfo_find_at(call->cairn, l.at))
		error_no_debuginfo(call);
	if (!code)
		code = show(&l, err);
	disasm_deinit(&l.d);
	return code;
}

static const struct cmd dis = {
	.name = "dis",
	.synopsis = "[-r | -f] [-l] [-b] SYMBOL | ADDRESS [COUNT]",
	.summary = "disassemble what is in memory",
	.help = "Of a symbol, the whole function; of an address, or symbol+offset, one instruction, or\n"
		"COUNT of them. -r: from the begin of the function up to the address, -f: from there to\n"
		"its end. The code is that in memory: patched, traced, and of modules and of code that\n"
		"was made at run time. Jumps, calls and what is addressed relative to the instruction\n"
		"have the symbol of their target.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&dis);
