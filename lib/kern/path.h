/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path - names of open files, as /proc/PID/maps and /proc/PID/fd show them.
 *
 * A path is put together from the file's dentry up to the root of its mount, from there on from
 * the place where that is mounted, up to the mount that is on nothing: what a process sees that
 * is not in a chroot. Files without a directory are named by their dentry's d_dname, which is
 * told by its symbol. Source: fs/d_path.c (d_path, prepend_path, simple_dname), fs/pipe.c,
 * net/socket.c, fs/anon_inodes.c, fs/nsfs.c, fs/pidfs.c, drivers/dma-buf/dma-buf.c.
 *
 * What has been read is kept: files of one dentry cost one walk.
 */
#ifndef CAIRN_KERN_PATH_H
#define CAIRN_KERN_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/debug/shape.h"
#include "lib/kern/session.h"

/** A file: its name, and where it lies. */
struct path {
	const char *name;       /* NULL: fault says why. Untrusted bytes. Lives as long as paths */
	uint32_t major, minor;  /* of the device that it lies on */
	uint64_t ino;
	bool has_inode;         /* the two above are known */
	struct cairn_err fault;
};

struct paths {
	struct cairn *c;
	struct arena *arena;
	struct shape file, dentry, mount, inode, super, ops, backing;
	bool has_mount, has_ops, has_inode, has_backing;
	uint64_t backing_flag; /* in f_mode */
	struct map seen; /* struct file -> struct path */
};

/** Memory from the arena. CAIRN_MISSING names the member that the types lack. */
enum cairn_code paths_init(struct paths *p, struct cairn *c, struct arena *arena,
			   struct cairn_err *err);
void paths_deinit(struct paths *p);

/** The path of the struct file at that address. Never NULL; lives as long as the arena. */
const struct path *path_of_file(struct paths *p, uint64_t file);

/** The path of a struct path, which is a vfsmount and a dentry: a process's directory. */
void path_of_place(struct paths *p, uint64_t mnt, uint64_t dentry, struct path *ret);

#endif
