/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files - what a task has open: its file descriptors, its root and its working directory.
 *
 *   struct files f;
 *   code = files_get(&f, c, task, a, err);
 *   for (size_t i = 0; i < f.n; i++)
 *           use(f.file[i]);
 *
 * Sources: include/linux/fdtable.h (files_struct, fdtable), fs_struct.h, fs.h (file),
 * include/uapi/linux/stat.h (types of inodes).
 */
#ifndef CAIRN_KERN_FILES_H
#define CAIRN_KERN_FILES_H

#include "lib/base/arena.h"
#include "lib/kern/path.h"
#include "lib/kern/session.h"
#include "lib/kern/task.h"

/** No process of which the tables are sound has more (fs.nr_open is 1048576 unless raised). */
#define FILES_LIMIT (1u << 21)

struct open_file {
	uint32_t fd;
	uint64_t file, dentry, inode;
	const char *type;       /* "REG", "DIR", "CHR", "BLK", "FIFO", "SOCK", "LNK", "ANON"; NULL:
				   not known */
	uint64_t pos, flags;    /* f_pos, f_flags */
	const struct path *path; /* never NULL; lives as long as the paths */
	struct cairn_err fault; /* code not CAIRN_OK: struct file could not be read */
};

struct files {
	struct open_file *file; /* by descriptor */
	size_t n;
	bool none;              /* the task has no table: a kernel thread, or one that has ended */
	bool partial;           /* the table could not be read to its end: err says why */
	struct cairn_err err;
	struct path root, cwd;  /* name NULL: unknown, or fault says why */
	bool has_dirs;
};

/** Of the task; memory from the arena. CAIRN_MISSING names what the types lack. */
enum cairn_code files_get(struct files *ret, struct paths *paths, const struct task *task,
			  struct arena *a, struct cairn_err *err);

#endif
