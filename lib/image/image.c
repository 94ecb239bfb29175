/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/image/image_impl.h"
#include "lib/image/unwrap.h"

#define FILES_LIMIT 256

const struct image_info *image_info(const struct image *img)
{
	return &img->info;
}

uint64_t image_pages_read(const struct image *img)
{
	return img->pages_read;
}

/* NAME.from-BASE.zst: as testdata/captures.py stores all captures of a kernel but one. */
static bool is_difference(const char *path)
{
	const char *from = strstr(path, ".from-");
	size_t n = strlen(path);

	return from && n > 4 && !strcmp(path + n - 4, ".zst") && !strchr(from, '/');
}

static enum cairn_code fail_difference(const char *path, struct cairn_err *err)
{
	const char *base = strstr(path, ".from-") + 6, *name = strrchr(path, '/');
	int n = (int)strlen(base) - 4;

	return cairn_fail(err, CAIRN_FORMAT,
			  "%s: no dump, but the difference to that of %.*s; unpack it with both: "
			  "zstd -d --long=27 --patch-from=%.*s.kdump (itself unpacked)",
			  name ? name + 1 : path, n, base, n, base);
}

static enum cairn_code open_file(struct image *img, const char *path, struct cairn_err *err)
{
	struct rawfile *f = &img->files[img->nfiles];
	/* not blocking: opening a pipe that nobody writes to would never end */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum cairn_code code;

	if (fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	code = unwrap(f, fd, err);
	if (code == CAIRN_OK)
		code = dumpfile_read(&img->heads[img->nfiles++], f, &img->arena, err);
	if (code == CAIRN_FORMAT && is_difference(path))
		return fail_difference(path, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "%s", path);
}

static enum cairn_code open_files(struct image *img, const char *const *paths, size_t npaths,
				  struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	if (!npaths || npaths > FILES_LIMIT)
		return cairn_fail(err, CAIRN_USAGE, "%zu dump files given; 1 to %d can be opened",
				  npaths, FILES_LIMIT);
	img->files = arena_array(&img->arena, npaths, sizeof(*img->files));
	img->heads = arena_array(&img->arena, npaths, sizeof(*img->heads));
	if (!img->files || !img->heads)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open %zu files", npaths);
	for (size_t i = 0; i < npaths && code == CAIRN_OK; i++)
		code = open_file(img, paths[i], err);
	return code;
}

/* An ELF core does not say; VMCOREINFO does. */
static unsigned elf_page_shift(const struct vmcoreinfo *v)
{
	int64_t size;
	char buf[16];

	if (!vmcoreinfo_get(v, "PAGESIZE", buf, sizeof(buf)))
		return 12;
	size = strtol(buf, NULL, 10);
	for (unsigned shift = 12; shift <= 16; shift++)
		if (size == 1L << shift)
			return shift;
	return 12;
}

static enum cairn_code fill_info(struct image *img, const char *path, struct cairn_err *err)
{
	const struct dumpfile *h = &img->heads[0];
	const char *how = img->files[0].how;
	struct image_info *info = &img->info;

	info->path = arena_strdup(&img->arena, path);
	info->format = img->pages->format;
	if (img->nfiles > 1)
		info->format = arena_printf(&img->arena, "%s (split in %zu%s%s)",
					    img->pages->format, img->nfiles, *how ? ", " : "", how);
	else if (*how)
		info->format = arena_printf(&img->arena, "%s (%s)", img->pages->format, how);
	if (!info->path || !info->format)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	info->arch = h->arch;
	info->page_shift = img->pages->page_shift;
	info->notes = h->notes;
	info->notes_len = h->notes_len;
	info->kdump = h->kdump;
	info->kdump_base = h->phys_base;
	return CAIRN_OK;
}

static enum cairn_code open_pages(struct image *img, struct cairn_err *err)
{
	unsigned shift = elf_page_shift(&img->info.vmcoreinfo);
	enum cairn_code code = pages_open(&img->pages, img->heads, img->files, img->nfiles, shift,
					  err);

	if (code != CAIRN_OK)
		return code;
	img->codec = codec_new();
	return img->codec ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory to unpack pages");
}

static enum cairn_code open_image(struct image *img, const char *const *paths, size_t npaths,
				  struct cairn_err *err)
{
	enum cairn_code code = open_files(img, paths, npaths, err);

	if (code == CAIRN_OK)
		code = image_check_files(img, paths, err);
	if (code != CAIRN_OK)
		return code;
	img->info.vmcoreinfo = (struct vmcoreinfo){
		.text = img->heads[0].vmcoreinfo, .len = img->heads[0].vmcoreinfo_len,
	};
	code = open_pages(img, err);
	if (code != CAIRN_OK)
		return cairn_context(err, code, "%s", paths[0]);
	code = fill_info(img, paths[0], err);
	return code == CAIRN_OK ? image_cache_init(img, err) : code;
}

enum cairn_code image_open(struct image **ret, const char *const *paths, size_t npaths,
			   struct cairn_err *err)
{
	struct image *img = mem_zalloc(1, sizeof(*img));
	enum cairn_code code;

	if (!img)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	code = open_image(img, paths, npaths, err);
	if (code != CAIRN_OK) {
		image_close(img);
		return code;
	}
	*ret = img;
	return CAIRN_OK;
}

enum cairn_code image_clone(struct image **ret, struct image *img, struct cairn_err *err)
{
	const struct image *origin = img->origin ? img->origin : img;
	struct image *twin = mem_zalloc(1, sizeof(*twin));
	enum cairn_code code;

	if (!twin)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a second handle");
	twin->origin = origin;
	twin->info = img->info;
	twin->files = origin->files;
	twin->heads = origin->heads;
	twin->nfiles = origin->nfiles;
	code = open_pages(twin, err);
	if (code == CAIRN_OK)
		code = image_cache_init(twin, err);
	if (code != CAIRN_OK) {
		image_close(twin);
		return code;
	}
	*ret = twin;
	return CAIRN_OK;
}

void image_close(struct image *img)
{
	if (!img)
		return;
	image_cache_deinit(img);
	record_deinit(&img->record);
	overlay_deinit(&img->overlay);
	pages_close(img->pages);
	codec_free(img->codec);
	codec_free(img->helper);
	for (size_t i = 0; !img->origin && i < img->nfiles; i++)
		rawfile_close(&img->files[i]);
	arena_deinit(&img->arena);
	mem_free(img);
}
