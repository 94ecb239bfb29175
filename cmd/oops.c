/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/mce_out.h"
#include "cmd/oops_file.h"
#include "unwind/cause.h"
#include "unwind/guilty.h"
#include "unwind/guilty_matter.h"
#include "unwind/oops.h"

enum { OPT_LAST, OPT_GUESSES, OPT_VERBOSE, OPT_RULES };

static const struct opt opts[] = {
	{ 'l', "last", NULL, "only the report that the machine died of" },
	{ 'g', "guesses", NULL, "also the frames that the kernel marked with a ?" },
	{ 'v', "verbose", NULL, "also registers and what they lead to, code, modules" },
	{ 'r', "rules", NULL, "the functions that signatures and titles pass over, and why; reads nothing" },
	{ 0, NULL, NULL, NULL },
};

struct view {
	struct call *call;
	struct out *o;
	const char *file; /* NULL: the dump's own log */
	bool guesses, verbose;
};

static void maybe_num(struct out *o, const char *name, const char *look, bool known, int64_t value)
{
	if (known)
		out_num(o, name, look, value);
	else
		out_null(o, name, NULL);
}

static void maybe_str(struct out *o, const char *name, const char *look, const char *value)
{
	if (value)
		out_str(o, name, look, value);
	else
		out_null(o, name, NULL);
}

static void line_of(struct out *o, const char *look, bool known, uint64_t line)
{
	if (known)
		out_count(o, "line", look, line);
	else
		out_null(o, "line", NULL);
}

static void where(struct out *o, const struct oops *p)
{
	maybe_str(o, "function", "  in         %s", p->function);
	if (p->has_offset)
		out_hex(o, "offset", "+%s", p->offset);
	else
		out_null(o, "offset", NULL);
	maybe_str(o, "module", " [%s]", p->module);
	if (p->function)
		out_text(o, "\n");
	maybe_str(o, "guilty", p->guilty && (!p->function || strcmp(p->guilty, p->function))
				       ? "  blames     %s\n" : NULL, p->guilty);
	maybe_str(o, "file", "  at         %s", p->file);
	line_of(o, ":%s\n", p->file != NULL, p->line);
}

static void who(struct out *o, const struct oops *p)
{
	bool any = p->cpu >= 0 || p->pid >= 0 || p->comm;

	if (any)
		out_text(o, "  on        ");
	maybe_num(o, "cpu", " CPU %s", p->cpu >= 0, p->cpu);
	maybe_num(o, "pid", p->cpu >= 0 ? ", task %s" : " task %s", p->pid >= 0, p->pid);
	maybe_str(o, "comm", " \"%s\"", p->comm);
	if (any)
		out_text(o, "\n");
	maybe_str(o, "workqueue", "  workqueue  %s\n", p->workqueue);
}

static void machine(struct out *o, const struct oops *p)
{
	bool any = p->release || p->arch || p->tainted;

	if (any)
		out_text(o, "  kernel    ");
	maybe_str(o, "release", " %s", p->release);
	maybe_str(o, "arch", p->release ? " on %s" : " %s", p->arch);
	maybe_str(o, "tainted", ", tainted %s", p->tainted);
	if (any)
		out_text(o, "\n");
	maybe_str(o, "hardware", "  hardware   %s\n", p->hardware);
	maybe_str(o, "modules", NULL, p->modules);
	maybe_str(o, "taints", NULL, p->taints);
}

static void when(struct out *o, const struct oops *p)
{
	if (p->has_time)
		out_real(o, "time", "  after      %s s, ", p->time, 6);
	else
		out_null(o, "time", NULL);
	out_num(o, "first_line", p->has_time ? "lines %s" : "  lines      %s", (int64_t)p->first);
	out_num(o, "last_line", " to %s\n", (int64_t)p->last);
}

/* Where in the text it stands, and on which stack the one above did. */
struct place { unsigned shown; const char *stack; };

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void frame(struct view *v, const struct oops_frame *f, size_t n, struct place *at)
{
	struct out *o = v->o;
	bool show = f->reliable || v->guesses;
	bool other = show && !is_same(f->stack, at->stack);

	out_object(o, NULL);
	out_num(o, "n", NULL, (int64_t)n);
	if (show) {
		out_text(o, "    #%-2u %c", at->shown++, f->reliable ? ' ' : '?');
		at->stack = f->stack;
	}
	if (f->function)
		out_str(o, "function", show ? " %s" : NULL, f->function);
	else
		out_null(o, "function", NULL);
	if (f->has_offset)
		out_hex(o, "offset", show ? "+%s" : NULL, f->offset);
	else
		out_null(o, "offset", NULL);
	if (f->has_pc)
		out_hex(o, "pc", show && !f->function ? " %s" : NULL, f->pc);
	else
		out_null(o, "pc", NULL);
	maybe_str(o, "module", show ? " [%s]" : NULL, f->module);
	out_bool(o, "reliable", NULL, f->reliable);
	out_bool(o, "interrupted", NULL, f->interrupted);
	maybe_str(o, "stack", other ? "  <%s>" : NULL, f->stack);
	maybe_str(o, "file", show ? "  %s" : NULL, f->file);
	line_of(o, show ? ":%s" : NULL, f->file != NULL, f->line);
	if (show)
		out_text(o, "\n");
	out_end(o);
}

static void frames(struct view *v, const struct oops *p)
{
	struct place at = { 0, "task" };

	out_array(v->o, "frames");
	for (size_t i = 0; i < p->n; i++)
		frame(v, &p->frame[i], i, &at);
	out_end(v->o);
	if (p->n)
		out_bool(v->o, "complete", NULL, p->complete);
	else
		out_null(v->o, "complete", NULL);
	if (p->n && !p->complete)
		out_text(v->o, "    (the log has no more of it)\n");
}

/* As many as fit in a line. */
#define REGS_A_LINE 4

static void register_values(struct view *v, const struct oops *p)
{
	struct out *o = v->o;
	bool show = v->verbose && p->nregs;
	int width = p->arch && (!strcmp(p->arch, "arm") || !strcmp(p->arch, "i386")) ? 8 : 16;

	if (show)
		out_text(o, "  Registers\n");
	out_object(o, "registers");
	for (size_t i = 0; i < p->nregs; i++) {
		if (show)
			out_text(o, "%s%-6s ", i % REGS_A_LINE ? "  " : "    ", p->reg[i].name);
		out_addr(o, p->reg[i].name, show ? "%s" : NULL, p->reg[i].value, width);
		if (show && (i % REGS_A_LINE == REGS_A_LINE - 1 || i + 1 == p->nregs))
			out_text(o, "\n");
	}
	out_end(o);
}

static void maybe_hex(struct out *o, const char *name, bool known, uint64_t value)
{
	if (known)
		out_hex(o, name, NULL, value);
	else
		out_null(o, name, NULL);
}

static void maybe_count(struct out *o, const char *name, bool known, uint64_t value)
{
	if (known)
		out_count(o, name, NULL, value);
	else
		out_null(o, name, NULL);
}

static void pointee(struct view *v, const struct oops_points *p)
{
	struct out *o = v->o;

	out_object(o, p->reg);
	if (v->verbose)
		out_text(o, "    %-6s ", p->reg);
	maybe_str(o, "kind", NULL, p->kind);
	out_str(o, "text", v->verbose ? "%s\n" : NULL, p->text);
	maybe_hex(o, "value", p->has_value, p->value);
	maybe_str(o, "cache", NULL, p->cache);
	maybe_hex(o, "start", p->has_start, p->start);
	maybe_count(o, "offset", p->has_offset, p->offset);
	maybe_count(o, "size", p->size != 0, p->size);
	maybe_count(o, "pages", p->pages != 0, p->pages);
	maybe_str(o, "allocated_by", NULL, p->by);
	out_end(o);
}

static void pointees(struct view *v, const struct oops *p)
{
	if (!p->npoints) {
		out_null(v->o, "points_to", NULL);
		return;
	}
	if (v->verbose)
		out_text(v->o, "  What they lead to\n");
	out_object(v->o, "points_to");
	for (size_t i = 0; i < p->npoints; i++)
		pointee(v, &p->points[i]);
	out_end(v->o);
}

#define MODULES_A_LINE 6

static void modules(struct view *v, const struct oops *p)
{
	struct out *o = v->o;

	if (!p->has_modules) {
		out_null(o, "module_list", NULL);
		return;
	}
	if (v->verbose)
		out_text(o, p->nmodules ? "  Modules\n    " : "  Modules: none\n");
	out_array(o, "module_list");
	for (size_t i = 0; i < p->nmodules; i++) {
		const struct oops_module *m = &p->module_list[i];

		out_object(o, NULL);
		out_str(o, "name", v->verbose ? "%s" : NULL, m->name);
		out_str(o, "flags", v->verbose && *m->flags ? " (%s)" : NULL, m->flags);
		if (v->verbose)
			out_text(o, i + 1 == p->nmodules ? "\n" : (i + 1) % MODULES_A_LINE ? ", " : ",\n    ");
		out_end(o);
	}
	out_end(o);
}

static void details(struct view *v, const struct oops *p)
{
	register_values(v, p);
	pointees(v, p);
	maybe_str(v->o, "code", v->verbose ? "  Code\n    %s\n" : NULL, p->code);
	modules(v, p);
	maybe_str(v->o, "last_unloaded", v->verbose ? "    last unloaded: %s\n" : NULL, p->last_unloaded);
}

/* Lines of an indented paragraph. */
static void paragraph(struct out *o, const char *name, const char *heading, const char *text)
{
	maybe_str(o, name, NULL, text);
	if (!text)
		return;
	out_text(o, "  %s\n", heading);
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_text(o, "    %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* Of a BUG in a maple tree: the word that is wrong. */
static void maple(struct out *o, const struct oops *p)
{
	const struct oops_maple *m = p->maple;

	if (!m) {
		out_null(o, "maple", NULL);
		return;
	}
	out_object(o, "maple");
	out_hex(o, "node", NULL, m->node);
	maybe_hex(o, "mm", m->has_mm, m->mm);
	maybe_hex(o, "word", m->has_word, m->word);
	maybe_str(o, "register", NULL, m->has_word ? m->word_reg : NULL);
	out_bool(o, "sure", NULL, m->sure);
	maybe_str(o, "cause", NULL, m->cause);
	maybe_hex(o, "expected", m->has_expected, m->expected);
	maybe_hex(o, "neighbour", m->cause && !strcmp(m->cause, "neighbour"), m->neighbour);
	paragraph(o, "told", "What the registers say", m->told);
	out_end(o);
}

static void commands(struct out *o, const struct oops *p)
{
	out_array(o, "commands");
	for (size_t i = 0; i < p->ncommands; i++)
		out_str(o, NULL, NULL, p->command[i]);
	out_end(o);
}

static void report(struct view *v, const struct oopses *all, size_t i)
{
	const struct oops *p = &all->oops[i];
	struct out *o = v->o;

	out_record(o, "oops");
	maybe_str(o, "log", NULL, v->file);
	out_str(o, "class", NULL, p->class);
	out_paint(o, OUT_RED);
	out_str(o, "title", "%s\n", p->title);
	out_paint(o, OUT_PLAIN);
	out_str(o, "head", strcmp(p->head, p->title) ? "  says       %s\n" : NULL, p->head);
	out_text(o, "  class      %s\n", p->class);
	out_bool(o, "complaint", NULL, p->complaint);
	maybe_str(o, "message", p->message && strstr(p->title, p->message) ? NULL :
		  "  then       %s\n", p->message);
	where(o, p);
	who(o, p);
	machine(o, p);
	mce_out(o, "  error      ", p->mce, p->nmce);
	when(o, p);
	out_str(o, "signature", "  signature  %s\n", p->signature.strict);
	out_str(o, "signature_fuzzy", "             %s\n", p->signature.fuzzy);
	maybe_str(o, "cause", "  cause      %s\n", cause_of_log(all, i, v->call->scratch));
	frames(v, p);
	details(v, p);
	paragraph(o, "known", "What is known", p->advice);
	maple(o, p);
	paragraph(o, "check", "What to check in a dump", p->check);
	commands(o, p);
	out_end(o);
}

static bool reports(struct view *v, const struct oopses *all)
{
	const struct oops *last = oops_last(all);

	if (v->call->opt[OPT_LAST].set) {
		if (last)
			report(v, all, (size_t)(last - all->oops));
		return last != NULL;
	}
	for (size_t i = 0; i < all->n && !out_broken(v->o); i++) {
		if (i)
			out_text(v->o, "\n");
		report(v, all, i);
	}
	return all->n != 0;
}

/* What of the log was not looked at; false: nothing. */
static bool left_out(struct cairn_err *err, const struct oopses *all, uint64_t skipped, bool cut)
{
	struct str text;

	if (!all->nbefore && !skipped && !cut)
		return false;
	str_init(&text);
	if (skipped)
		str_addf(&text, "the log is too long: its first %" PRIu64 " bytes were not looked at, "
			 "lines are counted behind them", skipped);
	if (all->nbefore)
		str_addf(&text, "%s%zu earlier reports are left out", skipped ? "; " : "", all->nbefore);
	if (cut)
		str_addf(&text, "%sthe log ends early", text.len ? "; " : "");
	cairn_fail(err, CAIRN_LIMIT, "%s", text.buf);
	str_deinit(&text);
	return true;
}

static void tell(struct view *v, const struct oopses *all, uint64_t skipped, bool cut,
		 enum verdict *verdict)
{
	struct cairn_err err;

	if (!reports(v, all))
		out_text(v->o, "no report of trouble in %zu lines\n", all->nlines);
	else
		*verdict = VERDICT_FINDINGS;
	if (!left_out(&err, all, skipped, cut))
		return;
	out_text(v->o, "\n%s\n", err.text);
	error_record(v->o, "oops", v->file, &err);
	if (*verdict == VERDICT_OK)
		*verdict = VERDICT_PARTIAL;
}

static void rule(struct out *o, bool always, const char *why, const char *names)
{
	out_record(o, "guilty.rule");
	out_str(o, "why", "%s", why);
	out_bool(o, "always", NULL, always);
	out_text(o, always ? "\n" : " (in reports of that alone)\n");
	out_str(o, "names", "    %s\n", names);
	out_end(o);
}

static void rules(struct out *o)
{
	const char *why, *names;

	for (size_t i = 0; guilty_rule(i, &why, &names); i++)
		rule(o, true, why, names);
	for (size_t i = 0; guilty_matter_rule(i, &why, &names); i++)
		rule(o, false, why, names);
}

static enum cairn_code of_dump(struct view *v, struct cairn *c, enum verdict *verdict,
			       struct cairn_err *err)
{
	struct oopses all;
	const struct log *log;
	enum cairn_code code = log_get(c, &log, err);

	if (!code)
		code = oops_parse_log(&all, log, 0, v->call->scratch, err);
	if (!code)
		tell(v, &all, 0, log->partial, verdict);
	return code;
}

/* A file that is no text: for its log nothing else is needed. */
static enum cairn_code of_other_dump(struct view *v, enum verdict *verdict, struct cairn_err *err)
{
	const struct cairn_opts how = { .no_cache = true, .no_debug_search = true };
	struct cairn *c;
	enum cairn_code code = cairn_open(&c, &v->file, 1, &how, err);

	if (code)
		return code;
	code = of_dump(v, c, verdict, err);
	cairn_close(c);
	return code ? cairn_context(err, code, "%s", v->file) : code;
}

static enum cairn_code of_file(struct view *v, enum verdict *verdict, struct cairn_err *err)
{
	struct str text;
	struct oopses all;
	enum cairn_code code;
	uint64_t skipped;
	bool cut, dump;

	str_init(&text);
	code = oops_file_read_end(&text, &skipped, &cut, &dump, v->file, err);
	if (!code && text.failed)
		code = cairn_fail(err, CAIRN_NOMEM, "%s: too large", v->file);
	if (!code)
		code = oops_parse(&all, text.buf, text.len, v->call->scratch, err);
	if (!code)
		tell(v, &all, skipped, cut, verdict);
	str_deinit(&text);
	return dump && strcmp(v->file, "-") ? of_other_dump(v, verdict, err) : code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct view v = { .call = call, .o = call->out, .guesses = call->opt[OPT_GUESSES].set,
			  .verbose = call->opt[OPT_VERBOSE].set };
	enum cairn_code code = CAIRN_OK;

	if (call->opt[OPT_RULES].set) {
		rules(call->out);
		return CAIRN_OK;
	}
	if (!call->argc && call->cairn)
		return of_dump(&v, call->cairn, verdict, err);
	if (!call->argc) {
		v.file = "-";
		return of_file(&v, verdict, err);
	}
	for (int i = 0; i < call->argc && !code; i++) {
		if (call->argc > 1)
			out_text(call->out, "%s%s\n\n", i ? "\n" : "", call->argv[i]);
		v.file = call->argv[i];
		code = of_file(&v, verdict, err);
	}
	return code;
}

static const struct cmd oops = {
	.name = "oops",
	.synopsis = "[-lgv] [FILE]... | -r",
	.summary = "what a log that is text reports: oopses, warnings, lockups, hung tasks",
	.help = "Reads console logs, dmesg's output or mails (FILE may end in .zst; - or none is standard\n"
		"input) and tells of each report in them the same as triage does of a dump: class, title,\n"
		"function, place, who, the stack's frames, the signature, and what is known of such trouble.\n"
		"With a dump and without FILE, or where FILE is a dump, of the dump's own log. Whatever was\n"
		"put before the kernel's words is taken off: every time format of dmesg, callers, levels,\n"
		"/dev/kmsg and netconsole, syslog, journalctl (its JSON too), phones, mails, colours; UTF-16 and\n"
		"a pstore's parts in any order are read, and what decode_stacktrace.sh made of it. What a\n"
		"syslog says of other programs is none of the kernel's. Lines of CPUs that wrote at a time are\n"
		"told apart where the log says who wrote them. x86_64, i386, ARM32, arm64. A log that begins\n"
		"inside a report has an `unnamed report`; JSON's `complete` is false where a trace ends early,\n"
		"as its strict signature is then another. Of a long log the end counts: its last 256 MB and\n"
		"1000 reports; what is left out is said (in JSON by a record of schema cairn.error, code limit).\n"
		"-l is of the last boot that died.\n"
		"A signature names the bug: a dump's (triage) and its log's are the same, and so are those of\n"
		"other builds, as long as the functions are: of the class and the names of the sure frames\n"
		"from the one that crashed to the entry into the kernel, but for those that -r lists (pieces\n"
		"of names; ^ begins and $ ends one). The second, fuzzy one has the first three. A title is\n"
		"what syzkaller calls it (\"corrupted\": its report names no function), who of a stall blames\n"
		"another than the signature does; triage and bucket put the signature's function in. A panic\n"
		"that was asked for (sysrq, an NMI) is no bug by itself; its `cause` is what the log reports\n"
		"last before it. Of a BUG upon a maple node's parent word the registers are read, where the\n"
		"kernel says what they lead to (ARM32): whether the word has a flipped bit, or its neighbour\n"
		"in the slab wrote over it. What to check in a dump has the log's own values. -v adds the\n"
		"registers, what they lead to, the code's bytes and the modules, which JSON always has; there\n"
		"`taints` and `module_list` are empty if the log says that there are none, null if it does\n"
		"not say. Exit 0: the log reports no trouble. Exit 1: it does. Exit 3: a file could not be\n"
		"read. Exit 4: no report, in what was looked at.",
	.opts = opts,
	.no_dump = true,
	.dump_if_named = true,
	.complete = COMPLETE_FILE,
	.run = run,
};
CAIRN_CMD(&oops);
