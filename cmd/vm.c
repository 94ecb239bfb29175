/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/vm_out.h"
#include "mm/vma_flags.h"
#include "mm/vma_parts.h"

enum { OPT_PAGES, OPT_MM, OPT_STRUCTS, OPT_FLAGS, OPT_REFERENCE, OPT_RANGES };

static const struct opt opts[] = {
	{ 'p', "pages", NULL, "also each page: its physical address, its swap entry, its file" },
	{ 'm', "mm", NULL, "the mm_struct in place of the areas" },
	{ 'v', "structs", NULL, "each vm_area_struct in place of its row" },
	{ 'f', "flags", "FLAGS", "say what these vm_flags mean; needs no task" },
	{ 'R', "reference", "REF", "only areas that hold this address, are it, or have this name" },
	{ 'r', "ranges", NULL, "only what the tree itself knows: ranges and addresses" },
	{ 0, NULL, NULL, NULL },
};

/* What serves all tasks of one call. */
struct vm {
	struct call *call;
	enum verdict *verdict;
	struct vma_shape vs;
	struct vma_namer namer;
	bool ref_is_number;
	uint64_t ref;
	const char *ref_name;
	bool any;                /* something was shown, which the next task stands apart from */
	bool headed;             /* this task's areas have their heading */
};

/* ---- flags ---- */

static enum cairn_code show_flags(struct call *call, const char *word, struct cairn_err *err)
{
	struct out *o = call->out;
	const char *sep = "";
	struct vma_flags names;
	uint64_t flags;
	enum cairn_code code = operand_address(call->cairn, word, &flags, err);

	if (code)
		return code;
	vma_flags_init(&names, call->cairn);
	out_record(o, "vmflags");
	out_addr(o, "flags", "%s: ", flags, 0);
	out_text(o, "(");
	out_array(o, "names");
	for (unsigned i = 0; i < 64; i++) {
		const char *name = vma_flag_name(&names, i);

		if (!(flags >> i & 1))
			continue;
		out_text(o, "%s", sep);
		out_str(o, NULL, "%s", name ? name : arena_printf(call->scratch, "bit %u", i));
		sep = "|";
	}
	out_end(o);
	out_text(o, ")\n");
	out_end(o);
	return CAIRN_OK;
}

/* ---- references ---- */

static bool same_name(const char *name, const char *ref)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	return name && (!strcmp(name, ref) || (slash && !strcmp(slash + 1, ref)));
}

static bool is_wanted(struct vm *vm, const struct mm *mm, const struct vma *v)
{
	const struct cairn_err *fault;
	const struct path *file;

	if (!vm->ref_name)
		return true;
	if (vm->ref_is_number &&
	    (vm->ref == v->addr || (vm->ref >= v->start && vm->ref < v->end) || vm->ref == v->end ||
	     vm->ref == v->flags || (v->file && vm->ref == v->file)))
		return true;
	return same_name(vma_name(&vm->namer, mm, v, &file, &fault), vm->ref_name);
}

/* ---- one task ---- */

/* With -R only above what was found. */
static void head_task(struct vm *vm, const struct task *t)
{
	out_text(vm->call->out, vm->any ? "\n" : "");
	vm_out_task(vm->call->out, vm->call->cairn, t);
	vm->any = true;
}

static void head_areas(struct vm *vm, const struct vm_out *vo)
{
	if (vm->headed)
		return;
	if (vm->ref_name)
		head_task(vm, vo->task);
	vm_out_heading(vo);
	vm->headed = true;
}

static enum cairn_code show_structs(struct vm *vm, const struct task *t, const struct mm *mm,
				    const struct vmas *v, struct cairn_err *err)
{
	const char **words = arena_array(vm->call->scratch, v->n + 2, sizeof(*words));
	int n = 2;

	if (!words)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the areas");
	words[0] = "struct";
	words[1] = "vm_area_struct";
	for (size_t i = 0; i < v->n; i++)
		if (is_wanted(vm, mm, &v->vma[i]))
			words[n++] = arena_printf(vm->call->scratch, "0x%" PRIx64, v->vma[i].addr);
	if (n > 2 && vm->ref_name)
		head_task(vm, t);
	return n > 2 ? cmd_call(vm->call, vm->call->out, n, words, vm->verdict, err) : CAIRN_OK;
}

static enum cairn_code show_mm(struct vm *vm, uint64_t mm, struct cairn_err *err)
{
	const char *words[] = { "struct", "mm_struct",
				arena_printf(vm->call->scratch, "0x%" PRIx64, mm) };

	return cmd_call(vm->call, vm->call->out, 3, words, vm->verdict, err);
}

static enum cairn_code open_user(struct vm *vm, struct vm_out *vo, struct cairn_err *err)
{
	struct cairn *c = vm->call->cairn;
	uint64_t root;
	enum cairn_code code;

	if (!vm->call->opt[OPT_PAGES].set)
		return CAIRN_OK;
	vo->pages = true;
	code = layout_user_root(&c->kernel, vo->mm->v[MM_PGD], &root, err);
	return code ? code : layout_user_space(&c->layout, c->img, root, &vo->user, err);
}

static enum cairn_code show_part(struct vm *vm, struct vm_out *vo, const struct vmas *part,
				 struct cairn_err *err)
{
	for (size_t i = 0; i < part->n && !out_broken(vm->call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (!is_wanted(vm, vo->mm, &part->vma[i]))
			continue;
		head_areas(vm, vo);
		vm_out_area(vo, &part->vma[i]);
	}
	return CAIRN_OK;
}

static enum cairn_code show_parts(struct vm *vm, struct vm_out *vo, const struct vmas *v,
				  struct cairn_err *err)
{
	struct vma_parts *ps = vma_parts_begin(&vm->vs, v);
	const struct vmas *part;
	enum cairn_code code = CAIRN_OK;

	if (!ps)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the areas");
	while (!code && !out_broken(vm->call->out)) {
		code = vma_parts_next(ps, &part, err);
		if (code || !part)
			break;
		code = show_part(vm, vo, part, err);
	}
	vma_parts_end(ps);
	return code;
}

static enum cairn_code show_areas(struct vm *vm, const struct task *t, const struct mm *mm,
				  const struct vmas *v, struct cairn_err *err)
{
	struct cairn *c = vm->call->cairn;
	struct vm_out vo = { .call = vm->call, .task = t, .mm = mm, .vs = &vm->vs,
			     .namer = &vm->namer, .verdict = vm->verdict,
			     .page_shift = mm_page_shift(c) };
	enum cairn_code code = open_user(vm, &vo, err);
	struct vma gate;

	if (!code && !vm->ref_name)
		head_areas(vm, &vo);
	if (!code)
		code = show_parts(vm, &vo, v, err);
	if (!code && vma_gate(&vm->namer, &vm->vs, mm, &gate) && is_wanted(vm, mm, &gate)) {
		head_areas(vm, &vo);
		vm_out_area(&vo, &gate);
	}
	if (vo.user.tlb)
		space_deinit(&vo.user);
	return code;
}

static enum cairn_code get_areas(struct vm *vm, const struct mm *mm, struct vmas *v,
				 struct cairn_err *err)
{
	return vm->call->opt[OPT_STRUCTS].set ? vmas_get(&vm->vs, mm, v, err)
					      : vmas_ranges(&vm->vs, mm, v, err);
}

/* The tree has lost some, or map_count is bad: `check` tells which. */
static void tell_missing(struct vm *vm, const struct mm *mm, const struct vmas *v)
{
	uint64_t count = mm->v[MM_MAP_COUNT] & UINT32_MAX;
	struct cairn_err err;

	if (v->by_list) {
		cairn_fail(&err, CAIRN_CORRUPT, "it leads to %zu of %zu areas: these are by the list",
			   v->in_tree, v->n);
		error_partial(vm->call, "the red-black tree", &err, vm->verdict);
	}
	if (v->partial) {
		error_partial(vm->call, "not all areas", &v->err, vm->verdict);
	} else if (mm_has(&vm->vs.mm, MM_MAP_COUNT) && v->n < count) {
		cairn_fail(&err, CAIRN_CORRUPT, "%zu are there, and map_count is %" PRIu64, v->n, count);
		error_partial(vm->call, "areas may be missing", &err, vm->verdict);
	}
}

static enum cairn_code one_mm(struct vm *vm, const struct task *t, struct cairn_err *err)
{
	struct vmas v = { 0 };
	struct mm mm;
	enum cairn_code code = mm_read(&vm->vs.mm, t->mm, &mm, err);

	if (!code)
		code = get_areas(vm, &mm, &v, err);
	if (code)
		;
	else if (vm->call->opt[OPT_RANGES].set)
		vm_out_ranges(vm->call, t, &v);
	else if (vm->call->opt[OPT_STRUCTS].set)
		code = show_structs(vm, t, &mm, &v, err);
	else
		code = show_areas(vm, t, &mm, &v, err);
	if (!code)
		tell_missing(vm, &mm, &v);
	vmas_free(&v);
	return code;
}

/* What is wrong with one task's memory does not keep others from being shown. */
static enum cairn_code one_task(struct vm *vm, const struct task *t, struct cairn_err *err)
{
	struct out *o = vm->call->out;
	enum cairn_code code = CAIRN_OK;
	struct cairn_err why;

	vm->headed = false;
	if (!vm->ref_name)
		head_task(vm, t);
	if (t->fault)
		why = *t->fault;
	else if (!t->mm)
		out_text(o, vm->ref_name ? "" : "no address space of its own\n");
	else
		code = vm->call->opt[OPT_MM].set ? show_mm(vm, t->mm, &why) : one_mm(vm, t, &why);
	if (code == CAIRN_INTERRUPTED || code == CAIRN_NOMEM || code == CAIRN_MISSING) {
		if (err)
			*err = why;
		return code;
	}
	if (code || t->fault)
		error_partial(vm->call, "address space", &why, vm->verdict);
	return CAIRN_OK;
}

static enum cairn_code each_task(struct vm *vm, struct cairn_err *err)
{
	struct call *call = vm->call;
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	if (!call->argc) {
		code = operand_default(call, &t, err);
		if (!code)
			code = one_task(vm, t, err);
	}
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			code = one_task(vm, t, err);
	}
	if (!code && vm->ref_name && !vm->any)
		out_text(call->out, "no area holds, is or is named %s\n", vm->ref_name);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct vm vm = { .call = call, .verdict = verdict };
	const struct opt_value *opt = call->opt;
	enum cairn_code code;

	if (opt[OPT_FLAGS].set)
		return show_flags(call, opt[OPT_FLAGS].value, err);
	if (opt[OPT_MM].set + opt[OPT_STRUCTS].set + opt[OPT_PAGES].set + opt[OPT_RANGES].set > 1)
		return cairn_fail(err, CAIRN_USAGE, "-p, -m, -v and -r exclude each other");
	if (opt[OPT_REFERENCE].set && (opt[OPT_MM].set || opt[OPT_RANGES].set))
		return cairn_fail(err, CAIRN_USAGE, "-R looks at areas, which -m and -r leave out");
	vm.ref_name = opt[OPT_REFERENCE].value;
	vm.ref_is_number = vm.ref_name &&
			   !operand_address(call->cairn, vm.ref_name, &vm.ref, NULL);
	code = vma_shape_init(&vm.vs, call->cairn, err);
	if (!code)
		code = vma_namer_init(&vm.namer, &vm.vs, call->scratch, err);
	if (!code) {
		code = each_task(&vm, err);
		vma_namer_deinit(&vm.namer);
	}
	return code;
}

static const struct cmd vm = {
	.name = "vm",
	.synopsis = "[-p | -m | -v | -r] [-R REF] [-f FLAGS] [PID | TASK | COMM]...",
	.summary = "address spaces: the memory areas of tasks",
	.help = "Shows the address space of a task, or without operand of the one that panicked: its\n"
		"mm_struct, its page tables, its memory, and every area with its bounds, flags, and\n"
		"the file or the name that /proc/PID/maps has. The areas come from the process's\n"
		"maple tree (before 6.1 its red-black tree, or the list where that leads to more). Where\n"
		"map_count counts more of them than there are, that is said.\n"
		"\n"
		"-p adds each page: its physical address, where it is swapped to, or where in the\n"
		"file it would come from; pages that are nowhere are told in runs. -R shows only\n"
		"areas that hold or begin at an address, are a vm_area_struct or of a file at it,\n"
		"or have a name (a path or its last part). -r shows what the tree says without reading\n"
		"the areas: whether these agree with it, `check` tells. `vm -f FLAGS` decodes vm_flags.\n"
		"`foreach -u vm` shows all processes.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&vm);
