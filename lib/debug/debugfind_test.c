/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/debug/debugfind.h"
#include "lib/debug/testelf.h"

static const unsigned char id[20] = {
	0xeb, 0x4f, 0xbc, 0xd0, 0x37, 0xe7, 0x25, 0x37, 0x17, 0x95,
	0x0b, 0xf2, 0xb9, 0x3b, 0xd5, 0x56, 0x6f, 0x47, 0xc5, 0x6f,
};
#define ID "eb4fbcd037e7253717950bf2b93bd5566f47c56f"
#define OTHER "15154df2d18641fa3dbcf3b74b921d9495d392ac"
#define RELEASE "6.1.0-56-amd64"

/* A root folder of our own for each test, and no server. */
static int make_root(void **state)
{
	static char root[] = "/tmp/cairn-debugfind-XXXXXX";

	strcpy(root + sizeof(root) - 7, "XXXXXX");
	unsetenv("DEBUGINFOD_URLS");
	*state = mkdtemp(root);
	return *state ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int drop_root(void **state)
{
	return nftw(*state, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

/* A file with our build-id at a place under the root. */
static void put_file(const char *root, const char *where, uint16_t type)
{
	struct telf e = telf_new(type, EM_X86_64);
	char path[512];
	unsigned char *data;
	size_t size;
	FILE *out;

	telf_section(&e, ".gnu.linkonce.this_module", SHT_PROGBITS, SHF_ALLOC, 0, id, 8);
	telf_build_id(&e, id, sizeof(id));
	data = telf_finish(&e, &size);
	snprintf(path, sizeof(path), "%s%s", root, where);
	make_folders(path);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
	free(data);
}

static void found_at(const struct debugfind_want *want, const char *where)
{
	struct debugfile *f;
	struct cairn_err err;
	char path[512];

	if (debugfind(&f, want, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	snprintf(path, sizeof(path), "%s%s", want->root, where);
	assert_string_equal(f->path, path);
	assert_string_equal(f->build_id, ID);
	assert_int_equal(f->proof, DEBUGFILE_BY_BUILD_ID);
	debugfile_close(f);
}

static void not_found(const struct debugfind_want *want, const char *because)
{
	struct debugfile *f;
	struct cairn_err err;

	assert_int_not_equal(debugfind(&f, want, &err), CAIRN_OK);
	assert_null(f);
	if (!strstr(err.text, because))
		fail_msg("\"%s\" does not say \"%s\"", err.text, because);
}

static void test_kernel(void **state)
{
	static const char *const places[] = { /* the last wins until one before it is there */
		"/lib/modules/" RELEASE "/build/vmlinux",
		"/boot/vmlinux-" RELEASE,
		"/usr/lib/debug/vmlinux-" RELEASE,
		"/usr/lib/debug/lib/modules/" RELEASE "/vmlinux",
		"/usr/lib/debug/boot/vmlinux-" RELEASE,
		"/usr/lib/debug/.build-id/eb/4fbcd037e7253717950bf2b93bd5566f47c56f.debug",
	};
	struct debugfind_want want = { .build_id = ID, .release = RELEASE, .root = *state };

	not_found(&want, "no debug file with build-id " ID);
	not_found(&want, "DEBUGINFOD_URLS is not set");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put_file(*state, places[i], ET_EXEC);
		found_at(&want, places[i]);
	}
	want.release = NULL;
	found_at(&want, places[5]);
}

static void test_wrong_kernel(void **state)
{
	struct debugfind_want want = { .build_id = OTHER, .release = RELEASE, .root = *state };

	put_file(*state, "/boot/vmlinux-" RELEASE, ET_EXEC);
	not_found(&want, "/boot/vmlinux-" RELEASE " has build-id " ID ", the dump " OTHER);
}

static void test_module(void **state)
{
	struct debugfind_want want = { .build_id = ID, .release = RELEASE, .module = "kvm_amd",
				       .root = *state };

	put_file(*state, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm.ko", ET_REL);
	put_file(*state, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm-amd.ko.xz", ET_REL);
	put_file(*state, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm-amdx.ko", ET_REL);
	not_found(&want, "no debug file");
	put_file(*state, "/usr/lib/debug/usr/lib/modules/" RELEASE "/a/b/kvm-amd.ko.debug", ET_REL);
	found_at(&want, "/usr/lib/debug/usr/lib/modules/" RELEASE "/a/b/kvm-amd.ko.debug");
	put_file(*state, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm-amd.ko", ET_REL);
	found_at(&want, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm-amd.ko");
	want.module = "kvm";
	found_at(&want, "/usr/lib/debug/lib/modules/" RELEASE "/kernel/kvm.ko");
}

/* Names out of a hostile dump do not lead anywhere else. */
static void test_hostile_names(void **state)
{
	struct debugfind_want want = { .build_id = ID, .release = "../../secret", .root = *state };

	put_file(*state, "/secret", ET_EXEC);
	put_file(*state, "/usr/lib/debug/boot/vmlinux-x", ET_EXEC);
	put_file(*state, "/usr/lib/secret", ET_EXEC);
	not_found(&want, "no debug file");
	want.release = "..";
	not_found(&want, "no debug file");
	want.release = "x";
	found_at(&want, "/usr/lib/debug/boot/vmlinux-x");
	want.module = "../boot/vmlinux-x";
	not_found(&want, "no debug file");
	want.module = NULL;
	want.build_id = "../x/y";
	not_found(&want, "no build-id");
	want.build_id = "";
	not_found(&want, "no build-id");
	want.build_id = NULL;
	not_found(&want, "no build-id");
}

/* ---- debuginfod ---- */

struct meter { unsigned calls; bool stop; };

static bool progress(void *arg, long done, long total)
{
	struct meter *m = arg;

	(void)done, (void)total;
	m->calls++;
	return m->stop;
}

/* A folder serves as server: libcurl reads file:// as well. */
static void serve(const char *root)
{
	char text[512];
	void *lib = dlopen("libdebuginfod.so.1", RTLD_LAZY);

	if (!lib)
		skip();
	snprintf(text, sizeof(text), "file://%s/server", root);
	setenv("DEBUGINFOD_URLS", text, 1);
	snprintf(text, sizeof(text), "%s/cache", root);
	setenv("DEBUGINFOD_CACHE_PATH", text, 1);
}

static void test_server(void **state)
{
	struct meter meter = { 0 };
	struct debugfind_want want = { .build_id = ID, .release = RELEASE, .root = *state,
				       .progress = progress, .arg = &meter };

	serve(*state);
	put_file(*state, "/server/buildid/" ID "/debuginfo", ET_EXEC);
	found_at(&want, "/cache/" ID "/debuginfo");
	assert_true(meter.calls > 0);
	/* from the cache, as the server is gone */
	setenv("DEBUGINFOD_URLS", "file:///nonexistent", 1);
	found_at(&want, "/cache/" ID "/debuginfo");
	want.progress = NULL;
	found_at(&want, "/cache/" ID "/debuginfo");
}

static void test_server_without_it(void **state)
{
	struct debugfind_want want = { .build_id = OTHER, .root = *state };

	serve(*state);
	put_file(*state, "/server/buildid/" ID "/debuginfo", ET_EXEC);
	not_found(&want, "nor by debuginfod: ");
}

/* What a server sends is believed no more than anything else. */
static void test_server_that_lies(void **state)
{
	struct debugfind_want want = { .build_id = OTHER, .root = *state };

	serve(*state);
	put_file(*state, "/server/buildid/" OTHER "/debuginfo", ET_EXEC);
	not_found(&want, "is not what was asked for");
}

/* A server that listens and never answers. */
static int listen_only(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[64];

	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4))
		skip();
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(at.sin_port));
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("no_proxy", "127.0.0.1", 1);
	return fd;
}

static void test_server_interrupted(void **state)
{
	struct meter meter = { .stop = true };
	struct debugfind_want want = { .build_id = ID, .root = *state, .progress = progress,
				       .arg = &meter };
	struct debugfile *f;
	struct cairn_err err;
	int fd;

	serve(*state);
	fd = listen_only();
	assert_int_equal(debugfind(&f, &want, &err), CAIRN_INTERRUPTED);
	assert_null(f);
	assert_true(meter.calls > 0);
	close(fd);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_root, drop_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kernel),
		TEST(test_wrong_kernel),
		TEST(test_module),
		TEST(test_hostile_names),
		TEST(test_server),
		TEST(test_server_without_it),
		TEST(test_server_that_lies),
		TEST(test_server_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
