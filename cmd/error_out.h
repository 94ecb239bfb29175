/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error_out - errors among the output, for those who read it by program.
 */
#ifndef CAIRN_CMD_ERROR_OUT_H
#define CAIRN_CMD_ERROR_OUT_H

#include "cmd/cmd.h"

/** "fault", "missing", ...: an error's code in one word. */
const char *error_code_name(enum cairn_code code);

/** One record cairn.error/1: command, file, code, message, fault, address. JSON only; `command` and
 *  `file` may be NULL. */
void error_record(struct out *o, const char *command, const char *file,
		  const struct cairn_err *err);

/** There is nothing of what the command shows, which is an answer: the text is a line, and in JSON
 *  cairn.none/1 with command, file and message. Not inside a record. */
void error_none(struct call *call, const char *text);

/** What was shown is not all: a line "<what>: <reason>" in text, cairn.error/1 in JSON, and the
 *  verdict. Not inside a record. */
void error_partial(struct call *call, const char *what, const struct cairn_err *err,
		   enum verdict *verdict);

/** What the command says with debug info it says without: a line why there is none, if so. Text
 *  only. */
void error_no_debuginfo(struct call *call);

#endif
