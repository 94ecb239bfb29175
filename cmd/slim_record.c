/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/slim.h"
#include "cmd/words.h"

/* The kernel's own copy, for when the notes get lost. kernel/vmcore_info.c */
static void read_vmcoreinfo(struct cairn *c)
{
	uint64_t at;
	size_t left;

	if (c->kernel.tlb && sym_addr(&c->syms, "vmcoreinfo_data", &at, NULL) == CAIRN_OK &&
	    space_word(&c->kernel, at, &at, NULL) == CAIRN_OK)
		space_peek(&c->kernel, at, &left, NULL);
}

enum cairn_code slim_open(struct call *call, struct cairn **ret, struct cairn_err *err)
{
	struct cairn_opts opts = *call->cairn->opts;
	enum cairn_code code;

	opts.no_cache = true;
	code = cairn_open(ret, call->files, call->nfiles, &opts, err);
	if (code != CAIRN_OK)
		return code;
	(*ret)->stop = cmd_interrupted;
	read_vmcoreinfo(*ret);
	return CAIRN_OK;
}

static enum cairn_code run_line_as(struct call *call, const struct line *line, enum out_mode mode,
				   int fd, enum verdict *verdict, struct cairn_err *err)
{
	enum cairn_code code;
	struct out o;

	out_init(&o, mode, fd);
	code = cmd_call(call, &o, line->nwords, line->words, verdict, err);
	out_deinit(&o);
	return code;
}

/* What the words, the memory or the user are to blame for; a dump that does not answer will
 * not answer to whoever gets the slim one either. */
static bool is_ours(enum cairn_code code)
{
	return code == CAIRN_USAGE || code == CAIRN_NOMEM || code == CAIRN_INTERRUPTED ||
	       code == CAIRN_IO;
}

static enum cairn_code run_text(struct call *call, const char *text, int fd, bool *partial,
				struct cairn_err *err)
{
	enum verdict verdict = VERDICT_OK;
	struct line line;
	enum cairn_code code = line_split(&line, call->scratch, text, err);

	if (code != CAIRN_OK)
		return code;
	if (!line.nwords || line.to != LINE_PLAIN)
		return cairn_fail(err, CAIRN_USAGE, "\"%s\": no pipes and files here", text);
	if (!strcmp(line.words[0], "slim"))
		return cairn_fail(err, CAIRN_USAGE, "slim reads all that its commands read");
	for (enum out_mode mode = OUT_TEXT; mode <= OUT_JSON; mode++) {
		code = run_line_as(call, &line, mode, fd, &verdict, err);
		if (is_ours(code))
			return code;
		*partial |= code != CAIRN_OK || verdict == VERDICT_PARTIAL;
	}
	return CAIRN_OK;
}

enum cairn_code slim_run(struct call *call, struct cairn *c, struct slim_lines *lines,
			 struct cairn_err *err)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct call inner = *call;
	enum cairn_code code = CAIRN_OK;

	if (fd < 0)
		return cairn_fail(err, CAIRN_IO, "/dev/null: %s", strerror(errno));
	inner.cairn = c;
	lines->npartial = 0;
	lines->partial = arena_array(call->scratch, lines->n, sizeof(*lines->partial));
	if (!lines->partial)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for the commands");
	for (size_t i = 0; i < lines->n && code == CAIRN_OK; i++) {
		bool partial = false;

		code = run_text(&inner, lines->text[i], fd, &partial, err);
		if (partial)
			lines->partial[lines->npartial++] = lines->text[i];
	}
	close(fd);
	return code;
}
