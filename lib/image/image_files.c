/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "lib/image/image_impl.h"

/* ---- a split set ---- */

static enum cairn_code check_set(const struct image *img, const char *const *paths,
				 struct cairn_err *err)
{
	for (size_t i = 0; i < img->nfiles; i++) {
		if (img->heads[i].format != DUMPFILE_KDUMP || !img->heads[i].split)
			return cairn_fail(err, CAIRN_USAGE, "%zu files given, but %s is not part of "
					  "a split dump", img->nfiles, paths[i]);
		if (img->heads[i].set_id != img->heads[0].set_id)
			return cairn_fail(err, CAIRN_USAGE, "%s and %s are of different dumps",
					  paths[0], paths[i]);
	}
	return CAIRN_OK;
}

static int by_start(const void *a, const void *b)
{
	const struct dumpfile *x = *(const struct dumpfile *const *)a;
	const struct dumpfile *y = *(const struct dumpfile *const *)b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

/* The first stretch of pages that no file of a set holds; false: none. */
static bool first_gap(const struct dumpfile **sorted, size_t n, uint64_t *from, uint64_t *to)
{
	uint64_t at = 0, max = sorted[0]->max_pfn;

	qsort(sorted, n, sizeof(*sorted), by_start);
	for (size_t i = 0; i < n && at < max; i++) {
		if (sorted[i]->start_pfn > at) {
			*from = at;
			*to = sorted[i]->start_pfn < max ? sorted[i]->start_pfn : max;
			return true;
		}
		if (sorted[i]->end_pfn > at)
			at = sorted[i]->end_pfn;
	}
	*from = at;
	*to = max;
	return at < max;
}

static enum cairn_code find_gap(struct image *img, struct cairn_err *err)
{
	const struct dumpfile **sorted = arena_array(&img->arena, img->nfiles, sizeof(*sorted));
	unsigned long long size = img->heads[0].block_size, base = img->heads[0].phys_base;
	uint64_t from, to;

	if (!sorted)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the set");
	for (size_t i = 0; i < img->nfiles; i++)
		sorted[i] = &img->heads[i];
	if (!first_gap(sorted, img->nfiles, &from, &to))
		return CAIRN_OK;
	img->info.damage = arena_printf(&img->arena, "a file of the split set is missing: the one "
					"with physical memory from %#llx to %#llx",
					base + from * size, base + to * size);
	return img->info.damage ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory");
}

/* ---- each file ---- */

static enum cairn_code note_damage(struct image *img, size_t i, const char *path,
				   struct cairn_err *err)
{
	const struct rawfile *f = &img->files[i];
	const struct dumpfile *h = &img->heads[i];
	unsigned long long size = f->size, promised = h->promised;
	struct image_info *info = &img->info;

	if (h->promised <= f->size && !f->cut && !h->incomplete)
		return CAIRN_OK;
	if (!info->truncated)
		info->missing_from = f->size;
	info->truncated = true;
	if (info->damage)
		return CAIRN_OK;
	if (f->cut)
		info->damage = arena_printf(&img->arena, "%s is cut off: its %s content ends at "
					    "%#llx", path, f->how, size);
	else if (h->promised > f->size)
		info->damage = arena_printf(&img->arena, "%s is cut off at %#llx; %llu bytes or more "
					    "are missing", path, size, promised - size);
	else
		info->damage = arena_printf(&img->arena, "%s was not written to its end: the disk "
					    "was full", path);
	return info->damage ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory");
}

enum cairn_code image_check_files(struct image *img, const char *const *paths,
				  struct cairn_err *err)
{
	enum cairn_code code = img->nfiles > 1 ? check_set(img, paths, err) : CAIRN_OK;

	if (code == CAIRN_OK && img->heads[0].split)
		code = find_gap(img, err);
	for (size_t i = 0; i < img->nfiles && code == CAIRN_OK; i++) {
		img->info.file_size += img->files[i].disk_size;
		code = note_damage(img, i, paths[i], err);
	}
	return code;
}
