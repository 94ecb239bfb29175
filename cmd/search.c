/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "lib/kern/memsearch.h"
#include "lib/kern/task.h"
#include "mm/page.h"

#define LIMIT_DEFAULT 10000

enum {
	OPT_START, OPT_END, OPT_LENGTH, OPT_MASK, OPT_PHYSICAL, OPT_TASKS, OPT_TEXT, OPT_WORD,
	OPT_HALF, OPT_LIMIT, OPT_KERNEL,
};

static const struct opt opts[] = {
	[OPT_START] = { 's', "start", "ADDRESS", "search kernel addresses from here on, not all memory" },
	[OPT_END] = { 'e', "end", "ADDRESS", "up to here" },
	[OPT_LENGTH] = { 'l', "length", "BYTES", "so much of it" },
	[OPT_MASK] = { 'm', "mask", "BITS", "bits of the value that do not matter, in hexadecimal" },
	[OPT_PHYSICAL] = { 'p', "physical", NULL, "-s and -e are physical addresses" },
	[OPT_TASKS] = { 't', "tasks", NULL, "only the stacks of tasks" },
	[OPT_TEXT] = { 'c', "text", NULL, "VALUE is text" },
	[OPT_WORD] = { 'w', "word", NULL, "VALUE is an integer of 32 bits" },
	[OPT_HALF] = { 'h', "half", NULL, "VALUE is an integer of 16 bits" },
	[OPT_LIMIT] = { 'n', "limit", "N", "stop after so many (10000)" },
	[OPT_KERNEL] = { 'k', NULL, NULL, "taken for crash's sake: it is what is done" },
	{ 0, NULL, NULL, NULL },
};

/* What one command goes on with. */
struct look {
	struct call *call;
	struct memsearch m;
	bool physical;           /* addresses of the search are */
	bool has_frames;
	struct page_map frames;
	uint64_t value, found, limit, pages, missing;
	const struct task *task; /* whose stack is searched; NULL: none */
};

/* ---- rows ---- */

/* Where the kernel has a physical page mapped for good: proved by the tables. */
static bool mapped_at(struct cairn *c, uint64_t paddr, uint64_t *va)
{
	uint64_t direct, back;
	struct sym s;

	for (size_t i = 0; i < c->kernel.nlinear; i++) {
		const struct space_linear *l = &c->kernel.linear[i];

		*va = l->va + (paddr - l->phys);
		if (paddr >= l->phys && paddr - l->phys < l->size &&
		    !space_translate(&c->kernel, *va, &back, NULL) && back == paddr)
			return true;
	}
	if (!sym_find(&c->syms, "page_offset_base", &s) ||
	    space_word(&c->kernel, s.addr, &direct, NULL))
		return false;
	*va = direct + paddr;
	return !space_translate(&c->kernel, *va, &back, NULL) && back == paddr;
}

static void whose(struct look *l)
{
	struct out *o = l->call->out;

	if (!l->task) {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
		return;
	}
	out_num(o, "pid", "  task %s", l->task->pid);
	out_str(o, "comm", " \"%s\"", l->task->comm);
}

static void symbol(struct look *l, uint64_t va)
{
	struct out *o = l->call->out;
	uint64_t off = 0;
	struct sym s;

	if (!va || l->task || !sym_at(&l->call->cairn->syms, va, &s, &off) ||
	    (!s.module && l->has_frames && page_left_image(&l->frames, va))) {
		out_null(o, "symbol", NULL);
		return;
	}
	out_str(o, "symbol", "  %s", s.name);
	if (off)
		out_text(o, "+0x%" PRIx64, off);
}

static bool found(void *arg, uint64_t addr, uint64_t value)
{
	struct look *l = arg;
	struct cairn *c = l->call->cairn;
	struct out *o = l->call->out;
	int w = c->arch->word * 2;
	uint64_t va = addr, paddr = addr;
	bool has_va = !l->physical || mapped_at(c, addr, &va);
	bool has_phys = l->physical || !space_translate(&c->kernel, addr, &paddr, NULL);

	if (l->found++ >= l->limit)
		return false;
	out_record(o, "hit");
	if (has_va)
		out_addr(o, "address", "%s", va, w);
	else
		out_null(o, "address", w == 16 ? "%-16s" : "%-8s");
	if (has_phys)
		out_hex(o, "physical", "  %-12s", paddr);
	else
		out_null(o, "physical", "  %-12s");
	if (l->m.text)
		out_null(o, "value", NULL);
	else
		out_addr(o, "value", "  %s", value, 2 * (int)l->m.unit);
	symbol(l, has_va ? va : 0);
	whose(l);
	out_newline(o);
	out_end(o);
	return !out_broken(o);
}

/* ---- where ---- */

static enum cairn_code in_range(struct look *l, uint64_t first, uint64_t end, struct cairn_err *err)
{
	struct cairn *c = l->call->cairn;
	enum cairn_code code = l->physical ? memsearch_phys(&l->m, c->img, first, end, err)
					   : memsearch_space(&l->m, &c->kernel, first, end, err);

	l->pages += l->m.pages;
	l->missing += l->m.missing;
	return code;
}

static enum cairn_code in_stacks(struct look *l, struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code = tasks_get(l->call->cairn, &ts, err);

	for (size_t i = 0; !code && i < ts->n && l->found <= l->limit; i++) {
		l->task = &ts->task[i];
		if (!l->task->fault && l->task->stack)
			code = in_range(l, l->task->stack, l->task->stack + ts->stack_size, err);
	}
	return code;
}

static enum cairn_code read_address(struct call *call, unsigned opt, bool physical, uint64_t *ret,
				    struct cairn_err *err)
{
	const char *word = call->opt[opt].value;

	if (!word)
		return CAIRN_OK;
	/* a physical address is no symbol's */
	return physical ? operand_count(word, ret, err)
			: operand_address(call->cairn, word, ret, err);
}

static enum cairn_code everywhere_or_there(struct look *l, struct cairn_err *err)
{
	const struct opt_value *opt = l->call->opt;
	bool virtual = !opt[OPT_PHYSICAL].set && (opt[OPT_START].set || opt[OPT_END].set);
	uint64_t first = 0, end = UINT64_MAX, len;
	enum cairn_code code;

	l->physical = !virtual;
	if (virtual && !opt[OPT_START].set)
		return cairn_fail(err, CAIRN_USAGE, "-e needs a -s");
	code = read_address(l->call, OPT_START, l->physical, &first, err);
	if (!code)
		code = read_address(l->call, OPT_END, l->physical, &end, err);
	if (!code && opt[OPT_LENGTH].set) {
		code = operand_count(opt[OPT_LENGTH].value, &len, err);
		end = len < UINT64_MAX - first ? first + len : UINT64_MAX;
	} else if (virtual && !opt[OPT_END].set) {
		return cairn_fail(err, CAIRN_USAGE, "-s: how far? -e or -l tells");
	}
	if (!code && end <= first)
		return cairn_fail(err, CAIRN_USAGE, "it ends before it begins");
	return code ? code : in_range(l, first, end, err);
}

/* ---- what ---- */

static enum cairn_code read_value(struct look *l, const char *word, struct cairn_err *err)
{
	const struct opt_value *opt = l->call->opt;
	enum cairn_code code;
	uint64_t top;

	l->m.unit = opt[OPT_WORD].set ? 4 : opt[OPT_HALF].set ? 2 : l->call->cairn->kernel.word;
	if (opt[OPT_TEXT].set) {
		l->m.text = (const unsigned char *)word;
		l->m.text_len = strlen(word);
		return CAIRN_OK;
	}
	code = operand_address(l->call->cairn, word, &l->m.value, err);
	if (!code && opt[OPT_MASK].set)
		code = operand_address(l->call->cairn, opt[OPT_MASK].value, &l->m.mask, err);
	top = l->m.unit < 8 ? UINT64_MAX << 8 * l->m.unit : 0;
	if (!code && (l->m.value & top))
		return cairn_fail(err, CAIRN_USAGE, "%s has more than %u bits", word, 8 * l->m.unit);
	return code;
}

#define TAGS 0xff /* of what is aligned to as much; lib/maple_tree.c */

static void sum_up(struct look *l)
{
	struct out *o = l->call->out;
	uint64_t shown = l->found < l->limit ? l->found : l->limit;

	out_text(o, "%" PRIu64 " found in %" PRIu64 " pages%s", shown, l->pages,
		 l->found > l->limit ? "; there are more (-n)" : "");
	if (l->missing)
		out_text(o, "; %" PRIu64 " could not be read", l->missing);
	out_text(o, "\n");
	/* nodes of trees are pointed to with their type in the bits below */
	if (!l->found && l->pages > l->missing && !l->m.text && !l->m.mask && l->m.value && !(l->m.value & TAGS))
		out_text(o, "(pointers to it may have a tag in their low bits: -m %x)\n", TAGS);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct look l = { .call = call, .limit = LIMIT_DEFAULT };
	enum cairn_code code = CAIRN_OK;

	if (!call->cairn->arch)
		return cairn_fail(err, CAIRN_MISSING, "the dump does not tell its machine");
	if (call->argc != 1)
		return cairn_fail(err, CAIRN_USAGE, "say what to search for");
	l.has_frames = !page_map_init(&l.frames, call->cairn, NULL);
	l.m.found = found;
	l.m.stop = cmd_interrupted;
	l.m.arg = &l;
	if (call->opt[OPT_LIMIT].set)
		code = operand_count(call->opt[OPT_LIMIT].value, &l.limit, err);
	if (!code)
		code = read_value(&l, call->argv[0], err);
	if (!code)
		code = call->opt[OPT_TASKS].set ? in_stacks(&l, err) : everywhere_or_there(&l, err);
	if (code)
		return code;
	sum_up(&l);
	if (l.missing)
		*verdict = VERDICT_PARTIAL;
	return CAIRN_OK;
}

static const struct cmd search = {
	.name = "search",
	.synopsis = "[-s ADDRESS -e ADDRESS | -l BYTES | -p | -t] [-m BITS] [-c | -w | -h] VALUE",
	.summary = "where in memory a value or a text lies",
	.help = "VALUE is an address, a symbol or a hexadecimal number, looked for as a whole word; -w and\n"
		"-h as 32 and 16 bits, -c as text. All physical memory in the dump is searched, and\n"
		"shown with the kernel address that it is mapped at; -s and -e or -l search a range of\n"
		"kernel addresses, with -p of physical ones (0x...), -t the stacks of all tasks.\n"
		"\n"
		"    search -t schedule_timeout+0x9f\n"
		"    search -c \"Kernel panic\"\n"
		"    search -m 0xff ffff888003d28000\n"
		"    search -s _sdata -e _edata init_task",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&search);
