/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testcmd - for tests: one command line on a test kernel's memory, and what it wrote. */
#ifndef CAIRN_CMD_TESTCMD_H
#define CAIRN_CMD_TESTCMD_H

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/kern/testkern.h"

struct testcmd {
	char text[8192];
	enum cairn_code code;
	enum verdict verdict;
	struct cairn_err err;
};

/** Words part at single blanks. */
static inline struct testcmd testcmd(struct cairn *c, enum out_mode mode, const char *line)
{
	struct testcmd ret = { .text = "" };
	const char *words[32];
	struct arena scratch = { 0 };
	struct out o;
	struct call call = { .cairn = c, .out = &o, .scratch = &scratch };
	char *copy = arena_strdup(&scratch, line), *save;
	int n = 0;

	for (char *w = strtok_r(copy, " ", &save); w && n < 32; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	out_init(&o, mode, -1);
	ret.code = cmd_call(&call, &o, n, words, &ret.verdict, &ret.err);
	while (o.depth)
		out_end(&o);
	snprintf(ret.text, sizeof(ret.text), "%s", o.buf.buf);
	out_deinit(&o);
	arena_deinit(&scratch);
	return ret;
}

/** On memory that is there for this one line. */
static inline struct testcmd testcmd_once(struct testkern *k, enum out_mode mode, const char *line)
{
	struct testcmd ret = testcmd(tk_open(k, 8), mode, line);

	tk_free(k);
	return ret;
}

#endif
