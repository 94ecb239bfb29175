/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/kdumpfile.h"

#include <libkdumpfile/kdumpfile.h>
#include <string.h>

#include "lib/base/mem.h"

struct other_pages {
	struct pages base;
	kdump_ctx_t *ctx;
	kdump_bmp_t *dumped; /* pages in the file; NULL: the format has no bitmap */
	kdump_bmp_t *memory; /* pages of the machine; NULL likewise */
};

static kdump_bmp_t *bitmap(kdump_ctx_t *ctx, const char *key)
{
	kdump_attr_t attr = { .type = KDUMP_BITMAP };

	if (kdump_get_typed_attr(ctx, key, &attr) != KDUMP_OK)
		return NULL;
	kdump_bmp_incref(attr.val.bitmap);
	return attr.val.bitmap;
}

static bool has_bit(kdump_bmp_t *bmp, uint64_t pfn)
{
	unsigned char byte = 0;

	return kdump_bmp_get_bits(bmp, pfn, pfn, &byte) == KDUMP_OK && (byte & 1);
}

static enum cairn_code lib_error(kdump_ctx_t *ctx, kdump_status st, struct cairn_err *err)
{
	const char *text = kdump_get_err(ctx);

	return cairn_fail(err, st == KDUMP_ERR_SYSTEM ? CAIRN_IO : CAIRN_FORMAT, "%s",
			  text ? text : kdump_strerror(st));
}

static enum cairn_code setup(struct other_pages *o, int fd, struct cairn_err *err)
{
	kdump_num_t shift = 12;
	kdump_status st;

	/* the default maps the file: one that is cut short then kills us with SIGBUS */
	kdump_set_number_attr(o->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	st = kdump_open_fd(o->ctx, fd);
	if (st != KDUMP_OK)
		return lib_error(o->ctx, st, err);
	if (kdump_get_number_attr(o->ctx, KDUMP_ATTR_PAGE_SHIFT, &shift) != KDUMP_OK)
		kdump_set_number_attr(o->ctx, KDUMP_ATTR_PAGE_SHIFT, shift);
	if (shift < 12 || shift > 16)
		return cairn_fail(err, CAIRN_FORMAT, "page size of 2^%u bytes", (unsigned)shift);
	o->base.page_shift = (unsigned)shift;
	if (kdump_get_string_attr(o->ctx, KDUMP_ATTR_FILE_FORMAT, &o->base.format) != KDUMP_OK)
		o->base.format = "unknown";
	o->dumped = bitmap(o->ctx, KDUMP_ATTR_FILE_PAGEMAP);
	o->memory = bitmap(o->ctx, KDUMP_ATTR_MEMORY_PAGEMAP);
	kdump_clear_err(o->ctx);
	return CAIRN_OK;
}

static enum cairn_fault fault_of(kdump_status st)
{
	switch (st) {
	case KDUMP_OK: return CAIRN_FAULT_NONE;
	case KDUMP_ERR_NODATA: return CAIRN_FAULT_EXCLUDED;
	case KDUMP_ERR_EOF:
	case KDUMP_ERR_SYSTEM: return CAIRN_FAULT_TRUNCATED;
	default: return CAIRN_FAULT_CORRUPT;
	}
}

/* A read that fails in the library costs up to 10 us, most of it the making of a message:
 * its bitmaps are asked first. */
static enum cairn_fault other_find(struct pages *p, uint64_t pfn, struct page_place *ret)
{
	struct other_pages *o = (struct other_pages *)p;

	*ret = (struct page_place){ .pfn = pfn };
	if (pfn > UINT64_MAX >> p->page_shift)
		return CAIRN_FAULT_ABSENT;
	if (o->dumped && !has_bit(o->dumped, pfn))
		return o->memory && has_bit(o->memory, pfn) ? CAIRN_FAULT_EXCLUDED
							    : CAIRN_FAULT_ABSENT;
	return CAIRN_FAULT_NONE;
}

static enum cairn_fault other_load(const struct pages *p, const struct page_place *at,
				   struct codec *codec, void *buf)
{
	const struct other_pages *o = (const struct other_pages *)p;
	size_t len = (size_t)1 << p->page_shift;
	enum cairn_fault fault;

	(void)codec;
	fault = fault_of(kdump_read(o->ctx, KDUMP_MACHPHYSADDR, at->pfn << p->page_shift, buf,
				    &len));
	if (fault != CAIRN_FAULT_NONE)
		kdump_clear_err(o->ctx);
	return fault;
}

static bool other_next(struct pages *p, uint64_t *pfn)
{
	struct other_pages *o = (struct other_pages *)p;
	kdump_addr_t idx = *pfn;

	if (!o->dumped || kdump_bmp_find_set(o->dumped, &idx) != KDUMP_OK)
		return false;
	*pfn = idx;
	return true;
}

static bool other_last(struct pages *p, uint64_t *pfn)
{
	uint64_t at = 0, step, probe;

	if (!other_next(p, &at))
		return false;
	for (step = UINT64_C(1) << 51; step; step >>= 1) {
		probe = at + step;
		if (other_next(p, &probe))
			at = probe;
	}
	*pfn = at;
	return true;
}

static void other_close(struct pages *p)
{
	struct other_pages *o = (struct other_pages *)p;

	if (o->dumped)
		kdump_bmp_decref(o->dumped);
	if (o->memory)
		kdump_bmp_decref(o->memory);
	if (o->ctx)
		kdump_free(o->ctx);
	mem_free(o);
}

static const struct pages_ops other_ops = {
	.find = other_find, .load = other_load, .next = other_next, .last = other_last,
	.close = other_close,
};

enum cairn_code other_pages_open(struct pages **ret, const struct rawfile *file,
				 struct cairn_err *err)
{
	struct other_pages *o;
	enum cairn_code code;

	if (file->segs)
		return cairn_fail(err, CAIRN_FORMAT, "a flattened file of an unknown format");
	o = mem_zalloc(1, sizeof(*o));
	if (!o)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	o->base.ops = &other_ops;
	o->ctx = kdump_new();
	code = o->ctx ? setup(o, file->fd, err)
		      : cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	if (code == CAIRN_OK)
		*ret = &o->base;
	else
		other_close(&o->base);
	return code;
}

const struct arch *other_pages_arch(const struct pages *p)
{
	static const struct { const char *theirs; enum arch_id ours; } names[] = {
		{ KDUMP_ARCH_X86_64, ARCH_X86_64 }, { KDUMP_ARCH_IA32, ARCH_I386 },
		{ KDUMP_ARCH_ARM, ARCH_ARM }, { KDUMP_ARCH_AARCH64, ARCH_ARM64 },
	};
	const struct other_pages *o = (const struct other_pages *)p;
	const char *name;

	if (p->ops != &other_ops ||
	    kdump_get_string_attr(o->ctx, KDUMP_ATTR_ARCH_NAME, &name) != KDUMP_OK)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].theirs, name))
			return arch_by_id(names[i].ours);
	return NULL;
}
