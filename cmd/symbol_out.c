/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/symbol_out.h"

#include "lib/kern/module.h"

void symbol_fields(struct out *o, struct cairn *c, const char *addr_field, const char *name_field,
		   const char *look, uint64_t addr)
{
	const struct modules *ms;
	uint64_t off;
	struct sym s;
	bool named;

	if (addr) /* so that their symbols are known */
		modules_get(c, &ms, NULL);
	named = addr && sym_at(&c->syms, addr, &s, &off);

	if (addr)
		out_hex(o, addr_field, named ? NULL : look, addr);
	else
		out_null(o, addr_field, NULL);
	out_str(o, name_field, named ? look : NULL, named ? s.name : NULL);
}
