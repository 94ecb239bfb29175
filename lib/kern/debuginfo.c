/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/debuginfo.h"

#include "lib/debug/btf.h"
#include "lib/debug/debugfind.h"
#include "lib/debug/dwarf.h"
#include "lib/debug/elfsym.h"

static enum cairn_code add_btf(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	struct btf_provider *base = f->kind == DEBUGFILE_MODULE ? c->btf : NULL, *b;
	enum cairn_code code;

	code = btf_provider_new(&b, f->path, f->btf, f->btf_size, base, NULL, c->arch->word, err);
	if (code != CAIRN_OK)
		return code;
	if (f->kind != DEBUGFILE_MODULE && !c->btf)
		c->btf = b;
	types_add(&c->types, btf_types(b));
	return CAIRN_OK;
}

/* DWARF says more than BTF where a file has both; the dump's own BTF is asked first. */
static enum cairn_code add_types(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	struct type_provider *p;
	enum cairn_code code;

	if (f->has_dwarf) {
		code = dwarf_provider_new(&p, f, err);
		if (code == CAIRN_OK)
			types_add(&c->types, p);
		return code;
	}
	return f->btf ? add_btf(c, f, err) : CAIRN_OK;
}

static enum cairn_code add_file(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	enum cairn_code code = add_types(c, f, err);

	if (code != CAIRN_OK || f->kind != DEBUGFILE_KERNEL)
		return code;
	debugfile_place_kernel(f, c->layout.kernel_offset);
	return f->has_symbols ? elfsym_add(&c->syms, f, err) : CAIRN_OK;
}

static enum cairn_code keep(struct cairn *c, struct debugfile *f, struct cairn_err *err)
{
	if (!c->debuginfo) {
		c->debuginfo = arena_alloc(&c->arena, sizeof(*c->debuginfo));
		if (!c->debuginfo)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for debug files");
	}
	if (c->debuginfo->n == DEBUGINFO_FILES)
		return cairn_fail(err, CAIRN_USAGE, "more than %d debug files", DEBUGINFO_FILES);
	c->debuginfo->file[c->debuginfo->n++] = f;
	return CAIRN_OK;
}

static enum cairn_code open_one(struct cairn *c, const char *path, struct cairn_err *err)
{
	struct debugfile *f;
	enum cairn_code code = debugfile_open(&f, path, err);

	if (code != CAIRN_OK)
		return cairn_context(err, code, "-s %s", path);
	if (f->kind != DEBUGFILE_MODULE)
		code = debugfile_match(f, c->build_id, c->release, err);
	if (code == CAIRN_OK)
		code = keep(c, f, err);
	if (code != CAIRN_OK) {
		debugfile_close(f);
		return code;
	}
	return add_file(c, f, err);
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

static bool have_kernel(const struct cairn *c)
{
	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++)
		if (c->debuginfo->file[i]->kind == DEBUGFILE_KERNEL)
			return true;
	return false;
}

enum cairn_code debuginfo_search(struct cairn *c, struct cairn_err *err)
{
	struct debugfind_want want = { .build_id = c->build_id, .release = c->release };
	struct debugfile *f;
	enum cairn_code code;

	if (have_kernel(c))
		return CAIRN_OK;
	if (c->opts->no_debug_search || (c->debuginfo && c->debuginfo->searched))
		return cairn_fail(err, CAIRN_NOTFOUND, "no vmlinux was found");
	code = debugfind(&f, &want, err);
	if (code == CAIRN_OK) {
		code = keep(c, f, err);
		if (code != CAIRN_OK)
			debugfile_close(f);
		else
			code = add_file(c, f, err);
	}
	if (c->debuginfo)
		c->debuginfo->searched = true;
	return code;
}

void debuginfo_close(struct cairn *c)
{
	for (size_t i = 0; c->debuginfo && i < c->debuginfo->n; i++)
		debugfile_close(c->debuginfo->file[i]);
	if (c->debuginfo)
		c->debuginfo->n = 0;
}
