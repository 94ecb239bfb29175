/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/kdumpwrite.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cursor.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/image/note.h"
#include "lib/image/packer.h"

#define VERSION    6
#define LEVEL      31 /* zero, cache, private, user and free pages may be missing */
#define CODEC_BITS (CODEC_ZLIB | CODEC_LZO | CODEC_SNAPPY | CODEC_ZSTD)
#define BATCH      256
#define PFN_LIMIT  ((uint64_t)1 << 34) /* 64 TiB of 4 KiB pages, 4 GiB of bitmaps */
#define PFN_FREE   ((uint64_t)1 << 29) /* what a small file is believed to have: 2 TiB */

struct writer {
	struct kdumpwrite *w;
	struct image *img;
	const struct image_info *info;
	struct packer *packer;
	int fd;
	size_t block;
	uint64_t base_pfn, max_pfn; /* pfn 0 of the file; pages that it covers */
	uint64_t sub_blocks, map_blocks; /* the latter of one bitmap */
	uint64_t descs, desc, data; /* offsets: of the first descriptor, the next one, data */
	uint64_t zeros;             /* offset of a packed page of zeros; 0: none yet */
	uint32_t zeros_size, zeros_kind;
	size_t next_blank;
	unsigned char *batch;       /* BATCH pages */
};

static void put(unsigned char *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

static enum cairn_code write_at(struct writer *w, const void *data, size_t len, uint64_t off,
				struct cairn_err *err)
{
	if (fd_write_at(w->fd, data, len, off))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_IO, "write: %s", strerror(errno));
}

/* ---- headers ---- */

static const struct kdump_sub_layout *sub_layout(const struct writer *w)
{
	if (w->info->arch->word == 8)
		return &kdump_sub64;
	return w->info->arch->id == ARCH_ARM ? &kdump_sub32_arm : &kdump_sub32;
}

/* The headers of a file that had none of this kind. */
static void make_head(const struct writer *w, struct kdump_head *h)
{
	uint64_t phys_base = w->base_pfn << w->info->page_shift;
	struct note n;
	size_t pos = 0;
	uint32_t cpus = 0;
	unsigned char *tail;
	int64_t base;

	*h = (struct kdump_head){ .layout = sub_layout(w) };
	memcpy(h->head + KDUMP_UTSNAME, w->w->utsname, sizeof(w->w->utsname));
	while (note_next(w->info->notes, w->info->notes_len, &pos, &n))
		cpus += note_is(&n, "CORE", 1);
	tail = h->head + (h->layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);
	put(tail + KDUMP_NR_CPUS, cpus, 4);
	if (w->info->arch->id == ARCH_X86_64 &&
	    vmcoreinfo_number(&w->info->vmcoreinfo, "phys_base", &base))
		phys_base = (uint64_t)base;
	put(h->sub, phys_base, h->layout->word);
	put(h->sub + h->layout->level, LEVEL, 4);
}

static void patch_head(const struct writer *w, struct kdump_head *h)
{
	unsigned char *tail = h->head + (h->layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);

	memcpy(h->head, "KDUMP   ", 8);
	put(h->head + 8, VERSION, 4);
	put(tail, (le32(tail) & ~(uint32_t)CODEC_BITS) | w->w->codec |
			  (w->info->truncated ? KDUMP_STATUS_INCOMPLETE : 0), 4);
	put(tail + KDUMP_BLOCK_SIZE, w->block, 4);
	put(tail + KDUMP_SUB_BLOCKS, w->sub_blocks, 4);
	put(tail + KDUMP_MAP_BLOCKS, 2 * w->map_blocks, 4);
	put(tail + KDUMP_MAX_MAPNR, w->max_pfn < UINT32_MAX ? w->max_pfn : UINT32_MAX, 4);
}

/* Where the text of VMCOREINFO lies among the notes; false if it is not there. */
static bool vmcoreinfo_in_notes(const struct image_info *info, uint64_t *off, uint64_t *len)
{
	struct note n;
	size_t pos = 0;

	while (note_next(info->notes, info->notes_len, &pos, &n))
		if (note_is(&n, "VMCOREINFO", 0)) {
			*off = (uint64_t)((const char *)n.desc - (const char *)info->notes);
			*len = n.desc_len;
			return true;
		}
	return false;
}

/* The file's own VMCOREINFO where it is no note; what was found in memory is found again. */
static bool vmcoreinfo_apart(const struct image_info *info)
{
	uint64_t off, len;

	return info->vmcoreinfo.text && !info->vmcoreinfo_searched &&
	       !vmcoreinfo_in_notes(info, &off, &len);
}

static void patch_sub(const struct writer *w, struct kdump_head *h, uint64_t notes_at)
{
	const struct kdump_sub_layout *l = h->layout;
	const struct image_info *info = w->info;
	uint64_t off = 0, len = 0;

	if (vmcoreinfo_in_notes(info, &off, &len))
		off += notes_at;
	else if (vmcoreinfo_apart(info)) {
		off = notes_at + info->notes_len;
		len = info->vmcoreinfo.len;
	}
	put(h->sub + l->split, 0, 4);
	put(h->sub + l->start_pfn, 0, l->word);
	put(h->sub + l->end_pfn, 0, l->word);
	put(h->sub + l->off_vmcoreinfo, off, 8);
	put(h->sub + l->size_vmcoreinfo, len, l->word);
	put(h->sub + l->off_note, info->notes_len ? notes_at : 0, 8);
	put(h->sub + l->size_note, info->notes_len, l->word);
	put(h->sub + l->off_erase, 0, 8);
	put(h->sub + l->size_erase, 0, l->word);
	put(h->sub + l->start_pfn_64, 0, 8);
	put(h->sub + l->end_pfn_64, 0, 8);
	put(h->sub + l->max_mapnr_64, w->max_pfn, 8);
}

static enum cairn_code write_headers(struct writer *w, struct cairn_err *err)
{
	const struct image_info *info = w->info;
	uint64_t notes_at = w->block + KDUMP_SUB_SIZE;
	struct kdump_head h;
	enum cairn_code code;

	if (info->kdump)
		h = *info->kdump;
	else
		make_head(w, &h);
	patch_head(w, &h);
	patch_sub(w, &h, notes_at);
	code = write_at(w, h.head, sizeof(h.head), 0, err);
	if (code == CAIRN_OK)
		code = write_at(w, h.sub, sizeof(h.sub), w->block, err);
	if (code == CAIRN_OK)
		code = write_at(w, info->notes, info->notes_len, notes_at, err);
	if (code == CAIRN_OK && vmcoreinfo_apart(info))
		code = write_at(w, info->vmcoreinfo.text, info->vmcoreinfo.len,
				notes_at + info->notes_len, err);
	return code;
}

/* ---- bitmaps ---- */

/* A piece of a bitmap being made, one block long. */
struct map_block {
	uint64_t at;  /* offset in the file; 0: none */
	bool any;
	unsigned char bits[65536];
};

static enum cairn_code flush_map(struct writer *w, struct map_block *m, struct cairn_err *err)
{
	if (!m->any)
		return CAIRN_OK;
	m->any = false;
	return write_at(w, m->bits, w->block, m->at, err);
}

static void set_run(unsigned char *bits, uint64_t bit, uint64_t end)
{
	for (; bit < end && bit % 8; bit++)
		bits[bit / 8] |= (unsigned char)(1u << bit % 8);
	memset(bits + bit / 8, 0xff, (end - bit) / 8);
	for (bit += (end - bit) / 8 * 8; bit < end; bit++)
		bits[bit / 8] |= (unsigned char)(1u << bit % 8);
}

/* Set the bits of [pfn, end), which come in order. */
static enum cairn_code set_bits(struct writer *w, struct map_block *m, uint64_t map, uint64_t pfn,
				uint64_t end, struct cairn_err *err)
{
	uint64_t in_block = (uint64_t)w->block * 8;

	while (pfn < end) {
		uint64_t first = pfn / in_block * in_block, at = map + first / 8;
		uint64_t stop = end - first < in_block ? end : first + in_block;

		if (at != m->at) {
			enum cairn_code code = flush_map(w, m, err);

			if (code != CAIRN_OK)
				return code;
			if (w->w->stop && w->w->stop())
				return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
			memset(m->bits, 0, w->block);
			m->at = at;
		}
		set_run(m->bits, pfn - first, stop - first);
		m->any = true;
		pfn = stop;
	}
	return CAIRN_OK;
}

static enum cairn_code write_ram_map(struct writer *w, struct map_block *m, struct cairn_err *err)
{
	uint64_t map = (1 + w->sub_blocks) * w->block, pfn = 0, end;
	enum cairn_code code = CAIRN_OK;

	while (code == CAIRN_OK && image_next_ram(w->img, &pfn, &end) &&
	       pfn < w->base_pfn + w->max_pfn) {
		if (end - w->base_pfn > w->max_pfn)
			end = w->base_pfn + w->max_pfn;
		code = set_bits(w, m, map, pfn - w->base_pfn, end - w->base_pfn, err);
		pfn = end;
	}
	return code == CAIRN_OK ? flush_map(w, m, err) : code;
}

static bool in_file(const struct writer *w, uint64_t pfn)
{
	return pfn >= w->base_pfn && pfn - w->base_pfn < w->max_pfn;
}

static enum cairn_code write_dump_map(struct writer *w, struct map_block *m,
				      struct cairn_err *err)
{
	uint64_t map = (1 + w->sub_blocks + w->map_blocks) * w->block, n = 0;
	enum cairn_code code = CAIRN_OK;

	for (uint64_t pfn = 0; code == CAIRN_OK && record_next(w->w->pages, &pfn); pfn++)
		if (in_file(w, pfn)) {
			code = set_bits(w, m, map, pfn - w->base_pfn, pfn - w->base_pfn + 1, err);
			n++;
		}
	w->desc = w->descs = map + w->map_blocks * w->block;
	w->data = w->descs + n * KDUMP_DESC_SIZE;
	return code == CAIRN_OK ? flush_map(w, m, err) : code;
}

static enum cairn_code write_maps(struct writer *w, struct cairn_err *err)
{
	struct map_block *m = mem_zalloc(1, sizeof(*m));
	enum cairn_code code;

	if (!m)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to write a dump");
	code = write_ram_map(w, m, err);
	if (code == CAIRN_OK)
		code = write_dump_map(w, m, err);
	mem_free(m);
	return code;
}

/* ---- pages ---- */

/* Zero what of [paddr, paddr + block) is blank; pages come in order. */
static void blank_out(struct writer *w, uint64_t paddr, unsigned char *page)
{
	const struct kdumpwrite *k = w->w;

	while (w->next_blank < k->nblank) {
		const struct kdump_blank *b = &k->blank[w->next_blank];
		uint64_t from = b->paddr > paddr ? b->paddr : paddr;
		uint64_t to = b->paddr + b->len;

		if (b->paddr >= paddr + w->block)
			break;
		if (to > paddr + w->block)
			to = paddr + w->block;
		if (from < to)
			memset(page + (from - paddr), 0, to - from);
		if (b->paddr + b->len > paddr + w->block)
			break;
		w->next_blank++;
	}
}

static bool all_zero(const unsigned char *page, size_t size)
{
	return !page[0] && !memcmp(page, page + 1, size - 1);
}

static enum cairn_code write_desc(struct writer *w, uint64_t off, uint32_t size, uint32_t kind,
				  struct cairn_err *err)
{
	unsigned char d[KDUMP_DESC_SIZE] = { 0 };

	put(d, off, 8);
	put(d + 8, size, 4);
	put(d + 12, kind, 4);
	w->desc += sizeof(d);
	w->w->npages++;
	return write_at(w, d, sizeof(d), w->desc - sizeof(d), err);
}

/* The descriptor of a page that was never written is zero; no page has no bytes. */
static enum cairn_code write_damaged(struct writer *w, enum cairn_fault fault,
				     struct cairn_err *err)
{
	w->w->ndamaged++;
	return write_desc(w, fault == CAIRN_FAULT_TRUNCATED ? 0 : w->data, 0, CODEC_NONE, err);
}

static enum cairn_code write_page(struct writer *w, uint64_t paddr, unsigned char *page,
				  struct cairn_err *err)
{
	enum codec_kind kind;
	const void *packed;
	uint64_t off = w->data;
	enum cairn_code code;
	size_t n;
	bool zero;

	blank_out(w, paddr, page);
	zero = all_zero(page, w->block);
	if (zero && w->zeros)
		return write_desc(w, w->zeros, w->zeros_size, w->zeros_kind, err);
	n = packer_pack(w->packer, page, w->block, &packed, &kind);
	if (zero) {
		w->zeros = off;
		w->zeros_size = (uint32_t)n;
		w->zeros_kind = kind;
	}
	w->data += n;
	code = write_at(w, packed, n, off, err);
	return code == CAIRN_OK ? write_desc(w, off, (uint32_t)n, kind, err) : code;
}

static size_t gather(struct writer *w, uint64_t *pfn, struct image_load *loads)
{
	size_t n = 0;

	for (; n < BATCH && record_next(w->w->pages, pfn); ++*pfn) {
		if (!in_file(w, *pfn))
			continue;
		loads[n].paddr = *pfn << w->info->page_shift;
		loads[n].to = w->batch + n * w->block;
		n++;
	}
	return n;
}

static enum cairn_code write_pages(struct writer *w, struct cairn_err *err)
{
	struct image_load loads[BATCH];
	enum cairn_code code = CAIRN_OK;
	uint64_t pfn = 0;
	size_t n;

	while (code == CAIRN_OK && (n = gather(w, &pfn, loads)) != 0) {
		if (w->w->stop && w->w->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		image_search_begin(w->img);
		image_load(w->img, loads, n);
		image_search_end(w->img);
		for (size_t i = 0; i < n && code == CAIRN_OK; i++)
			code = loads[i].fault == CAIRN_FAULT_NONE
				       ? write_page(w, loads[i].paddr, loads[i].to, err)
				       : write_damaged(w, loads[i].fault, err);
	}
	return code;
}

/* ---- the file ---- */

/* A program header can claim any amount of memory that the file does not have. A kdump file
 * has bitmaps of it, too: none that is real is smaller than one of them. */
static void bound_claim(struct writer *w)
{
	uint64_t believed = w->info->file_size < PFN_LIMIT / 8 ? w->info->file_size * 8 : PFN_LIMIT;

	believed = believed > PFN_FREE ? believed : PFN_FREE;
	w->max_pfn = w->max_pfn < believed ? w->max_pfn : believed;
}

static enum cairn_code plan(struct writer *w, struct cairn_err *err)
{
	const struct image_info *info = w->info;
	uint64_t first = 0, end = 0, pfn = 0, last, head;

	if (!info->arch)
		return cairn_fail(err, CAIRN_MISSING, "the dump does not tell its machine");
	while (image_next_ram(w->img, &pfn, &last)) {
		first = end ? first : pfn;
		end = pfn = last;
	}
	w->block = (size_t)1 << info->page_shift;
	w->base_pfn = info->kdump ? info->kdump_base >> info->page_shift
				  : info->arch->id == ARCH_ARM ? first : 0;
	w->max_pfn = end > w->base_pfn ? end - w->base_pfn : 0;
	if (w->max_pfn > PFN_LIMIT)
		return cairn_fail(err, CAIRN_LIMIT, "the dump claims %#llx pages of memory",
				  (unsigned long long)w->max_pfn);
	bound_claim(w);
	/* where bitmaps contradict each other, pages lie behind the end of RAM */
	for (pfn = w->base_pfn + w->max_pfn;
	     record_next(w->w->pages, &pfn) && pfn - w->base_pfn < PFN_LIMIT; pfn++)
		w->max_pfn = pfn - w->base_pfn + 1;
	head = KDUMP_SUB_SIZE + info->notes_len + (vmcoreinfo_apart(info) ? info->vmcoreinfo.len : 0);
	w->sub_blocks = (head + w->block - 1) / w->block;
	w->map_blocks = (w->max_pfn + w->block * 8 - 1) / (w->block * 8);
	return CAIRN_OK;
}

static enum cairn_code write_file(struct writer *w, struct cairn_err *err)
{
	enum cairn_code code = write_headers(w, err);

	if (code == CAIRN_OK)
		code = write_maps(w, err);
	if (code == CAIRN_OK)
		code = write_pages(w, err);
	/* the end may be a hole: bitmaps without pages behind them */
	if (code == CAIRN_OK && ftruncate(w->fd, (off_t)w->data) < 0)
		return cairn_fail(err, CAIRN_IO, "write: %s", strerror(errno));
	w->w->size = w->data;
	return code;
}

enum cairn_code kdump_write(struct kdumpwrite *k, struct image *img, int fd, struct cairn_err *err)
{
	struct writer w = { .w = k, .img = img, .info = image_info(img), .fd = fd };
	enum cairn_code code = plan(&w, err);

	if (code != CAIRN_OK)
		return code;
	k->npages = k->ndamaged = k->size = 0;
	w.packer = packer_new(k->codec);
	w.batch = mem_zalloc(BATCH, w.block);
	code = w.packer && w.batch ? write_file(&w, err)
				   : cairn_fail(err, CAIRN_NOMEM, "no memory to write a dump");
	packer_free(w.packer);
	mem_free(w.batch);
	return code;
}
