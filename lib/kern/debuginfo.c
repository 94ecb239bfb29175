/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/debuginfo.h"

#include <string.h>

#include "lib/debug/btf.h"
#include "lib/debug/debugfind.h"
#include "lib/debug/debugplace.h"
#include "lib/debug/dwarf.h"
#include "lib/debug/elfsym.h"
#include "lib/debug/kallsyms.h"
#include "lib/kern/module_sect.h"
#include "lib/kern/typecheck.h"

static enum cairn_code add_btf(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	struct btf_provider *base = f->kind == DEBUGFILE_MODULE ? c->btf : NULL, *b;
	enum cairn_code code;

	code = btf_provider_new(&b, f->path, f->btf, f->btf_size, base, NULL, c->arch->word, err);
	if (code != CAIRN_OK)
		return code;
	/* bare BTF carries no build-id */
	if (f->kind == DEBUGFILE_BTF)
		code = typecheck(btf_types(b), &image_info(c->img)->vmcoreinfo, NULL, err);
	if (code != CAIRN_OK) {
		btf_types(b)->ops->close(btf_types(b));
		return code;
	}
	if (f->kind != DEBUGFILE_MODULE && !c->btf)
		c->btf = b;
	types_add(&c->types, btf_types(b));
	return CAIRN_OK;
}

static struct type_provider **types_slot(struct cairn *c, const struct debugfile *f)
{
	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++)
		if (c->debuginfo->file[i] == f)
			return &c->debuginfo->types[i];
	return NULL;
}

/* DWARF says more than BTF where a file has both; the dump's own BTF is asked first. */
static enum cairn_code add_types(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	struct type_provider *p, **slot;
	enum cairn_code code;

	if (!f->has_dwarf)
		return f->btf ? add_btf(c, f, err) : CAIRN_OK;
	code = dwarf_provider_new(&p, f, err);
	if (code != CAIRN_OK)
		return code;
	if (!c->opts->no_cache)
		dwarf_provider_keep(p, f);
	types_add(&c->types, p);
	slot = types_slot(c, f);
	if (slot)
		*slot = p;
	return CAIRN_OK;
}

/* VMCOREINFO's _stext is the better measure: on i386 KERNELOFFSET is not there. */
static enum cairn_code place_kernel(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	if (c->layout.stext)
		return debugfile_place_kernel_by(f, "_stext", c->layout.stext, err);
	debugfile_place_kernel(f, c->layout.kernel_offset);
	return CAIRN_OK;
}

static bool kallsyms_has_all(struct cairn *c)
{
	struct sym s;

	return c->kallsyms && !c->kallsyms->lost && sym_find(&c->syms, "init_task", &s);
}

static enum cairn_code add_kernel(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	enum cairn_code code = add_types(c, f, err);

	if (code != CAIRN_OK || f->kind != DEBUGFILE_KERNEL || !f->has_symbols)
		return code;
	code = place_kernel(c, f, err);
	/* kallsyms answers as the kernel would; and each name that neither knows would cost a
	   look at the whole table of the file */
	return code == CAIRN_OK && !kallsyms_has_all(c) ? elfsym_add(&c->syms, f, err) : code;
}

static enum cairn_code add_module(struct cairn *c, struct debugfile *f, const struct module *m,
				  struct cairn_err *err)
{
	struct module_sections sections;
	enum cairn_code code = debugfile_match(f, m->build_id, NULL, err);

	if (code == CAIRN_OK)
		code = add_types(c, f, err);
	if (code != CAIRN_OK)
		return code;
	/* the module's own table in memory answers first; without its sections the types serve */
	if (module_sections_find(&sections, c, m, NULL) == CAIRN_OK &&
	    debugfile_place_module(f, module_section_at, &sections) && f->has_symbols)
		elfsym_add(&c->syms, f, NULL);
	return CAIRN_OK;
}

static enum cairn_code add_named_module(struct cairn *c, struct debugfile *f,
					struct cairn_err *err)
{
	const struct modules *ms;
	const struct module *m;
	enum cairn_code code = modules_get(c, &ms, err);

	if (code != CAIRN_OK)
		return code;
	m = module_by_name(ms, f->module);
	if (!m)
		return cairn_fail(err, CAIRN_USAGE, "no module %s was loaded", f->module);
	return add_module(c, f, m, err);
}

static struct debuginfo *make(struct cairn *c)
{
	if (!c->debuginfo)
		c->debuginfo = arena_alloc(&c->arena, sizeof(*c->debuginfo));
	return c->debuginfo;
}

static enum cairn_code keep(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	if (!make(c))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for debug files");
	if (c->debuginfo->n == DEBUGINFO_FILES)
		return cairn_fail(err, CAIRN_USAGE, "more than %d debug files", DEBUGINFO_FILES);
	c->debuginfo->file[c->debuginfo->n++] = f;
	return CAIRN_OK;
}

/* ---- files that the user gave ---- */

/* What fits is what the session was opened with. */
static void strike(struct cairn *c, const char *path)
{
	const char *const *from = c->opts->debug_files;
	const char **list;
	size_t n = 0;

	while (from[n])
		n++;
	list = arena_array(&c->arena, n + 1, sizeof(*list));
	if (!list)
		return;
	c->opts_copy.debug_files = list;
	for (; *from; from++)
		if (strcmp(*from, path))
			*list++ = *from;
}

/* Of file[i] nothing was taken. */
static void leave_out(struct cairn *c, size_t i, const struct cairn_err *why)
{
	struct debuginfo *d = c->debuginfo;
	struct debugfile *f = d->file[i];

	if (!d->nmisfits++)
		d->misfit = *why;
	d->n--;
	memmove(d->file + i, d->file + i + 1, (d->n - i) * sizeof(*d->file));
	memmove(d->types + i, d->types + i + 1, (d->n - i) * sizeof(*d->types));
	strike(c, f->path);
	debugfile_close(f);
}

/* A file that was kept has been looked at: whether the session goes on. */
static enum cairn_code judge(struct cairn *c, size_t i, enum cairn_code code,
			     const struct cairn_err *why, struct cairn_err *err)
{
	if (code == CAIRN_OK)
		return CAIRN_OK;
	if (code == CAIRN_USAGE && c->opts->skip_misfits) {
		leave_out(c, i, why);
		return CAIRN_OK;
	}
	if (err)
		*err = *why;
	return cairn_context(err, code, "-s");
}

static enum cairn_code open_one(struct cairn *c, const char *path, struct cairn_err *err)
{
	struct debugfile *f;
	struct cairn_err why;
	enum cairn_code code = debugfile_open(&f, path, err);

	if (code != CAIRN_OK)
		return cairn_context(err, code, "-s");
	code = keep(c, f, err);
	if (code != CAIRN_OK) {
		debugfile_close(f);
		return code;
	}
	if (f->kind == DEBUGFILE_MODULE)
		return CAIRN_OK;
	code = debugfile_match(f, c->build_id, c->release, &why);
	if (code == CAIRN_OK)
		code = add_kernel(c, f, &why);
	return judge(c, c->debuginfo->n - 1, code, &why, err);
}

static enum cairn_code open_module(struct cairn *c, size_t i, struct cairn_err *err)
{
	struct cairn_err why;

	return judge(c, i, add_named_module(c, c->debuginfo->file[i], &why), &why, err);
}

enum cairn_code debuginfo_open_modules(struct cairn *c, struct cairn_err *err)
{
	struct debuginfo *d = c->debuginfo;
	enum cairn_code code = CAIRN_OK;
	size_t i = 0, n;

	while (d && i < d->n && code == CAIRN_OK) {
		n = d->n;
		if (d->file[i]->kind == DEBUGFILE_MODULE)
			code = open_module(c, i, err);
		i += d->n == n;
	}
	if (d && d->nmisfits && !c->opts->debug_files[0])
		session_degrade(c, "debug files", &d->misfit);
	return code;
}

enum cairn_code debuginfo_open(struct cairn *c, struct cairn_err *err)
{
	const char *const *path = c->opts->debug_files;
	enum cairn_code code = CAIRN_OK;

	if (!c->arch)
		return CAIRN_OK;
	for (; path && *path && code == CAIRN_OK; path++)
		code = open_one(c, *path, err);
	return code;
}

/* ---- files that are looked for ---- */

static bool have_kernel(const struct cairn *c)
{
	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++)
		if (c->debuginfo->file[i]->kind == DEBUGFILE_KERNEL)
			return true;
	return false;
}

/* Look for a file and keep it. */
static enum cairn_code search(struct cairn *c, const struct debugfind_want *want,
			      struct debugfile **ret, struct cairn_err *err)
{
	enum cairn_code code = debugfind(ret, want, err);

	if (code != CAIRN_OK)
		return code;
	code = keep(c, *ret, err);
	if (code != CAIRN_OK)
		debugfile_close(*ret);
	return code;
}

enum cairn_code debuginfo_search(struct cairn *c, struct cairn_err *err)
{
	struct debugfind_want want = { .build_id = c->build_id, .release = c->release };
	struct debugfile *f;
	enum cairn_code code;

	if (have_kernel(c))
		return CAIRN_OK;
	if (c->opts->no_debug_search || !make(c))
		return cairn_fail(err, CAIRN_NOTFOUND, "no vmlinux was found");
	if (c->debuginfo->searched) {
		if (err)
			*err = c->debuginfo->lack;
		return c->debuginfo->lack.code;
	}
	c->debuginfo->searched = true;
	code = search(c, &want, &f, &c->debuginfo->lack);
	if (code == CAIRN_OK)
		code = add_kernel(c, f, &c->debuginfo->lack);
	if (code && err)
		*err = c->debuginfo->lack;
	return code;
}

/* ---- by address ---- */

struct debugfile *debuginfo_at(struct cairn *c, uint64_t addr)
{
	uint64_t own;

	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++) {
		struct debugfile *f = c->debuginfo->file[i];

		if (f->has_dwarf && debugfile_file_addr(f, addr, &own))
			return f;
	}
	return NULL;
}

static void search_module(struct cairn *c, const struct module *m)
{
	struct debugfind_want want = { .build_id = m->build_id, .release = c->release,
				       .module = m->name };
	struct debugfile *f;

	if (c->opts->no_debug_search || !make(c) || !map_visit(&c->debuginfo->modules, m->addr))
		return;
	if (search(c, &want, &f, NULL) == CAIRN_OK)
		add_module(c, f, m, NULL);
}

struct debugfile *debuginfo_find_at(struct cairn *c, uint64_t addr)
{
	struct debugfile *f = debuginfo_at(c, addr);
	const struct module *m = NULL;
	const struct modules *ms;

	if (f)
		return f;
	if (modules_get(c, &ms, NULL) == CAIRN_OK)
		m = module_at(ms, addr);
	if (m)
		search_module(c, m);
	else if (debuginfo_search(c, NULL) != CAIRN_OK)
		return NULL;
	return debuginfo_at(c, addr);
}

struct type_provider *debuginfo_types(struct cairn *c, const struct debugfile *f)
{
	struct type_provider **slot = types_slot(c, f);

	return slot ? *slot : NULL;
}

void debuginfo_close(struct cairn *c)
{
	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++)
		debugfile_close(c->debuginfo->file[i]);
	if (!c->debuginfo)
		return;
	c->debuginfo->n = 0;
	map_deinit(&c->debuginfo->modules);
}
