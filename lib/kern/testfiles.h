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
		task[] = { { "files", TF_FILES, 8, 0, NULL }, { "fs", TF_FS, 8, 0, NULL }, { .name = NULL } },
		files[] = { { "fdt", TF_FDT, 8, 0, NULL }, { .name = NULL } },
		table[] = { { "max_fds", TF_MAX, 4, 0, NULL }, { "fd", TF_FD, 8, 0, NULL },
			    { .name = NULL } },
		path[] = { { "mnt", 0, 8, 0, NULL }, { "dentry", 8, 8, 0, NULL }, { .name = NULL } },
		file[] = { { "f_path", TF_PATH, 0, 0, "path" }, { "f_inode", TF_INODE, 8, 0, NULL },
			   { "f_pos", TF_POS, 8, 0, NULL }, { "f_flags", TF_FLAGS, 4, 0, NULL },
			   { .name = NULL } },
		qstr[] = { { "name", 0, 8, 0, NULL }, { "len", 8, 4, 0, NULL }, { .name = NULL } },
		dentry[] = { { "d_parent", TF_PARENT, 8, 0, NULL }, { "d_name", TF_NAME, 0, 0, "qstr" },
			     { "d_inode", TF_D_INODE, 8, 0, NULL }, { .name = NULL } },
		inode[] = { { "i_mode", 0, 2, 0, NULL }, { .name = NULL } },
		dirs[] = { { "root", TF_ROOT, 0, 0, "path" }, { "pwd", TF_PWD, 0, 0, "path" },
			   { .name = NULL } };

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
