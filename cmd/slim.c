/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/slim.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/kern/sysinfo.h"

enum { OPT_OUTPUT, OPT_COMPRESS, OPT_FOR, OPT_REDACT };
static const struct opt opts[] = {
	[OPT_OUTPUT] = { 'o', "output", "FILE", "where to write; a name ending in .zst is "
						"compressed as a whole" },
	[OPT_COMPRESS] = { 'z', "compress", "KIND", "of each page: zstd (if not given), zlib, "
						    "none" },
	[OPT_FOR] = { 0, "for", "TOOL", "also what this tool reads to open it: crash, drgn" },
	[OPT_REDACT] = { 0, "redact", NULL, "no memory of processes, no contents of files, no keys" },
	{ 0, NULL, NULL, NULL },
};

/* What triage says, what it suggests next, and what the checkers look at. */
static const char *const standard[] = {
	"triage", "foreach bt", "check", "bt -a", "ps", "log", "sys", "mod", "wait",
};

static struct slim_lines choose_lines(const struct call *call)
{
	if (call->argc)
		return (struct slim_lines){ .text = call->argv, .n = (size_t)call->argc };
	return (struct slim_lines){ .text = standard, .n = sizeof(standard) / sizeof(standard[0]) };
}

static enum cairn_code choose_codec(const struct call *call, enum codec_kind *ret,
				    struct cairn_err *err)
{
	static const struct { const char *name; enum codec_kind kind; } kinds[] = {
		{ "zstd", CODEC_ZSTD }, { "zlib", CODEC_ZLIB }, { "none", CODEC_NONE },
	};
	const char *word = call->opt[OPT_COMPRESS].value;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!word || !strcmp(word, kinds[i].name)) {
			*ret = kinds[i].kind;
			return CAIRN_OK;
		}
	return cairn_fail(err, CAIRN_USAGE, "%s: pages are packed by zstd or zlib, or none", word);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum cairn_code check_output(const struct call *call, struct cairn_err *err)
{
	const char *path = call->opt[OPT_OUTPUT].value;
	struct stat st;

	if (!path)
		return cairn_fail(err, CAIRN_USAGE, "-o FILE says where to write");
	/* what is there gets replaced: for root, /dev/null too */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return cairn_fail(err, CAIRN_USAGE, "%s is no regular file", path);
	for (size_t i = 0; i < call->nfiles; i++)
		if (same_file(path, call->files[i]))
			return cairn_fail(err, CAIRN_USAGE, "%s is the dump itself", path);
	return CAIRN_OK;
}

static void put_name(char field[KDUMP_UTS_LEN], const char *text)
{
	memcpy(field, text, strnlen(text, KDUMP_UTS_LEN - 1));
}

/* uname's fields for a dump whose file has none. */
static void fill_utsname(struct cairn *c, struct kdumpwrite *w)
{
	struct sysinfo s;

	sysinfo_get(c, &s);
	put_name(w->utsname[0], "Linux");
	put_name(w->utsname[1], s.nodename);
	put_name(w->utsname[2], s.release);
	put_name(w->utsname[3], s.version);
	put_name(w->utsname[4], s.machine[0] ? s.machine : c->arch->name);
}

static uint64_t pages_in(struct image *img)
{
	uint64_t page = (uint64_t)1 << image_info(img)->page_shift, n = 0;

	for (uint64_t at = 0; image_next_present(img, &at); at = (at & ~(page - 1)) + page)
		n++;
	return n;
}

static void report_redaction(struct out *o, const struct slim_redaction *r)
{
	out_object(o, "redacted");
	out_count(o, "user", "left out: %s pages of processes", r->user);
	out_count(o, "cache", ", %s of files", r->cache);
	out_count(o, "free", ", %s free ones", r->free);
	out_count(o, "unknown", ", %s of which nothing is known", r->unknown);
	out_count(o, "blanked", "; blanked: %s ranges of keys\n", r->nblank);
	out_end(o);
}

/* Whoever gets the file will get no more; and why. */
static void report_partial(struct out *o, const struct cairn *c, const struct slim_lines *lines)
{
	const struct cairn_degraded *d;

	out_array(o, "partial");
	for (size_t i = 0; i < lines->npartial; i++)
		out_str(o, NULL, i ? ", %s" : "answered only in part: %s", lines->partial[i]);
	out_end(o);
	if (!lines->npartial)
		return;
	out_text(o, "\n");
	for (size_t i = 0; (d = cairn_degraded(c, i)); i++) {
		out_text(o, "  %s: ", d->what);
		out_text_safe(o, d->reason, strlen(d->reason));
		out_text(o, "\n");
	}
}

static void report(const struct call *call, struct cairn *c, const struct kdumpwrite *w,
		   const struct slim_lines *lines, const struct slim_redaction *redacted,
		   bool missed, uint64_t size)
{
	struct out *o = call->out;

	out_record(o, "slim");
	out_str(o, "file", "%s", call->opt[OPT_OUTPUT].value);
	out_count(o, "size", ": %s bytes", size);
	out_count(o, "pages", ", %s", w->npages);
	out_count(o, "of", " of %s pages", pages_in(c->img));
	out_num(o, "commands", ", for %s commands", (int64_t)lines->n);
	out_text(o, "\n");
	out_count(o, "damaged", w->ndamaged ? "%s pages are damaged as they were\n" : NULL,
		  w->ndamaged);
	report_partial(o, c, lines);
	if (image_info(c->img)->truncated)
		out_text(o, "the dump is truncated: what it lacks and no command asked for counts as "
			    "excluded in the file\n");
	if (missed)
		out_text(o, "not all of what %s reads is known of this kernel\n",
			 call->opt[OPT_FOR].value);
	if (call->opt[OPT_REDACT].set)
		report_redaction(o, redacted);
	else
		out_null(o, "redacted", NULL);
	out_end(o);
}

static enum cairn_code redact(struct cairn *c, struct kdumpwrite *w, struct slim_redaction *r,
			      struct cairn_err *err)
{
	enum cairn_code code = slim_redact(c, w->pages, r, err);

	w->pages = &r->pages;
	w->blank = r->blank;
	w->nblank = r->nblank;
	return code == CAIRN_OK ? code : cairn_context(err, code, "--redact cannot be kept");
}

static enum cairn_code make(struct call *call, struct cairn *c, struct kdumpwrite *w,
			    struct slim_lines *lines, struct cairn_err *err)
{
	struct slim_redaction redacted = { 0 };
	enum cairn_code code = slim_run(call, c, lines, err);
	bool missed = false;
	uint64_t size;

	if (code == CAIRN_OK && !c->arch)
		code = cairn_fail(err, CAIRN_MISSING, "the dump does not tell its machine");
	if (code == CAIRN_OK && call->opt[OPT_FOR].set)
		code = slim_touch_for(call, c, call->opt[OPT_FOR].value, &missed, err);
	if (code != CAIRN_OK)
		return code;
	w->stop = cmd_interrupted;
	w->pages = image_record(c->img);
	if (w->pages->lost)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to record what is read");
	fill_utsname(c, w);
	if (call->opt[OPT_REDACT].set)
		code = redact(c, w, &redacted, err);
	if (code == CAIRN_OK)
		code = slim_write(w, c->img, call->opt[OPT_OUTPUT].value, &size, err);
	if (code == CAIRN_OK)
		report(call, c, w, lines, &redacted, missed, size);
	slim_redaction_deinit(&redacted);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct kdumpwrite w = { 0 };
	struct slim_lines lines = choose_lines(call);
	struct cairn *c;
	enum cairn_code code = check_output(call, err);

	if (code == CAIRN_OK)
		code = choose_codec(call, &w.codec, err);
	if (code == CAIRN_OK)
		code = slim_open(call, &c, err);
	if (code != CAIRN_OK)
		return code;
	code = make(call, c, &w, &lines, err);
	if (lines.npartial)
		*verdict = VERDICT_PARTIAL;
	cairn_close(c);
	return code;
}

static const struct cmd slim = {
	.name = "slim",
	.synopsis = "-o FILE [-z KIND] [--for TOOL] [--redact] [COMMAND...]",
	.summary = "a small dump with only the pages that commands read",
	.help = "Writes a kdump-compressed file that has only those pages that the commands read, and\n"
		"what it takes to open it: something to attach to a bug report. On it the commands\n"
		"print what they print on the whole dump, in text and in JSON. Each COMMAND is a\n"
		"command line, in quotes if it has several words: `slim -o small triage 'bt 1'`\n"
		"(outside of the shell the vmcore goes before them). A kernel without BTF needs its\n"
		"types (-s) now: without them the file will have no tasks.\n"
		"Without any: what triage, foreach bt, check, bt -a, ps, log, sys, mod and wait read.\n"
		"\n"
		"The file is a standard one, of about 1/20 of the size. Its pages are packed one by\n"
		"one; under a name ending in .zst they are packed together, smaller still, and cairn\n"
		"opens it all the same (others after `zstd -d`).\n"
		"\n"
		"--for adds what crash or drgn read to open a dump of x86_64, list tasks and modules and\n"
		"walk stacks.\n"
		"\n"
		"--redact leaves out what belongs to processes, the contents of files, free pages and what\n"
		"the kernel says nothing of, and blanks what its key rings keep. What the kernel has\n"
		"copied elsewhere (log, stacks, registers, buffers) stays. Where this cannot be\n"
		"promised, nothing is written: a kernel whose symbols name no data (Debian's i386, ARM\n"
		"and arm64) does not name its key rings, unless its vmlinux is given with -s.",
	.opts = opts,
	.complete = COMPLETE_COMMAND,
	.run = run,
};
CAIRN_CMD(&slim);
