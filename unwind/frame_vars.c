/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/frame_vars.h"

#include <string.h>

#include "lib/debug/callarg.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/dwarf.h"
#include "lib/debug/dwarfdie.h"
#include "lib/kern/debuginfo.h"

/* Of one function and its blocks. */
#define VARS 4096u

/* A frame, its code in its debug file, and what expressions are run on there. */
struct place {
	struct frame_vars *v;
	size_t n;
	struct debugfile *file;
	uint64_t pc;            /* the file's own; of a return address the byte before it */
	const struct scope *scope;
	struct loc_env env;
	bool doubtful;
};

/* ---- what expressions ask for ---- */

static bool place_reg(void *arg, unsigned number, struct loc_reg *ret)
{
	struct place *p = arg;

	return cfi_reg(&p->v->regs[p->n].regs, number, ret);
}

static enum cairn_code place_read(void *arg, uint64_t addr, void *buf, size_t len,
				  struct cairn_err *err)
{
	return reader_bytes(((struct place *)arg)->v->mem, addr, buf, len, err);
}

static enum cairn_code place_cfa(void *arg, uint64_t *ret, struct cairn_err *err)
{
	struct place *p = arg;
	const struct frame_regs *r = &p->v->regs[p->n];

	if (!r->cfa_known)
		return cairn_fail(err, CAIRN_MISSING, "the CFA is not known");
	*ret = r->cfa;
	return CAIRN_OK;
}

static enum cairn_code place_frame_base(void *arg, uint64_t *ret, struct cairn_err *err)
{
	struct place *p = arg;
	struct loc_env env = p->env;
	Dwarf_Attribute mem, *a;
	Dwarf_Die function;
	Dwarf_Op *ops;
	size_t n;

	if (!p->scope->n)
		return cairn_fail(err, CAIRN_MISSING, "no function, no frame base");
	function = p->scope->die[0];
	a = dwarf_attr_integrate(&function, DW_AT_frame_base, &mem);
	if (!a || dwarf_getlocation_addr(a, p->pc, &ops, &n, 1) != 1)
		return cairn_fail(err, CAIRN_MISSING, "the frame base is not known");
	env.frame_base = NULL; /* it does not rest on itself */
	return loc_number(ret, a, ops, n, &env, err);
}

static bool place_address(void *arg, uint64_t own, uint64_t *ret)
{
	return debugfile_run_addr(((struct place *)arg)->file, own, ret);
}

static enum cairn_code place_entry_value(void *arg, unsigned number, uint64_t *ret,
					 struct cairn_err *err);

static enum cairn_code find_place(struct place *p, struct frame_vars *v, size_t n,
				  struct cairn_err *err)
{
	const struct frame *f = &v->trace->frame[n];
	uint64_t pc = f->pc - (f->interrupted ? 0 : 1);

	*p = (struct place){ .v = v, .n = n, .file = debuginfo_find_at(v->c, pc) };
	if (!p->file || !debugfile_file_addr(p->file, pc, &p->pc))
		return cairn_fail(err, CAIRN_MISSING, "no debug info");
	p->scope = scope_at(p->file, p->pc);
	if (!p->scope)
		return cairn_fail(err, CAIRN_MISSING, "no debug info");
	p->env = (struct loc_env){
		.arch = v->arch, .reg = place_reg, .read = place_read, .cfa = place_cfa,
		.frame_base = place_frame_base, .entry_value = place_entry_value,
		.address = place_address, .arg = p,
	};
	return CAIRN_OK;
}

/* ---- values at a function's entry ---- */

static enum cairn_code not_called(struct cairn_err *err, const char *why)
{
	return cairn_fail(err, CAIRN_MISSING, "entry value: %s", why);
}

/* The call that led to p, in the frame above it. */
static enum cairn_code find_call(struct place *p, struct place *caller, Dwarf_Die *site,
				 struct cairn_err *err)
{
	const struct trace *tr = p->v->trace;
	const struct frame *f = &tr->frame[p->n + 1];
	Dwarf_Die function;
	uint64_t back;
	enum cairn_code code;

	if (!p->scope->n || p->n + 1 >= tr->n || f->interrupted || f->rule == RULE_BAD_CALL)
		return not_called(err, "there is no call");
	if (f->via || f->grade > 'B')
		return not_called(err, "the call was to another function");
	code = find_place(caller, p->v, p->n + 1, err);
	if (code)
		return cairn_context(err, code, "entry value: the caller");
	if (!debugfile_file_addr(caller->file, f->pc - 1, &back) ||
	    !callarg_site(caller->scope, back + 1, site))
		return not_called(err, "the call is not described");
	function = p->scope->die[0];
	switch (callarg_callee(site, die_name(&function))) {
	case CALLARG_OTHER: return not_called(err, "the call was to another function");
	case CALLARG_INDIRECT: p->doubtful = true; break;
	case CALLARG_SAME: break;
	}
	return CAIRN_OK;
}

/* Each asks the next frame up, so it ends. */
static enum cairn_code place_entry_value(void *arg, unsigned number, uint64_t *ret,
					 struct cairn_err *err)
{
	struct place *p = arg, caller;
	Dwarf_Attribute value;
	Dwarf_Die site;
	Dwarf_Op *ops;
	size_t n;
	enum cairn_code code = find_call(p, &caller, &site, err);

	if (code)
		return code;
	if (!callarg_in_register(&site, number, &value) || dwarf_getlocation(&value, &ops, &n))
		return not_called(err, "the call does not tell it");
	code = loc_number(ret, &value, ops, n, &caller.env, err);
	p->doubtful |= caller.doubtful;
	return code ? cairn_context(err, code, "the caller") : CAIRN_OK;
}

/* ---- variables ---- */

static bool constant(Dwarf_Die *die, struct loc *ret)
{
	Dwarf_Attribute mem, *a = dwarf_attr_integrate(die, DW_AT_const_value, &mem);
	struct loc_piece *p = &ret->piece[0];
	Dwarf_Sword s;
	Dwarf_Word u;
	Dwarf_Block b;

	*ret = (struct loc){ .n = 1 };
	if (!a)
		return false;
	if (!dwarf_formblock(a, &b))
		*p = (struct loc_piece){ .kind = LOC_BYTES, .bytes = b.data, .nbytes = b.length };
	else if (dwarf_whatform(a) == DW_FORM_sdata && !dwarf_formsdata(a, &s))
		*p = (struct loc_piece){ .kind = LOC_VALUE, .value = (uint64_t)s };
	else if (!dwarf_formudata(a, &u))
		*p = (struct loc_piece){ .kind = LOC_VALUE, .value = u };
	else
		return false;
	return true;
}

/* Where it is. False for what is not shown. */
static bool locate(struct place *p, Dwarf_Die *die, struct frame_var *var)
{
	Dwarf_Attribute mem, *a;
	Dwarf_Op *ops = NULL;
	size_t n = 0;

	if (constant(die, &var->loc))
		return true;
	a = dwarf_attr_integrate(die, DW_AT_location, &mem);
	if (!a)
		return !die_is_declaration(die);
	if (dwarf_getlocation_addr(a, p->pc, &ops, &n, 1) != 1)
		n = 0;
	if (n == 1 && ops->atom == DW_OP_addr && var->name[0] == '_')
		return false;
	p->doubtful = false;
	var->code = loc_run(&var->loc, a, ops, n, &p->env, &var->err);
	var->doubtful = p->doubtful;
	return true;
}

struct list {
	struct place place;
	struct type_provider *types;
	struct frame_var *var;
	size_t n, cap;
};

static struct frame_var *room(struct list *l)
{
	struct arena *a = l->place.v->arena;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct frame_var *var = cap <= VARS ? arena_array(a, cap, sizeof(*var)) : NULL;

		if (!var)
			return NULL;
		if (l->n)
			memcpy(var, l->var, l->n * sizeof(*var));
		l->var = var;
		l->cap = cap;
	}
	return &l->var[l->n];
}

static bool add_children(struct list *l, Dwarf_Die *parent, int tag)
{
	Dwarf_Die die;

	for (bool more = die_child(parent, &die); more; more = die_next(&die)) {
		struct frame_var *var;

		if (dwarf_tag(&die) != tag)
			continue;
		var = room(l);
		if (!var)
			return false;
		*var = (struct frame_var){
			.name = die_name(&die), .parameter = tag == DW_TAG_formal_parameter,
			.type = l->types ? dwarf_type_of(l->types, &die) : &type_void,
		};
		if (var->name[0] && locate(&l->place, &die, var))
			l->n++;
	}
	return true;
}

/* The DIEs of that function: itself and its blocks, up to the next function inlined in it. */
static void find_function(const struct scope *s, size_t function, size_t *begin, size_t *end)
{
	*end = s->n;
	*begin = scope_function(s, s->n);
	while (function-- && *begin < s->n) {
		*end = *begin;
		*begin = *end ? scope_function(s, *end) : s->n;
	}
}

size_t frame_vars_of(struct frame_vars *v, size_t n, size_t function, struct frame_var **ret)
{
	struct list l = { .n = 0 };
	size_t begin, end;

	*ret = NULL;
	if (find_place(&l.place, v, n, NULL))
		return 0;
	l.types = debuginfo_types(v->c, l.place.file);
	find_function(l.place.scope, function, &begin, &end);
	for (size_t i = begin; i < end; i++) {
		Dwarf_Die die = l.place.scope->die[i];

		if (!add_children(&l, &die, DW_TAG_formal_parameter) ||
		    !add_children(&l, &die, DW_TAG_variable))
			break;
	}
	*ret = l.var;
	return l.n;
}

void frame_vars_gather(struct frame_vars *v, size_t n, const struct frame_var *var, size_t size,
		       unsigned char *buf, unsigned char *known, struct cairn_err *err)
{
	struct place p;

	if (find_place(&p, v, n, err)) {
		memset(known, 0, size);
		return;
	}
	loc_gather(&var->loc, &p.env, size, buf, known, err);
}

enum cairn_code frame_vars_init(struct frame_vars *v, struct cairn *c, const struct arch *arch,
				const struct reader *mem, const struct trace *trace,
				struct arena *arena, struct cairn_err *err)
{
	*v = (struct frame_vars){ .c = c, .arch = arch, .mem = mem, .trace = trace, .arena = arena };
	v->regs = arena_array(arena, trace->n, sizeof(*v->regs));
	if (!v->regs)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for registers");
	frame_regs_fill(v->regs, c, arch, mem, trace);
	return CAIRN_OK;
}
