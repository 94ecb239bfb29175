/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/typed.h"

#include <string.h>

#include "cmd/operand.h"
#include "lib/debug/value.h"
#include "lib/kern/typename.h"

enum cairn_code typed_find(struct call *call, const char *name, const struct type **ret,
			   struct cairn_err *err)
{
	if (!*name)
		return cairn_fail(err, CAIRN_USAGE, "name a type, as in task_struct.pid,comm");
	*ret = typename_find(call->cairn, name);
	if (*ret)
		return CAIRN_OK;
	if (cmd_interrupted())
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (type_find(&call->cairn->types, name, err))
		cairn_fail(err, CAIRN_MISSING, "this kernel declares %s and says no more", name);
	if (err && err->code == CAIRN_MISSING && call->cairn->types.first)
		err->code = CAIRN_NOTFOUND; /* the kernel's types are there */
	return err && err->code ? err->code : CAIRN_NOTFOUND;
}

static size_t count_paths(const char *list)
{
	size_t n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

static enum cairn_code read_members(struct typed *t, struct call *call, char *list,
				    struct cairn_err *err)
{
	size_t cap = count_paths(list);
	char *save, *path;

	t->path = arena_array(call->scratch, cap, sizeof(*t->path));
	t->member = arena_array(call->scratch, cap, sizeof(*t->member));
	if (!t->path || !t->member)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	for (path = strtok_r(list, ",", &save); path; path = strtok_r(NULL, ",", &save)) {
		if (!type_member(t->type, path, &t->member[t->n]))
			return cairn_fail(err, CAIRN_USAGE, "%s has no member %s",
					  type_spell(call->scratch, t->type), path);
		t->path[t->n++] = path;
	}
	return CAIRN_OK;
}

enum cairn_code typed_read(struct typed *ret, struct call *call, const char *word,
			   struct cairn_err *err)
{
	char *name = arena_strdup(call->scratch, word), *dot;
	enum cairn_code code;

	*ret = (struct typed){ .name = name };
	if (!name)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	dot = strchr(name, '.');
	if (dot)
		*dot++ = '\0';
	code = typed_find(call, name, &ret->type, err);
	if (!code && dot)
		code = read_members(ret, call, dot, err);
	return code;
}

bool typed_write(struct call *call, const struct typed *t, uint64_t addr, bool hex)
{
	struct value_style style = { .syms = &call->cairn->syms, .hex = hex, .indent = t->n != 0 };
	struct out *o = call->out;
	bool whole = true;

	if (!t->n) {
		out_str(o, "spelled", "%s ", type_spell(call->scratch, type_strip(t->type)));
		whole = value_write(o, "value", t->type, &call->cairn->kernel, addr, &style);
		out_text(o, "\n");
		return whole;
	}
	out_object(o, "value");
	for (size_t i = 0; i < t->n; i++) {
		out_text(o, "  %s = ", t->path[i]);
		whole &= value_write_member(o, t->path[i], &t->member[i], &call->cairn->kernel,
					    addr, &style);
		out_text(o, ",\n");
	}
	out_end(o);
	return whole;
}

void typed_show(struct call *call, const struct typed *t, uint64_t addr, bool hex,
		enum verdict *verdict)
{
	out_record(call->out, "struct");
	out_str(call->out, "type", NULL, t->name);
	out_hex(call->out, "address", NULL, addr);
	if (!typed_write(call, t, addr, hex))
		*verdict = VERDICT_PARTIAL;
	out_end(call->out);
}

enum cairn_code typed_offset(struct call *call, const char *word, uint64_t *ret,
			     struct cairn_err *err)
{
	struct typed t;
	enum cairn_code code;

	if (!strchr(word, '.'))
		return operand_count(word, ret, err);
	code = typed_read(&t, call, word, err);
	if (code)
		return code;
	if (t.n != 1)
		return cairn_fail(err, CAIRN_USAGE, "%s: name one member", word);
	*ret = t.member[0].offset;
	return CAIRN_OK;
}
