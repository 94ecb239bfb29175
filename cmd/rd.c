/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/guest.h"
#include "cmd/operand.h"
#include "cmd/user.h"
#include "lib/base/cursor.h"

enum { OPT_PHYS, OPT_WIDTH, OPT_SYMBOLS, OPT_TEXT, OPT_END, OPT_USER, OPT_CONTEXT,
       OPT_GUEST };

static const struct opt opts[] = {
	{ 'p', "physical", NULL, "the address is physical" },
	{ 'w', "width", "BYTES", "size of a unit: 1, 2, 4 or 8; a word by default" },
	{ 's', "symbols", NULL, "name the words that are addresses of symbols" },
	{ 'a', "text", NULL, "a NUL-terminated text" },
	{ 'e', "end", "ADDRESS", "read up to there, in place of a count" },
	{ 'u', "user", NULL, "a user address, of the task that panicked or of -c" },
	{ 'c', "context", "TASK", "by this task's page tables: a pid, task_struct or name" },
	{ 'g', "guest", "KVM", "a guest-physical address of this VM, or of this process's" },
	{ 0, NULL, NULL, NULL },
};

#define LINE 16 /* bytes of a row */
#define COUNT_LIMIT ((uint64_t)1 << 28)

struct reader {
	struct call *call;
	uint64_t addr;
	unsigned width;
	bool phys, symbols;
	struct space *user;            /* NULL: not a process's */
	const struct kvm_guest *guest; /* NULL: not a guest's; kernel or physical memory */
};

static enum cairn_code fetch(struct reader *r, void *buf, size_t len, struct cairn_err *err)
{
	if (r->user)
		return space_read(r->user, r->addr, buf, len, err);
	if (r->guest)
		return kvm_guest_read(r->guest, r->addr, buf, len, err);
	return r->phys ? cairn_read_phys(r->call->cairn, r->addr, buf, len, err)
		       : cairn_read(r->call->cairn, r->addr, buf, len, err);
}

static void ascii(struct out *o, const unsigned char *p, size_t n)
{
	char text[LINE + 1];

	for (size_t i = 0; i < n; i++)
		text[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	text[n] = '\0';
	out_text(o, "%*s  %s", 0, "", text);
}

/* The words of a row by name where they have one: what a stack or a list is made of. */
static void symbolic(struct reader *r, uint64_t v)
{
	struct out *o = r->call->out;
	struct sym s;
	uint64_t off;

	if (sym_at(&r->call->cairn->syms, v, &s, &off)) {
		out_text(o, "  ");
		out_text_safe(o, s.name, strlen(s.name));
		out_text(o, "+0x%" PRIx64, off);
	}
}

static void row(struct reader *r, const unsigned char *p, size_t n, const struct cairn_err *fault)
{
	struct out *o = r->call->out;
	size_t i;

	out_record(o, "memory");
	out_addr(o, "address", "%s:", r->addr, r->call->cairn->arch->word * 2);
	if (fault) {
		out_fault(o, "fault", "  %s", fault);
	} else {
		out_num(o, "width", NULL, r->width);
		out_array(o, "values");
		for (i = 0; i < n; i += r->width)
			out_addr(o, NULL, "  %s", le_uint(p + i, r->width), (int)r->width * 2);
		out_end(o);
		out_text(o, "%*s", (int)((LINE - n) / r->width * (2 + 2 * r->width)), "");
		if (r->symbols)
			for (i = 0; i < n; i += r->width)
				symbolic(r, le_uint(p + i, r->width));
		else
			ascii(o, p, n);
	}
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code rows(struct reader *r, uint64_t bytes, enum verdict *verdict,
			    struct cairn_err *err)
{
	unsigned char buf[LINE];
	struct cairn_err fault;

	while (bytes && !out_broken(r->call->out)) {
		size_t n = bytes < LINE ? (size_t)bytes : LINE;

		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (fetch(r, buf, n, &fault) == CAIRN_OK) {
			row(r, buf, n, NULL);
		} else {
			row(r, buf, n, &fault);
			*verdict = VERDICT_PARTIAL;
		}
		r->addr += n;
		bytes -= n;
	}
	return CAIRN_OK;
}

static enum cairn_code text(struct reader *r, struct cairn_err *err)
{
	struct out *o = r->call->out;
	enum cairn_code code = CAIRN_OK;
	char buf[4096];
	size_t n = 0;

	while (n < sizeof(buf) - 1) {
		code = fetch(r, buf + n, 1, err);
		if (code != CAIRN_OK || !buf[n])
			break;
		n++;
		r->addr++;
	}
	if (!n && code != CAIRN_OK)
		return code;
	out_record(o, "text");
	out_hex(o, "address", NULL, r->addr - n);
	out_strn(o, "text", "%s\n", buf, n);
	out_end(o);
	return CAIRN_OK;
}

static enum cairn_code unit(struct call *call, unsigned *ret, struct cairn_err *err)
{
	uint64_t v = 0;
	enum cairn_code code;

	*ret = call->cairn->arch->word;
	if (!call->opt[OPT_WIDTH].set)
		return CAIRN_OK;
	code = operand_count(call->opt[OPT_WIDTH].value, &v, err);
	if (code != CAIRN_OK)
		return code;
	if (v != 1 && v != 2 && v != 4 && v != 8)
		return cairn_fail(err, CAIRN_USAGE, "a unit has 1, 2, 4 or 8 bytes");
	*ret = (unsigned)v;
	return CAIRN_OK;
}

static enum cairn_code show(struct reader *r, uint64_t bytes, enum verdict *verdict,
			    struct cairn_err *err)
{
	return r->call->opt[OPT_TEXT].set ? text(r, err) : rows(r, bytes, verdict, err);
}

static enum cairn_code of_user(struct reader *r, uint64_t bytes, enum verdict *verdict,
			       struct cairn_err *err)
{
	struct user u;
	enum cairn_code code = user_open(&u, r->call, r->call->opt[OPT_CONTEXT].value, err);

	if (code)
		return code;
	r->user = &u.space;
	code = show(r, bytes, verdict, err);
	user_close(&u);
	return code;
}

static enum cairn_code of_guest(struct reader *r, uint64_t bytes, enum verdict *verdict,
				struct cairn_err *err)
{
	struct guest g;
	enum cairn_code code = guest_open(&g, r->call, r->call->opt[OPT_GUEST].value, err);

	if (code)
		return code;
	r->guest = &g.memory;
	code = show(r, bytes, verdict, err);
	guest_close(&g);
	return code;
}

static enum cairn_code read_all(struct reader *r, uint64_t bytes, enum verdict *verdict,
				struct cairn_err *err)
{
	const struct opt_value *opt = r->call->opt;
	bool user = opt[OPT_USER].set || opt[OPT_CONTEXT].set, guest = opt[OPT_GUEST].set;

	if (user && r->phys)
		return cairn_fail(err, CAIRN_USAGE, "-p has no task");
	if (guest && (user || r->phys))
		return cairn_fail(err, CAIRN_USAGE, "-g goes without -p, -u and -c");
	if (user)
		return of_user(r, bytes, verdict, err);
	return guest ? of_guest(r, bytes, verdict, err) : show(r, bytes, verdict, err);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct reader r = { .call = call, .phys = call->opt[OPT_PHYS].set,
			    .symbols = call->opt[OPT_SYMBOLS].set };
	uint64_t count = 1, end;
	enum cairn_code code;

	if (!call->argc || call->argc > 2)
		return cairn_fail(err, CAIRN_USAGE, "give an address and, if more than one, a count");
	if (!call->cairn->arch)
		return cairn_fail(err, CAIRN_MISSING, "the machine is not known");
	code = operand_address(call->cairn, call->argv[0], &r.addr, err);
	if (code == CAIRN_OK)
		code = unit(call, &r.width, err);
	if (code == CAIRN_OK && call->argc == 2)
		code = operand_count(call->argv[1], &count, err);
	if (code == CAIRN_OK && call->opt[OPT_END].set) {
		code = operand_address(call->cairn, call->opt[OPT_END].value, &end, err);
		if (code != CAIRN_OK)
			return code;
		count = end > r.addr ? (end - r.addr + r.width - 1) / r.width : 0;
	}
	if (code != CAIRN_OK)
		return code;
	if (count > COUNT_LIMIT)
		return cairn_fail(err, CAIRN_USAGE, "more than %" PRIu64 " units at once", COUNT_LIMIT);
	if (count && count * r.width - 1 > UINT64_MAX - r.addr)
		return cairn_fail(err, CAIRN_USAGE, "that many units would pass the last address");
	return read_all(&r, count * r.width, verdict, err);
}

static const struct cmd rd = {
	.name = "rd",
	.synopsis = "[-p | -u [-c TASK] | -g KVM] [-w BYTES] [-s] [-a] [-e ADDRESS] ADDRESS [COUNT]",
	.summary = "read memory",
	.help = "Shows COUNT units (1) from a kernel virtual address, or with -p a physical one. An\n"
		"address is hexadecimal, a symbol, symbol+N, or name:CPU for a per-CPU variable. Rows\n"
		"that cannot be read say why: excluded, absent, truncated, corrupt, unmapped.\n"
		"With -u the address is a process's; a page of it that is in swap is <swapped>. With -g\n"
		"it is one of a guest's memory, by its EPT or NPT tables, and where these do not map it\n"
		"by its memory slot and the process (of a guest with private memory, only the shared\n"
		"half has that).",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&rd);
