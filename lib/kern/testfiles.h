/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testfiles - for tests: a task with open files in a test kernel's memory. */
#ifndef CAIRN_KERN_TESTFILES_H
#define CAIRN_KERN_TESTFILES_H

#include "lib/kern/files.h"
#include "lib/kern/testkern.h"

/* offsets */
enum { TF_FILES = 8, TF_FS = 16 };                              /* task_struct */
enum { TF_FDT = 8 };                                            /* files_struct */
enum { TF_MAX = 0, TF_FD = 8 };                                 /* fdtable */
enum { TF_PATH = 0, TF_INODE = 16, TF_POS = 24, TF_FLAGS = 32 }; /* file */
enum { TF_PARENT = 0, TF_NAME = 8, TF_LEN = 16, TF_D_INODE = 24 }; /* dentry */
enum { TF_ROOT = 0, TF_PWD = 16 };                              /* fs_struct */

static inline void tf_types(struct testkern *k)
{
	static const struct tk_member
		task[] = {
			{ .name = "files", .offset = TF_FILES, .size = 8 },
			{ .name = "fs", .offset = TF_FS, .size = 8 },
			{ .name = NULL },
		},
		files[] = {
			{ .name = "fdt", .offset = TF_FDT, .size = 8 },
			{ .name = NULL },
		},
		table[] = {
			{ .name = "max_fds", .offset = TF_MAX, .size = 4 },
			{ .name = "fd", .offset = TF_FD, .size = 8 },
			{ .name = NULL },
		},
		path[] = {
			{ .name = "mnt", .offset = 0, .size = 8 },
			{ .name = "dentry", .offset = 8, .size = 8 },
			{ .name = NULL },
		},
		file[] = {
			{ .name = "f_path", .offset = TF_PATH, .nested = "path" },
			{ .name = "f_inode", .offset = TF_INODE, .size = 8 },
			{ .name = "f_pos", .offset = TF_POS, .size = 8 },
			{ .name = "f_flags", .offset = TF_FLAGS, .size = 4 },
			{ .name = NULL },
		},
		qstr[] = {
			{ .name = "name", .offset = 0, .size = 8 },
			{ .name = "len", .offset = 8, .size = 4 },
			{ .name = NULL },
		},
		dentry[] = {
			{ .name = "d_parent", .offset = TF_PARENT, .size = 8 },
			{ .name = "d_name", .offset = TF_NAME, .nested = "qstr" },
			{ .name = "d_inode", .offset = TF_D_INODE, .size = 8 },
			{ .name = NULL },
		},
		inode[] = {
			{ .name = "i_mode", .offset = 0, .size = 2 },
			{ .name = NULL },
		},
		dirs[] = {
			{ .name = "root", .offset = TF_ROOT, .nested = "path" },
			{ .name = "pwd", .offset = TF_PWD, .nested = "path" },
			{ .name = NULL },
		};

	tk_struct(k, "path", 16, path);
	tk_struct(k, "qstr", 16, qstr);
	tk_struct(k, "task_struct", 0x20, task);
	tk_struct(k, "files_struct", 0x10, files);
	tk_struct(k, "fdtable", 0x10, table);
	tk_struct(k, "file", 0x28, file);
	tk_struct(k, "dentry", 0x20, dentry);
	tk_struct(k, "inode", 2, inode);
	tk_struct(k, "fs_struct", 0x20, dirs);
}

#endif
