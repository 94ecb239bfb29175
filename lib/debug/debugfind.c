/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/debugfind.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/debug/debuginfod.h"

#define PATH_SIZE 1024
/* Files and folders of one kernel's debug package: some 10,000. */
#define TREE_LIMIT 200000

/* A file of the right name and the wrong build-id is worth telling. */
struct find {
	const struct debugfind_want *want;
	struct debugfile *found;
	struct cairn_err misfit; /* code CAIRN_OK: none */
};

static bool is_hex(const char *s)
{
	return s && strspn(s, "0123456789abcdefABCDEF") == strlen(s) && strlen(s) >= 4 &&
	       strlen(s) <= 64;
}

/* A name that stays inside its folder. */
static bool is_name(const char *s)
{
	return s && s[0] && s[0] != '.' && !strchr(s, '/');
}

static bool try_path(struct find *f, const char *path)
{
	struct debugfile *file;

	if (debugfile_open(&file, path, NULL) != CAIRN_OK)
		return false;
	if (debugfile_match(file, f->want->build_id, NULL, &f->misfit) == CAIRN_OK &&
	    file->proof == DEBUGFILE_BY_BUILD_ID) {
		f->found = file;
		return true;
	}
	debugfile_close(file);
	return false;
}

static bool try_build_id(struct find *f)
{
	const char *id = f->want->build_id;
	char path[PATH_SIZE];

	return snprintf(path, sizeof(path), "%s/usr/lib/debug/.build-id/%.2s/%s.debug",
			f->want->root, id, id + 2) < (int)sizeof(path) &&
	       try_path(f, path);
}

static bool try_kernel(struct find *f)
{
	static const char *const places[][2] = {
		{ "/usr/lib/debug/boot/vmlinux-", "" },
		{ "/usr/lib/debug/lib/modules/", "/vmlinux" },
		{ "/usr/lib/debug/vmlinux-", "" },
		{ "/boot/vmlinux-", "" },
		{ "/lib/modules/", "/build/vmlinux" },
	};
	char path[PATH_SIZE];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, sizeof(path), "%s%s%s%s", f->want->root, places[i][0],
			     f->want->release, places[i][1]) < (int)sizeof(path) &&
		    try_path(f, path))
			return true;
	return false;
}

/* "kvm-amd.ko.debug" is kvm_amd's. */
static bool is_module_file(const char *file, const char *module)
{
	size_t n = strlen(module), i;

	for (i = 0; i < n; i++)
		if (file[i] != module[i] && !(file[i] == '-' && module[i] == '_'))
			return false;
	return !strcmp(file + n, ".ko") || !strcmp(file + n, ".ko.debug");
}

static bool try_tree(struct find *f, const char *format)
{
	char path[PATH_SIZE], *roots[] = { path, NULL };
	unsigned left = TREE_LIMIT;
	bool found = false;
	FTSENT *e;
	FTS *fts;

	if (snprintf(path, sizeof(path), format, f->want->root, f->want->release) >=
	    (int)sizeof(path))
		return false;
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	while (fts && !found && left-- && (e = fts_read(fts)))
		if (e->fts_info != FTS_D && e->fts_info != FTS_DP &&
		    is_module_file(e->fts_name, f->want->module))
			found = try_path(f, e->fts_path);
	if (fts)
		fts_close(fts);
	return found;
}

static bool try_module(struct find *f)
{
	return try_tree(f, "%s/usr/lib/debug/lib/modules/%s") ||
	       try_tree(f, "%s/usr/lib/debug/usr/lib/modules/%s");
}

static enum cairn_code ask_server(struct find *f, struct cairn_err *err)
{
	const struct debugfind_want *w = f->want;
	char *path = NULL;
	enum cairn_code code = debuginfod_fetch(&path, w->build_id, w->progress, w->arg, err);

	if (code != CAIRN_OK)
		return code;
	if (!try_path(f, path))
		code = cairn_fail(err, CAIRN_CORRUPT, "debuginfod's %s is not what was asked for",
				  path);
	mem_free(path);
	return code;
}

enum cairn_code debugfind(struct debugfile **ret, const struct debugfind_want *want,
			  struct cairn_err *err)
{
	struct debugfind_want w = *want;
	struct find f = { .want = &w };
	enum cairn_code code;

	w.root = w.root ? w.root : "";
	if (!is_hex(w.build_id))
		return cairn_fail(err, CAIRN_NOTFOUND, "no build-id to look for a debug file by");
	if (!try_build_id(&f) && is_name(w.release) && (!w.module || is_name(w.module))) {
		if (w.module)
			try_module(&f);
		else
			try_kernel(&f);
	}
	*ret = f.found;
	if (f.found)
		return CAIRN_OK;
	code = ask_server(&f, err);
	*ret = f.found;
	if (code == CAIRN_NOTFOUND && f.misfit.code != CAIRN_OK && err)
		*err = f.misfit;
	else if (code == CAIRN_NOTFOUND)
		cairn_context(err, code, "no debug file with build-id %s under "
			      "%s/usr/lib/debug, nor by debuginfod",
			      w.build_id, w.root);
	return code;
}
