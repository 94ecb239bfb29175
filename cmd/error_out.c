/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/error_out.h"

#include <string.h>

#include "lib/kern/debuginfo.h"

const char *error_code_name(enum cairn_code code)
{
	static const char *const names[] = {
		[CAIRN_OK] = "ok",             [CAIRN_NOMEM] = "nomem",
		[CAIRN_IO] = "io",             [CAIRN_FORMAT] = "format",
		[CAIRN_FAULT] = "fault",       [CAIRN_NOTFOUND] = "notfound",
		[CAIRN_MISSING] = "missing",   [CAIRN_CORRUPT] = "corrupt",
		[CAIRN_LIMIT] = "limit",       [CAIRN_USAGE] = "usage",
		[CAIRN_INTERRUPTED] = "interrupted",
		[CAIRN_BUSY] = "busy",
	};

	return (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown";
}

void error_record(struct out *o, const char *command, const char *file,
		  const struct cairn_err *err)
{
	if (o->mode != OUT_JSON)
		return;
	out_record(o, "error");
	out_str(o, "command", NULL, command);
	out_str(o, "file", NULL, file);
	out_str(o, "code", NULL, error_code_name(err->code));
	out_str(o, "message", NULL, err->text);
	if (err->fault)
		out_str(o, "fault", NULL, cairn_fault_name(err->fault));
	else
		out_null(o, "fault", NULL);
	if (err->addr)
		out_hex(o, "address", NULL, err->addr);
	else
		out_null(o, "address", NULL);
	out_end(o);
}

void error_none(struct call *call, const char *text)
{
	struct out *o = call->out;

	out_record(o, "none");
	out_str(o, "command", NULL, call->cmd->name);
	out_str(o, "file", NULL, call->nfiles ? call->files[0] : NULL);
	out_str(o, "message", "%s\n", text);
	out_end(o);
}

void error_partial(struct call *call, const char *what, const struct cairn_err *err,
		   enum verdict *verdict)
{
	out_text(call->out, "%s: ", what);
	out_text_safe(call->out, err->text, strlen(err->text));
	out_text(call->out, "\n");
	error_record(call->out, call->cmd->name, call->nfiles ? call->files[0] : NULL, err);
	*verdict = VERDICT_PARTIAL;
}

void error_no_debuginfo(struct call *call)
{
	struct cairn_err err;

	if (!debuginfo_search(call->cairn, &err))
		return;
	out_text(call->out, "(the kernel's debug info: ");
	out_text_safe(call->out, err.text, strlen(err.text));
	out_text(call->out, ")\n\n");
}
