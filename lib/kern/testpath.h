/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testpath - for tests: a file in a tree of directories and mounts.
 *
 *   dentry 0 "/" of mount 0; 1 "usr" in it; 2 "lib" in that, on which mount 1 is; 3 its root;
 *   4 "x.so" in it
 */
#ifndef CAIRN_KERN_TESTPATH_H
#define CAIRN_KERN_TESTPATH_H

#include "lib/kern/path.h"
#include "lib/kern/testkern.h"

#define TPATH_FILE      TK_BASE
#define TPATH_INODE     (TK_BASE + 0x100)
#define TPATH_SUPER     (TK_BASE + 0x180)
#define TPATH_OPS       (TK_BASE + 0x200)
#define TPATH_FN        (TK_BASE + 0x280)
#define TPATH_MOUNT(i)  (TK_BASE + 0x400 + 0x80 * (uint64_t)(i))
#define TPATH_DENTRY(i) (TK_BASE + 0x800 + 0x80 * (uint64_t)(i))
#define TPATH_NAME(i)   (TK_BASE + 0x1000 + 0x40 * (uint64_t)(i))
#define TPATH_DENTRIES  6

enum { TPATH_HASH = 8, TPATH_PARENT = 24, TPATH_LEN = 36, TPATH_QNAME = 40, TPATH_DINODE = 48,
       TPATH_OP = 56, TPATH_DNAME = 24, TPATH_MPARENT = 16, TPATH_MPOINT = 24, TPATH_MNT = 32 };

static inline void tpath_types(struct testkern *k)
{
	static const struct tk_member path[] = {
		{ .name = "mnt", .size = 8 }, { .name = "dentry", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	static const struct tk_member file[] = {
		{ .name = "f_path", .offset = 16, .nested = "path" },
		{ .name = "f_inode", .offset = 32, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member node[] = {
		{ .name = "next", .size = 8 }, { .name = "pprev", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	static const struct tk_member qstr[] = {
		{ .name = "len", .offset = 4, .size = 4 }, { .name = "name", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	static const struct tk_member dentry[] = {
		{ .name = "d_hash", .offset = TPATH_HASH, .nested = "hlist_bl_node" },
		{ .name = "d_parent", .offset = TPATH_PARENT, .size = 8 },
		{ .name = "d_name", .offset = 32, .nested = "qstr" },
		{ .name = "d_inode", .offset = TPATH_DINODE, .size = 8 },
		{ .name = "d_op", .offset = TPATH_OP, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member vfsmount[] = {
		{ .name = "mnt_root", .size = 8 }, { .name = NULL },
	};
	static const struct tk_member mount[] = {
		{ .name = "mnt_parent", .offset = TPATH_MPARENT, .size = 8 },
		{ .name = "mnt_mountpoint", .offset = TPATH_MPOINT, .size = 8 },
		{ .name = "mnt", .offset = TPATH_MNT, .nested = "vfsmount" }, { .name = NULL },
	};
	static const struct tk_member inode[] = {
		{ .name = "i_sb", .size = 8 }, { .name = "i_ino", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	static const struct tk_member super[] = {
		{ .name = "s_dev", .offset = 16, .size = 4 }, { .name = NULL },
	};
	static const struct tk_member ops[] = {
		{ .name = "d_dname", .offset = TPATH_DNAME, .size = 8 }, { .name = NULL },
	};

	tk_struct(k, "path", 16, path);
	tk_struct(k, "file", 64, file);
	tk_struct(k, "hlist_bl_node", 16, node);
	tk_struct(k, "qstr", 16, qstr);
	tk_struct(k, "dentry", 64, dentry);
	tk_struct(k, "vfsmount", 8, vfsmount);
	tk_struct(k, "mount", 64, mount);
	tk_struct(k, "inode", 16, inode);
	tk_struct(k, "super_block", 32, super);
	tk_struct(k, "dentry_operations", 64, ops);
}

static inline void tpath_dentry(struct testkern *k, unsigned i, unsigned parent, const char *name)
{
	uint64_t at = TPATH_DENTRY(i);

	tk_put(k, at + TPATH_HASH + 8, i == parent ? 0 : 0x77, 8);
	tk_put(k, at + TPATH_PARENT, TPATH_DENTRY(parent), 8);
	tk_put(k, at + TPATH_LEN, strlen(name), 4);
	tk_put(k, at + TPATH_QNAME, TPATH_NAME(i), 8);
	tk_put(k, at + TPATH_DINODE, TPATH_INODE, 8);
	tk_text(k, TPATH_NAME(i), name);
}

static inline void tpath_mount(struct testkern *k, unsigned i, unsigned parent, unsigned point,
			       unsigned root)
{
	tk_put(k, TPATH_MOUNT(i) + TPATH_MPARENT, TPATH_MOUNT(parent), 8);
	tk_put(k, TPATH_MOUNT(i) + TPATH_MPOINT, TPATH_DENTRY(point), 8);
	tk_put(k, TPATH_MOUNT(i) + TPATH_MNT, TPATH_DENTRY(root), 8);
}

static inline void tpath_tree(struct testkern *k)
{
	tpath_dentry(k, 0, 0, "/");
	tpath_dentry(k, 1, 0, "usr");
	tpath_dentry(k, 2, 1, "lib");
	tpath_dentry(k, 3, 3, "/");
	tpath_dentry(k, 4, 3, "x.so");
	tpath_mount(k, 0, 0, 0, 0);
	tpath_mount(k, 1, 0, 2, 3);
	tk_put(k, TPATH_INODE, TPATH_SUPER, 8);
	tk_put(k, TPATH_INODE + 8, 77, 8);
	tk_put(k, TPATH_SUPER + 16, 8 << 20 | 3, 4);
}

static inline void tpath_file(struct testkern *k, unsigned mount, unsigned dentry)
{
	tk_put(k, TPATH_FILE + 16, TPATH_MOUNT(mount) + TPATH_MNT, 8);
	tk_put(k, TPATH_FILE + 24, TPATH_DENTRY(dentry), 8);
	tk_put(k, TPATH_FILE + 32, TPATH_INODE, 8);
}

#endif
