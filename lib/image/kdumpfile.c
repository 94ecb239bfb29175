/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/kdumpfile.h"

#include <libkdumpfile/kdumpfile.h>

#include "lib/base/mem.h"

struct kdumpfile {
	kdump_ctx_t *ctx;
	kdump_bmp_t *dumped;  /* pages in the file; NULL: the format has no bitmap */
	kdump_bmp_t *memory;  /* pages of the machine; NULL likewise */
	const char *format;
	unsigned page_shift;
	uint64_t base_pfn;    /* file pfn 0 is this pfn of the machine */
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

static enum cairn_code setup(struct kdumpfile *k, const int *fds, size_t nfds,
			     const struct dumpfile *head, struct cairn_err *err)
{
	kdump_num_t shift, max_pfn;
	kdump_status st;

	/* the default maps the file: one that is cut short then kills us with SIGBUS */
	kdump_set_number_attr(k->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	st = kdump_open_fdset(k->ctx, (unsigned)nfds, fds);
	if (st != KDUMP_OK)
		return lib_error(k->ctx, st, err);
	/* 0.5.1 reads max_mapnr_64 of ARM's sub-header from the wrong place */
	if (kdump_get_number_attr(k->ctx, "max_pfn", &max_pfn) == KDUMP_OK && !max_pfn &&
	    head->max_pfn)
		kdump_set_number_attr(k->ctx, "max_pfn", head->max_pfn);
	if (kdump_get_number_attr(k->ctx, KDUMP_ATTR_PAGE_SHIFT, &shift) != KDUMP_OK) {
		shift = 12;
		kdump_set_number_attr(k->ctx, KDUMP_ATTR_PAGE_SHIFT, shift);
	}
	if (shift < 12 || shift > 16)
		return cairn_fail(err, CAIRN_FORMAT, "page size of 2^%u bytes", (unsigned)shift);
	k->page_shift = (unsigned)shift;
	if (kdump_get_string_attr(k->ctx, KDUMP_ATTR_FILE_FORMAT, &k->format) != KDUMP_OK)
		k->format = "unknown";
	k->base_pfn = head->phys_base >> k->page_shift;
	k->dumped = bitmap(k->ctx, KDUMP_ATTR_FILE_PAGEMAP);
	k->memory = bitmap(k->ctx, KDUMP_ATTR_MEMORY_PAGEMAP);
	kdump_clear_err(k->ctx);
	return CAIRN_OK;
}

enum cairn_code kdumpfile_open(struct kdumpfile **ret, const int *fds, size_t nfds,
			       const struct dumpfile *head, struct cairn_err *err)
{
	struct kdumpfile *k = mem_zalloc(1, sizeof(*k));
	enum cairn_code code;

	if (!k)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	k->ctx = kdump_new();
	code = k->ctx ? setup(k, fds, nfds, head, err)
		      : cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	if (code != CAIRN_OK) {
		kdumpfile_close(k);
		return code;
	}
	*ret = k;
	return CAIRN_OK;
}

void kdumpfile_close(struct kdumpfile *k)
{
	if (!k)
		return;
	if (k->dumped)
		kdump_bmp_decref(k->dumped);
	if (k->memory)
		kdump_bmp_decref(k->memory);
	if (k->ctx)
		kdump_free(k->ctx);
	mem_free(k);
}

unsigned kdumpfile_page_shift(const struct kdumpfile *k)
{
	return k->page_shift;
}

const char *kdumpfile_format(const struct kdumpfile *k)
{
	return k->format;
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

enum cairn_fault kdumpfile_page(struct kdumpfile *k, uint64_t pfn, void *buf)
{
	size_t len = (size_t)1 << k->page_shift;
	enum cairn_fault fault;

	if (pfn < k->base_pfn || pfn - k->base_pfn > UINT64_MAX >> k->page_shift)
		return CAIRN_FAULT_ABSENT;
	pfn -= k->base_pfn;
	if (k->dumped && !has_bit(k->dumped, pfn))
		return k->memory && has_bit(k->memory, pfn) ? CAIRN_FAULT_EXCLUDED
							    : CAIRN_FAULT_ABSENT;
	fault = fault_of(kdump_read(k->ctx, KDUMP_MACHPHYSADDR, pfn << k->page_shift, buf, &len));
	if (fault != CAIRN_FAULT_NONE)
		kdump_clear_err(k->ctx);
	return fault;
}

bool kdumpfile_next(struct kdumpfile *k, uint64_t *pfn)
{
	kdump_addr_t idx = *pfn > k->base_pfn ? *pfn - k->base_pfn : 0;

	if (!k->dumped || kdump_bmp_find_set(k->dumped, &idx) != KDUMP_OK)
		return false;
	*pfn = idx + k->base_pfn;
	return true;
}
