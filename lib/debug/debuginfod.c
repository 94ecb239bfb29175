/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/debuginfod.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* Its interface is stable by soname; building does not need its header. */
#define SONAME "libdebuginfod.so.1"

struct debuginfod_client;
typedef int progress_fn(struct debuginfod_client *client, long done, long total);

struct api {
	struct debuginfod_client *(*begin)(void);
	void (*end)(struct debuginfod_client *client);
	int (*find)(struct debuginfod_client *client, const unsigned char *id, int len,
		    char **path);
	void (*set_progress)(struct debuginfod_client *client, progress_fn *fn);
	void (*set_user_data)(struct debuginfod_client *client, void *value);
	void *(*get_user_data)(struct debuginfod_client *client);
};

/* What on_progress() needs; travels as the client's user data. */
struct fetch {
	bool (*progress)(void *arg, long done, long total);
	void *arg;
	bool gave_up;
};

/* The library is never unloaded: what it pulls in (libcurl, TLS) does not stand that. */
static bool load(struct api *a)
{
	void *lib = dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL);
	const struct { const char *name; void *fn; } calls[] = {
		{ "debuginfod_begin", &a->begin },
		{ "debuginfod_end", &a->end },
		{ "debuginfod_find_debuginfo", &a->find },
		{ "debuginfod_set_progressfn", &a->set_progress },
		{ "debuginfod_set_user_data", &a->set_user_data },
		{ "debuginfod_get_user_data", &a->get_user_data },
	};

	for (size_t i = 0; lib && i < sizeof(calls) / sizeof(calls[0]); i++) {
		void *sym = dlsym(lib, calls[i].name);

		if (!sym)
			return false;
		memcpy(calls[i].fn, &sym, sizeof(sym));
	}
	return lib;
}

static int on_progress(struct debuginfod_client *client, long done, long total)
{
	struct fetch *f;
	struct api a;

	if (!load(&a))
		return 1;
	f = a.get_user_data(client);
	f->gave_up |= f->progress(f->arg, done, total);
	return f->gave_up;
}

static int ask(const struct api *a, char **ret, const char *build_id, struct fetch *f)
{
	struct debuginfod_client *client = a->begin();
	int fd;

	if (!client)
		return -ENOMEM;
	if (f->progress) {
		a->set_user_data(client, f);
		a->set_progress(client, on_progress);
	}
	fd = a->find(client, (const unsigned char *)build_id, 0, ret);
	a->end(client);
	return fd;
}

enum cairn_code debuginfod_fetch(char **ret, const char *build_id,
				 bool (*progress)(void *arg, long done, long total), void *arg,
				 struct cairn_err *err)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct fetch f = { progress, arg, false };
	struct api a;
	int fd;

	if (!urls || !urls[0])
		return cairn_fail(err, CAIRN_NOTFOUND, "DEBUGINFOD_URLS is not set");
	if (!load(&a))
		return cairn_fail(err, CAIRN_NOTFOUND, "%s is not installed", SONAME);
	fd = ask(&a, ret, build_id, &f);
	if (fd >= 0) {
		close(fd);
		return CAIRN_OK;
	}
	if (f.gave_up)
		return cairn_fail(err, CAIRN_INTERRUPTED, "debuginfod: interrupted");
	return cairn_fail(err, CAIRN_NOTFOUND, "%s", strerror(-fd));
}
