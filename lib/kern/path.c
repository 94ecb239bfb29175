/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/path.h"

#include <inttypes.h>
#include <string.h>

#define NAME_LIMIT 4096  /* of one name: PATH_MAX, include/uapi/linux/limits.h */
#define PATH_LIMIT (4 * NAME_LIMIT) /* of a path; d_path() has room for less */
#define ROUNDS 2048      /* names and mounts between a file and the root */

/* include/linux/fs.h, since 6.5. With fsnotify's pre-content events (6.14, and 6.12's stable
 * kernels) it moved, and FMODE_NONOTIFY, which anonymous inodes have, took its place. */
#define FMODE_BACKING UINT64_C(0x2000000)
#define FMODE_BACKING_MOVED UINT64_C(0x1000000)
#define MINOR_BITS 20                     /* include/linux/kdev_t.h */

enum { F_MNT, F_DENTRY, F_INODE, F_MODE, F_N };
static const struct shape_want file_want = {
	"struct file", F_N,
	{ [F_MNT] = "f_path.mnt", [F_DENTRY] = "f_path.dentry", [F_INODE] = "f_inode",
	  [F_MODE] = "f_mode" },
};

/* What overlayfs maps in place of the file that the user opened. */
enum { B_MNT, B_DENTRY, B_N };
static const struct shape_want backing_want = {
	"struct backing_file", B_N, { [B_MNT] = "user_path.mnt", [B_DENTRY] = "user_path.dentry" },
};

enum { D_PARENT, D_NAME, D_LEN, D_INODE, D_HASHED, D_OP, D_N };
static const struct shape_want dentry_want = {
	"struct dentry", D_N,
	{ [D_PARENT] = "d_parent", [D_NAME] = "d_name.name", [D_LEN] = "d_name.len",
	  [D_INODE] = "d_inode", [D_HASHED] = "d_hash.pprev", [D_OP] = "d_op" },
};

enum { M_PARENT, M_POINT, M_MNT, M_ROOT, M_N };
static const struct shape_want mount_want = {
	"struct mount", M_N,
	{ [M_PARENT] = "mnt_parent", [M_POINT] = "mnt_mountpoint", [M_MNT] = "mnt",
	  [M_ROOT] = "mnt.mnt_root" },
};

enum { I_SB, I_INO, I_N };
static const struct shape_want inode_want = {
	"struct inode", I_N, { [I_SB] = "i_sb", [I_INO] = "i_ino" },
};

enum { S_DEV, S_N };
static const struct shape_want super_want = {
	"struct super_block", S_N, { [S_DEV] = "s_dev" },
};

enum { O_DNAME, O_N };
static const struct shape_want ops_want = {
	"struct dentry_operations", O_N, { [O_DNAME] = "d_dname" },
};

/* What is known of a dentry. */
struct node {
	uint64_t parent, name, len, inode, op;
	bool hashed;
};

/* Functions that came with the flag's move; one of them is in every kernel since. */
static bool backing_moved(struct cairn *c)
{
	static const char *const names[] = {
		"file_set_fsnotify_mode", "file_set_fsnotify_mode_from_watchers",
		"fsnotify_open_perm_and_set_mode",
	};
	struct sym s;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sym_find(&c->syms, names[i], &s))
			return true;
	return false;
}

enum cairn_code paths_init(struct paths *p, struct cairn *c, struct arena *arena,
			   struct cairn_err *err)
{
	static const unsigned file[] = { F_DENTRY }, dentry[] = { D_PARENT, D_NAME, D_LEN };
	static const unsigned mount[] = { M_PARENT, M_POINT, M_MNT, M_ROOT };
	struct types *ts = &c->types;
	enum cairn_code code;

	*p = (struct paths){ .c = c, .arena = arena };
	p->backing_flag = backing_moved(c) ? FMODE_BACKING_MOVED : FMODE_BACKING;
	code = shape_resolve(&p->file, &file_want, ts, err);
	if (!code)
		code = shape_require(&p->file, file, 1, err);
	if (!code)
		code = shape_resolve(&p->dentry, &dentry_want, ts, err);
	if (!code)
		code = shape_require(&p->dentry, dentry, 3, err);
	p->has_mount = !shape_resolve(&p->mount, &mount_want, ts, NULL) &&
		       !shape_require(&p->mount, mount, 4, NULL);
	p->has_ops = !shape_resolve(&p->ops, &ops_want, ts, NULL) && shape_has(&p->ops, O_DNAME);
	p->has_inode = !shape_resolve(&p->inode, &inode_want, ts, NULL) &&
		       !shape_resolve(&p->super, &super_want, ts, NULL) &&
		       shape_has(&p->inode, I_SB) && shape_has(&p->super, S_DEV);
	p->has_backing = !shape_resolve(&p->backing, &backing_want, ts, NULL) &&
			 shape_has(&p->backing, B_DENTRY) && shape_has(&p->backing, B_MNT);
	return code ? cairn_context(err, code, "file names") : CAIRN_OK;
}

void paths_deinit(struct paths *p)
{
	map_deinit(&p->seen);
}

static enum cairn_code read_node(struct paths *p, uint64_t dentry, struct node *n,
				 struct cairn_err *err)
{
	struct object o;
	enum cairn_code code = object_read(&o, &p->dentry, &p->c->kernel, dentry, err);

	if (!code)
		*n = (struct node){
			.parent = object_get(&o, D_PARENT), .name = object_get(&o, D_NAME),
			.len = object_get(&o, D_LEN), .inode = object_get(&o, D_INODE),
			.op = object_get(&o, D_OP),
			.hashed = !shape_has(&p->dentry, D_HASHED) || object_get(&o, D_HASHED),
		};
	object_done(&o);
	return code;
}

static enum cairn_code read_name(struct paths *p, const struct node *n, char buf[NAME_LIMIT],
				 struct cairn_err *err)
{
	enum cairn_code code;

	if (n->len >= NAME_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "a file's name of %" PRIu64 " bytes", n->len);
	code = space_read(&p->c->kernel, n->name, buf, n->len, err);
	buf[code ? 0 : n->len] = '\0';
	return code;
}

/* ---- files without a directory ---- */

static enum cairn_code keep(struct path *ret, const char *name, struct cairn_err *err)
{
	ret->name = name;
	return name ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for a path");
}

/* The function that names the dentry; false: it has a directory. */
static bool named_by(struct paths *p, const struct node *n, const char **ret)
{
	uint64_t fn, off;
	struct sym s;

	if (!n->op || !p->has_ops ||
	    shape_get(&p->ops, &p->c->kernel, n->op, O_DNAME, &fn, NULL) || !fn)
		return false;
	*ret = sym_at(&p->c->syms, fn, &s, &off) && !off ? s.name : "?";
	return true;
}

static enum cairn_code special(struct paths *p, const struct node *n, const char *fn,
			       struct path *ret, struct cairn_err *err)
{
	static const struct { const char *fn, *look; } by_number[] = {
		{ "pipefs_dname", "pipe:[%" PRIu64 "]" },
		{ "sockfs_dname", "socket:[%" PRIu64 "]" },
		{ "pidfs_dname", "pidfd:[%" PRIu64 "]" },
	};
	char buf[NAME_LIMIT];
	const char *name;
	enum cairn_code code;

	for (size_t i = 0; i < sizeof(by_number) / sizeof(by_number[0]); i++)
		if (!strcmp(fn, by_number[i].fn))
			return keep(ret, arena_printf(p->arena, by_number[i].look, ret->ino), err);
	code = read_name(p, n, buf, err);
	if (code)
		return code;
	if (!strcmp(fn, "simple_dname"))
		name = arena_printf(p->arena, "/%s (deleted)", buf);
	else if (!strcmp(fn, "anon_inodefs_dname"))
		name = arena_printf(p->arena, "anon_inode:%s", buf);
	else
		name = arena_printf(p->arena, "/%s", buf);
	return keep(ret, name, err);
}

/* ---- files in directories ---- */

/* A place in the tree of mounts. */
struct place {
	uint64_t dentry, mount; /* struct mount; 0: not known */
	uint64_t root;          /* of the mount */
};

static enum cairn_code enter_mount(struct paths *p, struct place *at, uint64_t mount,
				   struct cairn_err *err)
{
	at->mount = mount;
	return shape_get(&p->mount, &p->c->kernel, mount, M_ROOT, &at->root, err);
}

/* From a mount's root to where it is mounted; *top where it is on nothing. */
static enum cairn_code leave_mount(struct paths *p, struct place *at, bool *top,
				   struct cairn_err *err)
{
	struct object o;
	enum cairn_code code = object_read(&o, &p->mount, &p->c->kernel, at->mount, err);
	uint64_t parent = code ? 0 : object_get(&o, M_PARENT);

	*top = !code && (parent == at->mount || !parent);
	if (!code && !*top) {
		at->dentry = object_get(&o, M_POINT);
		code = enter_mount(p, at, parent, err);
	}
	object_done(&o);
	return code;
}

/* A path, which grows at its begin. */
struct tail {
	char buf[PATH_LIMIT];
	size_t at;
};

static enum cairn_code no_end(struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_CORRUPT, "a path without an end");
}

static enum cairn_code prepend(struct tail *t, const char *name, struct cairn_err *err)
{
	size_t len = strlen(name);

	if (len + 1 > t->at)
		return no_end(err);
	t->at -= len;
	memcpy(t->buf + t->at, name, len);
	t->buf[--t->at] = '/';
	return CAIRN_OK;
}

/* One name, or one mount, up. */
static enum cairn_code climb(struct paths *p, struct place *at, struct tail *path, bool *top,
			     struct cairn_err *err)
{
	char name[NAME_LIMIT];
	struct node node;
	enum cairn_code code;

	if (at->mount && at->dentry == at->root)
		return leave_mount(p, at, top, err);
	code = read_node(p, at->dentry, &node, err);
	if (code)
		return code;
	*top = node.parent == at->dentry || !node.parent; /* of a mount that is not known */
	if (*top)
		return CAIRN_OK;
	at->dentry = node.parent;
	code = read_name(p, &node, name, err);
	return code ? code : prepend(path, name, err);
}

static enum cairn_code in_directories(struct paths *p, struct place at, bool deleted,
				      struct path *ret, struct cairn_err *err)
{
	static const char gone[] = " (deleted)";
	struct tail path;
	bool top = false;
	enum cairn_code code = CAIRN_OK;
	size_t rounds = 0, end;

	path.at = end = sizeof(path.buf) - sizeof(gone);
	memcpy(path.buf + end, deleted ? gone : "", deleted ? sizeof(gone) : 1);
	while (!code && !top)
		code = rounds++ < ROUNDS ? climb(p, &at, &path, &top, err) : no_end(err);
	if (!code && path.at == end)
		path.buf[--path.at] = '/';
	return code ? code : keep(ret, arena_strdup(p->arena, path.buf + path.at), err);
}

/* ---- a file ---- */

static void read_inode(struct paths *p, uint64_t inode, struct path *ret)
{
	struct space *sp = &p->c->kernel;
	uint64_t sb, dev;

	if (!inode || !p->has_inode || shape_get(&p->inode, sp, inode, I_INO, &ret->ino, NULL) ||
	    shape_get(&p->inode, sp, inode, I_SB, &sb, NULL) ||
	    shape_get(&p->super, sp, sb, S_DEV, &dev, NULL))
		return;
	ret->major = (uint32_t)(dev >> MINOR_BITS);
	ret->minor = (uint32_t)dev & ((1u << MINOR_BITS) - 1);
	ret->has_inode = true;
}

/* The path that a user sees, and the inode that belongs to it. */
static enum cairn_code read_file(struct paths *p, uint64_t file, uint64_t *mnt, uint64_t *dentry,
				 uint64_t *inode, struct cairn_err *err)
{
	struct object o, b;
	enum cairn_code code = object_read(&o, &p->file, &p->c->kernel, file, err);
	bool backing = !code && p->has_backing && (object_get(&o, F_MODE) & p->backing_flag);

	*mnt = code ? 0 : object_get(&o, F_MNT);
	*dentry = code ? 0 : object_get(&o, F_DENTRY);
	*inode = code ? 0 : object_get(&o, F_INODE);
	object_done(&o);
	if (!backing)
		return code;
	code = object_read(&b, &p->backing, &p->c->kernel, file, err);
	*mnt = code ? 0 : object_get(&b, B_MNT);
	*dentry = code ? 0 : object_get(&b, B_DENTRY);
	*inode = 0;
	object_done(&b);
	return code;
}

static enum cairn_code fill_place(struct paths *p, uint64_t mnt, uint64_t dentry, uint64_t inode,
				  struct path *ret, struct cairn_err *err)
{
	struct place at = { .dentry = dentry };
	struct node n;
	const char *fn;
	enum cairn_code code = read_node(p, dentry, &n, err);

	if (code)
		return code;
	read_inode(p, inode ? inode : n.inode, ret);
	if (mnt && p->has_mount)
		code = enter_mount(p, &at, mnt - p->mount.m[M_MNT].offset, err);
	if (code)
		return code;
	if ((n.parent != at.dentry || at.dentry != at.root) && named_by(p, &n, &fn))
		return special(p, &n, fn, ret, err);
	return in_directories(p, at, !n.hashed && n.parent != at.dentry, ret, err);
}

static enum cairn_code fill(struct paths *p, uint64_t file, struct path *ret,
			    struct cairn_err *err)
{
	uint64_t mnt, dentry, inode;
	enum cairn_code code = read_file(p, file, &mnt, &dentry, &inode, err);

	return code ? code : fill_place(p, mnt, dentry, inode, ret, err);
}

void path_of_place(struct paths *p, uint64_t mnt, uint64_t dentry, struct path *ret)
{
	*ret = (struct path){ .name = NULL };
	if (fill_place(p, mnt, dentry, 0, ret, &ret->fault))
		ret->name = NULL;
}

const struct path *path_of_file(struct paths *p, uint64_t file)
{
	static const struct path none = { .fault = { .code = CAIRN_NOMEM, .text = "out of memory" } };
	struct path *ret;
	uint64_t known;

	if (map_get(&p->seen, file, &known))
		return (const struct path *)(uintptr_t)known;
	ret = arena_alloc(p->arena, sizeof(*ret));
	if (!ret)
		return &none;
	if (fill(p, file, ret, &ret->fault))
		ret->name = NULL;
	map_put(&p->seen, file, (uintptr_t)ret);
	return ret;
}
