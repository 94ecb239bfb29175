/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/element_out.h"

enum cairn_code element_look(struct element_look *ret, struct call *call, const char *type,
			     bool hex, struct cairn_err *err)
{
	*ret = (struct element_look){ .has_type = type, .hex = hex };
	return type ? typed_read(&ret->typed, call, type, err) : CAIRN_OK;
}

void element_begin(struct call *call, uint64_t addr)
{
	const struct arch *arch = call->cairn->arch;

	out_record(call->out, "element");
	out_addr(call->out, "address", "%s", addr, arch ? arch->word * 2 : 16);
}

bool element_end(struct call *call, const struct element_look *look, uint64_t addr)
{
	bool whole = true;

	out_text(call->out, "\n");
	if (look->has_type) {
		out_str(call->out, "type", NULL, look->typed.name);
		whole = typed_write(call, &look->typed, addr - look->shift, look->hex);
	} else {
		out_null(call->out, "type", NULL);
		out_null(call->out, "value", NULL);
	}
	out_end(call->out);
	return whole;
}
