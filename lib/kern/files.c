/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/files.h"

#include <inttypes.h>

#include "lib/base/cursor.h"

#define CHUNK 512 /* pointers that are read at once */
#define ASTRAY 64 /* in a row that lead nowhere: they are no files */

enum { T_FILES, T_FS, T_N };
static const struct shape_want task_want = {
	"struct task_struct", T_N, { [T_FILES] = "files", [T_FS] = "fs" },
};

enum { FS_FDT, FS_N };
static const struct shape_want files_want = { "struct files_struct", FS_N, { [FS_FDT] = "fdt" } };

enum { FT_MAX, FT_FD, FT_N };
static const struct shape_want table_want = {
	"struct fdtable", FT_N, { [FT_MAX] = "max_fds", [FT_FD] = "fd" },
};

enum { F_DENTRY, F_INODE, F_POS, F_FLAGS, F_N };
static const struct shape_want file_want = {
	"struct file", F_N,
	{ [F_DENTRY] = "f_path.dentry", [F_INODE] = "f_inode", [F_POS] = "f_pos",
	  [F_FLAGS] = "f_flags" },
};

enum { I_MODE, I_N };
static const struct shape_want inode_want = { "struct inode", I_N, { [I_MODE] = "i_mode" } };

enum { D_ROOT_MNT, D_ROOT, D_CWD_MNT, D_CWD, D_N };
static const struct shape_want dirs_want = {
	"struct fs_struct", D_N,
	{ [D_ROOT_MNT] = "root.mnt", [D_ROOT] = "root.dentry", [D_CWD_MNT] = "pwd.mnt",
	  [D_CWD] = "pwd.dentry" },
};

struct reader {
	struct files *to;
	struct paths *paths;
	struct cairn *c;
	struct arena *arena;
	struct shape file, inode;
	bool has_inode;
	size_t cap;
	unsigned astray; /* files in a row at addresses that there are not */
};

/* What lies at the end of a pointer of the task; *addr 0: it is NULL. */
static enum cairn_code follow(struct reader *r, uint64_t task, unsigned member, uint64_t *addr,
			      struct cairn_err *err)
{
	struct shape s;
	enum cairn_code code = shape_resolve(&s, &task_want, &r->c->types, err);

	if (!code)
		code = shape_require(&s, &member, 1, err);
	return code ? code : shape_get(&s, &r->c->kernel, task, member, addr, err);
}

/* ---- one file ---- */

static const char *type_of(struct reader *r, uint64_t inode)
{
	static const char *const names[16] = {
		[1] = "FIFO", [2] = "CHR", [4] = "DIR", [6] = "BLK", [8] = "REG", [10] = "LNK",
		[12] = "SOCK", [0] = "ANON",
	};
	uint64_t mode;

	if (!inode || !r->has_inode ||
	    shape_get(&r->inode, &r->c->kernel, inode, I_MODE, &mode, NULL))
		return NULL;
	return names[mode >> 12 & 15];
}

static void read_file(struct reader *r, struct open_file *f)
{
	struct object o;

	if (object_read(&o, &r->file, &r->c->kernel, f->file, &f->fault) == CAIRN_OK) {
		f->dentry = object_get(&o, F_DENTRY);
		f->inode = object_get(&o, F_INODE);
		f->pos = object_get(&o, F_POS);
		f->flags = object_get(&o, F_FLAGS);
	}
	object_done(&o);
	f->type = type_of(r, f->inode);
	f->path = path_of_file(r->paths, f->file);
}

static enum cairn_code add(struct reader *r, uint32_t fd, uint64_t file, struct cairn_err *err)
{
	struct open_file *p = arena_room(r->arena, r->to->file, r->to->n, &r->cap, sizeof(*p));

	if (!p)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for open files");
	r->to->file = p;
	p += r->to->n++;
	*p = (struct open_file){ .fd = fd, .file = file };
	read_file(r, p);
	r->astray = p->fault.fault == CAIRN_FAULT_UNMAPPED ||
		    p->fault.fault == CAIRN_FAULT_NONCANONICAL ? r->astray + 1 : 0;
	return CAIRN_OK;
}

/* ---- the table ---- */

/* What is not readable is left out, and told once. */
static enum cairn_code read_chunk(struct reader *r, uint64_t array, uint32_t first, uint32_t n,
				  struct cairn_err *err)
{
	size_t word = r->c->kernel.word, got;
	unsigned char raw[8 * CHUNK];
	struct cairn_err lost;
	enum cairn_code code = CAIRN_OK;

	got = space_read_some(&r->c->kernel, array + first * word, raw, n * word, &lost) / word;
	if (got < n && !r->to->partial) {
		r->to->partial = true;
		r->to->err = lost;
	}
	for (uint32_t i = 0; !code && i < got && r->astray < ASTRAY; i++) {
		uint64_t file = le_uint(raw + i * word, word);

		if (file)
			code = add(r, first + i, file, err);
	}
	return code;
}

/* Go through the array of a table that says how long it is. */
static enum cairn_code read_array(struct reader *r, uint64_t table, uint64_t array, uint64_t max,
				  struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	for (uint32_t at = 0; !code && at < max && r->astray < ASTRAY; at += CHUNK) {
		if (r->c->stop && r->c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = read_chunk(r, array, at, max - at < CHUNK ? (uint32_t)max - at : CHUNK, err);
	}
	if (!code && r->astray == ASTRAY) {
		r->to->partial = true;
		cairn_fail(&r->to->err, CAIRN_CORRUPT, "fdtable 0x%" PRIx64 ": %u files in a row are "
			   "at no address: it is broken", table, ASTRAY);
		r->to->err.addr = table;
	}
	return code;
}

static enum cairn_code read_table(struct reader *r, uint64_t table, struct cairn_err *err)
{
	struct shape s;
	struct object o;
	uint64_t max = 0, array = 0;
	enum cairn_code code = shape_resolve(&s, &table_want, &r->c->types, err);

	if (code)
		return code;
	code = object_read(&o, &s, &r->c->kernel, table, err);
	if (!code) {
		max = object_get(&o, FT_MAX);
		array = object_get(&o, FT_FD);
	}
	object_done(&o);
	if (!code && max > FILES_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "fdtable 0x%" PRIx64 ": room for %" PRIu64
				  " descriptors", table, max);
	return code ? code : read_array(r, table, array, max, err);
}

static enum cairn_code read_files(struct reader *r, uint64_t task, struct cairn_err *err)
{
	uint64_t files, table;
	struct shape s;
	enum cairn_code code = follow(r, task, T_FILES, &files, err);

	r->to->none = !code && !files;
	if (code || !files)
		return code;
	code = shape_resolve(&s, &files_want, &r->c->types, err);
	if (!code)
		code = shape_get(&s, &r->c->kernel, files, FS_FDT, &table, err);
	return code ? code : read_table(r, table, err);
}

static void read_dirs(struct reader *r, uint64_t task)
{
	struct shape s;
	struct object o;
	uint64_t fs;

	if (follow(r, task, T_FS, &fs, NULL) || !fs ||
	    shape_resolve(&s, &dirs_want, &r->c->types, NULL))
		return;
	if (object_read(&o, &s, &r->c->kernel, fs, &r->to->root.fault) == CAIRN_OK) {
		path_of_place(r->paths, object_get(&o, D_ROOT_MNT), object_get(&o, D_ROOT),
			      &r->to->root);
		path_of_place(r->paths, object_get(&o, D_CWD_MNT), object_get(&o, D_CWD),
			      &r->to->cwd);
	} else {
		r->to->cwd.fault = r->to->root.fault;
	}
	r->to->has_dirs = true;
	object_done(&o);
}

enum cairn_code files_get(struct files *ret, struct paths *paths, const struct task *task,
			  struct arena *a, struct cairn_err *err)
{
	struct reader r = { .to = ret, .paths = paths, .c = paths->c, .arena = a };
	enum cairn_code code = shape_resolve(&r.file, &file_want, &r.c->types, err);

	*ret = (struct files){ .n = 0 };
	r.has_inode = !shape_resolve(&r.inode, &inode_want, &r.c->types, NULL) &&
		      shape_has(&r.inode, I_MODE);
	if (code)
		return code;
	read_dirs(&r, task->addr);
	return read_files(&r, task->addr, err);
}
